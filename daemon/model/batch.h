/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Batch: what a lane hands to the ledger: detections with the events behind them, all in one arena.
 *
 * Whoever holds the pointer owns everything in it. A lane has a fixed number of batches; one that comes home empty
 * says that what it carried is committed. An empty pool is how the lane learns to stop reading.
 */

#include "model/event.h"
#include "model/receipt.h"
#include "model/rule.h"

enum { BATCH_E_FULL = 1 };

/** Detections that a lane counted and did not hand over, of one rule and the same group values, in one minute. */
struct repeats {
    uint64_t n;
    struct walltime first;    /* the earliest and the latest of their events */
    struct walltime last;
    struct walltime detected; /* the last of them */
};

/** One rule matching one event, or a correlation's events reaching its threshold with this one. */
struct detection {
    const struct rule *rule;   /* alive while the batch holds its rules */
    const struct event *event; /* in the batch's arena; its names may be the mappings' (EVENT_NAMES_SHARED) */
    struct walltime detected;
    uint64_t counted;      /* a correlation: how many events it counted; 0: a plain rule's */
    struct walltime since; /* and when the earliest of them happened */
    struct repeats repeats; /* counted before this one (correlate/prefold.h) */
    bool stands_in;         /* it was itself only counted: its event is an earlier one, handed over then */
    bool enough;            /* set by the correlator: its alert keeps no more in full */
    uint32_t ticket;        /* the lane's, by which it knows its own when they come home; 0: none */
};

struct batch {
    struct arena arena;
    struct rules *rules; /* the ruleset the detections' rules belong to; referenced */
    struct detection *detections;
    size_t n;
    size_t cap;
    uint64_t n_repeats;     /* of all its detections */
    struct receipt receipt; /* the last batch of a unit's, where inputs want to know */
    bool awaited;           /* senders wait for the receipt, which a later batch of its unit has */
    bool committed;         /* set before it goes home */
    unsigned lane;
};

/** batch_new() - an empty batch of at most @detections_max detections and @arena_bytes of events. Return: 0 or -ENOMEM. */
int batch_new(struct batch **out, size_t detections_max, size_t arena_bytes);
void batch_free(struct batch *b);
CLEANUP_DEFINE(batch_free, struct batch *)

/**
 * batch_add() - copy @event in, with a detection for each of the @n rules it matched
 *
 * All or nothing. Return: 0, or BATCH_E_FULL, with the batch as before.
 */
int batch_add(struct batch *b, const struct event *event, const struct rule *const *rules, size_t n, struct walltime now);

/** batch_clear() - forget all it holds, for the next use. */
void batch_clear(struct batch *b);
