/* SPDX-License-Identifier: Apache-2.0 */
#include "config/load.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/nearest.h"
#include "config/check.h"
#include "config/schema.h"
#include "config/shipped.h"
#include "config/value.h"
#include "config/window.h"

enum { FILE_BYTES_MAX = 4 << 20, TREE_BYTES_MAX = 256 << 20, SETTINGS_BYTES_MAX = 64 << 20, NAME_MAX_BYTES = 64 };

/* The settings are handed out by their first member and carry their memory with them. */
struct loaded {
    struct settings settings;
    struct arena arena;
};

struct reading {
    struct settings *settings;
    struct arena *arena; /* of the settings */
    struct arena *tree;  /* of what is read */
    struct diag *diag;
    const char *folder;  /* where relative paths of the file begin */
    const char *shipped; /* where those of defaults begin */
    const struct settings_unread *unread;
    bool blank; /* there is a file, and nothing in it that could be read */
};

void
settings_free(struct settings *s)
{
    struct loaded *l = (struct loaded *)s;

    if (l == NULL)
        return;
    arena_fini(&l->arena);
    free(l);
}

/* A default is written as it would be in a file, and read as if it stood there. */
static int
read_fallback(struct reading *rd, const struct setting *row, const char *fallback, void *base)
{
    CLEANUP_DIAG struct diag problems = {0};
    struct yaml_documents docs;
    int r;

    if (fallback == NULL)
        return 0;
    r = yaml_parse(&docs, slice_str(fallback), NULL, rd->tree, &problems);
    if (r < 0)
        return error_trace(r);
    ASSERT(docs.n == 1);
    if (!value_read(row, docs.items[0], base, rd->shipped, rd->arena) && !rd->arena->overflowed)
        ASSERT(!"a default in the schema that its own row does not take");
    return 0;
}

/* @item: what was written of it; NULL: of no list. */
static int
read_fallbacks(struct reading *rd, const struct setting_section *section, const struct yaml_node *item, void *base)
{
    bool tls = item != NULL && item->kind == YAML_MAPPING && yaml_get(item, "tls") != NULL;
    size_t i;

    for (i = 0; i < section->n_rows; i++) {
        const struct setting *row = &section->rows[i];
        int r = read_fallback(rd, row, tls && row->fallback_tls != NULL ? row->fallback_tls : row->fallback, base);

        if (r < 0)
            return error_trace(r);
    }
    return 0;
}

static void
refuse_unknown(struct reading *rd, const struct yaml_node *entry, const char *where, const struct nearest *near)
{
    char hint[NEAREST_HINT_MAX];

    diag_error(rd->diag, entry->key_at, "%s: there is no '" SLICE_FMT "'%s", where, SLICE_ARG(entry->key),
        nearest_hint(near, hint));
}

/* The rows of @section whose names begin with @group, which is "" or ends in a dot, by the part behind it. */
static struct slice
part_of(const struct setting *row, struct slice group)
{
    struct slice name = slice_str(row->name);

    if (!slice_starts(name, group))
        return (struct slice){NULL, 0};
    name = slice_from(name, group.n);
    return slice_head(name, slice_find(name, '.'));
}

static void
unknown_setting(
    struct reading *rd, const struct setting_section *section, const struct yaml_node *entry, struct slice group)
{
    struct nearest near = {.wrong = entry->key};
    size_t i;

    for (i = 0; i < section->n_rows; i++) {
        struct slice part = part_of(&section->rows[i], group);

        if (part.p != NULL)
            nearest_consider(&near, part);
    }
    refuse_unknown(rd, entry, section->name, &near);
}

static const char *
kind_name(const struct yaml_node *node)
{
    if (yaml_is_null(node))
        return "nothing";
    return node->kind == YAML_SEQUENCE ? "a list" : "a mapping";
}

/* The value stays at its default, and nothing is asked of what it was to say. */
static void
note_unread(struct reading *rd, const struct yaml_node *node)
{
    struct settings_unread *unread = arena_alloc(rd->tree, sizeof(*unread));

    if (unread == NULL)
        return;
    *unread = (struct settings_unread){node, rd->unread};
    rd->unread = unread;
}

static void
refuse_value(
    struct reading *rd, const struct setting_section *section, const struct setting *row, const struct yaml_node *node)
{
    CLEANUP_BUFFER struct buffer expected = {0};

    note_unread(rd, node);
    value_expect(row, &expected);
    if (node->kind == YAML_SCALAR && !yaml_is_null(node))
        diag_error(rd->diag, node->at, "%s: '%s' must be " SLICE_FMT ", not '" SLICE_FMT "'", section->name, row->name,
            SLICE_ARG(buffer_slice(&expected)), SLICE_ARG(slice_head(node->text, NAME_MAX_BYTES)));
    else
        diag_error(rd->diag, node->at, "%s: '%s' must be " SLICE_FMT ", not %s", section->name, row->name,
            SLICE_ARG(buffer_slice(&expected)), kind_name(node));
}

static void
refuse_shape(struct reading *rd, const struct yaml_node *node, const char *name, const char *shape)
{
    diag_error(rd->diag, node->at, "'%s' must be %s", name, shape);
}

/* The row called @group @key, or NULL; *@is_group is set where rows begin with that and a dot. */
static const struct setting *
find_row(const struct setting_section *section, struct slice group, struct slice key, bool *is_group)
{
    size_t i;

    *is_group = false;
    for (i = 0; i < section->n_rows; i++) {
        const struct setting *row = &section->rows[i];

        if (!slice_eq(part_of(row, group), key) || part_of(row, group).p == NULL)
            continue;
        if (strlen(row->name) == group.n + key.n)
            return row;
        *is_group = true;
    }
    return NULL;
}

static void
read_mapping(struct reading *rd, const struct setting_section *section, struct slice group,
    const struct yaml_node *node, void *base)
{
    const struct yaml_node *entry;

    for (entry = node->children; entry != NULL; entry = entry->next) {
        bool is_group;
        const struct setting *row = find_row(section, group, entry->key, &is_group);

        if (row != NULL) {
            if (!value_read(row, entry, base, rd->folder, rd->arena))
                refuse_value(rd, section, row, entry);
        } else if (!is_group) {
            unknown_setting(rd, section, entry, group);
        } else if (entry->kind != YAML_MAPPING) {
            diag_error(
                rd->diag, entry->at, "%s: '" SLICE_FMT "' must be a mapping", section->name, SLICE_ARG(entry->key));
        } else {
            char inner[2 * NAME_MAX_BYTES];
            int n = snprintf(inner, sizeof(inner), SLICE_FMT SLICE_FMT ".", SLICE_ARG(group), SLICE_ARG(entry->key));

            ASSERT(n > 0 && (size_t)n < sizeof(inner)); /* it begins a row's name */
            read_mapping(rd, section, slice_of(inner, (size_t)n), entry, base);
        }
    }
}

/* What stands in @node under @name, whose dot goes into a mapping. */
static const struct yaml_node *
find_value(const struct yaml_node *node, const char *name)
{
    char group[NAME_MAX_BYTES];
    const char *dot = strchr(name, '.');

    if (dot == NULL)
        return yaml_get(node, name);
    (void)snprintf(group, sizeof(group), "%.*s", (int)(dot - name), name);
    return yaml_get(yaml_get(node, group), dot + 1);
}

/* What @item is, as a bit; 0 where its type is missing or wrong, which has been said. */
static unsigned
kind_of(struct reading *rd, const struct setting_section *section, const struct yaml_node *node, void *item)
{
    bool is_group;
    const struct setting *row = find_row(section, SLICE(""), SLICE("type"), &is_group);
    const struct yaml_node *type = yaml_get(node, "type");

    if (row != NULL && (type == NULL || !value_read(row, type, item, rd->folder, rd->arena)))
        return 0;
    return setting_kind(section, item);
}

/* Whether the settings that are there and those that are not go with what the item is. */
static void
check_kind(struct reading *rd, const struct setting_section *section, const struct yaml_node *node, void *item)
{
    unsigned kind = kind_of(rd, section, node, item);
    size_t i;

    for (i = 0; i < section->n_rows; i++) {
        const struct setting *row = &section->rows[i];
        const struct yaml_node *value = find_value(node, row->name);
        bool needed = kind == 0 ? row->needed_by == SETTING_ALWAYS : (row->needed_by & kind) != 0;

        if (value == NULL && needed)
            diag_error(rd->diag, node->at, "%s: '%s' is missing here", section->name, row->name);
        if (value != NULL && kind != 0 && row->only_for != 0 && (row->only_for & kind) == 0)
            diag_error(rd->diag, value->key_at, "%s: '%s' has no meaning for the type '" SLICE_FMT "'", section->name,
                row->name, SLICE_ARG(yaml_get(node, "type")->text));
    }
}

static int
read_item(struct reading *rd, const struct setting_section *section, const struct yaml_node *node, void *item)
{
    int r = read_fallbacks(rd, section, node, item);

    if (r < 0)
        return error_trace(r);
    if (node->kind != YAML_MAPPING) {
        diag_error(rd->diag, node->at, "%s: each item must be a mapping with a name", section->name);
    } else {
        read_mapping(rd, section, SLICE(""), node, item);
        check_kind(rd, section, node, item);
    }
    return 0;
}

static int
read_items(struct reading *rd, const struct setting_section *section, const struct yaml_node *list)
{
    const struct yaml_node *node;
    char *items;
    size_t n = 0;

    if (list->kind != YAML_SEQUENCE || list->n_children > SETTING_ITEMS_MAX) {
        refuse_shape(rd, list, section->name, list->kind != YAML_SEQUENCE ? "a list" : "a shorter list");
        return 0;
    }
    items = arena_zalloc(rd->arena, (list->n_children + 1) * section->item_size);
    if (items == NULL)
        return error_origin(-ENOMEM);
    for (node = list->children; node != NULL; node = node->next) {
        int r = read_item(rd, section, node, items + n++ * section->item_size);

        if (r < 0)
            return error_trace(r);
    }
    *(void **)((char *)rd->settings + section->items_at) = items;
    *(size_t *)((char *)rd->settings + section->n_at) = n;
    return 0;
}

static int
read_section(struct reading *rd, const struct setting_section *section, const struct yaml_node *node)
{
    if (yaml_is_null(node))
        return 0;
    if (section->item_size > 0)
        return read_items(rd, section, node);
    if (node->kind == YAML_MAPPING)
        read_mapping(rd, section, SLICE(""), node, rd->settings);
    else
        refuse_shape(rd, node, section->name, "a mapping");
    return 0;
}

static const struct setting_section *
find_section(struct slice name, struct nearest *near)
{
    size_t i;

    for (i = 0; i < setting_sections_n; i++) {
        if (slice_eq(name, slice_str(setting_sections[i].name)))
            return &setting_sections[i];
        nearest_consider(near, slice_str(setting_sections[i].name));
    }
    return NULL;
}

static int
read_root(struct reading *rd, const struct yaml_node *root)
{
    const struct yaml_node *entry;

    if (root->kind != YAML_MAPPING && !yaml_is_null(root))
        refuse_shape(rd, root, "the file", "a mapping of sections");
    for (entry = root->kind == YAML_MAPPING ? root->children : NULL; entry != NULL; entry = entry->next) {
        struct nearest near = {.wrong = entry->key};
        const struct setting_section *section = find_section(entry->key, &near);
        int r = 0;

        if (section == NULL)
            refuse_unknown(rd, entry, "the file", &near);
        else
            r = read_section(rd, section, entry);
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}

/* A source without a limit of its own is silent after five intervals, which bridges a few that are missed. */
static void
settle_source(struct source_settings *s)
{
    enum { INTERVALS = 5, SILENCE_MS_MIN = 15 * 60 * 1000 };

    if (!s->has_silence)
        s->silence_ms = s->interval_ms > SILENCE_MS_MIN / INTERVALS ? s->interval_ms * INTERVALS : SILENCE_MS_MIN;
}

/* A file that is not followed is read from its start, for nothing is added to it. */
static void
settle(struct settings *s)
{
    size_t i;

    for (i = 0; i < s->n_sources; i++)
        settle_source(&s->sources[i]);
    for (i = 0; i < s->n_maintenance; i++)
        window_settle(&s->maintenance[i]);
    for (i = 0; i < s->n_inputs; i++)
        if (s->inputs[i].type == INPUT_FILE && !s->inputs[i].follow)
            s->inputs[i].from_start = true;
}

static int
read_text(struct reading *rd, struct slice text, const char *path)
{
    struct yaml_documents docs;
    size_t n_errors = rd->diag->n_errors;
    int r = yaml_parse(&docs, text, path, rd->tree, rd->diag);

    if (r < 0)
        return error_trace(r);
    if (docs.n > 1)
        diag_error(rd->diag, docs.items[1]->at, "one document is enough");
    rd->blank = docs.n == 0 && rd->diag->n_errors > n_errors;
    if (docs.n == 0)
        return 0;
    r = read_root(rd, docs.items[0]);
    if (r < 0)
        return error_trace(r);
    settings_check(rd->settings, docs.items[0], rd->unread, rd->diag);
    settle(rd->settings);
    return 0;
}

/* What cannot be opened or is too long is the operator's to mend, like any other problem of the file. */
static int
read_file(struct reading *rd, const char *path)
{
    CLEANUP_BUFFER struct buffer text = {0};
    struct diag_place whole = {path, 0, 0};
    char reason[128];
    int r = file_read(path, FILE_BYTES_MAX, &text);

    if (r == -ENOMEM)
        return error_trace(r);
    if (r < 0)
        diag_error(rd->diag, whole, "cannot be read: %s", strerror_r(-r, reason, sizeof(reason)));
    else if (r == FILE_E_TOO_LARGE)
        diag_error(rd->diag, whole, "longer than a configuration may be");
    else
        r = read_text(rd, buffer_slice(&text), path);
    return r == -ENOMEM ? error_trace(r) : 0;
}

/* Sets the file's full name, so that it is found again after a change of folder, and its folder. */
static int
locate(struct reading *rd, const char *path)
{
    char here[PATH_MAX] = "";
    size_t n;
    size_t slash;
    char *full;
    char *folder;

    if (path[0] != '/' && getcwd(here, sizeof(here)) == NULL)
        return error_origin(-errno);
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    n = strlen(here) + 1 + strlen(path) + 1;
    full = arena_text(rd->arena, n);
    folder = arena_text(rd->arena, n);
    if (full == NULL || folder == NULL)
        return error_origin(-ENOMEM);
    (void)snprintf(full, n, "%s%s%s", here, path[0] == '/' ? "" : "/", path);
    slash = slice_find_last(slice_str(full), '/');
    memcpy(folder, full, slash);
    folder[slash] = '\0';
    rd->settings->file = full;
    rd->folder = folder;
    return 0;
}

static int
read_all(struct reading *rd, const char *path)
{
    size_t i;
    int r = path == NULL ? 0 : locate(rd, path);

    for (i = 0; r == 0 && i < setting_sections_n; i++)
        if (setting_sections[i].item_size == 0)
            r = read_fallbacks(rd, &setting_sections[i], NULL, rd->settings);
    if (r == 0 && path != NULL)
        r = read_file(rd, path);
    if (r == 0 && rd->arena->overflowed)
        r = error_origin(-ENOMEM);
    return r;
}

int
settings_read(struct settings **out, const char *path, struct diag *diag)
{
    struct loaded *l = calloc(1, sizeof(*l));
    CLEANUP(settings_free) struct settings *s = l == NULL ? NULL : &l->settings;
    struct arena tree;
    struct reading rd;
    char shipped[PATH_MAX];
    int r;

    *out = NULL;
    if (l == NULL)
        return error_origin(-ENOMEM);
    (void)arena_init(&l->arena, 0, SETTINGS_BYTES_MAX);
    (void)arena_init(&tree, 0, TREE_BYTES_MAX);
    rd = (struct reading){s, &l->arena, &tree, diag, "", shipped_folder(shipped), NULL, path != NULL};
    r = read_all(&rd, path);
    arena_fini(&tree);
    if (r < 0)
        return error_trace(r);
    if (!rd.blank)
        *out = TAKE(s);
    return 0;
}

int
settings_load(struct settings **out, const char *path, struct diag *diag)
{
    size_t n_errors = diag->n_errors;
    int r = settings_read(out, path, diag);

    if (r < 0)
        return error_trace(r);
    if (diag->n_errors > n_errors) {
        settings_free(*out);
        *out = NULL;
    }
    return 0;
}
