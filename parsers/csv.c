/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/csv.h"

#include "base/cursor.h"

/*
 *     record  = column *( separator column )
 *     column  = quoted / *( any but separator )           ; quoted where the separator is a comma
 *     quoted  = <"> *( any but <"> / <"> <"> ) <">
 */

/* @raw with every pair of quotes as one. */
static struct slice
join_quotes(struct slice raw, struct arena *arena)
{
    char *out = arena_text(arena, raw.n);
    size_t n = 0;
    size_t i;

    if (out == NULL)
        return (struct slice){NULL, 0};
    for (i = 0; i < raw.n; i++) {
        out[n++] = raw.p[i];
        i += raw.p[i] == '"';
    }
    return slice_of(out, n);
}

static struct slice
take_quoted(struct slice *in, struct arena *arena)
{
    struct slice raw = slice_from(*in, 1);
    bool doubled = false;
    size_t i;

    for (i = 0; i < raw.n; i++) {
        if (raw.p[i] != '"')
            continue;
        if (i + 1 == raw.n || raw.p[i + 1] != '"')
            break;
        doubled = true;
        i++;
    }
    *in = slice_from(raw, i < raw.n ? i + 1 : i);
    (void)cursor_until(in, ',');
    raw = slice_head(raw, i);
    return doubled ? join_quotes(raw, arena) : raw;
}

static struct slice
take_plain(struct csv *in)
{
    size_t end = in->separator.n == 1 ? slice_find(in->rest, in->separator.p[0])
                                      : slice_search(in->rest, in->separator);
    struct slice column = slice_head(in->rest, end);

    in->rest = slice_from(in->rest, column.n);
    return column;
}

bool
csv_next(struct csv *in, struct slice *column)
{
    if (!in->more)
        return false;
    if (cursor_at(&in->rest, '"') && slice_eq(in->separator, SLICE(",")))
        *column = take_quoted(&in->rest, in->arena);
    else
        *column = take_plain(in);
    in->more = cursor_skip_text(&in->rest, in->separator);
    return true;
}
