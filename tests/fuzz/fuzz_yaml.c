/* SPDX-License-Identifier: Apache-2.0 */

/*
 * YAML: the tree is as the header promises (depth, count, unique keys, places), and problems say where they are.
 */

#include "parsers/yaml.h"

#include "fuzz/fuzz.h"

enum { ARENA_BYTES = 256 << 20, WALK_MAX = 20000 };

static void
check_unique(const struct yaml_node *mapping, const struct yaml_node *entry)
{
    const struct yaml_node *other;
    size_t looked_at = 0;

    for (other = mapping->children; other != entry && looked_at++ < 64; other = other->next)
        ASSERT(!slice_eq(other->key, entry->key));
}

/* Walks at most WALK_MAX nodes, since aliases may make a million of a small text. */
static void
check_node(const struct yaml_node *node, int depth, size_t *n_walked)
{
    const struct yaml_node *child;
    size_t n = 0;

    ASSERT(depth < YAML_DEPTH_MAX);
    ASSERT(node->at.line >= 1 && node->at.column >= 1);
    if (++*n_walked > WALK_MAX)
        return;
    fuzz_touch(node->text);
    fuzz_touch(node->source);
    ASSERT(yaml_place(node, node->text.n / 2).line >= node->at.line);
    ASSERT(yaml_place(node, node->text.n).line >= node->at.line);
    ASSERT(node->kind != YAML_SCALAR || node->children == NULL);
    for (child = node->children; child != NULL; child = child->next, n++) {
        if (node->kind == YAML_MAPPING) {
            fuzz_touch(child->key);
            ASSERT(child->key_at.line >= 1);
            ASSERT(yaml_key_place(child, child->key.n).line >= child->key_at.line);
            check_unique(node, child);
        }
        check_node(child, depth + 1, n_walked);
    }
    ASSERT(n == node->n_children);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    CLEANUP_DIAG struct diag diag = {0};
    struct yaml_documents docs;
    struct arena arena;
    size_t n_walked = 0;
    size_t i;
    int r;

    (void)arena_init(&arena, 0, ARENA_BYTES);
    r = yaml_parse(&docs, slice_of((const char *)data, n), "fuzz.yml", &arena, &diag);
    ASSERT(r <= 0);
    for (i = 0; i < docs.n; i++) {
        bool yes;
        int64_t integer;
        double number;

        check_node(docs.items[i], 0, &n_walked);
        (void)(yaml_is_bool(docs.items[i], &yes) || yaml_is_int(docs.items[i], &integer) ||
               yaml_is_number(docs.items[i], &number) || yaml_is_null(docs.items[i]));
    }
    for (i = 0; i < diag.n; i++)
        ASSERT(diag.items[i].file != NULL && diag.items[i].text[0] != '\0');
    arena_fini(&arena);
    return 0;
}
