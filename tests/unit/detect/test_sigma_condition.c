/* SPDX-License-Identifier: Apache-2.0 */
#include "support/sigma.h"

/* Identifiers of every test: each asks for the field of its name. */
#define IDS                                                                                                   \
    "    a: {a: 1}\n    b: {b: 1}\n    c: {c: 1}\n    sel_x: {x: 1}\n    sel_y: {y: 1}\n    not_me: {n: 1}\n" \
    "    _hidden: {h: 1}\n    my-id: {m: 1}\n"

enum { CONDITION_LINE = 9 };

static void
ck_condition_reads(const char *condition, const char *want)
{
    char detection[SIGMA_DOCUMENT_MAX / 2];

    (void)snprintf(detection, sizeof(detection), IDS "    condition: %s\n", condition);
    ck_detection_reads(detection, want);
}

/* At @offset of the condition. */
static void
ck_condition_fails(const char *condition, unsigned offset, const char *reason)
{
    char detection[SIGMA_DOCUMENT_MAX / 2];

    (void)snprintf(detection, sizeof(detection), IDS "    condition: %s\n", condition);
    ck_detection_fails(detection, CONDITION_LINE, 16 + offset, reason);
}

START_TEST(binds_not_before_and_before_or)
{
    ck_condition_reads("a", "a = '1'");
    ck_condition_reads("a or b and not c", "(a = '1' or (b = '1' and not c = '1'))");
    ck_condition_reads("a and b or c", "((a = '1' and b = '1') or c = '1')");
    ck_condition_reads("not a and b", "(not a = '1' and b = '1')");
    ck_condition_reads("not not a", "a = '1'");
    ck_condition_reads("a and b and c", "(a = '1' and b = '1' and c = '1')");
}
END_TEST

START_TEST(lets_parentheses_bind_otherwise)
{
    ck_condition_reads("(a or b) and c", "((a = '1' or b = '1') and c = '1')");
    ck_condition_reads("not (a or b)", "not (a = '1' or b = '1')");
    ck_condition_reads("((a))", "a = '1'");
    ck_condition_reads("a and(b or c)", "(a = '1' and (b = '1' or c = '1'))");
}
END_TEST

START_TEST(chooses_among_identifiers_by_pattern)
{
    ck_condition_reads("1 of sel_*", "(x = '1' or y = '1')");
    ck_condition_reads("any of sel_*", "(x = '1' or y = '1')");
    ck_condition_reads("all of sel_*", "(x = '1' and y = '1')");
}
END_TEST

START_TEST(lets_the_star_stand_anywhere_in_a_pattern)
{
    ck_condition_reads("1 of *_y", "y = '1'");
    ck_condition_reads("1 of s*_*", "(x = '1' or y = '1')");
    ck_condition_reads("1 of sel_x", "x = '1'");
    ck_condition_reads("1 of *_h*", "h = '1'");
    ck_condition_reads("all of *l_x*", "x = '1'");
}
END_TEST

START_TEST(binds_not_behind_of)
{
    ck_condition_reads("a and not 1 of sel_*", "(a = '1' and not (x = '1' or y = '1'))");
    ck_condition_reads("not all of sel_*", "not (x = '1' and y = '1')");
}
END_TEST

START_TEST(leaves_underscored_identifiers_out_of_them)
{
    ck_condition_reads("1 of them", "(a = '1' or b = '1' or c = '1' or x = '1' or y = '1' or n = '1' or m = '1')");
    ck_condition_reads("all of them and _hidden",
        "((a = '1' and b = '1' and c = '1' and x = '1' and y = '1' and n = '1' and m = '1') and h = '1')");
}
END_TEST

START_TEST(takes_names_that_begin_like_operators_or_hold_dashes)
{
    ck_condition_reads("not_me and my-id", "(n = '1' and m = '1')");
}
END_TEST

START_TEST(takes_a_list_of_conditions_for_any_of_them)
{
    ck_condition_reads("[a and b, c]", "((a = '1' and b = '1') or c = '1')");
    ck_condition_reads("[a]", "a = '1'");
    ck_condition_fails("[]", 0, "an empty list");
}
END_TEST

START_TEST(takes_a_condition_over_several_lines)
{
    ck_condition_reads(">\n        a\n        and b", "(a = '1' and b = '1')");
}
END_TEST

START_TEST(refuses_a_name_that_nothing_has)
{
    ck_condition_fails("a and nothing", 6, "at 'nothing': there is no such identifier");
    ck_condition_fails("1 of nothing_*", 5, "no identifier fits");
    ck_condition_fails("sel_*", 0, "a pattern stands only behind");
    ck_condition_fails("A", 0, "no such identifier");
}
END_TEST

START_TEST(refuses_operators_in_upper_case_with_a_hint)
{
    ck_condition_fails("a AND b", 2, "at 'AND': operators are written in lower case");
    ck_condition_fails("NOT a", 0, "lower case");
}
END_TEST

START_TEST(refuses_counting_in_a_condition_and_points_to_correlations)
{
    ck_condition_fails("a | count() by b > 3", 2, "correlation of type event_count");
    ck_condition_fails("2 of sel_*", 0, "only '1 of', 'any of' and 'all of'");
}
END_TEST

START_TEST(refuses_what_breaks_off)
{
    ck_condition_fails("a and", 5, "breaks off");
    ck_condition_fails("'(a or b'", 8, "')' is missing");
    ck_condition_fails("a)", 1, "at ')'");
    ck_condition_fails("''", 1, "breaks off");
    ck_condition_fails("1 of", 4, "'of'");
    ck_condition_fails("a b", 2, "at 'b': 'and' or 'or'");
    ck_condition_fails("a or or b", 5, "at 'or'");
}
END_TEST

START_TEST(refuses_parentheses_beyond_the_limit)
{
    char condition[4 * SIGMA_CONDITION_DEPTH_MAX] = "";
    size_t i;

    for (i = 1; i < SIGMA_CONDITION_DEPTH_MAX; i++)
        (void)strcat(condition, "(");
    (void)strcat(condition, "a");
    for (i = 1; i < SIGMA_CONDITION_DEPTH_MAX; i++)
        (void)strcat(condition, ")");
    ck_condition_reads(condition, "a = '1'");
    memmove(condition + 1, condition, strlen(condition) + 1);
    (void)strcat(condition, ")");
    ck_condition_fails(condition, SIGMA_CONDITION_DEPTH_MAX, "nested too deeply");
}
END_TEST

START_TEST(refuses_a_condition_that_multiplies_its_identifiers_beyond_the_limit)
{
    static char document[4 << 20];
    size_t n = 0;
    unsigned i;
    struct sigma_test t;
    const struct sigma_rule *rule;

    n += (size_t)sprintf(document + n, "title: t\nlogsource: {product: p}\ndetection:\n    a:\n        f:\n");
    for (i = 0; i < 1000; i++)
        n += (size_t)sprintf(document + n, "            - v%u\n", i);
    n += (size_t)sprintf(document + n, "    condition: a");
    for (i = 0; i < 1000; i++)
        n += (size_t)sprintf(document + n, " or a");
    sigma_test_init(&t);
    rule = sigma_test_read(&t, "t.yml", document);
    ck_assert_int_eq(rule->status, RULE_REJECTED);
    ck_assert(slice_starts(rule->reason, SLICE("too large")));
    sigma_test_fini(&t);
}
END_TEST

START_TEST(warns_of_an_identifier_that_is_not_used)
{
    char document[SIGMA_DOCUMENT_MAX];
    struct sigma_test t;
    struct sigma_rule *rule;

    sigma_test_init(&t);
    rule = sigma_test_read(
        &t, "t.yml", sigma_test_document(document, "    a: {a: 1}\n    left: {b: 1}\n    condition: a\n"));
    ck_assert_int_eq(rule->status, RULE_LOADED);
    ck_assert_uint_eq(t.diag.n_warnings, 1);
    ck_assert_str_eq(t.diag.items[0].text, "the condition does not use 'left'");
    ck_assert_uint_eq(t.diag.items[0].line, 5);
    sigma_test_fini(&t);
}
END_TEST

UNIT_MAIN("sigma_condition", binds_not_before_and_before_or, lets_parentheses_bind_otherwise,
    chooses_among_identifiers_by_pattern, lets_the_star_stand_anywhere_in_a_pattern, binds_not_behind_of,
    leaves_underscored_identifiers_out_of_them, takes_names_that_begin_like_operators_or_hold_dashes,
    takes_a_list_of_conditions_for_any_of_them, takes_a_condition_over_several_lines, refuses_a_name_that_nothing_has,
    refuses_operators_in_upper_case_with_a_hint, refuses_counting_in_a_condition_and_points_to_correlations,
    refuses_what_breaks_off, refuses_parentheses_beyond_the_limit,
    refuses_a_condition_that_multiplies_its_identifiers_beyond_the_limit, warns_of_an_identifier_that_is_not_used)
