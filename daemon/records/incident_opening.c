/* SPDX-License-Identifier: Apache-2.0 */
#include "records/incident_opening.h"

#include <errno.h>

#include "base/error.h"
#include "records/category.h"

static const enum incident_severity severities[] = {
    // clang-format off
    [RULE_INFORMATIONAL] = INCIDENT_S4,
    [RULE_LOW]           = INCIDENT_S4,
    [RULE_MEDIUM]        = INCIDENT_S3,
    [RULE_HIGH]          = INCIDENT_S2,
    [RULE_CRITICAL]      = INCIDENT_S1,
    // clang-format on
};

enum incident_severity
incident_severity_of(enum rule_level level)
{
    return severities[level];
}

enum incident_call
incident_call(const struct alert *alert, enum rule_level level_min, const struct incident *same_key)
{
    if (alert->level < level_min || alert->incident != 0)
        return INCIDENT_CALL_NONE;
    return same_key != NULL && incident_is_open(same_key->state) ? INCIDENT_CALL_JOINS : INCIDENT_CALL_OPENS;
}

/* Text of known length put together in the arena. */
struct text {
    char *p;
    size_t n;
};

static void
put(struct text *t, struct slice s)
{
    if (s.n > 0)
        memcpy(t->p + t->n, s.p, s.n);
    t->n += s.n;
}

/* "a.8.16,a.8.15" */
static struct slice
join_controls(const struct rule *rule, struct arena *arena)
{
    struct text t = {NULL, 0};
    size_t bytes = 0;
    size_t i;

    for (i = 0; i < rule->n_controls; i++)
        bytes += rule->controls[i].n + 1;
    t.p = arena_text(arena, bytes);
    if (t.p == NULL)
        return (struct slice){NULL, 0};
    for (i = 0; i < rule->n_controls; i++) {
        put(&t, i == 0 ? SLICE("") : SLICE(","));
        put(&t, rule->controls[i]);
    }
    return slice_of(t.p, t.n);
}

/* "src_ip=192.0.2.1, user absent" */
static struct slice
join_groups(const struct alert *alert, struct arena *arena)
{
    const struct slice absent = SLICE(" absent");
    struct text t = {NULL, 0};
    size_t bytes = 0;
    size_t i;

    for (i = 0; i < alert->n_groups; i++)
        bytes += alert->groups[i].name.n + alert->groups[i].value.n + absent.n + 2;
    t.p = arena_text(arena, bytes);
    if (t.p == NULL)
        return (struct slice){NULL, 0};
    for (i = 0; i < alert->n_groups; i++) {
        put(&t, i == 0 ? SLICE("") : SLICE(", "));
        put(&t, alert->groups[i].name);
        put(&t, alert->groups[i].absent ? absent : SLICE("="));
        put(&t, alert->groups[i].value);
    }
    return slice_of(t.p, t.n);
}

static void
set_times(struct incident *out, const struct alert *alert, struct walltime now)
{
    out->detected = alert->detected;
    out->opened = now.ns > alert->detected.ns ? now : alert->detected;
    out->occurred = alert->occurred;
    if (alert->occurred.ns > alert->detected.ns) {
        out->occurred = alert->detected;
        out->occurred_estimated = true;
    }
}

int
incident_open(
    struct incident *out, const struct alert *alert, const struct rule *rule, struct walltime now, struct arena *arena)
{
    *out = (struct incident){.state = INCIDENT_NEW, .title = alert->rule_title, .alert = alert->number};
    out->severity = incident_severity_of(alert->level);
    out->severity_initial = out->severity_max = out->severity;
    out->category = SLICE("other");
    if (rule != NULL) {
        out->category = category_of_tags(rule->tags, rule->n_tags, arena);
        out->controls = join_controls(rule, arena);
    }
    out->group = join_groups(alert, arena);
    set_times(out, alert, now);
    return arena->overflowed ? error_origin(-ENOMEM) : 0;
}
