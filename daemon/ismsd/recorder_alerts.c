/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/json_writer.h"
#include "model/record_id.h"
#include "records/incident_opening.h"
#include "store/reader_records.h"
#include "store/store_alerts.h"
#include "store/store_correlation.h"
#include "store/store_incidents.h"

#define ACTOR SLICE("ismsd")

enum { INCIDENT_KEYS_MAX = 100000, RECORD_ARENA_MAX = 1024 * 1024 };

/* ---- incidents by the key of their alerts ---- */

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

struct loading {
    struct recorder *recorder;
    int64_t number;
};

static int
load_key(void *ctx, const struct alert *alert)
{
    struct loading *l = ctx;

    return remember_incident(l->recorder, alert->key, l->number);
}

struct numbers {
    struct { int64_t incident, alert; } *items;
    size_t n;
    size_t cap;
};

static int
collect_number(void *ctx, const struct incident *incident)
{
    struct numbers *all = ctx;

    if (all->n == all->cap) {
        void *items = realloc(all->items, (all->cap * 2 + 64) * sizeof(*all->items));

        if (items == NULL)
            return error_origin(-ENOMEM);
        all->items = items;
        all->cap = all->cap * 2 + 64;
    }
    all->items[all->n].incident = incident->number;
    all->items[all->n++].alert = incident->alert;
    return 0;
}

int
recorder_load_incidents(struct recorder *r)
{
    const struct incident_filter open_ones = {.open_only = true, .limit = INCIDENT_KEYS_MAX};
    struct numbers all = {0};
    size_t i;
    int result;

    result = map_new(&r->incidents, INCIDENT_KEYS_MAX);
    if (result == 0)
        result = reader_incidents(r->reader, &open_ones, collect_number, &all);
    for (i = all.n; i > 0 && result == 0; i--) { /* newest first in the list: the newest of a key stays */
        struct loading l = {r, all.items[i - 1].incident};

        result = reader_alert(r->reader, all.items[i - 1].alert, load_key, &l);
        if (result == STORE_E_NOT_FOUND)
            result = 0;
    }
    free(all.items);
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
    counters_add(r->counters, RECORDER_C_INCIDENTS, 1);
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

/* ---- announcements ---- */

static void
announce(struct recorder *r, const char *kind, const char *id, struct buffer *body)
{
    CLEANUP_BUFFER struct buffer topic = {0};

    buffer_printf(&topic, "%s/%s", kind, id);
    if (!topic.failed && !body->failed)
        announcements_add(&r->announcements, buffer_slice(&topic), buffer_slice(body));
}

void
recorder_announce_incident(struct recorder *r, const struct incident *incident, const char *verb)
{
    CLEANUP_BUFFER struct buffer body = {0};
    char id[RECORD_ID_MAX];
    struct json_writer w;

    (void)record_id_print(RECORD_INCIDENT, incident->opened, incident->number, id);
    json_begin(&w, &body);
    json_object(&w);
    json_field_text(&w, "id", id);
    json_field_text(&w, "verb", verb);
    json_field_text(&w, "state", incident_state_name(incident->state));
    json_field_text(&w, "severity", incident_severity_name(incident->severity));
    json_field_string(&w, "title", incident->title);
    json_field_string(&w, "category", incident->category);
    json_field_string(&w, "group", incident->group);
    json_field_string(&w, "owner", incident->owner);
    json_close(&w);
    announce(r, "incident", id, &body);
}

void
recorder_announce_nonconformity(struct recorder *r, const struct nonconformity *n, const char *verb)
{
    CLEANUP_BUFFER struct buffer body = {0};
    char id[RECORD_ID_MAX];
    struct json_writer w;

    (void)record_id_print(RECORD_NONCONFORMITY, n->detected, n->number, id);
    json_begin(&w, &body);
    json_object(&w);
    json_field_text(&w, "id", id);
    json_field_text(&w, "verb", verb);
    json_field_text(&w, "state", nonconformity_state_name(n->state));
    json_field_text(&w, "grade", nonconformity_grade_name(n->grade));
    json_field_string(&w, "trigger", n->trigger);
    json_field_string(&w, "requirement", n->requirement);
    json_field_string(&w, "scope", n->scope);
    json_field_string(&w, "statement", n->statement);
    json_field_int(&w, "occurrences", (int64_t)n->occurrences);
    json_close(&w);
    announce(r, "nonconformity", id, &body);
}

void
recorder_announce_alert(struct recorder *r, const struct alert *alert, const char *verb)
{
    CLEANUP_BUFFER struct buffer body = {0};
    char id[RECORD_ID_MAX];
    struct json_writer w;
    size_t i;

    if (r->publisher == NULL)
        return;
    (void)record_id_print(RECORD_ALERT, alert->opened, alert->number, id);
    json_begin(&w, &body);
    json_object(&w);
    json_field_text(&w, "id", id);
    json_field_text(&w, "verb", verb);
    json_field_text(&w, "level", rule_level_name(alert->level));
    json_field_string(&w, "rule", alert->rule_uid);
    json_field_string(&w, "title", alert->rule_title);
    json_field_int(&w, "count", (int64_t)alert->count);
    json_key(&w, "group");
    json_object(&w);
    for (i = 0; i < alert->n_groups; i++) {
        json_key_slice(&w, alert->groups[i].name);
        if (alert->groups[i].absent)
            json_null(&w);
        else
            json_string(&w, alert->groups[i].value);
    }
    json_close(&w);
    json_close(&w);
    announce(r, "alert", id, &body);
}
