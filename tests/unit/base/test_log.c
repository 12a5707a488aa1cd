/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/log.h"
#include "support/unit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int ends[2];

static void
capture(const char *journal)
{
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
    ck_assert_int_eq(journal != NULL ? setenv("JOURNAL_STREAM", journal, 1) : unsetenv("JOURNAL_STREAM"), 0);
}

/* What has been written since; nothing is "". */
static const char *
written(void)
{
    static char text[16384];
    ssize_t n;

    ck_assert_int_eq(write(ends[1], "", 1), 1); /* so that reading never waits */
    n = read(ends[0], text, sizeof(text) - 1);
    ck_assert_int_ge(n, 1);
    text[n] = '\0';
    return text;
}

START_TEST(a_line_has_time_level_and_room)
{
    const char *line;

    capture(NULL);
    log_warning("input", "lost %d", 3);
    line = written();
    ck_assert_int_eq(line[10], 'T');
    ck_assert_int_eq(line[23], 'Z');
    ck_assert_str_eq(line + 24, " warning input: lost 3\n");
}
END_TEST

START_TEST(under_systemd_a_line_has_its_severity_instead)
{
    capture("8:12345");
    log_error("store", "disk full");
    ck_assert_str_eq(written(), "<3>store: disk full\n");
}
END_TEST

START_TEST(what_is_less_urgent_than_the_level_is_not_said)
{
    capture("8:12345");
    log_debug("x", "hidden");
    log_info("x", "shown");
    log_set_level(LOG_LEVEL_ERROR);
    log_warning("x", "hidden");
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("x", "also shown");
    ck_assert_str_eq(written(), "<6>x: shown\n<7>x: also shown\n");
}
END_TEST

START_TEST(a_long_line_is_cut_and_still_ends)
{
    const char *line;

    capture("8:12345");
    log_info("x", "%05000d", 1);
    line = written();
    ck_assert_uint_lt(strlen(line), 4100);
    ck_assert_int_eq(line[strlen(line) - 1], '\n');
}
END_TEST

START_TEST(a_failure_names_its_reason_and_its_way)
{
    const char *line;

    capture("8:12345");
    log_failure("store", error_origin(-ENOSPC), "cannot commit");
    line = written();
    ck_assert_ptr_nonnull(strstr(line, "<3>store: cannot commit: No space left on device (test_log.c:"));
}
END_TEST

UNIT_MAIN("log", a_line_has_time_level_and_room, under_systemd_a_line_has_its_severity_instead,
    what_is_less_urgent_than_the_level_is_not_said, a_long_line_is_cut_and_still_ends,
    a_failure_names_its_reason_and_its_way)
