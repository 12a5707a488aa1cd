/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reader_records.h"

#include "base/error.h"
#include "store/reader_internal.h"
#include "store/store_alert_groups.h"

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

/* Gives each row of @q to @fn. */
static int
each_incident(struct query *q, incident_fn *fn, void *ctx)
{
    struct incident incident;
    int r;

    while ((r = query_row(q)) == QUERY_ROW) {
        noun_take(&nouns[NOUN_INCIDENT], q, &incident);
        r = fn(ctx, &incident);
        if (r != 0)
            return r;
    }
    return r < 0 ? error_trace(r) : 0;
}

int
reader_incidents(struct reader *r, const struct incident_filter *filter, incident_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db, incidents_sql[filter->open_only][filter->by]);

    query_text(&q, word_if(filter->has_state, incident_state_name(filter->state)));
    query_text(
        &q, word_if(filter->severity != 0, filter->severity == 0 ? "" : incident_severity_name(filter->severity)));
    query_int(&q, filter->before);
    query_int(&q, filter->limit);
    query_int(&q, filter->from.ns);
    query_int(&q, filter->until.ns);
    return each_incident(&q, fn, ctx);
}

/* What a query for one record comes to: it was there exactly if @fn was called. */
struct one {
    bool found;
    void *fn_ctx;
    incident_fn *incident;
    nonconformity_fn *nonconformity;
    alert_fn *alert;
};

static int
one_incident(void *ctx, const struct incident *incident)
{
    struct one *one = ctx;

    one->found = true;
    return one->incident(one->fn_ctx, incident);
}

int
reader_incident(struct reader *r, int64_t number, incident_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db, nouns[NOUN_INCIDENT].load_sql);
    struct one one = {.fn_ctx = ctx, .incident = fn};
    int rc;

    query_int(&q, number);
    rc = each_incident(&q, one_incident, &one);
    return rc == 0 && !one.found ? STORE_E_NOT_FOUND : rc;
}

static int
each_nonconformity(struct query *q, nonconformity_fn *fn, void *ctx)
{
    struct nonconformity n;
    int r;

    while ((r = query_row(q)) == QUERY_ROW) {
        noun_take(&nouns[NOUN_NONCONFORMITY], q, &n);
        r = fn(ctx, &n);
        if (r != 0)
            return r;
    }
    return r < 0 ? error_trace(r) : 0;
}

int
reader_nonconformities(struct reader *r, const struct nonconformity_filter *filter, nonconformity_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db,
        SELECT_NONCONFORMITY "WHERE (?1 IS NULL OR state = ?1) AND (?2 = 0 OR state <> 'rejected')"
                             " AND (?3 = 0 OR number < ?3)"
                             " ORDER BY number DESC LIMIT CASE ?4 WHEN 0 THEN -1 ELSE ?4 END");

    query_text(&q, word_if(filter->has_state, nonconformity_state_name(filter->state)));
    query_int(&q, filter->open_only);
    query_int(&q, filter->before);
    query_int(&q, filter->limit);
    return each_nonconformity(&q, fn, ctx);
}

static int
one_nonconformity(void *ctx, const struct nonconformity *n)
{
    struct one *one = ctx;

    one->found = true;
    return one->nonconformity(one->fn_ctx, n);
}

int
reader_nonconformity(struct reader *r, int64_t number, nonconformity_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db, nouns[NOUN_NONCONFORMITY].load_sql);
    struct one one = {.fn_ctx = ctx, .nonconformity = fn};
    int rc;

    query_int(&q, number);
    rc = each_nonconformity(&q, one_nonconformity, &one);
    return rc == 0 && !one.found ? STORE_E_NOT_FOUND : rc;
}

#define SELECT_WHOLE_ALERT "SELECT number, " ALERT_FIELDS(COLUMN_IN_SQL) "key, minute, n_minute FROM alert "

#define ALERTS(where)                 \
    SELECT_WHOLE_ALERT "WHERE " where \
                       " AND (?2 = 0 OR number < ?2) ORDER BY number DESC LIMIT CASE ?3 WHEN 0 THEN -1 ELSE ?3 END"

/* By whether only open ones, and whether only those of an incident, are asked for. */
static const char *const alerts_sql[2][2] = {
    {ALERTS("?1 IS ?1"), ALERTS("incident = ?1")},
    {ALERTS("?1 IS ?1 AND state = 'open'"), ALERTS("incident = ?1 AND state = 'open'")},
};

static int
each_alert(struct reader *r, struct query *q, alert_fn *fn, void *ctx)
{
    struct alert_row row;
    int rc;

    while ((rc = query_row(q)) == QUERY_ROW) {
        arena_reset(&r->scratch);
        noun_take(&nouns[NOUN_ALERT], q, &row);
        row.alert.key = query_take_text(q);
        row.alert.minute = query_take_int(q);
        row.alert.n_minute = (uint64_t)query_take_int(q);
        rc = alert_groups_load(r->db, row.group, &r->scratch, &row.alert);
        if (rc == 0)
            rc = fn(ctx, &row.alert);
        if (rc != 0)
            return rc;
    }
    return rc < 0 ? error_trace(rc) : 0;
}

int
reader_alerts(struct reader *r, const struct alert_filter *filter, alert_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db, alerts_sql[filter->open_only][filter->incident != 0]);

    query_int(&q, filter->incident);
    query_int(&q, filter->before);
    query_int(&q, filter->limit);
    return each_alert(r, &q, fn, ctx);
}

static int
one_alert(void *ctx, const struct alert *alert)
{
    struct one *one = ctx;

    one->found = true;
    return one->alert(one->fn_ctx, alert);
}

int
reader_alert(struct reader *r, int64_t number, alert_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db, SELECT_WHOLE_ALERT "WHERE number = ?");
    struct one one = {.fn_ctx = ctx, .alert = fn};
    int rc;

    query_int(&q, number);
    rc = each_alert(r, &q, one_alert, &one);
    return rc == 0 && !one.found ? STORE_E_NOT_FOUND : rc;
}

int
reader_sources(struct reader *r, source_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db, SELECT_SOURCE "ORDER BY name");
    struct source_row row;
    int rc;

    while ((rc = query_row(&q)) == QUERY_ROW) {
        noun_take(&nouns[NOUN_SOURCE], &q, &row);
        rc = fn(ctx, &row.source);
        if (rc != 0)
            return rc;
    }
    return rc < 0 ? error_trace(rc) : 0;
}
