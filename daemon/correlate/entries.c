/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/entries.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "correlate/state.h"

void
entries_fini(struct entries *e)
{
    free(e->ring);
    *e = (struct entries){0};
}

static int
grow(struct entries *e)
{
    uint32_t cap = e->cap == 0 ? 1 : e->cap * 2 + 1; /* 1, 3, 7 …: what fits the allocator's chunks */
    struct entry *ring = malloc(cap * sizeof(*ring));
    uint32_t i;

    if (ring == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < e->n; i++)
        ring[i] = *entries_at(e, i);
    free(e->ring);
    e->ring = ring;
    e->cap = cap;
    e->head = 0;
    return 0;
}

/* How many are not after @t. */
static uint32_t
place_of(const struct entries *e, int64_t t)
{
    uint32_t low = 0;
    uint32_t high = e->n;

    if (e->n == 0 || entries_at(e, e->n - 1)->time <= t)
        return e->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (entries_at(e, middle)->time <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int
entries_insert(struct entries *e, struct entry entry, uint32_t *place)
{
    uint32_t p = place_of(e, entry.time);
    uint32_t i;
    int r;

    if (e->n == e->cap) {
        r = grow(e);
        if (r < 0)
            return error_trace(r);
    }
    e->n++;
    if (p < e->n / 2) {
        e->head = e->head > 0 ? e->head - 1 : e->cap - 1;
        for (i = 0; i < p; i++)
            *entries_at(e, i) = *entries_at(e, i + 1);
    } else {
        for (i = e->n - 1; i > p; i--)
            *entries_at(e, i) = *entries_at(e, i - 1);
    }
    *entries_at(e, p) = entry;
    *place = p;
    return 0;
}

void
entries_drop_oldest(struct entries *e)
{
    e->head = e->head + 1 < e->cap ? e->head + 1 : 0;
    e->n--;
}

/* n:varint, and where there are any: first time:8, then each one's distance to the one before:varint and value:8. */
void
entries_put(const struct entries *e, struct buffer *b)
{
    int64_t last = e->n > 0 ? entries_at(e, 0)->time : 0;
    uint32_t i;

    state_put_varint(b, e->n);
    if (e->n > 0)
        state_put_fixed(b, (uint64_t)last);
    for (i = 0; i < e->n; i++) {
        state_put_step(b, &last, entries_at(e, i)->time);
        state_put_fixed(b, entries_at(e, i)->value);
    }
}

int
entries_take(struct entries *e, struct slice *in, size_t n_max)
{
    struct entry entry = {0};
    uint32_t place;
    uint64_t n;
    int r;

    if (!state_take_varint(in, &n) || n > n_max || n > in->n / 9 || (n > 0 && !state_take_time(in, &entry.time)))
        return ENTRIES_E_DAMAGED;
    for (; n > 0; n--) {
        if (!state_take_step(in, &entry.time) || !state_take_fixed(in, &entry.value))
            return ENTRIES_E_DAMAGED;
        r = entries_insert(e, entry, &place);
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}
