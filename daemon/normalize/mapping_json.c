/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The routes of a json mapping. The values of the key field are the index: a record is compared only with the routes
 * of its own value.
 */

#include "normalize/mapping_parts.h"

static void
read_is(struct reader *r, const struct yaml_node *node, void *target)
{
    ((struct json_route *)target)->is = reader_texts(r, node, "is");
}

size_t
mapping_read_when(struct reader *r, const struct yaml_node *node, const struct json_condition **out)
{
    const struct yaml_node *entry;
    struct json_condition *items;
    size_t n = 0;

    if (node->kind != YAML_MAPPING || node->n_children == 0) {
        diag_error(r->diag, node->at, "when must be a mapping from names of fields to values");
        return 0;
    }
    items = arena_alloc(r->arena, node->n_children * sizeof(*items));
    if (items == NULL)
        return 0;
    *out = items;
    for (entry = node->children; entry != NULL; entry = entry->next)
        items[n++] = (struct json_condition){label_of(entry->key), reader_texts(r, entry, "a field's value")};
    return n;
}

static void
read_when(struct reader *r, const struct yaml_node *node, void *target)
{
    struct json_route *route = target;

    route->n_when = mapping_read_when(r, node, &route->when);
}

static void
read_logsources(struct reader *r, const struct yaml_node *node, void *target)
{
    mapping_read_routes(r, node, &((struct json_route *)target)->routes);
}

static void
put_alias(struct reader *r, const struct yaml_node *entry, struct labels labels, void *target)
{
    struct json_route *route = target;
    struct json_alias *items = arena_alloc(r->arena, (route->n_names + 1) * sizeof(*items));

    if (items == NULL)
        return;
    if (route->n_names > 0)
        memcpy(items, route->names, route->n_names * sizeof(*items));
    items[route->n_names++] = (struct json_alias){label_of(entry->key), labels};
    route->names = items;
}

static void
read_names(struct reader *r, const struct yaml_node *node, void *target)
{
    mapping_read_names(r, node, target, put_alias);
}

static const struct reader_key route_keys[] = {
    {"is", read_is},
    {"when", read_when},
    {"logsources", read_logsources},
    {"names", read_names},
};

/* Behind the routes of the same value, so that they are tried in the order of the file. */
static void
index_route(struct reader *r, struct slice value, const struct json_route *route)
{
    struct json_route *copy = arena_alloc(r->arena, sizeof(*copy));
    struct json_route *at = names_get(&r->mapping->by_value, value);

    if (copy == NULL)
        return;
    *copy = *route;
    copy->next = NULL;
    if (at == NULL) {
        (void)names_put(&r->mapping->by_value, r->arena, value, copy);
        return;
    }
    while (at->next != NULL)
        at = at->next;
    at->next = copy;
}

static bool
becomes_key(const struct mapping *m, const struct names_slot *slot)
{
    const struct labels *labels = slot->value;
    size_t i;

    for (i = 0; labels != NULL && i < labels->n; i++)
        if (slice_eq(labels->items[i].name, m->key.name))
            return true;
    return false;
}

/* The key field by its own name, by the names that become it, and behind each prefix that is taken off. */
static void
collect_key_names(struct reader *r, struct mapping *m)
{
    struct slice *items = arena_alloc(r->arena, (m->names.n_slots + m->strip.n + 1) * sizeof(*items));
    size_t n = 0;
    size_t i;

    if (items == NULL)
        return;
    items[n++] = m->key.name;
    for (i = 0; i < m->names.n_slots; i++)
        if (becomes_key(m, &m->names.slots[i]))
            items[n++] = m->names.slots[i].key;
    for (i = 0; i < m->strip.n; i++) {
        struct slice prefix = m->strip.items[i];
        char *p = arena_text(r->arena, prefix.n + m->key.name.n);

        if (p == NULL || prefix.n == 0)
            continue;
        memcpy(p, prefix.p, prefix.n);
        memcpy(p + prefix.n, m->key.name.p, m->key.name.n);
        items[n++] = slice_of(p, prefix.n + m->key.name.n);
    }
    m->key_names = (struct slices){items, n};
}

void
mapping_read_json_routes(struct reader *r, const struct yaml_node *node)
{
    const struct yaml_node *child;
    size_t i;

    collect_key_names(r, r->mapping);
    if (node == NULL || !reader_sequence(r, node, "routes"))
        return;
    for (child = node->children; child != NULL; child = child->next) {
        struct json_route route = {0};

        reader_mapping(r, child, "a route", route_keys, ARRAY_LEN(route_keys), &route);
        if (route.is.n == 0 || route.routes.n == 0)
            diag_error(r->diag, child->at, "a route needs is, the key field's value, and logsources");
        for (i = 0; i < route.is.n; i++)
            if (route.is.items[i].p != NULL)
                index_route(r, route.is.items[i], &route);
    }
}
