/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Clock watch: how far the clock of a log source is off (A.8.17; trigger T05).
 *
 * Skew is the median of receive minus event time over a bounded window: the last SKEW_WINDOW samples, one a second at
 * most, so that a burst weighs no more than a lone event. Positive: its stamps are late. By the limit and the median:
 *
 *   |skew| within the limit                                     good
 *   a multiple of 30 min up to 14 h, give or take 2 min         a zone mistake, named with the zone it would be
 *   beyond the limit otherwise                                  the clock drifts
 *
 * Good again only within three quarters of the limit, so that what lies on it does not flap. Pure; one thread.
 */

#include "base/buffer.h"
#include "records/candidate.h"
#include "records/hold.h"

enum { SKEW_WINDOW = 120, SKEW_SAMPLES_MIN = 5 };

/** The latest samples, oldest overwritten. */
struct skew_window {
    int64_t ns[SKEW_WINDOW];
    unsigned n;
    unsigned next;
};

void skew_add(struct skew_window *w, int64_t ns);

/** skew_quantile() - the quantile @q (0..1) of the samples; there must be one. */
int64_t skew_quantile(const struct skew_window *w, double q);

/** skew_zone() - by how many minutes the zone of stamps read so is mistaken: east of what was assumed; 0: it is not. */
int skew_zone(int64_t skew_ns);

/** What is held against a clock. */
struct clock_terms {
    int64_t limit_ns; /* 0: nothing */
    int64_t skew_hold_ns;
    int64_t zone_hold_ns;
};

/**
 * clock_watch_tick() - the skew stands at @skew_ns at @now
 * @trigger: set to which it is: a clock that drifts, or a zone
 */
enum hold_change clock_watch_tick(
    struct hold *h, const struct clock_terms *terms, int64_t skew_ns, struct walltime now, enum trigger *trigger);

/** What the evidence says beside the samples. */
struct clock_context {
    int64_t limit_ns;
    bool zone_stated; /* the stamps name their zone */
    int zone_minutes; /* else the one they were read in */
};

/** clock_evidence() - how far off it is, and what would mend it. */
void clock_evidence(const struct skew_window *w, const struct clock_context *c, struct buffer *out);
