/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "store/store_runs.h"

#define ACTOR SLICE("ismsd")

enum {
    TICK_MS = 1000,
    SERVE_MS = 50,
    HELD_SHARE = 2, /* with more than 1/HELD_SHARE of all batches held, lanes soon want for some */
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

/* ---- opening and closing ---- */

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
        result = recorder_open_store(r);
    if (result == 0)
        result = open_publisher(r);
    if (result != 0)
        return result < 0 ? error_trace(result) : result;
    result = recorder_make_state(r);
    if (result != 0)
        return result < 0 ? error_trace(result) : recorder_refused(result, settings->state_dir);
    *out = TAKE(r);
    return 0;
}

void
recorder_free(struct recorder *r)
{
    if (r == NULL)
        return;
    recorder_drop_state(r);
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
    struct kpi_terms terms = kpi_terms_of(
        r->settings->kpi_window_ms, r->settings->records_contain_limit_ms, clock_wall(r->clock));

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
        result = recorder_note_rules(r);
    if (r->failure == 0)
        r->failure = result;
    recorder_commit_and_plan(r);
    r->rules_note = (struct slice){NULL, 0};
    ASSERT(queue_give(w->work.home, w) == 0);
}

static void
take_work(struct recorder *r, struct work *work)
{
    switch (work->kind) {
    case WORK_BATCH:
        recorder_take_batch(r, (struct batch_work *)work);
        break;
    case WORK_COMMAND:
        recorder_commit_and_plan(r);
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
        recorder_commit_and_plan(r);
    } else if ((r->in_transaction || r->failure != 0) && now.ns >= r->commit_due.ns) {
        recorder_commit_and_plan(r);
    } else if (r->n_held >= held_max && !recorder_let_go(r)) {
        recorder_commit_and_plan(r);
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
        log_warning(
            "recorder", "the run before ended without a stop; last alive %s", walltime_print(previous.alive, text));
}

void
recorder_run(struct recorder *r)
{
    struct monotime now = clock_mono(r->clock);
    int result;

    recorder_commit(r); /* what starting changed: sources that are new or gone */
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
    recorder_commit(r);
    publish_kpis(r);
    if (store_run_stop(r->store, clock_wall(r->clock)) != 0)
        log_warning("recorder", "the stop could not be recorded");
}
