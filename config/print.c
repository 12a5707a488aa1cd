/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "config/load.h"
#include "config/schema.h"
#include "config/value.h"

static void
print_row(const struct setting *row, const void *base, struct buffer *out)
{
    value_print(row, base, out);
    buffer_add_char(out, '\n');
}

/* "group.name" goes into a mapping called group, which begins with the first of its rows that is printed. */
static void
print_name(const struct setting *row, const struct setting *before, const char *lead, struct buffer *out)
{
    struct slice name = slice_str(row->name);
    size_t dot = slice_find(name, '.');

    if (dot < name.n) {
        if (before == NULL || !slice_starts(slice_str(before->name), slice_head(name, dot + 1)))
            buffer_printf(out, "%s" SLICE_FMT ":\n", lead, SLICE_ARG(slice_head(name, dot)));
        name = slice_from(name, dot + 1);
        buffer_printf(out, "%*s", (int)strlen(lead) + 2, "");
    } else {
        buffer_add(out, slice_str(lead));
    }
    buffer_printf(out, SLICE_FMT ": ", SLICE_ARG(name));
}

static void
print_mapping(const struct setting_section *section, const void *base, struct buffer *out)
{
    const struct setting *before = NULL;
    size_t i;

    buffer_printf(out, "%s:\n", section->name);
    for (i = 0; i < section->n_rows; i++) {
        const struct setting *row = &section->rows[i];

        if (!value_is_set(row, base))
            continue;
        print_name(row, before, "  ", out);
        print_row(row, base, out);
        before = row;
    }
}

/* A group of an item is there if its first setting is. */
static bool
is_there(const struct setting_section *section, size_t i, const void *item)
{
    struct slice name = slice_str(section->rows[i].name);
    struct slice group = slice_head(name, slice_find(name, '.') + 1);

    if (!value_is_set(&section->rows[i], item))
        return false;
    while (slice_ends(group, SLICE(".")) && i > 0 && slice_starts(slice_str(section->rows[i - 1].name), group))
        i--;
    return value_is_set(&section->rows[i], item);
}

static void
print_item(const struct setting_section *section, const void *item, struct buffer *out)
{
    unsigned kind = setting_kind(section, item);
    const struct setting *before = NULL;
    size_t i;

    for (i = 0; i < section->n_rows; i++) {
        const struct setting *row = &section->rows[i];

        if (!is_there(section, i, item) || (row->only_for != 0 && (row->only_for & kind) == 0))
            continue;
        print_name(row, before, before == NULL ? "  - " : "    ", out);
        print_row(row, item, out);
        before = row;
    }
}

static void
print_items(const struct setting_section *section, const struct settings *s, struct buffer *out)
{
    const char *items = *(const char *const *)((const char *)s + section->items_at);
    size_t n = *(const size_t *)((const char *)s + section->n_at);
    size_t i;

    buffer_printf(out, "%s:%s\n", section->name, n == 0 ? " []" : "");
    for (i = 0; i < n; i++)
        print_item(section, items + i * section->item_size, out);
}

void
settings_print(const struct settings *s, FILE *stream)
{
    CLEANUP_BUFFER struct buffer out = {0};
    size_t i;

    for (i = 0; i < setting_sections_n; i++) {
        const struct setting_section *section = &setting_sections[i];

        if (section->item_size > 0)
            print_items(section, s, &out);
        else
            print_mapping(section, s, &out);
    }
    (void)fwrite(out.p, 1, out.n, stream);
}

static void
refer_types(const struct setting *row, const struct setting_section *section, struct buffer *out)
{
    const struct setting_word *word = NULL;
    const char *lead = " Only for ";
    size_t i;

    for (i = 0; i < section->n_rows; i++)
        if (strcmp(section->rows[i].name, "type") == 0)
            word = section->rows[i].words;
    if (row->only_for == 0 || word == NULL)
        return;
    for (; word->text != NULL; word++) {
        if ((row->only_for & 1u << word->value) == 0)
            continue;
        buffer_printf(out, "%s%s", lead, word->text);
        lead = ", ";
    }
    buffer_add_char(out, '.');
}

static void
refer_row(const struct setting *row, const struct setting_section *section, struct buffer *out)
{
    buffer_printf(out, "| `%s` | ", row->name);
    value_expect(row, out);
    if (row->fallback_tls != NULL)
        buffer_printf(out, " | `%s`, with TLS `%s` | ", row->fallback, row->fallback_tls);
    else if (row->fallback != NULL)
        buffer_printf(out, " | `%s` | ", row->fallback);
    else
        buffer_printf(out, " | %s | ", row->needed_by != 0 ? "*needed*" : "");
    buffer_printf(out, "%s", row->help);
    refer_types(row, section, out);
    buffer_printf(out, " |\n");
}

void
settings_reference(FILE *stream)
{
    CLEANUP_BUFFER struct buffer out = {0};
    size_t i;
    size_t k;

    buffer_printf(&out,
        "# Configuration\n\n"
        "Every setting of `ismsd.yaml`, generated from the table the loader reads. A file that names a setting twice, "
        "or one that is\nnot here, is refused, with file, line and column. Relative paths count from the file's own "
        "folder. Secrets never stand in the\nfile, only the names of files that hold them. `ismsd --check` says what "
        "is wrong, `ismsd --print-config` what holds.\n");
    for (i = 0; i < setting_sections_n; i++) {
        const struct setting_section *section = &setting_sections[i];

        buffer_printf(&out, "\n## %s\n\n%s\n\n| Setting | Value | Default | Meaning |\n|---|---|---|---|\n",
            section->name, section->help);
        for (k = 0; k < section->n_rows; k++)
            refer_row(&section->rows[k], section, &out);
    }
    (void)fwrite(out.p, 1, out.n, stream);
}
