/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/value.h"
#include "support/unit.h"

START_TEST(takes_a_number_only_when_all_of_it_is_one)
{
    static const struct {
        const char *text;
        bool is_number;
        double number;
    } rows[] = {
        // clang-format off
        {"0",       true,  0},
        {"-12",     true,  -12},
        {"+1.50",   true,  1.5},
        {"0042",    true,  42},
        {"1e3",     true,  1000},
        {"2.5E-1",  true,  0.25},
        {"",        false, 0},
        {" 1",      false, 0},
        {"1 ",      false, 0},
        {"1.",      false, 0},
        {".5",      false, 0},
        {"1e",      false, 0},
        {"0x10",    false, 0},
        {"inf",     false, 0},
        {"1,5",     false, 0},
        {"--1",     false, 0},
        // clang-format on
    };
    static char long_one[100];
    double number;
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++) {
        ck_assert_msg(value_number(slice_str(rows[i].text), &number) == rows[i].is_number, "'%s'", rows[i].text);
        if (rows[i].is_number)
            ck_assert_double_eq(number, rows[i].number);
    }
    memset(long_one, '1', sizeof(long_one));
    ck_assert(!value_number(slice_of(long_one, sizeof(long_one)), &number));
    ck_assert(!value_number(SLICE("1\0"), &number));
}
END_TEST

START_TEST(reads_addresses_of_both_families_into_one_form)
{
    static const unsigned char expected[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3};
    unsigned char address[16];
    bool v4;

    ck_assert(value_address(SLICE("10.1.2.3"), address, &v4) && v4);
    ck_assert_mem_eq(address, expected, 16);
    ck_assert(value_address(SLICE("::ffff:10.1.2.3"), address, &v4) && !v4);
    ck_assert_mem_eq(address, expected, 16);
    ck_assert(value_address(SLICE("fe80::1%eth0"), address, &v4) && !v4);
    ck_assert(!value_address(SLICE("10.1.2"), address, &v4));
    ck_assert(!value_address(SLICE("10.1.2.3 "), address, &v4));
    ck_assert(!value_address(SLICE("10.1.2.3%eth0"), address, &v4));
    ck_assert(!value_address(SLICE("10.1.2.3\0"), address, &v4));
    ck_assert(!value_address(SLICE("host"), address, &v4));
    ck_assert(!value_address(SLICE(""), address, &v4));
}
END_TEST

static void
check_time(const char *text, struct civil_time expected)
{
    struct civil_time t;

    ck_assert_msg(value_civil_time(slice_str(text), &t), "%s", text);
    ck_assert_msg(t.year == expected.year && t.month == expected.month && t.day == expected.day &&
                      t.hour == expected.hour && t.minute == expected.minute && t.week == expected.week,
        "%s: %d-%d-%d %d:%d week %d", text, t.year, t.month, t.day, t.hour, t.minute, t.week);
}

START_TEST(reads_the_calendar_as_it_is_written)
{
    struct civil_time t;

    check_time("2026-03-14T03:59:00+05:00", (struct civil_time){2026, 3, 14, 3, 59, 11});
    check_time("2024-12-30 23:00", (struct civil_time){2024, 12, 30, 23, 0, 1});
    check_time("2021-01-03", (struct civil_time){2021, 1, 3, 0, 0, 53});
    check_time("0", (struct civil_time){1970, 1, 1, 0, 0, 1});
    check_time("1767225599", (struct civil_time){2025, 12, 31, 23, 59, 1});
    check_time("1767225600000", (struct civil_time){2026, 1, 1, 0, 0, 1});
    check_time("1767225600000000000", (struct civil_time){2026, 1, 1, 0, 0, 1});
    check_time("-1", (struct civil_time){1969, 12, 31, 23, 59, 1});
    ck_assert(!value_civil_time(SLICE("14.03.2026"), &t));
    ck_assert(!value_civil_time(SLICE("2026-13-01"), &t));
    ck_assert(!value_civil_time(SLICE("2026-03-14T3:59"), &t));
    ck_assert(!value_civil_time(SLICE("2026-03-14T24:00"), &t));
    ck_assert(!value_civil_time(SLICE("1e300"), &t));
    ck_assert(!value_civil_time(SLICE(""), &t));
}
END_TEST

UNIT_MAIN("value", takes_a_number_only_when_all_of_it_is_one, reads_addresses_of_both_families_into_one_form,
    reads_the_calendar_as_it_is_written)
