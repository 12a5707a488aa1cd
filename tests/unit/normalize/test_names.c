/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/names.h"
#include "support/unit.h"

#include <stdio.h>

START_TEST(finds_a_name_whatever_its_case_among_many)
{
    struct names t = {0};
    struct arena arena;
    char keys[1000][16];
    char shout[16];
    unsigned i;

    ck_assert_int_eq(arena_init(&arena, 0, 1 << 20), 0);
    for (i = 0; i < 1000; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "program-%u", i);
        ck_assert_ptr_null(names_put(&t, &arena, slice_str(keys[i]), keys[i]));
    }
    for (i = 0; i < 1000; i++) {
        (void)snprintf(shout, sizeof(shout), "PROGRAM-%u", i);
        ck_assert_ptr_eq(names_get(&t, slice_str(shout)), keys[i]);
    }
    ck_assert_ptr_null(names_get(&t, SLICE("program-1000")));
    ck_assert_ptr_null(names_get(&t, SLICE("")));
    arena_fini(&arena);
}
END_TEST

START_TEST(does_not_take_a_control_byte_for_the_letter_it_folds_like)
{
    struct names t = {0};
    struct arena arena;
    int value = 0;

    ck_assert_int_eq(arena_init(&arena, 0, 1 << 16), 0);
    ck_assert_ptr_null(names_put(&t, &arena, SLICE("a-b"), &value));
    ck_assert_ptr_null(names_get(&t, SLICE("a\x0d"
                                           "b")));
    ck_assert_ptr_eq(names_get(&t, SLICE("A-B")), &value);
    arena_fini(&arena);
}
END_TEST

START_TEST(an_empty_table_finds_nothing)
{
    struct names t = {0};

    ck_assert_ptr_null(names_get(&t, SLICE("sshd")));
}
END_TEST

UNIT_MAIN("names", finds_a_name_whatever_its_case_among_many, does_not_take_a_control_byte_for_the_letter_it_folds_like,
    an_empty_table_finds_nothing)
