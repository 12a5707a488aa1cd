/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/row.h"

#include "support/unit.h"

static struct buffer out;

static const char *
duration(int64_t ns)
{
    struct row_writer row;

    buffer_reset(&out);
    row_begin(&row, &out, NULL);
    row_duration(&row, "d", ns);
    row_end(&row);
    buffer_add_char(&out, '\0');
    return out.p;
}

#define ck_duration(ns, text) ck_assert_str_eq(duration(ns), "{\"d\":\"" text "\"}\n")

START_TEST(a_duration_is_told_in_its_two_largest_units)
{
    ck_duration(0, "0s");
    ck_duration(1, "0s");
    ck_duration(850 * NS_PER_MS, "850ms");
    ck_duration(NS_PER_S, "1s");
    ck_duration(1500 * NS_PER_MS, "1s 500ms");
    ck_duration(184 * NS_PER_S, "3m 4s");
    ck_duration(3600 * NS_PER_S, "1h");
    ck_duration(3661 * NS_PER_S, "1h 1m");
    ck_duration(93784 * NS_PER_S, "1d 2h");
    ck_duration(INT64_C(400) * 86400 * NS_PER_S, "400d");
}
END_TEST

START_TEST(a_duration_the_clock_made_negative_is_told_once_so)
{
    ck_duration(-NS_PER_S, "-1s");
    ck_duration(-184 * NS_PER_S, "-3m 4s");
    ck_duration(-NS_PER_MS / 2, "0s");
}
END_TEST

START_TEST(what_is_absent_is_null)
{
    struct row_writer row;

    buffer_reset(&out);
    row_begin(&row, &out, "timeline");
    row_time(&row, "t", (struct walltime){0});
    row_text(&row, "a", (struct slice){NULL, 0});
    row_text(&row, "b", SLICE(""));
    row_int(&row, "n", 0);
    row_end(&row);
    ck_slice_eq(buffer_slice(&out), "{\"section\":\"timeline\",\"t\":null,\"a\":null,\"b\":null,\"n\":0}\n");
}
END_TEST

UNIT_MAIN("row", a_duration_is_told_in_its_two_largest_units, a_duration_the_clock_made_negative_is_told_once_so,
    what_is_absent_is_null)
