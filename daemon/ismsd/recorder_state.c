/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_state.h"

#include "base/error.h"
#include "ismsd/recorder_alerts.h"
#include "ismsd/recorder_commit.h"
#include "ismsd/recorder_internal.h"
#include "ismsd/recorder_watch.h"
#include "store/store_correlation.h"
#include "store/store_positions.h"

enum {
    STALE_BYTES_MAX = 16 * 1024 * 1024,
    EARLY_MS = 2000, /* checkpoints are signed so much before they are due: they come with a commit */
};

/* store_position_fn */
static int
load_position(void *ctx, const struct position *at)
{
    return positions_set(ctx, at);
}

int
recorder_open_store(struct recorder *r)
{
    const struct store_settings settings = {
        .state_dir = r->settings->state_dir,
        .origin = r->settings->ledger_origin,
        .checkpoint_interval_ns = r->settings->ledger_checkpoint_interval_ms * NS_PER_MS - EARLY_MS * NS_PER_MS,
        .segment_bytes = r->settings->store_segment_bytes,
    };
    int result;

    result = store_open(&r->store, &settings, clock_wall(r->clock));
    if (result == 0)
        result = reader_open(&r->reader, r->settings->state_dir);
    if (result == 0)
        result = store_positions_load(r->store, load_position, r->positions);
    return result < 0 ? error_trace(result) : result;
}

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

/* What it counted goes on to count; its levels go with it. */
static void
keep_counts(struct recorder *r)
{
    const struct counters *counted = correlator_counters(r->correlator);
    unsigned i;

    for (i = 0; i < CORRELATOR_C_REFUSED; i++)
        counters_add(r->counted_before, i, counters_get(counted, i));
}

void
recorder_drop_state(struct recorder *r)
{
    pthread_mutex_lock(&r->lock);
    if (r->correlator != NULL)
        keep_counts(r);
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
        .bytes_max = s->correlation_state_max_bytes,
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

int
recorder_make_state(struct recorder *r)
{
    int result;

    recorder_drop_state(r);
    result = make_correlator(r);
    if (result == 0)
        result = recorder_load_incidents(r);
    if (result == 0)
        result = recorder_watch_start(r);
    return result < 0 ? error_trace(result) : result;
}
