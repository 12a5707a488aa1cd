/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Counters: every drop, limit, rejection and eviction as a number with a name an operator can see.
 *
 * A room lists its counters in a table of definitions and an enum beside it. Whoever works there (a lane, the ledger)
 * holds a set of its own and is the only one who writes it; anyone may read it at any time and add up several sets.
 */

#include <stdatomic.h>

#include "base/defs.h"

struct counter_def {
    const char *name; /* `room_what`, as shown and exported */
    const char *help; /* one sentence */
};

struct counters {
    const struct counter_def *defs;
    size_t n;
    _Atomic uint64_t values[];
};

/** counters_new() - a set of @n counters at zero. Return: 0 or -ENOMEM. */
int counters_new(struct counters **out, const struct counter_def *defs, size_t n);
void counters_free(struct counters *c);
CLEANUP_DEFINE(counters_free, struct counters *)

/**
 * counters_carry() - let @to go on from what @from counted, so that what follows the one as the other does not fall
 * @to:   not shown to anybody yet, of the same definitions; the caller is its owner
 * @from: whose owner counts no more; it may hold no levels
 */
void counters_carry(struct counters *to, const struct counters *from);

/** counters_add() - add @k to the counter @id; the set's owner only. */
static inline void
counters_add(struct counters *c, unsigned id, uint64_t k)
{
    uint64_t v = atomic_load_explicit(&c->values[id], memory_order_relaxed);

    atomic_store_explicit(&c->values[id], v + k, memory_order_relaxed);
}

/** counters_set() - set the counter @id, for what is a level and not a count; the set's owner only. */
static inline void
counters_set(struct counters *c, unsigned id, uint64_t v)
{
    atomic_store_explicit(&c->values[id], v, memory_order_relaxed);
}

/** counters_get() - the counter @id as it stands; any thread. */
static inline uint64_t
counters_get(const struct counters *c, unsigned id)
{
    return atomic_load_explicit(&c->values[id], memory_order_relaxed);
}
