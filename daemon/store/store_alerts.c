/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_alerts.h"

#include <errno.h>

#include "base/error.h"
#include "store/store_alert_groups.h"
#include "store/store_internal.h"
#include "store/store_rules.h"

/* What no entry holds: how the correlator finds it again. */
static int
put_key(struct store *s, const struct alert *alert)
{
    CLEANUP_QUERY struct query q = query_on(
        s->db, "UPDATE alert SET key = ?, minute = ?, n_minute = ? WHERE number = ?");
    int r;

    query_blob(&q, alert->key);
    query_int(&q, alert->minute);
    query_int(&q, (int64_t)alert->n_minute);
    query_int(&q, alert->number);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

static int
open_alert(struct store *s, struct alert *alert, struct walltime at)
{
    struct store_move move = store_daemon("opened", at);
    CLEANUP_BUFFER struct buffer group = {0};
    struct alert_row row = {*alert, alert_groups_print(alert, &group)};
    int r;

    if (group.failed)
        return error_origin(-ENOMEM);
    store_number(s, NOUN_ALERT, &row);
    r = store_write(s, NOUN_ALERT, NULL, &row, NOUN_TELLS_CHANGES, &move, NULL);
    if (r < 0)
        return error_trace(r);
    alert->number = row.alert.number;
    r = put_key(s, alert);
    return r < 0 ? error_trace(r) : 0;
}

int
store_alert_open(struct store *s, struct alert *alert, struct walltime at)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = open_alert(s, alert, at);
    return store_leave(s, r);
}

/* What a line of evidence holds besides its event. */
struct line {
    int64_t alert;
    uint64_t n;
    struct walltime detected;
    struct slice rule;
    struct slice version; /* 32 bytes */
};

enum { HEX_JSON = DIGEST_HEX + 3 };

/* @d as a JSON string, without the walk through text that may need escapes. */
static struct slice
hex_json(const struct digest *d, char out[static HEX_JSON])
{
    out[0] = '"';
    (void)digest_hex(d, out + 1);
    out[DIGEST_HEX + 1] = '"';
    return slice_of(out, DIGEST_HEX + 2);
}

/* The keys stand in order: alert, detected, event, n, prev, rule, version. The event is @event, or @text where that is
 * NULL. */
static int
write_line(
    struct store *s, const struct line *line, const struct event *event, struct slice text, struct evidence_ref *ref)
{
    struct buffer *out = evidence_line(&s->evidence);
    struct digest version;
    struct canonical c;
    char hex[HEX_JSON];
    int r;

    memcpy(version.b, line->version.p, DIGEST_BYTES);
    canonical_begin(&c, out);
    canonical_object(&c, NULL);
    canonical_int(&c, "alert", line->alert);
    canonical_int(&c, "detected", line->detected.ns);
    canonical_raw(&c, "event", text);
    if (event != NULL)
        event_json(event, out);
    canonical_int(&c, "n", (int64_t)line->n);
    canonical_raw(&c, "prev", hex_json(&s->evidence.now.head, hex));
    canonical_string(&c, "rule", line->rule);
    canonical_raw(&c, "version", hex_json(&version, hex));
    canonical_close(&c);
    r = evidence_add(&s->evidence, s->journal.hasher, ref);
    return r < 0 ? error_trace(r) : 0;
}

/* When the event of a detection happened, came and was matched. */
struct times {
    struct walltime time;
    struct walltime received;
    struct walltime detected;
};

static void
bind_times(struct query *q, const struct times *t)
{
    query_time(q, t->time);
    query_time(q, t->received);
    query_time(q, t->detected);
}

static int
insert_detection(
    struct store *s, int64_t alert, uint64_t n, int64_t rule, const struct times *t, const struct evidence_ref *ref)
{
    CLEANUP_QUERY struct query q = query_on(s->db,
        "INSERT INTO detection (alert, n, rule, time, received, detected, segment, offset, sha256)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    int r;

    query_int(&q, alert);
    query_int(&q, (int64_t)n);
    query_int(&q, rule);
    bind_times(&q, t);
    query_int(&q, ref->segment);
    query_int(&q, (int64_t)ref->offset);
    query_blob(&q, slice_of((const char *)ref->sha256.b, DIGEST_BYTES));
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

static int
keep(struct store *s, const struct alert *alert, uint64_t n, const struct detection *d)
{
    const struct times times = {d->event->time, d->event->frame.received, d->detected};
    const struct line line = {
        alert->number, n, d->detected, d->rule->uid, slice_of((const char *)d->rule->sha256, DIGEST_BYTES)};
    struct evidence_ref ref;
    int64_t rule;
    int r;

    r = store_rules_number(s, d->rule, &rule);
    if (r == 0)
        r = write_line(s, &line, d->event, SLICE(""), &ref);
    if (r == 0)
        r = insert_detection(s, alert->number, n, rule, &times, &ref);
    return r < 0 ? error_trace(r) : 0;
}

int
store_alert_detection(struct store *s, const struct alert *alert, uint64_t n, const struct detection *d)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = keep(s, alert, n, d);
    return store_leave(s, r);
}

static int
put_counts(struct store *s, const struct alert *alert)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "UPDATE alert SET occurred = ?, last_detected = ?, last_seen = ?, "
                                                   "count = ?, n_kept = ?, minute = ?, n_minute = ?"
                                                   " WHERE number = ?");
    int r;

    query_time(&q, alert->occurred);
    query_time(&q, alert->last_detected);
    query_time(&q, alert->last_seen);
    query_int(&q, (int64_t)alert->count);
    query_int(&q, (int64_t)alert->n_kept);
    query_int(&q, alert->minute);
    query_int(&q, (int64_t)alert->n_minute);
    query_int(&q, alert->number);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

/* The latest folded detection waits in a row of its own, overwritten by the next, until the alert closes. */
static int
put_latest(struct store *s, const struct alert *alert, const struct detection *d)
{
    CLEANUP_QUERY struct query q = query_on(s->db,
        "INSERT INTO alert_latest (alert, n, rule, time, received, detected, event) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET n = excluded.n, rule = excluded.rule, time = excluded.time,"
        " received = excluded.received, detected = excluded.detected, event = excluded.event");
    const struct times times = {d->event->time, d->event->frame.received, d->detected};
    int64_t rule;
    int r;

    r = store_rules_number(s, d->rule, &rule);
    if (r < 0)
        return error_trace(r);
    event_json(d->event, &s->note);
    if (s->note.failed)
        return error_origin(-ENOMEM);
    query_int(&q, alert->number);
    query_int(&q, (int64_t)alert->count);
    query_int(&q, rule);
    bind_times(&q, &times);
    query_text(&q, buffer_slice(&s->note));
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

int
store_alert_update(struct store *s, const struct alert *alert, const struct detection *latest)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = put_counts(s, alert);
    if (r == 0 && latest != NULL)
        r = put_latest(s, alert, latest);
    return store_leave(s, r);
}

static int
insert_minute(struct store *s, int64_t alert, int64_t minute, uint64_t n)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "INSERT INTO alert_minute (minute, alert, n) VALUES (?, ?, ?)"
                                                   " ON CONFLICT DO UPDATE SET n = n + excluded.n");
    CLEANUP_QUERY struct query told = query_on(
        s->db, "UPDATE alert SET n_told = coalesce(n_told, 0) + ? WHERE number = ?");
    int r;

    query_int(&q, minute);
    query_int(&q, alert);
    query_int(&q, (int64_t)n);
    r = query_run(&q);
    if (r < 0)
        return error_trace(r);
    query_int(&told, (int64_t)n);
    query_int(&told, alert);
    r = query_run(&told);
    return r < 0 ? error_trace(r) : 0;
}

static int
count_minute(struct store *s, const struct alert *alert, int64_t minute, uint64_t n, struct walltime at)
{
    struct store_move move = store_daemon("counted", at);
    struct canonical c;
    int r;

    buffer_reset(&s->note);
    canonical_begin(&c, &s->note);
    canonical_object(&c, NULL);
    canonical_int(&c, "minute", minute);
    canonical_int(&c, "n", (int64_t)n);
    canonical_close(&c);
    r = store_append(s, "alert", &move, store_record_name(s, NOUN_ALERT, alert));
    if (r == 0)
        r = insert_minute(s, alert->number, minute, n);
    buffer_reset(&s->note);
    return r < 0 ? error_trace(r) : 0;
}

int
store_alert_minute(struct store *s, const struct alert *alert, int64_t minute, uint64_t n, struct walltime at)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = count_minute(s, alert, minute, n, at);
    return store_leave(s, r);
}

/* How many of the alert's detections stand in entries. */
static int
load_told(struct store *s, int64_t alert, uint64_t *told)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "SELECT n_told FROM alert WHERE number = ?");
    int r;

    r = (query_int(&q, alert), query_row(&q));
    if (r < 0)
        return error_trace(r);
    *told = r == QUERY_ROW ? (uint64_t)query_take_int(&q) : 0;
    return 0;
}

static int
delete_latest(struct store *s, int64_t alert)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "DELETE FROM alert_latest WHERE alert = ?");
    int r;

    query_int(&q, alert);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

/* The latest folded detection becomes evidence. */
static int
settle_latest(struct store *s, int64_t alert)
{
    CLEANUP_QUERY struct query q = query_on(s->db,
        "SELECT n, l.rule, uid, sha256, time, received, detected, event"
        " FROM alert_latest AS l JOIN rule AS r ON r.number = l.rule WHERE alert = ?");
    struct line line = {.alert = alert};
    struct evidence_ref ref;
    struct times times;
    int64_t rule;
    int r;

    query_int(&q, alert);
    r = query_row(&q);
    if (r <= 0)
        return r < 0 ? error_trace(r) : 0;
    line.n = (uint64_t)query_take_int(&q);
    rule = query_take_int(&q);
    line.rule = query_take_text(&q);
    line.version = query_take_text(&q);
    times.time = query_take_time(&q);
    times.received = query_take_time(&q);
    times.detected = line.detected = query_take_time(&q);
    if (line.version.n != DIGEST_BYTES)
        return error_origin(-EUCLEAN);
    r = write_line(s, &line, NULL, query_take_text(&q), &ref);
    if (r == 0)
        r = insert_detection(s, alert, line.n, rule, &times, &ref);
    if (r == 0)
        r = delete_latest(s, alert);
    return r < 0 ? error_trace(r) : 0;
}

static int
close_alert(struct store *s, const struct alert *alert, struct walltime at)
{
    struct store_move move = store_daemon("closed", at);
    struct alert_row old;
    struct alert_row new;
    uint64_t told = 0;
    int r;

    r = store_read(s, NOUN_ALERT, alert->number, &s->scratch, &old);
    if (r != 0)
        return error_origin(r < 0 ? r : -ENOENT);
    r = load_told(s, alert->number, &told);
    if (r == 0 && alert->count > told)
        r = count_minute(s, alert, alert->minute, alert->count - told, at);
    if (r == 0)
        r = settle_latest(s, alert->number);
    if (r < 0)
        return error_trace(r);
    new = (struct alert_row){*alert, old.group};
    new.alert.state = ALERT_CLOSED;
    new.alert.closed = at;
    new.alert.n_minute = 0;
    new.alert.incident = old.alert.incident;
    r = put_counts(s, &new.alert);
    if (r == 0)
        r = store_write(s, NOUN_ALERT, &old, &new, NOUN_TELLS_ALL, &move, NULL);
    return r < 0 ? error_trace(r) : 0;
}

int
store_alert_close(struct store *s, const struct alert *alert, struct walltime at)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = close_alert(s, alert, at);
    return store_leave(s, r);
}

static int
join(struct store *s, int64_t alert, int64_t incident, const struct store_move *move)
{
    struct store_move joined = *move;
    struct alert_row old;
    struct alert_row new;
    int r;

    r = store_read(s, NOUN_ALERT, alert, &s->scratch, &old);
    if (r != 0)
        return error_origin(r < 0 ? r : -ENOENT);
    new = old;
    new.alert.incident = incident;
    joined.verb = "joined";
    r = store_write(s, NOUN_ALERT, &old, &new, NOUN_TELLS_CHANGES, &joined, NULL);
    return r < 0 ? error_trace(r) : 0;
}

int
store_alert_join(struct store *s, const struct alert *alert, int64_t incident, const struct store_move *move)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = join(s, alert->number, incident, move);
    return store_leave(s, r);
}
