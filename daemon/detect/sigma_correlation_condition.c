/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The condition of a correlation: comparisons, a field and a percentile in a map; or an expression over its rules,
 * which is read as that of a rule is, its identifiers being the rules.
 */

#include "base/nearest.h"
#include "detect/sigma_condition.h"
#include "detect/sigma_correlation.h"

enum { DEPTH_MAX = 60 }; /* operands that wait for their operator: correlate/condition.c has a bit for each */

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

static bool
is_temporal(const struct correlation *c)
{
    return c->type == CORRELATION_TEMPORAL || c->type == CORRELATION_TEMPORAL_ORDERED;
}

/* Whether values are numbers that are added up or compared, not counted. */
static bool
is_numeric(const struct correlation *c)
{
    return c->type == CORRELATION_VALUE_SUM || c->type == CORRELATION_VALUE_AVG ||
           c->type == CORRELATION_VALUE_PERCENTILE;
}

/* ---- comparisons ---- */

static bool
find_operator(struct slice name, enum compare_op *op)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(operators); i++)
        if (slice_eq(name, slice_str(operators[i].name))) {
            *op = operators[i].op;
            return true;
        }
    return false;
}

static bool
read_number(struct sigma_draft *d, const struct yaml_node *entry, double *value)
{
    int64_t whole;

    if (is_numeric(d->rule->correlation)) {
        if (yaml_is_number(entry, value))
            return true;
        sigma_draft_problem(d, entry->at, "'" SLICE_FMT "' takes a number", SLICE_ARG(entry->key));
        return false;
    }
    if (yaml_is_int(entry, &whole) && whole >= 0) {
        *value = (double)whole;
        return true;
    }
    sigma_draft_problem(d, entry->at, "'" SLICE_FMT "' takes a whole number of events", SLICE_ARG(entry->key));
    return false;
}

static void
read_comparison(struct sigma_draft *d, const struct yaml_node *entry, enum compare_op op)
{
    struct correlation *c = d->rule->correlation;
    double value;

    if (c->n_comparisons == CORRELATION_COMPARISONS_MAX)
        sigma_draft_problem(d, entry->key_at, "more than %d comparisons", CORRELATION_COMPARISONS_MAX);
    else if (read_number(d, entry, &value))
        c->comparisons[c->n_comparisons++] = (struct comparison){op, value};
}

static void
read_field(struct sigma_draft *d, const struct yaml_node *condition)
{
    struct correlation *c = d->rule->correlation;
    const struct yaml_node *node = yaml_get(condition, "field");
    bool is_wanted = is_numeric(c) || c->type == CORRELATION_VALUE_COUNT;

    if (!is_wanted) {
        if (node != NULL)
            sigma_draft_problem(d, node->key_at, "this type of correlation counts no 'field'");
        return;
    }
    c->fields = sigma_draft_texts(d, condition, "field", &c->n_fields);
    if (c->n_fields == 0)
        sigma_draft_problem(d, condition->at, "the condition needs 'field', whose values are meant");
    else if (is_numeric(c) && c->n_fields > 1)
        sigma_draft_problem(d, node->at, "'field' takes one field, whose values are numbers");
}

static void
read_percentile(struct sigma_draft *d, const struct yaml_node *condition)
{
    struct correlation *c = d->rule->correlation;
    const struct yaml_node *node = yaml_get(condition, "percentile");

    c->percentile = 50;
    if (node == NULL)
        return;
    if (c->type != CORRELATION_VALUE_PERCENTILE)
        sigma_draft_problem(d, node->key_at, "only value_percentile takes a 'percentile'");
    else if (!yaml_is_number(node, &c->percentile) || c->percentile < 0 || c->percentile > 100)
        sigma_draft_problem(d, node->at, "'percentile' takes a number from 0 to 100");
}

static void
read_entry(struct sigma_draft *d, const struct yaml_node *entry)
{
    static const char *const others[] = {"field", "percentile"};
    enum compare_op op;
    char hint[NEAREST_HINT_MAX];

    if (find_operator(entry->key, &op))
        read_comparison(d, entry, op);
    else if (!sigma_draft_is_one_of(entry->key, others, ARRAY_LEN(others), hint))
        sigma_draft_problem(d, entry->key_at,
            "unknown comparison '" SLICE_FMT "'; known are gt, gte, lt, lte, eq, neq%s", SLICE_ARG(entry->key), hint);
}

static void
read_map(struct sigma_draft *d, const struct yaml_node *condition)
{
    const struct yaml_node *entry;

    for (entry = condition->children; entry != NULL; entry = entry->next)
        read_entry(d, entry);
    read_field(d, condition);
    read_percentile(d, condition);
    if (d->rule->status == RULE_LOADED && d->rule->correlation->n_comparisons == 0)
        sigma_draft_problem(d, condition->at, "the condition of a correlation is a comparison, as 'gte: 10'");
}

/* ---- expressions ---- */

struct writer {
    struct sigma_draft *d;
    struct correlation_term *terms;
    size_t n;
    unsigned depth;
    unsigned deepest;
};

static void
write_term(struct writer *w, enum term_kind kind, uint32_t rule)
{
    if (w->n < CORRELATION_TERMS_MAX)
        w->terms[w->n] = (struct correlation_term){kind, rule};
    w->n++;
    if (kind == TERM_RULE)
        w->depth++;
    else if (kind != TERM_NOT)
        w->depth--;
    w->deepest = w->depth > w->deepest ? w->depth : w->deepest;
}

/* As deep as the condition's parentheses. */
static void
write_terms(struct writer *w, const struct node *node)
{
    const struct node *child;

    if (node->kind == NODE_LEAF) {
        write_term(w, TERM_RULE, node->atom);
        return;
    }
    for (child = node->children; child != NULL; child = child->next) {
        write_terms(w, child);
        if (node->kind == NODE_NOT)
            write_term(w, TERM_NOT, 0);
        else if (child != node->children)
            write_term(w, node->kind == NODE_AND ? TERM_AND : TERM_OR, 0);
    }
}

/* The rules as what the expression may name. */
static struct sigma_identifier *
name_rules(struct sigma_draft *d)
{
    size_t n = d->rule->n_refers_to;
    struct sigma_identifier *ids = sigma_draft_alloc(d, (n + 1) * sizeof(*ids));
    size_t i;

    for (i = 0; ids != NULL && i < n; i++) {
        struct node *leaf = sigma_draft_node(d, NODE_LEAF, d->rule->refers_to[i].at);

        if (leaf == NULL)
            return NULL;
        leaf->atom = (uint32_t)i;
        ids[i] = (struct sigma_identifier){.name = d->rule->refers_to[i].name,
            .at = d->rule->refers_to[i].at,
            .node = leaf,
            .n_nodes = 1,
            .next = i + 1 < n ? &ids[i + 1] : NULL};
    }
    return ids;
}

static void
refuse_unused(struct sigma_draft *d, const struct sigma_identifier *id, const struct yaml_node *condition)
{
    for (; id != NULL; id = id->next)
        if (!id->used)
            sigma_draft_problem(
                d, condition->at, "the condition does not use '" SLICE_FMT "' of 'rules'", SLICE_ARG(id->name));
}

/* rule_a and not rule_b and rule_c: which rules must be absent, by index. Return: false where it says anything else. */
static bool
take_order(const struct node *node, bool *absent)
{
    const struct node *child;

    if (node->kind == NODE_LEAF)
        return true;
    if (node->kind == NODE_NOT && node->children->kind == NODE_LEAF) {
        absent[node->children->atom] = true;
        return true;
    }
    for (child = node->kind == NODE_AND ? node->children : NULL; child != NULL; child = child->next)
        if (!take_order(child, absent))
            return false;
    return node->kind == NODE_AND;
}

/* All rules in their order, those that must be absent marked. */
static void
write_order(struct sigma_draft *d, struct writer *w, const bool *absent)
{
    size_t i;

    for (i = 0; i < d->rule->n_refers_to; i++)
        w->terms[w->n++] = (struct correlation_term){
            absent != NULL && absent[i] ? TERM_ABSENT : TERM_RULE, (uint32_t)i};
}

static void
order_by(struct sigma_draft *d, struct writer *w, const struct node *node, const struct yaml_node *condition)
{
    size_t last = d->rule->n_refers_to - 1;
    bool absent[CORRELATION_TEMPORAL_MAX] = {false};

    if (!take_order(node, absent))
        sigma_draft_problem(
            d, condition->at, "in an order, rules and 'not' rules are joined with 'and'; else write type temporal");
    else if (absent[0] || absent[last])
        sigma_draft_problem(d, condition->at,
            "in an order, a rule must be absent between two others; before or behind them, write type temporal");
    write_order(d, w, absent);
}

static void
read_expression(struct sigma_draft *d, const struct yaml_node *condition, struct writer *w)
{
    struct correlation *c = d->rule->correlation;
    struct sigma_identifier *ids = name_rules(d);
    struct node *node = ids == NULL ? NULL : sigma_condition_read(d, condition, ids);

    if (node == NULL || d->rule->status != RULE_LOADED)
        return;
    refuse_unused(d, ids, condition);
    if (c->type == CORRELATION_TEMPORAL_ORDERED)
        order_by(d, w, node, condition);
    else
        write_terms(w, node);
    if (w->n > CORRELATION_TERMS_MAX || w->deepest > DEPTH_MAX)
        sigma_draft_problem(
            d, condition->at, "too large: the condition has more than %d rules and operators", CORRELATION_TERMS_MAX);
}

static bool
asks_for_all(const struct sigma_draft *d)
{
    const struct correlation *c = d->rule->correlation;

    return c->n_comparisons == 1 && (c->comparisons[0].op == COMPARE_GTE || c->comparisons[0].op == COMPARE_EQ) &&
           c->comparisons[0].value == (double)d->rule->n_refers_to;
}

static void
read_temporal(struct sigma_draft *d, const struct yaml_node *condition)
{
    struct correlation *c = d->rule->correlation;
    struct writer w = {.d = d, .terms = sigma_draft_alloc(d, CORRELATION_TERMS_MAX * sizeof(*w.terms))};

    if (w.terms == NULL || d->rule->n_refers_to == 0 || d->rule->n_refers_to > CORRELATION_TEMPORAL_MAX)
        return;
    if (condition != NULL && condition->kind == YAML_MAPPING)
        read_map(d, condition);
    else if (condition != NULL)
        read_expression(d, condition, &w);
    else
        d->rule->asks_for_all = true;
    if (c->type == CORRELATION_TEMPORAL_ORDERED && w.n == 0) {
        if (c->n_comparisons > 0 && !asks_for_all(d))
            sigma_draft_problem(d, condition->at, "an order asks for all of its rules; leave the condition away");
        write_order(d, &w, NULL);
    }
    if (c->n_comparisons > 0 && asks_for_all(d))
        d->rule->asks_for_all = true;
    c->terms = w.terms;
    c->n_terms = w.n;
}

void
sigma_correlation_read_condition(struct sigma_draft *d, const struct yaml_node *correlation)
{
    const struct yaml_node *condition = yaml_get(correlation, "condition");

    if (condition != NULL && yaml_is_null(condition))
        condition = NULL;
    if (is_temporal(d->rule->correlation) && d->rule->n_refers_to > CORRELATION_TEMPORAL_MAX)
        sigma_draft_problem(d, yaml_get(correlation, "rules")->at, "a temporal correlation asks for at most %d rules",
            CORRELATION_TEMPORAL_MAX);
    if (is_temporal(d->rule->correlation))
        read_temporal(d, condition);
    else if (condition == NULL)
        sigma_draft_problem(d, correlation->at, "a correlation needs 'condition'");
    else if (condition->kind != YAML_MAPPING || condition->children == NULL)
        sigma_draft_problem(d, condition->at, "the condition of a correlation is a comparison, as 'gte: 10'");
    else
        read_map(d, condition);
}
