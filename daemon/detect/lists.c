/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/lists.h"

#include <errno.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/file.h"

enum { FILE_BYTES_MAX = 16 << 20 };

/* The next value of a file; empty at its end. */
static struct slice
take_value(struct slice *in)
{
    while (in->n > 0) {
        struct slice line = slice_trim(cursor_until(in, '\n'));

        (void)cursor_skip(in, '\n');
        if (line.n > 0 && line.p[0] != '#')
            return line;
    }
    return (struct slice){NULL, 0};
}

static size_t
count_values(struct slice text)
{
    size_t n = 0;

    while (take_value(&text).n > 0)
        n++;
    return n;
}

static int
read_file(const struct rule_list *list, struct buffer *text, struct diag *diag)
{
    int r = list->file == NULL ? 0 : file_read(list->file, FILE_BYTES_MAX, text);

    if (r == 0)
        return 0;
    if (r == -ENOMEM)
        return error_trace(r);
    buffer_reset(text);
    if (r == FILE_E_TOO_LARGE)
        diag_error(diag, (struct diag_place){list->file, 1, 1}, "a list of more than 16 MiB is not read");
    else
        diag_error(
            diag, (struct diag_place){list->file, 0, 0}, "the list '%s' cannot be read: %s", list->name, strerror(-r));
    return 0;
}

static int
read_list(struct arena *arena, const struct rule_list *list, struct sigma_list *out, struct diag *diag)
{
    CLEANUP_BUFFER struct buffer text = {0};
    struct slice rest;
    struct slice *values;
    size_t i;
    int r = read_file(list, &text, diag);

    if (r < 0)
        return error_trace(r);
    rest = buffer_slice(&text);
    values = arena_alloc(arena, (list->n_values + count_values(rest) + 1) * sizeof(*values));
    if (values == NULL)
        return error_origin(-ENOMEM);
    *out = (struct sigma_list){.name = arena_copy(arena, slice_str(list->name)), .values = values};
    for (i = 0; i < list->n_values; i++)
        values[out->n++] = arena_copy(arena, slice_str(list->values[i]));
    while (rest.n > 0) {
        struct slice value = take_value(&rest);

        if (value.n > 0)
            values[out->n++] = arena_copy(arena, value);
    }
    return arena->overflowed ? error_origin(-ENOMEM) : 0;
}

int
lists_read(struct sigma_rules *rules, const struct rule_list *lists, size_t n, struct diag *diag)
{
    struct sigma_list *out = arena_zalloc(rules->arena, (n + 1) * sizeof(*out));
    size_t i;
    int r = out == NULL ? error_origin(-ENOMEM) : 0;

    for (i = 0; i < n && r == 0; i++)
        r = read_list(rules->arena, &lists[i], &out[i], diag);
    rules->lists = out;
    rules->n_lists = n;
    return r < 0 ? error_trace(r) : 0;
}
