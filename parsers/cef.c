/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/cef.h"

#include "parsers/device.h"

/*
 *     cef       = "CEF:" *SP 1*DIGIT *any "|" vendor "|" product "|" version "|" class "|" name "|" severity
 *                 [ "|" [ extension ] ]
 *     extension = *blank pair *( 1*blank pair ) *blank
 *     pair      = key "=" value
 *     key       = ( ALPHA / DIGIT / "_" ) *( ALPHA / DIGIT / "_" / "." / "[" / "]" )
 *     value     = *( "\=" / "\\" / "\n" / "\r" / any, up to 1*blank key "=" )
 */

static const struct slice header_names[] = {
    {"deviceVendor", 12},
    {"deviceProduct", 13},
    {"deviceVersion", 13},
    {"deviceEventClassId", 18},
    {"name", 4},
    {"agentSeverity", 13},
};

static inline bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline bool
is_key_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '[' || c == ']';
}

/* Takes a key and what assigns off @in. Return: whether they were there. */
static bool
take_key(struct slice *in, struct slice *key)
{
    size_t n = 0;

    while (n < in->n && is_key_byte(in->p[n]))
        n++;
    if (n == 0 || n == in->n || in->p[n] != '=' || in->p[0] == '.' || in->p[0] == '[' || in->p[0] == ']')
        return false;
    *key = slice_head(*in, n);
    *in = slice_from(*in, n + 1);
    return true;
}

/*
 * Takes everything up to the next key off @in, and that key; at the end the key is {NULL, 0}. Each byte is looked at
 * twice at most: as part of a value, and as part of what may be a key.
 */
static struct slice
take_value(struct slice *in, struct slice *key)
{
    struct slice value = *in;
    size_t i = 0;

    *key = (struct slice){NULL, 0};
    while (i < value.n) {
        struct slice rest = slice_from(value, i);

        if (i > 0 && is_blank(value.p[i - 1]) && take_key(&rest, key)) {
            *in = rest;
            return slice_trim(slice_head(value, i));
        }
        i++;
        while (i < value.n && !is_blank(value.p[i - 1]))
            i++;
    }
    *in = slice_from(value, value.n);
    return slice_trim(value);
}

/* @raw without its escapes; {NULL, 0} where the arena is full. */
static struct slice
unescape(struct slice raw, struct arena *arena)
{
    char *out = arena_text(arena, raw.n);
    size_t n = 0;
    size_t i;

    if (out == NULL)
        return (struct slice){NULL, 0};
    for (i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        char next = c == '\\' && i + 1 < raw.n ? raw.p[i + 1] : '\0';

        if (next == '=' || next == '\\')
            c = next;
        else if (next == 'n' || next == 'r')
            c = next == 'n' ? '\n' : '\r';
        else
            next = '\0';
        i += next != '\0';
        out[n++] = c;
    }
    return slice_of(out, n);
}

static void
take_extension(struct slice in, struct fields *out)
{
    struct slice key;
    struct slice next;

    if (!take_key(&in, &key))
        (void)take_value(&in, &key);
    for (; key.p != NULL; key = next) {
        struct slice value = take_value(&in, &next);

        device_add(out, key, slice_find(value, '\\') < value.n ? unescape(value, out->arena) : value);
    }
}

/* The fields from @first on whose label is among them, once more under that label. */
static void
add_labelled(struct fields *out, size_t first)
{
    static const struct slice suffix = {"Label", 5};
    size_t end = out->n;
    size_t i;

    for (i = first; i < end; i++) {
        struct slice name = out->items[i].name;
        struct slice label = out->items[i].value;
        const struct field *f;

        if (label.n == 0 || name.n <= suffix.n || !slice_ends(name, suffix))
            continue;
        f = fields_find(out->items + first, end - first, slice_head(name, name.n - suffix.n));
        if (f != NULL)
            fields_add(out, label, f->value, f->type);
    }
}

/* Nothing is added before the header is known to be whole. The last pipe is missing where there is no extension. */
static bool
take_header(struct slice *in, struct slice raw[static ARRAY_LEN(header_names)])
{
    struct slice version;
    size_t i;

    if (!cursor_skip_text(in, SLICE("CEF:")))
        return false;
    (void)cursor_skip_all(in, ' ');
    if (!device_take(in, &version) || version.n == 0 || (unsigned)(version.p[0] - '0') > 9)
        return false;
    for (i = 0; i + 1 < ARRAY_LEN(header_names); i++)
        if (!device_take(in, &raw[i]))
            return false;
    (void)device_take(in, &raw[i]);
    return true;
}

int
cef_parse(struct slice text, struct fields *out)
{
    struct slice raw[ARRAY_LEN(header_names)];
    size_t first;
    size_t i;

    if (!take_header(&text, raw))
        return CEF_E_SYNTAX;
    for (i = 0; i < ARRAY_LEN(header_names); i++)
        device_add_header(out, header_names[i], raw[i]);
    first = out->n;
    take_extension(text, out);
    add_labelled(out, first);
    return 0;
}
