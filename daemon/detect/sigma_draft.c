/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_draft.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/nearest.h"

enum { REASON_MAX = 512 };

/* Whether the rule may take @n bytes more. */
static bool
take_bytes(struct sigma_draft *d, size_t n)
{
    if (n > SIGMA_RULE_BYTES_MAX - d->n_bytes) {
        if (d->n_bytes < SIGMA_RULE_BYTES_MAX)
            sigma_reject(d->rules, d->rule, d->diag, d->rule->at, "too large: it would take more than %d MiB",
                SIGMA_RULE_BYTES_MAX >> 20);
        d->n_bytes = SIGMA_RULE_BYTES_MAX;
        return false;
    }
    d->n_bytes += n;
    return true;
}

void *
sigma_draft_alloc(struct sigma_draft *d, size_t n)
{
    return take_bytes(d, n) ? arena_zalloc(d->rules->arena, n) : NULL;
}

char *
sigma_draft_chars(struct sigma_draft *d, size_t n)
{
    return take_bytes(d, n) ? arena_text(d->rules->arena, n) : NULL;
}

struct slice
sigma_draft_copy(struct sigma_draft *d, struct slice s)
{
    return s.p != NULL && take_bytes(d, s.n) ? arena_copy(d->rules->arena, s) : slice_of(NULL, 0);
}

void
sigma_draft_out_of_memory(struct sigma_draft *d)
{
    d->rules->arena->overflowed = true;
}

struct diag_place
sigma_draft_place(const struct sigma_draft *d, struct diag_place at)
{
    return (struct diag_place){d->file, at.line + d->line_offset, at.column};
}

void
sigma_draft_problem(struct sigma_draft *d, struct diag_place at, const char *fmt, ...)
{
    char reason[REASON_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(reason, sizeof(reason), fmt, args);
    va_end(args);
    sigma_reject(d->rules, d->rule, d->diag, sigma_draft_place(d, at), "%s", reason);
}

void
sigma_draft_warning(struct sigma_draft *d, struct diag_place at, const char *fmt, ...)
{
    char text[REASON_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    diag_warning(d->diag, sigma_draft_place(d, at), "%s", text);
}

struct slice
sigma_draft_text(struct sigma_draft *d, const struct yaml_node *mapping, const char *key)
{
    const struct yaml_node *node = yaml_get(mapping, key);

    if (node == NULL || yaml_is_null(node))
        return (struct slice){NULL, 0};
    if (node->kind != YAML_SCALAR) {
        sigma_draft_problem(d, node->at, "'%s' takes one text", key);
        return (struct slice){NULL, 0};
    }
    return sigma_draft_copy(d, node->text);
}

const struct slice *
sigma_draft_texts(struct sigma_draft *d, const struct yaml_node *mapping, const char *key, size_t *n)
{
    const struct yaml_node *node = yaml_get(mapping, key);
    struct slice *texts;

    *n = 0;
    if (node == NULL || yaml_is_null(node))
        return NULL;
    texts = sigma_draft_alloc(d, (node->n_children + 1) * sizeof(*texts));
    if (texts == NULL)
        return NULL;
    if (node->kind == YAML_MAPPING) {
        sigma_draft_problem(d, node->at, "'%s' takes a list of texts", key);
        return NULL;
    }
    if (node->kind == YAML_SCALAR) {
        texts[(*n)++] = sigma_draft_copy(d, node->text);
        return texts;
    }
    for (node = node->children; node != NULL; node = node->next)
        if (node->kind != YAML_SCALAR || yaml_is_null(node))
            sigma_draft_problem(d, node->at, "'%s' takes texts only", key);
        else
            texts[(*n)++] = sigma_draft_copy(d, node->text);
    return texts;
}

/* What sigma_draft_texts() takes of it. */
struct reference *
sigma_draft_references(struct sigma_draft *d, const struct yaml_node *mapping, const char *key, size_t *n)
{
    const struct yaml_node *node = yaml_get(mapping, key);
    const struct slice *names = sigma_draft_texts(d, mapping, key, n);
    struct reference *references = sigma_draft_alloc(d, (*n + 1) * sizeof(*references));
    size_t i = 0;

    if (node == NULL || names == NULL || references == NULL)
        return NULL;
    for (node = node->kind == YAML_SCALAR ? node : node->children; node != NULL && i < *n; node = node->next)
        if (node->kind == YAML_SCALAR && !yaml_is_null(node)) {
            references[i] = (struct reference){names[i], sigma_draft_place(d, node->at)};
            i++;
        }
    return references;
}

bool
sigma_draft_is_one_of(struct slice name, const char *const *known, size_t n, char *hint)
{
    struct nearest near = {.wrong = name};
    size_t i;

    hint[0] = '\0';
    for (i = 0; i < n; i++) {
        if (slice_eq(name, slice_str(known[i])))
            return true;
        nearest_consider(&near, slice_str(known[i]));
    }
    (void)nearest_hint(&near, hint);
    return false;
}

struct node *
sigma_draft_node(struct sigma_draft *d, enum node_kind kind, struct diag_place at)
{
    struct node *node;

    if (d->n_nodes >= SIGMA_NODES_MAX) {
        if (d->rule->status == RULE_LOADED)
            sigma_draft_problem(d, at, "too large: more than %d conditions to test", SIGMA_NODES_MAX);
        return NULL;
    }
    d->n_nodes++;
    node = sigma_draft_alloc(d, sizeof(*node));
    if (node != NULL)
        node->kind = kind;
    return node;
}

void
sigma_nodes_init(struct sigma_nodes *nodes)
{
    *nodes = (struct sigma_nodes){.end = &nodes->first};
}

void
sigma_nodes_add(struct sigma_nodes *nodes, struct node *node)
{
    if (node == NULL)
        return;
    *nodes->end = node;
    nodes->end = &node->next;
    nodes->n++;
}

struct node *
sigma_nodes_join(struct sigma_draft *d, struct sigma_nodes *nodes, enum node_kind kind, struct diag_place at)
{
    struct node *parent;

    if (nodes->n <= 1 && kind != NODE_NOT)
        return nodes->first;
    parent = sigma_draft_node(d, kind, at);
    if (parent != NULL)
        parent->children = nodes->first;
    return parent;
}
