/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/window.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "correlate/quiet.h"

enum { SLOTS_MIN = 64, STATE_VERSION = 1, TIMES_PER_GROUP = 16, TIMES_MIN = 1 << 22 };

/* A million of these is a use, not an attack: every byte counts. */
struct window {
    struct list quiet;  /* on its threshold's list */
    int64_t arrived_ns; /* when its last event came */
    struct threshold *threshold;
    union {
        int64_t one; /* where cap is 1 */
        int64_t *many;
    } times; /* a ring of cap, n used from head on, in order */
    uint32_t n;
    uint32_t head;
    uint32_t cap;
    uint32_t changed_at; /* place in windows->changed, plus 1; 0: as told */
    uint32_t hash;
    uint32_t key_n : 31;
    uint32_t told : 1; /* the sink has a state of it */
    char key[];
};

_Static_assert(sizeof(struct window) == 64, "what window.h says it costs");

struct windows {
    const struct correlator_settings *settings;
    const struct told *told;
    size_t times_max;
    struct window **slots; /* open addressing, at most three quarters full; a power of two */
    size_t n_slots;
    size_t n;
    size_t n_times; /* places in rings beyond the one inside */
    struct window **changed;
    size_t n_changed;
    size_t cap_changed;
    struct threshold **thresholds;
    size_t n_thresholds;
    struct buffer state;
};

/* The ring of times. */

static int64_t *
ring(struct window *w)
{
    return w->cap == 1 ? &w->times.one : w->times.many;
}

static int64_t *
time_at(struct window *w, uint32_t i)
{
    uint32_t at = w->head + i;

    return ring(w) + (at < w->cap ? at : at - w->cap);
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
        free(w->times.many);
    ws->n_times += cap - (w->cap > 1 ? w->cap : 0);
    w->times.many = p;
    w->cap = cap;
    w->head = 0;
    return 0;
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

/* How far @b is after @a, which it is not before; times from outside may be anything, their distance fits. */
static uint64_t
distance(int64_t a, int64_t b)
{
    return (uint64_t)b - (uint64_t)a;
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
        if (distance(*time_at(w, i), *time_at(w, i + n - 1)) <= (uint64_t)t->timespan_ns) {
            *fired = (struct window_fired){n, {*time_at(w, i)}};
            return true;
        }
    return false;
}

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

static void
free_window(struct window *w)
{
    if (w->cap > 1)
        free(w->times.many);
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
    ws->n--;
    ws->n_times -= w->cap > 1 ? w->cap : 0;
    free_window(w);
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
    *w = (struct window){.threshold = t, .cap = 1, .hash = hash, .key_n = (uint32_t)key.n & INT32_MAX};
    if (key.n > 0)
        memcpy(w->key, key.p, key.n);
    list_append(&t->quiet, &w->quiet);
    *slot_of(ws, t, key, hash) = w;
    ws->n++;
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

/* Drops the longest-quiet windows, never @spared, until there are at most @n_max and the rings keep their bound. */
static int
make_room(struct windows *ws, size_t n_max, const struct window *spared)
{
    struct window *w;
    int r;

    while (UNLIKELY(ws->n > n_max || ws->n_times > ws->times_max)) {
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
windows_new(struct windows **out, const struct correlator_settings *settings, const struct told *told)
{
    struct windows *ws = calloc(1, sizeof(*ws));

    if (ws == NULL)
        return error_origin(-ENOMEM);
    ws->settings = settings;
    ws->told = told;
    ws->times_max = settings->times_max > 0 ? settings->times_max : settings->groups_max * TIMES_PER_GROUP + TIMES_MIN;
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
            free_window(ws->slots[i]);
    free(ws->slots);
    free(ws->changed);
    free(ws->thresholds);
    buffer_fini(&ws->state);
    free(ws);
}

size_t
windows_length(const struct windows *ws)
{
    return ws->n;
}

size_t
windows_times(const struct windows *ws)
{
    return ws->n_times;
}

int
windows_add(struct windows *ws, struct threshold *t)
{
    struct threshold **p = realloc(ws->thresholds, (ws->n_thresholds + 1) * sizeof(struct threshold *));

    if (p == NULL)
        return error_origin(-ENOMEM);
    list_init(&t->quiet);
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

/* How far behind the newest a time may be and still be kept. */
static uint64_t
reach_of(const struct windows *ws, const struct threshold *t)
{
    return (uint64_t)t->timespan_ns + (uint64_t)ws->settings->lateness_ns;
}

/* Counts @time into @w; what is then too old for anything still to come in time is dropped. */
static int
add_time(struct windows *ws, struct window *w, int64_t time, struct window_fired *fired)
{
    uint64_t reach = reach_of(ws, w->threshold);
    int64_t newest = w->n == 0 ? time : *time_at(w, w->n - 1);
    uint32_t place;
    int r;

    if (time < newest && distance(time, newest) > reach)
        return WINDOW_E_LATE;
    newest = time > newest ? time : newest;
    while (w->n > 0 && distance(*time_at(w, 0), newest) > reach)
        drop_oldest(w);
    r = insert(ws, w, time, &place);
    if (r < 0)
        return error_trace(r);
    return reached(w, place, fired) ? WINDOW_E_FIRED : 0;
}

int
windows_count(struct windows *ws, struct threshold *t, struct slice key, struct walltime time,
    struct walltime arrived_at, struct window_fired *fired)
{
    uint32_t hash = hash_of(t, key);
    struct window *w = ws->n_slots == 0 ? NULL : *slot_of(ws, t, key, hash);
    int r;
    int outcome;

    if (w == NULL) {
        r = make_room(ws, ws->settings->groups_max > 0 ? ws->settings->groups_max - 1 : 0, NULL);
        if (r < 0)
            return error_trace(r);
        r = create(ws, t, key, hash, &w);
        if (r < 0)
            return error_trace(r);
    }
    outcome = add_time(ws, w, time.ns, fired);
    if (outcome < 0 || outcome == WINDOW_E_LATE)
        return outcome;
    if (outcome == WINDOW_E_FIRED) {
        r = drop(ws, w);
        return r < 0 ? error_trace(r) : outcome;
    }
    if (arrived_at.ns > w->arrived_ns)
        w->arrived_ns = arrived_at.ns;
    quiet_spoke(&t->quiet, &w->quiet);
    r = mark_changed(ws, w);
    if (r < 0)
        return error_trace(r);
    return make_room(ws, SIZE_MAX, w);
}

int
windows_tick(struct windows *ws, struct walltime now)
{
    size_t i;
    int r;

    r = make_room(ws, ws->settings->groups_max, NULL);
    for (i = 0; i < ws->n_thresholds && r == 0; i++) {
        struct threshold *t = ws->thresholds[i];
        struct window *w;

        r = sort_restored(t);
        while (r == 0 && (w = first_of(t)) != NULL && now.ns > w->arrived_ns &&
               distance(w->arrived_ns, now.ns) > reach_of(ws, t))
            r = drop(ws, w);
    }
    return r < 0 ? error_trace(r) : 0;
}

/*
 * State, as it is told and put back:
 *
 *     version:1  definition:8  arrived:8  n:varint  first:8  (n - 1) × distance to the one before:varint
 *
 * Fixed-size numbers are little-endian; a varint has seven bits a byte, low ones first, the top bit on all but the
 * last.
 */

static void
put_fixed(struct buffer *b, uint64_t v)
{
    uint64_t le = htole64(v);

    buffer_add(b, slice_of((const char *)&le, sizeof(le)));
}

static void
put_varint(struct buffer *b, uint64_t v)
{
    char bytes[10];
    size_t n = 0;

    for (; v >= 0x80; v >>= 7)
        bytes[n++] = (char)(v | 0x80);
    bytes[n++] = (char)v;
    buffer_add(b, slice_of(bytes, n));
}

static bool
take_fixed(struct slice *in, uint64_t *v)
{
    uint64_t le;

    if (in->n < sizeof(le))
        return false;
    memcpy(&le, in->p, sizeof(le));
    *v = le64toh(le);
    *in = slice_from(*in, sizeof(le));
    return true;
}

static bool
take_varint(struct slice *in, uint64_t *v)
{
    unsigned shift = 0;

    *v = 0;
    for (; in->n > 0 && shift < 64; shift += 7) {
        unsigned char byte = (unsigned char)in->p[0];

        *in = slice_from(*in, 1);
        *v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static int
tell(struct windows *ws, struct window *w)
{
    struct buffer *b = &ws->state;
    uint32_t i;

    buffer_reset(b);
    buffer_add_char(b, STATE_VERSION);
    put_fixed(b, w->threshold->definition);
    put_fixed(b, (uint64_t)w->arrived_ns);
    put_varint(b, w->n);
    put_fixed(b, (uint64_t)*time_at(w, 0));
    for (i = 1; i < w->n; i++)
        put_varint(b, distance(*time_at(w, i - 1), *time_at(w, i)));
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

/* Reads the head of a state. Return: whether it is one of @t with at least one time. */
static bool
take_head(struct slice *in, const struct threshold *t, int64_t *arrived_ns, uint64_t *n, int64_t *first)
{
    uint64_t definition;
    uint64_t v;

    if (in->n == 0 || in->p[0] != STATE_VERSION)
        return false;
    *in = slice_from(*in, 1);
    if (!take_fixed(in, &definition) || definition != t->definition || !take_fixed(in, &v))
        return false;
    *arrived_ns = (int64_t)v;
    if (!take_varint(in, n) || *n == 0 || *n > in->n || !take_fixed(in, &v))
        return false;
    *first = (int64_t)v;
    return true;
}

/* Appends the @n - 1 times after @first. Return: 0, WINDOW_E_STALE, or -ENOMEM. */
static int
take_times(struct windows *ws, struct window *w, struct slice *in, int64_t first, uint64_t n)
{
    uint32_t place;
    uint64_t step = 0;
    int64_t time = first;
    int r;

    for (;;) {
        r = insert(ws, w, time, &place);
        if (r < 0)
            return error_trace(r);
        if (--n == 0)
            return in->n == 0 ? 0 : WINDOW_E_STALE;
        if (!take_varint(in, &step) || step > distance(time, INT64_MAX))
            return WINDOW_E_STALE;
        time = (int64_t)((uint64_t)time + step);
    }
}

int
windows_restore(struct windows *ws, struct threshold *t, struct slice key, struct slice state)
{
    uint32_t hash = hash_of(t, key);
    struct slice in = state;
    struct window *w;
    int64_t arrived_ns;
    int64_t first;
    uint64_t n;
    int r;

    if (!take_head(&in, t, &arrived_ns, &n, &first))
        return WINDOW_E_STALE;
    if (ws->n_slots > 0 && *slot_of(ws, t, key, hash) != NULL)
        return WINDOW_E_STALE;
    r = create(ws, t, key, hash, &w);
    if (r < 0)
        return error_trace(r);
    w->arrived_ns = arrived_ns;
    t->unsorted = true;
    r = take_times(ws, w, &in, first, n);
    if (r != 0) {
        int dropped = drop(ws, w);

        return dropped < 0 ? error_trace(dropped) : r;
    }
    w->told = 1;
    return 0;
}
