/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/regex.h"
#include "support/unit.h"

static struct regex_problem problem;

static struct regex *
compiled(const char *pattern, unsigned flags)
{
    struct regex *re = NULL;
    int r = regex_new(&re, slice_str(pattern), flags, &problem);

    ck_assert_msg(r == 0, "%s: %s", pattern, problem.text);
    return re;
}

/* Whether @pattern is found in @text, by itself. */
static int
found(const char *pattern, unsigned flags, struct slice text)
{
    CLEANUP(regex_free) struct regex *re = compiled(pattern, flags);
    CLEANUP(regex_scratch_free) struct regex_scratch *scratch = NULL;

    ck_assert_int_eq(regex_scratch_new(&scratch), 0);
    return regex_match(re, text, scratch);
}

START_TEST(a_pattern_is_found_anywhere_in_the_text)
{
    ck_assert_int_eq(found("b+", 0, SLICE("aabbb")), 0);
    ck_assert_int_eq(found("c", 0, SLICE("aabbb")), REGEX_E_NO_MATCH);
    ck_assert_int_eq(found("", 0, (struct slice){NULL, 0}), 0);
    ck_assert_int_eq(found("a", 0, (struct slice){NULL, 0}), REGEX_E_NO_MATCH);
    ck_assert_int_eq(found("a\\x00b", 0, SLICE("a\0b")), 0);
}
END_TEST

START_TEST(each_flag_does_what_it_says)
{
    ck_assert_int_eq(found("ABC", 0, SLICE("abc")), REGEX_E_NO_MATCH);
    ck_assert_int_eq(found("ABC", REGEX_CASELESS, SLICE("abc")), 0);
    ck_assert_int_eq(found("\xc3\x84", REGEX_CASELESS, SLICE("\xc3\xa4")), 0);
    ck_assert_int_eq(found("^b", 0, SLICE("a\nb")), REGEX_E_NO_MATCH);
    ck_assert_int_eq(found("^b", REGEX_MULTILINE, SLICE("a\nb")), 0);
    ck_assert_int_eq(found("a.b", 0, SLICE("a\nb")), REGEX_E_NO_MATCH);
    ck_assert_int_eq(found("a.b", REGEX_DOTALL, SLICE("a\nb")), 0);
    ck_assert_int_eq(found("b", REGEX_ANCHORED, SLICE("ab")), REGEX_E_NO_MATCH);
    ck_assert_int_eq(found("^.$", 0, SLICE("\xc3\xa4")), 0);
    ck_assert_int_eq(found("^.$", REGEX_BYTES, SLICE("\xc3\xa4")), REGEX_E_NO_MATCH);
}
END_TEST

/* The byte behind the text must make no difference, nor be read at all. */
START_TEST(what_stands_behind_a_text_does_not_count)
{
    static const char *const texts[] = {
        "1\xff", "x\xe2\x84", "\xc3", "k\xed\xa0\x80", "a\xf0\x9f\x98", "\x80\x80\x80\x80\x80", "\xc3\xa4"};
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char text[16] = "";
        size_t n = strlen(texts[i]);
        int alone;

        memcpy(text, texts[i], n);
        alone = found("\\B\\Z", 0, slice_of(text, n));
        text[n] = (char)0x84;
        ck_assert_int_eq(found("\\B\\Z", 0, slice_of(text, n)), alone);
        text[n] = 'a';
        ck_assert_int_eq(found("\\B\\Z", 0, slice_of(text, n)), alone);
    }
    ck_assert_int_eq(found("^x(?=.)", 0, SLICE("x\xff")), REGEX_E_NO_MATCH);
}
END_TEST

START_TEST(broken_utf8_does_not_hide_what_stands_beside_it)
{
    ck_assert_int_eq(found("attack", 0, SLICE("\xff\xfe attack \xc3")), 0);
    ck_assert_int_eq(found(".", 0, SLICE("\xff")), REGEX_E_NO_MATCH);
    ck_assert_int_eq(found("\\xff", REGEX_BYTES, SLICE("\xff")), 0);
}
END_TEST

START_TEST(groups_are_what_they_took_and_absent_where_they_took_no_part)
{
    CLEANUP(regex_free) struct regex *re = compiled("(?<user>[a-z]+)(x)?@(?<host>\\w*)", 0);
    CLEANUP(regex_scratch_free) struct regex_scratch *scratch = NULL;
    struct slice text = SLICE("to root@ now");

    ck_assert_int_eq(regex_scratch_new(&scratch), 0);
    ck_assert_int_eq(regex_match(re, text, scratch), 0);
    ck_slice_eq(regex_group(scratch, text, 0), "root@");
    ck_slice_eq(regex_group(scratch, text, 1), "root");
    ck_slice_absent(regex_group(scratch, text, 2));
    ck_slice_eq(regex_group(scratch, text, 3), "");
    ck_assert_ptr_nonnull(regex_group(scratch, text, 3).p);
    ck_slice_absent(regex_group(scratch, text, 4));
    ck_slice_absent(regex_group(scratch, text, 1000));
    ck_assert_int_eq(regex_match(re, SLICE("none"), scratch), REGEX_E_NO_MATCH);
    ck_slice_absent(regex_group(scratch, text, 0));
}
END_TEST

START_TEST(more_groups_than_there_is_room_for_are_left_out)
{
    char pattern[100 * 3 + 1] = "";
    CLEANUP(regex_free) struct regex *re = NULL;
    CLEANUP(regex_scratch_free) struct regex_scratch *scratch = NULL;
    struct slice text;
    char as[100];
    int i;

    for (i = 0; i < 100; i++)
        memcpy(pattern + (size_t)i * 3, "(a)", 4);
    memset(as, 'a', sizeof(as));
    text = slice_of(as, sizeof(as));
    re = compiled(pattern, 0);
    ck_assert_int_eq(regex_scratch_new(&scratch), 0);
    ck_assert_int_eq(regex_match(re, text, scratch), 0);
    ck_slice_eq(regex_group(scratch, text, 64), "a");
    ck_slice_absent(regex_group(scratch, text, 65));
}
END_TEST

static void
note_name(void *ctx, struct slice name, unsigned group)
{
    char *seen = ctx;

    ck_assert_uint_lt(group, 8);
    seen[group] = name.p[0];
}

START_TEST(named_groups_are_listed_with_their_numbers)
{
    CLEANUP(regex_free) struct regex *re = compiled("(?<zulu>a)(b)(?<alpha>c)", 0);
    char seen[8] = "-------";

    regex_names(re, note_name, seen);
    ck_assert_str_eq(seen, "-z-a---");
}
END_TEST

START_TEST(what_is_no_pattern_is_refused_with_the_place)
{
    struct regex *re = NULL;

    ck_assert_int_eq(regex_new(&re, SLICE("ab("), 0, &problem), REGEX_E_SYNTAX);
    ck_assert_uint_eq(problem.offset, 3);
    ck_assert_ptr_nonnull(strstr(problem.text, "parenthesis"));
    ck_assert_ptr_null(re);
    ck_assert_int_eq(regex_new(&re, SLICE("\\C"), 0, &problem), REGEX_E_SYNTAX);
    ck_assert_int_eq(regex_new(&re, SLICE("\xff"), 0, &problem), REGEX_E_SYNTAX);
}
END_TEST

/* Patterns that would try for ages, with JIT and, by (*NO_JIT), without. */
START_TEST(a_catastrophic_pattern_reaches_a_limit_in_time)
{
    static const char *const patterns[] = {"(a+)+$", "(a|aa)+$", "(*NO_JIT)(a+)+$", "(*NO_JIT)(a|aa)+$"};
    char text[4096];
    size_t i;

    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '!';
    for (i = 0; i < ARRAY_LEN(patterns); i++) {
        struct monotime start = clock_mono(clock_system());
        int r = found(patterns[i], 0, slice_of(text, sizeof(text)));

        ck_assert_msg(r == REGEX_E_LIMIT, "%s: %d", patterns[i], r);
        ck_assert_int_lt(clock_mono(clock_system()).ns - start.ns, 2 * NS_PER_S);
    }
}
END_TEST

START_TEST(a_pattern_cannot_raise_its_own_limit)
{
    char text[64];

    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '!';
    ck_assert_int_eq(found("(*LIMIT_MATCH=4000000000)(a+)+$", 0, slice_of(text, sizeof(text))), REGEX_E_LIMIT);
}
END_TEST

START_TEST(recursion_without_end_is_refused_or_limited)
{
    struct regex *re = NULL;
    int r = regex_new(&re, SLICE("(?:a|(?R))*b"), 0, &problem);

    if (r == 0) {
        CLEANUP(regex_scratch_free) struct regex_scratch *scratch = NULL;

        ck_assert_int_eq(regex_scratch_new(&scratch), 0);
        ck_assert_int_ne(regex_match(re, SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaac"), scratch), 0);
        regex_free(re);
    } else {
        ck_assert_int_eq(r, REGEX_E_SYNTAX);
    }
}
END_TEST

UNIT_MAIN("regex", what_stands_behind_a_text_does_not_count, a_pattern_is_found_anywhere_in_the_text,
    each_flag_does_what_it_says, broken_utf8_does_not_hide_what_stands_beside_it,
    groups_are_what_they_took_and_absent_where_they_took_no_part, more_groups_than_there_is_room_for_are_left_out,
    named_groups_are_listed_with_their_numbers, what_is_no_pattern_is_refused_with_the_place,
    a_catastrophic_pattern_reaches_a_limit_in_time, a_pattern_cannot_raise_its_own_limit,
    recursion_without_end_is_refused_or_limited)
