/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "support/unit.h"

START_TEST(pieces_are_aligned_for_any_object_and_do_not_overlap)
{
    struct arena a;
    char *before = NULL;
    size_t i;

    ck_assert_int_eq(arena_init(&a, 1024, 65536), 0);
    for (i = 1; i < 100; i++) {
        char *p = arena_alloc(&a, i);

        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
        memset(p, (int)i, i);
        if (before != NULL)
            ck_assert_int_eq(before[i - 2], (int)(i - 1));
        before = p;
    }
    arena_fini(&a);
}
END_TEST

START_TEST(cleared_pieces_are_cleared_also_where_memory_is_used_again)
{
    struct arena a;
    const char *p;
    size_t i;

    ck_assert_int_eq(arena_init(&a, 256, 256), 0);
    memset(arena_alloc(&a, 100), 0xff, 100);
    arena_reset(&a);
    p = arena_zalloc(&a, 100);
    for (i = 0; i < 100; i++)
        ck_assert_int_eq(p[i], 0);
    arena_fini(&a);
}
END_TEST

START_TEST(it_grows_by_itself_up_to_its_limit)
{
    struct arena a;
    size_t n = 0;

    ck_assert_int_eq(arena_init(&a, 0, 100000), 0);
    while (arena_alloc(&a, 1000) != NULL)
        n++;
    ck_assert(a.overflowed);
    ck_assert_uint_ge(n, 50);
    ck_assert_uint_le(n, 100);
    ck_assert_uint_le(a.bytes_total, 100000);
    arena_fini(&a);
}
END_TEST

START_TEST(an_overflow_is_remembered_until_the_reset)
{
    struct arena a;

    ck_assert_int_eq(arena_init(&a, 64, 64), 0);
    ck_assert_ptr_nonnull(arena_alloc(&a, 16));
    ck_assert(!a.overflowed);
    ck_assert_ptr_null(arena_alloc(&a, 1000));
    ck_assert(a.overflowed);
    ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX));
    ck_assert_ptr_null(arena_text(&a, SIZE_MAX - 8));
    arena_reset(&a);
    ck_assert(!a.overflowed);
    ck_assert_ptr_nonnull(arena_alloc(&a, 64));
    arena_fini(&a);
}
END_TEST

START_TEST(a_reset_gives_back_what_growth_took_and_keeps_working)
{
    struct arena a;
    size_t first;
    int i;

    ck_assert_int_eq(arena_init(&a, 4096, 1u << 20), 0);
    first = a.bytes_total;
    for (i = 0; i < 3; i++) {
        ck_assert_ptr_nonnull(arena_alloc(&a, 100000));
        ck_assert_uint_ge(a.bytes_total, 100000);
        arena_reset(&a);
        ck_assert_uint_eq(a.bytes_total, first);
    }
    arena_fini(&a);
}
END_TEST

START_TEST(copies_are_copies_and_empty_ones_are_present)
{
    struct arena a;
    char text[] = "hello";
    struct slice copy;

    ck_assert_int_eq(arena_init(&a, 0, 4096), 0);
    copy = arena_copy(&a, slice_str(text));
    text[0] = 'j';
    ck_slice_eq(copy, "hello");
    copy = arena_copy(&a, (struct slice){NULL, 0});
    ck_assert_ptr_nonnull(copy.p);
    ck_assert_uint_eq(copy.n, 0);
    ck_slice_absent(arena_copy(&a, slice_of(text, 100000)));
    arena_fini(&a);
}
END_TEST

UNIT_MAIN("arena", pieces_are_aligned_for_any_object_and_do_not_overlap,
    cleared_pieces_are_cleared_also_where_memory_is_used_again, it_grows_by_itself_up_to_its_limit,
    an_overflow_is_remembered_until_the_reset, a_reset_gives_back_what_growth_took_and_keeps_working,
    copies_are_copies_and_empty_ones_are_present)
