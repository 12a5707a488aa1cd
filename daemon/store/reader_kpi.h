/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reading what KPIs are computed from, besides the lists of store/reader_records.h: counts of alerts, how long each
 * log source was in which state, when the daemon itself was up, how late events came, and earlier samples.
 */

#include "model/source.h"
#include "store/reader.h"
#include "store/store_kpi.h"
#include "store/store_runs.h"
#include "store/store_sources.h"

struct alert_totals {
    uint64_t n_alerts;     /* opened in the window */
    uint64_t n_detections; /* counted in minutes of the window */
    uint64_t n_incidents;  /* of the alerts, how many led to an incident */
};

int reader_alert_totals(struct reader *r, struct walltime from, struct walltime until, struct alert_totals *out);

/** A stretch of time in which a source was in one state, cut to the window asked for. */
struct source_interval {
    struct slice name;
    bool required; /* as it was then */
    enum source_state state;
    struct walltime from;
    struct walltime until; /* the window's end where it lasts */
};

typedef int source_interval_fn(void *ctx, const struct source_interval *interval);

/** reader_source_intervals() - every stretch that touches [from, until), by source and time. */
int reader_source_intervals(
    struct reader *r, struct walltime from, struct walltime until, source_interval_fn *fn, void *ctx);

typedef int store_run_fn(void *ctx, const struct store_run *run);

/** reader_runs() - every run of the daemon that touches [from, until), oldest first; the gaps are its own downtime. */
int reader_runs(struct reader *r, struct walltime from, struct walltime until, store_run_fn *fn, void *ctx);

/** reader_lag() - add the counts of the hours that begin in [from, until) to @counts. */
int reader_lag(struct reader *r, enum lag_kind kind, struct walltime from, struct walltime until,
    uint64_t counts[static LAG_BUCKETS]);

typedef int kpi_sample_fn(void *ctx, const struct kpi_sample *sample);

/** reader_kpi_samples() - samples of @kpi (empty: all) computed in [from, until), oldest first. */
int reader_kpi_samples(
    struct reader *r, struct slice kpi, struct walltime from, struct walltime until, kpi_sample_fn *fn, void *ctx);
