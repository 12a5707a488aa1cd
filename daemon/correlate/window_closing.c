/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Closing: windows whose condition is asked when they are over.
 *
 *      start                    end       end + lateness
 *     ──×──────×───────×────×────┼──×───────────┼──▶ the clock of the source heard last in event time
 *        taken in as they come   │ kept for the │ asked; the next window takes in what was kept
 *                                │ next window  │
 *
 * Taken in means what the condition needs and no more: a number, a sum, the different values as far as the condition
 * can tell their count, the rules that matched, or for a percentile all numbers, up to WINDOW_ENTRIES_MAX of them.
 */

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "correlate/distinct.h"
#include "correlate/entries.h"
#include "correlate/window_impl.h"

/* When the last event came, of a window without a clock that was put back: it goes on with the next tick. */
#define PUT_BACK INT64_MAX

struct closing {
    int64_t start;
    int64_t due;     /* when to ask, at the latest */
    uint32_t place;  /* in windows->due */
    uint16_t source; /* the source that lags most among those heard */
    uint64_t n;      /* events taken in */
    union {
        double sum;
        uint64_t rules; /* bits */
        struct distinct values;
        struct entries numbers; /* all of time 0, as they came */
    } taken;
    struct entries later; /* behind the end */
};

static struct closing *
closing_of(const struct window *w)
{
    return w->held.state;
}

static bool
takes_values(const struct threshold *t)
{
    return t->type == CORRELATION_VALUE_COUNT;
}

static bool
takes_numbers(const struct threshold *t)
{
    return t->type == CORRELATION_VALUE_PERCENTILE;
}

static size_t
bytes_of(const struct threshold *t, const struct closing *c)
{
    return sizeof(*c) + entries_bytes(&c->later) + (takes_values(t) ? distinct_bytes(&c->taken.values) : 0) +
           (takes_numbers(t) ? entries_bytes(&c->taken.numbers) : 0);
}

static void
forget_taken(const struct threshold *t, struct closing *c)
{
    if (takes_values(t))
        distinct_fini(&c->taken.values);
    if (takes_numbers(t))
        entries_fini(&c->taken.numbers);
    memset(&c->taken, 0, sizeof(c->taken));
    c->n = 0;
}

static void
fini(struct windows *ws, struct window *w)
{
    struct closing *c = closing_of(w);

    if (c == NULL)
        return;
    ws->bytes -= bytes_of(w->threshold, c);
    forget_taken(w->threshold, c);
    entries_fini(&c->later);
    free(c);
    w->held.state = NULL;
}

int64_t
window_closing_due(const struct window *w)
{
    return closing_of(w)->due;
}

void
window_closing_set_place(struct window *w, size_t place)
{
    closing_of(w)->place = (uint32_t)place;
}

size_t
window_closing_place(const struct window *w)
{
    return closing_of(w)->place;
}

static int64_t
earlier_by(int64_t time, uint64_t ns)
{
    int64_t difference;

    return ns > INT64_MAX || __builtin_sub_overflow(time, (int64_t)ns, &difference) ? INT64_MIN : difference;
}

/* Times from outside may be anything. */
static int64_t
later_by(int64_t time, uint64_t ns)
{
    int64_t sum;

    return ns > INT64_MAX || __builtin_add_overflow(time, (int64_t)ns, &sum) ? INT64_MAX : sum;
}

static int64_t
end_of(const struct threshold *t, const struct closing *c)
{
    return later_by(c->start, (uint64_t)t->timespan_ns);
}

/* What time it is for @w. A window that has heard nobody has a clock of its own, which showed its start when it began. */
static int64_t
clock_of(const struct windows *ws, const struct window *w, int64_t now)
{
    const struct closing *c = closing_of(w);
    int64_t mark = clocks_watermark(ws->clocks, c->source, now);

    if (mark != INT64_MIN)
        return mark;
    return now > w->arrived_ns ? later_by(c->start, state_distance(w->arrived_ns, now)) : c->start;
}

/* When its clock shows the end and the lateness, if nothing more is heard, or when it did. */
static int64_t
expected_at(const struct windows *ws, const struct window *w, int64_t now)
{
    int64_t mark = clock_of(ws, w, now);
    int64_t over = later_by(end_of(w->threshold, closing_of(w)), (uint64_t)ws->settings->lateness_ns);

    return mark >= over ? earlier_by(now, state_distance(over, mark)) : later_by(now, state_distance(mark, over));
}

int
window_closing_begin(struct windows *ws, struct window *w, int64_t start, int64_t now)
{
    struct closing *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return error_origin(-ENOMEM);
    *c = (struct closing){.start = start, .source = w->source};
    w->held.state = c;
    w->arrived_ns = now;
    c->due = expected_at(ws, w, now);
    ws->bytes += bytes_of(w->threshold, c);
    return 0;
}

/* What is taken in. */

static int
add_value(const struct windows *ws, const struct threshold *t, struct closing *c, const struct entry *e)
{
    struct distinct *values = &c->taken.values;
    uint32_t at;

    if (distinct_find(values, e->value) != DISTINCT_NONE || values->n >= t->saturates)
        return 0;
    if (values->n >= WINDOW_ENTRIES_MAX) {
        window_count_cut(ws);
        return 0;
    }
    return distinct_add(values, e->value, e->time, &at);
}

static double
as_double(uint64_t bits)
{
    double v;

    memcpy(&v, &bits, sizeof(v));
    return v;
}

static int
add_number(const struct windows *ws, struct closing *c, const struct entry *e)
{
    uint32_t place;

    if (c->taken.numbers.n >= WINDOW_ENTRIES_MAX) {
        window_count_cut(ws);
        return 0;
    }
    return entries_insert(&c->taken.numbers, (struct entry){0, e->value}, &place);
}

static int
take_in(struct windows *ws, const struct threshold *t, struct closing *c, const struct entry *e)
{
    int r = 0;

    ws->bytes -= bytes_of(t, c);
    switch (t->type) {
    case CORRELATION_EVENT_COUNT:
    case CORRELATION_TEMPORAL_ORDERED:
        break;
    case CORRELATION_VALUE_COUNT:
        r = add_value(ws, t, c, e);
        break;
    case CORRELATION_TEMPORAL:
        c->taken.rules |= UINT64_C(1) << e->value;
        break;
    case CORRELATION_VALUE_SUM:
    case CORRELATION_VALUE_AVG:
        c->taken.sum += as_double(e->value);
        break;
    case CORRELATION_VALUE_PERCENTILE:
        r = add_number(ws, c, e);
        break;
    }
    c->n++;
    ws->bytes += bytes_of(t, c);
    return r < 0 ? error_trace(r) : 0;
}

static int
keep_for_later(struct windows *ws, const struct threshold *t, struct closing *c, struct entry e)
{
    uint32_t place;
    int r;

    if (c->later.n >= WINDOW_ENTRIES_MAX) {
        window_count_cut(ws);
        return 0;
    }
    ws->bytes -= bytes_of(t, c);
    r = entries_insert(&c->later, e, &place);
    ws->bytes += bytes_of(t, c);
    return r < 0 ? error_trace(r) : 0;
}

/* The clock that lags most is the one to wait for. */
static void
hear(const struct windows *ws, struct closing *c, const struct occurrence *o)
{
    if (c->source == CLOCK_NONE ||
        clocks_watermark(ws->clocks, o->source, o->arrived) < clocks_watermark(ws->clocks, c->source, o->arrived))
        c->source = o->source;
}

static int
count(struct windows *ws, struct window *w, const struct occurrence *o, struct window_fired *fired)
{
    const struct threshold *t = w->threshold;
    const struct entry e = {o->time, o->value};
    struct closing *c = closing_of(w);
    int64_t due;
    int r;

    (void)fired;
    if (c->n == 0 && c->later.n == 0 && o->time < c->start)
        c->start = o->time;
    r = o->time > end_of(t, c) ? keep_for_later(ws, t, c, e) : take_in(ws, t, c, &e);
    if (r < 0)
        return error_trace(r);
    hear(ws, c, o);
    due = expected_at(ws, w, o->arrived);
    if (due < c->due || c->n + c->later.n == 1) {
        c->due = due;
        windows_due_moved(ws, w);
    }
    return 0;
}

bool
window_closing_is_over(const struct windows *ws, struct window *w, int64_t now)
{
    struct closing *c = closing_of(w);

    if (w->arrived_ns == PUT_BACK)
        w->arrived_ns = now;
    c->due = expected_at(ws, w, now);
    return c->due <= now;
}

static int
by_number(const void *a, const void *b)
{
    double x = as_double(((const struct entry *)a)->value);
    double y = as_double(((const struct entry *)b)->value);

    return (x > y) - (x < y);
}

/* Linear between the two nearest ranks, as most tools do it. */
static double
percentile(const struct entries *numbers, double p)
{
    double rank = p / 100 * (double)(numbers->n - 1);
    uint32_t low = (uint32_t)floor(rank);
    uint32_t high = (uint32_t)ceil(rank);
    double a;
    double b;

    qsort(
        numbers->ring, numbers->n, sizeof(*numbers->ring), by_number); /* the ring has not turned: nothing is dropped */
    a = as_double(entries_at(numbers, low)->value);
    b = as_double(entries_at(numbers, high)->value);
    return a + (b - a) * (rank - low);
}

/* What is compared. */
static double
value_of(const struct threshold *t, const struct closing *c)
{
    switch (t->type) {
    case CORRELATION_VALUE_COUNT:
        return c->taken.values.n;
    case CORRELATION_TEMPORAL:
        return __builtin_popcountll(c->taken.rules);
    case CORRELATION_VALUE_SUM:
        return c->taken.sum;
    case CORRELATION_VALUE_AVG:
        return c->taken.sum / (double)c->n;
    case CORRELATION_VALUE_PERCENTILE:
        return percentile(&c->taken.numbers, t->percentile);
    case CORRELATION_EVENT_COUNT:
    case CORRELATION_TEMPORAL_ORDERED:
        break;
    }
    return (double)c->n;
}

/* A window without events has no sum, and no rules. */
static bool
holds(const struct threshold *t, const struct closing *c, struct window_fired *fired)
{
    if (c->n == 0 && !t->holds_of_none)
        return false;
    *fired = (struct window_fired){.n = takes_values(t) ? c->taken.values.n : c->n,
        .value = value_of(t, c),
        .since = {c->start},
        .until = {end_of(t, c)}};
    if (t->n_terms > 0)
        return condition_rules(t->terms, t->n_terms, c->taken.rules);
    return condition_holds(t->comparisons, t->n_comparisons, fired->value);
}

/* What waits only for another rule to be absent does not begin a window. */
static void
skip_what_begins_none(const struct threshold *t, struct closing *c)
{
    while (
        t->type == CORRELATION_TEMPORAL && c->later.n > 0 && (t->openers >> entries_at(&c->later, 0)->value & 1) == 0)
        entries_drop_oldest(&c->later);
}

/*
 * Where the next window begins. After one without events that was told as such, the time until the next event, or until
 * now, is the same silence, however long it was.
 */
static int64_t
next_start(const struct windows *ws, const struct window *w, bool was_empty, int64_t now)
{
    const struct threshold *t = w->threshold;
    const struct closing *c = closing_of(w);
    int64_t start = later_by(end_of(t, c), 1);
    int64_t ahead;

    if (!t->holds_of_none)
        return c->later.n > 0 ? entries_at(&c->later, 0)->time : start;
    ahead = c->later.n > 0 ? entries_at(&c->later, 0)->time
                           : earlier_by(clock_of(ws, w, now), (uint64_t)ws->settings->lateness_ns);
    return was_empty && ahead > later_by(start, (uint64_t)t->timespan_ns) ? ahead : start;
}

/* The window behind this one takes in what was kept for it. */
static int
begin_next(struct windows *ws, struct window *w, int64_t start)
{
    const struct threshold *t = w->threshold;
    struct closing *c = closing_of(w);
    int r = 0;

    if (c->source == CLOCK_NONE)
        w->arrived_ns = later_by(w->arrived_ns, state_distance(c->start, start));
    c->start = start;
    while (r == 0 && c->later.n > 0 && entries_at(&c->later, 0)->time <= end_of(t, c)) {
        r = take_in(ws, t, c, entries_at(&c->later, 0));
        entries_drop_oldest(&c->later);
    }
    if (c->later.n == 0) {
        ws->bytes -= entries_bytes(&c->later);
        entries_fini(&c->later);
    }
    return r < 0 ? error_trace(r) : 0;
}

/* Silence is told once a group, each timespan where there are no groups. */
int
window_closing_close(struct windows *ws, struct window *w, int64_t now, struct window_fired *fired, bool *gone)
{
    const struct threshold *t = w->threshold;
    struct closing *c = closing_of(w);
    bool was_empty = c->n == 0;
    bool fires = holds(t, c, fired);
    int64_t start;
    int r;

    ws->bytes -= bytes_of(t, c);
    forget_taken(t, c);
    ws->bytes += bytes_of(t, c);
    skip_what_begins_none(t, c);
    start = next_start(ws, w, was_empty, now);
    r = begin_next(ws, w, start);
    if (r < 0)
        return error_trace(r);
    *gone = start == INT64_MAX || (c->n == 0 && c->later.n == 0 && !(t->holds_of_none && (!was_empty || t->whole)));
    c->due = expected_at(ws, w, now);
    return fires ? WINDOW_E_FIRED : 0;
}

/* start:8  n:varint  what is taken in, by type  what is kept for later */
static void
put(const struct window *w, struct buffer *b)
{
    const struct threshold *t = w->threshold;
    const struct closing *c = closing_of(w);
    uint64_t bits;

    state_put_fixed(b, (uint64_t)c->start);
    state_put_varint(b, c->n);
    if (takes_values(t)) {
        state_put_fixed(b, t->salt);
        distinct_put(&c->taken.values, b);
    } else if (takes_numbers(t)) {
        entries_put(&c->taken.numbers, b);
    } else {
        memcpy(&bits, &c->taken, sizeof(bits)); /* the sum, or the rules */
        state_put_fixed(b, bits);
    }
    entries_put(&c->later, b);
}

static int
take_taken(struct threshold *t, struct closing *c, struct slice *in)
{
    uint64_t bits;

    if (takes_numbers(t))
        return entries_take(&c->taken.numbers, in, WINDOW_ENTRIES_MAX);
    if (!state_take_fixed(in, &bits))
        return WINDOW_E_STALE;
    if (takes_values(t)) {
        if (t->n_windows > 1 && bits != t->salt)
            return WINDOW_E_STALE;
        t->salt = bits;
        return distinct_take(&c->taken.values, in, WINDOW_ENTRIES_MAX);
    }
    memcpy(&c->taken, &bits, sizeof(bits));
    return 0;
}

/* A damaged state may hold anything; what would index or divide is looked at. */
static bool
is_sound(const struct threshold *t, const struct closing *c)
{
    uint32_t i;

    if (t->type == CORRELATION_TEMPORAL)
        for (i = 0; i < c->later.n; i++)
            if (entries_at(&c->later, i)->value >= t->n_rules)
                return false;
    return !takes_numbers(t) || (c->n > 0) == (c->taken.numbers.n > 0);
}

static int
take(struct windows *ws, struct window *w, struct slice *in)
{
    struct threshold *t = w->threshold;
    struct closing *c;
    int64_t start;
    int r;

    if (!state_take_time(in, &start))
        return WINDOW_E_STALE;
    r = window_closing_begin(ws, w, start, w->arrived_ns);
    if (r < 0)
        return error_trace(r);
    c = closing_of(w);
    ws->bytes -= bytes_of(t, c);
    r = state_take_varint(in, &c->n) ? take_taken(t, c, in) : WINDOW_E_STALE;
    if (r == 0)
        r = entries_take(&c->later, in, WINDOW_ENTRIES_MAX);
    ws->bytes += bytes_of(t, c);
    if (r < 0)
        return error_trace(r);
    if (w->source == CLOCK_NONE)
        w->arrived_ns = PUT_BACK;
    c->due = INT64_MIN;
    return r > 0 || !is_sound(t, c) ? WINDOW_E_STALE : 0;
}

const struct window_kind window_closing_kind = {count, fini, put, take};
