/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/key.h"

#include "base/cursor.h"

static void
put_char(struct key *key, char c)
{
    key->bytes[key->n++] = c;
}

static void
put_length(struct key *key, size_t v)
{
    char digits[20];
    size_t n = 0;

    do
        digits[n++] = (char)('0' + v % 10);
    while ((v /= 10) > 0);
    while (n > 0)
        put_char(key, digits[--n]);
}

/* part = length ":" bytes; returns where the bytes went. */
static struct slice
put_part(struct key *key, struct slice s)
{
    struct slice head = slice_head(s, CORRELATOR_VALUE_MAX);
    char *p;

    ASSERT(key->n + KEY_PART_MAX <= KEY_BYTES_MAX);
    key->n_cut += head.n < s.n;
    put_length(key, s.n);
    put_char(key, ':');
    p = key->bytes + key->n;
    if (head.n > 0)
        memcpy(p, head.p, head.n);
    key->n += head.n;
    return slice_of(p, head.n);
}

const struct key_field *
key_fields_new(struct arena *arena, const struct slice *names, size_t n)
{
    struct key_field *fields = arena_alloc(arena, (n + 1) * sizeof(*fields));
    size_t i;

    if (fields == NULL)
        return NULL;
    for (i = 0; i < n; i++)
        fields[i] = (struct key_field){arena_copy(arena, names[i]), field_hash(names[i])};
    return arena->overflowed ? NULL : fields;
}

const struct key_field *
key_default_fields(struct arena *arena, const struct correlator_settings *settings, size_t *n)
{
    struct slice names[ALERT_GROUP_MAX];
    size_t i;

    for (i = 0; i < settings->n_group_by && i < ALERT_GROUP_MAX; i++)
        names[i] = slice_str(settings->group_by[i]);
    *n = i;
    return key_fields_new(arena, names, i);
}

void
key_own_fields(struct arena *arena, const struct rule *rule, struct key_recipe *recipe)
{
    recipe->n_fields = rule->n_group_by < ALERT_GROUP_MAX ? rule->n_group_by : ALERT_GROUP_MAX;
    recipe->fields = key_fields_new(arena, rule->group_by, recipe->n_fields);
}

struct slice
key_prefix(struct arena *arena, struct slice uid)
{
    struct key key = {0};

    (void)put_part(&key, uid);
    return arena_copy(arena, key_slice(&key));
}

/* As event_value(), with the hash at hand: this runs for each detection. */
static inline struct slice
value_of(const struct event *e, const struct key_field *want)
{
    const struct field *f = e->fields;
    const struct field *end = f + e->n_fields;

    for (; f < end; f++)
        if (f->name_hash == want->hash && field_named(f, want->name, want->hash))
            return f->type == VALUE_NULL ? (struct slice){NULL, 0} : f->value;
    return (struct slice){NULL, 0};
}

void
key_make(struct key *key, const struct key_recipe *recipe, const struct event *event)
{
    size_t i;

    key->n = recipe->prefix.n;
    key->n_cut = 0;
    key->n_absent = 0;
    if (key->n > 0)
        memcpy(key->bytes, recipe->prefix.p, key->n);
    for (i = 0; i < recipe->n_fields; i++) {
        struct slice value = value_of(event, &recipe->fields[i]);

        if (key->n > 0)
            put_char(key, ' ');
        if (value.p == NULL) {
            put_char(key, '-');
            key->values[i] = value;
            key->n_absent++;
        } else {
            key->values[i] = put_part(key, value);
        }
    }
}

void
key_mark(struct key *key)
{
    put_char(key, '+');
}

void
key_mark_source(struct key *key, uint16_t source)
{
    put_char(key, '~');
    put_length(key, source);
}

struct slice
key_value(const struct event *event, const struct key_field *want)
{
    return value_of(event, want);
}

void
key_read(struct slice key, struct slice *values, size_t n)
{
    unsigned bytes;
    size_t i;

    for (i = 0; i < n; i++) {
        values[i] = (struct slice){NULL, 0};
        (void)cursor_skip(&key, ' ');
        if (cursor_skip(&key, '-') || !cursor_number(&key, 9, &bytes) || !cursor_skip(&key, ':'))
            continue;
        values[i] = slice_head(key, bytes < CORRELATOR_VALUE_MAX ? bytes : CORRELATOR_VALUE_MAX);
        key = slice_from(key, values[i].n);
    }
}
