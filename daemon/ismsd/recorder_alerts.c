/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_alerts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "ismsd/recorder_announce.h"
#include "ismsd/recorder_candidates.h"
#include "ismsd/recorder_internal.h"
#include "model/record_id.h"
#include "records/incident_opening.h"
#include "store/store_alerts.h"
#include "store/store_correlation.h"
#include "store/store_incidents.h"

#define ACTOR SLICE("ismsd")

enum { INCIDENT_KEYS_MAX = 100000, RECORD_ARENA_MAX = 1024 * 1024 };

/* ---- incidents by the key of their alerts ---- */

/* The incident that waits for somebody under an alert's key. */
struct keyed_incident {
    int64_t number;
    size_t key_bytes;
    char key[];
};

static int
remember_incident(struct recorder *r, struct slice key, int64_t number)
{
    struct keyed_incident *k = map_remove(r->incidents, key);
    int result;

    free(k);
    k = malloc(sizeof(*k) + key.n);
    if (k == NULL)
        return error_origin(-ENOMEM);
    k->number = number;
    k->key_bytes = key.n;
    if (key.n > 0)
        memcpy(k->key, key.p, key.n);
    result = map_put(r->incidents, slice_of(k->key, k->key_bytes), k);
    if (result != 0)
        free(k);
    return result < 0 ? error_trace(result) : 0; /* full: the next alert of this key opens an incident of its own */
}

/* The newest comes first and stays. */
static int
load_incident(void *ctx, int64_t number, struct slice key)
{
    struct recorder *r = ctx;

    return map_get(r->incidents, key) != NULL ? 0 : remember_incident(r, key, number);
}

int
recorder_load_incidents(struct recorder *r)
{
    int result;

    result = map_new(&r->incidents, INCIDENT_KEYS_MAX);
    if (result == 0)
        result = store_incident_keys(r->store, load_incident, r);
    return result < 0 ? error_trace(result) : result;
}

void
recorder_forget_incidents(struct recorder *r)
{
    struct keyed_incident *k;
    size_t cursor = 0;

    if (r->incidents == NULL)
        return;
    while ((k = map_next(r->incidents, &cursor)) != NULL)
        free(k);
    map_free(r->incidents);
    r->incidents = NULL;
}

void
recorder_incident_settled(struct recorder *r, int64_t number)
{
    struct keyed_incident *k;
    size_t cursor = 0;

    while ((k = map_next(r->incidents, &cursor)) != NULL)
        if (k->number == number) {
            (void)map_remove(r->incidents, slice_of(k->key, k->key_bytes));
            free(k);
            return;
        }
}

/* ---- what an alert calls for ---- */

static int
open_incident(struct recorder *r, struct alert *alert, const struct rule *rule, struct arena *arena)
{
    const struct store_move move = {"opened", ACTOR, {NULL, 0}, alert->opened};
    struct incident incident;
    int result;

    result = incident_open(&incident, alert, rule, alert->opened, arena);
    if (result == 0)
        result = store_incident_open(r->store, &incident, &move);
    if (result < 0)
        return error_trace(result);
    alert->incident = incident.number;
    r->uncommitted.n_incidents++;
    recorder_announce_incident(r, &incident, "opened");
    return remember_incident(r, alert->key, incident.number);
}

static int
call_for_incident(struct recorder *r, struct alert *alert, const struct rule *rule, struct arena *arena)
{
    struct store_move move = {"joined", ACTOR, {NULL, 0}, alert->opened};
    const struct keyed_incident *known = map_get(r->incidents, alert->key);
    struct incident same_key;
    int result = 0;

    if (known != NULL && store_incident_load(r->store, known->number, arena, &same_key) != 0)
        known = NULL;
    switch (incident_call(alert, r->settings->records_incident_level, known == NULL ? NULL : &same_key)) {
    case INCIDENT_CALL_NONE:
        return 0;
    case INCIDENT_CALL_OPENS:
        result = open_incident(r, alert, rule, arena);
        break;
    case INCIDENT_CALL_JOINS:
        alert->incident = same_key.number;
        break;
    }
    if (result == 0)
        result = store_alert_join(r->store, alert, alert->incident, &move);
    return result < 0 ? error_trace(result) : result;
}

/* A log that was stopped, cleared or cut, by the rule's tags: what is proposed is over as soon as it happened. */
static int
call_for_candidate(struct recorder *r, const struct alert *alert, const struct detection *first)
{
    CLEANUP_BUFFER struct buffer scope = {0};
    CLEANUP_BUFFER struct buffer evidence = {0};
    char id[RECORD_ID_MAX];
    struct proposal p = {.trigger = TRIGGER_LOG_STOPPED,
        .source = first->event->source < r->settings->n_sources ? first->event->source : NO_SOURCE,
        .at = alert->opened,
        .is_past = true};
    bool told;
    size_t i;

    if (!candidate_of_rule(first->rule))
        return 0;
    for (i = 0; i < alert->n_groups; i++)
        if (!alert->groups[i].absent)
            buffer_printf(&scope, "%s" SLICE_FMT, scope.n == 0 ? "" : ", ", SLICE_ARG(alert->groups[i].value));
    buffer_printf(&evidence, "rule " SLICE_FMT " matched; the events are those of %s", SLICE_ARG(alert->rule_title),
        record_id_print(RECORD_ALERT, alert->opened, alert->number, id));
    p.scope = scope.n == 0 ? alert->rule_title : buffer_slice(&scope);
    p.evidence = buffer_slice(&evidence);
    return recorder_propose(r, &p, &told);
}

/* ---- the correlator's sink ---- */

static int
on_alert_opened(void *ctx, struct alert *alert, const struct detection *first)
{
    struct recorder *r = ctx;
    struct arena arena;
    int result;

    result = store_alert_open(r->store, alert, alert->opened);
    if (result == 0)
        result = arena_init(&arena, 0, RECORD_ARENA_MAX);
    if (result < 0)
        return error_trace(result);
    result = call_for_incident(r, alert, first->rule, &arena);
    arena_fini(&arena);
    if (result == 0)
        result = call_for_candidate(r, alert, first);
    recorder_announce_alert(r, alert, "opened");
    return result < 0 ? error_trace(result) : result;
}

static int
on_detection_kept(void *ctx, const struct alert *alert, const struct detection *d)
{
    struct recorder *r = ctx;

    return store_alert_detection(r->store, alert, alert->n_kept, d);
}

static int
on_alert_changed(void *ctx, const struct alert *alert, const struct detection *latest)
{
    struct recorder *r = ctx;

    return store_alert_update(r->store, alert, latest);
}

static int
on_alert_minute(void *ctx, const struct alert *alert, int64_t minute, uint64_t n)
{
    struct recorder *r = ctx;

    return store_alert_minute(r->store, alert, minute, n, clock_wall(r->clock));
}

static int
on_alert_closed(void *ctx, const struct alert *alert)
{
    struct recorder *r = ctx;

    recorder_announce_alert(r, alert, "closed");
    return store_alert_close(r->store, alert, alert->closed);
}

static int
on_window_changed(void *ctx, struct slice rule_uid, struct slice key, struct slice state)
{
    struct recorder *r = ctx;

    return store_window_put(r->store, rule_uid, key, state);
}

const struct correlator_sink recorder_sink = {
    .alert_opened = on_alert_opened,
    .detection_kept = on_detection_kept,
    .alert_changed = on_alert_changed,
    .alert_minute = on_alert_minute,
    .alert_closed = on_alert_closed,
    .window_changed = on_window_changed,
};
