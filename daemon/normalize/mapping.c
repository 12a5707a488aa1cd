/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/mapping.h"

#include <errno.h>

#include "base/error.h"
#include "base/file.h"
#include "normalize/mapping_parts.h"
#include "parsers/syslog.h"

enum { MAPPING_FILE_MAX = 1024 * 1024, N_FACILITIES = 24 };

struct labels
mapping_labels(struct reader *r, struct slice name)
{
    const struct labels *known = names_get(&r->mapping->names, name);
    struct label *own;

    if (known != NULL)
        return *known;
    own = arena_alloc(r->arena, sizeof(*own));
    if (own == NULL)
        return (struct labels){NULL, 0};
    *own = label_of(name);
    return (struct labels){own, 1};
}

static struct labels
read_labels(struct reader *r, const struct yaml_node *node)
{
    struct slices texts = reader_texts(r, node, "a field's name");
    struct label *items = arena_alloc(r->arena, (texts.n + 1) * sizeof(*items));
    size_t i;

    if (items == NULL)
        return (struct labels){NULL, 0};
    for (i = 0; i < texts.n; i++)
        items[i] = label_of(texts.items[i]);
    return (struct labels){items, texts.n};
}

void
mapping_read_names(struct reader *r, const struct yaml_node *node, void *target,
    void (*put)(struct reader *r, const struct yaml_node *entry, struct labels labels, void *target))
{
    const struct yaml_node *entry;

    if (node->kind != YAML_MAPPING) {
        diag_error(r->diag, node->at, "names must be a mapping from what is in the event to names of fields");
        return;
    }
    for (entry = node->children; entry != NULL; entry = entry->next)
        put(r, entry, read_labels(r, entry), target);
}

static void
put_name(struct reader *r, const struct yaml_node *entry, struct labels labels, void *target)
{
    struct labels *kept = arena_alloc(r->arena, sizeof(*kept));

    if (kept == NULL)
        return;
    *kept = labels;
    if (names_put(target, r->arena, entry->key, kept) != NULL)
        diag_error(
            r->diag, entry->key_at, "\"" SLICE_FMT "\" stands here twice, letters folded", SLICE_ARG(entry->key));
}

static void
read_product(struct reader *r, const struct yaml_node *node, void *target)
{
    ((struct logsource *)target)->product = reader_text(r, node, "product");
}

static void
read_category(struct reader *r, const struct yaml_node *node, void *target)
{
    ((struct logsource *)target)->category = reader_text(r, node, "category");
}

static void
read_service(struct reader *r, const struct yaml_node *node, void *target)
{
    ((struct logsource *)target)->service = reader_text(r, node, "service");
}

static const struct reader_key logsource_keys[] = {
    {"product", read_product},
    {"category", read_category},
    {"service", read_service},
};

static struct logsource
read_logsource(struct reader *r, const struct yaml_node *node)
{
    struct logsource ls = {0};

    if (node->kind == YAML_MAPPING && node->n_children == 0)
        diag_error(r->diag, node->at, "a log source needs a product, category or service");
    reader_mapping(r, node, "a log source", logsource_keys, ARRAY_LEN(logsource_keys), &ls);
    return ls;
}

void
mapping_read_routes(struct reader *r, const struct yaml_node *node, struct routes *out)
{
    const struct yaml_node *child;
    uint16_t *items;

    if (!reader_sequence(r, node, "logsources"))
        return;
    if (node->n_children > MAPPING_LOGSOURCES_MAX)
        diag_error(r->diag, node->at, "at most %d log sources can be named together", MAPPING_LOGSOURCES_MAX);
    items = arena_alloc(r->arena, node->n_children * sizeof(*items));
    if (items == NULL)
        return;
    out->items = items;
    for (child = node->children; child != NULL; child = child->next) {
        struct logsource ls = read_logsource(r, child);
        uint16_t number = router_add(r->router, &ls);

        if (number == UINT16_MAX)
            diag_error(r->diag, child->at, "no room for one more log source");
        else
            items[out->n++] = number;
    }
}

static void
read_name(struct reader *r, const struct yaml_node *node, void *target)
{
    ((struct mapping *)target)->name = reader_text(r, node, "name");
}

static const struct {
    const char *name;
    const char *what;
} kinds[] = {
    // clang-format off
    [MAPPING_TEXT]    = {"text",    "a text mapping"},
    [MAPPING_JSON]    = {"json",    "a json mapping"},
    [MAPPING_PAIRS]   = {"pairs",   "a mapping of pairs"},
    [MAPPING_COLUMNS] = {"columns", "a mapping of columns"},
    // clang-format on
};

static void
read_kind(struct reader *r, const struct yaml_node *node, void *target)
{
    struct mapping *m = target;
    size_t i;

    for (i = 0; i < ARRAY_LEN(kinds); i++) {
        if (node->kind != YAML_SCALAR || !slice_eq(node->text, slice_str(kinds[i].name)))
            continue;
        m->kind = (enum mapping_kind)i;
        return;
    }
    diag_error(r->diag, node->at, "kind must be text, json, pairs or columns");
}

/* What parts pairs, or a key and its value, is one byte. */
static char
read_byte(struct reader *r, const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR && node->text.n == 1)
        return node->text.p[0];
    diag_error(r->diag, node->at, "this must be one byte");
    return '\0';
}

static void
read_assign(struct reader *r, const struct yaml_node *node, void *target)
{
    ((struct mapping *)target)->pairs.assign = read_byte(r, node);
}

static void
read_separator(struct reader *r, const struct yaml_node *node, void *target)
{
    struct mapping *m = target;

    if (m->kind == MAPPING_PAIRS)
        m->pairs.separator = read_byte(r, node);
    else
        m->separator = reader_text(r, node, "separator");
}

static void
read_columns(struct reader *r, const struct yaml_node *node, void *target)
{
    struct mapping *m = target;
    const struct yaml_node *child;
    struct label *items;

    if (!reader_sequence(r, node, "columns"))
        return;
    items = arena_alloc(r->arena, node->n_children * sizeof(*items));
    if (items == NULL)
        return;
    m->columns = items;
    for (child = node->children; child != NULL; child = child->next) {
        if (child->kind != YAML_SCALAR)
            diag_error(r->diag, child->at, "a column must be a name, or empty where it is passed over");
        items[m->n_columns++] = label_of(child->kind == YAML_SCALAR ? child->text : SLICE(""));
    }
}

static void
read_programs(struct reader *r, const struct yaml_node *node, void *target)
{
    struct mapping *m = target;

    if (node->kind == YAML_SCALAR && !node->quoted && slice_eq(node->text, SLICE("any")))
        m->any_program = true;
    else if (node->kind != YAML_SEQUENCE)
        diag_error(r->diag, node->at, "programs must be a list of program names, or the word any");
    else
        m->programs = reader_texts(r, node, "programs");
}

static uint32_t
facility_bit(struct slice name)
{
    unsigned i;

    for (i = 0; i < N_FACILITIES; i++)
        if (slice_eq(name, slice_str(syslog_facility_name(i))))
            return UINT32_C(1) << i;
    return 0;
}

static void
read_facilities(struct reader *r, const struct yaml_node *node, void *target)
{
    struct mapping *m = target;
    const struct yaml_node *child;

    if (!reader_sequence(r, node, "facilities"))
        return;
    for (child = node->children; child != NULL; child = child->next) {
        uint32_t bit = facility_bit(reader_text(r, child, "facilities"));

        if (bit == 0)
            diag_error(r->diag, child->at, "no syslog facility has this name");
        m->facilities |= bit;
    }
}

static void
read_configured(struct reader *r, const struct yaml_node *node, void *target)
{
    struct mapping *m = target;
    const struct yaml_node *child;
    struct logsource *items;

    if (!reader_sequence(r, node, "configured"))
        return;
    items = arena_alloc(r->arena, node->n_children * sizeof(*items));
    if (items == NULL)
        return;
    m->configured = items;
    for (child = node->children; child != NULL; child = child->next)
        items[m->n_configured++] = read_logsource(r, child);
}

static void
read_logsources(struct reader *r, const struct yaml_node *node, void *target)
{
    mapping_read_routes(r, node, &((struct mapping *)target)->routes);
}

static void
read_absent(struct reader *r, const struct yaml_node *node, void *target)
{
    ((struct mapping *)target)->absent = reader_text(r, node, "absent");
}

static void
read_strip(struct reader *r, const struct yaml_node *node, void *target)
{
    ((struct mapping *)target)->strip = reader_texts(r, node, "strip");
}

static void
read_key(struct reader *r, const struct yaml_node *node, void *target)
{
    ((struct mapping *)target)->key = label_of(reader_text(r, node, "key"));
}

static void
read_needs(struct reader *r, const struct yaml_node *node, void *target)
{
    ((struct mapping *)target)->needs = reader_texts(r, node, "needs");
}

static void
read_hostname(struct reader *r, const struct yaml_node *node, void *target)
{
    ((struct mapping *)target)->hostname = reader_texts(r, node, "hostname");
}

/* One field, or a list of fields and of lists of fields. */
static void
read_time(struct reader *r, const struct yaml_node *node, void *target)
{
    struct mapping *m = target;
    bool list = node->kind == YAML_SEQUENCE && node->n_children > 0;
    const struct yaml_node *child = list ? node->children : node;
    struct slices *items = arena_alloc(r->arena, (list ? node->n_children : 1) * sizeof(*items));

    if (items == NULL)
        return;
    m->time = items;
    for (; child != NULL; child = list ? child->next : NULL)
        items[m->n_time++] = reader_texts(r, child, "time");
}

/* Read after the rest, because it needs the rest. */
static void
read_later(struct reader *r, const struct yaml_node *node, void *target)
{
    (void)r;
    (void)node;
    (void)target;
}

static const struct reader_key text_keys[] = {
    {"name", read_name},
    {"kind", read_later},
    {"programs", read_programs},
    {"facilities", read_facilities},
    {"configured", read_configured},
    {"logsources", read_logsources},
    {"names", read_later},
    {"parameters", read_later},
    {"absent", read_absent},
    {"patterns", read_later},
};

/* The first so many are a json mapping's; the rest says how other records look. */
static const struct reader_key record_keys[] = {
    {"name", read_name},
    {"kind", read_later},
    {"names", read_later},
    {"strip", read_strip},
    {"key", read_key},
    {"needs", read_needs},
    {"split", mapping_read_split},
    {"lines", mapping_read_lines},
    {"logsources", read_logsources},
    {"hostname", read_hostname},
    {"time", read_time},
    {"routes", read_later},
    {"starts", read_later},
    {"contains", read_later},
    {"assign", read_assign},
    {"separator", read_separator},
    {"columns", read_columns},
};
enum { JSON_KEYS = 12 };

static void
check_text(struct reader *r, const struct yaml_node *doc)
{
    const struct mapping *m = r->mapping;
    bool chosen = yaml_get(doc, "programs") != NULL || m->facilities != 0 || m->n_configured != 0;

    if (!chosen)
        diag_error(r->diag, m->at, "nothing says which messages this is for: programs, facilities or configured");
    if (m->facilities != 0 && m->routes.n == 0)
        diag_error(r->diag, m->at, "facilities need logsources to send messages to");
    if (m->n_patterns == 0 && m->routes.n == 0)
        diag_error(r->diag, m->at, "neither patterns nor logsources: this does nothing");
}

static void
check_record(struct reader *r, const struct yaml_node *doc)
{
    const struct mapping *m = r->mapping;

    bool routed = yaml_get(doc, "routes") != NULL || m->routes.n > 0;

    if (m->kind == MAPPING_JSON && m->key.name.p == NULL)
        diag_error(r->diag, doc->at, "a json mapping needs a key");
    if ((m->key.name.p != NULL) != routed)
        diag_error(r->diag, doc->at, "%s needs a key and, with it, routes or logsources", kinds[m->kind].what);
    if (m->kind == MAPPING_COLUMNS && m->n_columns == 0)
        diag_error(r->diag, doc->at, "a mapping of columns needs columns");
}

static void
read_text_document(struct reader *r, const struct yaml_node *doc)
{
    const struct yaml_node *patterns = yaml_get(doc, "patterns");
    const struct yaml_node *parameters = yaml_get(doc, "parameters");

    if (patterns != NULL)
        mapping_read_patterns(r, patterns);
    if (parameters != NULL)
        mapping_read_names(r, parameters, &r->mapping->parameters, put_name);
    check_text(r, doc);
}

static void
read_record_document(struct reader *r, const struct yaml_node *doc)
{
    if (r->mapping->kind != MAPPING_JSON)
        mapping_read_shape(r, doc);
    if (r->mapping->key.name.p != NULL)
        mapping_read_json_routes(r, yaml_get(doc, "routes"));
    check_record(r, doc);
}

static void
read_document(struct reader *r, const struct yaml_node *doc)
{
    struct mapping *m = r->mapping;
    const struct yaml_node *kind = yaml_get(doc, "kind");
    const struct yaml_node *names = yaml_get(doc, "names");
    bool text;

    m->pairs = kv_options_default();
    m->separator = SLICE(",");
    if (kind != NULL)
        read_kind(r, kind, m);
    text = m->kind == MAPPING_TEXT;
    reader_mapping(r, doc, kinds[m->kind].what, text ? text_keys : record_keys,
        text                      ? ARRAY_LEN(text_keys)
        : m->kind == MAPPING_JSON ? JSON_KEYS
                                  : ARRAY_LEN(record_keys),
        m);
    if (m->name.p == NULL && yaml_get(doc, "name") == NULL)
        diag_error(r->diag, doc->at, "a mapping needs a name");
    if (names != NULL)
        mapping_read_names(r, names, &m->names, put_name);
    if (text)
        read_text_document(r, doc);
    else
        read_record_document(r, doc);
}

struct loading {
    struct mappings *out;
    struct arena *arena;
    struct router *router;
    struct diag *diag;
    struct names by_name;
    size_t cap;
};

static bool
keep(struct loading *l, struct mapping *m)
{
    if (l->out->n == l->cap) {
        size_t cap = l->cap == 0 ? 32 : l->cap * 2;
        struct mapping **items = arena_alloc(l->arena, cap * sizeof(struct mapping *));

        if (items == NULL)
            return false;
        if (l->out->n > 0)
            memcpy(items, l->out->items, l->out->n * sizeof(struct mapping *));
        l->out->items = items;
        l->cap = cap;
    }
    l->out->items[l->out->n++] = m;
    return true;
}

static void
check_name(struct loading *l, struct mapping *m)
{
    struct mapping *other = m->name.p == NULL ? NULL : names_get(&l->by_name, m->name);

    if (other != NULL)
        diag_error(l->diag, m->at, "the name \"" SLICE_FMT "\" is taken by %s", SLICE_ARG(m->name), other->file);
    else if (m->name.p != NULL)
        (void)names_put(&l->by_name, l->arena, m->name, m);
}

static int
read_text(struct loading *l, const char *file, struct slice text)
{
    struct reader r = {.arena = l->arena, .diag = l->diag, .router = l->router, .text = text};
    struct yaml_documents docs;
    size_t i;
    int e = yaml_parse(&docs, text, file, l->arena, l->diag);

    if (e < 0)
        return error_trace(e);
    for (i = 0; i < docs.n; i++) {
        r.mapping = arena_zalloc(l->arena, sizeof(*r.mapping));
        if (r.mapping == NULL || !keep(l, r.mapping))
            return error_origin(-ENOMEM);
        r.mapping->file = file;
        r.mapping->at = docs.items[i]->at;
        read_document(&r, docs.items[i]);
        check_name(l, r.mapping);
    }
    return r.failure < 0 ? error_trace(r.failure) : 0;
}

static int
read_file(void *ctx, const char *path)
{
    struct loading *l = ctx;
    CLEANUP_BUFFER struct buffer text = {0};
    struct slice kept;
    char *file;
    int r;

    if (slice_ends(slice_str(path), SLICE(".samples.yaml")))
        return 0;
    file = arena_text(l->arena, strlen(path) + 1);
    if (file == NULL)
        return error_origin(-ENOMEM);
    memcpy(file, path, strlen(path) + 1);
    r = file_read(path, MAPPING_FILE_MAX, &text);
    if (r == FILE_E_TOO_LARGE) {
        diag_error(l->diag, (struct diag_place){file, 0, 0}, "larger than %d bytes", MAPPING_FILE_MAX);
        return 0;
    }
    if (r == -ENOMEM)
        return error_trace(r);
    if (r < 0) {
        diag_error(l->diag, (struct diag_place){file, 0, 0}, "cannot be read: %s", strerror(-r));
        return 0;
    }
    kept = arena_copy(l->arena, buffer_slice(&text));
    if (kept.p == NULL)
        return error_origin(-ENOMEM);
    return read_text(l, file, kept);
}

int
mappings_load(struct mappings *out, const char *path, struct arena *arena, struct router *router, struct diag *diag)
{
    static const char *const suffixes[] = {".yaml", ".yml", NULL};
    struct loading l = {.out = out, .arena = arena, .router = router, .diag = diag};
    int r;

    *out = (struct mappings){0};
    r = file_walk(path, suffixes, read_file, &l);
    if (r == -ENOMEM)
        return error_trace(r);
    if (r < 0)
        diag_error(diag, (struct diag_place){path, 0, 0}, "the mappings cannot be read: %s", strerror(-r));
    return arena->overflowed ? error_origin(-ENOMEM) : 0;
}

void
mappings_fini(struct mappings *m)
{
    size_t i;
    size_t k;

    for (i = 0; i < m->n; i++)
        for (k = 0; k < m->items[i]->n_patterns; k++)
            regex_free(m->items[i]->patterns[k].regex);
}
