/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "ismsd/recorder_commands.h"
#include "ismsd/recorder_commit.h"
#include "ismsd/recorder_figures.h"
#include "ismsd/recorder_internal.h"
#include "ismsd/recorder_learned.h"
#include "ismsd/recorder_maintenance.h"
#include "ismsd/recorder_rules.h"
#include "ismsd/recorder_runs.h"
#include "ismsd/recorder_stall.h"
#include "ismsd/recorder_state.h"
#include "ismsd/recorder_watch.h"
#include "store/store_runs.h"

enum {
    TICK_MS = 1000,
    SERVE_MS = 50,
    REGISTER_BYTES_MAX = 64 * 1024 * 1024,
    HELD_SHARE = 2, /* with more than 1/HELD_SHARE of all batches held, lanes soon want for some */
};

static const struct counter_def recorder_counter_defs[RECORDER_COUNTERS] = {
    // clang-format off
    [RECORDER_C_COMMITTED]         = {"detections_committed", "detections whose consequences are on record"},
    [RECORDER_C_INCIDENTS]         = {"incidents_opened", "incidents opened by alerts"},
    [RECORDER_C_CANDIDATES]        = {"nonconformity_candidates", "nonconformity candidates opened"},
    [RECORDER_C_COMMANDS]          = {"commands", "moves of people carried out or refused"},
    [RECORDER_C_REFUSED]           = {"commands_refused", "moves of people refused because records could not be written"},
    [RECORDER_C_FAILED]            = {"commits_failed", "commits that failed: while the last one did, records cannot be written"},
    [RECORDER_C_REDONE]            = {"commits_redone", "of these, done again in the end"},
    [RECORDER_C_LET_GO]            = {"detections_let_go", "detections whose batches went home before their commit, under load"},
    [RECORDER_C_LOST]              = {"detections_lost", "let go and lost because that very commit failed, or given up at the stop"},
    [RECORDER_C_UNPUBLISHED]       = {"records_unpublished", "changes of records on record but not published, for want of memory"},
    [RECORDER_C_KPI_FAILED]        = {"kpi_failed", "rounds of KPIs that could not be computed"},
    [RECORDER_C_HELD_BACK]         = {"nonconformity_held_back", "candidates not opened because of maintenance; its record says which"},
    [RECORDER_C_LEARNED]           = {"learned", "hosts and peers of no configured log source that are remembered"},
    [RECORDER_C_LEARNED_FORGOTTEN] = {"learned_forgotten", "hosts and peers forgotten for want of room: beyond watch.learned_max, or too many in a second"},
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
    int result;

    r->source_base = calloc(n_sources, sizeof(*r->source_base));
    r->sources = calloc(n_sources, sizeof(*r->sources));
    r->heard = calloc(n_sources, sizeof(*r->heard));
    r->unwritten = calloc(n_sources, sizeof(*r->unwritten));
    if (r->source_base == NULL || r->sources == NULL || r->heard == NULL || r->unwritten == NULL)
        return error_origin(-ENOMEM);
    result = arena_init(&r->register_arena, 0, REGISTER_BYTES_MAX);
    if (result == 0)
        result = recorder_figures_new(r);
    if (result == 0)
        result = recorder_learned_new(r);
    if (result == 0)
        result = recorder_maintenance_new(r);
    return result < 0 ? error_trace(result) : 0;
}

static int
refused(const struct recorder *r, int result)
{
    log_error("recorder", "%s is not used: %s", r->settings->state_dir, recorder_reason(result));
    return RECORDER_E_REFUSED;
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
        result = counters_new(&r->counted_before, correlator_counter_defs, CORRELATOR_COUNTERS);
    if (result == 0)
        result = positions_new(&r->positions);
    if (result == 0)
        result = recorder_open_store(r);
    if (result == 0)
        result = recorder_make_state(r);
    if (result != 0)
        return result < 0 ? error_trace(result) : refused(r, result);
    result = open_publisher(r);
    if (result != 0)
        return result < 0 ? error_trace(result) : result;
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
    positions_free(r->positions);
    (void)recorder_rules_noted(r);
    counters_free(r->counters);
    counters_free(r->counted_before);
    rules_unref(r->rules);
    free(r->marks);
    free(r->marks_committed);
    free(r->source_base);
    free(r->sources);
    free(r->heard);
    free(r->unwritten);
    free(r->views);
    recorder_figures_free(r);
    recorder_learned_free(r);
    recorder_maintenance_free(r);
    arena_fini(&r->register_arena);
    (void)pthread_mutex_destroy(&r->lock);
    free(r);
}

int
recorder_set_views(struct recorder *r, const struct lane_view *views, unsigned n)
{
    r->views = calloc(n + 1, sizeof(*r->views));
    r->marks = calloc(n + 1, sizeof(*r->marks));
    r->marks_committed = calloc(n + 1, sizeof(*r->marks));
    if (r->views == NULL || r->marks == NULL || r->marks_committed == NULL)
        return error_origin(-ENOMEM);
    if (n > 0)
        memcpy(r->views, views, n * sizeof(*views));
    r->n_lanes = n;
    return recorder_figures_lanes(r);
}

int
recorder_set_lanes(struct recorder *r, struct lane *const *lanes, unsigned n)
{
    CLEANUP_FREE struct lane_view *views = calloc(n + 1, sizeof(*views));
    unsigned i;

    if (views == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < n; i++)
        views[i] = lane_view(lanes[i]);
    r->lanes = lanes;
    return recorder_set_views(r, views, n);
}

struct positions *
recorder_positions(const struct recorder *r)
{
    return r->positions;
}

const char *
recorder_endpoint(const struct recorder *r)
{
    return r->publisher == NULL ? "" : publisher_endpoint(r->publisher);
}

void
recorder_stop(struct recorder *r)
{
    r->stop_ns = clock_mono(r->clock).ns;
}

void
recorder_visit_counters(struct recorder *r, void (*fn)(void *ctx, const struct counters *set), void *ctx)
{
    pthread_mutex_lock(&r->lock);
    fn(ctx, r->counters);
    fn(ctx, store_counters(r->store));
    fn(ctx, r->counted_before);
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
take_work(struct recorder *r, struct work *work)
{
    switch (work->kind) {
    case WORK_BATCH:
        recorder_take_batch(r, (struct batch_work *)work);
        break;
    case WORK_COMMAND:
        recorder_commit_and_plan(r);
        if (!recorder_refuse(r, ((struct command_work *)work)->answer))
            recorder_command(r, (struct command_work *)work);
        ASSERT(queue_give(work->home, work) == 0);
        break;
    case WORK_RULES:
        recorder_take_rules(r, (struct rules_work *)work);
        break;
    }
}

/* Each second: what log sources did goes on record, with all else. Before the first, the start, with what it changed.
 */
static void
tick(struct recorder *r)
{
    int result;

    if (!r->start_noted)
        recorder_note_start(r);
    result = r->stall.failure != 0 ? 0 : recorder_watch_tick(r, clock_wall(r->clock));
    if (r->failure == 0)
        r->failure = result;
    recorder_commit_and_plan(r);
    r->tick_due = monotime_add(clock_mono(r->clock), TICK_MS * NS_PER_MS);
}

static struct monotime
sooner(struct monotime a, struct monotime b)
{
    return a.ns < b.ns ? a : b;
}

static bool
has_something_to_commit(const struct recorder *r)
{
    return r->in_transaction || r->failure != 0;
}

static struct monotime
commit_due(const struct recorder *r)
{
    return r->n_urgent > 0 ? sooner(r->urgent_due, r->commit_due) : r->commit_due;
}

static struct monotime
next_due(const struct recorder *r)
{
    struct monotime due = r->tick_due;

    if (r->stall.failure != 0)
        due = recorder_stall_due(r);
    else if (has_something_to_commit(r))
        due = sooner(due, commit_due(r));
    if (r->publisher != NULL)
        due = sooner(sooner(due, r->kpi_due), monotime_add(clock_mono(r->clock), SERVE_MS * NS_PER_MS));
    return due;
}

static void
record_what_is_due(struct recorder *r, struct monotime now)
{
    size_t held_max = r->n_lanes * r->settings->batches_per_lane / HELD_SHARE;

    if (now.ns >= r->tick_due.ns)
        tick(r);
    else if (has_something_to_commit(r) && now.ns >= commit_due(r).ns)
        recorder_commit_and_plan(r);
    else if (r->n_held >= held_max && !recorder_let_go(r))
        recorder_commit_and_plan(r);
}

static void
do_what_is_due(struct recorder *r)
{
    struct monotime now = clock_mono(r->clock);

    if (r->stall.failure != 0)
        recorder_stall_pass(r);
    else
        record_what_is_due(r, now);
    if (now.ns >= r->kpi_due.ns)
        publish_kpis(r);
    if (r->publisher != NULL)
        publisher_serve(r->publisher);
}

static void
wait_until(const struct recorder *r, struct monotime due)
{
    int64_t ns = due.ns - clock_mono(r->clock).ns;
    const struct timespec pause = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};

    if (ns > 0)
        (void)nanosleep(&pause, NULL);
}

/* The last commit, tried for as long as there is patience. */
static void
commit_the_rest(struct recorder *r)
{
    if (r->stall.failure == 0)
        tick(r);
    while (r->stall.failure != 0 && !r->stall.gave_up) {
        wait_until(r, recorder_stall_due(r));
        recorder_stall_pass(r);
        if (r->stall.failure == 0)
            tick(r);
    }
}

static int
say_what_is_lost(struct recorder *r)
{
    unsigned n_rules = recorder_rules_noted(r);
    char since[WALLTIME_TEXT_MAX];

    log_error("recorder",
        "not on record: %" PRIu64 " detections, %u changes of rules, and what log sources did since %s: %s (%s)",
        counters_get(r->counters, RECORDER_C_LOST), n_rules, walltime_print(r->stall.since, since),
        recorder_reason(r->stall.failure), r->settings->state_dir);
    return RECORDER_E_GAVE_UP;
}

int
recorder_run(struct recorder *r)
{
    int result;

    r->tick_due = r->kpi_due = clock_mono(r->clock);
    do {
        void *item;

        result = queue_take(r->work, &item, next_due(r));
        if (result == 0)
            take_work(r, item);
        do_what_is_due(r);
    } while (result != QUEUE_E_CLOSED);
    commit_the_rest(r);
    if (r->stall.gave_up)
        return say_what_is_lost(r);
    publish_kpis(r);
    if (store_run_stop(r->store, clock_wall(r->clock)) != 0)
        log_warning("recorder", "the stop could not be recorded");
    return 0;
}
