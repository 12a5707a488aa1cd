/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"
#include "support/unit.h"

START_TEST(what_is_there_is_taken_and_nothing_else)
{
    struct slice in = SLICE("<13>  rest");
    unsigned n;

    ck_assert(!cursor_skip(&in, '>'));
    ck_assert(cursor_skip(&in, '<'));
    ck_assert(cursor_number(&in, 3, &n) && n == 13);
    ck_assert(!cursor_skip_text(&in, SLICE("> x")));
    ck_assert(cursor_skip_text(&in, SLICE("> ")));
    ck_assert_uint_eq(cursor_skip_all(&in, ' '), 1);
    ck_assert_uint_eq(cursor_skip_all(&in, ' '), 0);
    ck_slice_eq(in, "rest");
}
END_TEST

START_TEST(nothing_is_taken_off_an_empty_slice)
{
    struct slice in = {NULL, 0};
    uint64_t n;

    ck_assert(!cursor_at(&in, '\0') && !cursor_skip(&in, 'x') && !cursor_digits(&in, 5, &n));
    ck_assert(!cursor_skip_text(&in, SLICE("x")));
    ck_assert_uint_eq(cursor_until(&in, 'x').n, 0);
    ck_slice_absent(in);
}
END_TEST

START_TEST(digits_are_taken_up_to_their_limit)
{
    struct slice in = SLICE("9999999999999999999999");
    uint64_t n;

    ck_assert(cursor_digits(&in, 19, &n));
    ck_assert_uint_eq(n, UINT64_C(9999999999999999999));
    ck_slice_eq(in, "999");
    in = SLICE("-1");
    ck_assert(!cursor_digits(&in, 3, &n));
    ck_slice_eq(in, "-1");
    in = SLICE("007:");
    ck_assert(cursor_digits(&in, 3, &n) && n == 7);
    ck_slice_eq(in, ":");
}
END_TEST

START_TEST(until_stops_before_its_byte_or_at_the_end)
{
    struct slice in = SLICE("a b");

    ck_slice_eq(cursor_until(&in, ' '), "a");
    ck_slice_eq(in, " b");
    ck_slice_eq(cursor_until(&in, '#'), " b");
    ck_assert_uint_eq(in.n, 0);
}
END_TEST

UNIT_MAIN("cursor", what_is_there_is_taken_and_nothing_else, nothing_is_taken_off_an_empty_slice,
    digits_are_taken_up_to_their_limit, until_stops_before_its_byte_or_at_the_end)
