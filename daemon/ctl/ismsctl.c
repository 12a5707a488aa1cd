/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ismsctl: what people and scripts tell the daemon, and what they can do without it.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "config/load.h"
#include "ctl/client.h"
#include "ctl/invocation.h"
#include "ctl/offline.h"
#include "ctl/table.h"

#define CONFIG_DEFAULT "/etc/ismsd/ismsd.yaml"

typedef int offline_fn(const struct invocation *inv, const struct settings *settings);

static const struct {
    const char *verb;
    offline_fn *fn;
} offline_verbs[] = {
    // clang-format off
    {"parse",       offline_parse},
    {"rules check", offline_rules_check},
    {"rules match", offline_rules_match},
    {"verify",      offline_verify},
    // clang-format on
};

static int
run_offline(const struct invocation *inv, const struct settings *settings)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(offline_verbs); i++)
        if (strcmp(offline_verbs[i].verb, inv->verb->name) == 0)
            return offline_verbs[i].fn(inv, settings);
    ASSERT(!"an offline verb without a function");
}

static int
explain_silence(int r, const char *socket)
{
    if (r == -ENOENT || r == -ECONNREFUSED)
        (void)fprintf(stderr, "ismsctl: no daemon answers at %s\n", socket);
    else if (r == -EACCES)
        (void)fprintf(stderr, "ismsctl: %s is for the daemon's user and group only\n", socket);
    else
        log_failure("ctl", r, "the daemon cannot be asked");
    return EXIT_NO_DAEMON;
}

static int
run_online(const struct invocation *inv, const struct settings *settings)
{
    CLEANUP_BUFFER struct buffer request = {0};
    CLEANUP_BUFFER struct buffer answer = {0};
    const char *socket = inv->socket != NULL ? inv->socket : settings->control_socket;
    int r;

    invocation_request(inv, &request);
    r = client_ask(socket, buffer_slice(&request), &answer);
    if (r < 0)
        return explain_silence(r, socket);
    r = inv->json ? table_pass(buffer_slice(&answer), stdout)
                  : table_print(inv->verb, buffer_slice(&answer), stdout);
    if (r == TABLE_E_BROKEN)
        (void)fprintf(stderr, "ismsctl: the daemon's answer broke off\n");
    if (r < 0 || r == TABLE_E_BROKEN)
        return EXIT_MACHINE;
    return r == 0 ? EXIT_DONE : EXIT_REFUSED;
}

int
main(int argc, char **argv)
{
    CLEANUP(settings_free) struct settings *settings = NULL;
    CLEANUP_DIAG struct diag diag = {0};
    struct invocation inv;
    int exit_code;
    int r;

    if (!invocation_read(&inv, argc, argv, &exit_code))
        return exit_code;
    if (inv.config == NULL && access(CONFIG_DEFAULT, R_OK) == 0)
        inv.config = CONFIG_DEFAULT;
    r = settings_load(&settings, inv.config, &diag);
    if (r < 0) {
        log_failure("ctl", r, "the configuration cannot be read");
        return EXIT_MACHINE;
    }
    if (settings == NULL) {
        diag_print(&diag, stderr);
        return EXIT_REFUSED;
    }
    return inv.verb->where == VERB_OFFLINE ? run_offline(&inv, settings) : run_online(&inv, settings);
}
