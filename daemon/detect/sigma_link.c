/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_reader.h"

#include <errno.h>

#include "base/error.h"
#include "base/map.h"
#include "base/nearest.h"

/*
 * Linking, in passes over the list: what an earlier linking left is forgotten; ids are taken, first come first served;
 * names point to rules; each correlation looks up what it counts, depth first, so that one that falls takes with it
 * those that count it; what is left gets its number and place in the array; pointers are set, both ways.
 */

enum { STOREYS_MAX = 8, DESCENT_MAX = 64 };
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
    return rule->status == RULE_LOADED && rule->filter == NULL;
}

static struct sigma_rule *
loaded_from(struct sigma_rule *rule)
{
    while (rule != NULL && !is_loaded(rule))
        rule = rule->next;
    return rule;
}

static struct sigma_rule *
first_loaded(const struct sigma_rules *rules)
{
    return loaded_from(rules->first);
}

static struct sigma_rule *
next_loaded(const struct sigma_rule *rule)
{
    return loaded_from(rule->next);
}

/*
 * Lets @rule have @key unless a loaded rule has it already, which @holder is then set to. Rules that are not loaded are
 * kept where nobody else asks, so that a reference to them can say why it fails.
 */
static int
take_key(struct map *map, struct slice key, struct sigma_rule *rule, const struct sigma_rule **holder)
{
    struct sigma_rule *other = map_get(map, key);

    *holder = NULL;
    if (key.n == 0 || (other != NULL && !is_loaded(rule)))
        return 0;
    if (other != NULL && is_loaded(other)) {
        *holder = other;
        return 0;
    }
    return map_put(map, key, rule) == 0 ? 0 : error_origin(-ENOMEM);
}

static int
take_keys(struct linker *l, struct sigma_rule *rule)
{
    const struct sigma_rule *holder;
    int r;

    r = take_key(l->by_id, rule->rule.uid, rule, &holder);
    if (r == 0 && holder != NULL)
        sigma_reject(l->rules, rule, l->diag, rule->id_at,
            "the id " SLICE_FMT " is that of the rule in " SLICE_FMT ":%u too", SLICE_ARG(rule->rule.uid),
            SLICE_ARG(holder->rule.file), holder->rule.line);
    if (r == 0)
        r = take_key(l->by_name, rule->rule.name, rule, &holder);
    if (r == 0 && holder != NULL && !rule->name_told)
        diag_warning(l->diag, rule->name_at,
            "the name " SLICE_FMT " is that of the rule in " SLICE_FMT ":%u too, which correlations will find",
            SLICE_ARG(rule->rule.name), SLICE_ARG(holder->rule.file), holder->rule.line);
    rule->name_told |= holder != NULL;
    return r < 0 ? error_trace(r) : 0;
}

/* Rules may have been added since the list was linked before. */
static void
forget_links(struct sigma_rules *rules)
{
    struct sigma_rule *rule;

    for (rule = rules->first; rule != NULL; rule = rule->next) {
        rule->visit = VISIT_NEW;
        rule->storey = 0;
        rule->rule.counted_by = NULL;
        rule->rule.n_counted_by = 0;
        rule->rule.silent = false;
    }
}

static struct sigma_rule *
find_rule(const struct linker *l, struct slice reference)
{
    struct sigma_rule *rule = map_get(l->by_name, reference);

    return rule != NULL ? rule : map_get(l->by_id, reference);
}

static void check_correlation(struct linker *l, struct sigma_rule *rule, unsigned depth);

/* Why a correlation cannot count @counted; NULL where it can. */
static const char *
find_fault(const struct sigma_rule *counted)
{
    if (counted == NULL)
        return "there is no such rule";
    if (!is_loaded(counted))
        return "that rule is not loaded";
    if (counted->visit == VISIT_ON_THE_WAY)
        return "that leads back to this correlation in a circle";
    if (counted->storey >= STOREYS_MAX || (counted->visit == VISIT_NEW && counted->correlation != NULL))
        return "too many correlations stand upon one another";
    return NULL;
}

static void
refuse_reference(struct linker *l, struct sigma_rule *rule, const struct reference *reference, const char *fault)
{
    struct nearest near = {.wrong = reference->name};
    const struct sigma_rule *other;
    char hint[NEAREST_HINT_MAX];

    for (other = l->rules->first; other != NULL && find_rule(l, reference->name) == NULL; other = other->next) {
        if (other != rule)
            nearest_consider(&near, other->rule.name.n > 0 ? other->rule.name : other->rule.uid);
    }
    sigma_reject(l->rules, rule, l->diag, reference->at, "it counts " SLICE_FMT ": %s%s", SLICE_ARG(reference->name),
        fault, nearest_hint(&near, hint));
}

static void
check_reference(struct linker *l, struct sigma_rule *rule, const struct reference *reference, unsigned depth)
{
    struct sigma_rule *counted = find_rule(l, reference->name);
    const char *fault;

    if (counted != NULL && counted->correlation != NULL && depth < DESCENT_MAX)
        check_correlation(l, counted, depth + 1);
    fault = find_fault(counted);
    if (fault == NULL)
        rule->storey = counted->storey + 1 > rule->storey ? (unsigned char)(counted->storey + 1) : rule->storey;
    else
        refuse_reference(l, rule, reference, fault);
}

static void
check_correlation(struct linker *l, struct sigma_rule *rule, unsigned depth)
{
    size_t i;

    if (rule->visit != VISIT_NEW)
        return;
    rule->visit = VISIT_ON_THE_WAY;
    rule->storey = 1;
    for (i = 0; i < rule->n_refers_to && is_loaded(rule); i++)
        check_reference(l, rule, &rule->refers_to[i], depth);
    rule->visit = VISIT_DONE;
}

static int
number_rules(struct linker *l, size_t *n)
{
    struct sigma_rule *rule;

    *n = 0;
    for (rule = first_loaded(l->rules); rule != NULL; rule = next_loaded(rule))
        rule->rule.number = (uint32_t)(*n)++;
    l->items = arena_zalloc(l->rules->arena, (*n + 1) * sizeof(*l->items));
    if (l->items == NULL)
        return error_origin(-ENOMEM);
    for (rule = first_loaded(l->rules); rule != NULL; rule = next_loaded(rule))
        l->items[rule->rule.number] = rule->rule;
    return 0;
}

/* Terms name rules by their place among the references; from now on by that among the rules counted. */
static int
bind_terms(struct linker *l, const struct correlation *read, const uint32_t *place, struct correlation *bound)
{
    struct correlation_term *terms = arena_alloc(l->rules->arena, (read->n_terms + 1) * sizeof(*terms));
    size_t i;

    if (terms == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < read->n_terms; i++)
        terms[i] = (struct correlation_term){read->terms[i].kind, place[read->terms[i].rule]};
    bound->terms = terms;
    return 0;
}

static int
bind_aliases(struct linker *l, const struct sigma_rule *rule, const uint32_t *place, struct correlation *bound)
{
    const struct correlation *read = rule->correlation;
    struct correlation_alias *aliases = arena_alloc(l->rules->arena, (read->n_aliases + 1) * sizeof(*aliases));
    size_t i;
    size_t k;

    for (i = 0; aliases != NULL && i < read->n_aliases; i++) {
        struct slice *fields = arena_zalloc(l->rules->arena, (rule->n_refers_to + 1) * sizeof(*fields));

        if (fields == NULL)
            return error_origin(-ENOMEM);
        for (k = 0; k < rule->n_refers_to; k++)
            if (read->aliases[i].fields[k].p != NULL)
                fields[place[k]] = read->aliases[i].fields[k];
        aliases[i] = (struct correlation_alias){read->aliases[i].name, fields};
    }
    bound->aliases = aliases;
    return aliases == NULL ? error_origin(-ENOMEM) : 0;
}

/* The correlation as it was read stays, for it may be linked again; what others see is a copy of it. */
static int
bind_rest(struct linker *l, const struct sigma_rule *rule, const uint32_t *place, struct correlation *bound)
{
    int r = bind_terms(l, rule->correlation, place, bound);

    if (r == 0)
        r = bind_aliases(l, rule, place, bound);
    if (r == 0 && rule->asks_for_all && bound->n_comparisons == 0)
        bound->n_comparisons = 1;
    if (r == 0 && rule->asks_for_all)
        bound->comparisons[0] = (struct comparison){COMPARE_GTE, (double)bound->n_rules};
    return r < 0 ? error_trace(r) : 0;
}

/* Sets what @rule counts, and counts itself in there; a rule named twice is counted once. */
static int
bind_correlation(struct linker *l, struct sigma_rule *rule)
{
    const struct rule **counted = arena_alloc(l->rules->arena, (rule->n_refers_to + 1) * sizeof(*counted));
    uint32_t *place = arena_alloc(l->rules->arena, (rule->n_refers_to + 1) * sizeof(*place));
    struct correlation *bound = arena_alloc(l->rules->arena, sizeof(*bound));
    size_t n = 0;
    size_t i;
    size_t k;

    if (counted == NULL || place == NULL || bound == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < rule->n_refers_to; i++) {
        struct rule *item = &l->items[find_rule(l, rule->refers_to[i].name)->rule.number];

        for (k = 0; k < n && counted[k] != item; k++)
            continue;
        place[i] = (uint32_t)k;
        if (k < n)
            continue;
        counted[n++] = item;
        item->n_counted_by++;
        item->silent |= !rule->generate;
    }
    *bound = *rule->correlation;
    bound->rules = counted;
    bound->n_rules = n;
    l->items[rule->rule.number].correlation = bound;
    return bind_rest(l, rule, place, bound);
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
    const struct correlation *c = l->items[rule->rule.number].correlation;
    size_t i;

    for (i = 0; i < c->n_rules; i++) {
        struct rule *item = &l->items[c->rules[i]->number];

        ((const struct rule **)item->counted_by)[item->n_counted_by++] = &l->items[rule->rule.number];
    }
}

static int
bind_rules(struct linker *l, size_t n)
{
    struct sigma_rule *rule;
    int r = 0;

    for (rule = first_loaded(l->rules); rule != NULL; rule = next_loaded(rule))
        if (r == 0 && rule->correlation != NULL)
            r = bind_correlation(l, rule);
    if (r == 0)
        r = make_room_for_counters(l, n);
    if (r < 0)
        return error_trace(r);
    for (rule = first_loaded(l->rules); rule != NULL; rule = next_loaded(rule))
        if (rule->correlation != NULL)
            bind_back(l, rule);
    for (rule = first_loaded(l->rules); rule != NULL; rule = next_loaded(rule))
        rule->rule = l->items[rule->rule.number];
    return 0;
}

int
sigma_link(struct sigma_rules *rules, struct rule **items, size_t *n_items, struct diag *diag)
{
    CLEANUP(map_free) struct map *by_id = NULL;
    CLEANUP(map_free) struct map *by_name = NULL;
    struct linker l = {.rules = rules, .diag = diag};
    struct sigma_rule *rule;
    int r;

    r = map_new(&by_id, SIZE_MAX);
    if (r == 0)
        r = map_new(&by_name, SIZE_MAX);
    l.by_id = by_id;
    l.by_name = by_name;
    forget_links(rules);
    for (rule = rules->first; r == 0 && rule != NULL; rule = rule->next)
        r = take_keys(&l, rule);
    if (r < 0)
        return error_trace(r);
    for (rule = first_loaded(rules); rule != NULL; rule = next_loaded(rule))
        if (rule->correlation != NULL)
            check_correlation(&l, rule, 0);
    r = number_rules(&l, n_items);
    if (r == 0)
        r = bind_rules(&l, *n_items);
    *items = l.items;
    return r < 0 ? error_trace(r) : 0;
}
