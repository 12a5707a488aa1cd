/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_announce.h"

#include "base/json_writer.h"
#include "ismsd/recorder_internal.h"
#include "model/record_id.h"

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
