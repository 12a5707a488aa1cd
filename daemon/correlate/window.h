/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Windows: per correlation and group, what was counted of the events so far. Internal to this room.
 *
 *      dropped │◀──── lateness ────▶│◀──── timespan ────▶│ newest
 *     ─────────┼───────×──────×─────┼──×────×───────×──×─┤─────▶ event time
 *
 * A window that slides fires when the condition is true of the events within some timespan, whatever order they came
 * in, and is gone. A window that closes begins with the first event of its group and lasts one timespan; once the clock
 * of the source it heard last is past its end by the lateness, its condition is asked, and the next one begins: with
 * the first event behind its end, or, where the condition may be true of no event at all, right there.
 *
 * One file for each kind, window_*.c. A window with one time is 64 bytes and its key.
 */

#include "correlate/clocks.h"
#include "correlate/told.h"

enum { WINDOW_E_FIRED = 1, WINDOW_E_LATE, WINDOW_E_STALE };

struct window_kind;

/** What a correlation counts by. The caller owns it and keeps it between windows_add() and windows_drop(). */
struct threshold {
    struct slice uid; /* of the correlation's rule */
    int64_t timespan_ns;
    uint64_t definition; /* differs when the correlation counts otherwise */
    uint64_t seed;       /* apart from the other thresholds' */
    uint64_t salt;       /* of the hashes of values */
    enum correlation_type type;
    struct comparison comparisons[CORRELATION_COMPARISONS_MAX];
    size_t n_comparisons;
    const struct correlation_term *terms;
    size_t n_terms;
    double percentile;
    unsigned n_rules;   /* of a temporal one */
    uint64_t n;         /* of one that slides: what is needed, at least 1 */
    uint64_t saturates; /* from where on counts need not be told apart */
    uint64_t openers;   /* rules, as bits, that a window which closes begins with */
    bool closes;
    bool holds_of_none; /* the condition is true of a window without events */
    bool whole;         /* there are no groups: one that holds of none is there from the first tick on */

    const struct window_kind *kind; /* set by windows_add(), as all below */
    struct list quiet;              /* its windows */
    size_t n_windows;
    bool unsorted; /* restored windows came in any order */
};

struct windows;

/** One event to be counted. */
struct occurrence {
    int64_t time;
    int64_t arrived;
    uint64_t value;  /* by the threshold's type: a hash, the bits of a double, the index of a rule; else nothing */
    uint16_t source; /* whose clock it goes by */
};

/** What fired. */
struct window_fired {
    uint64_t n;            /* events, values or rules counted */
    double value;          /* what was compared: the count, the sum … */
    struct walltime since; /* the earliest of the events; of none, when the window began */
    struct walltime until; /* of a window that closed: its end */
};

/** A window of @t closed and its condition holds; @key stays during the call. */
typedef int window_closed_fn(void *ctx, struct threshold *t, struct slice key, const struct window_fired *fired);

/** windows_new() - @settings, @told and @clocks stay as long as it. */
int windows_new(
    struct windows **out, const struct correlator_settings *settings, const struct told *told, struct clocks *clocks);

/** windows_free() - forget all windows; thresholds stay with their owners. Accepts NULL. */
void windows_free(struct windows *w);
CLEANUP_DEFINE(windows_free, struct windows *)

/** windows_add() - make @t known, so that its windows end by time and are evicted; it has none yet. 0 or -ENOMEM. */
int windows_add(struct windows *w, struct threshold *t);

/** windows_drop() - tell that all windows of @t are gone and forget @t. Return: 0 or negative. */
int windows_drop(struct windows *w, struct threshold *t);

/**
 * windows_count() - an event of the group @key happened
 *
 * Return: 0, WINDOW_E_FIRED with @fired set, WINDOW_E_LATE (not counted), or negative.
 */
int windows_count(
    struct windows *w, struct threshold *t, struct slice key, const struct occurrence *o, struct window_fired *fired);

/**
 * windows_tick() - at @now, close the windows that are over and forget those to which nothing in time can be added
 *
 * Return: 0, or what @closed or the sink returned.
 */
int windows_tick(struct windows *w, struct walltime now, window_closed_fn *closed, void *ctx);

/** windows_flush() - tell the state of each window that changed. */
int windows_flush(struct windows *w);

/** windows_restore() - put a told state back. Return: 0, WINDOW_E_STALE where it is not of @t or damaged, or -ENOMEM.
 */
int windows_restore(struct windows *w, struct threshold *t, struct slice key, struct slice state);

size_t windows_length(const struct windows *w);

/** windows_bytes() - what windows hold beyond themselves: times, values, rules. */
size_t windows_bytes(const struct windows *w);
