/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_correlation.h"

#include "base/clock.h"
#include "base/cursor.h"
#include "base/nearest.h"

static const struct {
    const char *name;
    enum correlation_type type;
} types[] = {
    // clang-format off
    {"event_count",      CORRELATION_EVENT_COUNT},
    {"value_count",      CORRELATION_VALUE_COUNT},
    {"temporal",         CORRELATION_TEMPORAL},
    {"temporal_ordered", CORRELATION_TEMPORAL_ORDERED},
    {"value_sum",        CORRELATION_VALUE_SUM},
    {"value_avg",        CORRELATION_VALUE_AVG},
    {"value_percentile", CORRELATION_VALUE_PERCENTILE},
    {"value_median",     CORRELATION_VALUE_PERCENTILE},
    // clang-format on
};

/* A month and a year are the mean ones of the Gregorian calendar. */
static const struct {
    char name;
    int64_t seconds;
} units[] = {
    // clang-format off
    {'s', 1},
    {'m', 60},
    {'h', 3600},
    {'d', 86400},
    {'w', 604800},
    {'M', 2629746},
    {'y', 31556952},
    // clang-format on
};

static const struct yaml_node *
demand(struct sigma_draft *d, const struct yaml_node *correlation, const char *key)
{
    const struct yaml_node *node = yaml_get(correlation, key);

    if (node == NULL || yaml_is_null(node)) {
        sigma_draft_problem(d, correlation->at, "a correlation needs '%s'", key);
        return NULL;
    }
    return node;
}

static int64_t
unit_seconds(char name)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(units); i++)
        if (units[i].name == name)
            return units[i].seconds;
    return 0;
}

/* timespan = 1*9DIGIT ( "s" / "m" / "h" / "d" / "w" / "M" / "y" ), section Time Selection. */
static bool
parse_timespan(struct slice text, int64_t *ns)
{
    int64_t unit;
    unsigned n;

    if (!cursor_number(&text, 9, &n) || text.n != 1)
        return false;
    unit = unit_seconds(text.p[0]);
    return unit > 0 && n > 0 && !__builtin_mul_overflow(n * unit, NS_PER_S, ns);
}

static void
read_timespan(struct sigma_draft *d, const struct yaml_node *correlation)
{
    const struct yaml_node *node = demand(d, correlation, "timespan");

    if (node != NULL && (node->kind != YAML_SCALAR || !parse_timespan(node->text, &d->rule->correlation->timespan_ns)))
        sigma_draft_problem(d, node->at, "'timespan' takes a number and s, m, h, d, w, M or y, as 90m");
}

static bool
read_type(struct sigma_draft *d, const struct yaml_node *correlation)
{
    const struct yaml_node *type = demand(d, correlation, "type");
    struct nearest near = {.wrong = type == NULL ? SLICE("") : type->text};
    char hint[NEAREST_HINT_MAX];
    size_t i;

    for (i = 0; type != NULL && i < ARRAY_LEN(types); i++) {
        if (type->kind == YAML_SCALAR && slice_eq(type->text, slice_str(types[i].name))) {
            d->rule->correlation->type = types[i].type;
            return true;
        }
        nearest_consider(&near, slice_str(types[i].name));
    }
    if (type != NULL)
        sigma_draft_problem(d, type->at, "unknown correlation type '" SLICE_FMT "'%s", SLICE_ARG(type->text),
            nearest_hint(&near, hint));
    return false;
}

/* A key that would change the meaning and cannot be honoured is no silent matter, least of all group_by. */
static void
refuse_other_keys(struct sigma_draft *d, const struct yaml_node *correlation)
{
    static const char *const known[] = {"type", "rules", "group-by", "timespan", "condition", "generate", "aliases"};
    const struct yaml_node *entry;
    char hint[NEAREST_HINT_MAX];

    for (entry = correlation->children; entry != NULL; entry = entry->next)
        if (!sigma_draft_is_one_of(entry->key, known, ARRAY_LEN(known), hint))
            sigma_draft_problem(
                d, entry->key_at, "a correlation has no '" SLICE_FMT "'%s", SLICE_ARG(entry->key), hint);
}

/* alias: {rule: field, ...} */
static void
read_alias(struct sigma_draft *d, const struct yaml_node *entry, struct correlation_alias *alias)
{
    const struct sigma_rule *rule = d->rule;
    struct slice *fields = sigma_draft_alloc(d, (rule->n_refers_to + 1) * sizeof(*fields));
    const struct yaml_node *node;
    size_t i;

    if (fields == NULL)
        return;
    *alias = (struct correlation_alias){sigma_draft_copy(d, entry->key), fields};
    if (entry->kind != YAML_MAPPING)
        sigma_draft_problem(d, entry->at, "an alias takes a map, as {rule_a: src_ip, rule_b: dst_ip}");
    for (node = entry->kind == YAML_MAPPING ? entry->children : NULL; node != NULL; node = node->next) {
        for (i = 0; i < rule->n_refers_to && !slice_eq(rule->refers_to[i].name, node->key); i++)
            continue;
        if (i == rule->n_refers_to)
            sigma_draft_problem(
                d, node->key_at, "'" SLICE_FMT "' is none of the correlation's 'rules'", SLICE_ARG(node->key));
        else if (node->kind != YAML_SCALAR || yaml_is_null(node) || node->text.n == 0)
            sigma_draft_problem(d, node->at, "an alias stands for the name of a field");
        else
            fields[i] = sigma_draft_copy(d, node->text);
    }
}

static bool
is_used(const struct sigma_rule *rule, struct slice name)
{
    size_t i;

    for (i = 0; i < rule->rule.n_group_by; i++)
        if (slice_eq(rule->rule.group_by[i], name))
            return true;
    for (i = 0; i < rule->correlation->n_fields; i++)
        if (slice_eq(rule->correlation->fields[i], name))
            return true;
    return false;
}

static void
read_aliases(struct sigma_draft *d, const struct yaml_node *correlation)
{
    const struct yaml_node *node = yaml_get(correlation, "aliases");
    struct correlation *c = d->rule->correlation;
    struct correlation_alias *aliases;
    const struct yaml_node *entry;

    if (node == NULL || yaml_is_null(node))
        return;
    if (node->kind != YAML_MAPPING) {
        sigma_draft_problem(d, node->at, "'aliases' takes a map, as {internal_ip: {rule_a: src_ip, rule_b: dst_ip}}");
        return;
    }
    aliases = sigma_draft_alloc(d, (node->n_children + 1) * sizeof(*aliases));
    if (aliases == NULL)
        return;
    for (entry = node->children; entry != NULL; entry = entry->next) {
        read_alias(d, entry, &aliases[c->n_aliases]);
        if (!is_used(d->rule, aliases[c->n_aliases++].name))
            sigma_draft_warning(d, entry->key_at, "neither 'group-by' nor the condition uses the alias '" SLICE_FMT "'",
                SLICE_ARG(entry->key));
    }
    c->aliases = aliases;
}

static void
read_references(struct sigma_draft *d, const struct yaml_node *correlation)
{
    struct sigma_rule *rule = d->rule;
    const struct yaml_node *node = demand(d, correlation, "rules");
    const struct reference *references = sigma_draft_references(d, correlation, "rules", &rule->n_refers_to);

    if (node == NULL || references == NULL)
        return;
    if (rule->n_refers_to == 0 || rule->n_refers_to > SIGMA_REFERENCES_MAX)
        sigma_draft_problem(d, node->at, "a correlation counts 1 to %d rules", SIGMA_REFERENCES_MAX);
    rule->refers_to = references;
}

void
sigma_correlation_read(struct sigma_draft *d, const struct yaml_node *correlation)
{
    struct sigma_rule *rule = d->rule;

    rule->correlation = sigma_draft_alloc(d, sizeof(*rule->correlation));
    rule->rule.correlation = rule->correlation;
    if (rule->correlation == NULL)
        return;
    if (correlation->kind != YAML_MAPPING) {
        sigma_draft_problem(d, correlation->at, "'correlation' takes a map");
        return;
    }
    if (!read_type(d, correlation))
        return;
    read_references(d, correlation);
    rule->rule.group_by = sigma_draft_texts(d, correlation, "group-by", &rule->rule.n_group_by);
    read_timespan(d, correlation);
    sigma_correlation_read_condition(d, correlation);
    read_aliases(d, correlation);
    sigma_correlation_read_generate(d, correlation);
    refuse_other_keys(d, correlation);
}

void
sigma_correlation_read_generate(struct sigma_draft *d, const struct yaml_node *map)
{
    const struct yaml_node *generate = yaml_get(map, "generate");

    if (generate != NULL && !yaml_is_bool(generate, &d->rule->generate))
        sigma_draft_problem(d, generate->at, "'generate' takes true or false");
}
