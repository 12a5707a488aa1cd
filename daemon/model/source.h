/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Source: what a lane saw of each configured log source, and how late events came.
 *
 * Each lane writes its own; the ledger reads them once a tick and adds up. Single-writer atomics, so nothing is locked.
 */

#include <stdatomic.h>

#include "base/clock.h"
#include "base/slice.h"

enum { LAG_BUCKETS = 40 };

/**
 * Registered: never heard yet. Late: quiet for half of what counts as silence, a warning and no more. Maintenance:
 * nothing is held against it for now. Retired: no longer configured.
 */
enum source_state {
    SOURCE_REGISTERED,
    SOURCE_ACTIVE,
    SOURCE_LATE,
    SOURCE_SILENT,
    SOURCE_RETIRED,
    SOURCE_MAINTENANCE,
};

const char *source_state_name(enum source_state s);
bool source_state_parse(struct slice name, enum source_state *s);

struct source_activity {
    _Atomic uint64_t n_events;
    _Atomic int64_t last_received_ns;
    _Atomic int64_t last_time_ns; /* of the event, as it says */
    _Atomic uint64_t n_timed;     /* events by which its clock can be told: sent as they happened, with their time */
    _Atomic int64_t skew_ns;      /* of the last of these: received minus time */
    _Atomic uint32_t zone;        /* and the input in whose zone it was read, or SOURCE_ZONE_STATED */
};

/** What source_activity.zone says of a stamp that names its zone itself. */
enum { SOURCE_ZONE_STATED = UINT32_MAX };

/** Counts of events by how late they came: bucket i holds lags of 2^(i-10) s and up to twice that; 0 also what is less.
 */
struct lag_histogram {
    _Atomic uint64_t buckets[LAG_BUCKETS];
};

/** source_saw() - an event of a source came; the lane's own thread. */
void source_saw(struct source_activity *a, struct walltime received, struct walltime time);

/**
 * source_timed() - it was sent as it happened and says when: how far its clock is off shows; the lane's own thread
 * @skew_ns: received minus time
 * @input:   whose zone its stamp was read in, or SOURCE_ZONE_STATED
 */
static inline void
source_timed(struct source_activity *a, int64_t skew_ns, uint32_t input)
{
    uint64_t n = atomic_load_explicit(&a->n_timed, memory_order_relaxed);

    atomic_store_explicit(&a->skew_ns, skew_ns, memory_order_relaxed);
    atomic_store_explicit(&a->zone, input, memory_order_relaxed);
    atomic_store_explicit(&a->n_timed, n + 1, memory_order_relaxed);
}

/** source_skew_shown() - a skew as precise as it says something: to the minute from ten minutes on, to the second from
 * ten seconds on, since stamps are often cut to seconds. */
int64_t source_skew_shown(int64_t ns);

/** lag_add() - an event came @lag_ns after it happened; the lane's own thread. */
void lag_add(struct lag_histogram *h, int64_t lag_ns);

/** lag_bucket_upper_s() - the upper end of bucket @i, in seconds. */
double lag_bucket_upper_s(unsigned i);

/** lag_quantile_s() - the upper end of the bucket in which the quantile @q (0..1) of @counts lies. Return: -1 of
 * nothing. */
double lag_quantile_s(const uint64_t counts[static LAG_BUCKETS], double q);
