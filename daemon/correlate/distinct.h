/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Distinct: the different values seen, each with the latest time it was, in order of those times. Internal to this
 * room.
 *
 * Values are told apart by a 64-bit hash under a secret salt: among a million of them, two are taken for one about once
 * in 37 million windows. Seeing a value costs the same whether there are ten or a million, as long as times come in
 * order; out of order, as many steps as it is out of place. 24 bytes a value, and where there are more than a few 4 to
 * 8 for finding it. A cleared struct is an empty one.
 */

#include "base/buffer.h"

enum { DISTINCT_E_DAMAGED = 1 };

#define DISTINCT_NONE UINT32_MAX

struct distinct_value {
    uint64_t hash;
    int64_t time;
    uint32_t prev; /* by time; DISTINCT_NONE at the ends */
    uint32_t next; /* likewise; of a free one the next free one */
};

struct distinct {
    struct distinct_value *values;
    uint32_t *slots; /* open addressing by hash: place in values, plus 1; NULL while there are few */
    uint32_t n_slots;
    uint32_t n;
    uint32_t cap;
    uint32_t free;   /* the first free place below `used`, plus 1 */
    uint32_t used;   /* places ever given out */
    uint32_t oldest; /* plus 1; 0: there is none */
    uint32_t newest; /* likewise */
};

void distinct_fini(struct distinct *d);

/** distinct_find() - the place of the value @hash. Return: DISTINCT_NONE where it was not seen. */
uint32_t distinct_find(const struct distinct *d, uint64_t hash);

/** distinct_add() - a value that is not there, last seen at @time; @at is set to its place. Return: 0 or -ENOMEM. */
int distinct_add(struct distinct *d, uint64_t hash, int64_t time, uint32_t *at);

/** distinct_seen() - the value at @at was seen at @time, not before the time it has. */
void distinct_seen(struct distinct *d, uint32_t at, int64_t time);

void distinct_drop_oldest(struct distinct *d);

/** distinct_oldest(), distinct_newest() - their places. There must be one. */
static inline uint32_t
distinct_oldest(const struct distinct *d)
{
    return d->oldest - 1;
}

static inline uint32_t
distinct_newest(const struct distinct *d)
{
    return d->newest - 1;
}

size_t distinct_bytes(const struct distinct *d);

/** distinct_put(), distinct_take() - write them down; read them off @in. Return: 0, -ENOMEM or DISTINCT_E_DAMAGED. */
void distinct_put(const struct distinct *d, struct buffer *b);
int distinct_take(struct distinct *d, struct slice *in, size_t n_max);
