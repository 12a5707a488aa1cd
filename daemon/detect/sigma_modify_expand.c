/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Expand: `%name%` in a value stands for each value of the list of that name, as alternatives. Where a value has
 * several placeholders it stands for every combination. What a list holds is read as if it stood in the rule, with
 * wildcards; a percent sign in it is one. `\%` is a percent sign that begins no placeholder.
 */

#include "base/nearest.h"
#include "detect/sigma_modify.h"

enum { PLACEHOLDERS_MAX = 4, ALTERNATIVES_MAX = 100000 };

/* A value on its way: its text as it would be written, cut at the placeholders. */
struct expansion {
    struct slice parts[PLACEHOLDERS_MAX + 1]; /* what stands before each list, and behind the last */
    const struct sigma_list *lists[PLACEHOLDERS_MAX];
    size_t n_lists;
    size_t n_alternatives;
};

/* Names are mostly words, but %DC-MACHINE-NAME% is one too. */
static bool
in_placeholder(char c)
{
    return (unsigned char)c > ' ' && c != '%' && c != '\\';
}

/* The first "%name%" of @text whose percent sign stands behind no backslash. Return: {NULL, 0} where there is none. */
static struct slice
find_placeholder(struct slice text)
{
    size_t i;

    for (i = 0; i < text.n; i++) {
        size_t end = i + 1;

        if (text.p[i] != '%' || (i > 0 && text.p[i - 1] == '\\'))
            continue;
        while (end < text.n && in_placeholder(text.p[end]))
            end++;
        if (end > i + 1 && end < text.n && text.p[end] == '%')
            return slice_of(text.p + i, end + 1 - i);
    }
    return (struct slice){NULL, 0};
}

static const struct sigma_list *
find_list(struct sigma_draft *d, const struct sigma_value *v, struct slice placeholder)
{
    struct slice name = slice_of(placeholder.p + 1, placeholder.n - 2);
    struct nearest near = {.wrong = name};
    char hint[NEAREST_HINT_MAX];
    size_t i;

    for (i = 0; i < d->rules->n_lists; i++) {
        const struct sigma_list *list = &d->rules->lists[i];

        nearest_consider(&near, list->name);
        if (!slice_eq(list->name, name))
            continue;
        if (list->n > 0)
            return list;
        sigma_draft_problem(
            d, v->node->at, "placeholder unresolved: the list for " SLICE_FMT " is empty", SLICE_ARG(placeholder));
        return NULL;
    }
    sigma_draft_problem(d, v->node->at, "placeholder unresolved: no list is configured for " SLICE_FMT "%s",
        SLICE_ARG(placeholder), nearest_hint(&near, hint));
    return NULL;
}

/* ---- a value as it would be written ---- */

static size_t
written_at_most(const struct leaf *leaf)
{
    size_t n = 0;
    size_t i;

    for (i = 0; i < leaf->n_tokens; i++)
        n += leaf->tokens[i].kind == TOKEN_LITERAL ? 2 * leaf->tokens[i].literal.n : 1;
    return n;
}

/* A literal with what is special escaped, but for placeholders; `\%` becomes a percent sign. */
static char *
write_literal(char *p, struct slice literal)
{
    size_t i;

    for (i = 0; i < literal.n; i++) {
        char c = literal.p[i];

        if (c == '\\' && i + 1 < literal.n && literal.p[i + 1] == '%')
            continue;
        if (c == '\\' || c == '*' || c == '?')
            *p++ = '\\';
        *p++ = c;
    }
    return p;
}

static void
close_part(struct expansion *e, char **from, char *to)
{
    e->parts[e->n_lists] = slice_of(*from, (size_t)(to - *from));
    *from = to;
}

/* Cuts the literal at its placeholders. Return: behind what was written, NULL where a placeholder has no list. */
static char *
cut_literal(
    struct sigma_draft *d, const struct sigma_value *v, struct expansion *e, struct slice literal, char **from, char *p)
{
    struct slice found;

    while ((found = find_placeholder(literal)).p != NULL) {
        const struct sigma_list *list = find_list(d, v, found);

        if (list == NULL)
            return NULL;
        if (e->n_lists == PLACEHOLDERS_MAX) {
            sigma_draft_problem(d, v->node->at, "more than %d placeholders in one value", PLACEHOLDERS_MAX);
            return NULL;
        }
        p = write_literal(p, slice_head(literal, (size_t)(found.p - literal.p)));
        close_part(e, from, p);
        e->lists[e->n_lists++] = list;
        e->n_alternatives *= list->n;
        literal = slice_from(literal, (size_t)(found.p - literal.p) + found.n);
    }
    return write_literal(p, literal);
}

static bool
cut_value(struct sigma_draft *d, const struct sigma_value *v, struct expansion *e)
{
    const struct leaf *leaf = &v->leaf;
    char *p = sigma_draft_chars(d, written_at_most(leaf) + 1);
    char *from = p;
    size_t i;

    *e = (struct expansion){.n_alternatives = 1};
    for (i = 0; i < leaf->n_tokens && p != NULL; i++)
        if (leaf->tokens[i].kind == TOKEN_LITERAL)
            p = cut_literal(d, v, e, leaf->tokens[i].literal, &from, p);
        else
            *p++ = leaf->tokens[i].kind == TOKEN_ANY ? '*' : '?';
    if (p == NULL)
        return false;
    close_part(e, &from, p);
    return true;
}

/* ---- its alternatives ---- */

/* A backslash at the end of a list's value is one, whatever follows in the rule. */
static bool
ends_in_backslash(struct slice s)
{
    size_t n = 0;

    while (n < s.n && s.p[s.n - 1 - n] == '\\')
        n++;
    return n % 2 == 1;
}

static char *
add_text(char *p, struct slice s)
{
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return p + s.n;
}

/* The alternative @number of @v: its figures, one a list, say which value of each. */
static void
choose(struct sigma_draft *d, struct sigma_value *v, const struct expansion *e, size_t number)
{
    struct slice values[PLACEHOLDERS_MAX];
    size_t n = e->parts[e->n_lists].n;
    size_t i;
    char *text;
    char *p;

    for (i = e->n_lists; i-- > 0; number /= e->lists[i]->n)
        values[i] = e->lists[i]->values[number % e->lists[i]->n];
    for (i = 0; i < e->n_lists; i++)
        n += e->parts[i].n + values[i].n + 1;
    text = p = sigma_draft_chars(d, n + 1);
    if (text == NULL)
        return;
    for (i = 0; i < e->n_lists; i++) {
        p = add_text(add_text(p, e->parts[i]), values[i]);
        if (ends_in_backslash(values[i]))
            *p++ = '\\';
    }
    p = add_text(p, e->parts[e->n_lists]);
    sigma_value_pattern(d, v, slice_of(text, (size_t)(p - text)));
}

void
sigma_modify_expand(
    struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m)
{
    struct expansion e;
    size_t i;

    for (i = 0; i < v->leaf.n_tokens; i++)
        if (v->leaf.tokens[i].kind == TOKEN_DASH) {
            sigma_draft_problem(d, item->modifier_at, "'|%s' must stand before '|windash'", m->name);
            return;
        }
    if (!cut_value(d, v, &e))
        return;
    if (e.n_alternatives > ALTERNATIVES_MAX) {
        sigma_draft_problem(d, v->node->at, "its placeholders stand for more than %d values", ALTERNATIVES_MAX);
        return;
    }
    for (i = e.n_alternatives; i-- > 1;) {
        struct sigma_value *also = sigma_value_also(d, v);

        if (also == NULL)
            return;
        choose(d, also, &e, i);
    }
    choose(d, v, &e, 0);
}
