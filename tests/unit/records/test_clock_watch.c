/* SPDX-License-Identifier: Apache-2.0 */
#include "records/clock_watch.h"
#include "support/unit.h"

#define S(n)      ((int64_t)(n)*NS_PER_S)
#define MINUTE(n) S((n)*60)
#define HOUR(n)   MINUTE((n)*60)

static const struct clock_terms terms = {S(5), HOUR(1), MINUTE(5)};
static struct hold hold;
static enum trigger trigger;
static int64_t now;

static void
begin(void)
{
    hold = (struct hold){0};
    now = S(1700000000);
}

/* Half a minute a tick with this skew, until something changes or @ns are over. Return: how long it took; -1: nothing.
 */
static int64_t
until_change(int64_t skew_ns, int64_t ns, enum hold_change *change)
{
    int64_t began = now;

    while (now - began <= ns) {
        *change = clock_watch_tick(&hold, &terms, skew_ns, (struct walltime){now}, &trigger);
        if (*change != HOLD_SAME)
            return now - began;
        now += S(30);
    }
    return -1;
}

START_TEST(the_skew_is_the_median_of_the_latest_samples)
{
    struct skew_window w = {0};
    int i;

    for (i = 0; i < 7; i++)
        skew_add(&w, S(i < 4 ? 2 : 1000)); /* three that were late for another reason */
    ck_assert_int_eq(skew_quantile(&w, 0.5), S(2));
    for (i = 0; i < SKEW_WINDOW; i++)
        skew_add(&w, S(-3));
    ck_assert_int_eq(skew_quantile(&w, 0.1), S(-3));
    ck_assert_int_eq(skew_quantile(&w, 0.9), S(-3));
    skew_add(&w, INT64_MIN);
    skew_add(&w, INT64_MAX);
    ck_assert_int_eq(skew_quantile(&w, 0.5), S(-3));
    ck_assert_int_eq(skew_quantile(&w, 0), INT64_MIN);
    ck_assert_int_eq(skew_quantile(&w, 1), INT64_MAX);
}
END_TEST

START_TEST(whole_and_half_hours_are_a_zone_and_nothing_else_is)
{
    ck_assert_int_eq(skew_zone(-HOUR(2)), 120); /* local time east of Greenwich read as UTC lies ahead */
    ck_assert_int_eq(skew_zone(HOUR(5)), -300);
    ck_assert_int_eq(skew_zone(-MINUTE(330) + S(90)), 330);
    ck_assert_int_eq(skew_zone(-HOUR(14)), 840);
    ck_assert_int_eq(skew_zone(HOUR(1) + MINUTE(2)), -60);
    ck_assert_int_eq(skew_zone(HOUR(1) + MINUTE(2) + 1), 0);
    ck_assert_int_eq(skew_zone(0), 0);
    ck_assert_int_eq(skew_zone(S(90)), 0);
    ck_assert_int_eq(skew_zone(HOUR(15)), 0);
    ck_assert_int_eq(skew_zone(INT64_MIN), 0);
    ck_assert_int_eq(skew_zone(INT64_MAX), 0);
}
END_TEST

START_TEST(a_clock_beyond_its_limit_is_told_after_an_hour_and_good_after_a_quarter)
{
    enum hold_change change;

    begin();
    ck_assert_int_eq(until_change(S(6), HOUR(3), &change), HOUR(1));
    ck_assert_int_eq(change, HOLD_OPENS);
    ck_assert_int_eq(trigger, TRIGGER_CLOCK);
    ck_assert_int_eq(until_change(S(6), HOUR(3), &change), -1);
    ck_assert_int_eq(until_change(S(1), HOUR(3), &change), MINUTE(15));
    ck_assert_int_eq(change, HOLD_ENDS);
    ck_assert_int_eq(until_change(-S(6), HOUR(3), &change), HOUR(1)); /* ahead is off, too */
}
END_TEST

START_TEST(a_zone_mistake_is_told_after_minutes)
{
    enum hold_change change;

    begin();
    ck_assert_int_eq(until_change(-HOUR(2) + S(1), HOUR(3), &change), MINUTE(5));
    ck_assert_int_eq(change, HOLD_OPENS);
    ck_assert_int_eq(trigger, TRIGGER_ZONE);
}
END_TEST

START_TEST(what_lies_on_the_limit_neither_opens_nor_ends)
{
    enum hold_change change;
    int i;

    begin();
    for (i = 0; i < 20; i++) {
        ck_assert_int_eq(until_change(S(6), MINUTE(50), &change), -1);
        ck_assert_int_eq(until_change(S(4), MINUTE(5), &change), -1);
    }
    ck_assert_int_eq(until_change(S(6), HOUR(2), &change), HOUR(1));
    for (i = 0; i < 20; i++) {
        ck_assert_int_eq(until_change(S(4), HOUR(2), &change), -1);
        ck_assert_int_eq(until_change(S(1), MINUTE(10), &change), -1);
    }
}
END_TEST

START_TEST(without_a_limit_nothing_is_off)
{
    const struct clock_terms none = {0, 0, 0};

    begin();
    ck_assert_int_eq(clock_watch_tick(&hold, &none, HOUR(7), (struct walltime){now}, &trigger), HOLD_SAME);
    ck_assert(!hold.open);
}
END_TEST

static void
ck_evidence(int64_t skew_ns, const struct clock_context *c, const char *want)
{
    CLEANUP_BUFFER struct buffer b = {0};
    struct skew_window w = {0};
    int i;

    for (i = 0; i < 10; i++)
        skew_add(&w, skew_ns);
    clock_evidence(&w, c, &b);
    buffer_add_char(&b, '\0');
    ck_assert_msg(strstr(b.p, want) != NULL, "want '%s' in: %s", want, b.p);
}

START_TEST(the_evidence_says_what_would_mend_it)
{
    const struct clock_context assumed = {S(5), false, 60};
    const struct clock_context stated = {S(5), true, 0};

    ck_evidence(-HOUR(2), &assumed, "events come 2 h early, in the median of 10");
    ck_evidence(-HOUR(2) + S(1) / 2, &assumed, "events come 2 h early"); /* a stamp cut to its second */
    ck_evidence(-HOUR(2), &assumed, "are read as +01:00, but look like +03:00: say so in the source's 'zone'");
    ck_evidence(HOUR(2), &assumed, "but look like -01:00");
    ck_evidence(HOUR(2), &stated, "the stamps name one that is 2 h 00 min off, to be set right at the sender");
    ck_evidence(S(61), &assumed, "come 1 min 1 s late, in the median of 10 (from 1 min 1 s late to 1 min 1 s late");
    ck_evidence(S(61), &assumed, "the limit is 5 s");
}
END_TEST

START_TEST(the_evidence_says_where_it_may_be_late_delivery)
{
    CLEANUP_BUFFER struct buffer b = {0};
    struct skew_window w = {0};
    int i;

    for (i = 0; i < 60; i++)
        skew_add(&w, S(i)); /* an agent that sends once a minute */
    clock_evidence(&w, &(struct clock_context){S(10), false, 0}, &b);
    buffer_add_char(&b, '\0');
    ck_assert_ptr_nonnull(strstr(b.p, "it may be late delivery and not the clock"));
}
END_TEST

UNIT_MAIN("clock_watch", the_skew_is_the_median_of_the_latest_samples,
    whole_and_half_hours_are_a_zone_and_nothing_else_is,
    a_clock_beyond_its_limit_is_told_after_an_hour_and_good_after_a_quarter, a_zone_mistake_is_told_after_minutes,
    what_lies_on_the_limit_neither_opens_nor_ends, without_a_limit_nothing_is_off, the_evidence_says_what_would_mend_it,
    the_evidence_says_where_it_may_be_late_delivery)
