/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Times: the event_count that slides. It fires when any n of its times lie within the timespan.
 *
 * Times are kept in order in a ring: what comes in order costs O(1), what comes out of order as many steps as it is out
 * of place, counted from the nearer end. The first time stands in the window itself; each further one is 8 bytes.
 */

#include <errno.h>
#include <stdlib.h>

#include "correlate/window_impl.h"

static int64_t *
ring(struct window *w)
{
    return w->cap == 1 ? &w->held.one : w->held.many;
}

static int64_t *
time_at(struct window *w, uint32_t i)
{
    uint32_t at = w->head + i;

    return ring(w) + (at < w->cap ? at : at - w->cap);
}

static size_t
bytes_of(const struct window *w)
{
    return w->cap > 1 ? w->cap * sizeof(int64_t) : 0;
}

/* 1, 3, 7, 15 …: what fits the allocator's chunks exactly. */
static int
grow_ring(struct windows *ws, struct window *w)
{
    uint32_t cap = w->cap * 2 + 1;
    int64_t *p = malloc(cap * sizeof(*p));
    uint32_t i;

    if (p == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < w->n; i++)
        p[i] = *time_at(w, i);
    if (w->cap > 1)
        free(w->held.many);
    ws->bytes -= bytes_of(w);
    w->held.many = p;
    w->cap = cap;
    w->head = 0;
    ws->bytes += bytes_of(w);
    return 0;
}

static void
fini(struct windows *ws, struct window *w)
{
    ws->bytes -= bytes_of(w);
    if (w->cap > 1)
        free(w->held.many);
}

static void
drop_oldest(struct window *w)
{
    w->head = w->head + 1 < w->cap ? w->head + 1 : 0;
    w->n--;
}

/* How many of the times are not after @t. */
static uint32_t
place_of(struct window *w, int64_t t)
{
    uint32_t low = 0;
    uint32_t high = w->n;

    if (w->n == 0 || *time_at(w, w->n - 1) <= t)
        return w->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (*time_at(w, middle) <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Puts @t in its place, moving the shorter side, and says where that is. */
static int
insert(struct windows *ws, struct window *w, int64_t t, uint32_t *place)
{
    uint32_t p = place_of(w, t);
    uint32_t i;
    int r;

    if (w->n == w->cap) {
        r = grow_ring(ws, w);
        if (r < 0)
            return error_trace(r);
    }
    w->n++;
    if (p < w->n / 2) {
        w->head = w->head > 0 ? w->head - 1 : w->cap - 1;
        for (i = 0; i < p; i++)
            *time_at(w, i) = *time_at(w, i + 1);
    } else {
        for (i = w->n - 1; i > p; i--)
            *time_at(w, i) = *time_at(w, i - 1);
    }
    *time_at(w, p) = t;
    *place = p;
    return 0;
}

/* Whether, with the new time at @place, some n times lie within the timespan; only spans with that one are new. */
static bool
reached(struct window *w, uint32_t place, struct window_fired *fired)
{
    const struct threshold *t = w->threshold;
    uint32_t n = (uint32_t)t->n;
    uint32_t i = place + 1 > n ? place + 1 - n : 0;

    if (w->n < n)
        return false;
    for (; i <= place && i + n <= w->n; i++)
        if (state_distance(*time_at(w, i), *time_at(w, i + n - 1)) <= (uint64_t)t->timespan_ns) {
            *fired = (struct window_fired){.n = n, .value = n, .since = {*time_at(w, i)}};
            return true;
        }
    return false;
}

/* What is then too old for anything still to come in time is dropped. */
static int
count(struct windows *ws, struct window *w, const struct occurrence *o, struct window_fired *fired)
{
    uint64_t reach = window_reach(ws, w->threshold);
    int64_t newest;
    uint32_t place;
    int r;

    if (w->cap == 0)
        w->cap = 1;
    newest = w->n == 0 ? o->time : *time_at(w, w->n - 1);
    if (o->time < newest && state_distance(o->time, newest) > reach)
        return WINDOW_E_LATE;
    newest = o->time > newest ? o->time : newest;
    while (w->n > 0 && state_distance(*time_at(w, 0), newest) > reach)
        drop_oldest(w);
    r = insert(ws, w, o->time, &place);
    if (r < 0)
        return error_trace(r);
    return reached(w, place, fired) ? WINDOW_E_FIRED : 0;
}

/* n:varint  first:8  (n - 1) × distance to the one before:varint */
static void
put(const struct window *w, struct buffer *b)
{
    struct window *own = (struct window *)w;
    char *p = buffer_reserve(b, STATE_VARINT_MAX + 8 + (size_t)w->n * STATE_VARINT_MAX);
    char *begin = p;
    uint32_t i;

    if (p == NULL)
        return;
    p = state_write_fixed(state_write_varint(p, w->n), (uint64_t)*time_at(own, 0));
    for (i = 1; i < w->n; i++)
        p = state_write_varint(p, state_distance(*time_at(own, i - 1), *time_at(own, i)));
    b->n += (size_t)(p - begin);
}

static int
take(struct windows *ws, struct window *w, struct slice *in)
{
    uint32_t place;
    uint64_t n;
    int64_t time;
    int r;

    w->cap = 1;
    if (!state_take_varint(in, &n) || n == 0 || n > in->n || !state_take_time(in, &time))
        return WINDOW_E_STALE;
    for (;;) {
        r = insert(ws, w, time, &place);
        if (r < 0)
            return error_trace(r);
        if (--n == 0)
            return 0;
        if (!state_take_step(in, &time))
            return WINDOW_E_STALE;
    }
}

const struct window_kind window_times_kind = {count, fini, put, take};
