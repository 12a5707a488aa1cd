/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_filter.h"

#include <errno.h>

#include "base/error.h"
#include "base/nearest.h"
#include "detect/sigma_condition.h"

/* ---- reading ---- */

static void
read_rules(struct sigma_draft *d, const struct yaml_node *filter)
{
    struct sigma_filter *f = d->rule->filter;
    const struct yaml_node *node = yaml_get(filter, "rules");
    struct reference *references;

    if (node == NULL || yaml_is_null(node)) {
        sigma_draft_problem(d, filter->at, "a filter needs 'rules': names, ids, or any");
        return;
    }
    if (node->kind == YAML_SCALAR && slice_eq(node->text, SLICE("any"))) {
        f->any = true;
        return;
    }
    references = sigma_draft_references(d, filter, "rules", &f->n_rules);
    f->rules = references;
    if (references != NULL && (f->n_rules == 0 || f->n_rules > SIGMA_REFERENCES_MAX))
        sigma_draft_problem(d, node->at, "a filter names 1 to %d rules", SIGMA_REFERENCES_MAX);
}

static bool
has_not(const struct node *node)
{
    const struct node *child;

    if (node->kind == NODE_NOT)
        return true;
    for (child = node->children; child != NULL; child = child->next)
        if (has_not(child))
            return true;
    return false;
}

void
sigma_filter_read(struct sigma_draft *d, const struct yaml_node *filter)
{
    const struct yaml_node *condition = yaml_get(filter, "condition");
    struct sigma_identifier *ids;
    struct sigma_filter *f = d->rule->filter = sigma_draft_alloc(d, sizeof(*f));

    if (f == NULL)
        return;
    if (filter->kind != YAML_MAPPING) {
        sigma_draft_problem(d, filter->at, "'filter' takes a map of rules, identifiers and a 'condition'");
        return;
    }
    read_rules(d, filter);
    if (condition == NULL) {
        sigma_draft_problem(d, filter->at, "'filter' has no 'condition'");
        return;
    }
    ids = sigma_detection_read(d, filter, "rules");
    if (d->rule->status == RULE_LOADED)
        f->condition = sigma_condition_read(d, condition, ids);
    if (f->condition != NULL && !has_not(f->condition))
        sigma_draft_warning(
            d, condition->at, "the filter lets only such events through; to leave them out, write 'not' before them");
}

/* ---- applying ---- */

static bool
names(const struct reference *reference, const struct sigma_rule *rule)
{
    return slice_eq(reference->name, rule->rule.uid) || slice_eq(reference->name, rule->rule.name);
}

static const struct reference *
find_reference(const struct sigma_filter *f, const struct sigma_rule *rule)
{
    size_t i;

    for (i = 0; i < f->n_rules; i++)
        if (names(&f->rules[i], rule))
            return &f->rules[i];
    return NULL;
}

static struct node *
copy_top(struct arena *arena, const struct node *node, struct node *next)
{
    struct node *top = arena_alloc(arena, sizeof(*top));

    if (top == NULL)
        return NULL;
    *top = *node;
    top->next = next;
    return top;
}

/* Both trees under one AND; what is below their tops is shared. */
static int
join(struct arena *arena, struct sigma_rule *rule, const struct sigma_filter *f)
{
    struct node *both = arena_zalloc(arena, sizeof(*both));
    struct node *second = copy_top(arena, f->condition, NULL);
    struct node *first = copy_top(arena, rule->condition, second);

    if (both == NULL || second == NULL || first == NULL)
        return error_origin(-ENOMEM);
    both->kind = NODE_AND;
    both->children = first;
    rule->condition = both;
    return 0;
}

static int
apply(struct sigma_rules *rules, const struct sigma_rule *filter, struct sigma_rule *rule, struct diag *diag)
{
    struct sigma_filter *f = filter->filter;
    const struct reference *reference = find_reference(f, rule);
    bool covers = logsource_covers(&filter->rule.logsource, &rule->rule.logsource);

    if ((reference == NULL && !f->any) || rule->status != RULE_LOADED)
        return 0;
    if (reference != NULL && rule->correlation != NULL)
        diag_warning(diag, reference->at,
            "a filter cannot narrow " SLICE_FMT ", which is a correlation; name its rules", SLICE_ARG(reference->name));
    else if (reference != NULL && !covers)
        diag_warning(diag, reference->at, "the filter does not narrow " SLICE_FMT ", which is for another log source",
            SLICE_ARG(reference->name));
    if (rule->condition == NULL || !covers)
        return 0;
    f->n_applied++;
    return join(rules->arena, rule, f);
}

int
sigma_filters_apply(struct sigma_rules *rules, struct sigma_rule *from, struct diag *diag)
{
    const struct sigma_rule *filter;
    struct sigma_rule *rule;
    int r;

    for (filter = rules->first; filter != NULL; filter = filter->next) {
        if (filter->filter == NULL || filter->filter->condition == NULL || filter->status != RULE_LOADED)
            continue;
        for (rule = from; rule != NULL; rule = rule->next) {
            r = rule->filter != NULL ? 0 : apply(rules, filter, rule, diag);
            if (r < 0)
                return error_trace(r);
        }
    }
    return 0;
}

/* ---- reporting ---- */

static void
report_reference(const struct sigma_rules *rules, const struct reference *reference, struct diag *diag)
{
    struct nearest near = {.wrong = reference->name};
    const struct sigma_rule *rule;
    char hint[NEAREST_HINT_MAX];

    for (rule = rules->first; rule != NULL; rule = rule->next) {
        if (rule->filter == NULL && names(reference, rule))
            return;
        if (rule->filter == NULL)
            nearest_consider(&near, rule->rule.name.n > 0 ? rule->rule.name : rule->rule.uid);
    }
    diag_warning(diag, reference->at, "the filter names " SLICE_FMT ": there is no such rule%s",
        SLICE_ARG(reference->name), nearest_hint(&near, hint));
}

void
sigma_filters_report(struct sigma_rules *rules, struct diag *diag)
{
    struct sigma_rule *rule;
    size_t i;

    for (rule = rules->first; rule != NULL; rule = rule->next) {
        if (rule->filter == NULL || rule->status != RULE_LOADED)
            continue;
        for (i = 0; i < rule->filter->n_rules; i++)
            report_reference(rules, &rule->filter->rules[i], diag);
        if (rule->filter->n_applied == 0) {
            rule->status = RULE_SKIPPED;
            rule->reason = SLICE("the filter narrows no rule that is loaded");
        }
    }
}
