/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/utf8.h"
#include "ctl/ctl_proto.h"
#include "parsers/json.h"

enum { CELL_WIDTH_MAX = 64, FIELDS_MAX = 256, ARENA_BYTES_MAX = 256 * 1024 * 1024 };

static const struct slice section_key = {"section", 7};

struct row {
    struct fields fields;
    struct row *next;
};

struct rows {
    struct arena arena;
    struct row *first;
    struct row **last;
    const struct field *error; /* of the last line */
    bool ended;
};

static int
read_row(struct rows *rows, struct slice line)
{
    struct row *row = arena_zalloc(&rows->arena, sizeof(*row));
    const struct field *ok;

    if (row == NULL)
        return error_origin(-ENOMEM);
    fields_init(&row->fields, &rows->arena, FIELDS_MAX);
    if (json_flatten(line, &row->fields, NULL) != 0)
        return TABLE_E_BROKEN;
    rows->error = fields_find(row->fields.items, row->fields.n, slice_str(CTL_KEY_ERROR));
    ok = fields_find(row->fields.items, row->fields.n, slice_str(CTL_KEY_OK));
    rows->ended = row->fields.n == 1 && (ok != NULL || rows->error != NULL);
    if (!rows->ended) {
        *rows->last = row;
        rows->last = &row->next;
    }
    return 0;
}

static int
read_rows(struct rows *rows, struct slice answer)
{
    int r = 0;

    rows->last = &rows->first;
    while (r == 0 && answer.n > 0 && !rows->ended) {
        struct slice line = cursor_until(&answer, '\n');

        (void)cursor_skip(&answer, '\n');
        r = read_row(rows, line);
    }
    if (r != 0)
        return r;
    return rows->ended ? 0 : TABLE_E_BROKEN;
}

static int
refuse(const struct rows *rows)
{
    CLEANUP_BUFFER struct buffer text = {0};

    buffer_add_escaped(&text, rows->error->value);
    (void)fprintf(stderr, "ismsctl: " SLICE_FMT "\n", SLICE_ARG(buffer_slice(&text)));
    return TABLE_E_REFUSED;
}

static unsigned
characters(struct slice s)
{
    unsigned n = 0;

    while (s.n > 0) {
        uint32_t c;
        size_t k = utf8_decode(s, &c);

        s = slice_from(s, k == 0 ? 1 : k);
        n++;
    }
    return n;
}

static struct slice
first_characters(struct slice s, unsigned n)
{
    struct slice rest = s;

    for (; n > 0 && rest.n > 0; n--) {
        uint32_t c;
        size_t k = utf8_decode(rest, &c);

        rest = slice_from(rest, k == 0 ? 1 : k);
    }
    return slice_head(s, s.n - rest.n);
}

/* A time to the second: the fraction is for programs. What is no time stays as it is. */
static struct slice
without_fraction(struct slice s)
{
    static const char shape[] = "0000-00-00T00:00:00.";
    size_t i;

    if (s.n <= sizeof(shape) || s.p[s.n - 1] != 'Z')
        return s;
    for (i = 0; i < sizeof(shape) - 1; i++)
        if (shape[i] == '0' ? (unsigned)(s.p[i] - '0') > 9 : s.p[i] != shape[i])
            return s;
    return slice_head(s, sizeof(shape) - 2);
}

static void
add_value(const struct field *f, struct buffer *out)
{
    struct slice time = without_fraction(f->value);
    double number;

    if (f->type == VALUE_NUMBER && slice_find(f->value, '.') < f->value.n) {
        CLEANUP_FREE char *text = slice_dup(f->value);

        number = text == NULL ? 0 : strtod(text, NULL);
        buffer_printf(out, fabs(number) < 1000 ? "%.3g" : "%.0f", number);
        return;
    }
    buffer_add_escaped(out, time);
    if (time.n < f->value.n)
        buffer_add_char(out, 'Z');
}

/* The value of @row under @name as text for people: escaped, all values of an array, cut to @width where it is not 0.
 */
static void
cell_text(const struct row *row, struct slice name, unsigned width, struct buffer *out)
{
    size_t i;

    buffer_reset(out);
    for (i = 0; i < row->fields.n; i++) {
        const struct field *f = &row->fields.items[i];

        if (!slice_eq(f->name, name))
            continue;
        if (out->n > 0)
            buffer_add(out, SLICE(", "));
        add_value(f, out);
    }
    if (width > 0 && characters(buffer_slice(out)) > width) {
        out->n = first_characters(buffer_slice(out), width - 1).n;
        buffer_add(out, SLICE("…"));
    }
}

static void
pad(FILE *out, struct slice text, unsigned width)
{
    unsigned n = characters(text);

    (void)fprintf(out, SLICE_FMT "%*s", SLICE_ARG(text), n < width ? (int)(width - n) : 0, "");
}

struct column {
    struct slice name;
    unsigned width;
};

static bool
in_section(const struct row *row, const struct slice *section)
{
    const struct field *f = fields_find(row->fields.items, row->fields.n, section_key);

    return section == NULL ? f == NULL : f != NULL && slice_eq(f->value, *section);
}

static void
print_lines(const struct rows *rows, const struct slice *section, const struct column *columns, size_t n, FILE *out)
{
    CLEANUP_BUFFER struct buffer text = {0};
    const struct row *row;
    size_t i;

    for (i = 0; i < n; i++) {
        buffer_reset(&text);
        buffer_add_escaped(&text, columns[i].name);
        pad(out, buffer_slice(&text), i + 1 < n ? columns[i].width + 2 : 0);
    }
    (void)fputc('\n', out);
    for (row = rows->first; row != NULL; row = row->next) {
        if (!in_section(row, section))
            continue;
        for (i = 0; i < n; i++) {
            cell_text(row, columns[i].name, i + 1 < n ? CELL_WIDTH_MAX : 0, &text);
            pad(out, buffer_slice(&text), i + 1 < n ? columns[i].width + 2 : 0);
        }
        (void)fputc('\n', out);
    }
}

static void
print_columns(const struct rows *rows, const struct slice *section, struct column *columns, size_t n, FILE *out)
{
    CLEANUP_BUFFER struct buffer text = {0};
    const struct row *row;
    size_t i;

    for (i = 0; i < n; i++)
        columns[i].width = characters(columns[i].name);
    for (row = rows->first; row != NULL; row = row->next) {
        if (!in_section(row, section))
            continue;
        for (i = 0; i < n; i++) {
            unsigned width;

            cell_text(row, columns[i].name, CELL_WIDTH_MAX, &text);
            width = characters(buffer_slice(&text));
            if (width > columns[i].width)
                columns[i].width = width;
        }
    }
    print_lines(rows, section, columns, n, out);
}

static void
print_table(const struct verb *verb, const struct rows *rows, FILE *out)
{
    struct column columns[VERB_COLUMNS_MAX];
    size_t n = 0;

    while (n < VERB_COLUMNS_MAX && verb->columns[n] != NULL) {
        columns[n] = (struct column){slice_str(verb->columns[n]), 0};
        n++;
    }
    print_columns(rows, NULL, columns, n, out);
}

/* The columns of a section are the keys of its first row. */
static void
print_section(const struct rows *rows, const struct row *first, struct slice section, FILE *out)
{
    CLEANUP_BUFFER struct buffer title = {0};
    struct column columns[VERB_COLUMNS_MAX];
    size_t n = 0;
    size_t i;

    for (i = 0; i < first->fields.n && n < VERB_COLUMNS_MAX; i++)
        if (!slice_eq(first->fields.items[i].name, section_key))
            columns[n++] = (struct column){first->fields.items[i].name, 0};
    buffer_add_escaped(&title, section);
    (void)fprintf(out, "\n" SLICE_FMT "\n", SLICE_ARG(buffer_slice(&title)));
    print_columns(rows, &section, columns, n, out);
}

static void
print_pairs(const struct row *row, FILE *out)
{
    CLEANUP_BUFFER struct buffer label = {0};
    CLEANUP_BUFFER struct buffer text = {0};
    struct slice before = {NULL, 0};
    unsigned width = 0;
    size_t i;

    for (i = 0; i < row->fields.n; i++) {
        buffer_reset(&label);
        buffer_add_escaped(&label, row->fields.items[i].name);
        if (characters(buffer_slice(&label)) > width)
            width = characters(buffer_slice(&label));
    }
    for (i = 0; i < row->fields.n; i++) {
        struct slice name = row->fields.items[i].name;

        if (slice_eq(name, before))
            continue;
        before = name;
        cell_text(row, name, 0, &text);
        buffer_reset(&label);
        buffer_add_escaped(&label, name);
        pad(out, buffer_slice(&label), width + 2);
        (void)fprintf(out, SLICE_FMT "\n", SLICE_ARG(buffer_slice(&text)));
    }
}

/* Rows of a section stand together. */
static void
print_sections(const struct rows *rows, FILE *out)
{
    struct slice before = {NULL, 0};
    const struct row *row;

    for (row = rows->first; row != NULL; row = row->next) {
        const struct field *section = fields_find(row->fields.items, row->fields.n, section_key);

        if (section != NULL && !slice_eq(section->value, before))
            print_section(rows, row, before = section->value, out);
    }
}

static void
print_sheet(const struct rows *rows, FILE *out)
{
    const struct row *row;

    for (row = rows->first; row != NULL; row = row->next)
        if (in_section(row, NULL))
            print_pairs(row, out);
}

static void
print_file(const struct rows *rows, FILE *out)
{
    CLEANUP_BUFFER struct buffer text = {0};
    const struct row *row;

    for (row = rows->first; row != NULL; row = row->next) {
        cell_text(row, SLICE("line"), 0, &text);
        (void)fprintf(out, SLICE_FMT "\n", SLICE_ARG(buffer_slice(&text)));
    }
}

static void
print_rows(const struct verb *verb, const struct rows *rows, FILE *out)
{
    switch (verb->shape) {
    case VERB_ROWS:
        print_table(verb, rows, out);
        print_sections(rows, out);
        break;
    case VERB_SHEET:
        print_sheet(rows, out);
        print_sections(rows, out);
        break;
    case VERB_LINES:
        print_file(rows, out);
        break;
    }
}

int
table_print(const struct verb *verb, struct slice answer, FILE *out)
{
    struct rows rows = {0};
    int r;

    r = arena_init(&rows.arena, 0, ARENA_BYTES_MAX);
    if (r < 0)
        return error_trace(r);
    r = read_rows(&rows, answer);
    if (r == 0 && rows.error != NULL)
        r = refuse(&rows);
    else if (r == 0)
        print_rows(verb, &rows, out);
    arena_fini(&rows.arena);
    return r;
}

int
table_pass(struct slice answer, FILE *out)
{
    struct rows rows = {0};
    size_t end;
    int r;

    r = arena_init(&rows.arena, 0, ARENA_BYTES_MAX);
    if (r < 0)
        return error_trace(r);
    r = read_rows(&rows, answer);
    if (r == 0) {
        struct slice body = slice_head(answer, answer.n - 1);

        end = slice_find_last(body, '\n');
        end = end == body.n ? 0 : end + 1;
        (void)fwrite(answer.p, 1, end, out);
        if (rows.error != NULL)
            r = refuse(&rows);
    }
    arena_fini(&rows.arena);
    return r;
}
