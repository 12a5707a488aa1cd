/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_sources.h"

#include <errno.h>

#include "base/error.h"
#include "store/store_internal.h"

static int
find(struct store *s, struct slice name, struct source_row *out)
{
    CLEANUP_QUERY struct query q = query_on(s->db, SELECT_SOURCE "WHERE name = ?");
    int r;

    query_text(&q, name);
    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    if (r == 0)
        return STORE_E_NOT_FOUND;
    noun_take(&nouns[NOUN_SOURCE], &q, out);
    return noun_keep(&nouns[NOUN_SOURCE], out, &s->scratch) ? 0 : error_origin(-ENOMEM);
}

static int
add_state(struct store *s, const struct source_row *row, uint64_t seq)
{
    CLEANUP_QUERY struct query q = query_on(
        s->db, "INSERT INTO source_state (source, seq, since, state, required) VALUES (?, ?, ?, ?, ?)");
    int r;

    query_int(&q, row->number);
    query_int(&q, (int64_t)seq);
    query_int(&q, row->source.since.ns);
    query_text(&q, slice_str(source_state_name(row->source.state)));
    query_int(&q, row->source.required);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

static bool
same_terms(const struct source_record *a, const struct source_record *b)
{
    return a->state == b->state && a->registered.ns == b->registered.ns && a->expected == b->expected &&
           a->required == b->required && slice_eq(a->criticality, b->criticality) && slice_eq(a->owner, b->owner) &&
           a->interval_ns == b->interval_ns && a->silence_ns == b->silence_ns && a->skew_limit_ns == b->skew_limit_ns &&
           a->retention_ns == b->retention_ns && slice_eq(a->controls, b->controls) && slice_eq(a->zone, b->zone);
}

/* What was seen of it stays. */
static void
keep_activity(struct source_record *new, const struct source_record *old)
{
    new->first_seen = old->first_seen;
    new->last_received = old->last_received;
    new->last_time = old->last_time;
    new->n_events = old->n_events;
    new->skew_n = old->skew_n;
    new->skew_ns = old->skew_ns;
    new->usual = old->usual;
}

/* The new state and terms over what is known of the source. */
static int
put(struct store *s, const struct source_record *source, const struct store_move *move)
{
    struct store_move entered = *move;
    struct source_row old;
    struct source_row new = {.source = *source};
    uint64_t seq;
    bool known;
    int r;

    r = find(s, source->name, &old);
    if (r < 0)
        return error_trace(r);
    known = r == 0;
    if (known) {
        new.number = old.number;
        keep_activity(&new.source, &old.source);
    }
    if (known && same_terms(&new.source, &old.source))
        return 0;
    if (!known)
        store_number(s, NOUN_SOURCE, &new);
    entered.verb = source_state_name(source->state);
    r = store_write(s, NOUN_SOURCE, known ? &old : NULL, &new, NOUN_TELLS_CHANGES, &entered, &seq);
    if (r == 0)
        r = add_state(s, &new, seq);
    return r < 0 ? error_trace(r) : 0;
}

int
store_source_put(struct store *s, const struct source_record *source, const struct store_move *move)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = put(s, source, move);
    return store_leave(s, r);
}

int
store_source_activity(struct store *s, const struct source_record *source)
{
    CLEANUP_QUERY struct query q = query_on(s->db,
        "UPDATE source SET first_seen = ?, last_received = ?, last_time = ?, n_events = ?, skew_n = ?,"
        " skew_ns = ?, usual = ? WHERE name = ?");
    int r;

    r = store_enter(s);
    if (r == 0) {
        query_time(&q, source->first_seen);
        query_time(&q, source->last_received);
        query_time(&q, source->last_time);
        query_int(&q, (int64_t)source->n_events);
        query_int(&q, source->skew_n);
        query_int(&q, source->skew_ns);
        query_int(&q, source->usual);
        query_text(&q, source->name);
        r = query_run(&q);
    }
    return store_leave(s, r);
}

int
store_sources_load(struct store *s, int (*fn)(void *ctx, const struct source_record *source), void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(s->db, SELECT_SOURCE "ORDER BY name");
    struct source_row row;
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        noun_take(&nouns[NOUN_SOURCE], &q, &row);
        r = fn(ctx, &row.source);
        if (r != 0)
            return r;
    }
    return r < 0 ? error_trace(r) : 0;
}

static int
put_hour(struct store *s, struct slice source, int64_t hour, uint64_t n)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "INSERT INTO source_hour (source, hour, n) VALUES (?, ?, ?)"
                                                   " ON CONFLICT DO UPDATE SET n = excluded.n");
    int r;

    query_text(&q, store_plain(s, source));
    query_int(&q, hour);
    query_int(&q, (int64_t)n);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

int
store_hour_put(struct store *s, struct slice source, int64_t hour, uint64_t n)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = put_hour(s, source, hour, n);
    return store_leave(s, r);
}

int
store_hours_forget(struct store *s, int64_t hour)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "DELETE FROM source_hour WHERE hour < ?");
    int r;

    r = store_enter(s);
    query_int(&q, hour);
    if (r == 0)
        r = query_run(&q);
    return store_leave(s, r);
}

int
store_hours_load(struct store *s, store_hour_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "SELECT source, hour, n FROM source_hour ORDER BY hour");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice source = query_take_text(&q);
        int64_t hour = query_take_int(&q);

        r = fn(ctx, source, hour, (uint64_t)query_take_int(&q));
        if (r != 0)
            return r;
    }
    return r < 0 ? error_trace(r) : 0;
}

/* Counts by hours, since a lag of months ago is asked for by days. */
static int
add_lag(struct store *s, enum lag_kind kind, int64_t hour, unsigned bucket, uint64_t n)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "INSERT INTO lag (hour, kind, bucket, n) VALUES (?, ?, ?, ?)"
                                                   " ON CONFLICT DO UPDATE SET n = n + excluded.n");
    int r;

    query_int(&q, hour);
    query_int(&q, kind);
    query_int(&q, bucket);
    query_int(&q, (int64_t)n);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

int
store_lag_add(struct store *s, enum lag_kind kind, struct walltime at, const uint64_t counts[static LAG_BUCKETS])
{
    unsigned i;
    int r;

    r = store_enter(s);
    for (i = 0; i < LAG_BUCKETS && r == 0; i++)
        if (counts[i] > 0)
            r = add_lag(s, kind, at.ns / (3600 * NS_PER_S), i, counts[i]);
    return store_leave(s, r);
}
