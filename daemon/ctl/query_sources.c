/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Log sources as people ask for them: the register, who speaks without being in it, what is held against whom, and
 * when nothing is.
 */

#include "ctl/query_internal.h"
#include "store/reader_records.h"

/* ---- the list ---- */

static const char *
need_of(const struct source_record *s)
{
    return s->required ? "required" : s->expected ? "expected" : "none";
}

static void
write_skew(struct row_writer *row, unsigned n, int64_t ns)
{
    if (n > 0) {
        row_duration(row, "skew", source_skew_shown(ns));
    } else {
        json_key(&row->json, "skew");
        json_null(&row->json);
    }
}

static void
write_source(const struct query *q, struct row_writer *row, const struct source_record *s)
{
    row_text(row, "name", s->name);
    json_field_text(&row->json, "state", source_state_name(s->state));
    json_field_text(&row->json, "need", need_of(s));
    json_field_text(&row->json, "required", s->required ? "yes" : "no");
    row_text(row, "criticality", s->criticality);
    row_int(row, "events", (int64_t)s->n_events);
    if (s->usual > 0)
        row_int(row, "usual", s->usual - 1);
    row_time(row, "last_received", s->last_received);
    row_time(row, "last_time", s->last_time);
    if (s->last_received.ns != 0)
        row_duration(row, "quiet", q->now.ns - s->last_received.ns);
    row_duration(row, "silence", s->silence_ns);
    write_skew(row, s->skew_n, s->skew_ns);
    row_text(row, "owner", s->owner);
}

static int
list_source(void *ctx, const struct source_record *s)
{
    struct query *q = ctx;
    struct row_writer row;

    row_begin(&row, q->out, NULL);
    write_source(q, &row, s);
    row_end(&row);
    return 0;
}

static int
list_learned(void *ctx, const struct learned_record *l)
{
    struct query *q = ctx;
    struct row_writer row;

    row_begin(&row, q->out, "learned");
    row_text(&row, "name", l->name);
    json_field_text(&row.json, "state", "learned");
    json_field_text(&row.json, "by", l->is_peer ? "peer" : "hostname");
    row_text(&row, "peer", l->peer);
    row_int(&row, "events", (int64_t)l->n_events);
    row_time(&row, "first_seen", l->first_seen);
    row_time(&row, "last_seen", l->last_seen);
    write_skew(&row, l->skew_n, l->skew_ns);
    row_end(&row);
    return 0;
}

/* What lasts, of the triggers that are about sources and the way to them. */
static int
list_candidate(void *ctx, const struct nonconformity *n)
{
    static const char *const triggers[] = {"T01", "T02", "T03", "T05", "T06"};
    struct query *q = ctx;
    struct row_writer row;
    size_t i = 0;

    while (i < ARRAY_LEN(triggers) && !slice_eq(n->trigger, slice_str(triggers[i])))
        i++;
    if (i == ARRAY_LEN(triggers) || n->ended.ns != 0)
        return 0;
    row_begin(&row, q->out, "nonconformities");
    row_id(&row, "id", RECORD_NONCONFORMITY, n->detected, n->number);
    row_text(&row, "trigger", n->trigger);
    row_text(&row, "scope", n->scope);
    json_field_text(&row.json, "state", nonconformity_state_name(n->state));
    row_time(&row, "since", n->detected);
    row_text(&row, "evidence", n->evidence);
    row_end(&row);
    return 0;
}

static void
write_maintenance(struct row_writer *row, const struct maintenance *m)
{
    row_id(row, "id", RECORD_MAINTENANCE, m->declared, m->number);
    json_field_text(&row->json, "state", maintenance_state_name(m->state));
    row_text(row, "scope", m->scope.n > 0 ? m->scope : SLICE("all"));
    row_time(row, "starts", m->starts);
    row_time(row, "until", m->until);
    row_text(row, "by", m->declared_by);
    row_text(row, "reason", m->reason);
}

static int
list_live_maintenance(void *ctx, const struct maintenance *m)
{
    struct query *q = ctx;
    struct row_writer row;

    row_begin(&row, q->out, "maintenance");
    write_maintenance(&row, m);
    row_end(&row);
    return 0;
}

const char *
query_sources(struct query *q)
{
    const struct nonconformity_filter open = {.open_only = true};
    int r;

    r = reader_sources(q->reader, list_source, q);
    if (r == 0)
        r = reader_learned(q->reader, list_learned, q);
    if (r == 0)
        r = reader_nonconformities(q->reader, &open, list_candidate, q);
    if (r == 0)
        r = reader_maintenance_all(q->reader, true, LIST_LIMIT, list_live_maintenance, q);
    return query_outcome(r, NULL);
}

/* ---- one ---- */

static int
show_source(void *ctx, const struct source_record *s)
{
    struct query *q = ctx;
    struct row_writer row;

    if (!slice_eq(s->name, ctl_arg(q->request, "name")))
        return 0;
    q->n_shown++;
    row_begin(&row, q->out, NULL);
    write_source(q, &row, s);
    row_time(&row, "since", s->since);
    row_time(&row, "registered", s->registered);
    row_time(&row, "first_seen", s->first_seen);
    row_duration(&row, "interval", s->interval_ns);
    row_duration(&row, "skew_limit", s->skew_limit_ns);
    row_int(&row, "skew_samples", s->skew_n);
    row_text(&row, "zone", s->zone);
    row_duration(&row, "retention", s->retention_ns);
    row_text(&row, "controls", s->controls);
    row_end(&row);
    return 0;
}

const char *
query_source_show(struct query *q)
{
    int r = reader_sources(q->reader, show_source, q);

    return query_outcome(r == 0 && q->n_shown == 0 ? STORE_E_NOT_FOUND : r, "no log source has this name");
}

/* ---- adopting one ---- */

/* Between double quotes, as YAML and JSON both read it. */
static void
add_line(struct query *q, const char *key, struct slice value)
{
    CLEANUP_BUFFER struct buffer line = {0};
    struct row_writer row;
    struct json_writer quoted;

    buffer_add(&line, slice_str(key));
    if (value.p != NULL) {
        json_begin(&quoted, &line);
        json_string(&quoted, value);
    }
    row_begin(&row, q->out, NULL);
    row_text(&row, "line", buffer_slice(&line));
    row_end(&row);
}

static int
adopt(void *ctx, const struct learned_record *l)
{
    const struct slice none = {NULL, 0};
    struct query *q = ctx;

    if (!slice_eq(l->name, ctl_arg(q->request, "name")) || q->n_shown > 0)
        return 0;
    q->n_shown++;
    add_line(q, "  - name: ", l->name);
    add_line(q, l->is_peer ? "    peer: " : "    hostname: ", l->name);
    add_line(q, "    owner: ", SLICE("nobody yet"));
    add_line(q, "    required: false   # true: its silence becomes a nonconformity", none);
    add_line(q, "    criticality: none", none);
    add_line(
        q, "    # interval: 1m    # between two of its events, as a rule; silence is five of them, at least 15m", none);
    return 0;
}

const char *
query_source_adopt(struct query *q)
{
    int r = reader_learned(q->reader, adopt, q);

    return query_outcome(r == 0 && q->n_shown == 0 ? STORE_E_NOT_FOUND : r, "no learned host has this name");
}

/* ---- maintenance ---- */

static int
list_maintenance(void *ctx, const struct maintenance *m)
{
    struct query *q = ctx;

    return query_maintenance_row(q->out, m);
}

int
query_maintenance_row(void *ctx, const struct maintenance *m)
{
    struct row_writer row;

    row_begin(&row, ctx, NULL);
    write_maintenance(&row, m);
    row_text(&row, "window", m->window);
    row_time(&row, "ended", m->ended);
    row_text(&row, "report", m->report);
    row_end(&row);
    return 0;
}

const char *
query_maintenance_list(struct query *q)
{
    unsigned limit;

    if (!query_limit(q, &limit))
        return query_limit_refused;
    return query_outcome(reader_maintenance_all(q->reader, !query_flag(q, "all"), limit, list_maintenance, q), NULL);
}
