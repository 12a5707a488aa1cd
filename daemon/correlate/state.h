/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * State: how windows write down what they hold, and read it again. Internal to this room.
 *
 * Fixed-size numbers are little-endian; a varint has seven bits a byte, low ones first, the top bit on all but the
 * last. Reading takes from the front of @in and says false at its end: what is read may be damaged.
 */

#include <endian.h>

#include "base/buffer.h"

enum { STATE_VARINT_MAX = 10 };

/** state_write_fixed(), state_write_varint() - the same into memory that is there. Return: behind what was written. */
static inline char *
state_write_fixed(char *p, uint64_t v)
{
    uint64_t le = htole64(v);

    memcpy(p, &le, sizeof(le));
    return p + sizeof(le);
}

static inline char *
state_write_varint(char *p, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *p++ = (char)(v | 0x80);
    *p++ = (char)v;
    return p;
}

void state_put_fixed(struct buffer *b, uint64_t v);
void state_put_varint(struct buffer *b, uint64_t v);
bool state_take_fixed(struct slice *in, uint64_t *v);
bool state_take_varint(struct slice *in, uint64_t *v);

/** state_distance() - how far @b is after @a, which it is not before; times may be anything, their distance fits. */
static inline uint64_t
state_distance(int64_t a, int64_t b)
{
    return (uint64_t)b - (uint64_t)a;
}

/** state_put_step(), state_take_step() - a time that is not before @last, as its distance; @last is set to it. */
static inline void
state_put_step(struct buffer *b, int64_t *last, int64_t time)
{
    state_put_varint(b, state_distance(*last, time));
    *last = time;
}

static inline bool
state_take_step(struct slice *in, int64_t *last)
{
    uint64_t step;

    if (!state_take_varint(in, &step) || step > state_distance(*last, INT64_MAX))
        return false;
    *last = (int64_t)((uint64_t)*last + step);
    return true;
}

/** state_take_time() - a fixed number that is a time. */
static inline bool
state_take_time(struct slice *in, int64_t *time)
{
    uint64_t v;

    if (!state_take_fixed(in, &v))
        return false;
    *time = (int64_t)v;
    return true;
}
