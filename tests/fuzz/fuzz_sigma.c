/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_reader.h"

/*
 * The bytes are a file of rules. Whatever they say, each document must end as loaded, rejected or skipped, with a
 * reason and a place unless loaded, and what is loaded must be a tree the compiler may walk without looking.
 */

enum { ARENA_BYTES_MAX = 256 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_leaf(const struct leaf *leaf)
{
    size_t i;

    ASSERT(leaf->at.file != NULL && leaf->at.line > 0);
    for (i = 0; leaf->kind == LEAF_TEXT && i < leaf->n_tokens; i++) {
        const struct token *token = &leaf->tokens[i];

        ASSERT(token->kind != TOKEN_LITERAL || token->literal.n > 0);
        ASSERT(token->kind != TOKEN_ANY || i == 0 || token[-1].kind != TOKEN_ANY);
    }
    ASSERT(leaf->field.n > 0 || leaf->kind == LEAF_TEXT || leaf->kind == LEAF_REGEX);
    ASSERT(leaf->kind != LEAF_REGEX || leaf->regex.n > 0);
    ASSERT(leaf->kind != LEAF_CIDR || leaf->prefix_bits <= 128);
    ASSERT(leaf->kind != LEAF_FIELDREF || leaf->other.n > 0);
}

/* Returns how many nodes a walk of the whole tree meets. */
static size_t
check_node(const struct node *node)
{
    const struct node *child;
    size_t n = 1;

    if (node->kind == NODE_LEAF) {
        check_leaf(node->leaf);
        return n;
    }
    ASSERT(node->children != NULL);
    ASSERT(node->kind != NODE_NOT || node->children->next == NULL);
    for (child = node->children; child != NULL; child = child->next)
        n += check_node(child);
    return n;
}

/* What a correlation names is among what it counts. */
static void
check_correlation(const struct correlation *c)
{
    size_t i;

    for (i = 0; i < c->n_rules; i++)
        ASSERT(c->rules[i]->n_counted_by > 0);
    for (i = 0; i < c->n_terms; i++)
        ASSERT(c->terms[i].rule < c->n_rules || c->terms[i].kind > TERM_ABSENT);
    ASSERT(c->n_comparisons <= CORRELATION_COMPARISONS_MAX && c->n_terms <= CORRELATION_TERMS_MAX);
    ASSERT(c->n_comparisons > 0 || c->n_terms > 0);
}

static void
check_rule(const struct sigma_rule *rule, const struct rule *items, size_t n_items)
{

    if (rule->status != RULE_LOADED) {
        ASSERT(rule->reason.n > 0 && rule->at.file != NULL);
        return;
    }
    if (rule->filter != NULL) {
        ASSERT(check_node(rule->filter->condition) <= 2 * SIGMA_NODES_MAX);
        return;
    }
    ASSERT(rule->rule.uid.n > 0 && rule->rule.number < n_items && items[rule->rule.number].number == rule->rule.number);
    ASSERT((rule->condition == NULL) == (rule->correlation != NULL));
    if (rule->condition != NULL)
        ASSERT(check_node(rule->condition) <= 2 * SIGMA_NODES_MAX);
    if (rule->correlation != NULL)
        check_correlation(items[rule->rule.number].correlation);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag diag = {0};
    struct sigma_rules rules;
    struct sigma_rule *rule;
    struct rule *items;
    struct arena arena;
    size_t n_items;

    if (arena_init(&arena, 0, ARENA_BYTES_MAX) < 0)
        return 0;
    sigma_rules_init(&rules, &arena);
    if (sigma_read(&rules, slice_of((const char *)data, size), "f.yml", &diag) == 0 &&
        sigma_link(&rules, &items, &n_items, &diag) == 0)
        for (rule = rules.first; rule != NULL; rule = rule->next)
            check_rule(rule, items, n_items);
    diag_fini(&diag);
    arena_fini(&arena);
    return 0;
}
