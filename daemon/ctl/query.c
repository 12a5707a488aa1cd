/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/query.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "ctl/query_internal.h"
#include "kpi/kpi.h"
#include "model/record_id.h"
#include "store/reader_ledger.h"
#include "store/reader_records.h"

enum { LIST_LIMIT_MAX = 10000, EVIDENCE_SHOWN = 20 };

void
row_id(struct row_writer *row, const char *key, enum record_kind kind, struct walltime opened, int64_t number)
{
    char id[RECORD_ID_MAX];

    json_field_text(&row->json, key, record_id_print(kind, opened, number, id));
}

bool
query_flag(const struct query *q, const char *name)
{
    return ctl_arg(q->request, name).p != NULL;
}

const char query_limit_refused[] = "the limit is a number from 1 to 10000";

/* How many rows were asked for. Return: whether that is a number. */
bool
query_limit(const struct query *q, unsigned *limit)
{
    struct slice text = ctl_arg(q->request, "limit");

    *limit = LIST_LIMIT;
    if (text.p == NULL)
        return true;
    return cursor_number(&text, 5, limit) && text.n == 0 && *limit > 0 && *limit <= LIST_LIMIT_MAX;
}

/* The record the request is about, which must be of @kind. */
static bool
asked_record(const struct query *q, enum record_kind kind, int64_t *number)
{
    struct record_id id;

    if (!record_id_parse(ctl_arg(q->request, "id"), &id) || id.kind != kind)
        return false;
    *number = id.number;
    return true;
}

const char *
query_outcome(int r, const char *not_found)
{
    if (r == STORE_E_NOT_FOUND)
        return not_found;
    return r < 0 ? "the records cannot be read" : NULL;
}

static void
write_group(struct row_writer *row, const struct alert *a)
{
    CLEANUP_BUFFER struct buffer text = {0};
    size_t i;

    for (i = 0; i < a->n_groups; i++) {
        buffer_add(&text, i == 0 ? SLICE("") : SLICE(", "));
        buffer_add(&text, a->groups[i].name);
        buffer_add_char(&text, '=');
        buffer_add(&text, a->groups[i].absent ? SLICE("-") : a->groups[i].value);
    }
    row_text(row, "group", buffer_slice(&text));
}

/* An incident is named by its number alone: the year of its opening is not the alert's to know. */
static void
write_alert(struct row_writer *row, const struct alert *a)
{
    char incident[RECORD_ID_MAX] = "";

    row_id(row, "id", RECORD_ALERT, a->opened, a->number);
    json_field_text(&row->json, "state", a->state == ALERT_OPEN ? "open" : "closed");
    json_field_text(&row->json, "level", rule_level_name(a->level));
    row_int(row, "count", (int64_t)a->count);
    row_int(row, "kept", (int64_t)a->n_kept);
    row_time(row, "last_seen", a->last_seen);
    row_text(row, "title", a->rule_title);
    write_group(row, a);
    if (a->incident != 0)
        (void)snprintf(incident, sizeof(incident), "I-%" PRId64, a->incident);
    row_text(row, "incident", slice_str(incident));
}

static int
list_alert(void *ctx, const struct alert *a)
{
    struct query *q = ctx;
    struct row_writer row;

    row_begin(&row, q->out, NULL);
    write_alert(&row, a);
    row_end(&row);
    return 0;
}

static const char *
alert_list(struct query *q)
{
    struct alert_filter filter = {.open_only = !query_flag(q, "all")};

    if (!query_limit(q, &filter.limit))
        return query_limit_refused;
    return query_outcome(reader_alerts(q->reader, &filter, list_alert, q), NULL);
}

static int
show_alert(void *ctx, const struct alert *a)
{
    struct query *q = ctx;
    struct row_writer row;

    row_begin(&row, q->out, NULL);
    write_alert(&row, a);
    row_text(&row, "rule", a->rule_uid);
    row_time(&row, "occurred", a->occurred);
    row_time(&row, "detected", a->detected);
    row_time(&row, "opened", a->opened);
    row_time(&row, "closed", a->closed);
    row_int(&row, "kept_max", (int64_t)a->kept_max);
    row_int(&row, "folded", (int64_t)(a->count - a->n_kept));
    row_end(&row);
    return 0;
}

/* An evidence line holds the event as a nested object; people see its raw bytes, programs get the line itself. */
static int
show_detection(void *ctx, const struct detection_record *d)
{
    struct query *q = ctx;
    struct row_writer row;
    char digest[DIGEST_HEX + 1];

    if (q->n_shown++ >= EVIDENCE_SHOWN)
        return 0;
    row_begin(&row, q->out, "evidence");
    row_int(&row, "n", (int64_t)d->n);
    row_time(&row, "time", d->time);
    row_time(&row, "detected", d->detected);
    json_field_text(&row.json, "sha256", digest_hex(&d->sha256, digest));
    row_text(&row, "line", d->line);
    row_end(&row);
    return 0;
}

static const char *
alert_show(struct query *q)
{
    int64_t number;
    int r;

    if (!asked_record(q, RECORD_ALERT, &number))
        return "an alert is named as A-2026-000123";
    r = reader_alert(q->reader, number, show_alert, q);
    if (r == 0)
        r = reader_detections(q->reader, number, show_detection, q);
    return query_outcome(r, "no such alert");
}

static void
write_incident_head(struct row_writer *row, const struct incident *i)
{
    row_id(row, "id", RECORD_INCIDENT, i->opened, i->number);
    json_field_text(&row->json, "state", incident_state_name(i->state));
    json_field_text(&row->json, "severity", incident_severity_name(i->severity));
    row_time(row, "opened", i->opened);
    row_text(row, "owner", i->owner);
    row_text(row, "title", i->title);
    row_text(row, "group", i->group);
}

static int
list_incident(void *ctx, const struct incident *i)
{
    struct query *q = ctx;
    struct row_writer row;

    row_begin(&row, q->out, NULL);
    write_incident_head(&row, i);
    row_end(&row);
    return 0;
}

static const char *
incident_list(struct query *q)
{
    struct incident_filter filter = {.open_only = !query_flag(q, "all")};
    struct slice state = ctl_arg(q->request, "state");
    struct slice severity = ctl_arg(q->request, "severity");

    if (!query_limit(q, &filter.limit))
        return query_limit_refused;
    if (state.p != NULL) {
        filter.has_state = true;
        filter.open_only = false;
        if (!incident_state_parse(state, &filter.state))
            return "the state is one of new, acknowledged, declared, rejected, contained, recovered, resolved, closed";
    }
    if (severity.p != NULL && !incident_severity_parse(severity, &filter.severity))
        return "the severity is one of S1, S2, S3, S4";
    return query_outcome(reader_incidents(q->reader, &filter, list_incident, q), NULL);
}

static int
show_incident(void *ctx, const struct incident *i)
{
    struct row_writer row;

    row_begin(&row, ctx, NULL);
    write_incident_head(&row, i);
    json_field_text(&row.json, "severity_max", incident_severity_name(i->severity_max));
    row_text(&row, "category", i->category);
    row_text(&row, "controls", i->controls);
    row_time(&row, "occurred", i->occurred);
    row_time(&row, "detected", i->detected);
    row_time(&row, "acknowledged", i->acknowledged);
    row_time(&row, "decided", i->decided);
    row_text(&row, "criteria", i->criteria);
    row_text(&row, "decision_reason", i->reason);
    row_time(&row, "contained", i->contained);
    row_time(&row, "recovered", i->recovered);
    row_time(&row, "resolved", i->resolved);
    row_text(&row, "verdict", slice_str(verdict_name(i->verdict)));
    row_text(&row, "cause_class", i->cause_class);
    row_text(&row, "cause", i->cause);
    row_time(&row, "closed", i->closed);
    row_int(&row, "reopened", i->n_reopened);
    row_end(&row);
    return 0;
}

static int
show_entry(void *ctx, const struct ledger_entry *e)
{
    struct query *q = ctx;
    struct row_writer row;

    row_begin(&row, q->out, "timeline");
    row_time(&row, "at", e->at);
    row_text(&row, "verb", e->verb);
    row_text(&row, "by", e->by);
    row_int(&row, "entry", (int64_t)e->seq);
    row_text(&row, "text", e->text.n > 0 ? e->text : e->reason);
    row_end(&row);
    return 0;
}

static int
show_incident_alert(void *ctx, const struct alert *a)
{
    struct query *q = ctx;
    struct row_writer row;

    row_begin(&row, q->out, "alerts");
    write_alert(&row, a);
    row_end(&row);
    return 0;
}

static const char *
incident_show(struct query *q)
{
    struct alert_filter filter = {.limit = LIST_LIMIT};
    int64_t number;
    int r;

    if (!asked_record(q, RECORD_INCIDENT, &number))
        return "an incident is named as I-2026-000123";
    r = reader_incident(q->reader, number, show_incident, q->out);
    if (r == 0)
        r = reader_timeline(q->reader, RECORD_INCIDENT, number, show_entry, q);
    filter.incident = number;
    if (r == 0)
        r = reader_alerts(q->reader, &filter, show_incident_alert, q);
    return query_outcome(r, "no such incident");
}

static void
write_nonconformity_head(struct row_writer *row, const struct nonconformity *n)
{
    row_id(row, "id", RECORD_NONCONFORMITY, n->detected, n->number);
    json_field_text(&row->json, "state", nonconformity_state_name(n->state));
    json_field_text(&row->json, "grade", nonconformity_grade_name(n->grade));
    row_text(row, "trigger", n->trigger);
    row_text(row, "scope", n->scope);
    row_int(row, "occurrences", (int64_t)n->occurrences);
    row_time(row, "detected", n->detected);
    row_time(row, "due", n->due);
    row_text(row, "statement", n->statement);
}

static int
list_nonconformity(void *ctx, const struct nonconformity *n)
{
    struct query *q = ctx;
    struct row_writer row;

    row_begin(&row, q->out, NULL);
    write_nonconformity_head(&row, n);
    row_end(&row);
    return 0;
}

static const char *
nonconformity_list(struct query *q)
{
    struct nonconformity_filter filter = {.open_only = !query_flag(q, "all")};

    if (!query_limit(q, &filter.limit))
        return query_limit_refused;
    return query_outcome(reader_nonconformities(q->reader, &filter, list_nonconformity, q), NULL);
}

static int
show_nonconformity(void *ctx, const struct nonconformity *n)
{
    struct row_writer row;

    row_begin(&row, ctx, NULL);
    write_nonconformity_head(&row, n);
    row_text(&row, "requirement", n->requirement);
    row_text(&row, "evidence", n->evidence);
    row_time(&row, "last_occurred", n->last_occurred);
    row_time(&row, "ended", n->ended);
    row_time(&row, "decided", n->decided);
    row_text(&row, "decided_by", n->decided_by);
    row_text(&row, "reason", n->reason);
    row_text(&row, "owner", n->owner);
    row_end(&row);
    return 0;
}

static const char *
nonconformity_show(struct query *q)
{
    int64_t number;
    int r;

    if (!asked_record(q, RECORD_NONCONFORMITY, &number))
        return "a nonconformity is named as N-2026-000123";
    r = reader_nonconformity(q->reader, number, show_nonconformity, q->out);
    if (r == 0)
        r = reader_timeline(q->reader, RECORD_NONCONFORMITY, number, show_entry, q);
    return query_outcome(r, "no such nonconformity");
}

static int
list_kpi(void *ctx, const struct kpi_value *v)
{
    struct query *q = ctx;
    struct slice wanted = ctl_arg(q->request, "id");
    struct row_writer row;

    if (wanted.p != NULL && !slice_eq_nocase(wanted, slice_str(v->def->id)))
        return 0;
    if (v->is_part && v->n == 0)
        return 0; /* told for who reads along; in a list it says nothing */
    row_begin(&row, q->out, NULL);
    kpi_value_write(&row.json, v);
    row_end(&row);
    return 0;
}

static const char *
kpi_list(struct query *q)
{
    struct kpi_terms terms = kpi_terms_of(q->settings->kpi_window_ms, q->settings->records_contain_limit_ms, q->now);

    return query_outcome(kpi_compute(q->reader, &terms, list_kpi, q), NULL);
}

static const struct {
    const char *verb;
    query_fn *fn;
} queries[] = {
    // clang-format off
    {"alert list",         alert_list},
    {"alert show",         alert_show},
    {"incident list",      incident_list},
    {"incident show",      incident_show},
    {"nonconformity list", nonconformity_list},
    {"nonconformity show", nonconformity_show},
    {"sources",            query_sources},
    {"sources show",       query_source_show},
    {"sources adopt",      query_source_adopt},
    {"maintenance list",   query_maintenance_list},
    {"kpi",                kpi_list},
    // clang-format on
};

int
query_answer(struct reader *reader, const struct settings *settings, struct walltime now,
    const struct ctl_request *request, struct buffer *out)
{
    struct query q = {reader, settings, now, request, out, 0};
    size_t i;

    for (i = 0; i < ARRAY_LEN(queries); i++) {
        const char *error;

        if (!slice_eq(request->verb, slice_str(queries[i].verb)))
            continue;
        error = queries[i].fn(&q);
        ctl_end(out, error);
        return 0;
    }
    return QUERY_E_UNKNOWN;
}

int
query_incident(struct reader *reader, int64_t number, struct buffer *out)
{
    return reader_incident(reader, number, show_incident, out);
}

int
query_nonconformity(struct reader *reader, int64_t number, struct buffer *out)
{
    return reader_nonconformity(reader, number, show_nonconformity, out);
}

int
query_maintenance(struct reader *reader, int64_t number, struct buffer *out)
{
    return reader_maintenance(reader, number, query_maintenance_row, out);
}
