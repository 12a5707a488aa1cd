/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/distinct.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "correlate/state.h"

enum { FEW = 7 }; /* so many are looked through faster than looked up */

#define FREE (DISTINCT_NONE - 1) /* prev of a place that holds no value */

void
distinct_fini(struct distinct *d)
{
    free(d->values);
    free(d->slots);
    *d = (struct distinct){0};
}

size_t
distinct_bytes(const struct distinct *d)
{
    return d->cap * sizeof(*d->values) + d->n_slots * sizeof(*d->slots);
}

/* Where @hash stands in the slots, or the free one where it would. */
static uint32_t
slot_of(const struct distinct *d, uint64_t hash)
{
    uint32_t mask = d->n_slots - 1;
    uint32_t at = (uint32_t)hash & mask;

    while (d->slots[at] != 0 && d->values[d->slots[at] - 1].hash != hash)
        at = (at + 1) & mask;
    return at;
}

uint32_t
distinct_find(const struct distinct *d, uint64_t hash)
{
    uint32_t at;

    if (d->slots != NULL)
        return d->slots[slot_of(d, hash)] - 1; /* 0 becomes DISTINCT_NONE */
    for (at = d->newest; at != 0; at = d->values[at - 1].prev + 1)
        if (d->values[at - 1].hash == hash)
            return at - 1;
    return DISTINCT_NONE;
}

static int
grow_values(struct distinct *d)
{
    uint32_t cap = d->cap == 0 ? 1 : d->cap * 2 + 1;
    struct distinct_value *values = realloc(d->values, cap * sizeof(*values));

    if (values == NULL)
        return error_origin(-ENOMEM);
    d->values = values;
    d->cap = cap;
    return 0;
}

/* At most three quarters full. */
static int
grow_slots(struct distinct *d)
{
    uint32_t n = d->n_slots == 0 ? 4 * (FEW + 1) : d->n_slots * 2;
    uint32_t *slots = calloc(n, sizeof(*slots));
    uint32_t at;

    if (slots == NULL)
        return error_origin(-ENOMEM);
    free(d->slots);
    d->slots = slots;
    d->n_slots = n;
    for (at = d->oldest; at != 0; at = d->values[at - 1].next + 1)
        slots[slot_of(d, d->values[at - 1].hash)] = at;
    return 0;
}

static int
make_room(struct distinct *d)
{
    int r = 0;

    if (d->free == 0 && d->used == d->cap)
        r = grow_values(d);
    if (r == 0 && d->n >= FEW && (d->n + 1) * 4 > d->n_slots * 3)
        r = grow_slots(d);
    return r < 0 ? error_trace(r) : 0;
}

/* Puts the place @at behind all that are not after its time. */
static void
link_in(struct distinct *d, uint32_t at)
{
    struct distinct_value *v = &d->values[at];
    uint32_t before = d->newest - 1;

    while (before != DISTINCT_NONE && d->values[before].time > v->time)
        before = d->values[before].prev;
    v->prev = before;
    v->next = before == DISTINCT_NONE ? d->oldest - 1 : d->values[before].next;
    if (v->prev == DISTINCT_NONE)
        d->oldest = at + 1;
    else
        d->values[v->prev].next = at;
    if (v->next == DISTINCT_NONE)
        d->newest = at + 1;
    else
        d->values[v->next].prev = at;
}

static void
unlink_from(struct distinct *d, uint32_t at)
{
    const struct distinct_value *v = &d->values[at];

    if (v->prev == DISTINCT_NONE)
        d->oldest = v->next + 1;
    else
        d->values[v->prev].next = v->next;
    if (v->next == DISTINCT_NONE)
        d->newest = v->prev + 1;
    else
        d->values[v->next].prev = v->prev;
}

int
distinct_add(struct distinct *d, uint64_t hash, int64_t time, uint32_t *at)
{
    int r = make_room(d);

    if (r < 0)
        return error_trace(r);
    if (d->free != 0) {
        *at = d->free - 1;
        d->free = d->values[*at].next + 1;
    } else {
        *at = d->used++;
    }
    d->values[*at] = (struct distinct_value){.hash = hash, .time = time};
    link_in(d, *at);
    if (d->slots != NULL)
        d->slots[slot_of(d, hash)] = *at + 1;
    d->n++;
    return 0;
}

void
distinct_seen(struct distinct *d, uint32_t at, int64_t time)
{
    unlink_from(d, at);
    d->values[at].time = time;
    link_in(d, at);
}

/* Empties the slot of the place @at and moves later ones of the same run back into the hole. */
static void
clear_slot(struct distinct *d, uint32_t at)
{
    uint32_t mask = d->n_slots - 1;
    uint32_t hole = slot_of(d, d->values[at].hash);
    uint32_t i;

    for (i = (hole + 1) & mask; d->slots[i] != 0; i = (i + 1) & mask)
        if (((i - ((uint32_t)d->values[d->slots[i] - 1].hash & mask)) & mask) >= ((i - hole) & mask)) {
            d->slots[hole] = d->slots[i];
            hole = i;
        }
    d->slots[hole] = 0;
}

void
distinct_drop_oldest(struct distinct *d)
{
    uint32_t at = distinct_oldest(d);

    if (d->slots != NULL)
        clear_slot(d, at);
    unlink_from(d, at);
    d->values[at].prev = FREE;
    d->values[at].next = d->free - 1;
    d->free = at + 1;
    d->n--;
}

/*
 * n:varint  oldest:8, then in no order, as they stand in memory: how long after the oldest:varint  hash:8
 *
 * A hundred thousand are told with every commit: a walk in order of time would cost several times as much.
 */
void
distinct_put(const struct distinct *d, struct buffer *b)
{
    int64_t oldest = d->n > 0 ? d->values[distinct_oldest(d)].time : 0;
    char *p = buffer_reserve(b, STATE_VARINT_MAX + 8 + d->n * (STATE_VARINT_MAX + 8));
    char *begin = p;
    uint32_t at;

    if (p == NULL)
        return;
    p = state_write_fixed(state_write_varint(p, d->n), (uint64_t)oldest);
    for (at = 0; at < d->used; at++) {
        const struct distinct_value *v = &d->values[at];

        if (v->prev != FREE)
            p = state_write_fixed(state_write_varint(p, state_distance(oldest, v->time)), v->hash);
    }
    b->n += (size_t)(p - begin);
}

static int
by_time(const void *pa, const void *pb)
{
    const struct distinct_value *a = pa;
    const struct distinct_value *b = pb;

    return (a->time > b->time) - (a->time < b->time);
}

/* Those read, in order of time. */
static int
add_all(struct distinct *d, struct distinct_value *values, size_t n)
{
    uint32_t at;
    size_t i;
    int r = 0;

    qsort(values, n, sizeof(*values), by_time);
    for (i = 0; i < n && r == 0; i++) {
        if (distinct_find(d, values[i].hash) != DISTINCT_NONE)
            return DISTINCT_E_DAMAGED;
        r = distinct_add(d, values[i].hash, values[i].time, &at);
    }
    return r < 0 ? error_trace(r) : 0;
}

int
distinct_take(struct distinct *d, struct slice *in, size_t n_max)
{
    CLEANUP_FREE struct distinct_value *values = NULL;
    int64_t oldest;
    uint64_t n;
    size_t i;

    if (!state_take_varint(in, &n) || n > n_max || n > in->n / 9 || !state_take_time(in, &oldest))
        return DISTINCT_E_DAMAGED;
    values = calloc(n + 1, sizeof(*values));
    if (values == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < n; i++) {
        values[i].time = oldest;
        if (!state_take_step(in, &values[i].time) || !state_take_fixed(in, &values[i].hash))
            return DISTINCT_E_DAMAGED;
    }
    return add_all(d, values, n);
}
