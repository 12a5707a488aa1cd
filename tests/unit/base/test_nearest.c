/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"
#include "support/unit.h"

static char hint[NEAREST_HINT_MAX];

static const char *
hint_for(const char *wrong)
{
    static const char *const names[] = {"contains", "startswith", "re", "i", "port", "product", "S1", "S2"};
    struct nearest near = {.wrong = slice_str(wrong)};
    size_t i;

    for (i = 0; i < ARRAY_LEN(names); i++)
        nearest_consider(&near, slice_str(names[i]));
    return nearest_hint(&near, hint);
}

START_TEST(the_nearest_name_is_offered)
{
    ck_assert_str_eq(hint_for("contain"), "; did you mean 'contains'?");
    ck_assert_str_eq(hint_for("statswith"), "; did you mean 'startswith'?");
    ck_assert_str_eq(hint_for("prot"), "; did you mean 'port'?");
    ck_assert_str_eq(hint_for("prodcut"), "; did you mean 'product'?");
    ck_assert_str_eq(hint_for("ree"), "; did you mean 're'?");
}
END_TEST

START_TEST(of_several_as_near_the_first_is_offered)
{
    ck_assert_str_eq(hint_for("S5"), "; did you mean 'S1'?");
}
END_TEST

START_TEST(case_is_no_difference)
{
    ck_assert_str_eq(hint_for("Contains"), "; did you mean 'contains'?");
}
END_TEST

START_TEST(what_is_like_no_name_gets_no_hint)
{
    ck_assert_str_eq(hint_for("wholly_different"), "");
    ck_assert_str_eq(hint_for("x"), "");
    ck_assert_str_eq(hint_for("xy"), "");
    ck_assert_str_eq(hint_for(""), "");
}
END_TEST

START_TEST(what_is_too_long_to_be_a_name_is_passed_over)
{
    static char text[NEAREST_NAME_MAX + 2];
    struct nearest near = {.wrong = slice_of(text, NEAREST_NAME_MAX + 1)};

    memset(text, 'a', sizeof(text) - 1);
    nearest_consider(&near, slice_of(text, NEAREST_NAME_MAX));
    ck_assert_str_eq(nearest_hint(&near, hint), "");
    near.wrong.n = NEAREST_NAME_MAX;
    nearest_consider(&near, slice_of(text, NEAREST_NAME_MAX + 1));
    ck_assert_str_eq(nearest_hint(&near, hint), "");
    nearest_consider(&near, slice_of(text, NEAREST_NAME_MAX));
    ck_assert_uint_eq(strlen(nearest_hint(&near, hint)), NEAREST_NAME_MAX + 18);
}
END_TEST

UNIT_MAIN("nearest", the_nearest_name_is_offered, of_several_as_near_the_first_is_offered, case_is_no_difference,
    what_is_like_no_name_gets_no_hint, what_is_too_long_to_be_a_name_is_passed_over)
