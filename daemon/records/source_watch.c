/* SPDX-License-Identifier: Apache-2.0 */
#include "records/source_watch.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

enum { HOLD = 2 };

#define GRAVE_QUIET_NS (INT64_C(86400) * NS_PER_S) /* a required source quiet for a day … */
enum { GRAVE_SHARE = 5 };                          /* … and more than a fifth of them: suggests major */

struct watched {
    struct source_terms terms;
    enum source_state state;
    struct walltime registered;
    enum source_state left; /* for maintenance */
    struct walltime last_event;
    int64_t quiet_ns; /* how long we have listened in vain */
    bool candidate;   /* this silence has been told as one */
    bool in_maintenance;
};

struct source_watch {
    struct walltime began;
    struct walltime now;
    size_t n;
    struct source_change *changes; /* room for one a source */
    struct watched sources[];
};

int
source_watch_new(struct source_watch **out, const struct source_terms *terms, size_t n, struct walltime now)
{
    CLEANUP(source_watch_free) struct source_watch *w = NULL;
    size_t i;

    w = calloc(1, sizeof(*w) + n * sizeof(w->sources[0]));
    if (w == NULL)
        return error_origin(-ENOMEM);
    w->changes = calloc(n + 1, sizeof(*w->changes));
    if (w->changes == NULL)
        return error_origin(-ENOMEM);
    w->began = w->now = now;
    w->n = n;
    for (i = 0; i < n; i++)
        w->sources[i] = (struct watched){.terms = terms[i], .registered = now};
    *out = TAKE(w);
    return 0;
}

void
source_watch_free(struct source_watch *w)
{
    if (w == NULL)
        return;
    free(w->changes);
    free(w);
}

/* Maintenance that is still on is told again; one that is over was not the source's fault. */
void
source_watch_restore(struct source_watch *w, size_t i, const struct source_past *past)
{
    struct watched *s = &w->sources[i];

    s->state = past->state == SOURCE_RETIRED ? SOURCE_REGISTERED : past->state;
    s->left = past->last_event.ns == 0 ? SOURCE_REGISTERED : SOURCE_ACTIVE;
    s->registered = past->registered.ns == 0 ? w->began : past->registered;
    s->last_event = past->last_event;
    s->candidate = past->candidate;
}

void
source_watch_maintain(struct source_watch *w, size_t i, bool in_maintenance)
{
    w->sources[i].in_maintenance = in_maintenance;
}

enum trigger
source_watch_trigger(const struct source_watch *w, size_t i)
{
    return w->sources[i].terms.required ? TRIGGER_SILENCE : TRIGGER_NEVER_HEARD;
}

enum source_state
source_watch_state(const struct source_watch *w, size_t i)
{
    return w->sources[i].state;
}

/* An event came at @at, within the last @passed_ns. */
static void
hear(struct watched *s, struct walltime at, int64_t passed_ns, struct walltime now, struct source_change *change)
{
    int64_t since_ns = now.ns > at.ns ? now.ns - at.ns : 0;

    change->at = at;
    change->quiet_ns = s->quiet_ns;
    change->to = SOURCE_ACTIVE;
    change->ended = s->candidate;
    s->last_event = at;
    s->quiet_ns = since_ns < passed_ns ? since_ns : passed_ns;
    s->candidate = false;
}

/* The state after quiet for so long. It only gets worse: what makes it better is an event. */
static enum source_state
state_after(const struct watched *s)
{
    int64_t limit = s->terms.silence_ns;

    if (s->state == SOURCE_SILENT || limit <= 0)
        return s->state;
    if (s->quiet_ns > limit)
        return SOURCE_SILENT;
    return s->state == SOURCE_ACTIVE && s->quiet_ns > limit / 2 ? SOURCE_LATE : s->state;
}

/* Whether a required source's silence has held. */
static bool
has_held(const struct watched *s)
{
    int64_t limit = s->terms.silence_ns;

    return s->terms.required && limit > 0 && s->quiet_ns / HOLD >= limit && s->quiet_ns > HOLD * limit;
}

static bool
was_never_heard(const struct watched *s, struct walltime now)
{
    return s->terms.expected && !s->terms.required && s->terms.never_heard_ns > 0 && s->last_event.ns == 0 &&
           now.ns - s->registered.ns > s->terms.never_heard_ns && s->quiet_ns > s->terms.silence_ns;
}

/* Nothing came for @passed_ns more. */
static void
miss(struct watched *s, int64_t passed_ns, struct walltime now, struct source_change *change)
{
    int64_t limit = s->terms.silence_ns;
    int64_t line; /* how long quiet when what is told became so */

    s->quiet_ns += passed_ns;
    change->to = state_after(s);
    line = change->to == SOURCE_LATE ? limit / 2 : limit;
    if (!s->candidate && has_held(s)) {
        change->candidate = s->candidate = true;
        line = HOLD * limit;
    } else if (!s->candidate && was_never_heard(s, now)) {
        change->candidate = s->candidate = true;
        line = s->quiet_ns;
    }
    change->quiet_ns = s->quiet_ns;
    change->at.ns = now.ns - (s->quiet_ns - line);
}

/* In maintenance: what comes is heard, and what does not come is not held against it. */
static void
rest(struct watched *s, struct walltime heard, struct walltime now, struct source_change *change)
{
    if (s->state != SOURCE_MAINTENANCE)
        s->left = s->state;
    if (heard.ns > s->last_event.ns) {
        s->left = SOURCE_ACTIVE;
        s->last_event = heard;
        change->ended = s->candidate;
        s->candidate = false;
    }
    s->quiet_ns = 0;
    change->to = SOURCE_MAINTENANCE;
    change->at = now;
}

static void
watch(struct watched *s, struct walltime now, struct walltime heard, int64_t passed_ns, struct source_change *change)
{
    if (s->in_maintenance) {
        rest(s, heard, now, change);
        return;
    }
    if (s->state == SOURCE_MAINTENANCE) {
        s->state = s->left;
        passed_ns = 0;
    }
    if (heard.ns > s->last_event.ns)
        hear(s, heard, passed_ns, now, change);
    else
        miss(s, passed_ns, now, change);
    if (change->from == SOURCE_MAINTENANCE)
        change->at = now;
}

const struct source_change *
source_watch_tick(struct source_watch *w, struct walltime now, const struct walltime *heard, size_t *n_out)
{
    int64_t passed_ns = now.ns - w->now.ns;
    size_t n = 0;
    size_t i;

    if (passed_ns < 0 || passed_ns > SOURCE_TICK_MAX_NS)
        passed_ns = 0;
    w->now = now;
    for (i = 0; i < w->n; i++) {
        struct watched *s = &w->sources[i];
        struct source_change *change = &w->changes[n];

        *change = (struct source_change){.source = i, .from = s->state};
        watch(s, now, heard[i], passed_ns, change);
        change->last_event = s->last_event;
        s->state = change->to;
        n += change->from != change->to || change->candidate || change->ended;
    }
    *n_out = n;
    return w->changes;
}

/* The nonconformity. */

static enum nonconformity_grade
suggest_grade(const struct source_watch *w)
{
    size_t n_required = 0;
    size_t n_grave = 0;
    size_t i;

    for (i = 0; i < w->n; i++)
        if (w->sources[i].terms.required) {
            n_required++;
            n_grave += w->sources[i].quiet_ns > GRAVE_QUIET_NS;
        }
    return n_grave * GRAVE_SHARE > n_required ? GRADE_MAJOR : GRADE_MINOR;
}

static void
write_evidence(const struct source_watch *w, const struct source_change *change, struct buffer *out)
{
    const struct watched *s = &w->sources[change->source];
    char text[WALLTIME_TEXT_MAX];
    char duration[DURATION_TEXT_MAX];

    if (s->last_event.ns != 0)
        buffer_printf(out, "last event received %s; ", walltime_print(s->last_event, text));
    else if (s->terms.required)
        buffer_printf(out, "no event since the daemon began to listen at %s; ", walltime_print(w->began, text));
    else
        buffer_printf(out, "no event since it was registered at %s; ", walltime_print(s->registered, text));
    buffer_printf(out, "listened in vain for %s", duration_print(change->quiet_ns, duration));
    if (s->terms.silence_ns > 0)
        buffer_printf(out, "; one is expected at least every %s", duration_print(s->terms.silence_ns, duration));
}

int
source_watch_candidate(const struct source_watch *w, const struct source_change *change, int64_t confirm_ns,
    struct arena *arena, struct nonconformity *out)
{
    CLEANUP_BUFFER struct buffer evidence = {0};
    int r;

    write_evidence(w, change, &evidence);
    if (evidence.failed)
        return error_origin(-ENOMEM);
    r = candidate_make(source_watch_trigger(w, change->source), w->sources[change->source].terms.name,
        buffer_slice(&evidence), change->at, confirm_ns, arena, out);
    if (r == 0 && source_watch_trigger(w, change->source) == TRIGGER_SILENCE)
        out->grade = suggest_grade(w);
    return r < 0 ? error_trace(r) : 0;
}
