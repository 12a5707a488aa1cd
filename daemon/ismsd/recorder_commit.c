/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_commit.h"

#include <errno.h>
#include <inttypes.h>

#include "base/error.h"
#include "base/log.h"
#include "ismsd/recorder_internal.h"
#include "ismsd/recorder_rules.h"
#include "ismsd/recorder_stall.h"
#include "ismsd/recorder_state.h"
#include "store/store_positions.h"

/* The next commit is due no sooner than so many times what the last one took; where senders wait for it, so many. */
enum { COMMIT_SHARE = 19, URGENT_SHARE = 3 };

int
recorder_begin(struct recorder *r)
{
    int result;

    if (r->in_transaction)
        return 0;
    result = store_begin(r->store);
    if (result != 0)
        return result < 0 ? error_trace(result) : result;
    r->in_transaction = true;
    return 0;
}

/* ---- taking in ---- */

/* Events were written by another core: asking for them ahead is worth a third of what folding costs. */
static inline void
fetch_ahead(const struct batch *b, size_t i)
{
    enum { EVENT_AHEAD = 8, FIELDS_AHEAD = 4 };

    if (i + EVENT_AHEAD < b->n)
        __builtin_prefetch(b->detections[i + EVENT_AHEAD].event);
    if (i + FIELDS_AHEAD < b->n) {
        const struct event *e = b->detections[i + FIELDS_AHEAD].event;

        __builtin_prefetch(e->fields);
        __builtin_prefetch(e->frame.raw.p);
    }
}

static int
take_detections(struct recorder *r, const struct batch *b)
{
    size_t i;
    int result = recorder_begin(r);

    for (i = 0; i < b->n && result == 0; i++) {
        fetch_ahead(b, i);
        result = correlator_detection(r->correlator, &b->detections[i]);
    }
    return result;
}

static int
take_positions(struct recorder *r, const struct receipt *receipt)
{
    int result = receipt->n_positions > 0 ? recorder_begin(r) : 0;

    for (size_t i = 0; i < receipt->n_positions && result == 0; i++)
        result = store_position_put(r->store, &receipt->positions[i]);
    return result;
}

static int
take_in(struct recorder *r, const struct batch *b)
{
    int result = b->n > 0 ? take_detections(r, b) : 0;

    return result == 0 ? take_positions(r, &b->receipt) : result;
}

static void
hold(struct recorder *r, struct batch_work *b)
{
    b->next = r->held;
    r->held = b;
    r->n_held++;
    r->n_receipts += b->batch->receipt.number != 0 || b->batch->awaited;
    r->n_urgent += b->batch->receipt.urgent;
}

/* Whoever takes a partition over asks for its place from now on; who reads it has claimed it, so there is an entry. */
static void
note_positions(struct recorder *r, const struct receipt *receipt)
{
    for (size_t i = 0; i < receipt->n_positions; i++)
        ASSERT(positions_set(r->positions, &receipt->positions[i]) == 0);
}

/* The lane is told where it waits for the batch rather than for any. */
static void
send_one_home(struct recorder *r, struct batch_work *b, bool is_committed)
{
    unsigned lane = b->batch->lane;
    bool told = b->batch->receipt.number != 0 && lane < r->n_lanes;

    b->batch->committed = is_committed;
    if (is_committed)
        note_positions(r, &b->batch->receipt);
    ASSERT(queue_give(b->work.home, b) == 0); /* the pool has room for all its batches */
    if (told)
        lane_wake(r->lanes[lane]);
}

/* A unit that caused nothing is on record as soon as all before it is. */
static bool
is_on_record(const struct recorder *r, const struct batch_work *b)
{
    return b->unit == NULL && b->batch->n == 0 && b->batch->receipt.n_positions == 0 && r->held == NULL &&
           !r->in_transaction && r->failure == 0 && r->stall.failure == 0;
}

void
recorder_take_batch(struct recorder *r, struct batch_work *unit)
{
    if (is_on_record(r, unit)) {
        send_one_home(r, unit, true);
        return;
    }
    for (struct batch_work *b = unit; b != NULL; b = b->unit) {
        hold(r, b);
        if (r->stall.failure == 0 && r->failure == 0)
            r->failure = take_in(r, b->batch);
    }
    if (r->stall.gave_up)
        recorder_lose(r);
}

static struct batch_work *
reversed(struct batch_work *list)
{
    struct batch_work *out = NULL;

    while (list != NULL) {
        struct batch_work *next = list->next;

        list->next = out;
        out = list;
        list = next;
    }
    return out;
}

/* In the order they came. Return: how many detections were in the batches. */
static uint64_t
send_home(struct recorder *r, bool are_committed)
{
    struct batch_work *b = reversed(r->held);
    uint64_t n = 0;

    r->held = NULL;
    r->n_held = r->n_receipts = r->n_urgent = 0;
    while (b != NULL) {
        struct batch_work *next = b->next;

        n += b->batch->n + b->batch->n_repeats;
        send_one_home(r, b, are_committed);
        b = next;
    }
    return n;
}

void
recorder_lose(struct recorder *r)
{
    counters_add(r->counters, RECORDER_C_LOST, send_home(r, false));
}

static bool
holds_only_present_rules(const struct recorder *r)
{
    const struct batch_work *b;

    for (b = r->held; b != NULL; b = b->next)
        if (b->batch->rules != r->rules)
            return false;
    return true;
}

/* A commit that fails cannot be done again for what was let go: not where the disk may turn out too small for it. */
bool
recorder_let_go(struct recorder *r)
{
    uint64_t n;

    if (r->failure != 0 || r->n_receipts > 0 || !holds_only_present_rules(r) || !store_is_roomy(r->store) ||
        correlator_settle(r->correlator) != 0)
        return false;
    n = send_home(r, false);
    r->uncommitted.n_let_go += n;
    counters_add(r->counters, RECORDER_C_LET_GO, n);
    return true;
}

/* ---- committing ---- */

/* Return: 0 with everything taken in on record, or why not, with the transaction undone. */
static int
try_commit(struct recorder *r, struct walltime now)
{
    int result = r->failure;

    r->failure = 0;
    if (result == 0)
        result = recorder_begin(r);
    if (result == 0)
        result = correlator_tick(r->correlator, now);
    if (result == 0)
        result = correlator_flush(r->correlator);
    if (result == 0)
        result = store_commit(r->store, now);
    else if (r->in_transaction)
        store_rollback(r->store); /* where none could be begun, the last one stays committed */
    r->in_transaction = false;
    return result == -ENOSPC ? STORE_E_FULL : result;
}

/* What follows a commit that holds. */
static void
committed(struct recorder *r, struct walltime now)
{
    memcpy(r->marks_committed, r->marks, r->n_lanes * sizeof(*r->marks));
    announcements_send(&r->announcements, r->publisher, now);
    counters_set(r->counters, RECORDER_C_UNPUBLISHED, r->announcements.n_lost);
    counters_add(r->counters, RECORDER_C_COMMITTED, r->uncommitted.n_let_go + send_home(r, true));
    counters_add(r->counters, RECORDER_C_INCIDENTS, r->uncommitted.n_incidents);
    counters_add(r->counters, RECORDER_C_CANDIDATES, r->uncommitted.n_candidates);
    r->uncommitted = (struct uncommitted){0};
    (void)recorder_rules_noted(r);
}

/* What follows one that does not: lanes' figures count as written once they are, and are read again from there. */
static void
undone(struct recorder *r)
{
    uint64_t n_lost = r->uncommitted.n_let_go;

    if (n_lost > 0)
        log_error("recorder", "%" PRIu64 " detections are lost with the commit that failed", n_lost);
    counters_add(r->counters, RECORDER_C_LOST, n_lost);
    counters_add(r->counters, RECORDER_C_FAILED, 1);
    r->uncommitted = (struct uncommitted){0};
    announcements_forget(&r->announcements);
    memcpy(r->marks, r->marks_committed, r->n_lanes * sizeof(*r->marks));
}

void
recorder_commit_failed(struct recorder *r, int result)
{
    undone(r);
    recorder_stall_begin(r, result);
}

void
recorder_commit(struct recorder *r)
{
    struct walltime now = clock_wall(r->clock);
    int result;

    if (r->stall.failure != 0)
        return;
    result = try_commit(r, now);
    if (result == 0)
        committed(r, now);
    else
        recorder_commit_failed(r, result);
}

void
recorder_commit_and_plan(struct recorder *r)
{
    struct monotime before = clock_mono(r->clock);
    int64_t interval = r->settings->store_commit_interval_ms * NS_PER_MS;
    int64_t took;

    recorder_commit(r);
    took = clock_mono(r->clock).ns - before.ns;
    r->urgent_due = monotime_add(clock_mono(r->clock), took * URGENT_SHARE);
    r->commit_due = monotime_add(clock_mono(r->clock), took * COMMIT_SHARE > interval ? took * COMMIT_SHARE : interval);
}

/* ---- doing it again ---- */

/* Takes in what is held, which is newest first, in the order it came. */
static int
retake(struct recorder *r)
{
    const struct batch_work *b;
    int result = 0;

    r->held = reversed(r->held);
    for (b = r->held; b != NULL && result == 0; b = b->next)
        result = take_in(r, b->batch);
    r->held = reversed(r->held);
    return result;
}

int
recorder_redo(struct recorder *r)
{
    struct walltime now = clock_wall(r->clock);
    int result;

    r->failure = recorder_make_state(r);
    if (r->failure == 0)
        r->failure = retake(r);
    if (r->failure == 0)
        r->failure = recorder_note_rules(r);
    result = try_commit(r, now);
    if (result == 0) {
        committed(r, now);
        return 0;
    }
    undone(r);
    recorder_drop_state(r);
    return result < 0 ? error_trace(result) : result;
}
