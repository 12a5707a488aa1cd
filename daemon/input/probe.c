/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lanes share a port by SO_REUSEPORT, and so would a second daemon of the same user: the kernel would deal connections
 * and datagrams out to both, each would have a part of them, and neither would know. So every address is bound alone
 * first, which fails while anybody has it, and let go for the lanes. A daemon that starts within that very moment would
 * not be seen; to leave SO_REUSEPORT off a lane's own socket until it is bound would see it, but is beyond what
 * socket(7) promises. (Two daemons on one state folder are the store's to refuse.)
 */

#include <sys/socket.h>

#include "base/buffer.h"
#include "base/error.h"
#include "input/activation.h"
#include "input/socket.h"

static const char *const type_names[] = {
    // clang-format off
    [INPUT_UDP]   = "udp",
    [INPUT_TCP]   = "tcp",
    [INPUT_UNIX]  = "unix",
    [INPUT_FILE]  = "file",
    [INPUT_STDIN] = "stdin",
    [INPUT_KAFKA] = "kafka",
    [INPUT_RELP]  = "relp",
    // clang-format on
};

/* As "input 'syslog' (udp 0.0.0.0:514)". */
static void
describe(const struct input_settings *s, struct buffer *out)
{
    buffer_printf(out, "input '%s' (%s", s->name, type_names[s->type]);
    if (input_is_network(s))
        buffer_printf(out, strchr(s->address, ':') != NULL ? " [%s]:%u" : " %s:%u", s->address, s->port);
    else if (s->path != NULL)
        buffer_printf(out, " %s", s->path);
    else if (s->n_brokers > 0)
        buffer_printf(out, " %s", s->brokers[0]);
    buffer_add_char(out, ')');
}

void
input_log_failure(const struct input_settings *s, int r)
{
    CLEANUP_BUFFER struct buffer text = {0};

    describe(s, &text);
    buffer_add_char(&text, '\0');
    log_failure("input", r, text.failed ? s->name : text.p);
}

static int
probe(const struct input_settings *s)
{
    int r;

    if (!input_is_network(s) || s->port == 0)
        return 0;
    r = socket_probe(s, s->type == INPUT_UDP ? SOCK_DGRAM : SOCK_STREAM);
    if (r < 0)
        input_log_failure(s, r);
    return r < 0 ? error_trace(r) : 0;
}

int
inputs_probe(const struct settings *settings, const struct activation *handed)
{
    size_t i;
    int first = 0;

    for (i = 0; i < settings->n_inputs; i++) {
        int r = activation_count(handed, i) > 0 ? 0 : probe(&settings->inputs[i]);

        first = first == 0 ? r : first;
    }
    return first < 0 ? error_trace(first) : 0;
}
