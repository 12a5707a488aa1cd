/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/regex_guard.h"

#include "base/cursor.h"

struct run {
    char text[REGEX_GUARD_BYTES_MAX];
    size_t n;
};

static bool
one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static void
run_add(struct run *run, char c)
{
    if (run->n < sizeof(run->text))
        run->text[run->n++] = c;
}

/* The last character may be missing: a quantifier follows it. */
static void
run_drop_last(struct run *run)
{
    while (run->n > 0 && ((unsigned char)run->text[run->n - 1] & 0xc0) == 0x80)
        run->n--;
    if (run->n > 0)
        run->n--;
}

static void
run_end(struct run *run, struct run *best)
{
    if (run->n > best->n)
        *best = *run;
    run->n = 0;
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
take_escape(struct slice *in, struct run *run, struct run *best)
{
    char c = in->n > 1 ? in->p[1] : '\0';
    bool is_letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

    if (c == '\0' || (is_letter && !one_of(c, "sSdDwWhHvVnrtfebBAzZ")))
        return false;
    if (is_letter)
        run_end(run, best);
    else
        run_add(run, c);
    *in = slice_from(*in, 2);
    return true;
}

static bool
take_quantifier(struct slice *in, struct run *run, struct run *best)
{
    if (!cursor_at(in, '+'))
        run_drop_last(run);
    run_end(run, best);
    if (cursor_skip(in, '{')) {
        (void)cursor_until(in, '}');
        return cursor_skip(in, '}');
    }
    *in = slice_from(*in, 1);
    return true;
}

static bool
take(struct slice *in, struct run *run, struct run *best)
{
    char c = in->p[0];

    if (c == '\\')
        return take_escape(in, run, best);
    if (one_of(c, "*?+{"))
        return take_quantifier(in, run, best);
    if (c == '|' || c == ')' || c == '\0')
        return false;
    if (c == '[' || c == '(') {
        run_end(run, best);
        return c == '[' ? skip_class(in) : skip_group(in);
    }
    if (one_of(c, "^$."))
        run_end(run, best);
    else
        run_add(run, c);
    *in = slice_from(*in, 1);
    return true;
}

size_t
regex_guard(struct slice regex, char out[static REGEX_GUARD_BYTES_MAX])
{
    struct run run = {.n = 0};
    struct run best = {.n = 0};

    while (regex.n > 0)
        if (!take(&regex, &run, &best))
            return 0;
    run_end(&run, &best);
    if (best.n < REGEX_GUARD_BYTES_MIN)
        return 0;
    memcpy(out, best.text, best.n);
    return best.n;
}
