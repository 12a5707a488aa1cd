/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KPIs over log sources: what share of the time the required ones were heard, and how late events came.
 */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "kpi/compute.h"
#include "store/reader_kpi.h"

struct source_time {
    double required_s;
    double heard_s;
    double silent_s;
    uint64_t n; /* stretches of required sources; sources are counted by their change of name */
    struct slice last;
    char last_name[256];
};

static int
add_interval(void *ctx, const struct source_interval *i)
{
    struct source_time *t = ctx;
    double s = (double)(i->until.ns - i->from.ns) / 1e9;

    if (!i->required || i->state == SOURCE_RETIRED)
        return 0;
    if (!slice_eq(t->last, i->name)) {
        struct slice name = slice_head(i->name, sizeof(t->last_name));

        memcpy(t->last_name, name.p, name.n);
        t->last = slice_of(t->last_name, name.n);
        t->n++;
    }
    t->required_s += s;
    if (i->state == SOURCE_ACTIVE || i->state == SOURCE_LATE)
        t->heard_s += s;
    if (i->state == SOURCE_SILENT)
        t->silent_s += s;
    return 0;
}

static int
read_source_time(struct computation *c, struct source_time *t)
{
    struct walltime from = {c->terms->now.ns - c->terms->window_ns};

    *t = (struct source_time){0};
    return reader_source_intervals(c->reader, from, c->terms->now, add_interval, t);
}

static int
emit_time_share(struct computation *c, const struct source_time *t, double part_s)
{
    struct kpi_value v = compute_value(c, "");

    v.n = t->n;
    if (t->required_s > 0)
        v.value = 100 * part_s / t->required_s;
    else
        (void)snprintf(v.note, sizeof(v.note), "no log source is required");
    return c->fn(c->ctx, &v); /* n counts sources, not a sample: small is not a caveat */
}

int
compute_source_coverage(struct computation *c)
{
    struct source_time t;
    int r;

    r = read_source_time(c, &t);
    return r == 0 ? emit_time_share(c, &t, t.heard_s) : r;
}

int
compute_silent_time(struct computation *c)
{
    struct source_time t;
    int r;

    r = read_source_time(c, &t);
    return r == 0 ? emit_time_share(c, &t, t.silent_s) : r;
}

static int
emit_lag(struct computation *c, enum lag_kind kind, const char *stratum)
{
    struct walltime from = {c->terms->now.ns - c->terms->window_ns};
    struct kpi_value v = compute_value(c, stratum);
    uint64_t counts[LAG_BUCKETS] = {0};
    unsigned i;
    int r;

    r = reader_lag(c->reader, kind, from, c->terms->now, counts);
    if (r < 0)
        return error_trace(r);
    for (i = 0; i < LAG_BUCKETS; i++)
        v.n += counts[i];
    if (v.n > 0) {
        v.value = lag_quantile_s(counts, 0.95);
        v.p50 = lag_quantile_s(counts, 0.5);
        v.p90 = lag_quantile_s(counts, 0.9);
        v.max = lag_quantile_s(counts, 1);
    }
    return compute_emit(c, &v);
}

int
compute_lag(struct computation *c)
{
    int r = emit_lag(c, LAG_RECEIVED, "received");

    return r == 0 ? emit_lag(c, LAG_DETECTED, "detected") : r;
}
