/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/reader.h"

#include "base/buffer.h"

static void
list_keys(struct buffer *out, const struct reader_key *keys, size_t n_keys)
{
    size_t i;

    for (i = 0; i < n_keys; i++)
        buffer_printf(out, "%s%s", i == 0 ? "" : ", ", keys[i].name);
    buffer_add_char(out, '\0');
}

static void
refuse_key(
    struct reader *r, const struct yaml_node *entry, const char *what, const struct reader_key *keys, size_t n_keys)
{
    CLEANUP_BUFFER struct buffer known = {0};

    list_keys(&known, keys, n_keys);
    diag_error(r->diag, entry->key_at, "%s has no key \"" SLICE_FMT "\"; it knows %s", what, SLICE_ARG(entry->key),
        known.failed ? "others" : known.p);
}

static const struct reader_key *
find_key(struct slice name, const struct reader_key *keys, size_t n_keys)
{
    size_t i;

    for (i = 0; i < n_keys; i++)
        if (slice_eq(name, slice_str(keys[i].name)))
            return &keys[i];
    return NULL;
}

void
reader_mapping(struct reader *r, const struct yaml_node *node, const char *what, const struct reader_key *keys,
    size_t n_keys, void *target)
{
    const struct yaml_node *entry;

    if (node->kind != YAML_MAPPING) {
        diag_error(r->diag, node->at, "%s must be a mapping of keys to values", what);
        return;
    }
    for (entry = node->children; entry != NULL; entry = entry->next) {
        const struct reader_key *key = find_key(entry->key, keys, n_keys);

        if (key == NULL)
            refuse_key(r, entry, what, keys, n_keys);
        else
            key->read(r, entry, target);
    }
}

struct slice
reader_text(struct reader *r, const struct yaml_node *node, const char *what)
{
    if (node->kind == YAML_SCALAR && node->text.n > 0)
        return node->text;
    diag_error(r->diag, node->at, "%s must be a text that is not empty", what);
    return (struct slice){NULL, 0};
}

struct slices
reader_texts(struct reader *r, const struct yaml_node *node, const char *what)
{
    size_t n = node->kind == YAML_SEQUENCE ? node->n_children : 1;
    struct slice *items = arena_alloc(r->arena, (n + 1) * sizeof(*items));
    const struct yaml_node *child;
    size_t i = 0;

    if (items == NULL)
        return (struct slices){NULL, 0};
    if (node->kind != YAML_SEQUENCE) {
        items[i++] = reader_text(r, node, what);
    } else {
        if (n == 0)
            diag_error(r->diag, node->at, "%s must not be an empty list", what);
        for (child = node->children; child != NULL; child = child->next)
            items[i++] = reader_text(r, child, what);
    }
    return (struct slices){items, i};
}

bool
reader_sequence(struct reader *r, const struct yaml_node *node, const char *what)
{
    if (node->kind == YAML_SEQUENCE && node->n_children > 0)
        return true;
    diag_error(r->diag, node->at, "%s must be a list that is not empty", what);
    return false;
}

/* The rest of the file from @at on; empty where the place is not in it. */
static struct slice
text_from(struct slice text, struct diag_place at)
{
    unsigned line;

    for (line = 1; line < at.line; line++) {
        size_t end = slice_find(text, '\n');

        if (end == text.n)
            return (struct slice){NULL, 0};
        text = slice_from(text, end + 1);
    }
    return at.column >= 1 && at.column - 1 <= text.n ? slice_from(text, at.column - 1) : (struct slice){NULL, 0};
}

/*
 * Only a scalar on one line that stands in the file as it is read: plain, or in single quotes, where '' is one
 * quote. A block or double-quoted one is answered with its beginning.
 */
struct diag_place
reader_place(const struct reader *r, const struct yaml_node *node, size_t offset)
{
    struct slice source = text_from(r->text, node->at);
    struct diag_place at = node->at;
    bool quoted = source.n > 0 && source.p[0] == '\'';
    size_t from = quoted ? 1 : 0;
    size_t i;

    for (i = 0; i < offset && from < source.n && i < node->text.n; i++) {
        if (source.p[from] != node->text.p[i])
            return at;
        from += quoted && source.p[from] == '\'' ? 2 : 1;
    }
    at.column += (unsigned)from;
    return at;
}
