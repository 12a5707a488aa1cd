/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "detect/sigma_modify.h"

/* A regular expression finds its text anywhere by itself; it is bound to the value's ends. */
static void
affix_regex(struct sigma_draft *d, struct sigma_value *v, int where)
{
    struct slice before = (where & AFFIX_BEFORE) == 0 ? SLICE("\\A(?:") : SLICE("(?:");
    struct slice after = (where & AFFIX_AFTER) == 0 ? SLICE(")\\z") : SLICE(")");
    struct slice re = v->leaf.regex;
    char *p;

    if (where == (AFFIX_BEFORE | AFFIX_AFTER))
        return;
    p = sigma_draft_chars(d, before.n + re.n + after.n);
    if (p == NULL)
        return;
    memcpy(p, before.p, before.n);
    memcpy(p + before.n, re.p, re.n);
    memcpy(p + before.n + re.n, after.p, after.n);
    v->leaf.regex = slice_of(p, before.n + re.n + after.n);
}

static enum fieldref_how
fieldref_how(int where)
{
    if (where == AFFIX_AFTER)
        return FIELDREF_STARTS;
    return where == AFFIX_BEFORE ? FIELDREF_ENDS : FIELDREF_CONTAINS;
}

void
sigma_modify_affix(
    struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m)
{
    if (m->argument != (AFFIX_BEFORE | AFFIX_AFTER))
        item->marks |= ITEM_ANCHORED;
    if (v->leaf.kind == LEAF_REGEX) {
        affix_regex(d, v, m->argument);
    } else if (v->leaf.kind == LEAF_FIELDREF) {
        v->leaf.how = fieldref_how(m->argument);
    } else {
        sigma_value_widen(d, v, (m->argument & AFFIX_BEFORE) != 0, (m->argument & AFFIX_AFTER) != 0);
        v->shaped_by = m->name;
    }
}

/*
 * Whether a word may hold the character @c: letters, digits, `_`. Outside ASCII every character counts as a letter but
 * the blanks, dashes and signs a command line has between its words: Latin-1 signs, general punctuation.
 */
static bool
in_word(uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
    return c > 0xbf ? c < 0x2000 || c > 0x206f : c == 0xaa || c == 0xb5 || c == 0xba;
}

static bool
word_begins(struct slice s)
{
    uint32_t c;

    return utf8_decode(s, &c) > 0 && in_word(c);
}

static bool
word_ends(struct slice s)
{
    size_t k = s.n;

    while (k > 0 && s.n - k < UTF8_BYTES_MAX && ((unsigned char)s.p[--k] & 0xc0) == 0x80)
        continue;
    return word_begins(slice_from(s, k));
}

/* The next dash of an option: `\B[-/]\b`, no word before it and one behind. Return: text.n where there is none. */
static size_t
find_dash(struct slice text, size_t from)
{
    size_t i;

    for (i = from; i < text.n; i++)
        if ((text.p[i] == '-' || text.p[i] == '/') && !word_ends(slice_head(text, i)) &&
            word_begins(slice_from(text, i + 1)))
            return i;
    return text.n;
}

static size_t
count_dashes(const struct leaf *leaf)
{
    size_t n = 0;
    size_t i;
    size_t at;

    for (i = 0; i < leaf->n_tokens; i++)
        for (at = find_dash(leaf->tokens[i].literal, 0); at < leaf->tokens[i].literal.n; n++)
            at = find_dash(leaf->tokens[i].literal, at + 1);
    return n;
}

/* Writes @text at @out, its dashes as tokens of their own. Return: behind the last token written. */
static struct token *
split_at_dashes(struct token *out, struct slice text)
{
    size_t from = 0;

    while (from < text.n) {
        size_t at = find_dash(text, from);

        if (at > from)
            *out++ = (struct token){TOKEN_LITERAL, slice_of(text.p + from, at - from)};
        if (at < text.n)
            *out++ = (struct token){.kind = TOKEN_DASH};
        from = at + 1;
    }
    return out;
}

void
sigma_modify_windash(
    struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m)
{
    struct leaf *leaf = &v->leaf;
    size_t n_dashes = count_dashes(leaf);
    struct token *tokens;
    struct token *end;
    size_t i;

    (void)item;
    if (n_dashes == 0)
        return;
    tokens = end = sigma_draft_alloc(d, (leaf->n_tokens + 2 * n_dashes) * sizeof(*tokens));
    if (tokens == NULL)
        return;
    for (i = 0; i < leaf->n_tokens; i++)
        if (leaf->tokens[i].kind == TOKEN_LITERAL)
            end = split_at_dashes(end, leaf->tokens[i].literal);
        else
            *end++ = leaf->tokens[i];
    leaf->tokens = tokens;
    leaf->n_tokens = (size_t)(end - tokens);
    v->shaped_by = m->name;
}
