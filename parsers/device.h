/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Device: what CEF and LEEF have in common, a header of fields between pipes. Only their parsers include this.
 *
 *     header = *( text "|" )
 *     text   = *( "\|" / "\\" / any but "|" )
 *
 * Both name the device by the same fields, so that a log source is chosen by vendor and product whatever the format.
 */

#include "base/cursor.h"
#include "parsers/field.h"

/** device_unescape() - @raw, where a backslash before one of @signs is taken away. Return: {NULL, 0}: arena full. */
static inline struct slice
device_unescape(struct slice raw, struct slice signs, struct arena *arena)
{
    char *out = arena_text(arena, raw.n);
    size_t n = 0;
    size_t i;

    if (out == NULL)
        return (struct slice){NULL, 0};
    for (i = 0; i < raw.n; i++) {
        if (raw.p[i] == '\\' && i + 1 < raw.n && slice_find(signs, raw.p[i + 1]) < signs.n)
            i++;
        out[n++] = raw.p[i];
    }
    return slice_of(out, n);
}

/** device_add() - the field @name, counted as dropped where its value found no room. */
static inline void
device_add(struct fields *out, struct slice name, struct slice value)
{
    if (value.p == NULL)
        out->n_dropped++;
    else
        fields_add(out, name, value, VALUE_TEXT);
}

/** device_take() - take a header's text off @in, and the pipe behind it. Return: whether there was a pipe. */
static inline bool
device_take(struct slice *in, struct slice *raw)
{
    size_t i;

    for (i = 0; i < in->n && in->p[i] != '|'; i++)
        if (in->p[i] == '\\' && i + 1 < in->n)
            i++;
    *raw = slice_head(*in, i);
    *in = slice_from(*in, raw->n);
    return cursor_skip(in, '|');
}

/** device_add_header() - add the header's text @raw under @name. */
static inline void
device_add_header(struct fields *out, struct slice name, struct slice raw)
{
    bool escaped = slice_find(raw, '\\') < raw.n;

    device_add(out, name, escaped ? device_unescape(raw, SLICE("\\|"), out->arena) : raw);
}
