/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/fold.h"
#include "detect/text.h"
#include "support/unit.h"

/* A pattern as people write it: * ? and ~ for a dash, everything else itself; folded as the matcher does. */
static bool
fits(const char *pattern, struct slice value)
{
    struct token tokens[64];
    struct text_pattern p;
    struct arena arena;
    char folded[4096];
    size_t n;
    bool answer;

    ck_assert_int_eq(arena_init(&arena, 0, 1 << 20), 0);
    for (n = 0; pattern[n] != '\0'; n++) {
        const char *wildcard = strchr("*?~", pattern[n]);
        enum token_kind kind = wildcard == NULL   ? TOKEN_LITERAL
                               : *wildcard == '*' ? TOKEN_ANY
                               : *wildcard == '?' ? TOKEN_ONE
                                                  : TOKEN_DASH;

        tokens[n] = (struct token){kind, slice_of(pattern + n, 1)};
    }
    text_normalize(&p, tokens, n, false, &arena);
    ck_assert_uint_le(FOLD_BYTES_MAX(value.n), sizeof(folded));
    answer = text_matches(p, slice_of(folded, fold_text(value, folded)));
    arena_fini(&arena);
    return answer;
}

#define FITS(pattern, value)     ck_assert_msg(fits(pattern, SLICE(value)), "%s does not fit %s", value, pattern)
#define FITS_NOT(pattern, value) ck_assert_msg(!fits(pattern, SLICE(value)), "%s fits %s", value, pattern)

START_TEST(compares_a_pattern_without_wildcards_with_the_whole_value)
{
    FITS("admin", "ADMIN");
    FITS_NOT("admin", "admin2");
    FITS_NOT("admin", "badmin");
    FITS("", "");
    FITS_NOT("", " ");
}
END_TEST

START_TEST(lets_a_star_stand_for_anything_also_line_ends_and_nothing)
{
    FITS("*", "");
    FITS("a*b", "ab");
    FITS("a*b", "a\nxx\r\nb");
    FITS_NOT("a*b", "abc");
    FITS("*ab", "abxab");
    FITS_NOT("*ab", "aba");
    FITS("a*", "a");
    FITS("*a*a*a*", "aaa");
    FITS_NOT("*a*a*a*", "aa");
    FITS("a**b", "ab");
}
END_TEST

START_TEST(goes_back_only_as_far_as_it_must)
{
    FITS("*ab?ab", "abaabcab");
    FITS("*aab", "aaaab");
    FITS("a*bc*bcd", "a bc bcbcd");
    FITS_NOT("a*bc*bcd", "a bcd");
    FITS("*a?", "aab");
}
END_TEST

START_TEST(lets_a_question_mark_stand_for_exactly_one_character)
{
    FITS("prog?.exe", "progA.exe");
    FITS_NOT("prog?.exe", "prog.exe");
    FITS_NOT("prog?.exe", "prog12.exe");
    FITS("a?b", "a\xc3\xa9"
                "b");
    FITS("a?b", "a\xf0\x9f\x98\x80"
                "b");
    FITS("a?b", "a\xff"
                "b");
    FITS_NOT("a?b", "a\xc3\xff"
                    "b");
    FITS_NOT("?", "");
    FITS("*?", "x");
    FITS_NOT("*??", "\xc3\xa9");
}
END_TEST

START_TEST(takes_all_five_dashes_for_one_another)
{
    FITS("* ~c *", "cmd /c dir");
    FITS("* ~c *", "cmd -c dir");
    FITS("* ~c *", "cmd \xe2\x80\x93"
                   "c dir");
    FITS("* ~c *", "cmd \xe2\x80\x94"
                   "C dir");
    FITS("* ~c *", "cmd \xe2\x80\x95"
                   "c dir");
    FITS_NOT("* ~c *", "cmd +c dir");
    FITS_NOT("~", "--");
}
END_TEST

START_TEST(knows_what_a_pattern_comes_down_to)
{
    static const struct token any = {TOKEN_ANY, {NULL, 0}};
    static const struct token a = {TOKEN_LITERAL, {"A", 1}};
    const struct {
        struct token tokens[4];
        size_t n;
        enum text_shape shape;
    } rows[] = {
        // clang-format off
        {{a},           0, TEXT_EQUALS},
        {{a, a},        2, TEXT_EQUALS},
        {{any, any},    2, TEXT_ANY},
        {{a, any},      2, TEXT_STARTS},
        {{any, a},      2, TEXT_ENDS},
        {{any, a, any}, 3, TEXT_CONTAINS},
        {{a, any, a},   3, TEXT_GLOB},
        // clang-format on
    };
    struct arena arena;
    size_t i;

    ck_assert_int_eq(arena_init(&arena, 0, 1 << 20), 0);
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        struct text_pattern p;

        text_normalize(&p, rows[i].tokens, rows[i].n, false, &arena);
        ck_assert_int_eq(text_shape(p), rows[i].shape);
    }
    arena_fini(&arena);
}
END_TEST

START_TEST(needs_no_more_than_the_product_of_the_lengths)
{
    static char value[4000];

    memset(value, 'a', sizeof(value) / 2);
    ck_assert(!fits("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*ab", slice_of(value, 2000)));
}
END_TEST

UNIT_MAIN("text", compares_a_pattern_without_wildcards_with_the_whole_value,
    lets_a_star_stand_for_anything_also_line_ends_and_nothing, goes_back_only_as_far_as_it_must,
    lets_a_question_mark_stand_for_exactly_one_character, takes_all_five_dashes_for_one_another,
    knows_what_a_pattern_comes_down_to, needs_no_more_than_the_product_of_the_lengths)
