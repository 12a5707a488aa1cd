/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Log sources in the store: what state each is in and since when, what was last seen of it, and how late events came.
 *
 *   registered ──▶ active ◀──▶ late ──▶ silent ──▶ active       any ──▶ retired (no longer configured) ──▶ registered
 *
 * A change of state is an entry; activity is telemetry and only a row. Inside a transaction (store/store.h).
 */

#include "model/source.h"
#include "store/store.h"

enum lag_kind { LAG_RECEIVED, LAG_DETECTED }; /* received minus event time; detected minus received */

struct source_record {
    struct slice name;
    enum source_state state;
    struct walltime since;      /* in this state */
    struct walltime registered; /* when it was first configured; 0: before that was noted */

    /* the register: what configuration says of it */
    bool expected;
    bool required;
    struct slice criticality; /* "high"; empty: nothing is said */
    struct slice owner;
    int64_t interval_ns;
    int64_t silence_ns; /* longer without an event is silence; 0: never */
    int64_t skew_limit_ns;
    int64_t retention_ns;
    struct slice controls; /* "A.8.15, A.8.16" */
    struct slice zone;     /* "+01:00"; empty: the input's */

    /* what was seen of it */
    struct walltime first_seen; /* each 0 where nothing came yet */
    struct walltime last_received;
    struct walltime last_time; /* of the newest event, as it says */
    uint64_t n_events;         /* in all, over every run */
    unsigned skew_n;           /* samples that the skew is the median of; 0: it is not known */
    int64_t skew_ns;           /* received minus event time */
    int64_t usual;             /* events in the present hour, +1; 0: not known */
};

/**
 * store_source_put() - a source is configured, or its state or terms changed
 *
 * By @source->name. Entry "source.<state>" where it is new, or its state or the register changed; a new state lasts
 * from source->since. Return: 0 or negative errno.
 */
int store_source_put(struct store *s, const struct source_record *source, const struct store_move *move);

/** store_source_activity() - what was seen of it, as it stands; no entry. */
int store_source_activity(struct store *s, const struct source_record *source);

/** store_sources_load() - call @fn with each source, retired ones too; the record is valid during the call. */
int store_sources_load(struct store *s, int (*fn)(void *ctx, const struct source_record *source), void *ctx);

/** store_hour_put() - @n events of @source came in @hour, since 1970; no entry. */
int store_hour_put(struct store *s, struct slice source, int64_t hour, uint64_t n);

/** store_hours_forget() - those before @hour. */
int store_hours_forget(struct store *s, int64_t hour);

typedef int store_hour_fn(void *ctx, struct slice source, int64_t hour, uint64_t n);

/** store_hours_load() - call @fn with each, the oldest first; the name is valid during the call. */
int store_hours_load(struct store *s, store_hour_fn *fn, void *ctx);

/** store_lag_add() - @counts more events of the hour in which @at lies, by how late they were. */
int store_lag_add(struct store *s, enum lag_kind kind, struct walltime at, const uint64_t counts[static LAG_BUCKETS]);
