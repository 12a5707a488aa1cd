/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Windows: per correlation and group, the times of the events counted so far. Internal to this room.
 *
 *      dropped │◀──── lateness ────▶│◀──── timespan ────▶│ newest
 *     ─────────┼───────×──────×─────┼──×────×───────×──×─┤─────▶ event time
 *
 * A window fires when any n of its times lie within the timespan, and is gone. Times are kept in order in a ring: what
 * comes in order costs O(1), what comes out of order as many steps as it is out of place, counted from the nearer end.
 * A window with one time is 64 bytes and its key; each further time is 8.
 */

#include "correlate/told.h"

enum { WINDOW_E_FIRED = 1, WINDOW_E_LATE, WINDOW_E_STALE };

/** What a correlation counts by. The caller owns it and keeps it between windows_add() and windows_drop(). */
struct threshold {
    struct slice uid; /* of the correlation's rule */
    uint64_t n;       /* events needed, at least 1 */
    int64_t timespan_ns;
    uint64_t definition; /* differs when the correlation counts otherwise */
    uint64_t seed;       /* apart from the other thresholds' */
    struct list quiet;   /* its windows; set by windows_add() */
    bool unsorted;       /* restored windows came in any order */
};

struct windows;

/** What fired. */
struct window_fired {
    uint64_t n;
    struct walltime since; /* the earliest of the n events */
};

int windows_new(struct windows **out, const struct correlator_settings *settings, const struct told *told);

/** windows_free() - forget all windows; thresholds stay with their owners. Accepts NULL. */
void windows_free(struct windows *w);
CLEANUP_DEFINE(windows_free, struct windows *)

/** windows_add() - make @t known, so that its windows end by time and are evicted; it has none yet. 0 or -ENOMEM. */
int windows_add(struct windows *w, struct threshold *t);

/** windows_drop() - tell that all windows of @t are gone and forget @t. Return: 0 or negative. */
int windows_drop(struct windows *w, struct threshold *t);

/**
 * windows_count() - an event of the group @key happened at @time and came at @arrived
 *
 * Return: 0, WINDOW_E_FIRED with @fired set, WINDOW_E_LATE (not counted), or negative.
 */
int windows_count(struct windows *w, struct threshold *t, struct slice key, struct walltime time,
    struct walltime arrived, struct window_fired *fired);

/** windows_tick() - forget windows to which, at @now, nothing in time can be added any more. */
int windows_tick(struct windows *w, struct walltime now);

/** windows_flush() - tell the state of each window that changed. */
int windows_flush(struct windows *w);

/** windows_restore() - put a told state back. Return: 0, WINDOW_E_STALE where it is not of @t or damaged, or -ENOMEM.
 */
int windows_restore(struct windows *w, struct threshold *t, struct slice key, struct slice state);

size_t windows_length(const struct windows *w);
size_t windows_times(const struct windows *w);
