/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/leef.h"

#include "parsers/device.h"

/*
 *     leef      = "LEEF:" *SP version "|" vendor "|" product "|" version "|" event-id "|" [ delimiter "|" ] attributes
 *     delimiter = any / [ "0" ] ( "x" / "X" ) 1*4HEXDIG   ; version 2.0 alone
 *     attributes = [ key "=" value *( delimiter key "=" value ) ]
 */

enum { HEX_DIGITS_MAX = 4 };

static const struct slice header_names[] = {
    {"deviceVendor", 12},
    {"deviceProduct", 13},
    {"deviceVersion", 13},
    {"EventID", 7},
};

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that @text declares. Return: '\0' where it declares none that can be. */
static char
read_declaration(struct slice text)
{
    unsigned value = 0;
    size_t i;

    if (text.n == 1)
        return text.p[0];
    (void)cursor_skip(&text, '0');
    if (!cursor_skip(&text, 'x') && !cursor_skip(&text, 'X'))
        return '\0';
    for (i = 0; i < text.n && i < HEX_DIGITS_MAX && hex_digit(text.p[i]) >= 0; i++)
        value = value * 16 + (unsigned)hex_digit(text.p[i]);
    return i == text.n && value <= 0x7f ? (char)value : '\0';
}

/* Takes the declaration and its pipe off @in; what assigns before the pipe is an attribute already. */
static char
take_declaration(struct slice *in)
{
    struct slice rest = *in;
    struct slice text = cursor_until(&rest, '|');

    if (slice_find(text, '=') < text.n || !cursor_skip(&rest, '|'))
        return '\0';
    *in = rest;
    return read_declaration(text);
}

static bool
parts(struct slice in, char delimiter)
{
    size_t at = slice_find(in, delimiter);

    return at < in.n && slice_find(slice_from(in, at), '=') < in.n - at;
}

static char
choose_delimiter(struct slice in, char declared)
{
    static const char others[] = {'\t', '^', '|'};
    size_t i;

    if (declared != '\0' && parts(in, declared))
        return declared;
    for (i = 0; i < ARRAY_LEN(others); i++)
        if (parts(in, others[i]))
            return others[i];
    return '\t';
}

static void
take_attributes(struct slice in, char delimiter, struct fields *out)
{
    while (in.n > 0) {
        struct slice value = cursor_until(&in, delimiter);
        struct slice key = slice_trim(cursor_until(&value, '='));

        if (key.n > 0 && cursor_skip(&value, '='))
            device_add(out, key, value);
        (void)cursor_skip(&in, delimiter);
    }
}

/* Nothing is added before the header is known to be whole. */
static bool
take_header(struct slice *in, struct slice *version, struct slice raw[static ARRAY_LEN(header_names)])
{
    size_t i;

    if (!cursor_skip_text(in, SLICE("LEEF:")))
        return false;
    (void)cursor_skip_all(in, ' ');
    if (!device_take(in, version) || version->n == 0 || (unsigned)(version->p[0] - '0') > 9)
        return false;
    for (i = 0; i < ARRAY_LEN(header_names); i++)
        if (!device_take(in, &raw[i]))
            return false;
    return true;
}

int
leef_parse(struct slice text, struct fields *out)
{
    struct slice raw[ARRAY_LEN(header_names)];
    struct slice version;
    char declared = '\0';
    size_t i;

    if (!take_header(&text, &version, raw))
        return LEEF_E_SYNTAX;
    for (i = 0; i < ARRAY_LEN(header_names); i++)
        device_add_header(out, header_names[i], raw[i]);
    if (version.p[0] >= '2')
        declared = take_declaration(&text);
    take_attributes(text, choose_delimiter(text, declared), out);
    return 0;
}
