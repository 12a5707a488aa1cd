/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/decoder.h"

#include "parsers/kv.h"

enum { MESSAGE_DEPTH_MAX = 2 }; /* a message within a message, and no further */

bool
chain_add(struct chain *c, const struct mapping *m)
{
    size_t i;
    size_t k;
    unsigned byte;

    if (m->n_patterns > CHAIN_PATTERNS_MAX - c->n)
        return false;
    for (i = 0; i < m->n_patterns; i++) {
        const struct pattern *p = &m->patterns[i];
        uint64_t bit = UINT64_C(1) << c->n;

        for (k = 0; k < p->n_starts; k++)
            if (p->starts[k].text.n > 0)
                c->first[(unsigned char)p->starts[k].text.p[0]] |= bit;
        for (byte = 0; byte < ARRAY_LEN(c->first) && p->n_starts == 0; byte++)
            c->first[byte] |= bit;
        c->patterns[c->n++] = p;
    }
    return true;
}

/* The first eight bytes, with zeros behind a shorter message. */
static uint64_t
first_word(struct slice message)
{
    uint64_t word = 0;

    if (LIKELY(message.n >= sizeof(word)))
        memcpy(&word, message.p, sizeof(word));
    else
        memcpy(&word, message.p, message.n);
    return word;
}

/* Where the word says all, nothing is compared again. */
static bool
begins_so(const struct pattern *p, struct slice message, uint64_t word)
{
    size_t i;

    for (i = 0; i < p->n_starts; i++) {
        const struct beginning *b = &p->starts[i];

        if (((word ^ b->word) & b->mask) != 0 || message.n < b->text.n)
            continue;
        if (b->text.n <= sizeof(word) || slice_starts(message, b->text))
            return true;
    }
    return p->n_starts == 0;
}

/* memmem() prepares a table on every call, which costs more than most searches here. */
static bool
holds(struct slice message, const struct literal *l)
{
    size_t from = l->rarest;
    const char *at;

    while (from < message.n && message.n - from >= l->text.n - l->rarest) {
        at = memchr(message.p + from, l->text.p[l->rarest], message.n - from);
        if (at == NULL)
            return false;
        from = (size_t)(at - message.p);
        if (message.n - from >= l->text.n - l->rarest && memcmp(at - l->rarest, l->text.p, l->text.n) == 0)
            return true;
        from++;
    }
    return false;
}

static bool
literals_fit(const struct pattern *p, struct slice message, uint64_t word)
{
    size_t i;

    if (!begins_so(p, message, word))
        return false;
    for (i = 0; i < p->n_contains; i++)
        if (!holds(message, &p->contains[i]))
            return false;
    return true;
}

const struct pattern *
chain_next(const struct chain *c, struct slice message, uint64_t *may)
{
    uint64_t word = *may == 0 ? 0 : first_word(message);

    while (*may != 0) {
        const struct pattern *p = c->patterns[__builtin_ctzll(*may)];

        *may &= *may - 1;
        if (literals_fit(p, message, word))
            return p;
    }
    return NULL;
}

void
labels_rename(struct fields *fields, size_t i, struct labels labels)
{
    size_t k;

    fields->items[i].name = labels.items[0].name;
    fields->items[i].name_hash = labels.items[0].hash;
    fields->items[i].name_lasts = true;
    for (k = 1; k < labels.n; k++)
        fields_add_hashed(
            fields, labels.items[k].name, labels.items[k].hash, fields->items[i].value, fields->items[i].type);
}

static void
prefix_name(struct fields *fields, size_t i, struct slice prefix)
{
    struct slice name = fields->items[i].name;
    char *p = arena_text(fields->arena, prefix.n + name.n);

    if (p == NULL)
        return;
    memcpy(p, prefix.p, prefix.n);
    if (name.n > 0)
        memcpy(p + prefix.n, name.p, name.n);
    fields->items[i].name = slice_of(p, prefix.n + name.n);
    fields->items[i].name_hash = field_hash(fields->items[i].name);
    fields->items[i].name_lasts = false;
}

static void
take_pairs(const struct pattern *p, struct slice text, struct slice prefix, struct fields *fields)
{
    struct kv_options options = kv_options_default();
    size_t i = fields->n;
    size_t end;

    options.bare_keys = true;
    (void)kv_parse(text, &options, fields);
    for (end = fields->n; i < end; i++) {
        const struct labels *labels = prefix.n > 0 ? NULL : names_get(&p->mapping->names, fields->items[i].name);

        if (prefix.n > 0)
            prefix_name(fields, i, prefix);
        else if (labels != NULL)
            labels_rename(fields, i, *labels);
    }
}

static bool
is_absent(const struct pattern *p, struct slice value)
{
    return value.n == 0 || (p->mapping->absent.p != NULL && slice_eq(value, p->mapping->absent));
}

static void
take_captures(const struct pattern *p, struct slice message, struct decoding *d)
{
    size_t i;
    size_t k;

    for (i = 0; i < p->n_captures; i++) {
        const struct labels *labels = &p->captures[i].labels;
        struct slice value = regex_group(d->regex, message, p->captures[i].group);

        if (is_absent(p, value))
            continue;
        for (k = 0; k < labels->n; k++)
            label_add(d->fields, &labels->items[k], value);
    }
    for (i = 0; i < p->n_constants; i++)
        label_add(d->fields, &p->constants[i].label, p->constants[i].value);
    for (i = 0; i < p->n_pairs; i++)
        take_pairs(p, regex_group(d->regex, message, p->pairs[i].group), p->pairs[i].prefix, d->fields);
    if (p->time_group != 0)
        (void)moment_parse(regex_group(d->regex, message, p->time_group), p->time_form, d->options, &d->time);
}

static const struct pattern *decode(const struct chain *c, struct slice message, struct decoding *d, unsigned depth);

/* The pattern that fitted, or what fitted the message inside the message. */
static const struct pattern *
take(const struct chain *c, const struct pattern *p, struct slice message, struct decoding *d, unsigned depth)
{
    struct slice inner = {NULL, 0};
    const struct pattern *deeper = NULL;

    take_captures(p, message, d);
    if (p->again_group != 0)
        inner = regex_group(d->regex, message, p->again_group);
    if (inner.n > 0 && depth < MESSAGE_DEPTH_MAX)
        deeper = decode(c, inner, d, depth + 1);
    return deeper != NULL ? deeper : p;
}

static const struct pattern *
decode(const struct chain *c, struct slice message, struct decoding *d, unsigned depth)
{
    uint64_t may = message.n == 0 ? 0 : c->first[(unsigned char)message.p[0]];
    uint64_t word = may == 0 ? 0 : first_word(message);
    int r;

    for (; may != 0; may &= may - 1) {
        const struct pattern *p = c->patterns[__builtin_ctzll(may)];

        if (!literals_fit(p, message, word))
            continue;
        r = p->regex == NULL ? 0 : regex_match(p->regex, message, d->regex);
        if (r == 0)
            return take(c, p, message, d, depth);
        if (r == REGEX_E_LIMIT) {
            counters_add(d->counters, d->counter_limit, 1);
            return NULL;
        }
    }
    return NULL;
}

const struct pattern *
chain_decode(const struct chain *c, struct slice message, struct decoding *d)
{
    while (message.n > 0 && (message.p[0] == ' ' || message.p[0] == '\t'))
        message = slice_from(message, 1);
    return decode(c, message, d, 1);
}
