/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sum: the value_sum that slides. It fires when the numbers within some timespan sum up to what is asked.
 *
 * Numbers stand in order of time; the sum of the newest timespan is carried along and summed up afresh now and then, so
 * that what fractions lose on the way does not pile up. Integers up to 2^53 lose nothing.
 */

#include <errno.h>
#include <stdlib.h>

#include "correlate/entries.h"
#include "correlate/window_impl.h"

enum { AFRESH = 4096 };

struct sum {
    struct entries numbers;
    uint32_t inside;  /* the first one within the timespan of the newest */
    uint32_t carried; /* numbers taken off the total since it was summed up afresh */
    double total;     /* from there on */
};

static double
number_at(const struct sum *s, uint32_t i)
{
    double v;

    memcpy(&v, &entries_at(&s->numbers, i)->value, sizeof(v));
    return v;
}

static int64_t
time_at(const struct sum *s, uint32_t i)
{
    return entries_at(&s->numbers, i)->time;
}

static size_t
bytes_of(const struct sum *s)
{
    return sizeof(*s) + entries_bytes(&s->numbers);
}

static int
begin(struct windows *ws, struct window *w)
{
    struct sum *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return error_origin(-ENOMEM);
    w->held.state = s;
    ws->bytes += bytes_of(s);
    return 0;
}

static void
fini(struct windows *ws, struct window *w)
{
    struct sum *s = w->held.state;

    if (s == NULL)
        return;
    ws->bytes -= bytes_of(s);
    entries_fini(&s->numbers);
    free(s);
    w->held.state = NULL;
}

static void
sum_afresh(struct sum *s)
{
    uint32_t i;

    s->total = 0;
    for (i = s->inside; i < s->numbers.n; i++)
        s->total += number_at(s, i);
    s->carried = 0;
}

/* Lets the newest timespan begin where it now does. */
static void
advance(struct sum *s, int64_t timespan)
{
    int64_t newest = time_at(s, s->numbers.n - 1);

    while (state_distance(time_at(s, s->inside), newest) > (uint64_t)timespan) {
        s->total -= number_at(s, s->inside++);
        s->carried++;
    }
    if (s->carried >= AFRESH && s->carried >= s->numbers.n - s->inside)
        sum_afresh(s);
}

static void
drop_oldest(struct sum *s)
{
    if (s->inside > 0)
        s->inside--;
    else
        s->total -= number_at(s, 0);
    s->carried++;
    entries_drop_oldest(&s->numbers);
    if (s->numbers.n == 0)
        s->total = 0;
}

/* Puts @o in its place. */
static int
add(struct windows *ws, struct sum *s, const struct occurrence *o, int64_t timespan, uint32_t *place)
{
    size_t before = entries_bytes(&s->numbers);
    int r = entries_insert(&s->numbers, (struct entry){o->time, o->value}, place);

    if (r < 0)
        return error_trace(r);
    ws->bytes += entries_bytes(&s->numbers) - before;
    if (*place < s->inside)
        s->inside++;
    else if (*place == s->inside && state_distance(o->time, time_at(s, s->numbers.n - 1)) > (uint64_t)timespan)
        s->inside++;
    else
        s->total += number_at(s, *place);
    advance(s, timespan);
    return 0;
}

static bool
fire(const struct sum *s, uint32_t first, uint32_t n, double total, struct window_fired *fired)
{
    *fired = (struct window_fired){.n = n, .value = total, .since = {time_at(s, first)}};
    return true;
}

/* As of values: the newest timespan first, then, for what came out of order, those before it, a number at a time. */
static bool
reached(const struct sum *s, const struct threshold *t, int64_t time, struct window_fired *fired)
{
    uint32_t first = s->inside;
    uint32_t end = s->numbers.n;
    double total = s->total;

    if (condition_holds(t->comparisons, t->n_comparisons, total))
        return fire(s, first, end - first, total, fired);
    while (first > 0 && state_distance(time_at(s, first - 1), time) <= (uint64_t)t->timespan_ns) {
        total += number_at(s, --first);
        while (state_distance(time_at(s, first), time_at(s, end - 1)) > (uint64_t)t->timespan_ns)
            total -= number_at(s, --end);
        if (time_at(s, first) <= time && condition_holds(t->comparisons, t->n_comparisons, total))
            return fire(s, first, end - first, total, fired);
    }
    return false;
}

static int
count(struct windows *ws, struct window *w, const struct occurrence *o, struct window_fired *fired)
{
    const struct threshold *t = w->threshold;
    uint64_t reach = window_reach(ws, t);
    struct sum *s;
    int64_t newest;
    uint32_t place;
    int r = w->held.state == NULL ? begin(ws, w) : 0;

    if (r < 0)
        return error_trace(r);
    s = w->held.state;
    newest = s->numbers.n == 0 ? o->time : time_at(s, s->numbers.n - 1);
    if (o->time < newest && state_distance(o->time, newest) > reach)
        return WINDOW_E_LATE;
    newest = o->time > newest ? o->time : newest;
    while (s->numbers.n > 0 && state_distance(time_at(s, 0), newest) > reach)
        drop_oldest(s);
    if (s->numbers.n >= WINDOW_ENTRIES_MAX) {
        window_count_cut(ws);
        drop_oldest(s);
    }
    r = add(ws, s, o, t->timespan_ns, &place);
    if (r < 0)
        return error_trace(r);
    return reached(s, t, o->time, fired) ? WINDOW_E_FIRED : 0;
}

static void
put(const struct window *w, struct buffer *b)
{
    const struct sum *s = w->held.state;

    entries_put(&s->numbers, b);
}

static int
take(struct windows *ws, struct window *w, struct slice *in)
{
    struct sum *s;
    int r = begin(ws, w);

    if (r < 0)
        return error_trace(r);
    s = w->held.state;
    ws->bytes -= bytes_of(s);
    r = entries_take(&s->numbers, in, WINDOW_ENTRIES_MAX);
    ws->bytes += bytes_of(s);
    if (r < 0)
        return error_trace(r);
    if (r > 0 || s->numbers.n == 0)
        return WINDOW_E_STALE;
    sum_afresh(s);
    advance(s, w->threshold->timespan_ns);
    return 0;
}

const struct window_kind window_sum_kind = {count, fini, put, take};
