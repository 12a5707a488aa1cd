/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The patterns of a text mapping. Regexes see bytes, and a dot takes line ends: log text is whatever came.
 */

#include <stdlib.h>

#include "base/error.h"
#include "normalize/mapping_parts.h"

/* A pattern while its keys are read: what needs the compiled regex waits as nodes. */
struct draft {
    struct pattern *pattern;
    const struct yaml_node *regex;
    const struct yaml_node *time;
    const struct yaml_node *pairs;
    const struct yaml_node *again;
};

static void
read_name(struct reader *r, const struct yaml_node *node, void *target)
{
    ((struct draft *)target)->pattern->name = reader_text(r, node, "name");
}

static void
read_starts(struct reader *r, const struct yaml_node *node, void *target)
{
    struct pattern *p = ((struct draft *)target)->pattern;
    struct slices texts = reader_texts(r, node, "starts");
    struct beginning *items = arena_zalloc(r->arena, (texts.n + 1) * sizeof(*items));
    size_t i;

    if (items == NULL)
        return;
    for (i = 0; i < texts.n; i++) {
        struct slice head = slice_head(texts.items[i], sizeof(items[i].word));

        items[i].text = texts.items[i];
        if (head.n == 0)
            continue;
        memcpy(&items[i].word, head.p, head.n);
        memset(&items[i].mask, 0xff, head.n);
    }
    p->starts = items;
    p->n_starts = texts.n;
}

/* How seldom a byte stands in log text: letters by their frequency in English, then capitals, then signs. */
static unsigned
rarity(char c)
{
    static const char common[] = " e0123456789taoinsrhldcumfpgwyb.vk:-[]/jxzq";
    const char *at = strchr(common, c);

    if (at != NULL)
        return (unsigned)(at - common);
    return c >= 'A' && c <= 'Z' ? sizeof(common) : sizeof(common) + 1;
}

static struct literal
literal_of(struct slice text)
{
    struct literal l = {text, 0};
    size_t i;

    for (i = 1; i < text.n; i++)
        if (rarity(text.p[i]) > rarity(text.p[l.rarest]))
            l.rarest = i;
    return l;
}

static void
read_contains(struct reader *r, const struct yaml_node *node, void *target)
{
    struct pattern *p = ((struct draft *)target)->pattern;
    struct slices texts = reader_texts(r, node, "contains");
    struct literal *items = arena_alloc(r->arena, (texts.n + 1) * sizeof(*items));
    size_t i;

    if (items == NULL)
        return;
    for (i = 0; i < texts.n; i++)
        items[i] = literal_of(texts.items[i]);
    p->contains = items;
    p->n_contains = texts.n;
}

static void
read_regex(struct reader *r, const struct yaml_node *node, void *target)
{
    (void)r;
    ((struct draft *)target)->regex = node;
}

static void
read_time(struct reader *r, const struct yaml_node *node, void *target)
{
    (void)r;
    ((struct draft *)target)->time = node;
}

static void
read_pairs(struct reader *r, const struct yaml_node *node, void *target)
{
    (void)r;
    ((struct draft *)target)->pairs = node;
}

static void
read_again(struct reader *r, const struct yaml_node *node, void *target)
{
    (void)r;
    ((struct draft *)target)->again = node;
}

static void
read_set(struct reader *r, const struct yaml_node *node, void *target)
{
    struct pattern *p = ((struct draft *)target)->pattern;
    const struct yaml_node *entry;
    struct constant *items;

    if (node->kind != YAML_MAPPING || node->n_children == 0) {
        diag_error(r->diag, node->at, "set must be a mapping from names of fields to values");
        return;
    }
    items = arena_alloc(r->arena, node->n_children * sizeof(*items));
    if (items == NULL)
        return;
    p->constants = items;
    for (entry = node->children; entry != NULL; entry = entry->next)
        items[p->n_constants++] = (struct constant){label_of(entry->key), reader_text(r, entry, "a value")};
}

static void
read_logsources(struct reader *r, const struct yaml_node *node, void *target)
{
    mapping_read_routes(r, node, &((struct draft *)target)->pattern->routes);
}

static const struct reader_key pattern_keys[] = {
    {"name", read_name},
    {"starts", read_starts},
    {"contains", read_contains},
    {"regex", read_regex},
    {"set", read_set},
    {"time", read_time},
    {"pairs", read_pairs},
    {"again", read_again},
    {"logsources", read_logsources},
};

struct group_search {
    struct slice name;
    unsigned group;
};

static void
match_group(void *ctx, struct slice name, unsigned group)
{
    struct group_search *s = ctx;

    if (slice_eq(name, s->name))
        s->group = group;
}

/* The number of the group called @name; 0, and a problem at @at, where there is none. */
static unsigned
find_group(struct reader *r, const struct regex *re, struct slice name, struct diag_place at)
{
    struct group_search s = {.name = name};

    if (re != NULL)
        regex_names(re, match_group, &s);
    if (s.group == 0)
        diag_error(r->diag, at, "the regex has no group called \"" SLICE_FMT "\"", SLICE_ARG(name));
    return s.group;
}

static void
find_time(struct reader *r, const struct draft *d)
{
    const struct yaml_node *node = d->time;

    if (node->kind != YAML_MAPPING || node->n_children != 1 || node->children->kind != YAML_SCALAR) {
        diag_error(r->diag, node->at, "time must be one group and its form, as {stamp: clf}");
        return;
    }
    d->pattern->time_group = find_group(r, d->pattern->regex, node->children->key, node->children->key_at);
    if (!moment_form_parse(node->children->text, &d->pattern->time_form))
        diag_error(r->diag, node->children->at, "a time's form must be rfc3339, clf, slashed, epoch or header");
}

static void
find_pairs(struct reader *r, const struct draft *d)
{
    const struct yaml_node *entry;
    struct pairs *items;

    if (d->pairs->kind != YAML_MAPPING || d->pairs->n_children == 0) {
        diag_error(r->diag, d->pairs->at, "pairs must be groups and the prefix of their keys, as {rest: \"\"}");
        return;
    }
    items = arena_alloc(r->arena, d->pairs->n_children * sizeof(*items));
    if (items == NULL)
        return;
    d->pattern->pairs = items;
    for (entry = d->pairs->children; entry != NULL; entry = entry->next) {
        if (entry->kind != YAML_SCALAR)
            diag_error(r->diag, entry->at, "a prefix must be a text");
        items[d->pattern->n_pairs++] = (struct pairs){
            find_group(r, d->pattern->regex, entry->key, entry->key_at), entry->text};
    }
}

struct capturing {
    struct reader *r;
    struct pattern *pattern;
    struct capture *items;
    size_t n;
};

static void
count_group(void *ctx, struct slice name, unsigned group)
{
    (void)name;
    (void)group;
    ((struct capturing *)ctx)->n++;
}

static bool
has_other_use(const struct pattern *p, unsigned group)
{
    size_t i;

    for (i = 0; i < p->n_pairs; i++)
        if (p->pairs[i].group == group)
            return true;
    return group == p->time_group || group == p->again_group;
}

static void
take_group(void *ctx, struct slice name, unsigned group)
{
    struct capturing *c = ctx;

    if (!has_other_use(c->pattern, group))
        c->items[c->n++] = (struct capture){group, mapping_labels(c->r, arena_copy(c->r->arena, name))};
}

static int
compare_groups(const void *a, const void *b)
{
    unsigned x = ((const struct capture *)a)->group;
    unsigned y = ((const struct capture *)b)->group;

    return x < y ? -1 : x > y;
}

/* In the order in which they stand in the regex, so that fields come in the order of the message. */
static void
take_captures(struct reader *r, struct pattern *p)
{
    struct capturing c = {.r = r, .pattern = p};

    regex_names(p->regex, count_group, &c);
    c.items = arena_alloc(r->arena, (c.n + 1) * sizeof(*c.items));
    if (c.items == NULL)
        return;
    c.n = 0;
    regex_names(p->regex, take_group, &c);
    if (c.n > 1)
        qsort(c.items, c.n, sizeof(*c.items), compare_groups);
    p->captures = c.items;
    p->n_captures = c.n;
}

static void
compile(struct reader *r, const struct draft *d)
{
    struct slice text = reader_text(r, d->regex, "regex");
    struct regex_problem problem;
    int e;

    if (text.p == NULL)
        return;
    e = regex_new(&d->pattern->regex, text, REGEX_BYTES | REGEX_DOTALL, &problem);
    if (e == REGEX_E_SYNTAX)
        diag_error(r->diag, reader_place(r, d->regex, problem.offset), "the regex breaks after %zu bytes: %s",
            problem.offset, problem.text);
    else if (e < 0)
        r->failure = error_trace(e);
}

static void
finish(struct reader *r, const struct draft *d, const struct yaml_node *node)
{
    struct pattern *p = d->pattern;

    if (p->name.p == NULL && yaml_get(node, "name") == NULL)
        diag_error(r->diag, node->at, "a pattern needs a name");
    if (yaml_get(node, "starts") == NULL && yaml_get(node, "contains") == NULL)
        diag_error(
            r->diag, node->at, "a pattern needs starts or contains: text that must be there before the regex is tried");
    if (d->regex == NULL && p->n_constants == 0)
        diag_error(r->diag, node->at, "a pattern needs a regex or a set, or it yields nothing");
    if (d->regex != NULL)
        compile(r, d);
    if (p->regex == NULL && d->regex != NULL)
        return;
    if (d->time != NULL)
        find_time(r, d);
    if (d->pairs != NULL)
        find_pairs(r, d);
    if (d->again != NULL)
        p->again_group = find_group(r, p->regex, reader_text(r, d->again, "again"), d->again->at);
    if (p->regex != NULL)
        take_captures(r, p);
}

static bool
is_taken(const struct mapping *m, struct slice name)
{
    size_t i;

    for (i = 0; i < m->n_patterns; i++)
        if (slice_eq_nocase(m->patterns[i].name, name))
            return true;
    return false;
}

void
mapping_read_patterns(struct reader *r, const struct yaml_node *node)
{
    struct mapping *m = r->mapping;
    const struct yaml_node *child;

    if (!reader_sequence(r, node, "patterns"))
        return;
    m->patterns = arena_zalloc(r->arena, node->n_children * sizeof(*m->patterns));
    if (m->patterns == NULL)
        return;
    for (child = node->children; child != NULL; child = child->next) {
        struct draft d = {.pattern = &m->patterns[m->n_patterns]};

        d.pattern->mapping = m;
        reader_mapping(r, child, "a pattern", pattern_keys, ARRAY_LEN(pattern_keys), &d);
        if (child->kind == YAML_MAPPING)
            finish(r, &d, child);
        if (d.pattern->name.p != NULL && is_taken(m, d.pattern->name))
            diag_error(r->diag, child->at, "the name \"" SLICE_FMT "\" is taken by an earlier pattern",
                SLICE_ARG(d.pattern->name));
        m->n_patterns++;
    }
}

void
mapping_read_shape(struct reader *r, const struct yaml_node *doc)
{
    struct mapping *m = r->mapping;
    struct draft d = {.pattern = arena_zalloc(r->arena, sizeof(*d.pattern))};

    if (d.pattern == NULL)
        return;
    d.pattern->mapping = m;
    d.pattern->name = m->name;
    m->patterns = d.pattern;
    m->n_patterns = 1;
    if (yaml_get(doc, "starts") == NULL)
        diag_error(r->diag, doc->at, "a mapping of pairs or columns needs starts: how its records begin");
    else
        read_starts(r, yaml_get(doc, "starts"), &d);
    if (yaml_get(doc, "contains") != NULL)
        read_contains(r, yaml_get(doc, "contains"), &d);
}
