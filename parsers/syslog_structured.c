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

enum { SD_NAME_MAX = 32 };

/* What has been read so far. On the stack, since most messages have few parameters and a batch's arena is shared. */
struct params {
    struct syslog_param items[SYSLOG_PARAMS_MAX];
    size_t n;
    size_t n_seen;
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

static void
add(struct params *ps, struct slice id, struct slice name, struct slice value)
{
    ps->n_seen++;
    if (ps->n < SYSLOG_PARAMS_MAX)
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
        add(ps, id, name, value);
}

/* --- as the standard has it --- */

/* PARAM-VALUE %d34. Return: whether the quote came. */
static inline bool
take_value(struct slice *in, struct slice *value, bool *escaped)
{
    struct slice rest = *in;

    *escaped = false;
    for (;;) {
        rest = slice_from(rest, span(rest, VALUE_BYTE));
        if (rest.n > 0 && rest.p[0] == '"') {
            *value = slice_head(*in, in->n - rest.n);
            *in = slice_from(rest, 1);
            return true;
        }
        if (rest.n < 2 || rest.p[0] != '\\')
            return false;
        *escaped = true;
        rest = slice_from(rest, 2);
    }
}

/* PARAM-NAME "=" %d34 PARAM-VALUE %d34. */
static inline bool
take_param(struct syslog_reader *r, struct params *ps, struct slice id, struct slice *in)
{
    struct slice name = take(in, span(*in, NAME_BYTE));
    struct slice value;
    bool escaped;

    if (name.n == 0 || name.n > SD_NAME_MAX || !cursor_skip(in, '=') || !cursor_skip(in, '"'))
        return false;
    if (!take_value(in, &value, &escaped))
        return false;
    if (UNLIKELY(escaped))
        add_escaped(r, ps, id, name, value);
    else
        add(ps, id, name, value);
    return true;
}

static bool
take_element(struct syslog_reader *r, struct params *ps, struct slice *in)
{
    size_t n_seen = ps->n_seen;
    struct slice id;

    if (!cursor_skip(in, '['))
        return false;
    id = take(in, span(*in, NAME_BYTE));
    if (id.n == 0 || id.n > SD_NAME_MAX)
        return false;
    if (ps->n > 0 && id_stood_before(ps, id))
        r->out->marks |= SYSLOG_DUPLICATE_SD_ID;
    while (cursor_skip(in, ' '))
        if (!take_param(r, ps, id, in))
            return false;
    if (ps->n_seen == n_seen)
        add(ps, id, (struct slice){NULL, 0}, (struct slice){NULL, 0});
    return cursor_skip(in, ']');
}

static bool
take_elements(struct syslog_reader *r, struct params *ps, struct slice *in)
{
    ps->n = 0;
    ps->n_seen = 0;
    do {
        if (!take_element(r, ps, in))
            return false;
    } while (cursor_at(in, '['));
    return true;
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
        add(ps, id, (struct slice){NULL, 0}, (struct slice){NULL, 0});
    return cursor_skip(in, ']');
}

static bool
take_loose_elements(struct syslog_reader *r, struct params *ps, struct slice *in)
{
    ps->n = 0;
    ps->n_seen = 0;
    do {
        if (!take_loose_element(r, ps, in))
            return false;
    } while (cursor_at(in, '['));
    return true;
}

/* --- both --- */

static void
keep(struct syslog_reader *r, const struct params *ps)
{
    struct syslog_param *kept = ps->n == 0 ? NULL : arena_alloc(r->arena, ps->n * sizeof(*kept));

    if (kept != NULL) {
        memcpy(kept, ps->items, ps->n * sizeof(*kept));
        r->out->params = kept;
        r->out->n_params = ps->n;
    }
    if (r->out->n_params < ps->n_seen)
        r->out->marks |= SYSLOG_PARAMS_DROPPED;
}

bool
syslog_structured_take(struct syslog_reader *r, struct slice *in)
{
    struct slice rest = *in;
    struct params ps;

    if (!cursor_at(in, '['))
        return false;
    if (take_elements(r, &ps, &rest)) {
        if ((r->out->marks & SYSLOG_DUPLICATE_SD_ID) != 0)
            r->out->rfc5424_valid = false;
        if (!r->utf8 && !utf8_valid(slice_head(*in, in->n - rest.n)))
            r->out->rfc5424_valid = false;
    } else {
        r->out->rfc5424_valid = false;
        r->out->marks |= SYSLOG_BAD_STRUCTURED;
        rest = *in;
        if (!take_loose_elements(r, &ps, &rest))
            return false;
    }
    keep(r, &ps);
    *in = rest;
    return true;
}
