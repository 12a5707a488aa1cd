/* SPDX-License-Identifier: Apache-2.0 */
#include "kpi/survival.h"

#include <math.h>

#include "base/clock.h"
#include "support/unit.h"

#define ck_seconds(got, want)                                                             \
    do {                                                                                  \
        double got_ = (got);                                                              \
        ck_assert_msg(fabs(got_ - (want)) < 1e-9, "got %f, want %f", got_, (double)want); \
    } while (0)

/* Adds @n cases, in seconds; a negative one is still open. */
static void
add_all(struct survival *s, const int *seconds, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        ck_assert_int_eq(survival_add(s, (seconds[i] < 0 ? -seconds[i] : seconds[i]) * NS_PER_S, seconds[i] >= 0), 0);
}

#define SURVIVAL(name, ...)                    \
    static const int cases_[] = {__VA_ARGS__}; \
    struct survival name = {0};                \
    add_all(&name, cases_, ARRAY_LEN(cases_))

START_TEST(nothing_has_no_quantile_and_no_longest)
{
    struct survival s = {0};

    ck_assert(isnan(survival_quantile_s(&s, 0.5)));
    ck_assert(isnan(survival_longest_s(&s)));
}
END_TEST

START_TEST(without_open_cases_the_quantiles_are_the_ordinary_ones)
{
    SURVIVAL(s, 50, 10, 40, 20, 30, 60, 80, 70, 100, 90);

    ck_seconds(survival_quantile_s(&s, 0.5), 50);
    ck_seconds(survival_quantile_s(&s, 0.9), 90);
    ck_seconds(survival_quantile_s(&s, 0.1), 10);
    ck_seconds(survival_longest_s(&s), 100);
    ck_assert_uint_eq(s.n_open, 0);
    survival_fini(&s);
}
END_TEST

START_TEST(one_case_is_its_own_median)
{
    SURVIVAL(s, 7);

    ck_seconds(survival_quantile_s(&s, 0.5), 7);
    ck_seconds(survival_quantile_s(&s, 0.9), 7);
    survival_fini(&s);
}
END_TEST

/*
 * The remission times, in weeks, of the 21 patients on 6-MP of Freireich et al., 1963, as the textbooks print them.
 * By hand: S(6) = 18/21 = .857, S(7) = x 16/17 = .807, S(10) = x 14/15 = .753, S(13) = x 11/12 = .690,
 * S(16) = x 10/11 = .627, S(22) = x 6/7 = .538, S(23) = x 5/6 = .448.
 */
START_TEST(the_textbook_case_has_the_textbook_median)
{
    SURVIVAL(s, 6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35);

    ck_seconds(survival_quantile_s(&s, 0.5), 23);
    ck_seconds(survival_quantile_s(&s, 0.14), 6);
    ck_seconds(survival_quantile_s(&s, 0.15), 7);
    ck_seconds(survival_quantile_s(&s, 0.25), 13);
    ck_seconds(survival_quantile_s(&s, 0.40), 22);
    ck_assert_msg(isnan(survival_quantile_s(&s, 0.9)), "so many were over that nobody knows");
    ck_assert_uint_eq(s.n_open, 12);
    survival_fini(&s);
}
END_TEST

/* Of three at 10 s, two are over: S = 4/5 x 3/4 = 3/5, the open one then leaves two at risk, S(20) = 3/5 x 1/2. */
START_TEST(at_the_same_time_what_is_over_comes_before_what_is_open)
{
    SURVIVAL(s, -10, 10, 20, 10, -30);

    ck_seconds(survival_quantile_s(&s, 0.40), 10);
    ck_seconds(survival_quantile_s(&s, 0.41), 20);
    ck_seconds(survival_quantile_s(&s, 0.70), 20);
    ck_assert(isnan(survival_quantile_s(&s, 0.71)));
    survival_fini(&s);
}
END_TEST

START_TEST(where_all_are_open_there_is_no_median_but_a_longest)
{
    SURVIVAL(s, -10, -20, -30);

    ck_assert(isnan(survival_quantile_s(&s, 0.5)));
    ck_seconds(survival_longest_s(&s), 30);
    ck_assert_uint_eq(s.n_open, 3);
    survival_fini(&s);
}
END_TEST

START_TEST(leaving_the_open_ones_out_would_make_slow_look_fast)
{
    SURVIVAL(all, 10, 20, 30, -100, -100, -100, 400);
    struct survival over = {0};
    static const int done[] = {10, 20, 30, 400};

    add_all(&over, done, ARRAY_LEN(done));
    ck_seconds(survival_quantile_s(&over, 0.5), 20);
    ck_seconds(survival_quantile_s(&all, 0.5), 400);
    survival_fini(&all);
    survival_fini(&over);
}
END_TEST

START_TEST(more_cases_can_be_added_after_a_quantile_was_asked_for)
{
    struct survival s = {0};
    int i;

    for (i = 1000; i > 0; i--) {
        ck_assert_int_eq(survival_add(&s, i * NS_PER_S, true), 0);
        if (i == 900)
            ck_seconds(survival_quantile_s(&s, 0.5), 950);
    }
    ck_seconds(survival_quantile_s(&s, 0.5), 500);
    ck_seconds(survival_quantile_s(&s, 0.9), 900);
    survival_fini(&s);
    ck_assert_uint_eq(s.n, 0);
}
END_TEST

UNIT_MAIN("survival", nothing_has_no_quantile_and_no_longest, without_open_cases_the_quantiles_are_the_ordinary_ones,
    one_case_is_its_own_median, the_textbook_case_has_the_textbook_median,
    at_the_same_time_what_is_over_comes_before_what_is_open, where_all_are_open_there_is_no_median_but_a_longest,
    leaving_the_open_ones_out_would_make_slow_look_fast, more_cases_can_be_added_after_a_quantile_was_asked_for)
