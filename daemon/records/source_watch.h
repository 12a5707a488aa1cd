/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Source watch: notices that a log source which should speak does not (A.8.15; triggers T01 and T02).
 *
 *   registered ──▶ active ──▶ late ──▶ silent ──▶ active       any ◀──▶ maintenance
 *
 *   quiet for     ½ silence   silence   2 × silence
 *                 late        silent    silent, and where required a nonconformity candidate (T01)
 *
 * One that is expected, not required, and was never heard in a day or so since it was configured is a candidate, too
 * (T02), once it was listened for in vain for as long as silence takes.
 *
 * Quiet time is what the daemon itself listened through: it begins at zero when the daemon starts, and a stretch
 * between two ticks longer than SOURCE_TICK_MAX_NS, or a step of the clock back, is our own absence and not the
 * source's. In maintenance it stands at zero. One event ends a silence. Pure: told the time and what was heard, it
 * answers what changed. One thread.
 */

#include "base/arena.h"
#include "model/nonconformity.h"
#include "model/source.h"
#include "records/candidate.h"

#define SOURCE_TICK_MAX_NS (INT64_C(60) * NS_PER_S)

/** What is to be watched. */
struct source_terms {
    struct slice name; /* stays as long as the watch */
    bool expected;
    bool required;
    int64_t silence_ns;     /* longer without an event is silence; 0: never */
    int64_t never_heard_ns; /* 0: never told */
};

/** What one source did since the last tick. One tick tells at most one of these per source. */
struct source_change {
    size_t source;
    enum source_state from;
    enum source_state to;       /* the same where only the hold time passed */
    struct walltime at;         /* when the limit was passed or the event came, not when it was noticed */
    struct walltime last_event; /* received; 0: never */
    int64_t quiet_ns;           /* how long we have listened in vain, for a silence; else how long it had been */
    bool candidate;             /* it has held: open a nonconformity, or add an occurrence */
    bool ended;                 /* what was told as a candidate is over */
};

struct source_watch;

/** source_watch_new() - watch @n sources from @now on; @terms is copied. Return: 0 or -ENOMEM. */
int source_watch_new(struct source_watch **out, const struct source_terms *terms, size_t n, struct walltime now);
void source_watch_free(struct source_watch *w);
CLEANUP_DEFINE(source_watch_free, struct source_watch *)

/** What the store has of a source from the run before. */
struct source_past {
    enum source_state state;
    struct walltime registered; /* when it was first configured; 0: now */
    struct walltime last_event; /* 0: never */
    bool candidate; /* a nonconformity of source_watch_trigger() about it lasts: the same silence is not told again */
};

/** source_watch_restore() - source @i as it was. */
void source_watch_restore(struct source_watch *w, size_t i, const struct source_past *past);

/** source_watch_maintain() - from the next tick on source @i is in maintenance, or no longer. */
void source_watch_maintain(struct source_watch *w, size_t i, bool in_maintenance);

/**
 * source_watch_tick() - time has come to @now; at least every few seconds
 * @heard: of each source the latest time an event was received, 0 where none was; @n as when the watch was made
 * @n_out: set to how many changes there are
 *
 * Return: the changes, the watch's, valid until the next tick.
 */
const struct source_change *source_watch_tick(
    struct source_watch *w, struct walltime now, const struct walltime *heard, size_t *n_out);

/** source_watch_state() - the state of source @i as last told. */
enum source_state source_watch_state(const struct source_watch *w, size_t i);

/** source_watch_trigger() - what a candidate about source @i is: that it is silent, or was never heard. */
enum trigger source_watch_trigger(const struct source_watch *w, size_t i);

/**
 * source_watch_candidate() - the nonconformity that @change proposes, filled in for a person to confirm or reject
 * @confirm_ns: within which it must be decided
 * @out:        set to it; text is the watch's and @arena's
 *
 * The grade suggested is minor; major where more than a fifth of the required sources have been quiet for a day.
 * Return: 0, or -ENOMEM where the arena overflowed.
 */
int source_watch_candidate(const struct source_watch *w, const struct source_change *change, int64_t confirm_ns,
    struct arena *arena, struct nonconformity *out);
