/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/text.h"

#include "base/utf8.h"
#include "detect/fold.h"

/* What windash takes for a dash: hyphen-minus, slash, en dash, em dash, horizontal bar. */
static bool
is_dash(uint32_t c)
{
    return c == '-' || c == '/' || c == 0x2013 || c == 0x2014 || c == 0x2015;
}

/* The run of literals from @i on as one, folded unless @cased. */
static struct slice
join_literals(const struct token *tokens, size_t n, size_t *i, bool cased, struct arena *arena)
{
    size_t first = *i;
    size_t bytes = 0;
    size_t at = 0;
    size_t k;
    char *raw;
    char *out;

    for (; *i < n && tokens[*i].kind == TOKEN_LITERAL; (*i)++)
        bytes += tokens[*i].literal.n;
    raw = arena_text(arena, bytes + 1);
    out = cased ? raw : arena_text(arena, FOLD_BYTES_MAX(bytes));
    if (raw == NULL || out == NULL)
        return SLICE("");
    for (k = first; k < *i; k++) {
        if (tokens[k].literal.n > 0)
            memcpy(raw + at, tokens[k].literal.p, tokens[k].literal.n);
        at += tokens[k].literal.n;
    }
    return slice_of(out, cased ? bytes : fold_text(slice_of(raw, bytes), out));
}

void
text_normalize(struct text_pattern *out, const struct token *tokens, size_t n, bool cased, struct arena *arena)
{
    struct token *made = arena_alloc(arena, (n + 1) * sizeof(*made));
    size_t n_made = 0;
    size_t i = 0;

    *out = (struct text_pattern){made, 0};
    if (made == NULL)
        return;
    while (i < n) {
        if (tokens[i].kind == TOKEN_LITERAL) {
            struct slice literal = join_literals(tokens, n, &i, cased, arena);

            if (literal.n > 0)
                made[n_made++] = (struct token){TOKEN_LITERAL, literal};
            continue;
        }
        if (tokens[i].kind != TOKEN_ANY || n_made == 0 || made[n_made - 1].kind != TOKEN_ANY)
            made[n_made++] = (struct token){tokens[i].kind, {NULL, 0}};
        i++;
    }
    out->n = n_made;
}

static bool
is(struct text_pattern p, size_t i, enum token_kind kind)
{
    return i < p.n && p.tokens[i].kind == kind;
}

enum text_shape
text_shape(struct text_pattern p)
{
    if (p.n == 0 || (p.n == 1 && is(p, 0, TOKEN_LITERAL)))
        return TEXT_EQUALS;
    if (p.n == 1 && is(p, 0, TOKEN_ANY))
        return TEXT_ANY;
    if (p.n == 2 && is(p, 0, TOKEN_LITERAL) && is(p, 1, TOKEN_ANY))
        return TEXT_STARTS;
    if (p.n == 2 && is(p, 0, TOKEN_ANY) && is(p, 1, TOKEN_LITERAL))
        return TEXT_ENDS;
    if (p.n == 3 && is(p, 0, TOKEN_ANY) && is(p, 1, TOKEN_LITERAL) && is(p, 2, TOKEN_ANY))
        return TEXT_CONTAINS;
    return TEXT_GLOB;
}

struct slice
text_literal(struct text_pattern p)
{
    struct slice found = SLICE("");
    size_t n = 0;
    size_t i;

    for (i = 0; i < p.n; i++)
        if (p.tokens[i].kind == TOKEN_LITERAL) {
            found = p.tokens[i].literal;
            n++;
        }
    return n == 1 ? found : SLICE("");
}

static size_t
step_char(struct slice rest, uint32_t *c)
{
    size_t n = utf8_decode(rest, c);

    if (n == 0 && rest.n > 0) {
        *c = 0xfffd;
        n = 1;
    }
    return n;
}

/* How many bytes @token takes at the front of @rest; SIZE_MAX where it does not fit. Not for `*`. */
static size_t
step_token(const struct token *token, struct slice rest)
{
    uint32_t c;
    size_t n;

    if (token->kind == TOKEN_LITERAL)
        return slice_starts(rest, token->literal) ? token->literal.n : SIZE_MAX;
    n = step_char(rest, &c);
    return n > 0 && (token->kind == TOKEN_ONE || is_dash(c)) ? n : SIZE_MAX;
}

/* The next place from @at on where what follows a `*` could begin; SIZE_MAX where there is none. */
static size_t
next_start(struct text_pattern p, size_t token, struct slice value, size_t at)
{
    size_t found;

    if (at > value.n)
        return SIZE_MAX;
    if (!is(p, token, TOKEN_LITERAL))
        return at;
    found = slice_search(slice_from(value, at), p.tokens[token].literal);
    return found == SIZE_MAX ? SIZE_MAX : at + found;
}

/* Only the last `*` is ever widened: where the parts before it fit first is as good as any later place. */
bool
text_matches(struct text_pattern p, struct slice value)
{
    size_t star = SIZE_MAX; /* the token after the last `*` */
    size_t star_at = 0;     /* where the value goes on after it */
    size_t i = 0;
    size_t at = 0;

    for (;;) {
        size_t n;
        uint32_t c;

        if (is(p, i, TOKEN_ANY)) {
            if (++i == p.n)
                return true;
            star = i;
            at = star_at = next_start(p, star, value, at);
            if (at == SIZE_MAX)
                return false;
            continue;
        }
        n = i < p.n ? step_token(&p.tokens[i], slice_from(value, at)) : SIZE_MAX;
        if (n != SIZE_MAX) {
            at += n;
            i++;
            continue;
        }
        if (i == p.n && at == value.n)
            return true;
        if (star == SIZE_MAX || star_at >= value.n)
            return false;
        n = step_char(slice_from(value, star_at), &c);
        at = star_at = next_start(p, star, value, star_at + n);
        if (at == SIZE_MAX)
            return false;
        i = star;
    }
}
