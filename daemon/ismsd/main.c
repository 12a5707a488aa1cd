/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ismsd: event streams in; detections, incidents, nonconformities and KPIs out.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "ismsd/daemon.h"
#include "ismsd/program.h"

#define CONFIG_DEFAULT "/etc/ismsd/ismsd.yaml"

enum mode { MODE_RUN, MODE_CHECK, MODE_PRINT_CONFIG };

static const char usage[] =
    "usage: ismsd [-c FILE] [--check | --print-config | --version | --help]\n"
    "\n"
    "  -c FILE         the configuration; " CONFIG_DEFAULT " where not given\n"
    "  --check         read configuration, rules and mappings, print every problem, and exit:\n"
    "                  0 good, 1 not\n"
    "  --print-config  print the configuration in force, defaults filled in; it can be read back\n"
    "\n"
    "Runs in the foreground and logs to standard error. SIGHUP reads rules and mappings again; SIGTERM stops:\n"
    "inputs are read out, everything is committed, and the exit code is 0; 1 where not everything could be.\n";

static bool
read_options(int argc, char **argv, const char **config, enum mode *mode, int *exit_code)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"check", no_argument, NULL, 'k'},
        {"print-config", no_argument, NULL, 'p'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
        switch (c) {
        case 'c':
            *config = optarg;
            break;
        case 'k':
            *mode = MODE_CHECK;
            break;
        case 'p':
            *mode = MODE_PRINT_CONFIG;
            break;
        case 'v':
            (void)printf("ismsd " ISMSD_VERSION "\n");
            return false;
        case 'h':
            (void)fputs(usage, stdout);
            return false;
        default:
            (void)fputs(usage, stderr);
            *exit_code = 2;
            return false;
        }
    }
    if (optind == argc)
        return true;
    (void)fprintf(stderr, "ismsd: no argument is expected: %s\n%s", argv[optind], usage);
    *exit_code = 2;
    return false;
}

/* Goes on to rules and mappings with what could be read of a bad configuration, so that all problems show at once. */
static int
check(const char *config)
{
    CLEANUP(settings_free) struct settings *settings = NULL;
    CLEANUP(program_unref) struct program *program = NULL;
    CLEANUP_BUFFER struct buffer rules = {0};
    CLEANUP_DIAG struct diag diag = {0};
    int r;

    r = settings_read(&settings, config, &diag);
    if (r == 0 && settings != NULL)
        r = program_load(&program, settings, NULL, (struct walltime){0}, &diag);
    diag_print(&diag, stdout);
    if (r < 0) {
        log_failure("ismsd", r, "cannot check");
        return EXIT_FAILURE;
    }
    if (program != NULL) {
        program_describe(program, &rules);
        (void)printf(SLICE_FMT "\n", SLICE_ARG(buffer_slice(&rules)));
    }
    (void)printf("%zu errors, %zu warnings\n", diag.n_errors, diag.n_warnings);
    return diag.n_errors > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
    CLEANUP(settings_free) struct settings *settings = NULL;
    CLEANUP_DIAG struct diag diag = {0};
    const char *config = CONFIG_DEFAULT;
    enum mode mode = MODE_RUN;
    int exit_code = EXIT_SUCCESS;
    int r;

    if (!read_options(argc, argv, &config, &mode, &exit_code))
        return exit_code;
    if (mode == MODE_CHECK)
        return check(config);
    r = settings_load(&settings, config, &diag);
    diag_print(&diag, stderr);
    if (r < 0)
        log_failure("ismsd", r, config);
    if (settings == NULL)
        return EXIT_FAILURE;
    log_set_level(settings->log_level);
    if (mode == MODE_PRINT_CONFIG) {
        settings_print(settings, stdout);
        return EXIT_SUCCESS;
    }
    return daemon_run(settings);
}
