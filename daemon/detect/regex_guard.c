/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/regex_guard.h"

#include "base/cursor.h"

/* The runs found so far, and behind them in `out->text` the one being read. */
struct reader {
    struct regex_guards *out;
    size_t begin;
    size_t end;
};

static bool
one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static void
run_add(struct reader *r, char c)
{
    if (r->end < sizeof(r->out->text))
        r->out->text[r->end++] = c;
}

/* The last character may be missing: a quantifier follows it. */
static void
run_drop_last(struct reader *r)
{
    while (r->end > r->begin && ((unsigned char)r->out->text[r->end - 1] & 0xc0) == 0x80)
        r->end--;
    if (r->end > r->begin)
        r->end--;
}

static void
run_end(struct reader *r)
{
    size_t n = r->end - r->begin;

    if (n >= REGEX_GUARD_BYTES_MIN && r->out->n < REGEX_GUARDS_MAX)
        r->out->items[r->out->n++] = (struct regex_guard){slice_of(r->out->text + r->begin, n), r->out->n_branches};
    else
        r->end = r->begin;
    r->begin = r->end;
}

/* Return: whether the branch that ends here has a run. */
static bool
branch_end(struct reader *r)
{
    run_end(r);
    return r->out->n > 0 && r->out->items[r->out->n - 1].branch == r->out->n_branches++;
}

/* [...] as PCRE2 reads it: a `]` right at the start is a member; [:names:] and escapes may hold brackets. */
static bool
skip_class(struct slice *in)
{
    (void)cursor_skip(in, '[');
    (void)cursor_skip(in, '^');
    (void)cursor_skip(in, ']');
    while (in->n > 0 && !cursor_at(in, ']')) {
        if (cursor_at(in, '\\') && in->n > 1 && in->p[1] == 'Q')
            return false;
        if (cursor_skip_text(in, SLICE("[:"))) {
            while (in->n > 0 && !cursor_skip_text(in, SLICE(":]")))
                *in = slice_from(*in, 1);
            continue;
        }
        *in = slice_from(*in, cursor_at(in, '\\') && in->n > 1 ? 2 : 1);
    }
    return cursor_skip(in, ']');
}

/* A whole group, nested ones included. Options may change how everything is read; of these only x and its like do. */
static bool
skip_group(struct slice *in)
{
    size_t depth = 0;

    do {
        if (cursor_at(in, '[')) {
            if (!skip_class(in))
                return false;
            continue;
        }
        if (cursor_at(in, '(')) {
            struct slice rest = slice_from(*in, 1);

            if (cursor_at(&rest, '*'))
                return false;
            if (cursor_skip(&rest, '?'))
                for (; rest.n > 0 && one_of(rest.p[0], "imsxnJU-^"); rest = slice_from(rest, 1))
                    if (rest.p[0] == 'x')
                        return false;
            depth++;
        } else if (cursor_at(in, ')')) {
            depth--;
        } else if (cursor_at(in, '\\') && in->n > 1) {
            if (in->p[1] == 'Q')
                return false;
            *in = slice_from(*in, 1);
        }
        *in = slice_from(*in, 1);
    } while (depth > 0 && in->n > 0);
    return depth == 0;
}

static bool
take_escape(struct slice *in, struct reader *r)
{
    char c = in->n > 1 ? in->p[1] : '\0';
    bool is_letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

    if (c == '\0' || (is_letter && !one_of(c, "sSdDwWhHvVnrtfebBAzZ")))
        return false;
    if (is_letter)
        run_end(r);
    else
        run_add(r, c);
    *in = slice_from(*in, 2);
    return true;
}

static bool
take_quantifier(struct slice *in, struct reader *r)
{
    if (!cursor_at(in, '+'))
        run_drop_last(r);
    run_end(r);
    if (cursor_skip(in, '{')) {
        (void)cursor_until(in, '}');
        return cursor_skip(in, '}');
    }
    *in = slice_from(*in, 1);
    return true;
}

static bool
take(struct slice *in, struct reader *r)
{
    char c = in->p[0];

    if (c == '\\')
        return take_escape(in, r);
    if (one_of(c, "*?+{"))
        return take_quantifier(in, r);
    if (c == ')' || c == '\0')
        return false;
    if (c == '|' && !branch_end(r))
        return false;
    if (c == '[' || c == '(') {
        run_end(r);
        return c == '[' ? skip_class(in) : skip_group(in);
    }
    if (one_of(c, "^$."))
        run_end(r);
    else if (c != '|')
        run_add(r, c);
    *in = slice_from(*in, 1);
    return true;
}

void
regex_guards(struct slice regex, struct regex_guards *out)
{
    struct reader r = {.out = out};
    bool known = true;

    out->n = 0;
    out->n_branches = 0;
    while (regex.n > 0 && known)
        known = take(&regex, &r);
    if (!known || !branch_end(&r))
        out->n = out->n_branches = 0;
}
