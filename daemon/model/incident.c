/* SPDX-License-Identifier: Apache-2.0 */
#include "model/incident.h"

static const char *const state_names[] = {
    // clang-format off
    [INCIDENT_NEW]          = "new",
    [INCIDENT_ACKNOWLEDGED] = "acknowledged",
    [INCIDENT_DECLARED]     = "declared",
    [INCIDENT_REJECTED]     = "rejected",
    [INCIDENT_CONTAINED]    = "contained",
    [INCIDENT_RECOVERED]    = "recovered",
    [INCIDENT_RESOLVED]     = "resolved",
    [INCIDENT_CLOSED]       = "closed",
    // clang-format on
};

static const char *const severity_names[] = {
    // clang-format off
    [INCIDENT_S1] = "S1",
    [INCIDENT_S2] = "S2",
    [INCIDENT_S3] = "S3",
    [INCIDENT_S4] = "S4",
    // clang-format on
};

static const char *const verdict_names[] = {
    // clang-format off
    [VERDICT_NONE]           = "",
    [VERDICT_TRUE_POSITIVE]  = "true-positive",
    [VERDICT_FALSE_POSITIVE] = "false-positive",
    [VERDICT_BENIGN]         = "benign",
    [VERDICT_DUPLICATE]      = "duplicate",
    [VERDICT_TEST]           = "test",
    // clang-format on
};

/* The index of @name among @names, or -1. */
static int
find_name(const char *const *names, size_t n, struct slice name)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (names[i] != NULL && slice_eq_nocase(name, slice_str(names[i])))
            return (int)i;
    return -1;
}

const char *
incident_state_name(enum incident_state s)
{
    return state_names[s];
}

bool
incident_state_parse(struct slice name, enum incident_state *s)
{
    int i = find_name(state_names, ARRAY_LEN(state_names), name);

    if (i >= 0)
        *s = (enum incident_state)i;
    return i >= 0;
}

bool
incident_is_open(enum incident_state s)
{
    return s != INCIDENT_REJECTED && s != INCIDENT_CLOSED;
}

const char *
incident_severity_name(enum incident_severity s)
{
    return severity_names[s];
}

bool
incident_severity_parse(struct slice name, enum incident_severity *s)
{
    int i = find_name(severity_names, ARRAY_LEN(severity_names), name);

    if (i >= 0)
        *s = (enum incident_severity)i;
    return i >= 0;
}

const char *
verdict_name(enum verdict v)
{
    return verdict_names[v];
}

bool
verdict_parse(struct slice name, enum verdict *v)
{
    int i = name.n == 0 ? -1 : find_name(verdict_names, ARRAY_LEN(verdict_names), name);

    if (i >= 0)
        *v = (enum verdict)i;
    return i >= 0;
}
