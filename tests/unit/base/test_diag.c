/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"
#include "support/unit.h"

#include <stdio.h>

/* What diag_print() writes of @d. */
static const char *
shown(const struct diag *d)
{
    static char text[4096];
    FILE *f = fmemopen(text, sizeof(text), "w");

    diag_print(d, f);
    ck_assert_int_eq(fclose(f), 0);
    return text;
}

START_TEST(prints_each_problem_with_a_place)
{
    CLEANUP_DIAG struct diag d = {0};

    diag_error(&d, (struct diag_place){"a.yml", 3, 7}, "must be %d", 5);
    diag_warning(&d, (struct diag_place){"a.yml", 0, 0}, "is empty");
    diag_error(&d, (struct diag_place){NULL, 0, 0}, "no file at all");
    ck_assert_str_eq(shown(&d), "a.yml:3:7: error: must be 5\na.yml:1:1: warning: is empty\nerror: no file at all\n");
    ck_assert_uint_eq(d.n, 3);
    ck_assert_uint_eq(d.n_errors, 2);
    ck_assert_uint_eq(d.n_warnings, 1);
}
END_TEST

START_TEST(bytes_from_files_are_escaped_when_shown)
{
    CLEANUP_DIAG struct diag d = {0};

    diag_error(&d, (struct diag_place){"a\nb.yml", 1, 1}, "not '%s'", "\x1b[2J");
    ck_assert_str_eq(shown(&d), "a\\x0ab.yml:1:1: error: not '\\x1b[2J'\n");
}
END_TEST

START_TEST(what_exceeds_the_limit_is_counted_and_said)
{
    CLEANUP_DIAG struct diag d = {0};
    FILE *f = fopen("/dev/null", "w");
    int i;

    for (i = 0; i < 20000; i++)
        diag_error(&d, (struct diag_place){"f", 1, 1}, "problem %d", i);
    ck_assert_uint_eq(d.n_errors, 20000);
    ck_assert_uint_gt(d.n_unkept, 0);
    ck_assert_uint_eq(d.n + d.n_unkept, 20000);
    ck_assert_str_eq(d.items[d.n - 1].text, "problem 9999");
    diag_print(&d, f);
    ck_assert_int_eq(fclose(f), 0);
}
END_TEST

UNIT_MAIN("diag", prints_each_problem_with_a_place, bytes_from_files_are_escaped_when_shown,
    what_exceeds_the_limit_is_counted_and_said)
