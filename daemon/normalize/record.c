/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/record.h"

#include "base/cursor.h"
#include "normalize/decoder.h"

enum { TIME_TEXT_MAX = 96 };

static const struct field *
find_from(const struct fields *fields, size_t first, struct slice name)
{
    return first >= fields->n ? NULL : fields_find(fields->items + first, fields->n - first, name);
}

/* The key field before it is renamed. */
static const struct field *
find_key(const struct mapping *m, const struct fields *fields, size_t first)
{
    const struct field *f = NULL;
    size_t i;

    for (i = 0; i < m->key_names.n && f == NULL; i++)
        f = find_from(fields, first, m->key_names.items[i]);
    return f;
}

static bool
sends(const struct mapping *m, const struct field *key)
{
    return m->routes.n > 0 || names_get(&m->by_value, key->value) != NULL;
}

/* Many products have a field of the key's name; some are known by others beside it. */
static bool
has_needed(const struct mapping *m, const struct fields *fields, size_t first)
{
    size_t i;

    for (i = 0; i < m->needs.n; i++)
        if (find_from(fields, first, m->needs.items[i]) == NULL)
            return false;
    return true;
}

bool
record_belongs(const struct mapping *m, const struct fields *fields, size_t first)
{
    const struct field *key = find_key(m, fields, first);

    return key != NULL && sends(m, key) && has_needed(m, fields, first);
}

const struct mapping *
record_mapping(const struct mappings *all, const struct fields *fields, size_t first)
{
    const struct mapping *other = NULL;
    size_t i;

    for (i = 0; i < all->n; i++) {
        const struct mapping *m = all->items[i];
        const struct field *key = m->kind == MAPPING_JSON ? find_key(m, fields, first) : NULL;

        if (key != NULL && !has_needed(m, fields, first))
            continue;
        if (key != NULL && sends(m, key))
            return m;
        if (key != NULL && other == NULL)
            other = m;
    }
    return other;
}

static void
strip_prefix(const struct mapping *m, struct field *f)
{
    size_t i;

    for (i = 0; i < m->strip.n; i++) {
        if (f->name.n <= m->strip.items[i].n || !slice_starts(f->name, m->strip.items[i]))
            continue;
        f->name = slice_from(f->name, m->strip.items[i].n);
        f->name_hash = field_hash(f->name);
        return;
    }
}

void
record_rename(const struct mapping *m, struct fields *fields, size_t first)
{
    size_t end = fields->n;
    size_t i;

    for (i = first; i < end; i++) {
        const struct labels *labels = names_get(&m->names, fields->items[i].name);

        if (labels != NULL)
            labels_rename(fields, i, *labels);
        else
            strip_prefix(m, &fields->items[i]);
    }
}

/* "[2001:db8::1]:443:X0" is three parts as "192.0.2.1:443:X0" is. */
static struct slice
take_part(struct slice *in, char by)
{
    size_t close = in->n > 0 && in->p[0] == '[' ? slice_find(*in, ']') : in->n;
    struct slice part;

    if (close == in->n)
        return cursor_until(in, by);
    part = slice_of(in->p + 1, close - 1);
    *in = slice_from(*in, close + 1);
    (void)cursor_until(in, by);
    return part;
}

static void
split_value(const struct split *s, struct slice value, struct fields *fields)
{
    size_t i;

    for (i = 0; i < s->n_into && value.n > 0; i++) {
        struct slice part = take_part(&value, s->by);

        (void)cursor_skip(&value, s->by);
        if (part.n > 0 && s->into[i].name.n > 0)
            label_add(fields, &s->into[i], part);
    }
}

void
record_split(const struct mapping *m, struct fields *fields, size_t first)
{
    size_t end = fields->n;
    size_t i;
    size_t k;

    for (k = 0; k < m->n_splits; k++)
        for (i = first; i < end; i++)
            if (field_named(&fields->items[i], m->splits[k].from.name, m->splits[k].from.hash))
                split_value(&m->splits[k], fields->items[i].value, fields);
}

struct slice
record_first(const struct fields *fields, size_t first, struct slices names)
{
    size_t i;

    for (i = 0; i < names.n; i++) {
        const struct field *f = find_from(fields, first, names.items[i]);

        if (f != NULL && f->value.n > 0)
            return f->value;
    }
    return (struct slice){NULL, 0};
}

static bool
parse_time(struct slice text, const struct timestamp_options *options, struct walltime *out)
{
    static const enum moment_form forms[] = {MOMENT_RFC3339, MOMENT_SLASHED, MOMENT_EPOCH, MOMENT_HEADER};
    size_t i;

    for (i = 0; i < ARRAY_LEN(forms); i++)
        if (moment_parse(text, forms[i], options, out))
            return true;
    return false;
}

/* The values of @names with blanks between them, in @out; those that are not there are passed over. */
static struct slice
join(const struct fields *fields, size_t first, struct slices names, char out[static TIME_TEXT_MAX])
{
    size_t n = 0;
    size_t i;

    for (i = 0; i < names.n; i++) {
        const struct field *f = find_from(fields, first, names.items[i]);

        if (f == NULL || f->value.n == 0 || f->value.n + 1 > TIME_TEXT_MAX - n)
            continue;
        if (n > 0)
            out[n++] = ' ';
        memcpy(out + n, f->value.p, f->value.n);
        n += f->value.n;
    }
    return slice_of(out, n);
}

bool
record_time(const struct mapping *m, const struct fields *fields, size_t first, const struct timestamp_options *options,
    struct walltime *out)
{
    char text[TIME_TEXT_MAX];
    size_t i;

    for (i = 0; i < m->n_time; i++) {
        struct slice joined = m->time[i].n == 1 ? record_first(fields, first, m->time[i])
                                                : join(fields, first, m->time[i], text);

        if (joined.n > 0)
            return parse_time(joined, options, out);
    }
    return false;
}

static bool
is_one_of(struct slice value, struct slices values)
{
    size_t i;

    for (i = 0; i < values.n; i++)
        if (slice_eq_nocase(value, values.items[i]))
            return true;
    return false;
}

/* Any of the values of a field that stands several times will do. */
static bool
holds(const struct json_condition *c, const struct fields *fields, size_t first)
{
    size_t i;

    for (i = first; i < fields->n; i++)
        if (field_named(&fields->items[i], c->field.name, c->field.hash) &&
            is_one_of(fields->items[i].value, c->values))
            return true;
    return false;
}

static bool
fits(const struct json_condition *when, size_t n, const struct fields *fields, size_t first)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (!holds(&when[i], fields, first))
            return false;
    return true;
}

static void
add_line(const struct lines *l, struct slice line, struct fields *fields)
{
    struct slice name = cursor_until(&line, ':');
    size_t i;
    size_t k;

    if (!cursor_skip(&line, ':'))
        return;
    for (i = 0; i < l->n_names; i++)
        for (k = 0; k < l->names[i].labels.n && slice_eq(slice_trim(name), l->names[i].from.name); k++)
            label_add(fields, &l->names[i].labels.items[k], slice_trim(line));
}

void
record_lines(const struct mapping *m, struct fields *fields, size_t first)
{
    size_t i;

    for (i = 0; i < m->n_lines; i++) {
        const struct lines *l = &m->lines[i];
        struct slice text = record_first(fields, first, (struct slices){&l->from.name, 1});

        if (text.n == 0 || !fits(l->when, l->n_when, fields, first))
            continue;
        for (; text.n > 0; (void)cursor_skip(&text, '\n'))
            add_line(l, cursor_until(&text, '\n'), fields);
    }
}

static void
add_alias(const struct json_alias *a, struct fields *fields, size_t first)
{
    size_t end = fields->n;
    size_t i;
    size_t k;

    for (i = first; i < end; i++)
        for (k = 0; k < a->labels.n && field_named(&fields->items[i], a->from.name, a->from.hash); k++)
            fields_add_hashed(fields, a->labels.items[k].name, a->labels.items[k].hash, fields->items[i].value,
                fields->items[i].type);
}

void
record_route(const struct mapping *m, struct fields *fields, size_t first,
    void (*give)(void *ctx, struct routes routes), void *ctx)
{
    const struct field *key = find_from(fields, first, m->key.name);
    const struct json_route *route = key == NULL ? NULL : names_get(&m->by_value, key->value);
    size_t i;

    for (; route != NULL; route = route->next) {
        if (!fits(route->when, route->n_when, fields, first))
            continue;
        give(ctx, route->routes);
        for (i = 0; i < route->n_names; i++)
            add_alias(&route->names[i], fields, first);
    }
}
