/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "input/limiter.h"
#include "support/unit.h"

enum { RATE = 10 };

static struct limiter *limiter;
static struct monotime now;
static uint64_t told;
static unsigned n_told;
static char told_of[LIMITER_SENDER_MAX + 1];

static void
tell(void *ctx, struct slice sender, uint64_t n)
{
    ck_assert_ptr_null(ctx);
    told += n;
    n_told++;
    (void)snprintf(told_of, sizeof(told_of), SLICE_FMT, SLICE_ARG(sender));
}

static void
begin(void)
{
    now.ns = 5 * NS_PER_S;
    told = 0;
    n_told = 0;
    ck_assert_int_eq(limiter_new(&limiter, RATE, tell, NULL), 0);
}

/* How many of @n messages at once are taken. */
static unsigned
take(const char *sender, unsigned n)
{
    unsigned taken = 0;

    while (n-- > 0)
        taken += limiter_take(limiter, slice_str(sender), now);
    return taken;
}

START_TEST(a_second_s_worth_is_taken_at_once_and_then_the_rate)
{
    begin();
    ck_assert_uint_eq(take("192.0.2.7", 100), RATE);
    now.ns += NS_PER_S / RATE;
    ck_assert_uint_eq(take("192.0.2.7", 100), 1);
    now.ns += NS_PER_S / 2;
    ck_assert_uint_eq(take("192.0.2.7", 100), RATE / 2);
    now.ns += 1000 * NS_PER_S;
    ck_assert_uint_eq(take("192.0.2.7", 100), RATE);
    limiter_free(limiter);
}
END_TEST

START_TEST(one_sender_s_excess_costs_no_other_a_message)
{
    begin();
    ck_assert_uint_eq(take("192.0.2.7", 1000), RATE);
    ck_assert_uint_eq(take("192.0.2.8", RATE), RATE);
    ck_assert_uint_eq(take("2001:db8::7", RATE), RATE);
    limiter_free(limiter);
}
END_TEST

START_TEST(what_is_suppressed_is_told_once_and_by_name)
{
    begin();
    (void)take("192.0.2.7", 110);
    (void)take("192.0.2.8", 5);
    limiter_report(limiter);
    ck_assert_uint_eq(told, 100);
    ck_assert_uint_eq(n_told, 1);
    ck_assert_str_eq(told_of, "192.0.2.7");
    limiter_report(limiter);
    ck_assert_uint_eq(n_told, 1);
    limiter_free(limiter);
}
END_TEST

START_TEST(however_many_senders_no_suppressed_message_is_forgotten)
{
    enum { SENDERS = 20000 };
    char sender[32];
    uint64_t taken = 0;

    begin();
    for (unsigned i = 0; i < SENDERS; i++) {
        (void)snprintf(sender, sizeof(sender), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        now.ns++;
        taken += take(sender, RATE + 3);
    }
    ck_assert_uint_eq(taken, (uint64_t)SENDERS * RATE);
    limiter_report(limiter);
    ck_assert_uint_eq(told, (uint64_t)SENDERS * 3);
    ck_assert_uint_ge(limiter_evicted(limiter), SENDERS - 4096);
    limiter_free(limiter);
}
END_TEST

UNIT_MAIN("limiter", a_second_s_worth_is_taken_at_once_and_then_the_rate, one_sender_s_excess_costs_no_other_a_message,
    what_is_suppressed_is_told_once_and_by_name, however_many_senders_no_suppressed_message_is_forgotten)
