/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/field.h"

enum { FIELDS_CAP_MIN = 32, NAME_BYTES_MAX = 256 };

uint32_t
field_hash(struct slice name)
{
    char plain[NAME_BYTES_MAX];
    size_t n = 0;
    size_t i;

    if (LIKELY(memchr(name.p == NULL ? "" : name.p, ' ', name.n) == NULL))
        return hash_name(name);
    for (i = 0; i < name.n && n < sizeof(plain); i++)
        if (name.p[i] != ' ')
            plain[n++] = name.p[i];
    return hash_name(slice_of(plain, n));
}

static bool
equal_but_for_blanks(struct slice a, struct slice b)
{
    size_t i = 0;
    size_t k = 0;

    for (;;) {
        while (i < a.n && a.p[i] == ' ')
            i++;
        while (k < b.n && b.p[k] == ' ')
            k++;
        if (i == a.n || k == b.n)
            return i == a.n && k == b.n;
        if (a.p[i++] != b.p[k++])
            return false;
    }
}

bool
field_named(const struct field *f, struct slice name, uint32_t hash)
{
    return f->name_hash == hash && (slice_eq(f->name, name) || equal_but_for_blanks(f->name, name));
}

static bool
grow(struct fields *f)
{
    size_t cap = f->cap == 0 ? FIELDS_CAP_MIN : f->cap * 2;
    struct field *items = arena_alloc(f->arena, cap * sizeof(*items));

    if (items == NULL)
        return false;
    if (f->n > 0)
        memcpy(items, f->items, f->n * sizeof(*items));
    f->items = items;
    f->cap = cap;
    return true;
}

void
fields_add_hashed(struct fields *f, struct slice name, uint32_t hash, struct slice value, enum value_type type)
{
    if (f->n >= f->n_max || (f->n == f->cap && !grow(f))) {
        f->n_dropped++;
        return;
    }
    f->items[f->n++] = (struct field){name, value, hash, type};
}

void
fields_add(struct fields *f, struct slice name, struct slice value, enum value_type type)
{
    fields_add_hashed(f, name, field_hash(name), value, type);
}

const struct field *
fields_find(const struct field *items, size_t n, struct slice name)
{
    uint32_t hash = field_hash(name);
    size_t i;

    for (i = 0; i < n; i++)
        if (field_named(&items[i], name, hash))
            return &items[i];
    return NULL;
}
