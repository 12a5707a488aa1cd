/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/xml.h"

#include "base/cursor.h"
#include "base/utf8.h"

/*
 *     document  = *misc element *misc
 *     misc      = blank / "<?" *any "?>" / "<!--" *any "-->"
 *     element   = "<" name *( blank attribute ) [ blank ] ( "/>" / ">" content "</" name [ blank ] ">" )
 *     attribute = name [ blank ] "=" [ blank ] ( <"> *any <"> / "'" *any "'" )
 *     content   = *( text / element / "<![CDATA[" *any "]]>" / misc )
 */

enum { REFERENCE_MAX = 12, UTF8_LAST = 0x10ffff };

void
xml_begin(struct xml *in, struct slice text, struct arena *arena)
{
    *in = (struct xml){.rest = text, .arena = arena};
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
skip_blanks(struct slice *in)
{
    while (in->n > 0 && is_blank(in->p[0]))
        *in = slice_from(*in, 1);
}

static bool
ends_name(char c)
{
    return is_blank(c) || c == '=' || c == '/' || c == '>' || c == '<' || c == '"' || c == '\'' || c == '&';
}

static struct slice
take_name(struct slice *in)
{
    struct slice name;
    size_t n = 0;

    while (n < in->n && !ends_name(in->p[n]))
        n++;
    name = slice_head(*in, n);
    *in = slice_from(*in, n);
    return name;
}

/* --- references --- */

static const struct {
    struct slice name;
    char c;
} entities[] = {
    {{"lt", 2}, '<'},
    {{"gt", 2}, '>'},
    {{"amp", 3}, '&'},
    {{"quot", 4}, '"'},
    {{"apos", 4}, '\''},
};

static int
digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* "#65" or "#x41" as a character; 0 where it is none. It has at most REFERENCE_MAX bytes. */
static uint32_t
number_of(struct slice name)
{
    uint64_t value = 0;
    unsigned base = 10;
    size_t i;

    if (!cursor_skip(&name, '#'))
        return 0;
    if (cursor_skip(&name, 'x'))
        base = 16;
    for (i = 0; i < name.n; i++) {
        unsigned digit = (unsigned)digit_of(name.p[i]);

        if (digit >= base)
            return 0;
        value = value * base + digit;
    }
    return value > UTF8_LAST || (value >= 0xd800 && value < 0xe000) ? 0 : (uint32_t)value;
}

/* What the reference at the front of @in stands for, into @out. Return: how many bytes; 0 where it is none. */
static size_t
take_reference(struct slice *in, char *out)
{
    struct slice name = slice_head(slice_from(*in, 1), REFERENCE_MAX);
    size_t end = slice_find(name, ';');
    uint32_t c;
    size_t i;

    if (end == name.n)
        return 0;
    name = slice_head(name, end);
    c = number_of(name);
    for (i = 0; i < ARRAY_LEN(entities); i++)
        if (slice_eq(name, entities[i].name))
            c = (unsigned char)entities[i].c;
    if (c == 0)
        return 0;
    *in = slice_from(*in, end + 2);
    return utf8_encode(c, out);
}

/* @raw with its references replaced; {NULL, 0} where the arena is full. A reference is longer than what it stands for.
 */
static struct slice
replace_references(struct slice raw, struct arena *arena)
{
    char *out = arena_text(arena, raw.n + UTF8_BYTES_MAX);
    size_t n = 0;

    if (out == NULL)
        return (struct slice){NULL, 0};
    while (raw.n > 0) {
        size_t taken = raw.p[0] == '&' ? take_reference(&raw, out + n) : 0;

        if (taken == 0) {
            out[n++] = raw.p[0];
            raw = slice_from(raw, 1);
        }
        n += taken;
    }
    return slice_of(out, n);
}

static bool
set_value(struct xml *in, struct slice raw)
{
    in->value = slice_find(raw, '&') == raw.n ? raw : replace_references(raw, in->arena);
    return in->value.p != NULL || raw.n == 0;
}

/* --- tokens --- */

static enum xml_token
stop(struct xml *in, enum xml_token token)
{
    in->stopped = true;
    in->stopped_as = token;
    return token;
}

/* The input ends here, or what stands here cannot be. */
static enum xml_token
stop_here(struct xml *in)
{
    return stop(in, in->rest.n == 0 ? XML_CUT : XML_BROKEN);
}

static enum xml_token
leave(struct xml *in)
{
    in->in_tag = false;
    in->closed = true;
    in->name = in->open[in->depth - 1];
    return XML_CLOSE;
}

static enum xml_token
take_value(struct xml *in)
{
    struct slice rest = in->rest;
    char quote = rest.n == 0 ? '\0' : rest.p[0];
    size_t end;

    if (quote != '"' && quote != '\'')
        return stop_here(in);
    rest = slice_from(rest, 1);
    end = slice_find(rest, quote);
    if (end == rest.n)
        return stop(in, XML_CUT);
    if (!set_value(in, slice_head(rest, end)))
        return stop(in, XML_BROKEN);
    in->rest = slice_from(rest, end + 1);
    return XML_ATTRIBUTE;
}

/* In a tag, not at its end: an attribute, or the stroke that closes the element at once. */
static enum xml_token
next_in_tag(struct xml *in)
{
    if (cursor_skip(&in->rest, '/'))
        return cursor_skip(&in->rest, '>') ? leave(in) : stop_here(in);
    in->name = take_name(&in->rest);
    skip_blanks(&in->rest);
    if (in->name.n == 0 || !cursor_skip(&in->rest, '='))
        return stop_here(in);
    skip_blanks(&in->rest);
    return take_value(in);
}

static enum xml_token
close_tag(struct xml *in)
{
    struct slice name = take_name(&in->rest);

    skip_blanks(&in->rest);
    if (in->rest.n == 0)
        return stop(in, XML_CUT);
    if (in->depth == 0 || !slice_eq(name, in->open[in->depth - 1]) || !cursor_skip(&in->rest, '>'))
        return stop(in, XML_BROKEN);
    return leave(in);
}

/* There is one root element; open[0] keeps its name when it is closed. */
static enum xml_token
open_tag(struct xml *in)
{
    struct slice name = take_name(&in->rest);

    if (in->rest.n == 0)
        return stop(in, XML_CUT);
    if (name.n == 0 || in->depth == XML_DEPTH_MAX || (in->depth == 0 && in->open[0].n > 0))
        return stop(in, XML_BROKEN);
    in->open[in->depth++] = name;
    in->name = name;
    in->in_tag = true;
    return XML_OPEN;
}

static enum xml_token
take_cdata(struct xml *in)
{
    size_t end = slice_search(in->rest, SLICE("]]>"));

    if (in->depth == 0)
        return stop(in, XML_BROKEN);
    in->value = slice_head(in->rest, end);
    if (end == SIZE_MAX)
        return stop(in, XML_CUT);
    in->rest = slice_from(in->rest, end + 3);
    return XML_TEXT;
}

/* The text up to the next tag; where none follows, what there is of it. */
static enum xml_token
take_text(struct xml *in)
{
    if (!set_value(in, cursor_until(&in->rest, '<')))
        return stop(in, XML_BROKEN);
    return in->rest.n == 0 ? stop(in, XML_CUT) : XML_TEXT;
}

/* Passes over what begins with @open and ends with @close. Return: whether it began so; cut where it does not end. */
static bool
skip_between(struct xml *in, struct slice open, struct slice close)
{
    size_t at;

    if (!cursor_skip_text(&in->rest, open))
        return false;
    at = slice_search(in->rest, close);
    in->rest = slice_from(in->rest, at == SIZE_MAX ? in->rest.n : at + close.n);
    if (at == SIZE_MAX)
        (void)stop(in, XML_CUT);
    return true;
}

/* What says nothing: blanks around the root, comments, processing instructions. */
static void
skip_misc(struct xml *in)
{
    do {
        if (in->depth == 0)
            skip_blanks(&in->rest);
    } while (
        !in->stopped && (skip_between(in, SLICE("<?"), SLICE("?>")) || skip_between(in, SLICE("<!--"), SLICE("-->"))));
}

static enum xml_token
next_outside_tag(struct xml *in)
{
    skip_misc(in);
    if (in->stopped)
        return in->stopped_as;
    if (in->rest.n == 0)
        return stop(in, in->depth == 0 && in->open[0].n > 0 ? XML_END : XML_CUT);
    if (in->rest.p[0] != '<')
        return in->depth == 0 ? stop(in, XML_BROKEN) : take_text(in);
    if (cursor_skip_text(&in->rest, SLICE("<![CDATA[")))
        return take_cdata(in);
    if (cursor_skip_text(&in->rest, SLICE("</")))
        return close_tag(in);
    if (slice_starts(SLICE("<![CDATA["), in->rest) || slice_starts(SLICE("<!--"), in->rest))
        return stop(in, XML_CUT);
    (void)cursor_skip(&in->rest, '<');
    return cursor_at(&in->rest, '!') ? stop(in, XML_BROKEN) : open_tag(in);
}

enum xml_token
xml_next(struct xml *in)
{
    in->value = (struct slice){NULL, 0};
    if (in->stopped)
        return in->stopped_as;
    if (in->closed)
        in->depth--;
    in->closed = false;
    if (!in->in_tag)
        return next_outside_tag(in);
    skip_blanks(&in->rest);
    in->in_tag = !cursor_skip(&in->rest, '>');
    return in->in_tag ? next_in_tag(in) : next_outside_tag(in);
}
