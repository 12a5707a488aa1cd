/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Inside the windows: what window.c shares with the kinds of windows, window_*.c. Internal to this room.
 */

#include "base/buffer.h"
#include "base/error.h"
#include "correlate/condition.h"
#include "correlate/key.h"
#include "correlate/state.h"
#include "correlate/window.h"

enum { WINDOW_ENTRIES_MAX = CORRELATOR_THRESHOLD_MAX };

/* A million of these is a use, not an attack: every byte counts. */
struct window {
    struct list quiet;  /* on its threshold's list */
    int64_t arrived_ns; /* when its last event came */
    struct threshold *threshold;
    union {
        int64_t one;   /* window_times.c, where cap is 1 */
        int64_t *many; /* likewise, a ring of cap, n used from head on, in order */
        void *state;   /* all other kinds: NULL until the first event */
    } held;
    uint32_t n;
    uint32_t head;
    uint32_t cap;
    uint32_t changed_at; /* place in windows->changed, plus 1; 0: as told */
    uint32_t hash;
    uint16_t source; /* the one it heard last */
    uint16_t key_n : 15;
    uint16_t told : 1; /* the sink has a state of it */
    char key[];
};

_Static_assert(sizeof(struct window) == 64, "what window.h says it costs");
_Static_assert(KEY_BYTES_MAX < 1 << 15, "a key's length fits");

struct windows {
    const struct correlator_settings *settings;
    const struct told *told;
    struct clocks *clocks;
    size_t bytes_max;
    size_t bytes;
    struct window **slots; /* open addressing, at most three quarters full; a power of two */
    size_t n_slots;
    size_t n;
    struct window **changed;
    size_t n_changed;
    size_t cap_changed;
    struct window **due; /* a heap of the windows that close, by when */
    size_t n_due;
    size_t cap_due;
    struct threshold **thresholds;
    size_t n_thresholds;
    struct buffer state;
    struct buffer key; /* of the window that is closing */
};

/** What differs between kinds of windows. Who changes what a window holds keeps windows->bytes. */
struct window_kind {
    /* Counts @o. Return: 0, WINDOW_E_FIRED with @fired set (the window may be dropped), WINDOW_E_LATE, or negative. */
    int (*count)(struct windows *ws, struct window *w, const struct occurrence *o, struct window_fired *fired);
    void (*fini)(struct windows *ws, struct window *w);
    void (*put)(const struct window *w, struct buffer *b);
    /* Reads what put() wrote into an empty window. Return: 0, WINDOW_E_STALE or -ENOMEM. */
    int (*take)(struct windows *ws, struct window *w, struct slice *in);
};

extern const struct window_kind window_times_kind;    /* event_count that slides */
extern const struct window_kind window_values_kind;   /* value_count that slides */
extern const struct window_kind window_sum_kind;      /* value_sum that slides */
extern const struct window_kind window_sequence_kind; /* temporal and temporal_ordered that slide */
extern const struct window_kind window_closing_kind;  /* all that close */

/** window_reach() - how far behind the newest a time may be and still be kept. */
static inline uint64_t
window_reach(const struct windows *ws, const struct threshold *t)
{
    return (uint64_t)t->timespan_ns + (uint64_t)ws->settings->lateness_ns;
}

/** window_count_cut() - an event was not kept because its window holds as much as one may. */
static inline void
window_count_cut(const struct windows *ws)
{
    counters_add(ws->told->counters, CORRELATOR_C_CUT, 1);
}

/* What window_closing.c offers window.c. */

/** window_closing_due() - when, at the latest, @w is to be asked whether it is over. */
int64_t window_closing_due(const struct window *w);

/** window_closing_set_place() - @w stands at @place of windows->due. */
void window_closing_set_place(struct window *w, size_t place);
size_t window_closing_place(const struct window *w);

/** window_closing_begin() - an empty window from @start on. Return: 0 or -ENOMEM. */
int window_closing_begin(struct windows *ws, struct window *w, int64_t start, int64_t now);

/** window_closing_is_over() - whether @w is over at @now; where it is not, window_closing_due() says when to ask again.
 */
bool window_closing_is_over(const struct windows *ws, struct window *w, int64_t now);

/**
 * window_closing_close() - end @w and begin the next
 *
 * Return: 0, WINDOW_E_FIRED with @fired set; with @gone whether no window follows; or -ENOMEM.
 */
int window_closing_close(struct windows *ws, struct window *w, int64_t now, struct window_fired *fired, bool *gone);

/* What window.c offers window_closing.c. */

/** windows_due_moved() - window_closing_due() of @w changed. */
void windows_due_moved(struct windows *ws, struct window *w);
