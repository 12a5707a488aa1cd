/* SPDX-License-Identifier: Apache-2.0 */
#include "base/queue.h"
#include "support/unit.h"

#include <pthread.h>
#include <sched.h>

START_TEST(items_come_out_in_the_order_they_went_in)
{
    CLEANUP(queue_free) struct queue *q = NULL;
    int items[3];
    void *item;
    int i;
    int round;

    ck_assert_int_eq(queue_new(&q, 3), 0);
    for (round = 0; round < 5; round++) {
        for (i = 0; i < 2; i++)
            ck_assert_int_eq(queue_give(q, &items[i]), 0);
        ck_assert_uint_eq(queue_length(q), 2);
        for (i = 0; i < 2; i++) {
            ck_assert_int_eq(queue_take(q, &item, QUEUE_NOW), 0);
            ck_assert_ptr_eq(item, &items[i]);
        }
    }
}
END_TEST

START_TEST(a_full_queue_refuses_and_an_empty_one_does_not_wait_when_told)
{
    CLEANUP(queue_free) struct queue *q = NULL;
    int x;
    void *item = NULL;

    ck_assert_int_eq(queue_new(&q, 1), 0);
    ck_assert_int_eq(queue_take(q, &item, QUEUE_NOW), QUEUE_E_TIMEOUT);
    ck_assert_int_eq(queue_give(q, &x), 0);
    ck_assert_int_eq(queue_give(q, &x), QUEUE_E_FULL);
    ck_assert_int_eq(queue_take(q, &item, QUEUE_NOW), 0);
    ck_assert_int_eq(queue_give(q, &x), 0);
}
END_TEST

START_TEST(taking_waits_until_the_deadline_and_not_longer)
{
    CLEANUP(queue_free) struct queue *q = NULL;
    struct monotime start = clock_mono(clock_system());
    void *item;
    int64_t waited;

    ck_assert_int_eq(queue_new(&q, 1), 0);
    ck_assert_int_eq(queue_take(q, &item, monotime_add(start, 50 * NS_PER_MS)), QUEUE_E_TIMEOUT);
    waited = clock_mono(clock_system()).ns - start.ns;
    ck_assert_int_ge(waited, 50 * NS_PER_MS);
    ck_assert_int_lt(waited, 30 * NS_PER_S);
}
END_TEST

START_TEST(a_closed_queue_yields_what_it_holds_and_takes_no_more)
{
    CLEANUP(queue_free) struct queue *q = NULL;
    int x;
    void *item;

    ck_assert_int_eq(queue_new(&q, 2), 0);
    ck_assert_int_eq(queue_give(q, &x), 0);
    queue_close(q);
    ck_assert_int_eq(queue_give(q, &x), QUEUE_E_CLOSED);
    ck_assert_int_eq(queue_take(q, &item, QUEUE_FOREVER), 0);
    ck_assert_int_eq(queue_take(q, &item, QUEUE_FOREVER), QUEUE_E_CLOSED);
}
END_TEST

static void *
take_forever(void *arg)
{
    void *item;

    return (void *)(intptr_t)queue_take(arg, &item, QUEUE_FOREVER);
}

START_TEST(closing_wakes_everyone_who_waits)
{
    CLEANUP(queue_free) struct queue *q = NULL;
    pthread_t takers[4];
    size_t i;

    ck_assert_int_eq(queue_new(&q, 1), 0);
    for (i = 0; i < ARRAY_LEN(takers); i++)
        ck_assert_int_eq(pthread_create(&takers[i], NULL, take_forever, q), 0);
    sched_yield();
    queue_close(q);
    for (i = 0; i < ARRAY_LEN(takers); i++) {
        void *r;

        ck_assert_int_eq(pthread_join(takers[i], &r), 0);
        ck_assert_int_eq((int)(intptr_t)r, QUEUE_E_CLOSED);
    }
}
END_TEST

enum { N_ITEMS = 20000 };

struct sums {
    struct queue *q;
    uint64_t n;
    uint64_t sum;
    bool in_order;
};

static void *
drain(void *arg)
{
    struct sums *s = arg;
    uintptr_t before = 0;
    void *item;

    s->in_order = true;
    while (queue_take(s->q, &item, QUEUE_FOREVER) == 0) {
        s->in_order &= (uintptr_t)item > before;
        before = (uintptr_t)item;
        s->n++;
        s->sum += (uintptr_t)item;
    }
    return NULL;
}

static void
give_all(struct queue *q)
{
    uintptr_t i;

    for (i = 1; i <= N_ITEMS; i++)
        while (queue_give(q, (void *)i) == QUEUE_E_FULL)
            sched_yield();
    queue_close(q);
}

START_TEST(between_two_threads_nothing_is_lost_doubled_or_reordered)
{
    CLEANUP(queue_free) struct queue *q = NULL;
    struct sums s = {0};
    pthread_t taker;

    ck_assert_int_eq(queue_new(&q, 7), 0);
    s.q = q;
    ck_assert_int_eq(pthread_create(&taker, NULL, drain, &s), 0);
    give_all(q);
    ck_assert_int_eq(pthread_join(taker, NULL), 0);
    ck_assert_uint_eq(s.n, N_ITEMS);
    ck_assert_uint_eq(s.sum, (uint64_t)N_ITEMS * (N_ITEMS + 1) / 2);
    ck_assert(s.in_order);
}
END_TEST

START_TEST(several_takers_share_everything_once)
{
    CLEANUP(queue_free) struct queue *q = NULL;
    struct sums s[3] = {{0}};
    pthread_t takers[3];
    uint64_t n = 0;
    uint64_t sum = 0;
    size_t i;

    ck_assert_int_eq(queue_new(&q, 16), 0);
    for (i = 0; i < ARRAY_LEN(s); i++) {
        s[i].q = q;
        ck_assert_int_eq(pthread_create(&takers[i], NULL, drain, &s[i]), 0);
    }
    give_all(q);
    for (i = 0; i < ARRAY_LEN(s); i++) {
        ck_assert_int_eq(pthread_join(takers[i], NULL), 0);
        n += s[i].n;
        sum += s[i].sum;
        ck_assert(s[i].in_order);
    }
    ck_assert_uint_eq(n, N_ITEMS);
    ck_assert_uint_eq(sum, (uint64_t)N_ITEMS * (N_ITEMS + 1) / 2);
}
END_TEST

UNIT_MAIN("queue", items_come_out_in_the_order_they_went_in,
    a_full_queue_refuses_and_an_empty_one_does_not_wait_when_told, taking_waits_until_the_deadline_and_not_longer,
    a_closed_queue_yields_what_it_holds_and_takes_no_more, closing_wakes_everyone_who_waits,
    between_two_threads_nothing_is_lost_doubled_or_reordered, several_takers_share_everything_once)
