/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/atoms.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "parsers/field.h"

enum { TABLE_CAP_MIN = 64 };

int
atoms_init(struct atoms *a, struct arena *arena)
{
    *a = (struct atoms){.arena = arena};
    a->scopes = calloc(TABLE_CAP_MIN, sizeof(*a->scopes));
    if (a->scopes == NULL || map_new(&a->known, ATOMS_MAX) < 0) {
        atoms_fini(a);
        return error_origin(-ENOMEM);
    }
    a->scopes_cap = TABLE_CAP_MIN;
    a->n_scopes = 1;
    return 0;
}

void
atoms_fini(struct atoms *a)
{
    size_t i;

    for (i = 0; i < a->n; i++)
        regex_free(a->items[i]->regex);
    free(a->items);
    free(a->scopes);
    map_free(a->known);
    *a = (struct atoms){0};
}

/* Room for one more in the heap array at *@items. */
static int
grow(void *items_at, size_t n, size_t *cap, size_t size)
{
    void *items;

    if (n < *cap)
        return 0;
    memcpy(&items, items_at, sizeof(items));
    items = reallocarray(items, *cap == 0 ? TABLE_CAP_MIN : *cap * 2, size);
    if (items == NULL)
        return error_origin(-ENOMEM);
    *cap = *cap == 0 ? TABLE_CAP_MIN : *cap * 2;
    memcpy(items_at, &items, sizeof(items));
    return 0;
}

/* A few hundred fields, asked once for each leaf: a walk over the hashes is quick enough. */
static int
find_scope(struct atoms *a, struct slice name, uint32_t *scope)
{
    struct field asked = {.name = name, .name_hash = field_hash(name)};
    size_t i;
    int r;

    *scope = SCOPE_KEYWORDS;
    if (name.n == 0)
        return 0;
    for (i = 1; i < a->n_scopes; i++)
        if (a->scopes[i].hash == asked.name_hash && field_named(&asked, a->scopes[i].name, a->scopes[i].hash)) {
            *scope = (uint32_t)i;
            return 0;
        }
    r = grow(&a->scopes, a->n_scopes, &a->scopes_cap, sizeof(*a->scopes));
    if (r < 0)
        return error_trace(r);
    *scope = (uint32_t)a->n_scopes;
    a->scopes[a->n_scopes++] = (struct scope){arena_copy(a->arena, name), asked.name_hash, NULL};
    return a->arena->overflowed ? error_origin(-ENOMEM) : 0;
}

static void
key_number(struct buffer *key, uint64_t v)
{
    buffer_add(key, slice_of((const char *)&v, sizeof(v)));
}

static void
key_slice(struct buffer *key, struct slice s)
{
    key_number(key, s.n);
    buffer_add(key, s);
}

/* Everything that makes two atoms different, in a row. */
static void
write_key(struct buffer *key, const struct atom *atom)
{
    const struct leaf *leaf = &atom->leaf;
    size_t i;

    key_number(key, (uint64_t)leaf->kind << 32 | atom->scope);
    key_number(key, (uint64_t)atom->other << 32 | leaf->regex_flags);
    key_number(key, (uint64_t)leaf->cased << 32 | (uint64_t)leaf->negated << 33 | leaf->prefix_bits);
    key_number(key, (uint64_t)leaf->op << 32 | (uint64_t)leaf->part << 16 | leaf->how);
    buffer_add(key, slice_of((const char *)leaf->net, sizeof(leaf->net)));
    buffer_add(key, slice_of((const char *)&leaf->number, sizeof(leaf->number)));
    key_slice(key, leaf->regex);
    for (i = 0; i < atom->pattern.n; i++) {
        key_number(key, atom->pattern.tokens[i].kind);
        key_slice(key, atom->pattern.tokens[i].literal);
    }
}

/* Only what @leaf's kind uses, so that the rest makes no difference. */
static struct leaf
leaf_essence(const struct leaf *leaf)
{
    struct leaf e = {.kind = leaf->kind, .at = leaf->at};

    switch (leaf->kind) {
    case LEAF_TEXT:
        e.cased = leaf->cased;
        break;
    case LEAF_REGEX:
        e.regex = leaf->regex;
        e.regex_flags = leaf->regex_flags;
        break;
    case LEAF_CIDR:
        memcpy(e.net, leaf->net, sizeof(e.net));
        e.prefix_bits = leaf->prefix_bits;
        break;
    case LEAF_TIME:
        e.part = leaf->part;
        e.op = leaf->op;
        e.number = leaf->number;
        break;
    case LEAF_NUMBER:
        e.op = leaf->op;
        e.number = leaf->number;
        break;
    case LEAF_EXISTS:
        e.negated = leaf->negated;
        break;
    case LEAF_FIELDREF:
        e.cased = leaf->cased;
        e.how = leaf->how;
        break;
    case LEAF_NULL:
        break;
    }
    return e;
}

static int
describe(struct atoms *a, const struct leaf *leaf, struct atom *atom)
{
    int r;

    *atom = (struct atom){.leaf = leaf_essence(leaf)};
    r = find_scope(a, leaf->field, &atom->scope);
    if (r == 0 && leaf->kind == LEAF_FIELDREF)
        r = find_scope(a, leaf->other, &atom->other);
    if (r < 0)
        return error_trace(r);
    if (leaf->kind == LEAF_TEXT) {
        text_normalize(&atom->pattern, leaf->tokens, leaf->n_tokens, leaf->cased, a->arena);
        atom->shape = text_shape(atom->pattern);
    }
    return a->arena->overflowed ? error_origin(-ENOMEM) : 0;
}

static int
append(struct atoms *a, struct slice key, const struct atom *described, struct atom **out)
{
    struct atom *atom = arena_alloc(a->arena, sizeof(*atom));
    int r = grow(&a->items, a->n, &a->cap, sizeof(struct atom *));

    if (r < 0 || atom == NULL)
        return error_origin(-ENOMEM);
    *atom = *described;
    atom->number = (uint32_t)a->n;
    atom->leaf.regex = arena_copy(a->arena, described->leaf.regex);
    key = arena_copy(a->arena, key);
    if (a->arena->overflowed || map_put(a->known, key, atom) != 0)
        return error_origin(-ENOMEM);
    a->items[a->n++] = atom;
    atom->next = a->scopes[atom->scope].atoms;
    a->scopes[atom->scope].atoms = atom;
    *out = atom;
    return 0;
}

int
atoms_add(struct atoms *a, const struct leaf *leaf, struct atom **out, struct regex_problem *problem)
{
    CLEANUP_BUFFER struct buffer key = {0};
    CLEANUP(regex_free) struct regex *regex = NULL;
    struct atom atom;
    int r;

    r = describe(a, leaf, &atom);
    if (r < 0)
        return error_trace(r);
    write_key(&key, &atom);
    if (key.failed)
        return error_origin(-ENOMEM);
    *out = map_get(a->known, buffer_slice(&key));
    if (*out == NULL && leaf->kind == LEAF_REGEX) {
        r = regex_new(&regex, leaf->regex, leaf->regex_flags, problem);
        if (r != 0)
            return r < 0 ? error_trace(r) : ATOMS_E_REGEX;
    }
    if (*out == NULL) {
        r = append(a, buffer_slice(&key), &atom, out);
        if (r < 0)
            return error_trace(r);
        (*out)->regex = TAKE(regex);
    }
    (*out)->n_uses++;
    return 0;
}
