/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rule.h"

static const char *const level_names[] = {
    // clang-format off
    [RULE_INFORMATIONAL] = "informational",
    [RULE_LOW]           = "low",
    [RULE_MEDIUM]        = "medium",
    [RULE_HIGH]          = "high",
    [RULE_CRITICAL]      = "critical",
    // clang-format on
};

struct rules *
rules_ref(struct rules *r)
{
    atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
    return r;
}

void
rules_unref(struct rules *r)
{
    if (r != NULL && atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) == 1)
        r->free(r);
}

const struct rule *
rules_find(const struct rules *r, struct slice uid)
{
    size_t i;

    for (i = 0; i < r->n; i++)
        if (slice_eq(r->items[i].uid, uid))
            return &r->items[i];
    return NULL;
}

const char *
rule_level_name(enum rule_level level)
{
    return level_names[level];
}

bool
rule_level_parse(struct slice name, enum rule_level *level)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(level_names); i++)
        if (slice_eq_nocase(name, slice_str(level_names[i]))) {
            *level = (enum rule_level)i;
            return true;
        }
    return false;
}
