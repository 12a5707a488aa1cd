/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "base/utf8.h"
#include "detect/sigma_modify.h"

static char *
put_unit(char *p, uint32_t unit, int order)
{
    *p++ = (char)(order == UTF16_BIG ? unit >> 8 : unit);
    *p++ = (char)(order == UTF16_BIG ? unit : unit >> 8);
    return p;
}

static char *
put_character(char *p, uint32_t c, int order)
{
    if (c < 0x10000)
        return put_unit(p, c, order);
    p = put_unit(p, 0xd800 + ((c - 0x10000) >> 10), order);
    return put_unit(p, 0xdc00 + ((c - 0x10000) & 0x3ff), order);
}

/* @text as UTF-16, with a byte order mark in front where @marked. The YAML reader saw to it that it is UTF-8. */
static struct slice
to_utf16(struct sigma_draft *d, struct slice text, int order, bool marked)
{
    char *p = sigma_draft_chars(d, 2 * text.n + 2);
    char *start = p;
    uint32_t c;
    size_t n;

    if (p == NULL)
        return text;
    if (marked)
        p = put_unit(p, 0xfeff, order);
    for (; (n = utf8_decode(text, &c)) > 0; text = slice_from(text, n))
        p = put_character(p, c, order);
    return slice_of(start, (size_t)(p - start));
}

/* Every literal by itself, so that `*` may stay; `?` would have to be two bytes and cannot. */
void
sigma_modify_utf16(
    struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m)
{
    struct token *tokens = sigma_draft_alloc(d, (v->leaf.n_tokens + 1) * sizeof(*tokens));
    bool marked = m->argument == UTF16_MARKED;
    size_t i;

    (void)item;
    if (tokens == NULL)
        return;
    for (i = 0; i < v->leaf.n_tokens; i++) {
        tokens[i] = v->leaf.tokens[i];
        if (tokens[i].kind == TOKEN_LITERAL)
            tokens[i].literal = to_utf16(d, tokens[i].literal, m->argument, marked && i == 0);
        else if (tokens[i].kind != TOKEN_ANY || (marked && i == 0))
            sigma_draft_problem(
                d, v->node->at, "'|%s' cannot encode a text with '?' or with dashes left open", m->name);
    }
    v->leaf.tokens = tokens;
    v->shaped_by = m->name;
}

static bool
text_to_encode(struct sigma_draft *d, const struct sigma_value *v, const struct sigma_modifier *m, struct slice *text)
{
    if (!sigma_value_plain(v, text)) {
        sigma_draft_problem(d, v->node->at, "'|%s' takes text without wildcards%s%s%s", m->name,
            v->shaped_by == NULL ? "" : "; write it before '|", v->shaped_by == NULL ? "" : v->shaped_by,
            v->shaped_by == NULL ? "" : "'");
        return false;
    }
    if (text->n == 0)
        sigma_draft_problem(d, v->node->at, "'|%s' takes text that is not empty", m->name);
    return text->n > 0;
}

void
sigma_modify_base64(
    struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m)
{
    CLEANUP_BUFFER struct buffer encoded = {0};
    struct slice text;

    (void)item;
    if (!text_to_encode(d, v, m, &text))
        return;
    base64_encode(&encoded, text);
    if (encoded.failed)
        sigma_draft_out_of_memory(d);
    else
        sigma_value_set(d, v, sigma_draft_copy(d, buffer_slice(&encoded)));
    v->shaped_by = m->name;
}

/*
 * What of @text's base64 is the same whatever stands around it, when @shift bytes of a group of three stand before it:
 * digits that hold bits of a neighbour are cut away. By bytes, not characters.
 */
static struct slice
encode_shifted(struct sigma_draft *d, struct slice text, unsigned shift)
{
    static const unsigned cut_before[] = {0, 2, 3};
    static const unsigned cut_after[] = {0, 3, 2};
    CLEANUP_BUFFER struct buffer bytes = {0};
    CLEANUP_BUFFER struct buffer encoded = {0};
    struct slice kept;

    buffer_add(&bytes, slice_head(SLICE("  "), shift));
    buffer_add(&bytes, text);
    base64_encode(&encoded, buffer_slice(&bytes));
    if (bytes.failed || encoded.failed) {
        sigma_draft_out_of_memory(d);
        return SLICE("");
    }
    kept = slice_from(buffer_slice(&encoded), cut_before[shift]);
    kept = slice_head(kept, kept.n - cut_after[bytes.n % 3]);
    return sigma_draft_copy(d, kept);
}

void
sigma_modify_base64offset(
    struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m)
{
    struct slice text;
    unsigned shift;

    (void)item;
    if (!text_to_encode(d, v, m, &text))
        return;
    if (text.n < 3) {
        sigma_draft_problem(
            d, v->node->at, "'|%s' takes three bytes or more; of fewer next to nothing is left to look for", m->name);
        return;
    }
    v->shaped_by = m->name;
    for (shift = 0; shift < 3; shift++) {
        sigma_value_set(d, v, encode_shifted(d, text, shift));
        if (shift < 2)
            v = sigma_value_also(d, v);
        if (v == NULL)
            return;
    }
}
