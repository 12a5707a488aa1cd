/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_learned.h"

#include "base/error.h"
#include "store/store_internal.h"
#include "store/store_learned_row.h"

static int
put(struct store *s, const struct learned_record *record)
{
    CLEANUP_QUERY struct query q = query_on(s->db,
        "INSERT INTO learned (name, is_peer, peer, first_seen, last_seen, n_events, skew_n, skew_ns)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET last_seen = excluded.last_seen, n_events = excluded.n_events,"
        " skew_n = excluded.skew_n, skew_ns = excluded.skew_ns");
    int r;

    query_text(&q, store_plain(s, record->name));
    query_int(&q, record->is_peer);
    query_text(&q, store_plain(s, record->peer));
    query_int(&q, record->first_seen.ns);
    query_int(&q, record->last_seen.ns);
    query_int(&q, (int64_t)record->n_events);
    query_int(&q, record->skew_n);
    query_int(&q, record->skew_ns);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

int
store_learned_put(struct store *s, const struct learned_record *record)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = put(s, record);
    return store_leave(s, r);
}

static int
forget(struct store *s, struct slice name, bool is_peer)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "DELETE FROM learned WHERE name = ? AND is_peer = ?");
    int r;

    query_text(&q, store_plain(s, name));
    query_int(&q, is_peer);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

int
store_learned_forget(struct store *s, struct slice name, bool is_peer)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = forget(s, name, is_peer);
    return store_leave(s, r);
}

void
learned_take_row(struct query *q, struct learned_record *out)
{
    *out = (struct learned_record){.name = query_take_text(q)};
    out->is_peer = query_take_int(q) != 0;
    out->peer = query_take_text(q);
    out->first_seen = query_take_time(q);
    out->last_seen = query_take_time(q);
    out->n_events = (uint64_t)query_take_int(q);
    out->skew_n = (unsigned)query_take_int(q);
    out->skew_ns = query_take_int(q);
}

int
store_learned_load(struct store *s, learned_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(s->db, SELECT_LEARNED " ORDER BY last_seen");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct learned_record record;

        learned_take_row(&q, &record);
        r = fn(ctx, &record);
        if (r != 0)
            return r;
    }
    return r < 0 ? error_trace(r) : 0;
}
