/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Fake: a correlator between made-up rules and a sink that remembers all it was told, as a store would.
 *
 * Rules: "fail" (silent, counted by "brute"), "seen" (opens alerts), "brute" (event_count over "fail" by src_ip) and
 * "spree" (event_count over "brute", without groups). What the sink remembers survives its correlator: fake_restart()
 * puts it back into a new one.
 */

#include <stdio.h>

#include "base/map.h"
#include "correlate/correlator.h"
#include "support/unit.h"

#define S(n) ((int64_t)(n)*NS_PER_S)

enum { FAKE_ALERTS_MAX = 5000, FAKE_RULES = 4, FAKE_EVENTS_MAX = 4096 };

enum { RULE_FAIL, RULE_SEEN, RULE_BRUTE, RULE_SPREE };

static const int64_t fake_now = S(1700000000);

struct fake_alert {
    struct alert alert;  /* as last told */
    char text[512];      /* its key, its groups */
    uint64_t n_kept;     /* detection_kept calls */
    uint64_t n_minutes;  /* sum of alert_minute */
    int64_t last_minute; /* the minute told last; each may be told once only */
    unsigned n_told;     /* alert_changed calls */
    uint64_t counted;    /* the first detection's */
    struct walltime since;
    int64_t latest_time; /* event time of the latest folded detection told; -1 for none yet */
};

struct fake_window {
    char key[256]; /* uid, a NUL, key */
    size_t n_key;
    size_t n_uid;
    char *state;
    size_t n_state;
};

/* An event with its detection, there until the next flush. */
struct fake_event {
    struct detection detection;
    struct event event;
    struct field field;
    char ip[64];
};

struct fake {
    struct rules rules;
    struct rule items[FAKE_RULES];
    struct correlation brute;
    struct correlation spree;
    const struct rule *counted[2];
    const struct rule *counts[2];
    struct slice by_ip[1];
    struct correlator_settings settings;
    struct correlator *c;
    struct map *windows;
    struct fake_alert *alerts;
    size_t n_alerts;
    struct fake_event *events;
    size_t n_events;
    uint64_t n_window_calls;
    int64_t now;
};

/* Its text, so that it outlives the correlator. */
static inline void
fake_keep_text(struct fake_alert *a)
{
    struct slice *parts[] = {
        &a->alert.key, &a->alert.rule_uid, &a->alert.rule_title, &a->alert.groups[0].name, &a->alert.groups[0].value};
    size_t n = 0;
    size_t i;

    for (i = 0; i < (a->alert.n_groups > 0 ? 5 : 3); i++) {
        if (parts[i]->p == NULL)
            continue;
        ck_assert_uint_le(n + parts[i]->n, sizeof(a->text));
        memcpy(a->text + n, parts[i]->p, parts[i]->n);
        *parts[i] = slice_of(a->text + n, parts[i]->n);
        n += parts[i]->n;
    }
}

static inline int
fake_opened(void *ctx, struct alert *alert, const struct detection *first)
{
    struct fake *f = ctx;
    struct fake_alert *a = &f->alerts[f->n_alerts];

    ck_assert_uint_lt(f->n_alerts, FAKE_ALERTS_MAX);
    alert->number = (int64_t)++f->n_alerts;
    *a = (struct fake_alert){
        .alert = *alert, .counted = first->counted, .since = first->since, .last_minute = -1, .latest_time = -1};
    fake_keep_text(a);
    return 0;
}

static inline struct fake_alert *
fake_alert_of(struct fake *f, const struct alert *alert)
{
    ck_assert(alert->number > 0 && (size_t)alert->number <= f->n_alerts);
    return &f->alerts[alert->number - 1];
}

/* What was told, with the text kept at its opening. */
static inline void
fake_remember(struct fake *f, const struct alert *alert)
{
    struct fake_alert *a = fake_alert_of(f, alert);
    struct alert old = a->alert;

    ck_assert(slice_eq(old.key, alert->key));
    a->alert = *alert;
    a->alert.key = old.key;
    a->alert.rule_uid = old.rule_uid;
    a->alert.rule_title = old.rule_title;
    memcpy(a->alert.groups, old.groups, sizeof(old.groups));
}

static inline int
fake_kept(void *ctx, const struct alert *alert, const struct detection *d)
{
    struct fake *f = ctx;

    (void)d;
    fake_remember(f, alert);
    ck_assert_uint_eq(++fake_alert_of(f, alert)->n_kept, alert->n_kept);
    return 0;
}

static inline int
fake_changed(void *ctx, const struct alert *alert, const struct detection *latest)
{
    struct fake *f = ctx;

    fake_remember(f, alert);
    fake_alert_of(f, alert)->n_told++;
    if (latest != NULL)
        fake_alert_of(f, alert)->latest_time = latest->event->time.ns;
    return 0;
}

static inline int
fake_minute(void *ctx, const struct alert *alert, int64_t minute, uint64_t n)
{
    struct fake_alert *a = fake_alert_of(ctx, alert);

    ck_assert_int_gt(minute, a->last_minute);
    ck_assert_uint_gt(n, 0);
    a->last_minute = minute;
    a->n_minutes += n;
    return 0;
}

static inline int
fake_closed(void *ctx, const struct alert *alert)
{
    struct fake *f = ctx;

    ck_assert_int_eq(fake_alert_of(f, alert)->alert.state, ALERT_OPEN);
    fake_remember(f, alert);
    ck_assert_uint_eq(fake_alert_of(f, alert)->n_minutes, alert->count);
    return 0;
}

static inline void
fake_forget_window(struct fake *f, struct slice key)
{
    struct fake_window *w = map_remove(f->windows, key);

    if (w == NULL)
        return;
    free(w->state);
    free(w);
}

static inline int
fake_window_changed(void *ctx, struct slice uid, struct slice key, struct slice state)
{
    struct fake *f = ctx;
    struct fake_window *w = calloc(1, sizeof(*w));

    f->n_window_calls++;
    ck_assert_uint_lt(uid.n + 1 + key.n, sizeof(w->key));
    memcpy(w->key, uid.p, uid.n);
    if (key.n > 0)
        memcpy(w->key + uid.n + 1, key.p, key.n);
    w->n_uid = uid.n;
    w->n_key = uid.n + 1 + key.n;
    fake_forget_window(f, slice_of(w->key, w->n_key));
    if (state.n == 0) {
        free(w);
        return 0;
    }
    w->state = slice_dup(state);
    w->n_state = state.n;
    ck_assert_int_eq(map_put(f->windows, slice_of(w->key, w->n_key), w), 0);
    return 0;
}

static const struct correlator_sink fake_sink = {
    fake_opened, fake_kept, fake_changed, fake_minute, fake_closed, fake_window_changed};

static inline void
fake_rules_free(struct rules *r)
{
    (void)r;
}

static inline struct correlation
fake_event_count(const struct rule *const *rules, double n, int64_t timespan_ns)
{
    return (struct correlation){.rules = rules,
        .n_rules = 1,
        .comparisons = {{COMPARE_GTE, n}},
        .n_comparisons = 1,
        .timespan_ns = timespan_ns};
}

static inline void
fake_rules(struct fake *f)
{
    f->by_ip[0] = SLICE("src_ip");
    f->counted[0] = &f->items[RULE_BRUTE];
    f->counted[1] = &f->items[RULE_SPREE];
    f->counts[0] = &f->items[RULE_FAIL];
    f->counts[1] = &f->items[RULE_BRUTE];
    f->brute = fake_event_count(&f->counts[0], 8, S(120));
    f->spree = fake_event_count(&f->counts[1], 3, S(600));
    f->items[RULE_FAIL] = (struct rule){.number = RULE_FAIL,
        .uid = SLICE("u-fail"),
        .title = SLICE("Failure"),
        .silent = true,
        .counted_by = &f->counted[0],
        .n_counted_by = 1};
    f->items[RULE_SEEN] = (struct rule){.number = RULE_SEEN, .uid = SLICE("u-seen"), .title = SLICE("Seen")};
    f->items[RULE_BRUTE] = (struct rule){.number = RULE_BRUTE,
        .uid = SLICE("u-brute"),
        .title = SLICE("Brute force"),
        .level = RULE_HIGH,
        .group_by = f->by_ip,
        .n_group_by = 1,
        .correlation = &f->brute,
        .counted_by = &f->counted[1],
        .n_counted_by = 1};
    f->items[RULE_SPREE] = (struct rule){
        .number = RULE_SPREE, .uid = SLICE("u-spree"), .title = SLICE("Spree"), .correlation = &f->spree};
    f->rules = (struct rules){.items = f->items, .n = FAKE_RULES, .refs = 1, .free = fake_rules_free};
}

/* Settings and rules as they are by default; change them before fake_start(). */
static inline void
fake_init(struct fake *f)
{
    static const char *const by[] = {"src_ip"};

    *f = (struct fake){.now = fake_now};
    f->settings = (struct correlator_settings){.fold_window_ns = S(600),
        .kept_max = 3,
        .group_by = by,
        .n_group_by = 1,
        .alerts_max = 10000,
        .groups_max = 10000,
        .lateness_ns = S(30)};
    f->alerts = calloc(FAKE_ALERTS_MAX, sizeof(*f->alerts));
    f->events = calloc(FAKE_EVENTS_MAX, sizeof(*f->events));
    ck_assert_int_eq(map_new(&f->windows, 1000000), 0);
    fake_rules(f);
}

static inline void
fake_start(struct fake *f)
{
    ck_assert_int_eq(correlator_new(&f->c, &f->settings, &fake_sink, f), 0);
    ck_assert_int_eq(correlator_set_rules(f->c, &f->rules), 0);
}

static inline void
fake_fini(struct fake *f)
{
    struct fake_window *w;
    size_t cursor = 0;

    correlator_free(f->c);
    while ((w = map_next(f->windows, &cursor)) != NULL) {
        free(w->state);
        free(w);
    }
    map_free(f->windows);
    free(f->alerts);
    free(f->events);
}

static inline void
fake_flush(struct fake *f)
{
    ck_assert_int_eq(correlator_flush(f->c), 0);
    f->n_events = 0;
}

/* As after kill -9: what was not flushed is gone; what was is put back into a new correlator. */
static inline void
fake_restart(struct fake *f)
{
    struct fake_window *w;
    size_t cursor = 0;
    size_t i;

    correlator_free(f->c);
    f->n_events = 0;
    fake_start(f);
    for (i = 0; i < f->n_alerts; i++)
        if (f->alerts[i].alert.state == ALERT_OPEN)
            ck_assert_int_eq(correlator_restore_alert(f->c, &f->alerts[i].alert), 0);
    while ((w = map_next(f->windows, &cursor)) != NULL)
        (void)correlator_restore_window(f->c, slice_of(w->key, w->n_uid),
            slice_of(w->key + w->n_uid + 1, w->n_key - w->n_uid - 1), slice_of(w->state, w->n_state));
}

/* An event from @ip (NULL: it has no such field) that happened at @time and comes now, matched by rule @number. */
static inline void
fake_event(struct fake *f, unsigned number, const char *ip, int64_t time)
{
    struct fake_event *e;

    if (f->n_events == FAKE_EVENTS_MAX)
        fake_flush(f);
    e = &f->events[f->n_events++];
    (void)snprintf(e->ip, sizeof(e->ip), "%s", ip != NULL ? ip : "");
    e->field = (struct field){
        .name = SLICE("src_ip"), .name_hash = field_hash(SLICE("src_ip")), .value = slice_str(e->ip)};
    e->event = (struct event){.time = {time}, .fields = &e->field, .n_fields = ip != NULL};
    e->event.frame.received.ns = f->now;
    e->detection = (struct detection){.rule = &f->items[number], .event = &e->event, .detected = {f->now}};
    ck_assert_int_eq(correlator_detection(f->c, &e->detection), 0);
}

static inline void
fake_tick(struct fake *f, int64_t seconds)
{
    f->now += S(seconds);
    ck_assert_int_eq(correlator_tick(f->c, (struct walltime){f->now}), 0);
    fake_flush(f);
}

static inline uint64_t
fake_counter(const struct fake *f, enum correlator_counter id)
{
    return counters_get(correlator_counters(f->c), id);
}

/* How many detections the alerts of rule @number counted, all together. */
static inline uint64_t
fake_count(const struct fake *f, unsigned number)
{
    uint64_t n = 0;
    size_t i;

    for (i = 0; i < f->n_alerts; i++)
        if (slice_eq(f->alerts[i].alert.rule_uid, f->items[number].uid))
            n += f->alerts[i].alert.count;
    return n;
}

static inline size_t
fake_n_open(const struct fake *f)
{
    size_t n = 0;
    size_t i;

    for (i = 0; i < f->n_alerts; i++)
        n += f->alerts[i].alert.state == ALERT_OPEN;
    return n;
}
