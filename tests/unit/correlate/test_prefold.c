/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/prefold.h"
#include "support/unit.h"

#include <stdio.h>
#include <string.h>

/*
 * A lane and a ledger in one program: what the table hands over goes to a correlator at once or a little later, whose
 * sink adds up what it is told.
 */

enum { RULES = 3, KEPT = 5 };

static const char *const group_by[] = {"host"};

static const struct correlator_settings settings = {
    .fold_window_ns = 900 * NS_PER_S,
    .kept_max = KEPT,
    .group_by = group_by,
    .n_group_by = 1,
    .alerts_max = 1000,
    .groups_max = 1000,
};

struct world {
    struct rule items[RULES];
    struct rules rules;
    struct prefold *prefold;
    struct correlator *correlator;
    uint64_t counted; /* told: minutes that are over */
    uint64_t running; /* and the one that is not, of all alerts */
    uint64_t kept;
    uint64_t handed;
    struct walltime last_seen;
    struct walltime occurred;
    uint64_t by_minute[100];
};

static void
keep_rules(struct rules *r)
{
    (void)r;
}

static int
opened(void *ctx, struct alert *alert, const struct detection *first)
{
    static int64_t number;

    (void)ctx;
    (void)first;
    alert->number = ++number;
    return 0;
}

static int
kept(void *ctx, const struct alert *alert, const struct detection *d)
{
    (void)alert;
    (void)d;
    ((struct world *)ctx)->kept++;
    return 0;
}

static int
changed(void *ctx, const struct alert *alert, const struct detection *latest)
{
    struct world *w = ctx;

    (void)latest;
    w->last_seen = alert->last_seen;
    w->occurred = alert->occurred;
    return 0;
}

static int
minute(void *ctx, const struct alert *alert, int64_t m, uint64_t n)
{
    struct world *w = ctx;

    (void)alert;
    w->counted += n;
    w->by_minute[m % 100] += n;
    return 0;
}

static int
closed(void *ctx, const struct alert *alert)
{
    (void)ctx;
    (void)alert;
    return 0;
}

static int
window(void *ctx, struct slice uid, struct slice key, struct slice state)
{
    (void)ctx;
    (void)uid;
    (void)key;
    (void)state;
    return 0;
}

static const struct correlator_sink sink = {opened, kept, changed, minute, closed, window};

static void
begin(struct world *w)
{
    static const char *const uids[RULES] = {"a", "b", "c"};
    size_t i;

    memset(w, 0, sizeof(*w));
    for (i = 0; i < RULES; i++)
        w->items[i] = (struct rule){.number = (uint32_t)i, .uid = slice_str(uids[i]), .title = slice_str(uids[i])};
    w->rules.items = w->items;
    w->rules.n = RULES;
    w->rules.refs = 1;
    w->rules.free = keep_rules;
    ck_assert_int_eq(prefold_new(&w->prefold, &settings, &w->rules), 0);
    ck_assert_int_eq(correlator_new(&w->correlator, &settings, &sink, w), 0);
    ck_assert_int_eq(correlator_set_rules(w->correlator, &w->rules), 0);
}

static void
end(struct world *w)
{
    prefold_free(w->prefold);
    correlator_free(w->correlator);
}

static void
deliver(void *ctx, const struct detection *d)
{
    struct world *w = ctx;
    struct detection mine = *d;

    w->handed++;
    ck_assert_int_eq(correlator_detection(w->correlator, &mine), 0);
    ck_assert_int_eq(correlator_settle(w->correlator), 0);
    prefold_learn(w->prefold, &mine);
}

/* A detection of rule @rule on an event of @host that happened at @at. */
static void
detect(struct world *w, size_t rule, const char *host, struct walltime at)
{
    struct field field = {SLICE("host"), slice_str(host), field_hash(SLICE("host")), VALUE_TEXT, false};
    struct event event = {.fields = &field, .n_fields = 1, .time = at, .frame.raw = SLICE("raw")};
    struct prefold_ticket ticket;
    struct detection d;

    if (prefold_count(w->prefold, &w->items[rule], &event, at, &ticket) == PREFOLD_COUNTED)
        return;
    prefold_keep(w->prefold, &ticket, &event);
    d = (struct detection){
        .rule = &w->items[rule], .event = &event, .detected = at, .repeats = ticket.repeats, .ticket = ticket.number};
    deliver(w, &d);
}

static struct walltime
ms(int64_t n)
{
    return (struct walltime){1800000000 * NS_PER_S + n * NS_PER_MS};
}

/* Everything told, as if ten minutes had passed. */
static void
settle(struct world *w, struct walltime last)
{
    prefold_flush(w->prefold, (struct walltime){0}, deliver, w);
    ck_assert_int_eq(correlator_tick(w->correlator, (struct walltime){last.ns + 120 * NS_PER_S}), 0);
    ck_assert_int_eq(correlator_flush(w->correlator), 0);
}

START_TEST(a_storm_is_counted_exactly_and_hardly_handed_over)
{
    struct world w;
    int64_t i;

    begin(&w);
    for (i = 0; i < 100000; i++)
        detect(&w, (size_t)i % 2, "h1", ms(i / 10));
    settle(&w, ms(10000));
    ck_assert_uint_eq(w.counted, 100000);
    ck_assert_uint_eq(w.kept, 2 * KEPT);
    ck_assert_uint_lt(w.handed, 500);
    ck_assert_int_eq(w.last_seen.ns, ms(9999).ns);
    ck_assert_int_eq(w.occurred.ns, ms(0).ns);
    end(&w);
}
END_TEST

START_TEST(each_minute_has_its_own_count)
{
    struct world w;
    uint64_t want[100] = {0};
    int64_t i;

    begin(&w);
    for (i = 0; i < 200000; i += 7) {
        detect(&w, 0, "h1", ms(i));
        want[ms(i).ns / (60 * NS_PER_S) % 100]++;
    }
    settle(&w, ms(200000));
    ck_assert_mem_eq(w.by_minute, want, sizeof(want));
    end(&w);
}
END_TEST

START_TEST(what_was_counted_does_not_wait_for_another)
{
    struct world w;
    int64_t i;

    begin(&w);
    for (i = 0; i < 50; i++)
        detect(&w, 0, "h1", ms(i));
    prefold_flush(w.prefold, ms(60), deliver, &w);
    ck_assert_uint_eq(w.handed, KEPT);
    prefold_flush(w.prefold, ms(200), deliver, &w);
    ck_assert_uint_eq(w.handed, KEPT + 1);
    settle(&w, ms(200));
    ck_assert_uint_eq(w.counted, 50);
    end(&w);
}
END_TEST

START_TEST(another_host_and_another_rule_are_kept_in_full_for_themselves)
{
    struct world w;
    int64_t i;

    begin(&w);
    for (i = 0; i < 1000; i++)
        detect(&w, 0, "h1", ms(i / 100));
    for (i = 0; i < KEPT; i++)
        detect(&w, 0, "h2", ms(11));
    for (i = 0; i < KEPT; i++)
        detect(&w, 1, "h1", ms(11));
    settle(&w, ms(11));
    ck_assert_uint_eq(w.counted, 1000 + 2 * KEPT);
    ck_assert_uint_eq(w.kept, 3 * KEPT);
    end(&w);
}
END_TEST

START_TEST(after_quiet_an_alert_opened_anew_keeps_its_first_in_full)
{
    struct world w;
    int64_t i;

    begin(&w);
    for (i = 0; i < 1000; i++)
        detect(&w, 0, "h1", ms(i));
    settle(&w, ms(1000));
    ck_assert_int_eq(correlator_tick(w.correlator, ms(2000000)), 0);
    for (i = 0; i < 1000; i++)
        detect(&w, 0, "h1", ms(2000000 + i));
    settle(&w, ms(2001000));
    ck_assert_uint_eq(w.counted, 2000);
    ck_assert_uint_eq(w.kept, 2 * KEPT);
    end(&w);
}
END_TEST

START_TEST(rules_that_a_correlation_counts_are_handed_over_event_by_event)
{
    const struct rule *counters[1];
    struct prefold *p = NULL;
    struct prefold_ticket ticket;
    struct event event = {0};
    struct world w;
    int i;

    begin(&w);
    counters[0] = &w.items[1];
    w.items[0].counted_by = counters;
    w.items[0].n_counted_by = 1;
    ck_assert_int_eq(prefold_new(&p, &settings, &w.rules), 0);
    for (i = 0; i < 100; i++) {
        ck_assert_int_eq(prefold_count(p, &w.items[0], &event, ms(i), &ticket), PREFOLD_HAND_OVER);
        ck_assert_uint_eq(ticket.number, 0);
    }
    prefold_free(p);
    end(&w);
}
END_TEST

START_TEST(more_groups_than_there_is_room_for_are_counted_all_the_same)
{
    struct world w;
    char host[16];
    int64_t i;

    begin(&w);
    for (i = 0; i < 40000; i++) {
        (void)snprintf(host, sizeof(host), "h%d", (int)(i % 900));
        detect(&w, (size_t)(i % RULES), host, ms(i / 100));
    }
    settle(&w, ms(400));
    ck_assert_uint_eq(w.counted, 40000);
    end(&w);
}
END_TEST

START_TEST(what_a_lane_holds_of_large_events_is_bounded)
{
    static char raw[64 * 1024];
    struct event event = {.frame.raw = slice_of(raw, sizeof(raw))};
    struct prefold_ticket ticket;
    struct world w;
    int64_t i;

    memset(raw, 'x', sizeof(raw));
    begin(&w);
    for (i = 0; i < 100; i++) {
        struct detection d = {.rule = &w.items[0], .event = &event, .detected = ms(i)};

        event.time = ms(i);
        ck_assert_msg(prefold_count(w.prefold, &w.items[0], &event, ms(i), &ticket) == PREFOLD_HAND_OVER,
            "a copy of 64 KiB is kept, of which senders can call for thousands");
        d.ticket = ticket.number;
        deliver(&w, &d);
    }
    settle(&w, ms(100));
    ck_assert_uint_eq(w.counted, 100);
    end(&w);
}
END_TEST

START_TEST(a_key_that_may_stand_in_the_text_waits_for_the_text)
{
    struct field field = {SLICE("host"), SLICE("web1"), field_hash(SLICE("host")), VALUE_TEXT, false};
    struct event event = {.fields = &field, .time = ms(0), .frame.raw = SLICE("raw"), .undecoded = true};
    struct prefold_ticket ticket;
    struct world w;

    begin(&w);
    ck_assert_int_eq(prefold_count(w.prefold, &w.items[0], &event, ms(0), &ticket), PREFOLD_UNDECODED);
    event.undecoded = false;
    ck_assert_int_eq(prefold_count(w.prefold, &w.items[0], &event, ms(0), &ticket), PREFOLD_HAND_OVER);
    event.undecoded = true;
    event.n_fields = 1;
    ck_assert_msg(prefold_count(w.prefold, &w.items[0], &event, ms(0), &ticket) == PREFOLD_HAND_OVER,
        "what groups by the header alone has every event decoded");
    end(&w);
}
END_TEST

UNIT_MAIN("prefold", a_storm_is_counted_exactly_and_hardly_handed_over, each_minute_has_its_own_count,
    what_was_counted_does_not_wait_for_another, another_host_and_another_rule_are_kept_in_full_for_themselves,
    after_quiet_an_alert_opened_anew_keeps_its_first_in_full,
    rules_that_a_correlation_counts_are_handed_over_event_by_event,
    more_groups_than_there_is_room_for_are_counted_all_the_same, what_a_lane_holds_of_large_events_is_bounded,
    a_key_that_may_stand_in_the_text_waits_for_the_text)
