/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_watch.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "ismsd/recorder_announce.h"
#include "ismsd/recorder_commit.h"
#include "ismsd/recorder_internal.h"
#include "records/nonconformity_moves.h"
#include "store/store_nonconformities.h"

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
    if (r->lanes == NULL)
        r->source_base[i] = stored->n_events;
    s->state = stored->state == SOURCE_RETIRED ? SOURCE_REGISTERED : stored->state;
    s->since = stored->since;
    s->first_seen = stored->first_seen;
    s->last_received = stored->last_received;
    s->last_time = stored->last_time;
    s->n_events = stored->n_events;
    return 0;
}

/* The candidate of @t about @scope that has not ended. Return: 0, STORE_E_NOT_FOUND, or -errno. */
static int
find_candidate(struct recorder *r, enum trigger t, struct slice scope, struct arena *arena, struct nonconformity *out)
{
    const struct candidate_kind kind = candidate_kind(t);
    int result = store_nonconformity_find(r->store, kind.trigger, kind.requirement, scope, arena, out);

    if (result < 0)
        return error_trace(result);
    return result == 0 && out->ended.ns != 0 ? STORE_E_NOT_FOUND : result;
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
    struct nonconformity candidate;
    struct arena arena;
    int result;

    if (s->since.ns == 0)
        s->since = now;
    result = arena_init(&arena, 0, WATCH_ARENA_MAX);
    if (result == 0)
        result = find_candidate(r, source_watch_trigger(r->watch, i), s->name, &arena, &candidate);
    arena_fini(&arena);
    if (result < 0)
        return error_trace(result);
    source_watch_restore(r->watch, i, &(struct source_past){s->state, s->since, s->last_received, result == 0});
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

static int
make_watch(struct recorder *r, struct walltime now)
{
    const struct settings *s = r->settings;
    struct source_terms *terms = calloc(s->n_sources + 1, sizeof(*terms));
    size_t i;
    int result;

    if (terms == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < s->n_sources; i++) {
        terms[i] = (struct source_terms){.name = slice_str(s->sources[i].name),
            .expected = s->sources[i].expected,
            .required = s->sources[i].required,
            .silence_ns = s->sources[i].silence_ms * NS_PER_MS,
            .never_heard_ns = s->watch.never_heard_ms * NS_PER_MS};
        r->sources[i] = (struct source_record){
            .name = terms[i].name, .required = terms[i].required, .silence_ns = terms[i].silence_ns};
    }
    result = source_watch_new(&r->watch, terms, s->n_sources, now);
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
        const struct source_activity *a = &lane_view(r->lanes[k]).sources[i];
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
    s->n_events = r->source_base[i] + n;
    s->last_received = latest.ns > now.ns ? now : latest;
    r->heard[i] = s->last_received;
    if (s->first_seen.ns == 0)
        s->first_seen = s->last_received;
}

static int
write_activity(struct recorder *r, struct walltime now)
{
    size_t i;
    int result = 0;

    for (i = 0; i < r->settings->n_sources && result == 0; i++) {
        uint64_t before = r->sources[i].n_events;

        hear_source(r, i, now);
        if (r->sources[i].n_events != before)
            result = store_source_activity(r->store, &r->sources[i]);
    }
    return result;
}

static int
open_candidate(struct recorder *r, const struct source_change *change, struct arena *arena)
{
    const struct store_move move = {"detected", ACTOR, {NULL, 0}, change->at};
    const struct store_move again = {"repeated", ACTOR, {NULL, 0}, change->at};
    struct nonconformity n;
    struct nonconformity known;
    int result;

    result = source_watch_candidate(r->watch, change, r->settings->records_confirm_limit_ms * NS_PER_MS, arena, &n);
    if (result < 0)
        return error_trace(result);
    result = store_nonconformity_find(r->store, n.trigger, n.requirement, n.scope, arena, &known);
    if (result == 0 && nonconformity_takes(&known)) {
        nonconformity_repeat(&known, &n);
        recorder_announce_nonconformity(r, &known, "repeated");
        return store_nonconformity_put(r->store, &known, &again);
    }
    if (result < 0)
        return error_trace(result);
    r->uncommitted.n_candidates++;
    result = store_nonconformity_open(r->store, &n, &move);
    recorder_announce_nonconformity(r, &n, "detected");
    return result;
}

static int
end_candidate(struct recorder *r, const struct source_change *change, struct arena *arena)
{
    const struct store_move move = {"ended", ACTOR, {NULL, 0}, change->at};
    struct nonconformity n;
    int result;

    result = find_candidate(
        r, source_watch_trigger(r->watch, change->source), r->sources[change->source].name, arena, &n);
    if (result != 0)
        return result < 0 ? error_trace(result) : 0;
    nonconformity_end(&n, change->at);
    recorder_announce_nonconformity(r, &n, "ended");
    return store_nonconformity_put(r->store, &n, &move);
}

static int
apply_change(struct recorder *r, const struct source_change *change)
{
    struct source_record *s = &r->sources[change->source];
    struct arena arena;
    int result = 0;

    if (change->from != change->to) {
        s->state = change->to;
        s->since = change->at;
        result = put_source(r, s, change->at);
    }
    if (result == 0)
        result = arena_init(&arena, 0, WATCH_ARENA_MAX);
    if (result < 0)
        return error_trace(result);
    if (change->candidate)
        result = open_candidate(r, change, &arena);
    else if (change->ended)
        result = end_candidate(r, change, &arena);
    arena_fini(&arena);
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
        struct lane_view view = lane_view(r->lanes[k]);

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
        result = write_activity(r, now);
    if (result == 0)
        result = write_lags(r, now);
    if (result != 0)
        return result < 0 ? error_trace(result) : result;
    changes = source_watch_tick(r->watch, now, r->heard, &n);
    for (i = 0; i < n && result == 0; i++)
        result = apply_change(r, &changes[i]);
    return result < 0 ? error_trace(result) : result;
}
