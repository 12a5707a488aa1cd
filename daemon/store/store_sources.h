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
    bool required;
    enum source_state state;
    struct walltime since;      /* in this state */
    struct walltime first_seen; /* each 0 where nothing came yet */
    struct walltime last_received;
    struct walltime last_time; /* of the newest event, as it says */
    uint64_t n_events;         /* in all, over every run */
    int64_t silence_ns;        /* longer without an event is silence; 0: never */
};

/**
 * store_source_put() - a source is configured, or its state or terms changed
 *
 * By @source->name. Entry "source.<state>" where it is new or its state, `required` or `silence_ns` changed; a new
 * state lasts from source->since. Return: 0 or negative errno.
 */
int store_source_put(struct store *s, const struct source_record *source, const struct store_move *move);

/** store_source_activity() - first_seen, last_received, last_time and n_events as they stand; no entry. */
int store_source_activity(struct store *s, const struct source_record *source);

/** store_sources_load() - call @fn with each source, retired ones too; the record is valid during the call. */
int store_sources_load(struct store *s, int (*fn)(void *ctx, const struct source_record *source), void *ctx);

/** store_lag_add() - @counts more events of the hour in which @at lies, by how late they were. */
int store_lag_add(struct store *s, enum lag_kind kind, struct walltime at, const uint64_t counts[static LAG_BUCKETS]);
