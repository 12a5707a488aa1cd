/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reader_records.h"

#include "base/error.h"
#include "store/reader_internal.h"
#include "store/store_alert_groups.h"
#include "store/store_learned_row.h"

#define INCIDENTS(where)                                                                     \
    SELECT_INCIDENT "WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR severity_max = ?2)" \
                    " AND (?3 = 0 OR number < ?3) AND " where                                \
                    " ORDER BY number DESC LIMIT CASE ?4 WHEN 0 THEN -1 ELSE ?4 END"
#define STILL_OPEN "state IN ('new', 'acknowledged', 'declared', 'contained', 'recovered', 'resolved') AND "
#define ANY_TIME   "?5 IS ?5 AND ?6 IS ?6"
#define BY(column) column " >= ?5 AND " column " < ?6"

/* One text for each choice, so that each finds its index. */
static const char *const incidents_sql[2][INCIDENT_BY_CLOSED + 1] = {
    // clang-format off
    {
        [INCIDENT_ANY_TIME]    = INCIDENTS(ANY_TIME),
        [INCIDENT_BY_OPENED]   = INCIDENTS(BY("opened")),
        [INCIDENT_BY_DETECTED] = INCIDENTS(BY("detected")),
        [INCIDENT_BY_DECIDED]  = INCIDENTS(BY("decided")),
        [INCIDENT_BY_RESOLVED] = INCIDENTS(BY("resolved")),
        [INCIDENT_BY_CLOSED]   = INCIDENTS(BY("closed")),
    }, {
        [INCIDENT_ANY_TIME]    = INCIDENTS(STILL_OPEN ANY_TIME),
        [INCIDENT_BY_OPENED]   = INCIDENTS(STILL_OPEN BY("opened")),
        [INCIDENT_BY_DETECTED] = INCIDENTS(STILL_OPEN BY("detected")),
        [INCIDENT_BY_DECIDED]  = INCIDENTS(STILL_OPEN BY("decided")),
        [INCIDENT_BY_RESOLVED] = INCIDENTS(STILL_OPEN BY("resolved")),
        [INCIDENT_BY_CLOSED]   = INCIDENTS(STILL_OPEN BY("closed")),
    },
    // clang-format on
};

static struct slice
word_if(bool asked, const char *word)
{
    return asked ? slice_str(word) : SLICE("");
}

/* Who gets the rows of a query, which are records of one kind. */
struct receiver {
    enum noun_kind kind;
    union {
        incident_fn *incident;
        nonconformity_fn *nonconformity;
        alert_fn *alert;
        source_fn *source;
        maintenance_fn *maintenance;
    };
    void *ctx;
};

union record {
    struct incident incident;
    struct nonconformity nonconformity;
    struct alert_row alert;
    struct source_row source;
    struct maintenance maintenance;
};

static int
give(const struct receiver *to, const union record *record)
{
    switch (to->kind) {
    case NOUN_INCIDENT:
        return to->incident(to->ctx, &record->incident);
    case NOUN_NONCONFORMITY:
        return to->nonconformity(to->ctx, &record->nonconformity);
    case NOUN_ALERT:
        return to->alert(to->ctx, &record->alert.alert);
    case NOUN_SOURCE:
        return to->source(to->ctx, &record->source.source);
    case NOUN_MAINTENANCE:
        return to->maintenance(to->ctx, &record->maintenance);
    case NOUNS:
        break;
    }
    return 0;
}

static int
give_row(struct reader *r, struct query *q, const struct receiver *to)
{
    union record record;
    int rc = 0;

    arena_reset(&r->scratch);
    if (to->kind == NOUN_ALERT)
        rc = alert_take(r->db, q, &r->scratch, &record.alert);
    else
        noun_take(&nouns[to->kind], q, &record);
    return rc < 0 ? error_trace(rc) : give(to, &record);
}

static int
give_rows(struct reader *r, struct query *q, const struct receiver *to)
{
    int rc;

    while ((rc = query_row(q)) == QUERY_ROW) {
        rc = give_row(r, q, to);
        if (rc != 0)
            return rc;
    }
    return rc < 0 ? error_trace(rc) : 0;
}

/* The one record that @sql asks for by its number. */
static int
give_one(struct reader *r, const char *sql, int64_t number, const struct receiver *to)
{
    CLEANUP_QUERY struct query q = query_on(r->db, sql);
    int rc;

    query_int(&q, number);
    rc = query_row(&q);
    if (rc < 0)
        return error_trace(rc);
    if (rc == 0)
        return STORE_E_NOT_FOUND;
    return give_row(r, &q, to);
}

int
reader_incidents(struct reader *r, const struct incident_filter *filter, incident_fn *fn, void *ctx)
{
    const struct receiver to = {.kind = NOUN_INCIDENT, .incident = fn, .ctx = ctx};
    CLEANUP_QUERY struct query q = query_on(r->db, incidents_sql[filter->open_only][filter->by]);

    query_text(&q, word_if(filter->has_state, incident_state_name(filter->state)));
    query_text(
        &q, word_if(filter->severity != 0, filter->severity == 0 ? "" : incident_severity_name(filter->severity)));
    query_int(&q, filter->before);
    query_int(&q, filter->limit);
    query_int(&q, filter->from.ns);
    query_int(&q, filter->until.ns);
    return give_rows(r, &q, &to);
}

int
reader_incident(struct reader *r, int64_t number, incident_fn *fn, void *ctx)
{
    const struct receiver to = {.kind = NOUN_INCIDENT, .incident = fn, .ctx = ctx};

    return give_one(r, nouns[NOUN_INCIDENT].load_sql, number, &to);
}

int
reader_nonconformities(struct reader *r, const struct nonconformity_filter *filter, nonconformity_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db,
        SELECT_NONCONFORMITY "WHERE (?1 IS NULL OR state = ?1) AND (?2 = 0 OR state <> 'rejected')"
                             " AND (?3 = 0 OR number < ?3)"
                             " ORDER BY number DESC LIMIT CASE ?4 WHEN 0 THEN -1 ELSE ?4 END");
    const struct receiver to = {.kind = NOUN_NONCONFORMITY, .nonconformity = fn, .ctx = ctx};

    query_text(&q, word_if(filter->has_state, nonconformity_state_name(filter->state)));
    query_int(&q, filter->open_only);
    query_int(&q, filter->before);
    query_int(&q, filter->limit);
    return give_rows(r, &q, &to);
}

int
reader_nonconformity(struct reader *r, int64_t number, nonconformity_fn *fn, void *ctx)
{
    const struct receiver to = {.kind = NOUN_NONCONFORMITY, .nonconformity = fn, .ctx = ctx};

    return give_one(r, nouns[NOUN_NONCONFORMITY].load_sql, number, &to);
}

#define ALERTS(where)                 \
    SELECT_WHOLE_ALERT "WHERE " where \
                       " AND (?2 = 0 OR number < ?2) ORDER BY number DESC LIMIT CASE ?3 WHEN 0 THEN -1 ELSE ?3 END"

/* By whether only open ones, and whether only those of an incident, are asked for. */
static const char *const alerts_sql[2][2] = {
    {ALERTS("?1 IS ?1"), ALERTS("incident = ?1")},
    {ALERTS("?1 IS ?1 AND state = 'open'"), ALERTS("incident = ?1 AND state = 'open'")},
};

int
reader_alerts(struct reader *r, const struct alert_filter *filter, alert_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db, alerts_sql[filter->open_only][filter->incident != 0]);
    const struct receiver to = {.kind = NOUN_ALERT, .alert = fn, .ctx = ctx};

    query_int(&q, filter->incident);
    query_int(&q, filter->before);
    query_int(&q, filter->limit);
    return give_rows(r, &q, &to);
}

int
reader_alert(struct reader *r, int64_t number, alert_fn *fn, void *ctx)
{
    const struct receiver to = {.kind = NOUN_ALERT, .alert = fn, .ctx = ctx};

    return give_one(r, SELECT_WHOLE_ALERT "WHERE number = ?", number, &to);
}

int
reader_sources(struct reader *r, source_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db, SELECT_SOURCE "ORDER BY name");
    const struct receiver to = {.kind = NOUN_SOURCE, .source = fn, .ctx = ctx};

    return give_rows(r, &q, &to);
}

int
reader_maintenance_all(struct reader *r, bool live_only, unsigned limit, maintenance_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db,
        SELECT_MAINTENANCE "WHERE ?1 = 0 OR state IN ('planned', 'active')"
                           " ORDER BY number DESC LIMIT CASE ?2 WHEN 0 THEN -1 ELSE ?2 END");
    const struct receiver to = {.kind = NOUN_MAINTENANCE, .maintenance = fn, .ctx = ctx};

    query_int(&q, live_only);
    query_int(&q, limit);
    return give_rows(r, &q, &to);
}

int
reader_maintenance(struct reader *r, int64_t number, maintenance_fn *fn, void *ctx)
{
    const struct receiver to = {.kind = NOUN_MAINTENANCE, .maintenance = fn, .ctx = ctx};

    return give_one(r, nouns[NOUN_MAINTENANCE].load_sql, number, &to);
}

int
reader_learned(struct reader *r, learned_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db, SELECT_LEARNED " ORDER BY last_seen DESC, name");
    int rc;

    while ((rc = query_row(&q)) == QUERY_ROW) {
        struct learned_record record;

        learned_take_row(&q, &record);
        rc = fn(ctx, &record);
        if (rc != 0)
            return rc;
    }
    return rc < 0 ? error_trace(rc) : 0;
}
