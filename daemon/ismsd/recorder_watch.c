/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "ismsd/recorder_candidates.h"
#include "ismsd/recorder_commit.h"
#include "ismsd/recorder_figures.h"
#include "ismsd/recorder_internal.h"
#include "ismsd/recorder_learned.h"
#include "ismsd/recorder_maintenance.h"

#define ACTOR SLICE("ismsd")

enum { WATCH_ARENA_MAX = 1024 * 1024 };

/* ---- start ---- */

static size_t
source_named(const struct recorder *r, struct slice name)
{
    size_t i;

    for (i = 0; i < r->settings->n_sources; i++)
        if (slice_eq(name, slice_str(r->settings->sources[i].name)))
            return i;
    return SIZE_MAX;
}

/*
 * What the store knows of a source stays known. Lanes count from the daemon's start, so what was counted before is read
 * before they run, and never again: later the store holds what they counted, too.
 */
static int
restore_source(void *ctx, const struct source_record *stored)
{
    struct recorder *r = ctx;
    size_t i = source_named(r, stored->name);
    struct source_record *s;

    if (i == SIZE_MAX)
        return 0;
    s = &r->sources[i];
    if (r->views == NULL)
        r->source_base[i] = stored->n_events;
    s->state = stored->state == SOURCE_RETIRED ? SOURCE_REGISTERED : stored->state;
    s->since = stored->since;
    s->registered = stored->registered;
    s->skew_n = stored->skew_n;
    s->skew_ns = stored->skew_ns;
    s->first_seen = stored->first_seen;
    s->last_received = stored->last_received;
    s->last_time = stored->last_time;
    s->n_events = stored->n_events;
    return 0;
}

static int
put_source(struct recorder *r, const struct source_record *s, struct walltime at)
{
    const struct store_move move = {source_state_name(s->state), ACTOR, {NULL, 0}, at};

    return store_source_put(r->store, s, &move);
}

static int
start_source(struct recorder *r, size_t i, struct walltime now)
{
    struct source_record *s = &r->sources[i];
    int lasts;

    if (s->since.ns == 0)
        s->since = now;
    if (s->registered.ns == 0)
        s->registered = now;
    lasts = recorder_candidate_lasts(r, source_watch_trigger(r->watch, i), s->name);
    if (lasts < 0)
        return error_trace(lasts);
    source_watch_restore(r->watch, i, &(struct source_past){s->state, s->registered, s->last_received, lasts > 0});
    return put_source(r, s, now);
}

struct retiring {
    struct recorder *recorder;
    struct walltime now;
};

static int
retire_source(void *ctx, const struct source_record *stored)
{
    const struct retiring *t = ctx;
    struct source_record gone = *stored;

    if (stored->state == SOURCE_RETIRED || source_named(t->recorder, stored->name) != SIZE_MAX)
        return 0;
    gone.state = SOURCE_RETIRED;
    gone.since = t->now;
    return put_source(t->recorder, &gone, t->now);
}

static struct slice
join_texts(const char *const *texts, size_t n, struct arena *arena)
{
    CLEANUP_BUFFER struct buffer b = {0};
    size_t i;

    for (i = 0; i < n; i++)
        buffer_printf(&b, "%s%s", i == 0 ? "" : ", ", texts[i]);
    return arena_copy(arena, buffer_slice(&b));
}

static struct slice
print_zone(int minutes, struct arena *arena)
{
    char text[16];
    int n = snprintf(
        text, sizeof(text), "%c%02d:%02d", minutes < 0 ? '-' : '+', abs(minutes) / 60 % 100, abs(minutes) % 60);

    return arena_copy(arena, slice_of(text, (size_t)n));
}

/* What configuration says of it. */
static struct source_record
enrol(const struct source_settings *s, struct arena *arena)
{
    static const char *const criticalities[] = {"", "low", "medium", "high", "critical"};

    return (struct source_record){
        .name = slice_str(s->name),
        .expected = s->expected,
        .required = s->required,
        .criticality = slice_str(criticalities[s->criticality]),
        .owner = slice_str(s->owner),
        .interval_ns = s->interval_ms * NS_PER_MS,
        .silence_ns = s->silence_ms * NS_PER_MS,
        .skew_limit_ns = s->skew_limit_ms * NS_PER_MS,
        .retention_ns = s->retention_ms * NS_PER_MS,
        .controls = join_texts(s->controls, s->n_controls, arena),
        .zone = s->has_zone ? print_zone(s->zone_minutes, arena) : SLICE(""),
    };
}

static int
make_watch(struct recorder *r, struct walltime now)
{
    const struct settings *s = r->settings;
    struct source_terms *terms = calloc(s->n_sources + 1, sizeof(*terms));
    size_t i;
    int result;

    if (terms == NULL)
        return error_origin(-ENOMEM);
    arena_reset(&r->register_arena);
    for (i = 0; i < s->n_sources; i++) {
        r->sources[i] = enrol(&s->sources[i], &r->register_arena);
        terms[i] = (struct source_terms){r->sources[i].name, r->sources[i].expected, r->sources[i].required,
            r->sources[i].silence_ns, s->watch.never_heard_ms * NS_PER_MS};
    }
    result = r->register_arena.overflowed ? error_origin(-ENOMEM)
                                          : source_watch_new(&r->watch, terms, s->n_sources, now);
    free(terms);
    return result < 0 ? error_trace(result) : result;
}

int
recorder_watch_start(struct recorder *r)
{
    struct retiring retiring = {r, clock_wall(r->clock)};
    size_t i;
    int result;

    result = make_watch(r, retiring.now);
    if (result == 0)
        result = store_sources_load(r->store, restore_source, r);
    if (result == 0)
        result = recorder_begin(r);
    for (i = 0; i < r->settings->n_sources && result == 0; i++)
        result = start_source(r, i, retiring.now);
    if (result == 0)
        result = store_sources_load(r->store, retire_source, &retiring);
    recorder_maintenance_changed(r);
    if (result == 0)
        result = recorder_figures_start(r);
    if (result == 0)
        result = recorder_learned_start(r);
    return result < 0 ? error_trace(result) : result;
}

/* ---- tick ---- */

/*
 * Adds up what lanes saw of source @i. That something came is told by its count, when it came by its time of receipt,
 * as far as that is not ahead of @now: after a step of the clock back the newest time is not the latest.
 */
static void
hear_source(struct recorder *r, size_t i, struct walltime now)
{
    struct source_record *s = &r->sources[i];
    struct walltime latest = {0};
    uint64_t n = 0;
    unsigned k;

    for (k = 0; k < r->n_lanes; k++) {
        const struct source_activity *a = &r->views[k].sources[i];
        int64_t received = atomic_load_explicit(&a->last_received_ns, memory_order_relaxed);
        int64_t time = atomic_load_explicit(&a->last_time_ns, memory_order_relaxed);

        n += atomic_load_explicit(&a->n_events, memory_order_relaxed);
        if (received > latest.ns)
            latest.ns = received;
        if (time > s->last_time.ns)
            s->last_time.ns = time;
    }
    if (s->n_events == r->source_base[i] + n)
        return;
    r->unwritten[i] = true;
    s->n_events = r->source_base[i] + n;
    s->last_received = latest.ns > now.ns ? now : latest;
    r->heard[i] = s->last_received;
    if (s->first_seen.ns == 0)
        s->first_seen = s->last_received;
}

static int
write_activity(struct recorder *r)
{
    size_t i;
    int result = 0;

    for (i = 0; i < r->settings->n_sources && result == 0; i++)
        if (r->unwritten[i]) {
            r->unwritten[i] = false;
            result = store_source_activity(r->store, &r->sources[i]);
        }
    return result;
}

static int
open_candidate(struct recorder *r, const struct source_change *change)
{
    struct nonconformity n;
    struct arena arena;
    int result;

    result = arena_init(&arena, 0, WATCH_ARENA_MAX);
    if (result == 0)
        result = source_watch_candidate(
            r->watch, change, r->settings->records_confirm_limit_ms * NS_PER_MS, &arena, &n);
    n.owner = r->sources[change->source].owner;
    if (result == 0)
        result = recorder_candidate_put(r, &n);
    arena_fini(&arena);
    return result < 0 ? error_trace(result) : result;
}

static int
apply_change(struct recorder *r, const struct source_change *change)
{
    struct source_record *s = &r->sources[change->source];
    int result = 0;

    if (change->from != change->to) {
        s->state = change->to;
        s->since = change->at;
        result = put_source(r, s, change->at);
    }
    if (result == 0 && change->candidate)
        result = open_candidate(r, change);
    else if (result == 0 && change->ended)
        result = recorder_candidate_end(r, source_watch_trigger(r->watch, change->source), s->name, change->at);
    return result < 0 ? error_trace(result) : result;
}

/* The difference between a lane's histogram and what was written of it; the marks move on. */
static bool
take_lags(const struct lag_histogram *h, uint64_t marks[static LAG_BUCKETS], uint64_t fresh[static LAG_BUCKETS])
{
    bool any = false;
    unsigned i;

    for (i = 0; i < LAG_BUCKETS; i++) {
        uint64_t v = atomic_load_explicit(&h->buckets[i], memory_order_relaxed);

        fresh[i] = v - marks[i];
        marks[i] = v;
        any |= fresh[i] > 0;
    }
    return any;
}

static int
write_lags(struct recorder *r, struct walltime now)
{
    uint64_t fresh[LAG_BUCKETS];
    unsigned k;
    int result = 0;

    for (k = 0; k < r->n_lanes && result == 0; k++) {
        const struct lane_view view = r->views[k];

        if (take_lags(view.lag_received, r->marks[k].received, fresh))
            result = store_lag_add(r->store, LAG_RECEIVED, now, fresh);
        if (result == 0 && take_lags(view.lag_detected, r->marks[k].detected, fresh))
            result = store_lag_add(r->store, LAG_DETECTED, now, fresh);
    }
    return result;
}

int
recorder_watch_tick(struct recorder *r, struct walltime now)
{
    const struct source_change *changes;
    size_t n;
    size_t i;
    int result;

    result = recorder_begin(r);
    if (result == 0)
        result = recorder_maintenance_tick(r, now);
    for (i = 0; i < r->settings->n_sources && result == 0; i++)
        hear_source(r, i, now);
    if (result == 0)
        result = recorder_figures_tick(r, now);
    if (result == 0)
        result = recorder_learned_tick(r, now);
    if (result == 0)
        result = write_activity(r);
    if (result == 0)
        result = write_lags(r, now);
    if (result != 0)
        return result < 0 ? error_trace(result) : result;
    changes = source_watch_tick(r->watch, now, r->heard, &n);
    for (i = 0; i < n && result == 0; i++)
        result = apply_change(r, &changes[i]);
    return result < 0 ? error_trace(result) : result;
}
