/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/syslog_internal.h"

/*
 * RFC 5424 section 6.3:
 *
 *     STRUCTURED-DATA = NILVALUE / 1*SD-ELEMENT
 *     SD-ELEMENT      = "[" SD-ID *(SP SD-PARAM) "]"
 *     SD-PARAM        = PARAM-NAME "=" %d34 PARAM-VALUE %d34
 *     SD-NAME         = 1*32PRINTUSASCII ; except "=", SP, "]", %d34
 *
 * In a value only '"', "\" and "]" are escaped; a backslash before anything else is itself. What is not so is read
 * again from its beginning by rules that also take what vendors send: blanks around, values without quotes, a colon for
 * the equals sign and semicolons between, quotes and brackets not escaped, names of any length.
 */

#include "base/utf8.h"

enum { SD_NAME_MAX = 32, PARAMS_CAP_MIN = 8 };

/* What has been read so far: in the arena, growing by doubling. */
struct params {
    struct syslog_param *items;
    size_t n;
    size_t cap;
    size_t n_seen; /* also those beyond the limit */
};

enum { NAME_BYTE = 1, VALUE_BYTE = 2 };

/* Which bytes a name and a value may go on with: a value stops at '"', "\\" and "]". */
#define BOTH (NAME_BYTE | VALUE_BYTE)
static const unsigned char sd_bytes[256] = {
    // clang-format off
    [0 ... ' '] = VALUE_BYTE, ['!'] = BOTH, ['#' ... '<'] = BOTH, ['='] = VALUE_BYTE, ['>' ... '['] = BOTH,
    ['\\'] = NAME_BYTE, ['^' ... '~'] = BOTH, [127 ... 255] = VALUE_BYTE,
    // clang-format on
};

static inline size_t
span(struct slice in, unsigned char kind)
{
    size_t n = 0;

    while (n < in.n && (sd_bytes[(unsigned char)in.p[n]] & kind) != 0)
        n++;
    return n;
}

static inline struct slice
take(struct slice *in, size_t n)
{
    struct slice head = slice_head(*in, n);

    *in = slice_from(*in, n);
    return head;
}

static bool
grow(struct syslog_reader *r, struct params *ps)
{
    size_t cap = ps->cap == 0 ? PARAMS_CAP_MIN : ps->cap * 2;
    struct syslog_param *items = ps->n == SYSLOG_PARAMS_MAX ? NULL : arena_alloc(r->arena, cap * sizeof(*items));

    if (items == NULL)
        return false;
    if (ps->n > 0)
        memcpy(items, ps->items, ps->n * sizeof(*items));
    ps->items = items;
    ps->cap = cap;
    return true;
}

static inline void
add(struct syslog_reader *r, struct params *ps, struct slice id, struct slice name, struct slice value)
{
    ps->n_seen++;
    if (ps->n < ps->cap || grow(r, ps))
        ps->items[ps->n++] = (struct syslog_param){id, name, value};
}

static bool
id_stood_before(const struct params *ps, struct slice id)
{
    size_t i;

    for (i = 0; i < ps->n; i++)
        if (slice_eq(ps->items[i].id, id))
            return true;
    return false;
}

/* The value @escaped without its backslashes, in the arena. Return: whether there was room. */
static bool
unescape(struct syslog_reader *r, struct slice escaped, struct slice *out)
{
    char *p = arena_text(r->arena, escaped.n);
    size_t n = 0;
    size_t i;

    if (p == NULL)
        return false;
    for (i = 0; i < escaped.n; i++) {
        char next = i + 1 < escaped.n ? escaped.p[i + 1] : 'x';

        if (escaped.p[i] == '\\' && (next == '"' || next == '\\' || next == ']'))
            i++;
        p[n++] = escaped.p[i];
    }
    *out = slice_of(p, n);
    return true;
}

static void
add_escaped(struct syslog_reader *r, struct params *ps, struct slice id, struct slice name, struct slice escaped)
{
    struct slice value = escaped;

    if (slice_find(escaped, '\\') < escaped.n && !unescape(r, escaped, &value))
        ps->n_seen++;
    else
        add(r, ps, id, name, value);
}

/* --- as the standard has it --- */

/* PARAM-VALUE, up to the quote behind it. Return: its length; that of @in where no quote comes. */
static inline size_t
value_length(struct slice in, bool *escaped)
{
    size_t n = 0;

    *escaped = false;
    for (;;) {
        n += span(slice_from(in, n), VALUE_BYTE);
        if (n == in.n || in.p[n] != '\\')
            return n < in.n && in.p[n] == '"' ? n : in.n;
        if (in.n - n < 2)
            return in.n;
        *escaped = true;
        n += 2;
    }
}

/* PARAM-NAME "=" %d34 PARAM-VALUE %d34. Return: its length, or 0. */
static inline size_t
read_param(struct syslog_reader *r, struct params *ps, struct slice id, struct slice in)
{
    size_t n_name = span(in, NAME_BYTE);
    struct slice value;
    size_t n_value;
    bool escaped;

    if (n_name == 0 || n_name > SD_NAME_MAX || in.n - n_name < 2 || in.p[n_name] != '=' || in.p[n_name + 1] != '"')
        return 0;
    value = slice_from(in, n_name + 2);
    n_value = value_length(value, &escaped);
    if (n_value == value.n)
        return 0;
    if (UNLIKELY(escaped))
        add_escaped(r, ps, id, slice_head(in, n_name), slice_head(value, n_value));
    else
        add(r, ps, id, slice_head(in, n_name), slice_head(value, n_value));
    return n_name + 2 + n_value + 1;
}

/* "[" SD-ID *(SP SD-PARAM) "]". Return: its length, or 0. */
static inline size_t
read_element(struct syslog_reader *r, struct params *ps, struct slice in)
{
    struct slice rest = slice_from(in, in.n > 0);
    struct slice id = slice_head(rest, span(rest, NAME_BYTE));
    size_t n_seen = ps->n_seen;

    if (in.n == 0 || in.p[0] != '[' || id.n == 0 || id.n > SD_NAME_MAX)
        return 0;
    rest = slice_from(rest, id.n);
    if (ps->n > 0 && id_stood_before(ps, id))
        r->out->marks |= SYSLOG_DUPLICATE_SD_ID;
    while (rest.n > 0 && rest.p[0] == ' ') {
        size_t n = read_param(r, ps, id, slice_from(rest, 1));

        if (n == 0)
            return 0;
        rest = slice_from(rest, 1 + n);
    }
    if (ps->n_seen == n_seen)
        add(r, ps, id, (struct slice){NULL, 0}, (struct slice){NULL, 0});
    return rest.n > 0 && rest.p[0] == ']' ? in.n - rest.n + 1 : 0;
}

/* 1*SD-ELEMENT. Return: its length, or 0. */
static inline size_t
read_elements(struct syslog_reader *r, struct params *ps, struct slice in)
{
    size_t total = 0;

    do {
        size_t n = read_element(r, ps, slice_from(in, total));

        if (n == 0)
            return 0;
        total += n;
    } while (total < in.n && in.p[total] == '[');
    return total;
}

/* --- as it comes --- */

/* A name runs to what can only follow it: a blank, "]", "=", or a colon before a quote. */
static struct slice
take_loose_name(struct slice *in)
{
    size_t n = 0;

    while (n < in->n && in->p[n] != ' ' && in->p[n] != ']' && in->p[n] != '=' && in->p[n] != ';' &&
           !(in->p[n] == ':' && n + 1 < in->n && in->p[n + 1] == '"'))
        n++;
    return take(in, n);
}

/* A quoted value ends at the quote behind which a blank, "]", ";" or the end stands; another is part of it. */
static bool
take_loose_quoted(struct slice *in, struct slice *value)
{
    size_t i;

    for (i = 0; i < in->n; i++) {
        char next = i + 1 < in->n ? in->p[i + 1] : ' ';

        if (in->p[i] == '\\') {
            i++;
        } else if (in->p[i] == '"' && (next == ' ' || next == ']' || next == ';')) {
            *value = slice_head(*in, i);
            *in = slice_from(*in, i + 1);
            return true;
        }
    }
    return false;
}

/* A value without quotes runs to a blank, ";" or "]". */
static struct slice
take_loose_bare(struct slice *in)
{
    size_t n = 0;

    while (n < in->n && in->p[n] != ' ' && in->p[n] != ';' && in->p[n] != ']')
        n++;
    return take(in, n);
}

/* NAME [("=" / ":") VALUE]: a word alone is passed over. Return: whether the element can go on. */
static bool
take_loose_param(struct syslog_reader *r, struct params *ps, struct slice id, struct slice *in, bool *assigned)
{
    struct slice name = take_loose_name(in);
    struct slice rest = *in;
    struct slice value;

    (void)cursor_skip_all(&rest, ' ');
    if (name.n == 0)
        return false;
    if (!cursor_skip(&rest, '=') && !cursor_skip(&rest, ':'))
        return true;
    (void)cursor_skip_all(&rest, ' ');
    *in = rest;
    if (!cursor_skip(in, '"'))
        value = take_loose_bare(in);
    else if (!take_loose_quoted(in, &value))
        return false;
    *assigned = true;
    add_escaped(r, ps, id, name, value);
    return true;
}

/* An element has an id or begins with a parameter, and then at least one value or nothing but the id. */
static bool
take_loose_element(struct syslog_reader *r, struct params *ps, struct slice *in)
{
    struct slice rest;
    struct slice id;
    bool bare_words = false;
    bool assigned = false;

    if (!cursor_skip(in, '['))
        return false;
    (void)cursor_skip_all(in, ' ');
    rest = *in;
    id = take_loose_name(&rest);
    if (cursor_at(&rest, '=') || cursor_at(&rest, ':'))
        id = (struct slice){NULL, 0};
    else
        *in = rest;
    while (in->n > 0 && !cursor_at(in, ']')) {
        size_t n = in->n;

        if (cursor_skip(in, ' ') || cursor_skip(in, ';'))
            continue;
        if (!take_loose_param(r, ps, id, in, &assigned))
            return false;
        bare_words = true;
        ASSERT(in->n < n);
    }
    if (!assigned && (bare_words || id.n == 0))
        return false;
    if (!assigned)
        add(r, ps, id, (struct slice){NULL, 0}, (struct slice){NULL, 0});
    return cursor_skip(in, ']');
}

static size_t
read_loose_elements(struct syslog_reader *r, struct params *ps, struct slice in)
{
    struct slice rest = in;

    do {
        if (!take_loose_element(r, ps, &rest))
            return 0;
    } while (cursor_at(&rest, '['));
    return in.n - rest.n;
}

/* --- both --- */

static inline void
set_params(struct syslog_reader *r, const struct params *ps)
{
    r->out->params = ps->items;
    r->out->n_params = ps->n;
    if (ps->n < ps->n_seen)
        r->out->marks |= SYSLOG_PARAMS_DROPPED;
}

size_t
syslog_structured_read(struct syslog_reader *r, struct slice in)
{
    struct params ps = {0};
    size_t n;

    if (in.n == 0 || in.p[0] != '[')
        return 0;
    n = read_elements(r, &ps, in);
    if (LIKELY(n > 0)) {
        if ((r->out->marks & SYSLOG_DUPLICATE_SD_ID) != 0 || (!r->utf8 && !utf8_valid(slice_head(in, n))))
            r->out->rfc5424_valid = false;
    } else {
        r->out->rfc5424_valid = false;
        r->out->marks |= SYSLOG_BAD_STRUCTURED;
        ps.n = 0;
        ps.n_seen = 0;
        n = read_loose_elements(r, &ps, in);
        if (n == 0)
            return 0;
    }
    set_params(r, &ps);
    return n;
}

static bool
each_element_has_a_parameter(const struct params *ps)
{
    size_t i;

    for (i = 0; i < ps->n; i++)
        if (ps->items[i].name.p == NULL)
            return false;
    return ps->n > 0;
}

size_t
syslog_structured_read_exact(struct syslog_reader *r, struct slice in)
{
    struct params ps = {0};
    uint32_t marks = r->out->marks;
    size_t n = read_elements(r, &ps, in);

    if (n == 0 || !each_element_has_a_parameter(&ps) || (n < in.n && in.p[n] != ' ')) {
        r->out->marks = marks;
        return 0;
    }
    set_params(r, &ps);
    return n;
}
