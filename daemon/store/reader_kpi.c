/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reader_kpi.h"

#include <math.h>

#include "base/error.h"
#include "store/reader_internal.h"

enum { MINUTE_S = 60, HOUR_S = 3600 };

/* The first minute or hour (of @s seconds) that begins at @t or later. */
static int64_t
begins_at(struct walltime t, int64_t s)
{
    int64_t ns = s * NS_PER_S;

    return t.ns / ns + (t.ns % ns > 0 ? 1 : 0);
}

int
reader_alert_totals(struct reader *r, struct walltime from, struct walltime until, struct alert_totals *out)
{
    CLEANUP_QUERY struct query q = query_on(r->db,
        "SELECT count(*), count(DISTINCT incident),"
        " (SELECT coalesce(sum(n), 0) FROM alert_minute WHERE minute >= ?3 AND minute < ?4) +"
        " (SELECT coalesce(sum(n_minute), 0) FROM alert WHERE state = 'open' AND minute >= ?3 AND minute < ?4)"
        " FROM alert WHERE opened >= ?1 AND opened < ?2");
    int rc;

    query_int(&q, from.ns);
    query_int(&q, until.ns);
    query_int(&q, begins_at(from, MINUTE_S));
    query_int(&q, begins_at(until, MINUTE_S));
    rc = query_row(&q);
    if (rc < 0)
        return error_trace(rc);
    out->n_alerts = (uint64_t)query_take_int(&q);
    out->n_incidents = (uint64_t)query_take_int(&q);
    out->n_detections = (uint64_t)query_take_int(&q);
    return 0;
}

int
reader_source_intervals(
    struct reader *r, struct walltime from, struct walltime until, source_interval_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db,
        "SELECT name, required, state, max(since, ?1), min(coalesce(next, ?2), ?2) FROM"
        " (SELECT source.name, s.required, s.state, s.since, s.seq,"
        "  lead(s.since) OVER (PARTITION BY s.source ORDER BY s.seq) AS next"
        "  FROM source_state AS s JOIN source ON source.number = s.source)"
        " WHERE since < ?2 AND coalesce(next, ?2) > ?1 ORDER BY name, seq");
    struct source_interval i;
    int rc;

    query_int(&q, from.ns);
    query_int(&q, until.ns);
    while ((rc = query_row(&q)) == QUERY_ROW) {
        i.name = query_take_text(&q);
        i.required = query_take_int(&q) != 0;
        (void)source_state_parse(query_take_text(&q), &i.state);
        i.from = query_take_time(&q);
        i.until = query_take_time(&q);
        rc = fn(ctx, &i);
        if (rc != 0)
            return rc;
    }
    return rc < 0 ? error_trace(rc) : 0;
}

int
reader_runs(struct reader *r, struct walltime from, struct walltime until, store_run_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db,
        "SELECT started, alive, stopped FROM run WHERE started < ?2 AND coalesce(stopped, alive) >= ?1"
        " ORDER BY number");
    struct store_run run;
    int rc;

    query_int(&q, from.ns);
    query_int(&q, until.ns);
    while ((rc = query_row(&q)) == QUERY_ROW) {
        run.started = query_take_time(&q);
        run.alive = query_take_time(&q);
        run.stopped = query_take_time(&q);
        rc = fn(ctx, &run);
        if (rc != 0)
            return rc;
    }
    return rc < 0 ? error_trace(rc) : 0;
}

int
reader_lag(struct reader *r, enum lag_kind kind, struct walltime from, struct walltime until,
    uint64_t counts[static LAG_BUCKETS])
{
    CLEANUP_QUERY struct query q = query_on(
        r->db, "SELECT bucket, sum(n) FROM lag WHERE hour >= ? AND hour < ? AND kind = ? GROUP BY bucket");
    int rc;

    query_int(&q, begins_at(from, HOUR_S));
    query_int(&q, begins_at(until, HOUR_S));
    query_int(&q, kind);
    while ((rc = query_row(&q)) == QUERY_ROW) {
        int64_t bucket = query_take_int(&q);

        if (bucket >= 0 && bucket < LAG_BUCKETS)
            counts[bucket] += (uint64_t)query_take_int(&q);
    }
    return rc < 0 ? error_trace(rc) : 0;
}

static double
take_figure(struct query *q)
{
    bool none = query_take_is_null(q);
    int64_t millionths = query_take_int(q);

    return none ? NAN : (double)millionths / 1e6;
}

static void
take_sample(struct query *q, struct kpi_sample *k)
{
    k->kpi = query_take_text(q);
    k->version = (unsigned)query_take_int(q);
    k->stratum = query_take_text(q);
    k->from = query_take_time(q);
    k->until = query_take_time(q);
    k->at = query_take_time(q);
    k->n = (uint64_t)query_take_int(q);
    k->n_open = (uint64_t)query_take_int(q);
    k->value = take_figure(q);
    k->p50 = take_figure(q);
    k->p90 = take_figure(q);
    k->extra = query_take_text(q);
    k->reason = query_take_text(q);
    k->ledger_size = (uint64_t)query_take_int(q);
    k->ledger_root = query_take_text(q);
}

int
reader_kpi_samples(
    struct reader *r, struct slice kpi, struct walltime from, struct walltime until, kpi_sample_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db,
        "SELECT kpi, version, stratum, from_at, until_at, at, n, n_open, value, p50, p90, extra, reason, ledger_size,"
        " ledger_root FROM kpi_sample WHERE (?1 IS NULL OR kpi = ?1) AND at >= ?2 AND at < ?3 ORDER BY seq");
    struct kpi_sample sample;
    int rc;

    query_text(&q, kpi);
    query_int(&q, from.ns);
    query_int(&q, until.ns);
    while ((rc = query_row(&q)) == QUERY_ROW) {
        take_sample(&q, &sample);
        rc = fn(ctx, &sample);
        if (rc != 0)
            return rc;
    }
    return rc < 0 ? error_trace(rc) : 0;
}
