/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sequence: temporal and temporal_ordered, where they slide.
 *
 * What matters of the events so far is one time a step. Of an order A, B, C: for each of its beginnings (A; A, B; all)
 * the latest time at which one began that has happened since, for no other can be completed sooner. Without an order:
 * when each rule matched last. An event in order moves one of these, whatever happened before.
 *
 * The last EVENTS_KEPT events are kept besides, so that one that comes out of order among them is put into its place
 * and the steps are gone through again from there. One that comes after more events than that counts as the oldest of
 * them.
 */

#include <errno.h>
#include <stdlib.h>

#include "correlate/entries.h"
#include "correlate/window_impl.h"

enum { EVENTS_KEPT = 64 };

#define NEVER INT64_MIN

struct sequence {
    struct entries events; /* value: which rule */
    int64_t steps[];       /* n_steps now, and n_steps before the first of the events */
};

static unsigned
n_steps(const struct threshold *t)
{
    return t->type == CORRELATION_TEMPORAL_ORDERED ? (unsigned)t->n_terms : t->n_rules;
}

static int64_t *
steps_now(struct sequence *s)
{
    return s->steps;
}

static int64_t *
steps_before(struct sequence *s, const struct threshold *t)
{
    return s->steps + n_steps(t);
}

static size_t
bytes_of(const struct threshold *t, const struct sequence *s)
{
    return sizeof(*s) + 2 * n_steps(t) * sizeof(int64_t) + entries_bytes(&s->events);
}

static int
begin(struct windows *ws, struct window *w)
{
    unsigned n = 2 * n_steps(w->threshold);
    struct sequence *s = calloc(1, sizeof(*s) + n * sizeof(int64_t));
    unsigned i;

    if (s == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < n; i++)
        s->steps[i] = NEVER;
    w->held.state = s;
    ws->bytes += bytes_of(w->threshold, s);
    return 0;
}

static void
fini(struct windows *ws, struct window *w)
{
    struct sequence *s = w->held.state;

    if (s == NULL)
        return;
    ws->bytes -= bytes_of(w->threshold, s);
    entries_fini(&s->events);
    free(s);
    w->held.state = NULL;
}

static bool
is_recent(const struct threshold *t, int64_t began, int64_t now)
{
    return began != NEVER && began <= now && state_distance(began, now) <= (uint64_t)t->timespan_ns;
}

/*
 * Terms as steps: the step of a rule is the beginning of the order up to it; the step of a rule that must be absent
 * is that of the rule before it, gone once it matches.
 */
static void
set_step(const struct threshold *t, int64_t *steps, size_t i, int64_t began)
{
    do
        steps[i++] = began;
    while (i < t->n_terms && t->terms[i].kind == TERM_ABSENT);
}

static void
go_on_in_order(const struct threshold *t, int64_t *steps, const struct entry *e)
{
    size_t i;

    for (i = t->n_terms; i-- > 0;)
        if (t->terms[i].rule != e->value)
            continue;
        else if (t->terms[i].kind == TERM_ABSENT)
            set_step(t, steps, i, NEVER);
        else
            set_step(t, steps, i, i == 0 ? e->time : steps[i - 1]);
}

/* The whole order: only where the last of it has just come. */
static bool
is_in_order(const struct threshold *t, const int64_t *steps, const struct entry *e, struct window_fired *fired)
{
    size_t last = t->n_terms - 1;

    if (t->terms[last].rule != e->value || !is_recent(t, steps[last], e->time))
        return false;
    *fired = (struct window_fired){.n = t->n_rules, .value = t->n_rules, .since = {steps[last]}};
    return true;
}

static bool
is_together(const struct threshold *t, const int64_t *steps, int64_t now, struct window_fired *fired)
{
    uint64_t present = 0;
    int64_t since = now;
    unsigned n = 0;
    unsigned i;

    for (i = 0; i < t->n_rules; i++)
        if (is_recent(t, steps[i], now)) {
            present |= UINT64_C(1) << i;
            since = steps[i] < since ? steps[i] : since;
            n++;
        }
    *fired = (struct window_fired){.n = n, .value = n, .since = {since}};
    return t->n_terms > 0 ? condition_rules(t->terms, t->n_terms, present)
                          : condition_holds(t->comparisons, t->n_comparisons, n);
}

/* Takes the step of one event. Return: whether the condition is true with it. */
static bool
go_on(const struct threshold *t, int64_t *steps, const struct entry *e, struct window_fired *fired)
{
    if (t->type == CORRELATION_TEMPORAL_ORDERED) {
        go_on_in_order(t, steps, e);
        return is_in_order(t, steps, e, fired);
    }
    if (steps[e->value] < e->time)
        steps[e->value] = e->time;
    return is_together(t, steps, e->time, fired);
}

static void
drop_oldest(struct sequence *s, const struct threshold *t)
{
    struct window_fired fired;

    (void)go_on(t, steps_before(s, t), entries_at(&s->events, 0), &fired);
    entries_drop_oldest(&s->events);
}

/* Goes through all events again, one of which is new at @place. */
static bool
go_again(struct sequence *s, const struct threshold *t, uint32_t place, struct window_fired *fired)
{
    uint32_t i;

    memcpy(steps_now(s), steps_before(s, t), n_steps(t) * sizeof(int64_t));
    for (i = 0; i < s->events.n; i++)
        if (go_on(t, steps_now(s), entries_at(&s->events, i), fired) && i >= place)
            return true;
    return false;
}

static int
count(struct windows *ws, struct window *w, const struct occurrence *o, struct window_fired *fired)
{
    const struct threshold *t = w->threshold;
    struct sequence *s;
    size_t before;
    int64_t newest;
    uint32_t place;
    bool holds;
    int r = w->held.state == NULL ? begin(ws, w) : 0;

    if (r < 0)
        return error_trace(r);
    s = w->held.state;
    newest = s->events.n == 0 ? o->time : entries_at(&s->events, s->events.n - 1)->time;
    if (o->time < newest && state_distance(o->time, newest) > window_reach(ws, t))
        return WINDOW_E_LATE;
    before = entries_bytes(&s->events);
    if (s->events.n >= EVENTS_KEPT)
        drop_oldest(s, t);
    r = entries_insert(&s->events, (struct entry){o->time, o->value}, &place);
    if (r < 0)
        return error_trace(r);
    ws->bytes += entries_bytes(&s->events) - before;
    holds = place + 1 == s->events.n ? go_on(t, steps_now(s), entries_at(&s->events, place), fired)
                                     : go_again(s, t, place, fired);
    return holds ? WINDOW_E_FIRED : 0;
}

/* The steps before, each as a time:8, and the events. */
static void
put(const struct window *w, struct buffer *b)
{
    struct sequence *s = w->held.state;
    const int64_t *steps = steps_before(s, w->threshold);
    unsigned i;

    for (i = 0; i < n_steps(w->threshold); i++)
        state_put_fixed(b, (uint64_t)steps[i]);
    entries_put(&s->events, b);
}

static bool
are_rules(const struct sequence *s, const struct threshold *t)
{
    uint32_t i;

    for (i = 0; i < s->events.n; i++)
        if (entries_at(&s->events, i)->value >= t->n_rules)
            return false;
    return true;
}

static int
take(struct windows *ws, struct window *w, struct slice *in)
{
    const struct threshold *t = w->threshold;
    struct window_fired fired;
    struct sequence *s;
    unsigned i;
    int r = begin(ws, w);

    if (r < 0)
        return error_trace(r);
    s = w->held.state;
    for (i = 0; i < n_steps(t); i++)
        if (!state_take_time(in, &steps_before(s, t)[i]))
            return WINDOW_E_STALE;
    ws->bytes -= bytes_of(t, s);
    r = entries_take(&s->events, in, EVENTS_KEPT);
    ws->bytes += bytes_of(t, s);
    if (r < 0)
        return error_trace(r);
    if (r > 0 || s->events.n == 0 || !are_rules(s, t))
        return WINDOW_E_STALE;
    (void)go_again(s, t, s->events.n, &fired);
    return 0;
}

const struct window_kind window_sequence_kind = {count, fini, put, take};
