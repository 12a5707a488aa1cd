/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_correlation.h"

#include "base/clock.h"
#include "base/cursor.h"
#include "base/nearest.h"

static const struct {
    const char *name;
    enum compare_op op;
} operators[] = {
    // clang-format off
    {"gt",  COMPARE_GT},
    {"gte", COMPARE_GTE},
    {"lt",  COMPARE_LT},
    {"lte", COMPARE_LTE},
    {"eq",  COMPARE_EQ},
    {"neq", COMPARE_NEQ},
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
read_comparison(struct sigma_draft *d, const struct yaml_node *entry)
{
    int64_t threshold;
    size_t i;

    for (i = 0; i < ARRAY_LEN(operators); i++)
        if (slice_eq(entry->key, slice_str(operators[i].name)))
            break;
    if (i == ARRAY_LEN(operators)) {
        sigma_draft_problem(d, entry->key_at, "unknown comparison '" SLICE_FMT "'; known are gt, gte, lt, lte, eq, neq",
            SLICE_ARG(entry->key));
        return false;
    }
    if (!yaml_is_int(entry, &threshold) || threshold < 0) {
        sigma_draft_problem(d, entry->at, "'%s' takes a whole number of events", operators[i].name);
        return false;
    }
    d->rule->correlation->op = operators[i].op;
    d->rule->correlation->threshold = (uint64_t)threshold;
    return true;
}

static void
read_condition(struct sigma_draft *d, const struct yaml_node *correlation)
{
    const struct yaml_node *condition = demand(d, correlation, "condition");

    if (condition == NULL)
        return;
    if (condition->kind != YAML_MAPPING || condition->children == NULL)
        sigma_draft_problem(d, condition->at, "the condition of a correlation is a comparison, as 'gte: 10'");
    else if (read_comparison(d, condition->children) && condition->n_children > 1)
        sigma_draft_problem(d, condition->children->next->key_at, "not supported yet: more than one comparison");
}

static bool
is_later_type(struct slice type)
{
    static const char *const later[] = {
        "value_count", "value_sum", "value_avg", "value_percentile", "value_median", "temporal", "temporal_ordered"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(later); i++)
        if (slice_eq(type, slice_str(later[i])))
            return true;
    return false;
}

static bool
read_type(struct sigma_draft *d, const struct yaml_node *correlation)
{
    const struct yaml_node *type = demand(d, correlation, "type");

    if (type == NULL)
        return false;
    if (type->kind == YAML_SCALAR && slice_eq(type->text, SLICE("event_count")))
        return true;
    if (is_later_type(type->text))
        sigma_draft_problem(d, type->at, "not supported yet: correlation type " SLICE_FMT, SLICE_ARG(type->text));
    else
        sigma_draft_problem(
            d, type->at, "unknown correlation type '" SLICE_FMT "'; known is event_count", SLICE_ARG(type->text));
    return false;
}

/* A key that would change the meaning and cannot be honoured is no silent matter, least of all group_by. */
static void
refuse_other_keys(struct sigma_draft *d, const struct yaml_node *correlation)
{
    static const char *const known[] = {"type", "rules", "group-by", "timespan", "condition", "generate"};
    const struct yaml_node *entry;
    char hint[NEAREST_HINT_MAX];

    for (entry = correlation->children; entry != NULL; entry = entry->next)
        if (slice_eq(entry->key, SLICE("aliases")))
            sigma_draft_problem(d, entry->key_at, "not supported yet: aliases");
        else if (!sigma_draft_is_one_of(entry->key, known, ARRAY_LEN(known), hint))
            sigma_draft_problem(
                d, entry->key_at, "a correlation has no '" SLICE_FMT "'%s", SLICE_ARG(entry->key), hint);
}

/* What @node says that sigma_draft_texts() would take of it, each with its place. */
static void
read_references(struct sigma_draft *d, const struct yaml_node *correlation)
{
    struct sigma_rule *rule = d->rule;
    const struct yaml_node *node = demand(d, correlation, "rules");
    const struct slice *names = sigma_draft_texts(d, correlation, "rules", &rule->n_refers_to);
    struct reference *references = sigma_draft_alloc(d, (rule->n_refers_to + 1) * sizeof(*references));
    size_t i;

    if (node == NULL || names == NULL || references == NULL)
        return;
    if (rule->n_refers_to == 0 || rule->n_refers_to > SIGMA_REFERENCES_MAX)
        sigma_draft_problem(d, node->at, "a correlation counts 1 to %d rules", SIGMA_REFERENCES_MAX);
    node = node->kind == YAML_SCALAR ? node : node->children;
    for (i = 0; node != NULL && i < rule->n_refers_to; node = node->next)
        if (node->kind == YAML_SCALAR && !yaml_is_null(node)) {
            references[i] = (struct reference){names[i], sigma_draft_place(d, node->at)};
            i++;
        }
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
    read_condition(d, correlation);
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
