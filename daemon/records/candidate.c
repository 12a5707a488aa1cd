/* SPDX-License-Identifier: Apache-2.0 */
#include "records/candidate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"

static const struct {
    struct candidate_kind kind;
    enum nonconformity_grade grade; /* suggested */
    struct slice before;            /* the statement: this, the scope, and what comes after it */
    struct slice after;
} triggers[TRIGGERS] = {
    // clang-format off
    [TRIGGER_SILENCE] = {{SLICE("T01"), SLICE("A.8.15; NIS2 3.2.3k")}, GRADE_MINOR,
        SLICE("The required log source "),
        SLICE(" sends no events, so what happens there is neither logged here nor monitored.")},
    [TRIGGER_NEVER_HEARD] = {{SLICE("T02"), SLICE("A.8.15; NIS2 3.2.7")}, GRADE_MINOR,
        SLICE("The log source "),
        SLICE(" is in the register but was never heard, so it is not logged here as it should be.")},
    [TRIGGER_COLLAPSE] = {{SLICE("T03"), SLICE("A.8.15; A.8.16")}, GRADE_OBSERVATION,
        SLICE("The log source "),
        SLICE(" sends far fewer events than is usual for it: part of its log may no longer come.")},
    [TRIGGER_SURGE] = {{SLICE("T03"), SLICE("A.8.15; A.8.16")}, GRADE_OBSERVATION,
        SLICE("The log source "),
        SLICE(" sends far more events than is usual for it: something there has changed.")},
    [TRIGGER_LOG_STOPPED] = {{SLICE("T04"), SLICE("A.8.15")}, GRADE_MINOR,
        SLICE("A log was stopped, cleared or cut: "),
        SLICE(".")},
    [TRIGGER_CLOCK] = {{SLICE("T05"), SLICE("A.8.17")}, GRADE_MINOR,
        SLICE("The clock of the log source "),
        SLICE(" is off, so the times of its events cannot be relied on.")},
    [TRIGGER_ZONE] = {{SLICE("T05"), SLICE("A.8.17")}, GRADE_MINOR,
        SLICE("The time stamps of the log source "),
        SLICE(" are read in the wrong zone, so the times of its events are off by whole hours.")},
    [TRIGGER_LOSS] = {{SLICE("T06"), SLICE("A.8.15")}, GRADE_MINOR,
        SLICE("Events were lost at the input "),
        SLICE(" before they could be read.")},
    [TRIGGER_DOWN] = {{SLICE("T21"), SLICE("A.8.16; A.5.29; NIS2 3.2.6")}, GRADE_MINOR,
        SLICE("The monitoring itself, "),
        SLICE(", was down: nothing was received, matched or recorded meanwhile.")},
    // clang-format on
};

struct candidate_kind
candidate_kind(enum trigger t)
{
    return triggers[t].kind;
}

static struct slice
join(struct slice a, struct slice b, struct slice c, struct arena *arena)
{
    char *p = arena_text(arena, a.n + b.n + c.n);

    if (p == NULL)
        return (struct slice){NULL, 0};
    memcpy(p, a.p, a.n);
    if (b.n > 0)
        memcpy(p + a.n, b.p, b.n);
    memcpy(p + a.n + b.n, c.p, c.n);
    return slice_of(p, a.n + b.n + c.n);
}

int
candidate_make(enum trigger t, struct slice scope, struct slice evidence, struct walltime at, int64_t confirm_ns,
    struct arena *arena, struct nonconformity *out)
{
    *out = (struct nonconformity){.state = NONCONFORMITY_DETECTED,
        .grade = triggers[t].grade,
        .trigger = triggers[t].kind.trigger,
        .requirement = triggers[t].kind.requirement,
        .scope = scope,
        .statement = join(triggers[t].before, scope, triggers[t].after, arena),
        .evidence = arena_copy(arena, evidence),
        .occurrences = 1,
        .detected = at,
        .last_occurred = at,
        .due = {at.ns + confirm_ns}};
    return arena->overflowed ? error_origin(-ENOMEM) : 0;
}

/* ATT&CK techniques that are nothing else; and those that are where the rule says A.8.15. */
static bool
has_tag(const struct rule *rule, const char *const *prefixes, size_t n)
{
    size_t i;
    size_t k;

    for (i = 0; i < rule->n_tags; i++)
        for (k = 0; k < n; k++)
            if (slice_starts(rule->tags[i], slice_str(prefixes[k])))
                return true;
    return false;
}

bool
candidate_of_rule(const struct rule *rule)
{
    static const char *const surely[] = {
        "attack.t1070.001", "attack.t1070.002", "attack.t1562.002", "attack.t1562.008", "attack.t1562.012"};
    static const char *const maybe[] = {"attack.t1070", "attack.t1562"};
    size_t i;

    if (has_tag(rule, surely, ARRAY_LEN(surely)))
        return true;
    for (i = 0; i < rule->n_controls; i++)
        if (slice_eq_nocase(rule->controls[i], SLICE("a.8.15")))
            return has_tag(rule, maybe, ARRAY_LEN(maybe));
    return false;
}

const char *
duration_print(int64_t ns, char out[static DURATION_TEXT_MAX])
{
    static const struct {
        int64_t s;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    int64_t s = ns / NS_PER_S;
    size_t i = 0;
    int n;

    while (i + 1 < ARRAY_LEN(units) && s < units[i].s)
        i++;
    if (s == 0) {
        (void)snprintf(out, DURATION_TEXT_MAX, "%" PRId64 " ms", ns / NS_PER_MS);
        return out;
    }
    n = snprintf(out, DURATION_TEXT_MAX, "%" PRId64 " %s", s / units[i].s, units[i].name);
    s %= units[i].s;
    if (s > 0 && i + 1 < ARRAY_LEN(units) && s / units[i + 1].s > 0)
        (void)snprintf(
            out + n, DURATION_TEXT_MAX - (size_t)n, " %" PRId64 " %s", s / units[i + 1].s, units[i + 1].name);
    return out;
}
