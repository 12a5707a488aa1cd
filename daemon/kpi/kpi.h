/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * KPI: the table of key performance indicators, and each one's figure computed from the records.
 *
 * A figure comes from a reader's snapshot and the stated terms only, never from memory, so it can be computed again
 * later. Durations carry n, median, 90th percentile and how many are still open; small n is said; a mean is never
 * given. The strata are the same every time: one without a case is told, too.
 */

#include "base/json_writer.h"
#include "store/reader.h"

enum kpi_direction { KPI_LOWER_IS_BETTER, KPI_HIGHER_IS_BETTER, KPI_NO_DIRECTION };

enum { KPI_SMALL_N = 20, KPI_VERSION = 2 };

/** One row of the catalogue. */
struct kpi_def {
    const char *id; /* "K01" */
    const char *name;
    const char *formula; /* in the words of the records' timestamps */
    const char *unit;    /* "s", "%", "n" */
    const char *population;
    enum kpi_direction direction;
    const char *evidences; /* clauses and controls */
    const char *pitfall;   /* how it misleads */
};

struct kpi_value {
    const struct kpi_def *def;
    const char *stratum; /* "S1" …, an incident class; "" for all */
    bool is_part;        /* of the figure for all, which the row has, too */
    double value;        /* each NaN where there is none */
    double p50;
    double p90;
    double max;
    uint64_t n;
    uint64_t n_open; /* still open: the true figure is at least this large */
    char note[160];  /* what else must be said with it; may be empty */
    struct walltime at;
    struct walltime from;
    uint64_t ledger_size;
    struct digest ledger_root;
};

/** What the figures depend on besides the records. */
struct kpi_terms {
    struct walltime now;
    int64_t window_ns;           /* cohorts are of [now - window, now) */
    int64_t contain_limit_ns[5]; /* by severity, S1 at [1] */
};

struct kpi_terms kpi_terms_of(int64_t window_ms, const int64_t contain_limit_ms[static 5], struct walltime now);

typedef int kpi_fn(void *ctx, const struct kpi_value *v);

/** kpi_catalogue() - row @i of the catalogue. Return: NULL after the last. */
const struct kpi_def *kpi_catalogue(size_t i);

/**
 * kpi_compute() - every figure of every row, all of one moment
 * @r:     a reader of this thread, outside reader_begin()
 * @terms: the window and limits
 * @fn:    called with each figure, by id and stratum; its result other than 0 ends the call, which returns it
 *
 * Return: 0, what @fn returned, or negative errno.
 */
int kpi_compute(struct reader *r, const struct kpi_terms *terms, kpi_fn *fn, void *ctx);

/** kpi_value_write() - the members of @v's object: id, name, severity, value, unit, n, open, p50, p90, max, note, … */
void kpi_value_write(struct json_writer *w, const struct kpi_value *v);
