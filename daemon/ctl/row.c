/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/row.h"

#include <inttypes.h>
#include <stdio.h>

void
row_begin(struct row_writer *row, struct buffer *out, const char *section)
{
    row->out = out;
    json_begin(&row->json, out);
    json_object(&row->json);
    if (section != NULL)
        json_field_text(&row->json, "section", section);
}

void
row_end(struct row_writer *row)
{
    json_close(&row->json);
    buffer_add_char(row->out, '\n');
}

void
row_time(struct row_writer *row, const char *key, struct walltime t)
{
    char text[WALLTIME_TEXT_MAX];

    json_key(&row->json, key);
    if (t.ns == 0)
        json_null(&row->json);
    else
        json_string(&row->json, slice_str(walltime_print(t, text)));
}

void
row_text(struct row_writer *row, const char *key, struct slice s)
{
    json_key(&row->json, key);
    if (s.n == 0)
        json_null(&row->json);
    else
        json_string(&row->json, s);
}

void
row_int(struct row_writer *row, const char *key, int64_t v)
{
    json_field_int(&row->json, key, v);
}

/* The two largest units that are not zero; a clock that went back is told by one sign. */
void
row_duration(struct row_writer *row, const char *key, int64_t ns)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"d", 86400 * NS_PER_S}, {"h", 3600 * NS_PER_S}, {"m", 60 * NS_PER_S}, {"s", NS_PER_S},
        {"ms", NS_PER_MS}};
    CLEANUP_BUFFER struct buffer text = {0};
    const char *before = ns < 0 ? "-" : "";
    unsigned n = 0;
    size_t i;

    for (i = 0; i < ARRAY_LEN(units) && n < 2; i++) {
        int64_t whole = ns / units[i].ns;

        if (whole == 0)
            continue;
        buffer_printf(&text, "%s%" PRId64 "%s", before, whole < 0 ? -whole : whole, units[i].name);
        before = " ";
        ns %= units[i].ns;
        n++;
    }
    json_field_string(&row->json, key, n == 0 ? SLICE("0s") : buffer_slice(&text));
}
