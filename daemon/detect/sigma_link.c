/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_reader.h"

#include <errno.h>

#include "base/error.h"
#include "base/map.h"

/*
 * Linking, in passes over the list: ids are taken, first come first served; names point to rules; each correlation
 * looks up what it counts, depth first, so that one that falls takes with it those that count it; what is left gets
 * its number and place in the array; pointers are set, both ways.
 */

enum { CHAIN_MAX = 32 };
enum { VISIT_NEW, VISIT_ON_THE_WAY, VISIT_DONE };

struct linker {
    struct sigma_rules *rules;
    struct diag *diag;
    struct map *by_id;
    struct map *by_name;
    struct rule *items;
};

static bool
is_loaded(const struct sigma_rule *rule)
{
    return rule->status == RULE_LOADED;
}

static struct sigma_rule *
next_loaded(struct sigma_rule *rule)
{
    while (rule != NULL && !is_loaded(rule))
        rule = rule->next;
    return rule;
}

#define EACH_LOADED(rules, rule) \
    for (struct sigma_rule *rule = next_loaded((rules)->first); rule != NULL; rule = next_loaded(rule->next))

static int
take_ids(struct linker *l)
{
    struct sigma_rule *rule;

    for (rule = l->rules->first; rule != NULL; rule = rule->next) {
        const struct sigma_rule *holder = map_get(l->by_id, rule->rule.uid);

        if (rule->rule.uid.n == 0)
            continue;
        if (holder != NULL && is_loaded(rule) && is_loaded(holder))
            sigma_reject(l->rules, rule, l->diag, rule->at,
                "the id " SLICE_FMT " is that of the rule in " SLICE_FMT ":%u too", SLICE_ARG(rule->rule.uid),
                SLICE_ARG(holder->rule.file), holder->rule.line);
        else if ((holder == NULL || is_loaded(rule)) && map_put(l->by_id, rule->rule.uid, rule) != 0)
            return error_origin(-ENOMEM);
    }
    return 0;
}

static int
take_names(struct linker *l)
{
    struct sigma_rule *rule;

    for (rule = l->rules->first; rule != NULL; rule = rule->next) {
        const struct sigma_rule *holder = map_get(l->by_name, rule->rule.name);

        if (rule->rule.name.n == 0)
            continue;
        if (holder != NULL && is_loaded(rule) && is_loaded(holder))
            diag_warning(l->diag, rule->at,
                "the name " SLICE_FMT " is that of the rule in " SLICE_FMT ":%u too, which correlations will find",
                SLICE_ARG(rule->rule.name), SLICE_ARG(holder->rule.file), holder->rule.line);
        else if ((holder == NULL || is_loaded(rule)) && map_put(l->by_name, rule->rule.name, rule) != 0)
            return error_origin(-ENOMEM);
    }
    return 0;
}

static struct sigma_rule *
find_rule(const struct linker *l, struct slice reference)
{
    struct sigma_rule *rule = map_get(l->by_name, reference);

    return rule != NULL ? rule : map_get(l->by_id, reference);
}

static void check_correlation(struct linker *l, struct sigma_rule *rule, unsigned depth);

/* Rejects @rule where it cannot count the rule it calls @reference. */
static void
check_reference(struct linker *l, struct sigma_rule *rule, struct slice reference, unsigned depth)
{
    struct sigma_rule *counted = find_rule(l, reference);
    const char *fault = NULL;

    if (counted != NULL && counted->correlation != NULL && counted->visit != VISIT_ON_THE_WAY && depth < CHAIN_MAX)
        check_correlation(l, counted, depth + 1);
    if (counted == NULL)
        fault = "there is no such rule";
    else if (!is_loaded(counted))
        fault = "that rule is not loaded";
    else if (counted->visit == VISIT_ON_THE_WAY)
        fault = "that leads back to this correlation in a circle";
    else if (counted->visit == VISIT_NEW && counted->correlation != NULL)
        fault = "correlations are nested too deeply";
    if (fault != NULL)
        sigma_reject(
            l->rules, rule, l->diag, rule->refers_at, "it counts " SLICE_FMT ": %s", SLICE_ARG(reference), fault);
}

static void
check_correlation(struct linker *l, struct sigma_rule *rule, unsigned depth)
{
    size_t i;

    if (rule->visit != VISIT_NEW)
        return;
    rule->visit = VISIT_ON_THE_WAY;
    for (i = 0; i < rule->n_refers_to && is_loaded(rule); i++)
        check_reference(l, rule, rule->refers_to[i], depth);
    rule->visit = VISIT_DONE;
}

static int
number_rules(struct linker *l, size_t *n)
{
    *n = 0;
    EACH_LOADED(l->rules, rule)
    rule->rule.number = (uint32_t)(*n)++;
    l->items = arena_zalloc(l->rules->arena, (*n + 1) * sizeof(*l->items));
    if (l->items == NULL)
        return error_origin(-ENOMEM);
    EACH_LOADED(l->rules, rule)
    l->items[rule->rule.number] = rule->rule;
    return 0;
}

/* Sets what @rule counts, and counts itself in there; a rule named twice is counted once. */
static int
bind_correlation(struct linker *l, struct sigma_rule *rule)
{
    const struct rule **counted = arena_alloc(l->rules->arena, (rule->n_refers_to + 1) * sizeof(*counted));
    size_t n = 0;
    size_t i;
    size_t k;

    if (counted == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < rule->n_refers_to; i++) {
        struct rule *item = &l->items[find_rule(l, rule->refers_to[i])->rule.number];

        for (k = 0; k < n && counted[k] != item; k++)
            continue;
        if (k < n)
            continue;
        counted[n++] = item;
        item->n_counted_by++;
        item->silent |= !rule->generate;
    }
    rule->correlation->rules = counted;
    rule->correlation->n_rules = n;
    return 0;
}

static int
make_room_for_counters(struct linker *l, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (l->items[i].n_counted_by == 0)
            continue;
        l->items[i].counted_by = arena_alloc(l->rules->arena, l->items[i].n_counted_by * sizeof(struct rule *));
        if (l->items[i].counted_by == NULL)
            return error_origin(-ENOMEM);
        l->items[i].n_counted_by = 0;
    }
    return 0;
}

static void
bind_back(struct linker *l, const struct sigma_rule *rule)
{
    const struct correlation *c = rule->correlation;
    size_t i;

    for (i = 0; i < c->n_rules; i++) {
        struct rule *item = &l->items[c->rules[i]->number];

        ((const struct rule **)item->counted_by)[item->n_counted_by++] = &l->items[rule->rule.number];
    }
}

static int
bind_rules(struct linker *l, size_t n)
{
    int r = 0;

    EACH_LOADED(l->rules, rule)
    if (r == 0 && rule->correlation != NULL)
        r = bind_correlation(l, rule);
    if (r == 0)
        r = make_room_for_counters(l, n);
    if (r < 0)
        return error_trace(r);
    EACH_LOADED(l->rules, rule)
    if (rule->correlation != NULL)
        bind_back(l, rule);
    EACH_LOADED(l->rules, rule)
    rule->rule = l->items[rule->rule.number];
    return 0;
}

int
sigma_link(struct sigma_rules *rules, struct rule **items, size_t *n_items, struct diag *diag)
{
    CLEANUP(map_free) struct map *by_id = NULL;
    CLEANUP(map_free) struct map *by_name = NULL;
    struct linker l = {.rules = rules, .diag = diag};
    int r;

    r = map_new(&by_id, SIZE_MAX);
    if (r == 0)
        r = map_new(&by_name, SIZE_MAX);
    l.by_id = by_id;
    l.by_name = by_name;
    if (r == 0)
        r = take_ids(&l);
    if (r == 0)
        r = take_names(&l);
    if (r < 0)
        return error_trace(r);
    EACH_LOADED(rules, rule)
    if (rule->correlation != NULL)
        check_correlation(&l, rule, 0);
    r = number_rules(&l, n_items);
    if (r == 0)
        r = bind_rules(&l, *n_items);
    *items = l.items;
    return r < 0 ? error_trace(r) : 0;
}
