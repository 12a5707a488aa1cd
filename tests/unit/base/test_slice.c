/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"
#include "support/unit.h"

START_TEST(equality_is_of_bytes_and_length)
{
    ck_assert(slice_eq(SLICE("a\0b"), SLICE("a\0b")));
    ck_assert(!slice_eq(SLICE("a\0b"), SLICE("a\0c")));
    ck_assert(!slice_eq(SLICE("a"), SLICE("ab")));
    ck_assert(slice_eq((struct slice){NULL, 0}, SLICE("")));
}
END_TEST

START_TEST(ascii_letters_fold_and_nothing_else)
{
    ck_assert(slice_eq_nocase(SLICE("Host-A.Example"), SLICE("hOST-a.eXAMPLE")));
    ck_assert(!slice_eq_nocase(SLICE("@"), SLICE("`")));
    ck_assert(!slice_eq_nocase(SLICE("["), SLICE("{")));
    ck_assert(!slice_eq_nocase(SLICE("\xc4"), SLICE("\xe4")));
    ck_assert(!slice_eq_nocase(SLICE("a"), SLICE("ab")));
}
END_TEST

START_TEST(order_is_by_unsigned_bytes_a_prefix_first)
{
    ck_assert_int_lt(slice_compare(SLICE("a"), SLICE("b")), 0);
    ck_assert_int_gt(slice_compare(SLICE("\xff"), SLICE("a")), 0);
    ck_assert_int_lt(slice_compare(SLICE("a"), SLICE("ab")), 0);
    ck_assert_int_gt(slice_compare(SLICE("ab"), SLICE("a")), 0);
    ck_assert_int_eq(slice_compare((struct slice){NULL, 0}, SLICE("")), 0);
}
END_TEST

START_TEST(beginnings_and_ends_are_told)
{
    ck_assert(slice_starts(SLICE("abc"), SLICE("ab")) && slice_starts(SLICE("abc"), SLICE("")));
    ck_assert(!slice_starts(SLICE("abc"), SLICE("bc")) && !slice_starts(SLICE("a"), SLICE("ab")));
    ck_assert(slice_ends(SLICE("abc"), SLICE("bc")) && slice_ends(SLICE("abc"), SLICE("abc")));
    ck_assert(!slice_ends(SLICE("abc"), SLICE("ab")) && !slice_ends(SLICE("c"), SLICE("bc")));
}
END_TEST

START_TEST(finding_yields_the_place_or_says_there_is_none)
{
    struct slice s = SLICE("abcabc");

    ck_assert_uint_eq(slice_find(s, 'b'), 1);
    ck_assert_uint_eq(slice_find_last(s, 'b'), 4);
    ck_assert_uint_eq(slice_find(s, 'x'), s.n);
    ck_assert_uint_eq(slice_find_last(s, 'x'), s.n);
    ck_assert_uint_eq(slice_search(s, SLICE("ca")), 2);
    ck_assert_uint_eq(slice_search(s, SLICE("cb")), SIZE_MAX);
    ck_assert_uint_eq(slice_search(s, SLICE("")), 0);
    ck_assert_uint_eq(slice_search((struct slice){NULL, 0}, SLICE("x")), SIZE_MAX);
    ck_assert_uint_eq(slice_find((struct slice){NULL, 0}, 'x'), 0);
}
END_TEST

START_TEST(trimming_takes_blanks_at_both_ends_only)
{
    ck_slice_eq(slice_trim(SLICE(" \t\r\n a b \n")), "a b");
    ck_slice_eq(slice_trim(SLICE(" \n ")), "");
    ck_slice_eq(slice_trim(SLICE("")), "");
}
END_TEST

START_TEST(a_duplicate_ends_with_a_nul_of_its_own)
{
    CLEANUP_FREE char *copy = slice_dup(slice_head(SLICE("hello"), 4));
    CLEANUP_FREE char *empty = slice_dup((struct slice){NULL, 0});

    ck_assert_str_eq(copy, "hell");
    ck_assert_str_eq(empty, "");
}
END_TEST

START_TEST(parts_stay_within_the_whole)
{
    ck_slice_eq(slice_head(SLICE("abc"), 10), "abc");
    ck_slice_eq(slice_from(SLICE("abc"), 3), "");
    ck_assert_uint_eq(slice_str(NULL).n, 0);
}
END_TEST

UNIT_MAIN("slice", equality_is_of_bytes_and_length, ascii_letters_fold_and_nothing_else,
    order_is_by_unsigned_bytes_a_prefix_first, beginnings_and_ends_are_told,
    finding_yields_the_place_or_says_there_is_none, trimming_takes_blanks_at_both_ends_only,
    a_duplicate_ends_with_a_nul_of_its_own, parts_stay_within_the_whole)
