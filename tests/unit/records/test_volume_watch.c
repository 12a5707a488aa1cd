/* SPDX-License-Identifier: Apache-2.0 */
#include "records/volume_watch.h"
#include "support/unit.h"

enum { DAY = 24, WEEK = 168, MONDAY = 4 /* the first since 1970, which began on a Thursday */ };

/* Monday 2026-10-05T00:00Z, as hours since 1970. */
#define BEGIN ((int64_t)24 * (MONDAY + 7 * 2961))

static const struct volume_terms terms = {10, 1000, 50, 2, false};
static struct volume_history h;
static int64_t hour;

/* So many events in an hour of a working day; at night and on weekends a tenth. */
static uint64_t
usual_at(int64_t at)
{
    int64_t in_week = (at - BEGIN) % WEEK;

    return in_week >= 5 * DAY || in_week % DAY < 6 ? 1000 : 10000;
}

static void
hours_pass(int n, unsigned per_cent)
{
    for (; n > 0; n--, hour++)
        volume_note(&h, hour, usual_at(hour) * per_cent / 100);
}

static void
begin(void)
{
    h = (struct volume_history){0};
    hour = BEGIN;
}

START_TEST(what_was_noted_is_known_and_nothing_else_is)
{
    begin();
    ck_assert_int_eq(volume_of(&h, 0), -1);
    volume_note(&h, hour, 7);
    volume_note(&h, hour + 3, 0);
    ck_assert_int_eq(volume_of(&h, hour), 7);
    ck_assert_int_eq(volume_of(&h, hour + 1), -1);
    ck_assert_int_eq(volume_of(&h, hour + 3), 0);
    ck_assert_int_eq(volume_of(&h, hour + 4), -1);
    volume_note(&h, hour + VOLUME_HOURS + 1, UINT64_MAX);
    ck_assert_int_eq(volume_of(&h, hour), -1);
    ck_assert_int_eq(volume_of(&h, hour + 3), 0);
    ck_assert_int_eq(volume_of(&h, hour + VOLUME_HOURS + 1), UINT32_MAX - INT64_C(1));
    volume_note(&h, hour + 1, 9); /* of before all that is kept */
    ck_assert_int_eq(volume_of(&h, hour + 1), -1);
    volume_note(&h, hour + 9 * VOLUME_HOURS, 1);
    ck_assert_int_eq(volume_of(&h, hour + VOLUME_HOURS + 1), -1);
}
END_TEST

START_TEST(usual_is_the_median_of_the_same_hour_of_the_week)
{
    begin();
    hours_pass(3 * WEEK, 100);
    ck_assert_int_eq(volume_usual(&h, hour), 1000);       /* Monday 00:00 */
    ck_assert_int_eq(volume_usual(&h, hour + 10), 10000); /* 10:00 */
    ck_assert_int_eq(volume_usual(&h, hour - 12), 1000);  /* a Sunday */
    hours_pass(WEEK, 0);                                  /* an outage of a week */
    hours_pass(WEEK, 5000);                               /* and a week of a flood */
    ck_assert_int_eq(volume_usual(&h, hour + 10), 10000);
}
END_TEST

START_TEST(what_stays_for_three_weeks_becomes_usual)
{
    begin();
    hours_pass(5 * WEEK, 100);
    hours_pass(3 * WEEK, 30);
    ck_assert_int_eq(volume_usual(&h, hour + 10), 3000);
}
END_TEST

START_TEST(until_three_weeks_are_known_days_of_the_same_kind_stand_in)
{
    begin();
    hours_pass(3 * DAY, 100);
    ck_assert_int_eq(volume_usual(&h, hour + 10), -1);
    hours_pass(DAY, 100);
    ck_assert_int_eq(volume_usual(&h, hour + 10), 10000); /* Friday, after four working days */
    hours_pass(DAY, 100);
    ck_assert_int_eq(volume_usual(&h, hour + 10), -1); /* Saturday: working days say nothing of it */
    hours_pass(9 * DAY, 100);
    ck_assert_int_eq(volume_usual(&h, hour + 10 + 5 * DAY), 1000); /* the third Saturday, after two weekends */
}
END_TEST

START_TEST(a_collapse_is_told_after_its_hours_and_over_at_three_times_the_limit)
{
    begin();
    hours_pass(3 * WEEK + 10, 100);
    ck_assert_int_eq(volume_judge(&h, &terms), VOLUME_USUAL);
    hours_pass(1, 9);
    ck_assert_int_eq(volume_judge(&h, &terms), VOLUME_BETWEEN);
    hours_pass(1, 9);
    ck_assert_int_eq(volume_judge(&h, &terms), VOLUME_COLLAPSED);
    hours_pass(1, 20);
    ck_assert_int_eq(volume_judge(&h, &terms), VOLUME_BETWEEN);
    hours_pass(1, 30);
    ck_assert_int_eq(volume_judge(&h, &terms), VOLUME_USUAL);
}
END_TEST

START_TEST(a_surge_is_told_likewise)
{
    begin();
    hours_pass(3 * WEEK + 10, 100);
    hours_pass(2, 1001);
    ck_assert_int_eq(volume_judge(&h, &terms), VOLUME_SURGED);
    hours_pass(1, 400);
    ck_assert_int_eq(volume_judge(&h, &terms), VOLUME_BETWEEN);
    hours_pass(1, 300);
    ck_assert_int_eq(volume_judge(&h, &terms), VOLUME_USUAL);
}
END_TEST

START_TEST(night_and_weekend_are_no_collapse)
{
    begin();
    hours_pass(3 * WEEK, 100);
    for (; hour < BEGIN + 5 * WEEK;) {
        hours_pass(1, 100);
        ck_assert_int_eq(volume_judge(&h, &terms), VOLUME_USUAL);
    }
}
END_TEST

START_TEST(small_numbers_unknown_hours_and_limits_of_nought_are_not_judged)
{
    struct volume_terms t = terms;

    begin();
    hours_pass(3 * WEEK + 10, 100);
    hours_pass(2, 1);
    t.least = 10001;
    ck_assert_int_eq(volume_judge(&h, &t), VOLUME_UNKNOWN);
    t = terms;
    t.low = 0;
    ck_assert_int_eq(volume_judge(&h, &t), VOLUME_USUAL);
    hour++; /* one that the daemon did not listen through */
    hours_pass(1, 1);
    ck_assert_msg(volume_judge(&h, &terms) == VOLUME_BETWEEN, "two on end are wanted, and one is not known");
}
END_TEST

START_TEST(no_event_at_all_is_left_to_silence_where_that_is_told)
{
    struct volume_terms t = terms;

    begin();
    hours_pass(3 * WEEK + 10, 100);
    hours_pass(2, 0);
    ck_assert_int_eq(volume_judge(&h, &t), VOLUME_COLLAPSED);
    t.tells_silence = true;
    ck_assert_int_eq(volume_judge(&h, &t), VOLUME_BETWEEN);
}
END_TEST

START_TEST(the_evidence_names_the_hours_and_what_is_usual)
{
    CLEANUP_BUFFER struct buffer b = {0};

    begin();
    hours_pass(3 * WEEK + 10, 100);
    hours_pass(2, 9);
    volume_evidence(&h, &terms, &b);
    ck_slice_eq(buffer_slice(&b),
        "900 events in the hour from 2026-10-26T10:00:00Z, where 10000 are usual; 900 events in the hour from "
        "2026-10-26T11:00:00Z, where 10000 are usual");
}
END_TEST

UNIT_MAIN("volume_watch", what_was_noted_is_known_and_nothing_else_is, usual_is_the_median_of_the_same_hour_of_the_week,
    what_stays_for_three_weeks_becomes_usual, until_three_weeks_are_known_days_of_the_same_kind_stand_in,
    a_collapse_is_told_after_its_hours_and_over_at_three_times_the_limit, a_surge_is_told_likewise,
    night_and_weekend_are_no_collapse, small_numbers_unknown_hours_and_limits_of_nought_are_not_judged,
    no_event_at_all_is_left_to_silence_where_that_is_told, the_evidence_names_the_hours_and_what_is_usual)
