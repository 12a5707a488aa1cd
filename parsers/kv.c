/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/kv.h"

/*
 *     text  = *separator [ pair *( 1*separator pair ) ] *separator
 *     pair  = key assign value / word
 *     key   = <"> *any <"> / "'" *any "'" / *( any but assign and separator )
 *     value = <"> *( escape / any but <"> ) <"> / "'" *( escape / any but "'" ) "'" / *( any but separator )
 */

struct kv_options
kv_options_default(void)
{
    return (struct kv_options){.assign = '=', .separator = ' ', .bare_keys = false};
}

static inline bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline bool
is_separator(const struct kv_options *o, char c)
{
    return c == o->separator || (o->separator == ' ' && is_blank(c));
}

static struct slice
skip_blanks(struct slice in)
{
    size_t n = 0;

    while (n < in.n && is_blank(in.p[n]))
        n++;
    return slice_from(in, n);
}

static struct slice
skip_separators(const struct kv_options *o, struct slice in)
{
    size_t n = 0;

    while (n < in.n && (is_separator(o, in.p[n]) || is_blank(in.p[n])))
        n++;
    return slice_from(in, n);
}

/* The bytes before the first separator, or before the first @stop, which is a separator where there is none to look
 * for. */
static struct slice
head_of(const struct kv_options *o, struct slice in, char stop)
{
    size_t n = 0;

    while (n < in.n && in.p[n] != stop && !is_separator(o, in.p[n]))
        n++;
    return slice_head(in, n);
}

/* Where the quote that opens @in is closed, in.n where it is not; @escaped is set where a backslash does its work. */
static size_t
find_close(struct slice in, bool *escaped)
{
    char quote = in.p[0];
    size_t i;

    for (i = 1; i < in.n && in.p[i] != quote; i++) {
        if (in.p[i] == '\\' && i + 1 < in.n && (in.p[i + 1] == quote || in.p[i + 1] == '\\')) {
            *escaped = true;
            i++;
        }
    }
    return i;
}

/* @raw without the backslashes before @quote and backslash; {NULL, 0} where the arena is full. */
static struct slice
unescape(struct slice raw, char quote, struct arena *arena)
{
    char *out = arena_text(arena, raw.n);
    size_t n = 0;
    size_t i;

    if (out == NULL)
        return (struct slice){NULL, 0};
    for (i = 0; i < raw.n; i++) {
        if (raw.p[i] == '\\' && i + 1 < raw.n && (raw.p[i + 1] == quote || raw.p[i + 1] == '\\'))
            i++;
        out[n++] = raw.p[i];
    }
    return slice_of(out, n);
}

/* Whether nothing but a separator may follow: the end, or a separator, behind blanks. */
static bool
is_end(const struct kv_options *o, struct slice in)
{
    if (in.n > 0 && is_separator(o, in.p[0]))
        return true;
    in = skip_blanks(in);
    return in.n == 0 || is_separator(o, in.p[0]);
}

/* Takes a value in quotes off @in. Return: whether it was one. */
static bool
take_quoted(const struct kv_options *o, struct slice *in, struct slice *value, struct arena *arena)
{
    bool escaped = false;
    size_t close;

    if (in->n == 0 || (in->p[0] != '"' && in->p[0] != '\''))
        return false;
    close = find_close(*in, &escaped);
    if (close < in->n && !is_end(o, slice_from(*in, close + 1)))
        return false;
    *value = slice_of(in->p + 1, close - 1);
    if (escaped)
        *value = unescape(*value, in->p[0], arena);
    *in = slice_from(*in, close < in->n ? close + 1 : close);
    return true;
}

static struct slice
take_value(const struct kv_options *o, struct slice *in, struct arena *arena)
{
    struct slice value;

    if (o->separator != ' ')
        *in = skip_blanks(*in);
    if (take_quoted(o, in, &value, arena))
        return value;
    value = head_of(o, *in, o->separator);
    *in = slice_from(*in, value.n);
    return slice_trim(value);
}

static void
add(struct fields *out, struct slice key, struct slice value)
{
    if (value.p == NULL)
        out->n_dropped++;
    else
        fields_add(out, key, value, VALUE_TEXT);
}

/* Takes a key in quotes off @in, which must be assigned to; escapes are not for keys. Return: whether it was one. */
static bool
take_quoted_key(const struct kv_options *o, struct slice *in, struct slice *key)
{
    bool escaped = false;
    struct slice rest;
    size_t close;

    if (in->p[0] != '"' && in->p[0] != '\'')
        return false;
    close = find_close(*in, &escaped);
    if (close == in->n || escaped)
        return false;
    rest = slice_from(*in, close + 1);
    if (o->separator != ' ')
        rest = skip_blanks(rest);
    if (rest.n == 0 || rest.p[0] != o->assign)
        return false;
    *key = slice_of(in->p + 1, close - 1);
    *in = rest;
    return true;
}

static struct slice
take_key(const struct kv_options *o, struct slice *in)
{
    struct slice key;

    if (take_quoted_key(o, in, &key))
        return key;
    key = head_of(o, *in, o->assign);
    *in = slice_from(*in, key.n);
    return slice_trim(key);
}

/* Takes a pair or word off the front of @in, which does not begin with a separator. Return: whether it was a field. */
static bool
take_pair(const struct kv_options *o, struct slice *in, struct fields *out)
{
    struct slice key = take_key(o, in);
    bool assigned = in->n > 0 && in->p[0] == o->assign;

    if (assigned) {
        struct slice value;

        *in = slice_from(*in, 1);
        value = take_value(o, in, out->arena);
        if (key.n > 0)
            add(out, key, value);
    } else if (o->bare_keys) {
        add(out, key, slice_of(key.p + key.n, 0));
    }
    return assigned ? key.n > 0 : o->bare_keys;
}

size_t
kv_parse(struct slice text, const struct kv_options *options, struct fields *out)
{
    struct slice in = skip_separators(options, text);
    size_t n = 0;

    while (in.n > 0) {
        n += take_pair(options, &in, out);
        in = skip_separators(options, in);
    }
    return n;
}
