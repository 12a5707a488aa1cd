/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_incidents.h"

#include <errno.h>

#include "base/error.h"
#include "store/store_internal.h"

int
store_incident_open(struct store *s, struct incident *incident, const struct store_move *move)
{
    return store_record_open(s, NOUN_INCIDENT, incident, move);
}

int
store_incident_load(struct store *s, int64_t number, struct arena *arena, struct incident *out)
{
    return store_record_load(s, NOUN_INCIDENT, number, arena, out);
}

/* A.5.25: the decision as a row of its own, beside the incident's latest. */
static int
add_decision(struct store *s, const struct incident *incident, const struct store_move *move, uint64_t seq)
{
    CLEANUP_QUERY struct query q = query_on(
        s->db, "INSERT INTO decision (incident, seq, outcome, criteria, reason, by, at) VALUES (?, ?, ?, ?, ?, ?, ?)");
    int r;

    query_int(&q, incident->number);
    query_int(&q, (int64_t)seq);
    query_text(&q, slice_str(incident_state_name(incident->state)));
    query_text(&q, store_plain(s, incident->criteria));
    query_text(&q, store_plain(s, incident->reason));
    query_text(&q, store_plain(s, move->actor));
    query_int(&q, incident->decided.ns);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

static int
put(struct store *s, const struct incident *incident, const struct store_move *move)
{
    struct incident old;
    uint64_t seq;
    int r;

    r = store_read(s, NOUN_INCIDENT, incident->number, &s->scratch, &old);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    r = store_write(s, NOUN_INCIDENT, &old, incident, NOUN_TELLS_CHANGES, move, &seq);
    if (r == 0 && incident->decided.ns != old.decided.ns && incident->decided.ns != 0)
        r = add_decision(s, incident, move, seq);
    return r < 0 ? error_trace(r) : 0;
}

int
store_incident_put(struct store *s, const struct incident *incident, const struct store_move *move)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = put(s, incident, move);
    return store_leave(s, r);
}

static int
comment(struct store *s, int64_t number, struct slice text, const struct store_move *move)
{
    struct store_move commented = *move;
    struct incident incident;
    struct canonical c;
    int r;

    r = store_read(s, NOUN_INCIDENT, number, &s->scratch, &incident);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    canonical_begin(&c, &s->note);
    canonical_object(&c, NULL);
    canonical_string(&c, "text", store_plain(s, text));
    canonical_close(&c);
    commented.verb = "commented";
    r = store_append(s, "incident", &commented, store_record_name(s, NOUN_INCIDENT, &incident));
    return r < 0 ? error_trace(r) : 0;
}

int
store_incident_comment(struct store *s, int64_t number, struct slice text, const struct store_move *move)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = comment(s, number, text, move);
    return store_leave(s, r);
}

int
store_incident_keys(struct store *s, store_incident_key_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(s->db,
        "SELECT i.number, a.key FROM incident AS i JOIN alert AS a ON a.number = i.alert"
        " WHERE i.state NOT IN ('rejected', 'closed') ORDER BY i.number DESC");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        int64_t number = query_take_int(&q);

        r = fn(ctx, number, query_take_text(&q));
        if (r != 0)
            return r;
    }
    return r < 0 ? error_trace(r) : 0;
}
