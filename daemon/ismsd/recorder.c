/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "store/reader_ledger.h"
#include "store/store_alerts.h"
#include "store/store_correlation.h"
#include "store/store_runs.h"

#define ACTOR SLICE("ismsd")

enum {
    TICK_MS        = 1000,
    RETRY_MS       = 1000,
    COMMIT_SHARE   = 19, /* the next commit is due no sooner than this many times what the last one took */
    SERVE_MS       = 50,
    STALE_BYTES_MAX = 16 * 1024 * 1024,
    HELD_SHARE     = 2, /* with more than 1/HELD_SHARE of all batches held, lanes soon want for some */
};

static const struct counter_def recorder_counter_defs[RECORDER_COUNTERS] = {
    // clang-format off
    [RECORDER_C_COMMITTED]  = {"detections_committed", "detections whose consequences are on record"},
    [RECORDER_C_INCIDENTS]  = {"incidents_opened", "incidents opened by alerts"},
    [RECORDER_C_CANDIDATES] = {"nonconformity_candidates", "nonconformity candidates opened"},
    [RECORDER_C_COMMANDS]   = {"commands", "moves of people carried out or refused"},
    [RECORDER_C_REDONE]     = {"commits_redone", "commits that failed and were done again"},
    [RECORDER_C_LET_GO]     = {"detections_let_go", "detections whose batches went home before their commit, under load"},
    [RECORDER_C_LOST]       = {"detections_lost", "of these, lost because that very commit failed"},
    [RECORDER_C_KPI_FAILED] = {"kpi_failed", "rounds of KPIs that could not be computed"},
    // clang-format on
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

/* ---- state in memory, from the store ---- */

static int
restore_alert(void *ctx, const struct alert *alert)
{
    return correlator_restore_alert(ctx, alert);
}

/* Windows of correlations that are gone or differ: to be taken out of the store as well. */
struct stale_window {
    struct slice rule_uid;
    struct slice key;
    struct stale_window *next;
};

struct restoring {
    struct correlator *correlator;
    struct arena arena;
    struct stale_window *stale;
};

static int
restore_window(void *ctx, struct slice rule_uid, struct slice key, struct slice state)
{
    struct restoring *restoring = ctx;
    int r = correlator_restore_window(restoring->correlator, rule_uid, key, state);
    struct stale_window *w;

    if (r != CORRELATOR_E_STALE)
        return r;
    w = arena_alloc(&restoring->arena, sizeof(*w));
    if (w == NULL)
        return 0; /* there are too many to be dealt with at once: at the next start */
    *w = (struct stale_window){
        arena_copy(&restoring->arena, rule_uid), arena_copy(&restoring->arena, key), restoring->stale};
    restoring->stale = w;
    return 0;
}

static int
restore_windows(struct recorder *r)
{
    struct restoring restoring = {.correlator = r->correlator};
    struct stale_window *w;
    int result;

    result = arena_init(&restoring.arena, 0, STALE_BYTES_MAX);
    if (result == 0)
        result = store_windows_load(r->store, restore_window, &restoring);
    if (result == 0 && restoring.stale != NULL)
        result = recorder_begin(r);
    for (w = restoring.stale; w != NULL && result == 0; w = w->next)
        result = store_window_put(r->store, w->rule_uid, w->key, (struct slice){NULL, 0});
    arena_fini(&restoring.arena);
    return result;
}

static void
drop_state(struct recorder *r)
{
    pthread_mutex_lock(&r->lock);
    correlator_free(r->correlator);
    r->correlator = NULL;
    pthread_mutex_unlock(&r->lock);
    source_watch_free(r->watch);
    r->watch = NULL;
    recorder_forget_incidents(r);
}

static int
make_correlator(struct recorder *r)
{
    const struct settings *s = r->settings;
    const struct correlator_settings settings = {
        .fold_window_ns = s->alerts_fold_window_ms * NS_PER_MS,
        .kept_max = s->alerts_detections_kept,
        .group_by = s->alerts_group_by,
        .n_group_by = s->n_alerts_group_by,
        .alerts_max = s->alerts_open_max,
        .groups_max = s->correlation_groups_max,
        .lateness_ns = s->correlation_lateness_ms * NS_PER_MS,
    };
    struct correlator *correlator = NULL;
    int result;

    result = correlator_new(&correlator, &settings, &recorder_sink, r);
    pthread_mutex_lock(&r->lock);
    r->correlator = correlator;
    pthread_mutex_unlock(&r->lock);
    if (result == 0)
        result = correlator_set_rules(r->correlator, r->rules);
    if (result == 0)
        result = store_alerts_load(r->store, restore_alert, r->correlator);
    if (result == 0)
        result = restore_windows(r);
    return result < 0 ? error_trace(result) : result;
}

/* Makes everything that remembers as the last commit left it. */
static int
make_state(struct recorder *r)
{
    int result;

    drop_state(r);
    result = make_correlator(r);
    if (result == 0)
        result = recorder_load_incidents(r);
    if (result == 0)
        result = recorder_watch_start(r);
    return result < 0 ? error_trace(result) : result;
}

/* ---- opening and closing ---- */

static int
refused(int result, const char *what)
{
    static const char *const reasons[] = {
        // clang-format off
        [STORE_E_FULL]   = "no space left",
        [STORE_E_BUSY]   = "another process writes there",
        [STORE_E_NEWER]  = "written by a newer version",
        [STORE_E_KEY]    = "the signing key is unreadable, exposed or not this ledger's",
        [STORE_E_BROKEN] = "the ledger does not agree with its checkpoint: run ismsctl verify",
        // clang-format on
    };
    bool known = result > 0 && result < (int)ARRAY_LEN(reasons) && reasons[result] != NULL;

    log_error("recorder", "%s: %s", what, known ? reasons[result] : "refused");
    return RECORDER_E_REFUSED;
}

static int
open_store(struct recorder *r)
{
    const struct store_settings settings = {
        .state_dir = r->settings->state_dir,
        .origin = r->settings->ledger_origin,
        .checkpoint_interval_ns = r->settings->ledger_checkpoint_interval_ms * NS_PER_MS - 2 * TICK_MS * NS_PER_MS,
        .segment_bytes = r->settings->store_segment_bytes,
    };
    struct store *store = NULL;
    int result;

    result = store_open(&store, &settings, clock_wall(r->clock));
    pthread_mutex_lock(&r->lock);
    r->store = store;
    pthread_mutex_unlock(&r->lock);
    if (result > 0)
        return refused(result, r->settings->state_dir);
    if (result == 0)
        result = reader_open(&r->reader, r->settings->state_dir);
    if (result > 0)
        return refused(result, r->settings->state_dir);
    return result < 0 ? error_trace(result) : 0;
}

static int
open_publisher(struct recorder *r)
{
    const struct publisher_settings settings = {
        .address = r->settings->publish_address,
        .curve_secret_file = r->settings->publish_curve_secret_file,
        .curve_clients_file = r->settings->publish_curve_clients_file,
    };
    int result;

    if (settings.address == NULL || settings.address[0] == '\0')
        return 0;
    result = publisher_open(&r->publisher, &settings);
    if (result > 0)
        return RECORDER_E_REFUSED;
    return result < 0 ? error_trace(result) : 0;
}

static int
allocate(struct recorder *r)
{
    size_t n_sources = r->settings->n_sources + 1;

    r->source_base = calloc(n_sources, sizeof(*r->source_base));
    r->sources = calloc(n_sources, sizeof(*r->sources));
    r->heard = calloc(n_sources, sizeof(*r->heard));
    if (r->source_base == NULL || r->sources == NULL || r->heard == NULL)
        return error_origin(-ENOMEM);
    return 0;
}

int
recorder_new(struct recorder **out, const struct settings *settings, struct rules *rules, struct queue *work,
    const struct clock *clock)
{
    CLEANUP(recorder_free) struct recorder *r = NULL;
    int result;

    r = calloc(1, sizeof(*r));
    if (r == NULL)
        return error_origin(-ENOMEM);
    (void)pthread_mutex_init(&r->lock, NULL);
    r->settings = settings;
    r->clock = clock;
    r->rules = rules_ref(rules);
    r->work = work;
    result = allocate(r);
    if (result == 0)
        result = counters_new(&r->counters, recorder_counter_defs, RECORDER_COUNTERS);
    if (result == 0)
        result = open_store(r);
    if (result == 0)
        result = open_publisher(r);
    if (result != 0)
        return result < 0 ? error_trace(result) : result;
    result = make_state(r);
    if (result != 0)
        return result < 0 ? error_trace(result) : refused(result, settings->state_dir);
    *out = TAKE(r);
    return 0;
}

void
recorder_free(struct recorder *r)
{
    if (r == NULL)
        return;
    drop_state(r);
    publisher_close(r->publisher);
    reader_close(r->reader);
    store_close(r->store);
    announcements_fini(&r->announcements);
    counters_free(r->counters);
    rules_unref(r->rules);
    free(r->marks);
    free(r->marks_committed);
    free(r->source_base);
    free(r->sources);
    free(r->heard);
    (void)pthread_mutex_destroy(&r->lock);
    free(r);
}

int
recorder_set_lanes(struct recorder *r, struct lane *const *lanes, unsigned n)
{
    r->lanes = lanes;
    r->n_lanes = n;
    r->marks = calloc(n, sizeof(*r->marks));
    r->marks_committed = calloc(n, sizeof(*r->marks));
    return r->marks == NULL || r->marks_committed == NULL ? error_origin(-ENOMEM) : 0;
}

const char *
recorder_endpoint(const struct recorder *r)
{
    return r->publisher == NULL ? "" : publisher_endpoint(r->publisher);
}

void
recorder_visit_counters(struct recorder *r, void (*fn)(void *ctx, const struct counters *set), void *ctx)
{
    pthread_mutex_lock(&r->lock);
    fn(ctx, r->counters);
    if (r->store != NULL)
        fn(ctx, store_counters(r->store));
    if (r->correlator != NULL)
        fn(ctx, correlator_counters(r->correlator));
    if (r->publisher != NULL)
        fn(ctx, publisher_counters(r->publisher));
    pthread_mutex_unlock(&r->lock);
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

static void
take_batch(struct recorder *r, struct batch_work *b)
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
static bool
let_go(struct recorder *r)
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

        take_batch(r, order);
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

/* After a failure of the machine what the disk holds is not known: only a new look at it tells. */
static int
reopen_store(struct recorder *r)
{
    reader_close(r->reader);
    r->reader = NULL;
    pthread_mutex_lock(&r->lock);
    store_close(r->store);
    r->store = NULL;
    pthread_mutex_unlock(&r->lock);
    return open_store(r);
}

static int
note_rules(struct recorder *r)
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
        failure = reopen_store(r);
        if (failure != 0)
            return failure;
    }
    r->failure = make_state(r);
    if (r->failure == 0)
        retake(r);
    if (r->failure == 0)
        r->failure = recorder_begin(r);
    if (r->failure == 0)
        r->failure = note_rules(r);
    return try_commit(r, now);
}

/* Commits, for as long as that takes: while the disk is full, lanes run out of batches and stop reading. */
static void
commit(struct recorder *r)
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

static void
commit_and_plan(struct recorder *r)
{
    struct monotime before = clock_mono(r->clock);
    int64_t interval = r->settings->store_commit_interval_ms * NS_PER_MS;
    int64_t took;

    commit(r);
    took = clock_mono(r->clock).ns - before.ns;
    r->commit_due = monotime_add(clock_mono(r->clock), took * COMMIT_SHARE > interval ? took * COMMIT_SHARE : interval);
}

/* ---- KPIs ---- */

static int
publish_kpi(void *ctx, const struct kpi_value *v)
{
    return publisher_kpi(ctx, v);
}

/* Each interval, and as soon as a commit moved a record. */
static void
publish_kpis(struct recorder *r)
{
    struct kpi_terms terms =
        kpi_terms_of(r->settings->kpi_window_ms, r->settings->records_contain_limit_ms, clock_wall(r->clock));

    if (r->publisher == NULL)
        return;
    if (kpi_compute(r->reader, &terms, publish_kpi, r->publisher) < 0) {
        counters_add(r->counters, RECORDER_C_KPI_FAILED, 1);
        log_warning("recorder", "KPIs could not be computed (%s)", error_path());
    }
    r->kpi_due = monotime_add(clock_mono(r->clock), r->settings->kpi_interval_ms * NS_PER_MS);
}

/* ---- the loop ---- */

static void
take_rules(struct recorder *r, struct rules_work *w)
{
    int result;

    rules_unref(r->rules);
    r->rules = rules_ref(w->rules);
    r->rules_note = w->text;
    result = recorder_begin(r);
    if (result == 0)
        result = correlator_set_rules(r->correlator, r->rules);
    if (result == 0)
        result = note_rules(r);
    if (r->failure == 0)
        r->failure = result;
    commit_and_plan(r);
    r->rules_note = (struct slice){NULL, 0};
    ASSERT(queue_give(w->work.home, w) == 0);
}

static void
take_work(struct recorder *r, struct work *work)
{
    switch (work->kind) {
    case WORK_BATCH:
        take_batch(r, (struct batch_work *)work);
        break;
    case WORK_COMMAND:
        commit_and_plan(r);
        recorder_command(r, (struct command_work *)work);
        ASSERT(queue_give(work->home, work) == 0);
        break;
    case WORK_RULES:
        take_rules(r, (struct rules_work *)work);
        break;
    }
}

static struct monotime
sooner(struct monotime a, struct monotime b)
{
    return a.ns < b.ns ? a : b;
}

static struct monotime
next_due(const struct recorder *r)
{
    struct monotime due = r->tick_due;

    if (r->in_transaction || r->failure != 0)
        due = sooner(due, r->commit_due);
    if (r->publisher != NULL)
        due = sooner(sooner(due, r->kpi_due), monotime_add(clock_mono(r->clock), SERVE_MS * NS_PER_MS));
    return due;
}

static void
do_what_is_due(struct recorder *r)
{
    struct monotime now = clock_mono(r->clock);
    size_t held_max = r->n_lanes * r->settings->batches_per_lane / HELD_SHARE;

    if (now.ns >= r->tick_due.ns) {
        if (recorder_watch_tick(r, clock_wall(r->clock)) != 0)
            log_warning("recorder", "the figures of log sources are written with the next tick (%s)", error_path());
        r->tick_due = monotime_add(now, TICK_MS * NS_PER_MS);
        commit_and_plan(r);
    } else if ((r->in_transaction || r->failure != 0) && now.ns >= r->commit_due.ns) {
        commit_and_plan(r);
    } else if (r->n_held >= held_max && !let_go(r)) {
        commit_and_plan(r);
    }
    if (now.ns >= r->kpi_due.ns)
        publish_kpis(r);
    if (r->publisher != NULL)
        publisher_serve(r->publisher);
}

static void
note_start(struct recorder *r)
{
    struct store_run previous;
    char text[WALLTIME_TEXT_MAX];
    int result = store_run_start(r->store, clock_wall(r->clock), SLICE("ismsd " ISMSD_VERSION), &previous);

    if (result != 0)
        log_warning("recorder", "the start could not be recorded");
    else if (previous.started.ns != 0 && previous.stopped.ns == 0)
        log_warning("recorder", "the run before ended without a stop; last alive %s",
            walltime_print(previous.alive, text));
}

void
recorder_run(struct recorder *r)
{
    struct monotime now = clock_mono(r->clock);
    int result;

    commit(r); /* what starting changed: sources that are new or gone */
    note_start(r);
    r->tick_due = monotime_add(now, TICK_MS * NS_PER_MS);
    r->commit_due = now;
    r->kpi_due = now;
    do {
        void *item;

        result = queue_take(r->work, &item, next_due(r));
        if (result == 0)
            take_work(r, item);
        do_what_is_due(r);
    } while (result != QUEUE_E_CLOSED);
    (void)recorder_watch_tick(r, clock_wall(r->clock));
    commit(r);
    publish_kpis(r);
    if (store_run_stop(r->store, clock_wall(r->clock)) != 0)
        log_warning("recorder", "the stop could not be recorded");
}
