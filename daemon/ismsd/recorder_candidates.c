/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_candidates.h"

#include "base/error.h"
#include "ismsd/recorder_announce.h"
#include "ismsd/recorder_internal.h"
#include "ismsd/recorder_maintenance.h"
#include "records/nonconformity_moves.h"
#include "store/store_nonconformities.h"

#define ACTOR SLICE("ismsd")

enum { CANDIDATE_ARENA_MAX = 1024 * 1024 };

/* The one of @t about @scope that has not ended. Return: 0, STORE_E_NOT_FOUND, or -errno. */
static int
find(struct recorder *r, enum trigger t, struct slice scope, struct arena *arena, struct nonconformity *out)
{
    const struct candidate_kind kind = candidate_kind(t);
    int result = store_nonconformity_find(r->store, kind.trigger, kind.requirement, scope, arena, out);

    if (result < 0)
        return error_trace(result);
    return result == 0 && out->ended.ns != 0 ? STORE_E_NOT_FOUND : result;
}

int
recorder_candidate_lasts(struct recorder *r, enum trigger t, struct slice scope)
{
    struct nonconformity n;
    struct arena arena;
    int result;

    result = arena_init(&arena, 0, CANDIDATE_ARENA_MAX);
    if (result == 0)
        result = find(r, t, scope, &arena, &n);
    arena_fini(&arena);
    return result < 0 ? error_trace(result) : result == 0;
}

static int
repeat(struct recorder *r, struct nonconformity *known, const struct nonconformity *n)
{
    const struct store_move move = {"repeated", ACTOR, {NULL, 0}, n->last_occurred};

    nonconformity_repeat(known, n);
    known->ended = n->ended;
    recorder_announce_nonconformity(r, known, "repeated");
    return store_nonconformity_put(r->store, known, &move);
}

static int
put(struct recorder *r, const struct nonconformity *n, struct arena *arena)
{
    const struct store_move move = {"detected", ACTOR, {NULL, 0}, n->detected};
    struct nonconformity known;
    struct nonconformity opened = *n;
    int result;

    result = store_nonconformity_find(r->store, n->trigger, n->requirement, n->scope, arena, &known);
    if (result == 0 && nonconformity_takes(&known))
        return repeat(r, &known, n);
    if (result < 0)
        return error_trace(result);
    r->uncommitted.n_candidates++;
    result = store_nonconformity_open(r->store, &opened, &move);
    if (result == 0)
        recorder_announce_nonconformity(r, &opened, "detected");
    return result;
}

int
recorder_candidate_put(struct recorder *r, const struct nonconformity *n)
{
    struct arena arena;
    int result;

    result = arena_init(&arena, 0, CANDIDATE_ARENA_MAX);
    if (result == 0)
        result = put(r, n, &arena);
    arena_fini(&arena);
    return result < 0 ? error_trace(result) : result;
}

static int
hold_back(struct recorder *r, const struct proposal *p)
{
    CLEANUP_BUFFER struct buffer text = {0};
    char time[WALLTIME_TEXT_MAX];

    counters_add(r->counters, RECORDER_C_HELD_BACK, 1);
    buffer_printf(&text, SLICE_FMT " about " SLICE_FMT " at %s held back: " SLICE_FMT,
        SLICE_ARG(candidate_kind(p->trigger).trigger), SLICE_ARG(p->scope), walltime_print(p->at, time),
        SLICE_ARG(p->evidence));
    return recorder_maintenance_note(r, p->source, buffer_slice(&text));
}

int
recorder_propose(struct recorder *r, const struct proposal *p, bool *told)
{
    struct nonconformity n;
    struct arena arena;
    int result;

    *told = p->anyway || !recorder_in_maintenance(r, p->source);
    if (!*told)
        return hold_back(r, p);
    result = arena_init(&arena, 0, CANDIDATE_ARENA_MAX);
    if (result == 0)
        result = candidate_make(
            p->trigger, p->scope, p->evidence, p->at, r->settings->records_confirm_limit_ms * NS_PER_MS, &arena, &n);
    n.owner = p->owner;
    if (p->is_past)
        n.ended = p->at;
    if (result == 0)
        result = put(r, &n, &arena);
    arena_fini(&arena);
    return result < 0 ? error_trace(result) : result;
}

int
recorder_candidate_end(struct recorder *r, enum trigger t, struct slice scope, struct walltime at)
{
    const struct store_move move = {"ended", ACTOR, {NULL, 0}, at};
    struct nonconformity n;
    struct arena arena;
    int result;

    result = arena_init(&arena, 0, CANDIDATE_ARENA_MAX);
    if (result == 0)
        result = find(r, t, scope, &arena, &n);
    if (result == 0) {
        nonconformity_end(&n, at);
        recorder_announce_nonconformity(r, &n, "ended");
        result = store_nonconformity_put(r->store, &n, &move);
    } else if (result == STORE_E_NOT_FOUND) {
        result = 0;
    }
    arena_fini(&arena);
    return result < 0 ? error_trace(result) : result;
}
