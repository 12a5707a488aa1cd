/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a mapping of records makes out of values: `split`, where one holds several, and `lines`, where a text holds
 * named ones.
 */

#include "normalize/mapping_parts.h"

static void
read_by(struct reader *r, const struct yaml_node *node, void *target)
{
    if (node->kind == YAML_SCALAR && node->text.n == 1)
        ((struct split *)target)->by = node->text.p[0];
    else
        diag_error(r->diag, node->at, "by must be one byte");
}

static void
read_into(struct reader *r, const struct yaml_node *node, void *target)
{
    struct split *s = target;
    const struct yaml_node *child;
    struct label *items;

    if (!reader_sequence(r, node, "into"))
        return;
    items = arena_alloc(r->arena, node->n_children * sizeof(*items));
    if (items == NULL)
        return;
    s->into = items;
    for (child = node->children; child != NULL; child = child->next) {
        if (child->kind != YAML_SCALAR)
            diag_error(r->diag, child->at, "a part must be a name, or empty where it is passed over");
        items[s->n_into++] = label_of(child->kind == YAML_SCALAR ? child->text : SLICE(""));
    }
}

static const struct reader_key split_keys[] = {
    {"by", read_by},
    {"into", read_into},
};

void
mapping_read_split(struct reader *r, const struct yaml_node *node, void *mapping)
{
    struct mapping *m = mapping;
    const struct yaml_node *entry;
    struct split *items;

    if (node->kind != YAML_MAPPING || node->n_children == 0) {
        diag_error(
            r->diag, node->at, "split must be fields and how they are parted, as {src: {by: ':', into: [ip, port]}}");
        return;
    }
    items = arena_zalloc(r->arena, node->n_children * sizeof(*items));
    if (items == NULL)
        return;
    m->splits = items;
    for (entry = node->children; entry != NULL; entry = entry->next) {
        struct split *s = &items[m->n_splits++];

        s->from = label_of(entry->key);
        reader_mapping(r, entry, "a split", split_keys, ARRAY_LEN(split_keys), s);
        if (s->by == '\0' || s->n_into == 0)
            diag_error(r->diag, entry->at, "a split needs by and into");
    }
}

static void
read_of(struct reader *r, const struct yaml_node *node, void *target)
{
    ((struct lines *)target)->from = label_of(reader_text(r, node, "of"));
}

static void
read_lines_when(struct reader *r, const struct yaml_node *node, void *target)
{
    struct lines *l = target;

    l->n_when = mapping_read_when(r, node, &l->when);
}

static void
put_name(struct reader *r, const struct yaml_node *entry, struct labels labels, void *target)
{
    struct lines *l = target;
    struct json_alias *items = arena_alloc(r->arena, (l->n_names + 1) * sizeof(*items));

    if (items == NULL)
        return;
    if (l->n_names > 0)
        memcpy(items, l->names, l->n_names * sizeof(*items));
    items[l->n_names++] = (struct json_alias){label_of(entry->key), labels};
    l->names = items;
}

static void
read_lines_names(struct reader *r, const struct yaml_node *node, void *target)
{
    mapping_read_names(r, node, target, put_name);
}

static const struct reader_key lines_keys[] = {
    {"of", read_of},
    {"when", read_lines_when},
    {"names", read_lines_names},
};

void
mapping_read_lines(struct reader *r, const struct yaml_node *node, void *mapping)
{
    struct mapping *m = mapping;
    const struct yaml_node *child;
    struct lines *items;

    if (!reader_sequence(r, node, "lines"))
        return;
    items = arena_zalloc(r->arena, node->n_children * sizeof(*items));
    if (items == NULL)
        return;
    m->lines = items;
    for (child = node->children; child != NULL; child = child->next) {
        struct lines *l = &items[m->n_lines++];

        reader_mapping(r, child, "lines", lines_keys, ARRAY_LEN(lines_keys), l);
        if (l->from.name.n == 0 || l->n_names == 0)
            diag_error(r->diag, child->at, "lines need of, the field whose text they are, and names");
    }
}
