/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Entries: times, each with a value, in order of time; of equal times in the order they came. Internal to this room.
 *
 * A ring, so that the oldest goes and the newest comes at no cost; what comes out of order costs as many steps as it is
 * out of place, counted from the nearer end. A cleared struct is an empty one.
 */

#include "base/buffer.h"

struct entry {
    int64_t time;
    uint64_t value;
};

struct entries {
    struct entry *ring;
    uint32_t n;
    uint32_t head;
    uint32_t cap;
};

void entries_fini(struct entries *e);

/** entries_insert() - put @entry in its place, and say which that is. Return: 0 or -ENOMEM. */
int entries_insert(struct entries *e, struct entry entry, uint32_t *place);

void entries_drop_oldest(struct entries *e);

static inline struct entry *
entries_at(const struct entries *e, uint32_t i)
{
    uint32_t at = e->head + i;

    return &e->ring[at < e->cap ? at : at - e->cap];
}

static inline size_t
entries_bytes(const struct entries *e)
{
    return e->cap * sizeof(struct entry);
}

/** entries_put() - write them down. */
void entries_put(const struct entries *e, struct buffer *b);

/** entries_take() - read them off @in, at most @n_max. Return: 0, -ENOMEM, or ENTRIES_E_DAMAGED. */
enum { ENTRIES_E_DAMAGED = 1 };
int entries_take(struct entries *e, struct slice *in, size_t n_max);
