/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "store/store_runs.h"

#define ACTOR SLICE("ismsd")

/*
 * Transactions: what lanes handed over is taken into an open one, held until it is committed, and taken in again where
 * that fails.
 */

enum {
    RETRY_MS = 1000,
    COMMIT_SHARE = 19, /* the next commit is due no sooner than this many times what the last one took */
};

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

void
recorder_take_batch(struct recorder *r, struct batch_work *b)
{
    b->next = r->held;
    r->held = b;
    r->n_held++;
    if (r->failure == 0)
        r->failure = take_detections(r, b->batch);
}

/* Return: how many detections were in the batches. */
static uint64_t
send_home(struct recorder *r)
{
    uint64_t n = 0;

    while (r->held != NULL) {
        struct batch_work *b = r->held;

        r->held = b->next;
        n += b->batch->n + b->batch->n_repeats;
        ASSERT(queue_give(b->work.home, b) == 0); /* the pool has room for all its batches */
    }
    r->n_held = 0;
    return n;
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

/*
 * Under load, lanes get their batches back before the commit: what was in them is in the open transaction, and the
 * correlator copies what it still needs. The price is that a commit which fails then cannot be done again for these.
 * Return: whether they went.
 */
bool
recorder_let_go(struct recorder *r)
{
    uint64_t n;

    if (r->failure != 0 || !holds_only_present_rules(r) || correlator_settle(r->correlator) != 0)
        return false;
    n = send_home(r);
    r->n_let_go += n;
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

/* Everything held, oldest first, once more. */
static void
retake(struct recorder *r)
{
    struct batch_work *order = NULL;
    struct batch_work *b = r->held;

    while (b != NULL) {
        struct batch_work *next = b->next;

        b->next = order;
        order = b;
        b = next;
    }
    r->held = NULL;
    r->n_held = 0;
    while (order != NULL) {
        struct batch_work *next = order->next;

        recorder_take_batch(r, order);
        order = next;
    }
}

static void
wait_before_retry(int result)
{
    const struct timespec pause = {.tv_sec = RETRY_MS / 1000};

    if (result == STORE_E_FULL)
        log_error("recorder", "no space left for records: input waits; trying again each second");
    else
        log_failure("recorder", result, "records cannot be committed: input waits; trying again each second");
    (void)nanosleep(&pause, NULL);
}

/* The figures of lanes count as written once they are; until then they are read from where they were before. */
static void
keep_marks(struct recorder *r)
{
    memcpy(r->marks_committed, r->marks, r->n_lanes * sizeof(*r->marks));
}

int
recorder_note_rules(struct recorder *r)
{
    const struct store_move move = {"rules.loaded", ACTOR, {NULL, 0}, clock_wall(r->clock)};

    return r->rules_note.n == 0 ? 0 : store_note(r->store, &move, r->rules_note);
}

/* Once more, because of @failure. Return: 0, or why not again. */
static int
redo(struct recorder *r, struct walltime now, int failure)
{
    counters_add(r->counters, RECORDER_C_REDONE, 1);
    if (r->n_let_go > 0)
        log_error("recorder", "%" PRIu64 " detections are lost with the commit that failed", r->n_let_go);
    counters_add(r->counters, RECORDER_C_LOST, r->n_let_go);
    r->n_let_go = 0;
    announcements_forget(&r->announcements);
    memcpy(r->marks, r->marks_committed, r->n_lanes * sizeof(*r->marks));
    if (failure < 0 || r->store == NULL) {
        failure = recorder_reopen_store(r);
        if (failure != 0)
            return failure;
    }
    r->failure = recorder_make_state(r);
    if (r->failure == 0)
        retake(r);
    if (r->failure == 0)
        r->failure = recorder_begin(r);
    if (r->failure == 0)
        r->failure = recorder_note_rules(r);
    return try_commit(r, now);
}

/* Commits, for as long as that takes: while the disk is full, lanes run out of batches and stop reading. */
void
recorder_commit(struct recorder *r)
{
    struct walltime now = clock_wall(r->clock);
    int result = try_commit(r, now);

    while (result != 0) {
        wait_before_retry(result);
        now = clock_wall(r->clock);
        result = redo(r, now, result);
    }
    keep_marks(r);
    announcements_send(&r->announcements, r->publisher, now);
    counters_add(r->counters, RECORDER_C_COMMITTED, r->n_let_go + send_home(r));
    r->n_let_go = 0;
}

void
recorder_commit_and_plan(struct recorder *r)
{
    struct monotime before = clock_mono(r->clock);
    int64_t interval = r->settings->store_commit_interval_ms * NS_PER_MS;
    int64_t took;

    recorder_commit(r);
    took = clock_mono(r->clock).ns - before.ns;
    r->commit_due = monotime_add(clock_mono(r->clock), took * COMMIT_SHARE > interval ? took * COMMIT_SHARE : interval);
}
