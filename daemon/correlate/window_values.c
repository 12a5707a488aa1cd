/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Values: the value_count that slides. It fires when n different values lie within the timespan, each counted where it
 * was seen last. So it holds fewer than n values within any timespan, and a value seen again costs no more memory.
 */

#include <errno.h>
#include <stdlib.h>

#include "correlate/distinct.h"
#include "correlate/window_impl.h"

struct values {
    struct distinct seen;
    uint32_t inside;   /* the first one within the timespan of the newest, plus 1; 0: there is none */
    uint32_t n_inside; /* how many these are */
};

static const struct distinct_value *
value_at(const struct values *v, uint32_t at)
{
    return &v->seen.values[at];
}

static int64_t
newest_of(const struct values *v)
{
    return value_at(v, distinct_newest(&v->seen))->time;
}

static size_t
bytes_of(const struct values *v)
{
    return sizeof(*v) + distinct_bytes(&v->seen);
}

static int
begin(struct windows *ws, struct window *w)
{
    struct values *v = calloc(1, sizeof(*v));

    if (v == NULL)
        return error_origin(-ENOMEM);
    w->held.state = v;
    ws->bytes += bytes_of(v);
    return 0;
}

static void
fini(struct windows *ws, struct window *w)
{
    struct values *v = w->held.state;

    if (v == NULL)
        return;
    ws->bytes -= bytes_of(v);
    distinct_fini(&v->seen);
    free(v);
    w->held.state = NULL;
}

/* Lets the newest timespan begin where it now does, for the newest has moved on. */
static void
advance(struct values *v, int64_t timespan)
{
    int64_t newest = newest_of(v);

    while (v->inside != 0 && state_distance(value_at(v, v->inside - 1)->time, newest) > (uint64_t)timespan) {
        v->inside = value_at(v, v->inside - 1)->next + 1;
        v->n_inside--;
    }
}

static bool
is_inside(const struct values *v, uint32_t at, int64_t timespan)
{
    return state_distance(value_at(v, at)->time, newest_of(v)) <= (uint64_t)timespan;
}

/* The value at @at leaves its place in time. */
static void
step_out(struct values *v, uint32_t at, int64_t timespan)
{
    if (!is_inside(v, at, timespan))
        return;
    if (v->inside == at + 1)
        v->inside = value_at(v, at)->next + 1;
    v->n_inside--;
}

/* The value at @at has come to its place in time. */
static void
step_in(struct values *v, uint32_t at, int64_t timespan)
{
    if (!is_inside(v, at, timespan))
        return;
    v->n_inside++;
    if (v->inside == 0 || value_at(v, at)->next + 1 == v->inside)
        v->inside = at + 1;
    advance(v, timespan);
}

/* Adds @o, or moves the value to the time it is seen at now. Return: 0 with @at, or -ENOMEM. */
static int
see(struct windows *ws, struct values *v, const struct occurrence *o, int64_t timespan, uint32_t *at)
{
    size_t before = distinct_bytes(&v->seen);
    int r;

    *at = distinct_find(&v->seen, o->value);
    if (*at != DISTINCT_NONE && value_at(v, *at)->time >= o->time)
        return 0;
    if (*at != DISTINCT_NONE) {
        step_out(v, *at, timespan);
        distinct_seen(&v->seen, *at, o->time);
    } else {
        r = distinct_add(&v->seen, o->value, o->time, at);
        if (r < 0)
            return error_trace(r);
    }
    ws->bytes += distinct_bytes(&v->seen) - before;
    step_in(v, *at, timespan);
    return 0;
}

static bool
fire(const struct values *v, uint32_t first, uint32_t n, struct window_fired *fired)
{
    *fired = (struct window_fired){.n = n, .value = n, .since = {value_at(v, first)->time}};
    return true;
}

/*
 * Whether some n values lie within one timespan that holds @time: the newest timespan is looked at first, then, for
 * what came out of order, those before it, a value at a time.
 */
static bool
reached(const struct values *v, const struct threshold *t, int64_t time, struct window_fired *fired)
{
    uint32_t first = v->inside - 1;
    uint32_t last = distinct_newest(&v->seen);
    uint32_t n = v->n_inside;

    if (n >= t->n)
        return fire(v, first, n, fired);
    if (v->seen.n < t->n)
        return false;
    while (value_at(v, first)->prev != DISTINCT_NONE &&
           state_distance(value_at(v, value_at(v, first)->prev)->time, time) <= (uint64_t)t->timespan_ns) {
        first = value_at(v, first)->prev;
        n++;
        while (state_distance(value_at(v, first)->time, value_at(v, last)->time) > (uint64_t)t->timespan_ns) {
            last = value_at(v, last)->prev;
            n--;
        }
        if (n >= t->n && value_at(v, first)->time <= time)
            return fire(v, first, n, fired);
    }
    return false;
}

static void
drop_old(struct values *v, int64_t newest, int64_t timespan, uint64_t reach)
{
    while (v->seen.n > 0 && state_distance(value_at(v, distinct_oldest(&v->seen))->time, newest) > reach) {
        step_out(v, distinct_oldest(&v->seen), timespan);
        distinct_drop_oldest(&v->seen);
    }
}

static int
count(struct windows *ws, struct window *w, const struct occurrence *o, struct window_fired *fired)
{
    const struct threshold *t = w->threshold;
    uint64_t reach = window_reach(ws, t);
    struct values *v;
    int64_t newest;
    uint32_t at;
    int r = w->held.state == NULL ? begin(ws, w) : 0;

    if (r < 0)
        return error_trace(r);
    v = w->held.state;
    newest = v->seen.n == 0 ? o->time : newest_of(v);
    if (o->time < newest && state_distance(o->time, newest) > reach)
        return WINDOW_E_LATE;
    drop_old(v, o->time > newest ? o->time : newest, t->timespan_ns, reach);
    r = see(ws, v, o, t->timespan_ns, &at);
    if (r < 0)
        return error_trace(r);
    return reached(v, t, o->time, fired) ? WINDOW_E_FIRED : 0;
}

/* salt:8, and the values. */
static void
put(const struct window *w, struct buffer *b)
{
    const struct values *v = w->held.state;

    state_put_fixed(b, w->threshold->salt);
    distinct_put(&v->seen, b);
}

static void
find_inside(struct values *v, int64_t timespan)
{
    v->n_inside = v->seen.n;
    v->inside = v->seen.oldest;
    advance(v, timespan);
}

/* The first window of a threshold brings the salt of the process before, for values to be known again. */
static int
take(struct windows *ws, struct window *w, struct slice *in)
{
    struct threshold *t = w->threshold;
    struct values *v;
    uint64_t salt;
    int r = begin(ws, w);

    if (r < 0)
        return error_trace(r);
    v = w->held.state;
    if (!state_take_fixed(in, &salt) || (t->n_windows > 1 && salt != t->salt))
        return WINDOW_E_STALE;
    t->salt = salt;
    ws->bytes -= bytes_of(v);
    r = distinct_take(&v->seen, in, WINDOW_ENTRIES_MAX);
    ws->bytes += bytes_of(v);
    if (r < 0)
        return error_trace(r);
    if (r > 0 || v->seen.n == 0)
        return WINDOW_E_STALE;
    find_inside(v, t->timespan_ns);
    return 0;
}

const struct window_kind window_values_kind = {count, fini, put, take};
