/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Correlator: detections over time into alerts, within a fixed budget.
 *
 * Every detection counts exactly once: towards the correlations that count its rule, and, unless its rule is silent,
 * into the alert of its rule and group values, opening one where none is open. What changed is told to a sink, which
 * puts it into the store; state put back by the restore functions goes on as if nothing had happened. One thread.
 *
 * A correlation (Sigma correlation rules) counts per tuple of group-by values, over event time. What can only become
 * true with an event (event_count, value_count, value_sum with gt and gte; temporal, temporal_ordered) counts in a
 * window that slides: it fires with the event that completes it, whatever order they come in, and the window starts
 * anew, so a run of N events gives N / n alerts. All else (lt, lte, eq, neq, averages, percentiles, a rule that must be
 * absent) is told when a window closes: correlate/window.h. Firing is a detection of the correlation's own rule; where
 * a window closed, on an event made up for it that has the values it groups by and happened at the window's end.
 *
 * Group values longer than CORRELATOR_VALUE_MAX are told apart by their length and their first bytes. An event stamped
 * later than it was received (by more than the lateness allowed) is counted among its like: a forged stamp cannot make
 * others late. One that is late for its window but not by the clock of its own source (correlate/clocks.h) is counted
 * among those of that source.
 *
 * Between two commits: correlator_detection() for each, correlator_tick(), correlator_flush(), commit.
 */

#include "base/counters.h"
#include "model/alert.h"
#include "model/batch.h"

enum { CORRELATOR_E_STALE = 1, CORRELATOR_E_FULL };

enum {
    CORRELATOR_VALUE_MAX = 1024,
    CORRELATOR_THRESHOLD_MAX = 1000000,
    CORRELATOR_CHAIN_MAX = 8, /* correlations of correlations, one upon another */
};

struct correlator;

struct correlator_settings {
    int64_t fold_window_ns;      /* 0: every detection opens and closes an alert of its own */
    uint64_t kept_max;           /* detections an alert keeps in full */
    const char *const *group_by; /* where the rule says nothing */
    size_t n_group_by;
    size_t alerts_max;   /* open at once; beyond, the longest-quiet one (to a second) is closed and counted */
    size_t groups_max;   /* correlation windows; beyond, the longest-quiet one is dropped and counted */
    size_t bytes_max;    /* that windows hold beside themselves; likewise; 0: 128 a group, and 32 MiB */
    int64_t lateness_ns; /* an event older than the newest of its window by more than timespan + this is counted late;
                            where the window closes, one older by more than this than its source's clock */
};

/**
 * What happened, in order. `alert_opened` comes before anything else about an alert and must set alert->number; it may
 * set alert->incident. `detection_kept` is called for each detection kept in full, the first one too; it is the
 * alert->n_kept-th. `alert_minute` tells each finished minute once, as soon as it is known to be over; a detection that
 * comes later counts in the minute running then, so the sum stays exact. `alert_changed` comes at correlator_flush(),
 * or before `alert_closed`: once for each changed alert, with the latest detection not kept (NULL where there is none
 * new). A negative result ends the call with it.
 */
struct correlator_sink {
    int (*alert_opened)(void *ctx, struct alert *alert, const struct detection *first);
    int (*detection_kept)(void *ctx, const struct alert *alert, const struct detection *d);
    int (*alert_changed)(void *ctx, const struct alert *alert, const struct detection *latest);
    int (*alert_minute)(void *ctx, const struct alert *alert, int64_t minute, uint64_t n);
    int (*alert_closed)(void *ctx, const struct alert *alert);
    int (*window_changed)(
        void *ctx, struct slice rule_uid, struct slice key, struct slice state); /* empty state: gone */
};

enum correlator_counter {
    CORRELATOR_C_DETECTIONS,
    CORRELATOR_C_ALERTS_OPENED,
    CORRELATOR_C_ALERTS_CLOSED,
    CORRELATOR_C_ALERTS_EVICTED,
    CORRELATOR_C_WINDOWS_EVICTED,
    CORRELATOR_C_LATE,
    CORRELATOR_C_AHEAD,
    CORRELATOR_C_GROUP_ABSENT,
    CORRELATOR_C_GROUP_CUT,
    CORRELATOR_C_VALUE_ABSENT,
    CORRELATOR_C_CUT,
    CORRELATOR_C_FIRED,
    CORRELATOR_C_CHAIN_CUT,
    CORRELATOR_C_REFUSED, /* a level, as the four below */
    CORRELATOR_C_ALERTS_OPEN,
    CORRELATOR_C_WINDOWS,
    CORRELATOR_C_BYTES,
    CORRELATOR_COUNTERS,
};

extern const struct counter_def correlator_counter_defs[CORRELATOR_COUNTERS];

/** correlator_new() - @settings are copied, what they point to too. Return: 0 or -ENOMEM. */
int correlator_new(
    struct correlator **out, const struct correlator_settings *settings, const struct correlator_sink *sink, void *ctx);
void correlator_free(struct correlator *c);
CLEANUP_DEFINE(correlator_free, struct correlator *)

/**
 * correlator_detection() - take @d in; its event must stay, with the batch, until correlator_settle() or
 * correlator_flush(). Sets d->enough.
 */
int correlator_detection(struct correlator *c, struct detection *d);

/** correlator_tick() - time has come to @now: close alerts, and close or drop windows that are over. */
int correlator_tick(struct correlator *c, struct walltime now);

/** correlator_flush() - tell the sink every change not yet told; after it no detection handed in is referred to. */
int correlator_flush(struct correlator *c);

/**
 * correlator_settle() - copy what is still referred to of detections handed in, so that their batches may go before the
 * flush; for when detections come faster than they can be flushed
 *
 * Their rules must be those of the last correlator_set_rules(), which stay.
 *
 * Return: 0, or CORRELATOR_E_FULL where there is no room for more copies before the next flush.
 */
int correlator_settle(struct correlator *c);

/**
 * correlator_set_rules() - a new ruleset took over; it is referenced
 *
 * Flushes, then drops the windows of correlations that are gone or differ; others, and open alerts, go on. Correlations
 * that correlator_refusal() names are logged, counted, and never fire. Return: 0 or negative errno, with the rules as
 * they were.
 */
int correlator_set_rules(struct correlator *c, struct rules *rules);

/** correlator_refusal() - why the correlation @rule cannot run, one sentence; NULL where it can, or is none. */
const char *correlator_refusal(const struct rule *rule);

/** correlator_restore_alert() - an alert that was open when the store was last written; copied. Before any detection.
 */
int correlator_restore_alert(struct correlator *c, const struct alert *alert);

/**
 * correlator_restore_window() - a window as window_changed last told it; after correlator_set_rules()
 *
 * Return: 0, negative errno, or CORRELATOR_E_STALE where the rule is unknown or counts otherwise than it did, or @state
 * is damaged: it is not taken, and the caller may forget it.
 */
int correlator_restore_window(struct correlator *c, struct slice rule_uid, struct slice key, struct slice state);

const struct counters *correlator_counters(const struct correlator *c);
