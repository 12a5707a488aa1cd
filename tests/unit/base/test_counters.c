/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counters.h"
#include "support/unit.h"

#include <pthread.h>

enum { SEEN, DROPPED, LEVEL };

static const struct counter_def defs[] = {
    [SEEN] = {"test_seen", "What came."},
    [DROPPED] = {"test_dropped", "What was lost."},
    [LEVEL] = {"test_level", "What is there now."},
};

START_TEST(each_counter_counts_for_itself)
{
    CLEANUP(counters_free) struct counters *c = NULL;

    ck_assert_int_eq(counters_new(&c, defs, ARRAY_LEN(defs)), 0);
    ck_assert_uint_eq(counters_get(c, SEEN), 0);
    counters_add(c, SEEN, 1);
    counters_add(c, SEEN, 41);
    counters_set(c, LEVEL, 7);
    counters_set(c, LEVEL, 3);
    ck_assert_uint_eq(counters_get(c, SEEN), 42);
    ck_assert_uint_eq(counters_get(c, DROPPED), 0);
    ck_assert_uint_eq(counters_get(c, LEVEL), 3);
    ck_assert_str_eq(c->defs[DROPPED].name, "test_dropped");
}
END_TEST

static void *
count(void *arg)
{
    int i;

    for (i = 0; i < 100000; i++)
        counters_add(arg, SEEN, 2);
    return NULL;
}

START_TEST(a_reader_sees_whole_values_that_only_grow)
{
    CLEANUP(counters_free) struct counters *c = NULL;
    pthread_t owner;
    uint64_t before = 0;

    ck_assert_int_eq(counters_new(&c, defs, ARRAY_LEN(defs)), 0);
    ck_assert_int_eq(pthread_create(&owner, NULL, count, c), 0);
    while (before < 200000) {
        uint64_t now = counters_get(c, SEEN);

        ck_assert_uint_ge(now, before);
        ck_assert_uint_eq(now % 2, 0);
        before = now;
    }
    ck_assert_int_eq(pthread_join(owner, NULL), 0);
    ck_assert_uint_eq(before, 200000);
}
END_TEST

START_TEST(counters_that_follow_others_go_on_from_them)
{
    CLEANUP(counters_free) struct counters *before = NULL;
    CLEANUP(counters_free) struct counters *after = NULL;

    ck_assert_int_eq(counters_new(&before, defs, ARRAY_LEN(defs)), 0);
    ck_assert_int_eq(counters_new(&after, defs, ARRAY_LEN(defs)), 0);
    counters_add(before, SEEN, 40);
    counters_add(after, SEEN, 1);
    counters_carry(after, before);
    counters_add(after, SEEN, 1);
    ck_assert_uint_eq(counters_get(after, SEEN), 42);
    ck_assert_uint_eq(counters_get(after, DROPPED), 0);
    ck_assert_uint_eq(counters_get(before, SEEN), 40);
}
END_TEST

UNIT_MAIN("counters", each_counter_counts_for_itself, a_reader_sees_whole_values_that_only_grow,
    counters_that_follow_others_go_on_from_them)
