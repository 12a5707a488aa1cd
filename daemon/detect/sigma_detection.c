/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_detection.h"

#include "detect/sigma_item.h"

/*
 * What an identifier may be (Sigma rules specification, Search-Identifiers):
 *
 *     identifier: scalar                one keyword
 *     identifier: [scalar, …]           keywords, any of them
 *     identifier: {field|mod: value…}   all of the entries
 *     identifier: [{…}, scalar, […]]    any of the entries, each again one of these
 *
 * The nesting is bounded by that of the YAML tree.
 */

static struct node *read_definition(struct sigma_draft *d, const struct yaml_node *def);

static struct node *
read_map(struct sigma_draft *d, const struct yaml_node *map)
{
    const struct yaml_node *entry;
    struct sigma_nodes nodes;

    sigma_nodes_init(&nodes);
    for (entry = map->children; entry != NULL; entry = entry->next) {
        struct slice field = slice_head(entry->key, slice_find(entry->key, '|'));

        sigma_nodes_add(&nodes, sigma_item_read(d, field, slice_from(entry->key, field.n), entry, entry->key_at));
    }
    return sigma_nodes_join(d, &nodes, NODE_AND, map->at);
}

static bool
only_scalars(const struct yaml_node *list)
{
    const struct yaml_node *entry;

    for (entry = list->children; entry != NULL; entry = entry->next)
        if (entry->kind != YAML_SCALAR)
            return false;
    return true;
}

static struct node *
read_list(struct sigma_draft *d, const struct yaml_node *list)
{
    const struct yaml_node *entry;
    struct sigma_nodes nodes;

    sigma_nodes_init(&nodes);
    for (entry = list->children; entry != NULL; entry = entry->next)
        sigma_nodes_add(&nodes, read_definition(d, entry));
    return sigma_nodes_join(d, &nodes, NODE_OR, list->at);
}

static struct node *
read_definition(struct sigma_draft *d, const struct yaml_node *def)
{
    if (def->kind != YAML_SCALAR && def->children == NULL) {
        sigma_draft_problem(d, def->at, "an empty map or list asks for nothing");
        return NULL;
    }
    if (def->kind == YAML_MAPPING)
        return read_map(d, def);
    if (def->kind == YAML_SEQUENCE && !only_scalars(def))
        return read_list(d, def);
    return sigma_item_read(d, SLICE(""), SLICE(""), def, def->at);
}

static struct sigma_identifier *
read_identifier(struct sigma_draft *d, const struct yaml_node *def)
{
    struct sigma_identifier *id = sigma_draft_alloc(d, sizeof(*id));
    size_t n_before = d->n_nodes;

    if (id == NULL)
        return NULL;
    id->name = sigma_draft_copy(d, def->key);
    id->at = def->key_at;
    id->node = read_definition(d, def);
    id->n_nodes = d->n_nodes - n_before;
    return id;
}

struct sigma_identifier *
sigma_detection_read(struct sigma_draft *d, const struct yaml_node *detection, const char *other)
{
    struct sigma_identifier *first = NULL;
    struct sigma_identifier **end = &first;
    const struct yaml_node *def;

    if (detection->n_children > SIGMA_IDENTIFIERS_MAX) {
        sigma_draft_problem(d, detection->at, "more than %d identifiers", SIGMA_IDENTIFIERS_MAX);
        return NULL;
    }
    for (def = detection->children; def != NULL; def = def->next) {
        if (slice_eq(def->key, SLICE("condition")) || (other != NULL && slice_eq(def->key, slice_str(other))))
            continue;
        if (slice_eq(def->key, SLICE("timeframe"))) {
            sigma_draft_problem(
                d, def->key_at, "'timeframe' is the old way to count; write a correlation with 'timespan'");
            continue;
        }
        *end = read_identifier(d, def);
        if (*end == NULL)
            break;
        end = &(*end)->next;
    }
    return first;
}
