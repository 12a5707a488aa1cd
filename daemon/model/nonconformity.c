/* SPDX-License-Identifier: Apache-2.0 */
#include "model/nonconformity.h"

static const char *const state_names[] = {
    // clang-format off
    [NONCONFORMITY_DETECTED]  = "detected",
    [NONCONFORMITY_CONFIRMED] = "confirmed",
    [NONCONFORMITY_REJECTED]  = "rejected",
    // clang-format on
};

static const char *const grade_names[GRADES] = {
    // clang-format off
    [GRADE_OBSERVATION] = "observation",
    [GRADE_MINOR]       = "minor",
    [GRADE_MAJOR]       = "major",
    // clang-format on
};

const char *
nonconformity_state_name(enum nonconformity_state s)
{
    return state_names[s];
}

bool
nonconformity_state_parse(struct slice name, enum nonconformity_state *s)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(state_names); i++)
        if (slice_eq_nocase(name, slice_str(state_names[i]))) {
            *s = (enum nonconformity_state)i;
            return true;
        }
    return false;
}

const char *
nonconformity_grade_name(enum nonconformity_grade g)
{
    return grade_names[g];
}

bool
nonconformity_grade_parse(struct slice name, enum nonconformity_grade *g)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(grade_names); i++)
        if (slice_eq_nocase(name, slice_str(grade_names[i]))) {
            *g = (enum nonconformity_grade)i;
            return true;
        }
    return false;
}
