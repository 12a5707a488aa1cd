/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KPIs over log sources: what share of the time the required ones were heard, and how late events came.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "kpi/compute.h"
#include "store/reader_kpi.h"

/* A stretch in which the daemon itself did not run: nothing was heard, and silence then is nobody's. */
struct gap {
    struct walltime from;
    struct walltime until;
};

struct gaps {
    struct gap *items;
    size_t n;
    size_t cap;
    struct walltime last_end; /* of the run before; 0: there is none */
    bool last_stopped;        /* it said so; else it may still be there */
};

struct source_time {
    struct gaps gaps;
    double required_s;
    double listened_s; /* of that, while the daemon was up */
    double heard_s;
    double silent_s;
    double maintenance_s; /* in none of these */
    uint64_t n;           /* stretches of required sources; sources are counted by their change of name */
    struct slice last;
    char last_name[256];
};

static int
add_gap(struct gaps *g, struct walltime from, struct walltime until)
{
    if (g->n == g->cap) {
        size_t cap = g->cap == 0 ? 16 : g->cap * 2;
        struct gap *items = realloc(g->items, cap * sizeof(*items));

        if (items == NULL)
            return error_origin(-ENOMEM);
        g->items = items;
        g->cap = cap;
    }
    g->items[g->n++] = (struct gap){from, until};
    return 0;
}

/* A run that never said it stopped lasted at least as long as it is known to have been alive. */
static int
add_run(void *ctx, const struct store_run *run)
{
    struct gaps *g = ctx;
    int r = 0;

    if (g->last_end.ns != 0 && run->started.ns > g->last_end.ns)
        r = add_gap(g, g->last_end, run->started);
    g->last_stopped = run->stopped.ns != 0;
    g->last_end = g->last_stopped ? run->stopped : run->alive;
    return r;
}

/* How much of [from, until) the daemon was down. */
static double
down_s(const struct gaps *g, struct walltime from, struct walltime until)
{
    double s = 0;
    size_t i;

    for (i = 0; i < g->n; i++) {
        int64_t begin = g->items[i].from.ns > from.ns ? g->items[i].from.ns : from.ns;
        int64_t end = g->items[i].until.ns < until.ns ? g->items[i].until.ns : until.ns;

        if (end > begin)
            s += (double)(end - begin) / 1e9;
    }
    return s;
}

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
    if (i->state == SOURCE_MAINTENANCE) {
        t->maintenance_s += s;
        return 0;
    }
    t->required_s += s;
    s -= down_s(&t->gaps, i->from, i->until);
    t->listened_s += s;
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
    int r;

    *t = (struct source_time){0};
    r = reader_runs(c->reader, (struct walltime){0}, c->terms->now, add_run, &t->gaps);
    if (r == 0 && t->gaps.last_stopped)
        r = add_gap(&t->gaps, t->gaps.last_end, c->terms->now);
    return r == 0 ? reader_source_intervals(c->reader, from, c->terms->now, add_interval, t) : r;
}

/* @part_s of @whole_s; @t says what must be said with it. */
static int
emit_time_share(struct computation *c, const struct source_time *t, double part_s, double whole_s)
{
    struct kpi_value v = compute_value(c, "");
    double down = down_s(&t->gaps, v.from, v.at);
    int at = 0;

    v.n = t->n;
    if (whole_s > 0)
        v.value = 100 * part_s / whole_s;
    if (t->required_s <= 0)
        (void)snprintf(v.note, sizeof(v.note), "no log source is required");
    else if (down > 0)
        at = snprintf(v.note, sizeof(v.note), "ismsd itself was down for %.0f s", down);
    if (t->maintenance_s > 0)
        (void)snprintf(v.note + at, sizeof(v.note) - (size_t)at, "%s%.0f s of maintenance are left out",
            at > 0 ? "; " : "", t->maintenance_s);
    return c->fn(c->ctx, &v); /* n counts sources, not a sample: small is not a caveat */
}

/* While the daemon was down nothing was heard. */
int
compute_source_coverage(struct computation *c)
{
    struct source_time t;
    int r;

    r = read_source_time(c, &t);
    if (r == 0)
        r = emit_time_share(c, &t, t.heard_s, t.required_s);
    free(t.gaps.items);
    return r;
}

/* While the daemon was down nobody can say who was silent: that time is in neither part, or being down would look
 * quiet. */
int
compute_silent_time(struct computation *c)
{
    struct source_time t;
    int r;

    r = read_source_time(c, &t);
    if (r == 0)
        r = emit_time_share(c, &t, t.silent_s, t.listened_s);
    free(t.gaps.items);
    return r;
}

static int
emit_lag(struct computation *c, enum lag_kind kind, const char *stratum)
{
    struct walltime from = {c->terms->now.ns - c->terms->window_ns};
    struct kpi_value v = compute_value(c, stratum);
    uint64_t counts[LAG_BUCKETS] = {0};
    unsigned i;
    int r;

    v.is_part = false;
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
