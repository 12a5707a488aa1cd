/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

/* The syslog severities of sd-daemon(3), and the words for people. */
static const struct {
    char severity;
    const char *name;
} log_levels[] = {
    // clang-format off
    [LOG_LEVEL_ERROR]   = {'3', "error"},
    [LOG_LEVEL_WARNING] = {'4', "warning"},
    [LOG_LEVEL_NOTICE]  = {'5', "notice"},
    [LOG_LEVEL_INFO]    = {'6', "info"},
    [LOG_LEVEL_DEBUG]   = {'7', "debug"},
    // clang-format on
};

static enum log_level level_max = LOG_LEVEL_INFO;

void
log_set_level(enum log_level level)
{
    level_max = level;
}

static int
print_prefix(char *out, size_t n, enum log_level level, const char *room)
{
    char now[WALLTIME_TEXT_MAX];
    struct walltime t;

    if (getenv("JOURNAL_STREAM") != NULL)
        return snprintf(out, n, "<%c>%s: ", log_levels[level].severity, room);
    t = clock_wall(clock_system());
    t.ns -= t.ns % NS_PER_MS;
    return snprintf(out, n, "%s %s %s: ", walltime_print(t, now), log_levels[level].name, room);
}

void
log_line(enum log_level level, const char *room, const char *fmt, ...)
{
    char line[4096];
    va_list args;
    int at;
    int n;

    if (level > level_max)
        return;
    at = print_prefix(line, sizeof(line) - 1, level, room);
    va_start(args, fmt);
    n = vsnprintf(line + at, sizeof(line) - 1 - (size_t)at, fmt, args);
    va_end(args);
    if (n < 0)
        return;
    n += at;
    if ((size_t)n > sizeof(line) - 2)
        n = sizeof(line) - 2;
    line[n] = '\n';
    if (write(STDERR_FILENO, line, (size_t)n + 1) < 0)
        return; /* nowhere left to say so */
}

void
log_failure(const char *room, int r, const char *what)
{
    char reason[128];

    log_error(room, "%s: %s (%s)", what, strerror_r(-r, reason, sizeof(reason)), error_path());
}
