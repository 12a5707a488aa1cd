/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/buffer.h"

enum { DIAG_ITEMS_MAX = 10000 };

void
diag_fini(struct diag *d)
{
    size_t i;

    for (i = 0; i < d->n; i++) {
        free(d->items[i].file);
        free(d->items[i].text);
    }
    free(d->items);
    *d = (struct diag){0};
}

static struct diag_item *
add_item(struct diag *d)
{
    struct diag_item *items = d->items;

    if (d->n >= DIAG_ITEMS_MAX)
        return NULL;
    if ((d->n & (d->n - 1)) == 0) {
        items = realloc(items, (d->n == 0 ? 1 : d->n * 2) * sizeof(*items));
        if (items == NULL)
            return NULL;
        d->items = items;
    }
    return &items[d->n];
}

static void note(struct diag *d, enum diag_level level, struct diag_place at, const char *fmt, va_list args)
    PRINTF_LIKE(4, 0);

static void
note(struct diag *d, enum diag_level level, struct diag_place at, const char *fmt, va_list args)
{
    struct diag_item *item = add_item(d);
    char *text = NULL;

    *(level == DIAG_ERROR ? &d->n_errors : &d->n_warnings) += 1;
    if (item == NULL || vasprintf(&text, fmt, args) < 0) {
        d->n_unkept++;
        return;
    }
    *item = (struct diag_item){level, at.file == NULL ? NULL : strdup(at.file), at.line, at.column, text};
    d->n++;
}

void
diag_error(struct diag *d, struct diag_place at, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    note(d, DIAG_ERROR, at, fmt, args);
    va_end(args);
}

void
diag_warning(struct diag *d, struct diag_place at, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    note(d, DIAG_WARNING, at, fmt, args);
    va_end(args);
}

void
diag_print(const struct diag *d, FILE *stream)
{
    CLEANUP_BUFFER struct buffer line = {0};
    size_t i;

    for (i = 0; i < d->n; i++) {
        const struct diag_item *item = &d->items[i];

        buffer_reset(&line);
        if (item->file != NULL) {
            buffer_add_escaped(&line, slice_str(item->file));
            buffer_printf(&line, ":%u:%u: ", item->line > 0 ? item->line : 1, item->column > 0 ? item->column : 1);
        }
        buffer_add(&line, item->level == DIAG_ERROR ? SLICE("error: ") : SLICE("warning: "));
        buffer_add_escaped(&line, slice_str(item->text));
        (void)fprintf(stream, SLICE_FMT "\n", SLICE_ARG(buffer_slice(&line)));
    }
    if (d->n_unkept > 0)
        (void)fprintf(stream, "and %zu more\n", d->n_unkept);
}
