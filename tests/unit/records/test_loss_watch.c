/* SPDX-License-Identifier: Apache-2.0 */
#include "records/loss_watch.h"
#include "support/unit.h"

#define HOUR (3600 * NS_PER_S)

static const struct loss_terms terms = {100, false};
static const struct loss_terms strict = {100, true};
static struct loss_watch w;
static struct walltime now;

static void
begin(void)
{
    w = (struct loss_watch){0};
    now = (struct walltime){INT64_C(1700000000) * NS_PER_S};
}

static enum hold_change
tick(const struct loss_terms *t, uint64_t received, uint64_t dropped)
{
    return loss_watch_tick(&w, t, &(struct loss_counts){received, dropped, 0}, now);
}

START_TEST(more_than_so_many_of_a_million_is_told_once)
{
    begin();
    ck_assert_int_eq(tick(&terms, 999901, 99), HOLD_SAME);
    ck_assert_int_eq(tick(&terms, 0, 2), HOLD_OPENS);
    ck_assert_int_eq(tick(&terms, 0, 100), HOLD_SAME);
    ck_assert(w.hold.open);
}
END_TEST

START_TEST(it_ends_when_the_last_day_had_less_than_half_of_it)
{
    int i;

    begin();
    ck_assert_int_eq(tick(&terms, 1000000, 150), HOLD_OPENS);
    ck_assert_int_eq(tick(&terms, 800000, 0), HOLD_SAME); /* 83 of a million: less, but not half */
    for (i = 0; i < 23; i++) {
        now.ns += HOUR;
        ck_assert_int_eq(tick(&terms, 1, 0), HOLD_SAME);
    }
    now.ns += HOUR;
    ck_assert_int_eq(tick(&terms, 1, 0), HOLD_ENDS);
}
END_TEST

START_TEST(where_a_required_source_speaks_any_loss_is_told)
{
    begin();
    ck_assert_int_eq(tick(&strict, 100000000, 0), HOLD_SAME);
    ck_assert_int_eq(tick(&strict, 0, 1), HOLD_OPENS);
    now.ns += 25 * HOUR;
    ck_assert_int_eq(tick(&strict, 0, 0), HOLD_ENDS);
}
END_TEST

START_TEST(a_gap_in_a_partition_is_told_however_small)
{
    CLEANUP_BUFFER struct buffer b = {0};

    begin();
    ck_assert_int_eq(loss_watch_tick(&w, &terms, &(struct loss_counts){100000000, 0, 3}, now), HOLD_OPENS);
    loss_evidence(&w, &b);
    ck_slice_eq(buffer_slice(&b), "within 24 hours 100000000 events were read, 3 records of Kafka partitions were "
                                  "deleted before they were read: 0 of a million lost");
}
END_TEST

START_TEST(a_clock_set_back_loses_no_count)
{
    begin();
    ck_assert_int_eq(tick(&terms, 10, 0), HOLD_SAME);
    now.ns -= 5 * HOUR;
    ck_assert_int_eq(tick(&terms, 10, 1), HOLD_OPENS);
    ck_assert_uint_eq(loss_watch_total(&w).received, 20);
}
END_TEST

UNIT_MAIN("loss_watch", more_than_so_many_of_a_million_is_told_once, it_ends_when_the_last_day_had_less_than_half_of_it,
    where_a_required_source_speaks_any_loss_is_told, a_gap_in_a_partition_is_told_however_small,
    a_clock_set_back_loses_no_count)
