/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_item.h"

/*
 * Text and its wildcards (Sigma rules specification, String Wildcard and Escape Character):
 *
 *     *  any characters, also none        \*  the character *      \\  one backslash
 *     ?  exactly one character            \?  the character ?      \x  both characters, as also at the end
 */

/* A row of tokens while it is written; room for all of them was taken before. */
struct token_writer {
    struct token *tokens;
    size_t n;
    char *bytes; /* where the next literal byte goes */
};

static void
write_byte(struct token_writer *w, char c)
{
    if (w->n == 0 || w->tokens[w->n - 1].kind != TOKEN_LITERAL)
        w->tokens[w->n++] = (struct token){TOKEN_LITERAL, slice_of(w->bytes, 0)};
    w->tokens[w->n - 1].literal.n++;
    *w->bytes++ = c;
}

static void
write_wildcard(struct token_writer *w, enum token_kind kind)
{
    if (kind == TOKEN_ANY && w->n > 0 && w->tokens[w->n - 1].kind == TOKEN_ANY)
        return;
    w->tokens[w->n++] = (struct token){.kind = kind};
}

/* Takes one character of a pattern off @text. */
static void
write_next(struct token_writer *w, struct slice *text)
{
    char c = text->p[0];
    char follower = text->n > 1 ? text->p[1] : '\0';
    size_t n = 1;

    if (c == '*' || c == '?') {
        write_wildcard(w, c == '*' ? TOKEN_ANY : TOKEN_ONE);
    } else if (c == '\\' && text->n > 1 && (follower == '*' || follower == '?' || follower == '\\')) {
        write_byte(w, follower);
        n = 2;
    } else {
        write_byte(w, c);
    }
    *text = slice_from(*text, n);
}

/* Each wildcard is a token and may end a literal: at most twice as many and one. */
static size_t
tokens_at_most(struct slice text)
{
    size_t n = 1;
    size_t i;

    for (i = 0; i < text.n; i++)
        n += text.p[i] == '*' || text.p[i] == '?' ? 2 : 0;
    return n;
}

static void
read_pattern(struct sigma_draft *d, struct sigma_value *v, struct slice text)
{
    struct token_writer w = {.tokens = sigma_draft_alloc(d, tokens_at_most(text) * sizeof(struct token)),
        .bytes = sigma_draft_chars(d, text.n + 1)};

    if (w.tokens == NULL || w.bytes == NULL)
        return;
    while (text.n > 0)
        write_next(&w, &text);
    v->leaf.tokens = w.tokens;
    v->leaf.n_tokens = w.n;
}

static bool
fits(struct sigma_draft *d, const struct yaml_node *node)
{
    if (node->kind != YAML_SCALAR) {
        sigma_draft_problem(d, node->at, "a value must be one text, number, boolean or null, not a list or map");
        return false;
    }
    if (node->text.n > SIGMA_PATTERN_BYTES_MAX) {
        sigma_draft_problem(
            d, node->at, "a value of %zu bytes; at most %d may be", node->text.n, SIGMA_PATTERN_BYTES_MAX);
        return false;
    }
    return true;
}

struct sigma_value *
sigma_value_new(struct sigma_draft *d, const struct yaml_node *node)
{
    struct sigma_value *v;
    bool value;

    if (!fits(d, node))
        return NULL;
    v = sigma_draft_alloc(d, sizeof(*v));
    if (v == NULL)
        return NULL;
    v->node = node;
    v->leaf.at = sigma_draft_place(d, node->at);
    if (yaml_is_null(node))
        v->leaf.kind = LEAF_NULL;
    else if (yaml_is_bool(node, &value))
        sigma_value_set(d, v, value ? SLICE("true") : SLICE("false"));
    else
        read_pattern(d, v, node->text);
    return v;
}

struct sigma_value *
sigma_value_also(struct sigma_draft *d, struct sigma_value *v)
{
    struct sigma_value *also = sigma_draft_alloc(d, sizeof(*also));

    if (also == NULL)
        return NULL;
    *also = *v;
    v->next = also;
    return also;
}

void
sigma_value_widen(struct sigma_draft *d, struct sigma_value *v, bool before, bool after)
{
    const struct token *old = v->leaf.tokens;
    size_t n_old = v->leaf.n_tokens;
    struct token_writer w = {.tokens = sigma_draft_alloc(d, (n_old + 2) * sizeof(struct token))};
    size_t i;

    if (w.tokens == NULL)
        return;
    if (before)
        write_wildcard(&w, TOKEN_ANY);
    for (i = 0; i < n_old; i++)
        if (old[i].kind == TOKEN_ANY)
            write_wildcard(&w, TOKEN_ANY);
        else
            w.tokens[w.n++] = old[i];
    if (after)
        write_wildcard(&w, TOKEN_ANY);
    v->leaf.tokens = w.tokens;
    v->leaf.n_tokens = w.n;
}

bool
sigma_value_plain(const struct sigma_value *v, struct slice *text)
{
    *text = SLICE("");
    if (v->leaf.n_tokens == 1 && v->leaf.tokens[0].kind == TOKEN_LITERAL)
        *text = v->leaf.tokens[0].literal;
    else if (v->leaf.n_tokens > 0)
        return false;
    return true;
}

void
sigma_value_set(struct sigma_draft *d, struct sigma_value *v, struct slice text)
{
    struct token *token = sigma_draft_alloc(d, sizeof(*token));

    if (token == NULL)
        return;
    *token = (struct token){TOKEN_LITERAL, text};
    v->leaf.tokens = token;
    v->leaf.n_tokens = text.n > 0;
}

void
sigma_value_pattern(struct sigma_draft *d, struct sigma_value *v, struct slice text)
{
    v->leaf.tokens = NULL;
    v->leaf.n_tokens = 0;
    read_pattern(d, v, text);
}

bool
sigma_value_number(const struct sigma_value *v, double *number)
{
    struct yaml_node plain = *v->node;

    plain.quoted = false;
    return yaml_is_number(&plain, number);
}
