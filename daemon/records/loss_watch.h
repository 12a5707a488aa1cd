/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Loss watch: events that were lost at an input before they could be read (trigger T06): datagrams the kernel dropped,
 * records of a Kafka partition that expired before they were fetched.
 *
 * Counted over the last 24 hours, hour by hour. It is a loss when more than so many of a million were lost, when a
 * partition has a gap, or where a required source names the input at all; it is over when the last 24 hours had less
 * than half of it. Pure; one thread.
 */

#include "base/buffer.h"
#include "records/hold.h"

enum { LOSS_HOURS = 24 };

struct loss_terms {
    uint64_t ppm_max;
    bool any; /* whatever is lost counts */
};

/** What an input saw; as counters, or as what they rose by. */
struct loss_counts {
    uint64_t received;
    uint64_t dropped; /* by the kernel */
    uint64_t expired; /* records that were deleted before they were read: gaps in Kafka partitions */
};

struct loss_watch {
    struct loss_counts hours[LOSS_HOURS];
    int64_t hour; /* the latest, since 1970 */
    struct hold hold;
};

/** loss_watch_tick() - so much came and was lost up to @now since the last tick. */
enum hold_change loss_watch_tick(
    struct loss_watch *w, const struct loss_terms *terms, const struct loss_counts *more, struct walltime now);

/** loss_watch_total() - of the last 24 hours. */
struct loss_counts loss_watch_total(const struct loss_watch *w);

/** loss_evidence() - what was lost, of how much. */
void loss_evidence(const struct loss_watch *w, struct buffer *out);
