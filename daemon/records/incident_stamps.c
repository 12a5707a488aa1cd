/* SPDX-License-Identifier: Apache-2.0 */
#include "records/incident_stamps.h"

#include <string.h>

/* The times, and whether a person may correct them: not when the record itself was opened and closed, which only the
 * daemon knows. */
static const struct {
    const char *name;
    size_t at;
    bool correctable;
} stamps[] = {
    // clang-format off
    [INCIDENT_STAMP_OCCURRED]     = {"occurred",     offsetof(struct incident, occurred),     true},
    [INCIDENT_STAMP_DETECTED]     = {"detected",     offsetof(struct incident, detected),     true},
    [INCIDENT_STAMP_OPENED]       = {"opened",       offsetof(struct incident, opened),       false},
    [INCIDENT_STAMP_ACKNOWLEDGED] = {"acknowledged", offsetof(struct incident, acknowledged), true},
    [INCIDENT_STAMP_DECIDED]      = {"decided",      offsetof(struct incident, decided),      true},
    [INCIDENT_STAMP_CONTAINED]    = {"contained",    offsetof(struct incident, contained),    true},
    [INCIDENT_STAMP_RECOVERED]    = {"recovered",    offsetof(struct incident, recovered),    true},
    [INCIDENT_STAMP_RESOLVED]     = {"resolved",     offsetof(struct incident, resolved),     true},
    [INCIDENT_STAMP_CLOSED]       = {"closed",       offsetof(struct incident, closed),       false},
    // clang-format on
};

/* What cannot be before what. Containing may be before deciding: who pulls the plug first does right. */
static const struct {
    enum incident_stamp first;
    enum incident_stamp then;
} orders[] = {
    {INCIDENT_STAMP_OCCURRED, INCIDENT_STAMP_DETECTED},
    {INCIDENT_STAMP_DETECTED, INCIDENT_STAMP_OPENED},
    {INCIDENT_STAMP_OPENED, INCIDENT_STAMP_ACKNOWLEDGED},
    {INCIDENT_STAMP_ACKNOWLEDGED, INCIDENT_STAMP_DECIDED},
    {INCIDENT_STAMP_DETECTED, INCIDENT_STAMP_CONTAINED},
    {INCIDENT_STAMP_CONTAINED, INCIDENT_STAMP_RECOVERED},
    {INCIDENT_STAMP_DETECTED, INCIDENT_STAMP_RECOVERED},
    {INCIDENT_STAMP_CONTAINED, INCIDENT_STAMP_RESOLVED},
    {INCIDENT_STAMP_RECOVERED, INCIDENT_STAMP_RESOLVED},
    {INCIDENT_STAMP_DECIDED, INCIDENT_STAMP_RESOLVED},
    {INCIDENT_STAMP_DECIDED, INCIDENT_STAMP_CLOSED},
    {INCIDENT_STAMP_RESOLVED, INCIDENT_STAMP_CLOSED},
};

const char *
incident_stamp_name(enum incident_stamp stamp)
{
    return stamps[stamp].name;
}

bool
incident_stamp_parse(struct slice name, enum incident_stamp *stamp)
{
    size_t i;

    for (i = 0; i < INCIDENT_STAMPS; i++)
        if (slice_eq_nocase(name, slice_str(stamps[i].name))) {
            *stamp = (enum incident_stamp)i;
            return true;
        }
    return false;
}

bool
incident_stamp_is_correctable(enum incident_stamp stamp)
{
    return stamps[stamp].correctable;
}

struct walltime
incident_stamp(const struct incident *incident, enum incident_stamp stamp)
{
    struct walltime t;

    memcpy(&t, (const char *)incident + stamps[stamp].at, sizeof(t));
    return t;
}

void
incident_stamp_set(struct incident *incident, enum incident_stamp stamp, struct walltime t)
{
    memcpy((char *)incident + stamps[stamp].at, &t, sizeof(t));
}

/* ---- their order ---- */

static bool
differs(const struct incident *a, const struct incident *b, enum incident_stamp stamp)
{
    return incident_stamp(a, stamp).ns != incident_stamp(b, stamp).ns;
}

static int
check_future(const struct incident *before, const struct incident *after, struct walltime now, struct buffer *why)
{
    char text[WALLTIME_TEXT_MAX];
    int i;

    for (i = 0; i < INCIDENT_STAMPS; i++) {
        enum incident_stamp stamp = (enum incident_stamp)i;
        struct walltime t = incident_stamp(after, stamp);

        if (t.ns > now.ns && differs(before, after, stamp)) {
            buffer_printf(why, "%s (%s) would lie in the future", stamps[i].name, walltime_print(t, text));
            return RECORD_E_ORDER;
        }
    }
    return 0;
}

static int
check_order(const struct incident *before, const struct incident *after, struct buffer *why)
{
    char texts[2][WALLTIME_TEXT_MAX];
    size_t i;

    for (i = 0; i < ARRAY_LEN(orders); i++) {
        enum incident_stamp first = orders[i].first;
        enum incident_stamp then = orders[i].then;
        struct walltime a = incident_stamp(after, first);
        struct walltime b = incident_stamp(after, then);

        if (a.ns == 0 || b.ns == 0 || a.ns <= b.ns)
            continue;
        if (!differs(before, after, first) && !differs(before, after, then))
            continue;
        buffer_printf(why, "%s (%s) would be before %s (%s)", stamps[then].name, walltime_print(b, texts[1]),
            stamps[first].name, walltime_print(a, texts[0]));
        return RECORD_E_ORDER;
    }
    return 0;
}

int
incident_stamps_check(
    const struct incident *before, const struct incident *after, struct walltime now, struct buffer *why)
{
    int r = check_future(before, after, now, why);

    return r == 0 ? check_order(before, after, why) : r;
}
