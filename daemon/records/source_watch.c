/* SPDX-License-Identifier: Apache-2.0 */
#include "records/source_watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

enum { HOLD = 2, EVIDENCE_MAX = 512, DURATION_MAX = 48 };

#define GRAVE_QUIET_NS (INT64_C(86400) * NS_PER_S) /* a required source quiet for a day … */
enum { GRAVE_SHARE = 5 };                          /* … and more than a fifth of them: suggests major */

struct watched {
    struct source_terms terms;
    enum source_state state;
    struct walltime last_event;
    int64_t quiet_ns; /* how long we have listened in vain */
    bool candidate;   /* this silence has been told as one */
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
        w->sources[i].terms = terms[i];
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

void
source_watch_restore(
    struct source_watch *w, size_t i, enum source_state state, struct walltime last_event, bool candidate)
{
    struct watched *s = &w->sources[i];

    s->state = state == SOURCE_RETIRED ? SOURCE_REGISTERED : state;
    s->last_event = last_event;
    s->candidate = candidate;
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

/* Nothing came for @passed_ns more. */
static void
miss(struct watched *s, int64_t passed_ns, struct walltime now, struct source_change *change)
{
    int64_t limit = s->terms.silence_ns;
    int64_t line; /* how long quiet when what is told became so */

    s->quiet_ns += passed_ns;
    change->to = state_after(s);
    line = change->to == SOURCE_LATE ? limit / 2 : limit;
    if (s->terms.required && limit > 0 && !s->candidate && s->quiet_ns / HOLD >= limit && s->quiet_ns > HOLD * limit) {
        change->candidate = s->candidate = true;
        line = HOLD * limit;
    }
    change->quiet_ns = s->quiet_ns;
    change->at.ns = now.ns - (s->quiet_ns - line);
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
        if (heard[i].ns > s->last_event.ns)
            hear(s, heard[i], passed_ns, now, change);
        else
            miss(s, passed_ns, now, change);
        change->last_event = s->last_event;
        s->state = change->to;
        n += change->from != change->to || change->candidate || change->ended;
    }
    *n_out = n;
    return w->changes;
}

/* The nonconformity. */

/* "2 d 3 h", "15 min", "2 s": two units are enough for people. */
static const char *
print_duration(int64_t ns, char out[static DURATION_MAX])
{
    static const struct {
        int64_t s;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    int64_t s = ns / NS_PER_S;
    size_t i = 0;
    int n;

    while (i + 1 < ARRAY_LEN(units) && s < units[i].s)
        i++;
    if (s == 0) {
        (void)snprintf(out, DURATION_MAX, "%" PRId64 " ms", ns / NS_PER_MS);
        return out;
    }
    n = snprintf(out, DURATION_MAX, "%" PRId64 " %s", s / units[i].s, units[i].name);
    s %= units[i].s;
    if (s > 0 && i + 1 < ARRAY_LEN(units) && s / units[i + 1].s > 0)
        (void)snprintf(out + n, DURATION_MAX - (size_t)n, " %" PRId64 " %s", s / units[i + 1].s, units[i + 1].name);
    return out;
}

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

static struct slice
write_evidence(const struct source_watch *w, const struct source_change *change, struct arena *arena)
{
    const struct watched *s = &w->sources[change->source];
    char last[WALLTIME_TEXT_MAX];
    char quiet[DURATION_MAX];
    char limit[DURATION_MAX];
    char text[EVIDENCE_MAX];
    int n;

    if (s->last_event.ns == 0)
        n = snprintf(
            text, sizeof(text), "no event since the daemon began to listen at %s; ", walltime_print(w->began, last));
    else
        n = snprintf(text, sizeof(text), "last event received %s; ", walltime_print(s->last_event, last));
    n += snprintf(text + n, sizeof(text) - (size_t)n, "listened in vain for %s; one is expected at least every %s",
        print_duration(change->quiet_ns, quiet), print_duration(s->terms.silence_ns, limit));
    return arena_copy(arena, slice_of(text, (size_t)n));
}

static struct slice
write_statement(const struct source_watch *w, const struct source_change *change, struct arena *arena)
{
    const struct slice before = SLICE("The required log source ");
    const struct slice after = SLICE(" sends no events, so what happens there is neither logged here nor monitored.");
    struct slice name = w->sources[change->source].terms.name;
    char *p = arena_text(arena, before.n + name.n + after.n);

    if (p == NULL)
        return (struct slice){NULL, 0};
    memcpy(p, before.p, before.n);
    memcpy(p + before.n, name.p, name.n);
    memcpy(p + before.n + name.n, after.p, after.n);
    return slice_of(p, before.n + name.n + after.n);
}

int
source_watch_candidate(const struct source_watch *w, const struct source_change *change, int64_t confirm_ns,
    struct arena *arena, struct nonconformity *out)
{
    *out = (struct nonconformity){.state = NONCONFORMITY_DETECTED,
        .grade = suggest_grade(w),
        .trigger = SOURCE_WATCH_TRIGGER,
        .requirement = SOURCE_WATCH_REQUIREMENT,
        .scope = w->sources[change->source].terms.name,
        .statement = write_statement(w, change, arena),
        .evidence = write_evidence(w, change, arena),
        .occurrences = 1,
        .detected = change->at,
        .last_occurred = change->at,
        .due = {change->at.ns + confirm_ns}};
    return arena->overflowed ? error_origin(-ENOMEM) : 0;
}
