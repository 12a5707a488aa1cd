/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Correlator: detections over time into alerts, within a fixed budget.
 *
 * Every detection counts exactly once: towards the correlations that count its rule, and, unless its rule is silent,
 * into the alert of its rule and group values, opening one where none is open. Correlation windows run on event time.
 * What changed is told to a sink, which puts it into the store; state put back by the restore functions goes on as if
 * nothing had happened. One thread.
 */

#include "base/counters.h"
#include "model/alert.h"
#include "model/batch.h"

struct correlator;

struct correlator_settings {
    int64_t fold_window_ns; /* 0: every detection opens and closes an alert of its own */
    uint64_t kept_max;      /* detections an alert keeps in full */
    const char *const *group_by; /* where the rule says nothing */
    size_t n_group_by;
    size_t alerts_max; /* open at once; beyond, the longest-quiet one is closed and counted */
    size_t groups_max; /* correlation windows; beyond, the longest-quiet one is dropped and counted */
    int64_t lateness_ns; /* an event older than the newest of its window by more than timespan + this is counted late */
};

/**
 * What happened, in order. `alert_opened` comes before anything else about an alert and must set alert->number.
 * `detection_kept` is called for each detection kept in full. The rest comes at correlator_flush() or later: each
 * changed alert once, with the latest detection it folded (NULL where all were kept), each finished minute once.
 * A sink function's negative result ends the call with it.
 */
struct correlator_sink {
    int (*alert_opened)(void *ctx, struct alert *alert, const struct detection *first);
    int (*detection_kept)(void *ctx, const struct alert *alert, const struct detection *d);
    int (*alert_changed)(void *ctx, const struct alert *alert, const struct detection *latest);
    int (*alert_minute)(void *ctx, const struct alert *alert, int64_t minute, uint64_t n);
    int (*alert_closed)(void *ctx, const struct alert *alert);
    int (*window_changed)(void *ctx, struct slice rule_uid, struct slice key, struct slice state); /* empty state: gone */
};

enum correlator_counter {
    CORRELATOR_C_DETECTIONS,
    CORRELATOR_C_ALERTS_OPENED,
    CORRELATOR_C_ALERTS_EVICTED,
    CORRELATOR_C_WINDOWS_EVICTED,
    CORRELATOR_C_LATE,            /* events too late for their window */
    CORRELATOR_C_GROUP_ABSENT,    /* detections without one of the correlation's group-by fields: not counted there */
    CORRELATOR_C_FIRED,           /* correlations that reached their threshold */
    CORRELATOR_COUNTERS,
};

extern const struct counter_def correlator_counter_defs[CORRELATOR_COUNTERS];

int correlator_new(struct correlator **out, const struct correlator_settings *settings, const struct correlator_sink *sink,
    void *ctx);
void correlator_free(struct correlator *c);
CLEANUP_DEFINE(correlator_free, struct correlator *)

/** correlator_detection() - take @d in; it must stay, with its batch, until the next correlator_flush(). */
int correlator_detection(struct correlator *c, const struct detection *d);

/** correlator_tick() - time has come to @now: close alerts and drop windows that are over. */
int correlator_tick(struct correlator *c, struct walltime now);

/** correlator_flush() - tell the sink every change not yet told; after it no detection handed in is referred to. */
int correlator_flush(struct correlator *c);

/** correlator_set_rules() - a new ruleset took over: windows of correlations that are gone or differ are dropped. */
int correlator_set_rules(struct correlator *c, struct rules *rules);

/** correlator_restore_alert() - an alert that was open when the store was last written. */
int correlator_restore_alert(struct correlator *c, const struct alert *alert);

/** correlator_restore_window() - a window as window_changed last told it; unknown rules are passed over. */
int correlator_restore_window(struct correlator *c, struct slice rule_uid, struct slice key, struct slice state);

const struct counters *correlator_counters(const struct correlator *c);
