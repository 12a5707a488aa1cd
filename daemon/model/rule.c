/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rule.h"

#include <errno.h>

#include "base/error.h"
#include "base/map.h"

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

static int
map_by_uid(struct map **out, const struct rules *rules)
{
    CLEANUP(map_free) struct map *map = NULL;
    size_t i;
    int r = map_new(&map, SIZE_MAX);

    for (i = 0; i < rules->n && r == 0; i++)
        r = map_put(map, rules->items[i].uid, (void *)&rules->items[i]);
    if (r != 0)
        return error_origin(-ENOMEM);
    *out = TAKE(map);
    return 0;
}

int
rules_carry(const struct rules *to, _Atomic uint64_t *figures_to, const struct rules *from,
    const _Atomic uint64_t *figures_from)
{
    CLEANUP(map_free) struct map *by_uid = NULL;
    size_t i;
    int r = map_by_uid(&by_uid, to);

    if (r < 0)
        return error_trace(r);
    for (i = 0; i < from->n; i++) {
        const struct rule *rule = map_get(by_uid, from->items[i].uid);

        if (rule != NULL)
            atomic_fetch_add_explicit(&figures_to[rule->number],
                atomic_load_explicit(&figures_from[i], memory_order_relaxed), memory_order_relaxed);
    }
    return 0;
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
