/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_item.h"

#include "base/cursor.h"
#include "detect/sigma_modifiers.h"

/* What is left after the modifiers: text or a regular expression may be a keyword, all else needs a field. */
static void
finish_keyword(struct sigma_draft *d, const struct sigma_item *item, struct sigma_value *v)
{
    if (v->leaf.kind == LEAF_REGEX)
        return;
    if (v->leaf.kind != LEAF_TEXT)
        sigma_draft_problem(d, v->node->at, "this value needs a field; a keyword is text or a regular expression");
    else if (v->leaf.n_tokens == 0)
        sigma_draft_problem(d, v->node->at, "an empty keyword fits every event");
    else if ((item->marks & ITEM_ANCHORED) == 0)
        sigma_value_widen(d, v, true, true);
}

static struct node *
make_leaf(struct sigma_draft *d, const struct sigma_item *item, struct sigma_value *v)
{
    struct node *node = sigma_draft_node(d, NODE_LEAF, v->node->at);

    v->leaf.field = item->field;
    v->leaf.cased = (item->marks & ITEM_CASED) != 0;
    if (item->field.n == 0)
        finish_keyword(d, item, v);
    if (node != NULL)
        node->leaf = &v->leaf;
    return node;
}

/* The alternatives of the written value @v. */
static struct node *
make_alternatives(struct sigma_draft *d, const struct sigma_item *item, struct sigma_value **v)
{
    unsigned ordinal = (*v)->ordinal;
    struct diag_place at = (*v)->node->at;
    struct sigma_nodes leaves;

    sigma_nodes_init(&leaves);
    for (; *v != NULL && (*v)->ordinal == ordinal; *v = (*v)->next)
        sigma_nodes_add(&leaves, make_leaf(d, item, *v));
    return sigma_nodes_join(d, &leaves, NODE_OR, at);
}

static struct node *
make_tree(struct sigma_draft *d, const struct sigma_item *item)
{
    struct sigma_value *v = item->values;
    struct sigma_nodes nodes;
    struct node *tree;

    sigma_nodes_init(&nodes);
    while (v != NULL)
        sigma_nodes_add(&nodes, make_alternatives(d, item, &v));
    tree = sigma_nodes_join(d, &nodes, (item->marks & ITEM_ALL) != 0 ? NODE_AND : NODE_OR, item->at);
    if (tree == NULL || (item->marks & ITEM_NEGATED) == 0)
        return tree;
    sigma_nodes_init(&nodes);
    sigma_nodes_add(&nodes, tree);
    return sigma_nodes_join(d, &nodes, NODE_NOT, item->at);
}

static bool
read_values(struct sigma_draft *d, struct sigma_item *item, const struct yaml_node *values)
{
    bool is_list = values->kind == YAML_SEQUENCE;
    const struct yaml_node *node = is_list ? values->children : values;
    struct sigma_value **end = &item->values;
    unsigned ordinal = 0;

    if (node == NULL || values->kind == YAML_MAPPING) {
        sigma_draft_problem(d, values->at,
            node == NULL ? "an empty list of values" : "values are a text, a number or a list of them, not a map");
        return false;
    }
    for (; node != NULL; node = is_list ? node->next : NULL) {
        struct sigma_value *v = sigma_value_new(d, node);

        if (v == NULL)
            return false;
        if (v->leaf.kind == LEAF_NULL && is_list)
            sigma_draft_warning(d, node->at, "null in a list stands for a field that is absent; is text meant?");
        v->ordinal = ordinal++;
        *end = v;
        end = &v->next;
    }
    return true;
}

static const struct sigma_modifier *
find_modifier(struct sigma_draft *d, struct slice name, struct diag_place at)
{
    const struct sigma_modifier *m = sigma_modifiers_find(name);
    char hint[NEAREST_HINT_MAX];

    if (m == NULL)
        sigma_draft_problem(
            d, at, "unknown modifier '" SLICE_FMT "'%s", SLICE_ARG(name), sigma_modifiers_hint(name, hint));
    return m;
}

static bool
apply_modifiers(struct sigma_draft *d, struct sigma_item *item, struct slice modifiers, const struct yaml_node *values)
{
    unsigned n = 0;

    while (cursor_skip(&modifiers, '|')) {
        const struct sigma_modifier *m;

        item->modifier_at = yaml_key_place(values, (size_t)(modifiers.p - values->key.p));
        m = find_modifier(d, cursor_until(&modifiers, '|'), item->modifier_at);
        if (++n > SIGMA_MODIFIERS_MAX) {
            sigma_draft_problem(d, item->at, "more than %d modifiers", SIGMA_MODIFIERS_MAX);
            return false;
        }
        if (m == NULL || !sigma_modifiers_apply(d, item, m))
            return false;
    }
    return true;
}

struct node *
sigma_item_read(struct sigma_draft *d, struct slice field, struct slice modifiers, const struct yaml_node *values,
    struct diag_place at)
{
    struct sigma_item item = {.field = sigma_draft_copy(d, field), .at = at};

    if (!read_values(d, &item, values) || !apply_modifiers(d, &item, modifiers, values))
        return NULL;
    return make_tree(d, &item);
}
