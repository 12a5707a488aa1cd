/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Unit: what every test program on Check shares: one suite, one table of tests, and comparisons that speak slices.
 *
 *     START_TEST(marks_a_line_without_pri) { … } END_TEST
 *     UNIT_MAIN("syslog", marks_a_line_without_pri, …)
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/slice.h"

/* Tests leave files where they run, so they run in a build folder, as ctest does it, and never among the sources. */
static inline void
unit_refuse_sources(void)
{
    if (access("contrib/check", F_OK) != 0)
        return;
    (void)fputs("tests leave files behind: run them by ctest, or from a build folder\n", stderr);
    exit(EXIT_FAILURE);
}

/** UNIT_MAIN_WITH() - as UNIT_MAIN(), with @before run before and @after behind every test. */
#define UNIT_MAIN_WITH(suite_name, before, after, ...)                                                                 \
    int main(void)                                                                                                     \
    {                                                                                                                  \
        const TTest *const tests[] = {__VA_ARGS__};                                                                    \
        Suite *suite = suite_create(suite_name);                                                                       \
        TCase *tcase = tcase_create(suite_name);                                                                       \
        SRunner *runner;                                                                                               \
        int n_failed;                                                                                                  \
                                                                                                                       \
        unit_refuse_sources();                                                                                         \
        tcase_set_timeout(tcase, 120);                                                                                 \
        tcase_add_checked_fixture(tcase, before, after);                                                               \
        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)                                                  \
            tcase_add_test(tcase, tests[i]);                                                                           \
        suite_add_tcase(suite, tcase);                                                                                 \
        runner = srunner_create(suite);                                                                                \
        srunner_run_all(runner, CK_NORMAL);                                                                            \
        n_failed = srunner_ntests_failed(runner);                                                                      \
        srunner_free(runner);                                                                                          \
        return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                                                            \
    }

#define UNIT_MAIN(suite_name, ...) UNIT_MAIN_WITH(suite_name, NULL, NULL, __VA_ARGS__)

/** ck_slice_eq() - the slice @s holds exactly the text @z. */
#define ck_slice_eq(s, z)                                                                                              \
    do {                                                                                                               \
        struct slice got_ = (s);                                                                                       \
        struct slice want_ = slice_str(z);                                                                             \
        ck_assert_msg(slice_eq(got_, want_), "got '%.*s', want '%.*s'", (int)got_.n, got_.n == 0 ? "" : got_.p,        \
            (int)want_.n, want_.p);                                                                                    \
    } while (0)

/** ck_slice_absent() - the slice @s is {NULL, 0}. */
#define ck_slice_absent(s)                                                                                             \
    do {                                                                                                               \
        struct slice got_ = (s);                                                                                       \
        ck_assert_msg(got_.p == NULL && got_.n == 0, "got '%.*s', want none", (int)got_.n, got_.n == 0 ? "" : got_.p); \
    } while (0)
