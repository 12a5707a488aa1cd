/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Prefold: what a lane counts instead of handing it over, once the alert it belongs to keeps no more in full.
 *
 * In a storm nearly every detection ends as one more in a count; copying its event and carrying it to another core is
 * what it costs. So a lane that knows, from a batch that came home, that an alert has enough hands over one detection
 * each PREFOLD_HAND_OVER_NS, with the count of those since; the alert's latest detection is at most that much older
 * than its last. Counts are exact, by minute too. Rules that a correlation counts are always handed over, event by
 * event. A key that was quiet for PREFOLD_QUIET_NS begins anew, so that an alert opened later keeps its first in full.
 *
 * One lane's, one thread. No allocation for a detection that is only counted.
 */

#include "correlate/correlator.h"

#define PREFOLD_HAND_OVER_NS (100 * NS_PER_MS)
#define PREFOLD_QUIET_NS     NS_PER_S

struct prefold;

/** What a detection that is handed over carries for the others: copied into struct detection. */
struct prefold_ticket {
    uint32_t number; /* 0: the table has no part in it */
    struct repeats repeats;
};

/**
 * prefold_new() - an empty table for the detections of @rules
 * @settings: group-by, fold window; a window below two PREFOLD_QUIET_NS leaves everything to be handed over
 *
 * Return: 0 or -ENOMEM.
 */
int prefold_new(struct prefold **out, const struct correlator_settings *settings, const struct rules *rules);
void prefold_free(struct prefold *p);
CLEANUP_DEFINE(prefold_free, struct prefold *)

enum prefold_outcome {
    PREFOLD_COUNTED = 1,
    PREFOLD_HAND_OVER,
    PREFOLD_UNDECODED, /* the event has not all fields the rule groups by, and its text is undecoded: decode, ask again
                        */
};

/**
 * prefold_count() - count a detection of @rule on @event, where that is enough
 *
 * Return: PREFOLD_COUNTED; PREFOLD_HAND_OVER with @ticket, for prefold_keep(); PREFOLD_UNDECODED.
 */
enum prefold_outcome prefold_count(struct prefold *p, const struct rule *rule, const struct event *event,
    struct walltime now, struct prefold_ticket *ticket);

/** prefold_keep() - @event is handed over whole with @ticket, and stands in for those counted next. */
void prefold_keep(struct prefold *p, const struct prefold_ticket *ticket, const struct event *event);

/** prefold_learn() - @d came home: whether its alert has enough. */
void prefold_learn(struct prefold *p, const struct detection *d);

/** Hands @d over, whose event is the table's and stays during the call only. */
typedef void prefold_fn(void *ctx, const struct detection *d);

/** prefold_flush() - hand over what was counted and has waited long enough by @now; all of it where @now is 0. */
void prefold_flush(struct prefold *p, struct walltime now, prefold_fn *fn, void *ctx);
