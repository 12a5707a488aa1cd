/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/window.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "correlate/quiet.h"
#include "correlate/window_impl.h"

enum { SLOTS_MIN = 64, STATE_VERSION = 2, BYTES_PER_GROUP = 128, BYTES_MIN = 32 << 20 };

/* The table. */

static uint32_t
hash_of(const struct threshold *t, struct slice key)
{
    return (uint32_t)hash_mix(hash_keyed(key), t->seed);
}

static struct window **
slot_of(const struct windows *ws, const struct threshold *t, struct slice key, uint32_t hash)
{
    size_t at = hash & (ws->n_slots - 1);
    const struct window *w;

    while ((w = ws->slots[at]) != NULL &&
           (w->hash != hash || w->threshold != t || !slice_eq(slice_of(w->key, w->key_n), key)))
        at = (at + 1) & (ws->n_slots - 1);
    return &ws->slots[at];
}

static int
grow_table(struct windows *ws)
{
    size_t n = ws->n_slots == 0 ? SLOTS_MIN : ws->n_slots * 2;
    struct window **slots = calloc(n, sizeof(struct window *));
    size_t i;

    if (slots == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < ws->n_slots; i++)
        if (ws->slots[i] != NULL) {
            size_t at = ws->slots[i]->hash & (n - 1);

            while (slots[at] != NULL)
                at = (at + 1) & (n - 1);
            slots[at] = ws->slots[i];
        }
    free(ws->slots);
    ws->slots = slots;
    ws->n_slots = n;
    return 0;
}

/* Empties the slot of @w and moves later ones of the same run back into the hole. */
static void
clear_slot(struct windows *ws, const struct window *w)
{
    size_t mask = ws->n_slots - 1;
    size_t hole = w->hash & mask;
    size_t at;

    while (ws->slots[hole] != w)
        hole = (hole + 1) & mask;
    for (at = (hole + 1) & mask; ws->slots[at] != NULL; at = (at + 1) & mask)
        if (((at - (ws->slots[at]->hash & mask)) & mask) >= ((at - hole) & mask)) {
            ws->slots[hole] = ws->slots[at];
            hole = at;
        }
    ws->slots[hole] = NULL;
}

/* What the sink has yet to hear. */

static int
mark_changed(struct windows *ws, struct window *w)
{
    struct window **p;
    size_t cap;

    if (w->changed_at > 0)
        return 0;
    if (ws->n_changed == ws->cap_changed) {
        cap = ws->cap_changed == 0 ? SLOTS_MIN : ws->cap_changed * 2;
        p = realloc(ws->changed, cap * sizeof(struct window *));
        if (p == NULL)
            return error_origin(-ENOMEM);
        ws->changed = p;
        ws->cap_changed = cap;
    }
    ws->changed[ws->n_changed++] = w;
    w->changed_at = (uint32_t)ws->n_changed;
    return 0;
}

static void
unmark_changed(struct windows *ws, struct window *w)
{
    struct window *last;

    if (w->changed_at == 0)
        return;
    last = ws->changed[--ws->n_changed];
    ws->changed[w->changed_at - 1] = last;
    last->changed_at = w->changed_at;
    w->changed_at = 0;
}

/* Which windows that close are due, and when: a heap, the soonest on top. */

static bool
is_sooner(const struct window *a, const struct window *b)
{
    return window_closing_due(a) < window_closing_due(b);
}

static void
place_due(struct windows *ws, struct window *w, size_t place)
{
    ws->due[place] = w;
    window_closing_set_place(w, place);
}

void
windows_due_moved(struct windows *ws, struct window *w)
{
    size_t at = window_closing_place(w);

    while (at > 0 && is_sooner(w, ws->due[(at - 1) / 2])) {
        place_due(ws, ws->due[(at - 1) / 2], at);
        at = (at - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * at + 1;

        if (child + 1 < ws->n_due && is_sooner(ws->due[child + 1], ws->due[child]))
            child++;
        if (child >= ws->n_due || !is_sooner(ws->due[child], w))
            break;
        place_due(ws, ws->due[child], at);
        at = child;
    }
    place_due(ws, w, at);
}

static int
add_due(struct windows *ws, struct window *w)
{
    if (ws->n_due == ws->cap_due) {
        size_t cap = ws->cap_due == 0 ? SLOTS_MIN : ws->cap_due * 2;
        struct window **p = realloc(ws->due, cap * sizeof(struct window *));

        if (p == NULL)
            return error_origin(-ENOMEM);
        ws->due = p;
        ws->cap_due = cap;
    }
    place_due(ws, w, ws->n_due++);
    windows_due_moved(ws, w);
    return 0;
}

/* @w may not have come as far as to be among them. */
static void
remove_due(struct windows *ws, struct window *w)
{
    size_t at = w->held.state == NULL ? SIZE_MAX : window_closing_place(w);
    struct window *last;

    if (at >= ws->n_due || ws->due[at] != w)
        return;
    last = ws->due[--ws->n_due];
    if (last == w)
        return;
    place_due(ws, last, at);
    windows_due_moved(ws, last);
}

/* Windows come and go. */

static void
free_window(struct windows *ws, struct window *w)
{
    w->threshold->kind->fini(ws, w);
    free(w);
}

/* Forgets @w, and tells so where the sink knows it. */
static int
drop(struct windows *ws, struct window *w)
{
    int r = 0;

    if (w->told)
        r = ws->told->sink.window_changed(
            ws->told->ctx, w->threshold->uid, slice_of(w->key, w->key_n), (struct slice){NULL, 0});
    unmark_changed(ws, w);
    clear_slot(ws, w);
    list_remove(&w->quiet);
    if (w->threshold->closes)
        remove_due(ws, w);
    ws->n--;
    w->threshold->n_windows--;
    free_window(ws, w);
    return r < 0 ? error_trace(r) : 0;
}

static int
create(struct windows *ws, struct threshold *t, struct slice key, uint32_t hash, struct window **out)
{
    struct window *w;
    int r;

    if ((ws->n + 1) * 4 > ws->n_slots * 3) {
        r = grow_table(ws);
        if (r < 0)
            return error_trace(r);
    }
    w = malloc(sizeof(*w) + key.n);
    if (w == NULL)
        return error_origin(-ENOMEM);
    *w = (struct window){.threshold = t, .hash = hash, .source = CLOCK_NONE, .key_n = key.n & INT16_MAX};
    if (key.n > 0)
        memcpy(w->key, key.p, key.n);
    list_append(&t->quiet, &w->quiet);
    *slot_of(ws, t, key, hash) = w;
    ws->n++;
    t->n_windows++;
    *out = w;
    return 0;
}

/* Who has been quiet longest. */

static int64_t
arrived(const struct list *link)
{
    return LIST_ITEM(link, struct window, quiet)->arrived_ns;
}

static int
sort_restored(struct threshold *t)
{
    int r;

    if (!t->unsorted)
        return 0;
    r = quiet_sort(&t->quiet, arrived);
    if (r < 0)
        return error_trace(r);
    t->unsorted = false;
    return 0;
}

static struct window *
first_of(const struct threshold *t)
{
    return list_empty(&t->quiet) ? NULL : LIST_ITEM(t->quiet.next, struct window, quiet);
}

static int
longest_quiet(struct windows *ws, struct window **out)
{
    size_t i;
    int r;

    *out = NULL;
    for (i = 0; i < ws->n_thresholds; i++) {
        struct window *w;

        r = sort_restored(ws->thresholds[i]);
        if (r < 0)
            return error_trace(r);
        w = first_of(ws->thresholds[i]);
        if (w != NULL && (*out == NULL || w->arrived_ns < (*out)->arrived_ns))
            *out = w;
    }
    return 0;
}

/* Drops the longest-quiet windows, never @spared, until there are at most @n_max and what they hold keeps its bound. */
static int
make_room(struct windows *ws, size_t n_max, const struct window *spared)
{
    struct window *w;
    int r;

    while (UNLIKELY(ws->n > n_max || ws->bytes > ws->bytes_max)) {
        r = longest_quiet(ws, &w);
        if (r < 0)
            return error_trace(r);
        if (w == NULL || w == spared)
            return 0;
        counters_add(ws->told->counters, CORRELATOR_C_WINDOWS_EVICTED, 1);
        r = drop(ws, w);
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}

/* What the header offers. */

int
windows_new(
    struct windows **out, const struct correlator_settings *settings, const struct told *told, struct clocks *clocks)
{
    struct windows *ws = calloc(1, sizeof(*ws));

    if (ws == NULL)
        return error_origin(-ENOMEM);
    ws->settings = settings;
    ws->told = told;
    ws->clocks = clocks;
    ws->bytes_max = settings->bytes_max > 0 ? settings->bytes_max : settings->groups_max * BYTES_PER_GROUP + BYTES_MIN;
    *out = ws;
    return 0;
}

void
windows_free(struct windows *ws)
{
    size_t i;

    if (ws == NULL)
        return;
    for (i = 0; i < ws->n_slots; i++)
        if (ws->slots[i] != NULL)
            free_window(ws, ws->slots[i]);
    free(ws->slots);
    free(ws->changed);
    free(ws->due);
    free(ws->thresholds);
    buffer_fini(&ws->state);
    buffer_fini(&ws->key);
    free(ws);
}

size_t
windows_length(const struct windows *ws)
{
    return ws->n;
}

size_t
windows_bytes(const struct windows *ws)
{
    return ws->bytes;
}

static const struct window_kind *
kind_of(const struct threshold *t)
{
    static const struct window_kind *const sliding[] = {
        // clang-format off
        [CORRELATION_EVENT_COUNT]      = &window_times_kind,
        [CORRELATION_VALUE_COUNT]      = &window_values_kind,
        [CORRELATION_TEMPORAL]         = &window_sequence_kind,
        [CORRELATION_TEMPORAL_ORDERED] = &window_sequence_kind,
        [CORRELATION_VALUE_SUM]        = &window_sum_kind,
        [CORRELATION_VALUE_AVG]        = &window_closing_kind,
        [CORRELATION_VALUE_PERCENTILE] = &window_closing_kind,
        // clang-format on
    };

    return t->closes ? &window_closing_kind : sliding[t->type];
}

int
windows_add(struct windows *ws, struct threshold *t)
{
    struct threshold **p = realloc(ws->thresholds, (ws->n_thresholds + 1) * sizeof(struct threshold *));

    if (p == NULL)
        return error_origin(-ENOMEM);
    list_init(&t->quiet);
    t->kind = kind_of(t);
    p[ws->n_thresholds++] = t;
    ws->thresholds = p;
    return 0;
}

int
windows_drop(struct windows *ws, struct threshold *t)
{
    size_t i;
    int r;

    while (first_of(t) != NULL) {
        r = drop(ws, first_of(t));
        if (r < 0)
            return error_trace(r);
    }
    for (i = 0; i < ws->n_thresholds && ws->thresholds[i] != t; i++)
        ;
    ASSERT(i < ws->n_thresholds);
    ws->thresholds[i] = ws->thresholds[--ws->n_thresholds];
    return 0;
}

/* A new window, for which there is room. */
static int
open_window(struct windows *ws, struct threshold *t, struct slice key, uint32_t hash, const struct occurrence *first,
    struct window **out)
{
    int r;

    r = make_room(ws, ws->settings->groups_max > 0 ? ws->settings->groups_max - 1 : 0, NULL);
    if (r < 0)
        return error_trace(r);
    r = create(ws, t, key, hash, out);
    if (r == 0 && t->closes) {
        r = window_closing_begin(ws, *out, first->time, first->arrived);
        if (r == 0)
            r = add_due(ws, *out);
    }
    return r < 0 ? error_trace(r) : 0;
}

/* What a window that closes does not take: it is over for such a time, or begins with another rule's event. */
static int
refuses(const struct windows *ws, const struct threshold *t, const struct occurrence *o, bool is_open)
{
    int64_t mark = clocks_watermark(ws->clocks, o->source, o->arrived);

    if (o->time < mark && state_distance(o->time, mark) > (uint64_t)ws->settings->lateness_ns)
        return WINDOW_E_LATE;
    return !is_open && t->type == CORRELATION_TEMPORAL && (t->openers >> o->value & 1) == 0;
}

static int
count_in(struct windows *ws, struct window *w, const struct occurrence *o, struct window_fired *fired)
{
    struct threshold *t = w->threshold;
    int outcome = t->kind->count(ws, w, o, fired);
    int r;

    if (outcome < 0 || outcome == WINDOW_E_LATE)
        return outcome;
    if (outcome == WINDOW_E_FIRED) {
        r = drop(ws, w);
        return r < 0 ? error_trace(r) : outcome;
    }
    if (o->arrived > w->arrived_ns)
        w->arrived_ns = o->arrived;
    w->source = o->source;
    quiet_spoke(&t->quiet, &w->quiet);
    r = mark_changed(ws, w);
    if (r < 0)
        return error_trace(r);
    return make_room(ws, SIZE_MAX, w);
}

int
windows_count(
    struct windows *ws, struct threshold *t, struct slice key, const struct occurrence *o, struct window_fired *fired)
{
    uint32_t hash = hash_of(t, key);
    struct window *w = ws->n_slots == 0 ? NULL : *slot_of(ws, t, key, hash);
    int r;

    if (t->closes) {
        r = refuses(ws, t, o, w != NULL);
        if (r != 0)
            return r == WINDOW_E_LATE ? r : 0;
    }
    if (w == NULL) {
        r = open_window(ws, t, key, hash, o, &w);
        if (r < 0)
            return error_trace(r);
    }
    return count_in(ws, w, o, fired);
}

static int
forget_quiet(struct windows *ws, struct threshold *t, struct walltime now)
{
    struct window *w;
    int r = sort_restored(t);

    while (r == 0 && (w = first_of(t)) != NULL && now.ns > w->arrived_ns &&
           state_distance(w->arrived_ns, now.ns) > window_reach(ws, t))
        r = drop(ws, w);
    return r;
}

/* Ends the window on top of the heap, and tells whom it concerns; what that does may change all windows. */
static int
close_window(struct windows *ws, struct walltime now, window_closed_fn *closed, void *ctx)
{
    struct window *w = ws->due[0];
    struct threshold *t = w->threshold;
    struct window_fired fired;
    bool gone = false;
    int outcome;
    int r;

    buffer_reset(&ws->key);
    if (w->key_n > 0)
        buffer_add(&ws->key, slice_of(w->key, w->key_n));
    if (ws->key.failed)
        return error_origin(-ENOMEM);
    outcome = window_closing_close(ws, w, now.ns, &fired, &gone);
    if (outcome < 0)
        return error_trace(outcome);
    if (gone) {
        r = drop(ws, w);
    } else {
        windows_due_moved(ws, w);
        r = mark_changed(ws, w);
    }
    if (r == 0 && outcome == WINDOW_E_FIRED)
        r = closed(ctx, t, buffer_slice(&ws->key), &fired);
    return r < 0 ? error_trace(r) : r;
}

static int
close_due(struct windows *ws, struct walltime now, window_closed_fn *closed, void *ctx)
{
    int r = 0;

    while (r == 0 && ws->n_due > 0 && window_closing_due(ws->due[0]) <= now.ns) {
        if (window_closing_is_over(ws, ws->due[0], now.ns))
            r = close_window(ws, now, closed, ctx);
        else
            windows_due_moved(ws, ws->due[0]);
    }
    return r;
}

/* The one window of a correlation without groups is there before its first event: that may be the one that is missed.
 */
static int
watch_for_nothing(struct windows *ws, struct threshold *t, struct walltime now)
{
    const struct slice none = {NULL, 0};
    const struct occurrence begin = {.time = now.ns, .arrived = now.ns};
    struct window *w;
    int r;

    if (!t->holds_of_none || !t->whole || t->n_windows > 0)
        return 0;
    r = open_window(ws, t, none, hash_of(t, none), &begin, &w);
    if (r == 0)
        r = mark_changed(ws, w);
    return r < 0 ? error_trace(r) : 0;
}

/* Where a clock jumped, windows may be due sooner than was expected. */
static void
ask_all(struct windows *ws, struct walltime now)
{
    size_t n = ws->n_due;
    size_t i;

    ws->n_due = 0;
    for (i = 0; i < n; i++) {
        (void)window_closing_is_over(ws, ws->due[i], now.ns);
        place_due(ws, ws->due[i], ws->n_due++);
        windows_due_moved(ws, ws->due[i]);
    }
    ws->clocks->jumped = false;
}

int
windows_tick(struct windows *ws, struct walltime now, window_closed_fn *closed, void *ctx)
{
    size_t i;
    int r;

    clocks_start(ws->clocks, now.ns);
    if (ws->clocks->jumped)
        ask_all(ws, now);
    r = make_room(ws, ws->settings->groups_max, NULL);
    for (i = 0; i < ws->n_thresholds && r == 0; i++)
        r = ws->thresholds[i]->closes ? watch_for_nothing(ws, ws->thresholds[i], now)
                                      : forget_quiet(ws, ws->thresholds[i], now);
    if (r == 0)
        r = close_due(ws, now, closed, ctx);
    return r < 0 ? error_trace(r) : r;
}

/*
 * State, as it is told and put back:
 *
 *     version:1  definition:8  arrived:8  source:varint  newest:8, and what its kind writes
 *
 * Newest is the clock of the source heard last; of none, nothing stands there.
 */

static void
put_clock(const struct windows *ws, const struct window *w, struct buffer *b)
{
    state_put_varint(b, w->source);
    if (w->source == CLOCK_NONE)
        return;
    state_put_fixed(b, (uint64_t)clocks_newest(ws->clocks, w->source));
}

static int
tell(struct windows *ws, struct window *w)
{
    struct buffer *b = &ws->state;

    buffer_reset(b);
    buffer_add_char(b, STATE_VERSION);
    state_put_fixed(b, w->threshold->definition);
    state_put_fixed(b, (uint64_t)w->arrived_ns);
    put_clock(ws, w, b);
    w->threshold->kind->put(w, b);
    if (b->failed)
        return error_origin(-ENOMEM);
    w->told = 1;
    return ws->told->sink.window_changed(ws->told->ctx, w->threshold->uid, slice_of(w->key, w->key_n), buffer_slice(b));
}

int
windows_flush(struct windows *ws)
{
    int r;

    while (ws->n_changed > 0) {
        struct window *w = ws->changed[ws->n_changed - 1];

        unmark_changed(ws, w);
        r = tell(ws, w);
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}

/* Reads the head of a state. Return: whether it is one of @t. */
static bool
take_head(struct slice *in, const struct threshold *t, int64_t *arrived_ns)
{
    uint64_t definition;

    if (in->n == 0 || in->p[0] != STATE_VERSION)
        return false;
    *in = slice_from(*in, 1);
    return state_take_fixed(in, &definition) && definition == t->definition && state_take_time(in, arrived_ns);
}

static int
take_clock(struct windows *ws, struct window *w, struct slice *in)
{
    uint64_t source;
    int64_t newest;

    if (!state_take_varint(in, &source) || source > CLOCK_NONE)
        return WINDOW_E_STALE;
    w->source = (uint16_t)source;
    if (source == CLOCK_NONE)
        return 0;
    if (!state_take_time(in, &newest))
        return WINDOW_E_STALE;
    return clocks_restore(ws->clocks, w->source, newest);
}

static int
take_state(struct windows *ws, struct window *w, struct slice *in)
{
    int r = take_clock(ws, w, in);

    if (r == 0)
        r = w->threshold->kind->take(ws, w, in);
    if (r == 0 && in->n > 0)
        r = WINDOW_E_STALE;
    if (r == 0 && w->threshold->closes)
        r = add_due(ws, w);
    return r < 0 ? error_trace(r) : r;
}

int
windows_restore(struct windows *ws, struct threshold *t, struct slice key, struct slice state)
{
    struct slice in = state;
    struct window *w;
    int64_t arrived_ns;
    int r;

    if (!take_head(&in, t, &arrived_ns))
        return WINDOW_E_STALE;
    if (ws->n_slots > 0 && *slot_of(ws, t, key, hash_of(t, key)) != NULL)
        return WINDOW_E_STALE;
    r = create(ws, t, key, hash_of(t, key), &w);
    if (r < 0)
        return error_trace(r);
    w->arrived_ns = arrived_ns;
    t->unsorted = true;
    r = take_state(ws, w, &in);
    if (r != 0) {
        int dropped = drop(ws, w);

        return dropped < 0 ? error_trace(dropped) : r;
    }
    w->told = 1;
    return 0;
}
