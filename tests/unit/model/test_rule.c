/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rule.h"
#include "support/unit.h"

/* Rules by these ids, numbered in their order. */
static struct rules
rules_of(struct rule *items, const char *const *uids, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        items[i] = (struct rule){.number = (uint32_t)i, .uid = slice_str(uids[i])};
    return (struct rules){.items = items, .n = n};
}

START_TEST(figures_follow_their_rules_to_new_numbers)
{
    static const char *const ids_before[] = {"a", "b", "c"};
    static const char *const ids_after[] = {"new", "c", "a"};
    _Atomic uint64_t before[] = {10, 20, 30};
    _Atomic uint64_t after[] = {0, 0, 1};
    struct rule items[2][3];
    const struct rules from = rules_of(items[0], ids_before, 3);
    const struct rules to = rules_of(items[1], ids_after, 3);

    ck_assert_int_eq(rules_carry(&to, after, &from, before), 0);
    ck_assert_uint_eq(after[0], 0);
    ck_assert_uint_eq(after[1], 30);
    ck_assert_uint_eq(after[2], 11);
    ck_assert_uint_eq(before[1], 20);
}
END_TEST

START_TEST(without_rules_before_or_after_there_is_nothing_to_carry)
{
    static const char *const ids[] = {"a"};
    _Atomic uint64_t figures[] = {5};
    struct rule items[1];
    const struct rules some = rules_of(items, ids, 1);
    const struct rules none = {.n = 0};

    ck_assert_int_eq(rules_carry(&some, figures, &none, NULL), 0);
    ck_assert_int_eq(rules_carry(&none, NULL, &some, figures), 0);
    ck_assert_uint_eq(figures[0], 5);
}
END_TEST

UNIT_MAIN("rule", figures_follow_their_rules_to_new_numbers, without_rules_before_or_after_there_is_nothing_to_carry)
