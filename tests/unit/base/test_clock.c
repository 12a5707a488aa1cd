/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "support/unit.h"

static const char *
shown(int64_t ns)
{
    static char text[WALLTIME_TEXT_MAX];

    return walltime_print((struct walltime){ns}, text);
}

START_TEST(wall_time_prints_with_the_digits_it_needs)
{
    ck_assert_str_eq(shown(0), "1970-01-01T00:00:00Z");
    ck_assert_str_eq(shown(INT64_C(1772150399) * NS_PER_S), "2026-02-26T23:59:59Z");
    ck_assert_str_eq(shown(120 * NS_PER_MS), "1970-01-01T00:00:00.120Z");
    ck_assert_str_eq(shown(1000), "1970-01-01T00:00:00.000001Z");
    ck_assert_str_eq(shown(1), "1970-01-01T00:00:00.000000001Z");
}
END_TEST

START_TEST(times_before_the_epoch_and_at_the_ends_of_the_range_print)
{
    ck_assert_str_eq(shown(-1), "1969-12-31T23:59:59.999999999Z");
    ck_assert_str_eq(shown(-NS_PER_S), "1969-12-31T23:59:59Z");
    ck_assert_str_eq(shown(INT64_MAX), "2262-04-11T23:47:16.854775807Z");
    ck_assert_str_eq(shown(INT64_MIN), "1677-09-21T00:12:43.145224192Z");
}
END_TEST

START_TEST(a_leap_day_is_a_day)
{
    ck_assert_str_eq(shown(INT64_C(1709164800) * NS_PER_S), "2024-02-29T00:00:00Z");
}
END_TEST

START_TEST(a_manual_clock_stands_until_it_is_moved)
{
    struct clock_manual c;

    clock_manual_init(&c, (struct walltime){5});
    ck_assert_int_eq(clock_wall(&c.clock).ns, 5);
    ck_assert_int_eq(clock_mono(&c.clock).ns, 0);
    clock_manual_advance(&c, 7);
    ck_assert_int_eq(clock_wall(&c.clock).ns, 12);
    ck_assert_int_eq(clock_mono(&c.clock).ns, 7);
}
END_TEST

START_TEST(the_systems_monotonic_clock_never_goes_back)
{
    struct monotime before = clock_mono(clock_system());
    int i;

    for (i = 0; i < 1000; i++) {
        struct monotime now = clock_mono(clock_system());

        ck_assert_int_ge(now.ns, before.ns);
        before = now;
    }
    ck_assert_int_gt(clock_wall(clock_system()).ns, INT64_C(1700000000) * NS_PER_S);
}
END_TEST

UNIT_MAIN("clock", wall_time_prints_with_the_digits_it_needs, times_before_the_epoch_and_at_the_ends_of_the_range_print,
    a_leap_day_is_a_day, a_manual_clock_stands_until_it_is_moved, the_systems_monotonic_clock_never_goes_back)
