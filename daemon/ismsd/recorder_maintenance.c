/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_maintenance.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "config/window.h"
#include "ismsd/recorder_candidates.h"
#include "ismsd/recorder_internal.h"
#include "records/maintenance_moves.h"
#include "store/store_maintenance.h"

#define ACTOR SLICE("ismsd")

enum { LIVE_MAX = 1024, LIVE_BYTES_MAX = 16 * 1024 * 1024, NAMED_MAX = 20 };

/* What is planned or active, as the store has it. Reading it again is rare, and simpler than keeping it right. */
struct maintenance_list {
    struct arena arena;
    struct maintenance *items[LIVE_MAX];
    size_t n;
    bool stale;
    bool all; /* as of the last tick: everything is in maintenance */
    bool *in; /* likewise: each source */
};

int
recorder_maintenance_new(struct recorder *r)
{
    struct maintenance_list *l = calloc(1, sizeof(*l));

    r->maintenance = l;
    if (l == NULL)
        return error_origin(-ENOMEM);
    l->stale = true;
    l->in = calloc(r->settings->n_sources + 1, sizeof(*l->in));
    return l->in == NULL ? error_origin(-ENOMEM) : arena_init(&l->arena, 0, LIVE_BYTES_MAX);
}

void
recorder_maintenance_free(struct recorder *r)
{
    if (r->maintenance == NULL)
        return;
    arena_fini(&r->maintenance->arena);
    free(r->maintenance->in);
    free(r->maintenance);
}

void
recorder_maintenance_changed(struct recorder *r)
{
    r->maintenance->stale = true;
}

/* ---- what is live ---- */

static int
keep(void *ctx, const struct maintenance *m)
{
    struct maintenance_list *l = ctx;
    struct maintenance *copy;

    if (l->n == LIVE_MAX) {
        log_warning("recorder", "more than %d maintenances are live; the newest hold nothing back", LIVE_MAX);
        return 0;
    }
    copy = arena_alloc(&l->arena, sizeof(*copy));
    if (copy == NULL)
        return error_origin(-ENOMEM);
    *copy = *m;
    copy->window = arena_copy(&l->arena, m->window);
    copy->scope = arena_copy(&l->arena, m->scope);
    copy->reason = arena_copy(&l->arena, m->reason);
    copy->declared_by = arena_copy(&l->arena, m->declared_by);
    copy->report = arena_copy(&l->arena, m->report);
    l->items[l->n++] = copy;
    return l->arena.overflowed ? error_origin(-ENOMEM) : 0;
}

static int
read_live(struct recorder *r)
{
    struct maintenance_list *l = r->maintenance;
    int result;

    if (!l->stale)
        return 0;
    arena_reset(&l->arena);
    l->n = 0;
    result = store_maintenance_live(r->store, keep, l);
    l->stale = result != 0;
    return result < 0 ? error_trace(result) : result;
}

static const struct maintenance_settings *
window_of(const struct recorder *r, const struct maintenance *m)
{
    size_t i;

    for (i = 0; i < r->settings->n_maintenance && m->window.n > 0; i++)
        if (slice_eq(m->window, slice_str(r->settings->maintenance[i].name)))
            return &r->settings->maintenance[i];
    return NULL;
}

/* Whether @m is for source @i; NO_SOURCE: for all and the daemon. */
static bool
covers(const struct recorder *r, const struct maintenance *m, size_t i)
{
    const struct maintenance_settings *w = window_of(r, m);
    const char *name;
    size_t k;

    if (m->scope.n == 0)
        return true;
    if (i == NO_SOURCE)
        return false;
    name = r->settings->sources[i].name;
    if (w == NULL)
        return slice_eq(m->scope, slice_str(name));
    for (k = 0; k < w->n_sources; k++)
        if (strcmp(w->sources[k], name) == 0)
            return true;
    return false;
}

static int
put(struct recorder *r, const struct maintenance *m, const char *verb, struct walltime at)
{
    const struct store_move move = {verb, ACTOR, {NULL, 0}, at};

    r->maintenance->stale = true;
    return store_maintenance_put(r->store, m, &move);
}

/* ---- beginning ---- */

static void
list_sources(const struct maintenance_settings *w, struct buffer *out)
{
    size_t i;

    for (i = 0; i < w->n_sources; i++)
        buffer_printf(out, "%s%s", i == 0 ? "" : ", ", w->sources[i]);
}

/* A configured window comes round: a record of its own, unless it is there, also as one that somebody ended. */
static int
begin_window(struct recorder *r, const struct maintenance_settings *w, struct walltime now)
{
    const struct store_move move = {"opened", ACTOR, {NULL, 0}, now};
    CLEANUP_BUFFER struct buffer scope = {0};
    struct maintenance m = {.state = MAINTENANCE_ACTIVE,
        .window = slice_str(w->name),
        .reason = slice_str(w->reason),
        .declared = now,
        .declared_by = ACTOR};
    size_t i;
    int known;

    if (!window_now(w, now, &m.starts, &m.until))
        return 0;
    for (i = 0; i < r->maintenance->n; i++)
        if (slice_eq(r->maintenance->items[i]->window, m.window))
            return 0;
    known = store_maintenance_known(r->store, m.window, m.starts);
    if (known != 0)
        return known < 0 ? error_trace(known) : 0;
    list_sources(w, &scope);
    m.scope = buffer_slice(&scope);
    r->maintenance->stale = true;
    return scope.failed ? error_origin(-ENOMEM) : store_maintenance_open(r->store, &m, &move);
}

/* ---- ending ---- */

static bool
has_spoken(const struct recorder *r, size_t i, const struct maintenance *m)
{
    return r->sources[i].last_received.ns >= m->starts.ns;
}

/* Who was not heard in it. A configured window knows its sources; a declared one has one, or all. */
static void
report_silence(const struct recorder *r, const struct maintenance *m, struct buffer *out)
{
    unsigned n = 0;
    unsigned n_quiet = 0;
    size_t i;

    for (i = 0; i < r->settings->n_sources; i++) {
        if (!covers(r, m, i))
            continue;
        n++;
        if (has_spoken(r, i, m))
            continue;
        if (n_quiet++ < NAMED_MAX)
            buffer_printf(out, "%s%s", n_quiet == 1 ? "nothing came from " : ", ", r->settings->sources[i].name);
    }
    if (n_quiet > NAMED_MAX)
        buffer_printf(out, " and %u others", n_quiet - NAMED_MAX);
    if (n_quiet == 0)
        buffer_add(out, n == 1 ? SLICE("it was heard meanwhile") : SLICE("all were heard meanwhile"));
}

int
recorder_maintenance_close(struct recorder *r, struct maintenance *m, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer text = {0};

    report_silence(r, m, &text);
    maintenance_report(m, buffer_slice(&text), out);
    m->report = buffer_slice(out);
    return text.failed || out->failed ? error_origin(-ENOMEM) : 0;
}

static int
end(struct recorder *r, struct maintenance *m, struct walltime now)
{
    CLEANUP_BUFFER struct buffer report = {0};
    int result = recorder_maintenance_close(r, m, &report);

    return result < 0 ? error_trace(result) : put(r, m, "over", now);
}

/* What time alone does to one; one whose window is configured no more is over. */
static int
tick_one(struct recorder *r, const struct maintenance *m, struct walltime now)
{
    struct maintenance after = *m;

    if (m->window.n > 0 && window_of(r, m) == NULL)
        after.until = now;
    if (!maintenance_tick(&after, now))
        return 0;
    return after.state == MAINTENANCE_OVER ? end(r, &after, now) : put(r, &after, "began", now);
}

static void
mark(struct recorder *r)
{
    struct maintenance_list *l = r->maintenance;
    size_t i;
    size_t k;

    l->all = false;
    memset(l->in, 0, r->settings->n_sources * sizeof(*l->in));
    for (k = 0; k < l->n; k++) {
        if (l->items[k]->state != MAINTENANCE_ACTIVE)
            continue;
        l->all |= covers(r, l->items[k], NO_SOURCE);
        for (i = 0; i < r->settings->n_sources; i++)
            l->in[i] |= covers(r, l->items[k], i);
    }
    for (i = 0; i < r->settings->n_sources; i++)
        source_watch_maintain(r->watch, i, l->in[i]);
}

int
recorder_maintenance_tick(struct recorder *r, struct walltime now)
{
    struct maintenance_list *l = r->maintenance;
    int result = read_live(r);
    size_t i;

    for (i = 0; i < r->settings->n_maintenance && result == 0; i++)
        result = begin_window(r, &r->settings->maintenance[i], now);
    for (i = 0; i < l->n && result == 0; i++)
        result = tick_one(r, l->items[i], now);
    if (result == 0)
        result = read_live(r);
    if (result == 0)
        mark(r);
    return result < 0 ? error_trace(result) : result;
}

bool
recorder_in_maintenance(const struct recorder *r, size_t i)
{
    return i == NO_SOURCE ? r->maintenance->all : r->maintenance->in[i];
}

static int
add_to_report(struct recorder *r, const struct maintenance *m, struct slice text, struct walltime at)
{
    CLEANUP_BUFFER struct buffer whole = {0};
    struct maintenance after = *m;

    maintenance_report(m, text, &whole);
    if (whole.failed)
        return error_origin(-ENOMEM);
    after.report = buffer_slice(&whole);
    return put(r, &after, "noted", at);
}

int
recorder_maintenance_note(struct recorder *r, size_t i, struct slice text)
{
    struct maintenance_list *l = r->maintenance;
    struct walltime now = clock_wall(r->clock);
    int result = read_live(r);
    size_t k;

    for (k = 0; k < l->n && result == 0; k++)
        if (l->items[k]->starts.ns <= now.ns && covers(r, l->items[k], i))
            result = add_to_report(r, l->items[k], text, now);
    return result < 0 ? error_trace(result) : result;
}

static int64_t
overlap(struct walltime a_from, struct walltime a_until, struct walltime b_from, struct walltime b_until)
{
    int64_t from = a_from.ns > b_from.ns ? a_from.ns : b_from.ns;
    int64_t until = a_until.ns < b_until.ns ? a_until.ns : b_until.ns;

    return until > from ? until - from : 0;
}

/* Windows that came round while nobody was there to record them count by the configuration; the longest of all counts,
 * for they may lie over one another. */
int64_t
recorder_maintenance_within(struct recorder *r, struct walltime from, struct walltime until)
{
    int64_t longest = 0;
    size_t i;

    (void)read_live(r); /* what cannot be read excuses nothing */
    for (i = 0; i < r->maintenance->n; i++) {
        const struct maintenance *m = r->maintenance->items[i];
        int64_t ns = m->scope.n > 0 ? 0 : overlap(from, until, m->starts, m->until);

        longest = ns > longest ? ns : longest;
    }
    for (i = 0; i < r->settings->n_maintenance; i++) {
        struct walltime w_from;
        struct walltime w_until;
        int64_t ns;

        (void)window_now(&r->settings->maintenance[i], until, &w_from, &w_until);
        ns = r->settings->maintenance[i].n_sources > 0 ? 0 : overlap(from, until, w_from, w_until);
        longest = ns > longest ? ns : longest;
    }
    return longest;
}
