/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/key.h"
#include "support/unit.h"

static const struct slice names[] = {{"a", 1}, {"b", 1}};

static struct field fields[2];
static struct key key;

/* The key of rule "r" for the values @a and @b; {NULL, 0} is an absent one. */
static struct slice
key_of(struct slice a, struct slice b)
{
    struct arena arena;
    struct key_recipe recipe;
    struct event e = {.fields = fields};

    ck_assert_int_eq(arena_init(&arena, 0, 1 << 20), 0);
    if (a.p != NULL)
        fields[e.n_fields++] = (struct field){.name = names[0], .value = a, .name_hash = field_hash(names[0])};
    if (b.p != NULL)
        fields[e.n_fields++] = (struct field){.name = names[1], .value = b, .name_hash = field_hash(names[1])};
    recipe = (struct key_recipe){key_prefix(&arena, SLICE("r")), key_fields_new(&arena, names, 2), 2};
    key_make(&key, &recipe, &e);
    arena_fini(&arena);
    return key_slice(&key);
}

START_TEST(writes_each_part_with_its_length)
{
    ck_slice_eq(key_of(SLICE("192.0.2.1"), SLICE("x")), "1:r 9:192.0.2.1 1:x");
    ck_slice_eq(key.values[0], "192.0.2.1");
    ck_slice_eq(key.values[1], "x");
}
END_TEST

START_TEST(tells_absent_from_empty_and_values_that_look_like_keys_apart)
{
    ck_slice_eq(key_of((struct slice){NULL, 0}, SLICE("")), "1:r - 0:");
    ck_assert_uint_eq(key.n_absent, 1);
    ck_slice_eq(key_of(SLICE("-"), SLICE("")), "1:r 1:- 0:");
    ck_assert_uint_eq(key.n_absent, 0);
    ck_slice_eq(key_of(SLICE("x 1:y"), SLICE("z")), "1:r 5:x 1:y 1:z");
    ck_slice_eq(key_of(SLICE("x"), SLICE("y 1:z")), "1:r 1:x 5:y 1:z");
}
END_TEST

START_TEST(cuts_a_long_value_and_keeps_its_length)
{
    static char longer[70000];
    struct slice text;

    memset(longer, 'x', sizeof(longer));
    text = key_of(slice_of(longer, 70000), SLICE("z"));
    ck_assert(slice_starts(text, SLICE("1:r 70000:xxx")));
    ck_assert_uint_eq(key.n_cut, 1);
    ck_assert_uint_eq(key.values[0].n, CORRELATOR_VALUE_MAX);
    ck_assert(slice_ends(text, SLICE(" 1:z")));
    (void)key_of(slice_of(longer, CORRELATOR_VALUE_MAX), SLICE("z"));
    ck_assert_uint_eq(key.n_cut, 0);
}
END_TEST

START_TEST(a_null_value_is_absent)
{
    struct arena arena;
    struct key_recipe recipe;
    struct field f = {.name = names[0], .value = SLICE(""), .name_hash = field_hash(names[0]), .type = VALUE_NULL};
    struct event e = {.fields = &f, .n_fields = 1};

    ck_assert_int_eq(arena_init(&arena, 0, 1 << 20), 0);
    recipe = (struct key_recipe){key_prefix(&arena, SLICE("r")), key_fields_new(&arena, names, 1), 1};
    key_make(&key, &recipe, &e);
    ck_slice_eq(key_slice(&key), "1:r -");
    arena_fini(&arena);
}
END_TEST

UNIT_MAIN("key", writes_each_part_with_its_length, tells_absent_from_empty_and_values_that_look_like_keys_apart,
    cuts_a_long_value_and_keeps_its_length, a_null_value_is_absent)
