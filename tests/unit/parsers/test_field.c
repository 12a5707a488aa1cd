/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/field.h"
#include "support/unit.h"

static struct arena arena;
static struct fields fields;

static void
begin(size_t n_max)
{
    ck_assert_int_eq(arena_init(&arena, 0, 1u << 20), 0);
    fields_init(&fields, &arena, n_max);
}

START_TEST(a_field_is_found_by_its_exact_name)
{
    begin(100);
    fields_add(&fields, SLICE("Image"), SLICE("a"), VALUE_TEXT);
    fields_add(&fields, SLICE("image"), SLICE("b"), VALUE_TEXT);
    ck_slice_eq(fields_find(fields.items, fields.n, SLICE("image"))->value, "b");
    ck_slice_eq(fields_find(fields.items, fields.n, SLICE("Image"))->value, "a");
    ck_assert_ptr_null(fields_find(fields.items, fields.n, SLICE("IMAGE")));
    ck_assert_ptr_null(fields_find(fields.items, fields.n, SLICE("")));
    arena_fini(&arena);
}
END_TEST

START_TEST(blanks_in_a_name_do_not_count)
{
    static const char *const names[] = {"Threat Name", "ThreatName", " Threat Name ", "T h r e a t N a m e"};
    size_t i;
    size_t k;

    for (i = 0; i < ARRAY_LEN(names); i++) {
        begin(1);
        fields_add(&fields, slice_str(names[i]), SLICE("x"), VALUE_TEXT);
        for (k = 0; k < ARRAY_LEN(names); k++)
            ck_assert_msg(
                fields_find(fields.items, 1, slice_str(names[k])) != NULL, "'%s' as '%s'", names[i], names[k]);
        ck_assert_ptr_null(fields_find(fields.items, 1, SLICE("Threat-Name")));
        arena_fini(&arena);
    }
}
END_TEST

START_TEST(a_name_with_blanks_beyond_what_is_hashed_is_still_found)
{
    char with[400];
    char without[400];

    memset(with, 'x', sizeof(with));
    memset(without, 'x', sizeof(without));
    with[300] = ' ';
    begin(1);
    fields_add(&fields, slice_of(with, sizeof(with)), SLICE("v"), VALUE_TEXT);
    ck_assert_ptr_nonnull(fields_find(fields.items, 1, slice_of(without, sizeof(without) - 1)));
    ck_assert_ptr_null(fields_find(fields.items, 1, slice_of(without, sizeof(without))));
    arena_fini(&arena);
}
END_TEST

START_TEST(a_name_hashes_the_same_however_its_group_was_given)
{
    static const struct {
        const char *group;
        const char *key;
    } names[] = {{"a.", "b"}, {"", "b"}, {"winlog.event_data.", "Image"}, {"a.", "b.c"}, {"a b.", "c d"}, {"a.", ""},
        {".", "x"}, {"", ""}};
    char name[64];
    size_t i;

    for (i = 0; i < ARRAY_LEN(names); i++) {
        struct slice group = slice_str(names[i].group);
        struct slice key = slice_str(names[i].key);
        struct slice whole = slice_of(name, group.n + key.n);

        memcpy(name, group.p, group.n);
        memcpy(name + group.n, key.p, key.n);
        ck_assert_uint_eq(field_hash_joined(whole, field_group_hash(group), key), field_hash(whole));
        ck_assert_uint_ne(field_hash(whole), 0);
    }
}
END_TEST

START_TEST(the_list_keeps_order_and_repeated_names_while_it_grows)
{
    size_t i;

    begin(1000);
    for (i = 0; i < 1000; i++)
        fields_add(&fields, SLICE("n"), slice_of("0123456789" + i % 10, 1), VALUE_NUMBER);
    ck_assert_uint_eq(fields.n, 1000);
    for (i = 0; i < 1000; i++)
        ck_assert_int_eq(fields.items[i].value.p[0], (int)('0' + i % 10));
    arena_fini(&arena);
}
END_TEST

START_TEST(what_exceeds_the_limit_is_counted_not_kept)
{
    size_t i;

    begin(3);
    for (i = 0; i < 10; i++)
        fields_add(&fields, SLICE("n"), SLICE("v"), VALUE_TEXT);
    ck_assert_uint_eq(fields.n, 3);
    ck_assert_uint_eq(fields.n_dropped, 7);
    arena_fini(&arena);
}
END_TEST

UNIT_MAIN("field", a_field_is_found_by_its_exact_name, blanks_in_a_name_do_not_count,
    a_name_with_blanks_beyond_what_is_hashed_is_still_found, a_name_hashes_the_same_however_its_group_was_given,
    the_list_keeps_order_and_repeated_names_while_it_grows, what_exceeds_the_limit_is_counted_not_kept)
