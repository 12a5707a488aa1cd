/* SPDX-License-Identifier: Apache-2.0 */
#include "model/maintenance.h"

static const char *const state_names[] = {
    // clang-format off
    [MAINTENANCE_PLANNED]   = "planned",
    [MAINTENANCE_ACTIVE]    = "active",
    [MAINTENANCE_OVER]      = "over",
    [MAINTENANCE_CANCELLED] = "cancelled",
    // clang-format on
};

const char *
maintenance_state_name(enum maintenance_state s)
{
    return state_names[s];
}

bool
maintenance_state_parse(struct slice name, enum maintenance_state *s)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(state_names); i++)
        if (slice_eq_nocase(name, slice_str(state_names[i]))) {
            *s = (enum maintenance_state)i;
            return true;
        }
    return false;
}
