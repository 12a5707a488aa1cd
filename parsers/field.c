/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/field.h"

/* Of a longer name only so many bytes that are no blanks are hashed; comparing takes all of it. */
enum { FIELDS_CAP_MIN = 32, NAME_BYTES_MAX = 256 };

/*
 * A name's hash is made of two: that of its group, up to and with the last dot, and that of the key behind. So a parser
 * of nested text hashes a group once, and each key where it stands in the input, before it is copied anywhere.
 */

/* Non-zero where a byte of @word is @c. */
static inline uint64_t
bytes_equal(uint64_t word, char c)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x = word ^ ones * (unsigned char)c;

    return (x - ones) & ~x & ones << 7;
}

/* Every field of every event passes here. @odd is set non-zero where @s holds a blank or dot, and is left otherwise. */
static inline uint32_t
hash_part(struct slice s, uint64_t *odd)
{
    uint64_t h = s.n;
    uint64_t word;
    size_t i;

    for (i = 0; i + 8 <= s.n; i += 8) {
        memcpy(&word, s.p + i, 8);
        *odd |= bytes_equal(word, ' ') | bytes_equal(word, '.');
        h = hash_mix(h, word);
    }
    s = slice_from(s, i);
    word = hash_tail(s.p, s.n);
    *odd |= bytes_equal(word, ' ') | bytes_equal(word, '.');
    return (uint32_t)hash_mix(h, word);
}

static inline uint32_t
hash_parts(uint32_t group_hash, uint32_t key_hash)
{
    return (uint32_t)hash_mix(group_hash, key_hash) | 1u;
}

static size_t
without_blanks(struct slice name, char out[static NAME_BYTES_MAX])
{
    size_t n = 0;
    size_t i;

    for (i = 0; i < name.n && n < NAME_BYTES_MAX; i++)
        if (name.p[i] != ' ')
            out[n++] = name.p[i];
    return n;
}

/* A name with blanks, dots, or beyond the limit. */
static uint32_t
hash_odd(struct slice name)
{
    char text[NAME_BYTES_MAX];
    struct slice plain = slice_of(text, without_blanks(name, text));
    size_t dot = slice_find_last(plain, '.');
    size_t n_group = dot == plain.n ? 0 : dot + 1;
    uint64_t odd = 0;

    return hash_parts(hash_part(slice_head(plain, n_group), &odd), hash_part(slice_from(plain, n_group), &odd));
}

uint32_t
field_group_hash(struct slice group)
{
    char text[NAME_BYTES_MAX];
    uint64_t odd = 0;

    return hash_part(slice_of(text, without_blanks(group, text)), &odd);
}

uint32_t
field_hash_joined(struct slice name, uint32_t group_hash, struct slice key)
{
    uint64_t odd = name.n > NAME_BYTES_MAX;
    uint32_t key_hash = hash_part(key, &odd);

    return UNLIKELY(odd != 0) ? hash_odd(name) : hash_parts(group_hash, key_hash);
}

uint32_t
field_hash(struct slice name)
{
    uint64_t odd = 0;

    return field_hash_joined(name, hash_part(slice_of("", 0), &odd), name);
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
    f->items[f->n++] = (struct field){name, value, hash, type, false};
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
