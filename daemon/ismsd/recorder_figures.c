/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_figures.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "ismsd/recorder_candidates.h"
#include "ismsd/recorder_internal.h"
#include "ismsd/recorder_maintenance.h"
#include "records/clock_watch.h"
#include "records/loss_watch.h"
#include "records/volume_watch.h"

#define HOUR_NS     (VOLUME_HOUR_S * NS_PER_S)
#define LISTENED_NS (HOUR_NS - 60 * NS_PER_S) /* so much of an hour is all of it */

enum { JUDGED_A_TICK = 64 }; /* medians are drawn of so many sources a second, and of each in turn */

struct source_figures {
    struct skew_window skew;
    struct hold clock;
    uint32_t zone; /* of the latest sample */
    bool is_fresh; /* a sample came since the last median */
    struct volume_history volume;
    bool volume_told;
    uint64_t n_before; /* events in all when the present hour began */
    bool interrupted;  /* it was in maintenance in this hour */
};

struct input_figures {
    struct loss_watch loss;
    struct loss_counts seen;
    bool excused; /* a loss in the present maintenance has been told in its record */
};

struct figures {
    struct source_figures *sources;
    struct input_figures *inputs;
    uint64_t *timed; /* by source and lane: samples seen of it */
    int64_t hour;    /* the present one, since 1970; 0: none yet */
    int64_t listened_ns;
    struct walltime at;
    uint64_t n_ticks;
    bool loaded;
};

int
recorder_figures_new(struct recorder *r)
{
    struct figures *f = calloc(1, sizeof(*f));

    r->figures = f;
    if (f == NULL)
        return error_origin(-ENOMEM);
    f->sources = calloc(r->settings->n_sources + 1, sizeof(*f->sources));
    f->inputs = calloc(r->settings->n_inputs + 1, sizeof(*f->inputs));
    return f->sources == NULL || f->inputs == NULL ? error_origin(-ENOMEM) : 0;
}

void
recorder_figures_free(struct recorder *r)
{
    if (r->figures == NULL)
        return;
    free(r->figures->sources);
    free(r->figures->inputs);
    free(r->figures->timed);
    free(r->figures);
}

int
recorder_figures_lanes(struct recorder *r)
{
    r->figures->timed = calloc(r->settings->n_sources * r->n_lanes + 1, sizeof(uint64_t));
    return r->figures->timed == NULL ? error_origin(-ENOMEM) : 0;
}

/* ---- start ---- */

static int
take_hour(void *ctx, struct slice source, int64_t hour, uint64_t n)
{
    struct recorder *r = ctx;
    size_t i;

    for (i = 0; i < r->settings->n_sources; i++)
        if (slice_eq(source, slice_str(r->settings->sources[i].name)))
            volume_note(&r->figures->sources[i].volume, hour, n);
    return 0;
}

static int
lasts(struct recorder *r, enum trigger t, const char *scope, bool *out)
{
    int result = recorder_candidate_lasts(r, t, slice_str(scope));

    *out = result > 0;
    return result < 0 ? error_trace(result) : 0;
}

int
recorder_figures_start(struct recorder *r)
{
    struct figures *f = r->figures;
    size_t i;
    int result = 0;

    for (i = 0; i < r->settings->n_sources && result == 0; i++) {
        result = lasts(r, TRIGGER_CLOCK, r->settings->sources[i].name, &f->sources[i].clock.open);
        if (result == 0)
            result = lasts(r, TRIGGER_COLLAPSE, r->settings->sources[i].name, &f->sources[i].volume_told);
    }
    for (i = 0; i < r->settings->n_inputs && result == 0; i++)
        result = lasts(r, TRIGGER_LOSS, r->settings->inputs[i].name, &f->inputs[i].loss.hold.open);
    if (result == 0 && !f->loaded)
        result = store_hours_load(r->store, take_hour, r);
    f->loaded = result == 0;
    return result < 0 ? error_trace(result) : result;
}

/* ---- clocks ---- */

static void
sample_clock(struct recorder *r, size_t i)
{
    struct source_figures *s = &r->figures->sources[i];
    unsigned k;

    for (k = 0; k < r->n_lanes; k++) {
        const struct source_activity *a = &r->views[k].sources[i];
        uint64_t *seen = &r->figures->timed[i * r->n_lanes + k];
        uint64_t n = atomic_load_explicit(&a->n_timed, memory_order_relaxed);

        if (n == *seen)
            continue;
        *seen = n;
        if (recorder_in_maintenance(r, i))
            continue;
        skew_add(&s->skew, atomic_load_explicit(&a->skew_ns, memory_order_relaxed));
        s->zone = atomic_load_explicit(&a->zone, memory_order_relaxed);
        s->is_fresh = true;
    }
}

static int
zone_of(const struct recorder *r, size_t i)
{
    const struct source_settings *s = &r->settings->sources[i];
    uint32_t input = r->figures->sources[i].zone;

    if (s->has_zone)
        return s->zone_minutes;
    return input < r->settings->n_inputs ? r->settings->inputs[input].zone_minutes : 0;
}

static int
tell_clock(struct recorder *r, size_t i, enum trigger t, struct walltime now)
{
    const struct source_settings *settings = &r->settings->sources[i];
    struct source_figures *s = &r->figures->sources[i];
    const struct clock_context context = {
        settings->skew_limit_ms * NS_PER_MS, s->zone == SOURCE_ZONE_STATED, zone_of(r, i)};
    CLEANUP_BUFFER struct buffer evidence = {0};
    struct proposal p = {
        .trigger = t, .source = i, .scope = slice_str(settings->name), .owner = slice_str(settings->owner), .at = now};

    clock_evidence(&s->skew, &context, &evidence);
    p.evidence = buffer_slice(&evidence);
    return recorder_propose(r, &p, &s->clock.open);
}

static int
judge_clock(struct recorder *r, size_t i, struct walltime now)
{
    const struct source_settings *settings = &r->settings->sources[i];
    const struct watch_settings *w = &r->settings->watch;
    const struct clock_terms terms = {
        settings->skew_limit_ms * NS_PER_MS, w->skew_hold_ms * NS_PER_MS, w->zone_hold_ms * NS_PER_MS};
    struct source_figures *s = &r->figures->sources[i];
    enum trigger t;

    r->sources[i].skew_n = s->skew.n;
    r->sources[i].skew_ns = skew_quantile(&s->skew, 0.5);
    r->unwritten[i] = true;
    s->is_fresh = false;
    if (!settings->expected || s->skew.n < SKEW_SAMPLES_MIN)
        return 0;
    switch (clock_watch_tick(&s->clock, &terms, r->sources[i].skew_ns, now, &t)) {
    case HOLD_OPENS:
        return tell_clock(r, i, t, now);
    case HOLD_ENDS:
        return recorder_candidate_end(r, TRIGGER_CLOCK, slice_str(settings->name), now);
    case HOLD_SAME:
        break;
    }
    return 0;
}

static int
watch_clocks(struct recorder *r, struct walltime now)
{
    size_t n_turns = r->settings->n_sources / JUDGED_A_TICK + 1;
    size_t i;
    int result = 0;

    for (i = 0; i < r->settings->n_sources && result == 0; i++) {
        sample_clock(r, i);
        if (r->figures->sources[i].is_fresh && (i + r->figures->n_ticks) % n_turns == 0)
            result = judge_clock(r, i, now);
    }
    return result;
}

/* ---- volumes ---- */

static struct volume_terms
volume_terms_of(const struct recorder *r, size_t i)
{
    const struct watch_settings *w = &r->settings->watch;

    return (struct volume_terms){w->volume_low, w->volume_high, w->volume_least, (unsigned)w->volume_hours,
        r->settings->sources[i].silence_ms > 0};
}

static int
tell_volume(struct recorder *r, size_t i, enum trigger t, const struct volume_terms *terms, struct walltime now)
{
    const struct source_settings *settings = &r->settings->sources[i];
    struct source_figures *s = &r->figures->sources[i];
    CLEANUP_BUFFER struct buffer evidence = {0};
    struct proposal p = {
        .trigger = t, .source = i, .scope = slice_str(settings->name), .owner = slice_str(settings->owner), .at = now};

    volume_evidence(&s->volume, terms, &evidence);
    p.evidence = buffer_slice(&evidence);
    return recorder_propose(r, &p, &s->volume_told);
}

static int
judge_volume(struct recorder *r, size_t i, struct walltime now)
{
    const struct volume_terms terms = volume_terms_of(r, i);
    struct source_figures *s = &r->figures->sources[i];

    if (!r->settings->sources[i].expected)
        return 0;
    switch (volume_judge(&s->volume, &terms)) {
    case VOLUME_COLLAPSED:
        return s->volume_told ? 0 : tell_volume(r, i, TRIGGER_COLLAPSE, &terms, now);
    case VOLUME_SURGED:
        return s->volume_told ? 0 : tell_volume(r, i, TRIGGER_SURGE, &terms, now);
    case VOLUME_USUAL:
        if (!s->volume_told)
            return 0;
        s->volume_told = false;
        return recorder_candidate_end(r, TRIGGER_COLLAPSE, slice_str(r->settings->sources[i].name), now);
    case VOLUME_BETWEEN:
    case VOLUME_UNKNOWN:
        break;
    }
    return 0;
}

/* An hour is over that was heard whole. */
static int
close_hour(struct recorder *r, size_t i, struct walltime now)
{
    struct source_figures *s = &r->figures->sources[i];
    uint64_t n = r->sources[i].n_events - s->n_before;
    int result;

    volume_note(&s->volume, r->figures->hour, n);
    result = store_hour_put(r->store, r->sources[i].name, r->figures->hour, n);
    return result < 0 ? error_trace(result) : judge_volume(r, i, now);
}

static void
open_hour(struct recorder *r, size_t i, int64_t hour)
{
    struct source_figures *s = &r->figures->sources[i];

    s->n_before = r->sources[i].n_events;
    s->interrupted = recorder_in_maintenance(r, i);
    r->sources[i].usual = volume_usual(&s->volume, hour) + 1;
    r->unwritten[i] = true;
}

static int
turn_hour(struct recorder *r, int64_t hour, struct walltime now)
{
    struct figures *f = r->figures;
    bool whole = hour == f->hour + 1 && f->listened_ns >= LISTENED_NS;
    size_t i;
    int result = 0;

    for (i = 0; i < r->settings->n_sources && result == 0; i++) {
        if (whole && !f->sources[i].interrupted)
            result = close_hour(r, i, now);
        open_hour(r, i, hour);
    }
    if (whole && result == 0)
        result = store_hours_forget(r->store, hour - VOLUME_HOURS);
    f->hour = hour;
    f->listened_ns = 0;
    return result;
}

/* Time is ours only where we ticked through it, as for silence (records/source_watch.h). */
static int
watch_volumes(struct recorder *r, struct walltime now)
{
    struct figures *f = r->figures;
    int64_t passed_ns = now.ns - f->at.ns;
    int64_t hour = now.ns / HOUR_NS;
    size_t i;

    if (passed_ns > 0 && passed_ns <= SOURCE_TICK_MAX_NS)
        f->listened_ns += passed_ns;
    f->at = now;
    for (i = 0; i < r->settings->n_sources; i++)
        f->sources[i].interrupted |= recorder_in_maintenance(r, i);
    return hour == f->hour ? 0 : turn_hour(r, hour, now);
}

/* ---- losses ---- */

static struct loss_counts
count_input(const struct recorder *r, size_t i)
{
    struct loss_counts sum = {0};
    unsigned k;

    for (k = 0; k < r->n_lanes; k++) {
        const struct input_stats *s = r->views[k].inputs == NULL ? NULL : inputs_stats(r->views[k].inputs, i);

        if (s == NULL)
            continue;
        sum.received += atomic_load_explicit(&s->n_frames, memory_order_relaxed);
        sum.dropped += atomic_load_explicit(&s->n_kernel_drops, memory_order_relaxed);
        sum.expired += atomic_load_explicit(&s->n_gap_records, memory_order_relaxed);
    }
    return sum;
}

/* Whether a required source names the input. */
static bool
is_required(const struct settings *s, const char *input)
{
    size_t i;

    for (i = 0; i < s->n_sources; i++)
        if (s->sources[i].required && s->sources[i].input != NULL && strcmp(s->sources[i].input, input) == 0)
            return true;
    return false;
}

static int
tell_loss(struct recorder *r, size_t i, struct walltime now)
{
    struct loss_watch *w = &r->figures->inputs[i].loss;
    CLEANUP_BUFFER struct buffer evidence = {0};
    struct proposal p = {
        .trigger = TRIGGER_LOSS, .source = NO_SOURCE, .scope = slice_str(r->settings->inputs[i].name), .at = now};

    loss_evidence(w, &evidence);
    p.evidence = buffer_slice(&evidence);
    return recorder_propose(r, &p, &w->hold.open);
}

/* In maintenance of all: told once in its record, and not counted. */
static int
excuse_loss(struct recorder *r, size_t i, const struct loss_counts *more)
{
    struct input_figures *f = &r->figures->inputs[i];
    CLEANUP_BUFFER struct buffer text = {0};

    if (f->excused || more->dropped + more->expired == 0)
        return 0;
    f->excused = true;
    buffer_printf(&text, "events were lost at the input %s", r->settings->inputs[i].name);
    return recorder_maintenance_note(r, NO_SOURCE, buffer_slice(&text));
}

static int
watch_input(struct recorder *r, size_t i, struct walltime now)
{
    struct input_figures *f = &r->figures->inputs[i];
    const char *name = r->settings->inputs[i].name;
    const struct loss_terms terms = {r->settings->watch.loss_max, is_required(r->settings, name)};
    struct loss_counts sum = count_input(r, i);
    struct loss_counts more = {
        sum.received - f->seen.received, sum.dropped - f->seen.dropped, sum.expired - f->seen.expired};

    f->seen = sum;
    if (recorder_in_maintenance(r, NO_SOURCE))
        return excuse_loss(r, i, &more);
    f->excused = false;
    switch (loss_watch_tick(&f->loss, &terms, &more, now)) {
    case HOLD_OPENS:
        return tell_loss(r, i, now);
    case HOLD_ENDS:
        return recorder_candidate_end(r, TRIGGER_LOSS, slice_str(name), now);
    case HOLD_SAME:
        break;
    }
    return 0;
}

int
recorder_figures_tick(struct recorder *r, struct walltime now)
{
    size_t i;
    int result;

    r->figures->n_ticks++;
    result = watch_clocks(r, now);
    if (result == 0)
        result = watch_volumes(r, now);
    for (i = 0; i < r->settings->n_inputs && result == 0; i++)
        result = watch_input(r, i, now);
    return result < 0 ? error_trace(result) : result;
}
