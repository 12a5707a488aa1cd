/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/yaml.h"

#include <errno.h>
#include <stdlib.h>

#include <yaml.h>

#include "base/error.h"
#include "base/map.h"
#include "base/utf8.h"

/*
 * libyaml's events become the tree by recursive descent, at most YAML_DEPTH_MAX deep. Two kinds of trouble: a problem
 * of one node (a duplicate key, say) is noted and reading goes on; what leaves no way on (syntax, limits, memory) sets
 * `stopped`, and everyone returns NULL.
 *
 * An alias is a copy of the anchor's node alone; both share the children, whose links are the same in both. So the
 * tree cannot grow in memory, but whoever walks it meets every node again. Nodes are therefore counted as a walker
 * meets them: the count of an alias is the count of its anchor.
 */

struct anchor {
    const struct yaml_node *node;
    size_t n_nodes;  /* as a walker meets them, the node itself included */
    unsigned height; /* of the subtree; a scalar's is 1 */
};

struct reader {
    yaml_parser_t *yaml;
    const char *file;
    struct arena *arena;
    struct diag *diag;
    struct slice text;
    size_t at; /* how far `text` is passed by source_of(), in bytes and in characters */
    size_t n_characters;
    struct map *anchors; /* name to struct anchor; of the current document */
    size_t n_nodes;
    bool stopped;
    int failure; /* negative errno that stopped it; 0 where the text did */
};

/* A mapping or sequence while its children come. */
struct nest {
    struct yaml_node *node;
    struct yaml_node **tail; /* where the next child is hung */
    struct map *keys;        /* key to child; NULL for a sequence */
    unsigned height;         /* of the highest child */
};

static struct yaml_node *read_node(struct reader *rd, const yaml_event_t *ev, unsigned depth, unsigned *height);

static struct diag_place
place_of(const struct reader *rd, yaml_mark_t mark)
{
    return (struct diag_place){rd->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

/* How many characters @s has; what is no UTF-8 is libyaml's to refuse. */
static size_t
count_characters(struct slice s)
{
    size_t n = 0;
    size_t i;

    for (i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

/* @at, moved on behind @passed. */
static struct diag_place
move_on(struct diag_place at, struct slice passed)
{
    size_t line_end;

    while ((line_end = slice_find(passed, '\n')) < passed.n) {
        passed = slice_from(passed, line_end + 1);
        at.line++;
        at.column = 1;
    }
    at.column += (unsigned)count_characters(passed);
    return at;
}

/* libyaml's marks count characters. Those of scalars come in order, so each is found from the one before. */
static size_t
byte_at(struct reader *rd, size_t n_characters)
{
    while (rd->n_characters < n_characters && rd->at < rd->text.n) {
        do
            rd->at++;
        while (rd->at < rd->text.n && ((unsigned char)rd->text.p[rd->at] & 0xc0) == 0x80);
        rd->n_characters++;
    }
    return rd->at;
}

static struct slice
source_of(struct reader *rd, const yaml_event_t *ev)
{
    size_t from;

    if (ev->start_mark.index < rd->n_characters)
        return (struct slice){NULL, 0};
    from = byte_at(rd, ev->start_mark.index);
    return slice_of(rd->text.p + from, byte_at(rd, ev->end_mark.index) - from);
}

static void *
fail(struct reader *rd, int r)
{
    rd->stopped = true;
    rd->failure = r;
    return NULL;
}

static void *
refuse(struct reader *rd, struct diag_place at, const char *what)
{
    diag_error(rd->diag, at, "%s", what);
    rd->stopped = true;
    return NULL;
}

/* libyaml tells the byte it stumbled at, which may be within a character that began before. */
static struct diag_place
place_of_byte(const struct reader *rd, size_t offset)
{
    size_t passed = 0;
    uint32_t c;
    size_t n;

    while (passed < offset && (n = utf8_decode(slice_from(rd->text, passed), &c)) > 0 && passed + n <= offset)
        passed += n;
    return move_on((struct diag_place){rd->file, 1, 1}, slice_head(rd->text, passed));
}

static void
explain_syntax(struct reader *rd)
{
    const yaml_parser_t *y = rd->yaml;
    struct diag_place at = place_of(rd, y->problem_mark);

    if (y->error == YAML_MEMORY_ERROR) {
        (void)fail(rd, error_origin(-ENOMEM));
        return;
    }
    if (y->error == YAML_READER_ERROR)
        diag_error(rd->diag, place_of_byte(rd, y->problem_offset), "not YAML: %s", y->problem);
    else if (y->context != NULL)
        diag_error(rd->diag, at, "not YAML: %s (%s)", y->problem, y->context);
    else
        diag_error(rd->diag, at, "not YAML: %s", y->problem == NULL ? "unknown problem" : y->problem);
    rd->stopped = true;
}

/* The next event, the caller's to delete. Return: whether there is one. */
static bool
next_event(struct reader *rd, yaml_event_t *ev)
{
    if (rd->stopped)
        return false;
    if (yaml_parser_parse(rd->yaml, ev))
        return true;
    explain_syntax(rd);
    return false;
}

static struct yaml_node *
count_nodes(struct reader *rd, struct yaml_node *node, size_t n)
{
    if (node == NULL)
        return fail(rd, error_origin(-ENOMEM));
    if (n > YAML_NODES_MAX - rd->n_nodes)
        return refuse(rd, node->at, "too large: more nodes than may be, with aliases written out");
    rd->n_nodes += n;
    return node;
}

static struct yaml_node *
new_node(struct reader *rd, enum yaml_kind kind, const yaml_event_t *ev)
{
    struct yaml_node *node = arena_zalloc(rd->arena, sizeof(*node));

    if (node != NULL) {
        node->kind = kind;
        node->at = place_of(rd, ev->start_mark);
    }
    return count_nodes(rd, node, 1);
}

/* `!!str` and `!` say "text"; there is no schema here that could give another tag a meaning. */
static bool
tag_says_text(struct reader *rd, const yaml_event_t *ev, const yaml_char_t *tag)
{
    const char *name = (const char *)tag;

    if (name == NULL)
        return false;
    if (strcmp(name, "!") == 0 || strcmp(name, YAML_STR_TAG) == 0)
        return true;
    if (strcmp(name, YAML_SEQ_TAG) != 0 && strcmp(name, YAML_MAP_TAG) != 0)
        diag_error(rd->diag, place_of(rd, ev->start_mark), "the tag %s has no meaning here", name);
    return false;
}

static struct yaml_node *
read_scalar(struct reader *rd, const yaml_event_t *ev)
{
    struct yaml_node *node = new_node(rd, YAML_SCALAR, ev);

    if (node == NULL)
        return NULL;
    node->text = arena_copy(rd->arena, slice_of((const char *)ev->data.scalar.value, ev->data.scalar.length));
    node->quoted = tag_says_text(rd, ev, ev->data.scalar.tag) || ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->source = source_of(rd, ev);
    return rd->arena->overflowed ? fail(rd, error_origin(-ENOMEM)) : node;
}

/* It stands for a text that nobody can have meant as one, so that no more is found wrong with it. */
static struct yaml_node *
refuse_alias(struct reader *rd, const yaml_event_t *ev, struct slice name)
{
    struct yaml_node *node = new_node(rd, YAML_SCALAR, ev);

    diag_error(
        rd->diag, place_of(rd, ev->start_mark), "the alias *" SLICE_FMT " names no anchor before it", SLICE_ARG(name));
    if (node == NULL)
        return NULL;
    node->text = arena_copy(rd->arena, name);
    node->quoted = true;
    return node;
}

static struct yaml_node *
read_alias(struct reader *rd, const yaml_event_t *ev, unsigned depth, unsigned *height)
{
    struct slice name = slice_str((const char *)ev->data.alias.anchor);
    const struct anchor *anchor = map_get(rd->anchors, name);
    struct yaml_node *node;

    if (anchor == NULL)
        return refuse_alias(rd, ev, name);
    node = arena_alloc(rd->arena, sizeof(*node));
    if (node != NULL) {
        *node = *anchor->node;
        node->at = place_of(rd, ev->start_mark);
        node->key = (struct slice){NULL, 0};
        node->source = (struct slice){NULL, 0};
        node->next = NULL;
    }
    if (count_nodes(rd, node, anchor->n_nodes) == NULL)
        return NULL;
    if (depth + anchor->height > YAML_DEPTH_MAX)
        return refuse(rd, node->at, "nested too deeply, through an alias");
    *height = anchor->height;
    return node;
}

static void
add_child(struct nest *nest, struct yaml_node *child)
{
    *nest->tail = child;
    nest->tail = &child->next;
    nest->node->n_children++;
}

/* Adds @child under its key, which must be new. Return: whether reading goes on. */
static bool
add_entry(struct reader *rd, struct nest *nest, struct yaml_node *child)
{
    const struct yaml_node *first = map_get(nest->keys, child->key);

    if (first != NULL) {
        diag_error(rd->diag, child->key_at, "the key '" SLICE_FMT "' stands twice here; first in line %u",
            SLICE_ARG(child->key), first->key_at.line);
        return true;
    }
    if (map_put(nest->keys, child->key, child) != 0) {
        (void)fail(rd, error_origin(-ENOMEM));
        return false;
    }
    add_child(nest, child);
    return true;
}

/* The entries of @from that @nest has not, as copies. */
static bool
merge_mapping(struct reader *rd, struct nest *nest, const struct yaml_node *from)
{
    const struct yaml_node *entry;

    if (from->kind != YAML_MAPPING) {
        diag_error(rd->diag, from->at, "a merge key takes a mapping or a sequence of mappings");
        return true;
    }
    for (entry = from->children; entry != NULL; entry = entry->next) {
        struct yaml_node *copy;

        if (map_get(nest->keys, entry->key) != NULL)
            continue;
        copy = arena_alloc(rd->arena, sizeof(*copy));
        if (copy == NULL) {
            (void)fail(rd, error_origin(-ENOMEM));
            return false;
        }
        *copy = *entry;
        copy->next = NULL;
        if (!add_entry(rd, nest, copy))
            return false;
    }
    return true;
}

/* Merge keys wait until a mapping's own keys are known, since those win; of several sources the first wins. */
static bool
merge_all(struct reader *rd, struct nest *nest, const struct yaml_node *merges)
{
    for (; merges != NULL; merges = merges->next) {
        const struct yaml_node *from;

        if (merges->kind != YAML_SEQUENCE) {
            if (!merge_mapping(rd, nest, merges))
                return false;
            continue;
        }
        for (from = merges->children; from != NULL; from = from->next)
            if (!merge_mapping(rd, nest, from))
                return false;
    }
    return true;
}

static struct yaml_node *
read_child(struct reader *rd, struct nest *nest, const yaml_event_t *ev, unsigned depth)
{
    unsigned height = 0;
    struct yaml_node *child = read_node(rd, ev, depth, &height);

    if (height > nest->height)
        nest->height = height;
    return child;
}

/* The value whose key @key_ev was. Entries of a merge key are hung at @merges. Return: whether reading goes on. */
static bool
read_entry(struct reader *rd, struct nest *nest, const yaml_event_t *key_ev, struct yaml_node ***merges, unsigned depth)
{
    struct yaml_node *key = read_child(rd, nest, key_ev, depth);
    struct yaml_node *value;
    yaml_event_t ev;

    if (key == NULL || !next_event(rd, &ev))
        return false;
    value = read_child(rd, nest, &ev, depth);
    yaml_event_delete(&ev);
    if (value == NULL)
        return false;
    if (key->kind != YAML_SCALAR) {
        diag_error(rd->diag, key->at, "a key must be one word or text, not a sequence or mapping");
        return true;
    }
    value->key = key->text;
    value->key_at = key->at;
    value->key_source = key->source;
    if (key->quoted || !slice_eq(key->text, SLICE("<<")))
        return add_entry(rd, nest, value);
    **merges = value;
    *merges = &value->next;
    return true;
}

static struct yaml_node *
read_mapping(struct reader *rd, const yaml_event_t *start, unsigned depth, unsigned *height)
{
    CLEANUP(map_free) struct map *keys = NULL;
    struct nest nest = {.node = new_node(rd, YAML_MAPPING, start)};
    struct yaml_node *merges = NULL;
    struct yaml_node **merges_tail = &merges;
    bool more = true;
    yaml_event_t ev;

    if (nest.node == NULL)
        return NULL;
    (void)tag_says_text(rd, start, start->data.mapping_start.tag);
    if (map_new(&keys, YAML_NODES_MAX) < 0)
        return fail(rd, error_origin(-ENOMEM));
    nest.keys = keys;
    nest.tail = &nest.node->children;
    while (more && next_event(rd, &ev)) {
        bool ended = ev.type == YAML_MAPPING_END_EVENT;

        more = !ended && read_entry(rd, &nest, &ev, &merges_tail, depth);
        yaml_event_delete(&ev);
        if (ended)
            (void)merge_all(rd, &nest, merges);
    }
    *height = nest.height + 1;
    return rd->stopped ? NULL : nest.node;
}

static struct yaml_node *
read_sequence(struct reader *rd, const yaml_event_t *start, unsigned depth, unsigned *height)
{
    struct nest nest = {.node = new_node(rd, YAML_SEQUENCE, start)};
    bool more = true;
    yaml_event_t ev;

    if (nest.node == NULL)
        return NULL;
    (void)tag_says_text(rd, start, start->data.sequence_start.tag);
    nest.tail = &nest.node->children;
    while (more && next_event(rd, &ev)) {
        struct yaml_node *child = NULL;

        if (ev.type != YAML_SEQUENCE_END_EVENT)
            child = read_child(rd, &nest, &ev, depth);
        yaml_event_delete(&ev);
        more = child != NULL;
        if (more)
            add_child(&nest, child);
    }
    *height = nest.height + 1;
    return rd->stopped ? NULL : nest.node;
}

/* An anchor counts once its node is whole, so that nothing can contain itself; a second of its name replaces it. */
static struct yaml_node *
keep_anchor(struct reader *rd, const yaml_char_t *name, struct anchor anchor)
{
    struct slice key;
    struct anchor *kept;

    if (name == NULL || anchor.node == NULL)
        return (struct yaml_node *)anchor.node;
    key = arena_copy(rd->arena, slice_str((const char *)name));
    kept = arena_alloc(rd->arena, sizeof(*kept));
    if (rd->arena->overflowed || map_put(rd->anchors, key, kept) != 0)
        return fail(rd, error_origin(-ENOMEM));
    *kept = anchor;
    return (struct yaml_node *)anchor.node;
}

static struct yaml_node *
read_node(struct reader *rd, const yaml_event_t *ev, unsigned depth, unsigned *height)
{
    const yaml_char_t *anchor = NULL;
    struct yaml_node *node;
    size_t before = rd->n_nodes;

    if (depth >= YAML_DEPTH_MAX)
        return refuse(rd, place_of(rd, ev->start_mark), "nested too deeply");
    *height = 1;
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        anchor = ev->data.scalar.anchor;
        node = read_scalar(rd, ev);
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = ev->data.sequence_start.anchor;
        node = read_sequence(rd, ev, depth + 1, height);
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = ev->data.mapping_start.anchor;
        node = read_mapping(rd, ev, depth + 1, height);
        break;
    default:
        ASSERT(ev->type == YAML_ALIAS_EVENT);
        node = read_alias(rd, ev, depth, height);
        break;
    }
    return keep_anchor(rd, anchor, (struct anchor){node, rd->n_nodes - before, *height});
}

static void
add_document(struct reader *rd, struct yaml_documents *out, struct yaml_node *root)
{
    if ((out->n & (out->n - 1)) == 0) {
        size_t cap = out->n == 0 ? 1 : out->n * 2;
        struct yaml_node **items = arena_alloc(rd->arena, cap * sizeof(void *));

        if (items == NULL) {
            (void)fail(rd, error_origin(-ENOMEM));
            return;
        }
        if (out->n > 0)
            memcpy(items, out->items, out->n * sizeof(void *));
        out->items = items;
    }
    out->items[out->n++] = root;
}

/* What stands between a document's start and end: one node. */
static void
read_document(struct reader *rd, struct yaml_documents *out)
{
    CLEANUP(map_free) struct map *anchors = NULL;
    struct yaml_node *root;
    yaml_event_t ev;
    unsigned height;

    if (map_new(&anchors, YAML_NODES_MAX) < 0) {
        (void)fail(rd, error_origin(-ENOMEM));
        return;
    }
    rd->anchors = anchors;
    if (!next_event(rd, &ev))
        return;
    root = read_node(rd, &ev, 0, &height);
    yaml_event_delete(&ev);
    if (root != NULL && next_event(rd, &ev)) {
        yaml_event_delete(&ev);
        add_document(rd, out, root);
    }
}

int
yaml_parse(struct yaml_documents *out, struct slice text, const char *file, struct arena *arena, struct diag *diag)
{
    yaml_parser_t yaml;
    struct reader rd = {.yaml = &yaml, .file = file, .arena = arena, .diag = diag, .text = text};
    bool ended = false;
    yaml_event_t ev;

    *out = (struct yaml_documents){0};
    if (!yaml_parser_initialize(&yaml))
        return error_origin(-ENOMEM);
    yaml_parser_set_encoding(&yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&yaml, (const unsigned char *)(text.n == 0 ? "" : text.p), text.n);
    while (!ended && next_event(&rd, &ev)) {
        ended = ev.type == YAML_STREAM_END_EVENT;
        if (ev.type == YAML_DOCUMENT_START_EVENT)
            read_document(&rd, out);
        yaml_event_delete(&ev);
    }
    yaml_parser_delete(&yaml);
    return rd.failure;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t
skip_blanks(struct slice s, size_t i)
{
    while (i < s.n && is_blank(s.p[i]))
        i++;
    return i;
}

static bool
is_block(struct slice source)
{
    return source.p[0] == '|' || source.p[0] == '>';
}

/* Where a scalar's text begins in what was written: behind a quotation mark, or in a block, which is indented. */
static size_t
text_begin(struct slice source)
{
    if (is_block(source))
        return skip_blanks(source, slice_find(source, '\n'));
    return source.p[0] == '\'' || source.p[0] == '"';
}

/* How many bytes of the source at @i stand for the byte @c; 0 where they do not, or by an escape that is a name. */
static size_t
spelled(struct slice source, size_t i, char c)
{
    char quote = source.p[0];
    bool doubled = (quote == '"' && source.p[i] == '\\') || (quote == '\'' && source.p[i] == '\'');

    if (doubled)
        return i + 1 < source.n && source.p[i + 1] == c && (c == '\\' || c == '"' || c == '\'') ? 2 : 0;
    return source.p[i] == c;
}

/* Goes through text and source together; blanks of the one are blanks of the other, however many. */
static struct diag_place
place_within(struct diag_place at, struct slice source, struct slice text, size_t offset)
{
    size_t i;
    size_t k;

    if (source.n == 0 || offset > text.n)
        return at;
    i = text_begin(source);
    k = is_block(source) ? skip_blanks(text, 0) : 0;
    while (k < offset) {
        size_t n;

        if (i >= source.n)
            return at;
        if (is_blank(text.p[k]) && is_blank(source.p[i])) {
            i = skip_blanks(source, i);
            k = skip_blanks(text, k);
            continue;
        }
        n = spelled(source, i, text.p[k]);
        if (n == 0)
            return at;
        i += n;
        k++;
    }
    return move_on(at, slice_head(source, i));
}

struct diag_place
yaml_place(const struct yaml_node *scalar, size_t offset)
{
    return place_within(scalar->at, scalar->source, scalar->text, offset);
}

struct diag_place
yaml_key_place(const struct yaml_node *entry, size_t offset)
{
    return place_within(entry->key_at, entry->key_source, entry->key, offset);
}

const struct yaml_node *
yaml_get(const struct yaml_node *mapping, const char *key)
{
    const struct yaml_node *entry;

    if (mapping == NULL || mapping->kind != YAML_MAPPING)
        return NULL;
    for (entry = mapping->children; entry != NULL; entry = entry->next)
        if (slice_eq(entry->key, slice_str(key)))
            return entry;
    return NULL;
}

static bool
is_plain(const struct yaml_node *node)
{
    return node != NULL && node->kind == YAML_SCALAR && !node->quoted;
}

static bool
is_word(const struct yaml_node *node, const char *const *words)
{
    if (!is_plain(node))
        return false;
    for (; *words != NULL; words++)
        if (slice_eq(node->text, slice_str(*words)))
            return true;
    return false;
}

bool
yaml_is_null(const struct yaml_node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};

    return is_word(node, words);
}

bool
yaml_is_bool(const struct yaml_node *node, bool *value)
{
    static const char *const yes[] = {"true", "True", "TRUE", NULL};
    static const char *const no[] = {"false", "False", "FALSE", NULL};

    *value = is_word(node, yes);
    return *value || is_word(node, no);
}

/* [-+]? [0-9]+, YAML 1.2 section 10.3.2. */
bool
yaml_is_int(const struct yaml_node *node, int64_t *value)
{
    bool negative;
    int64_t v = 0;
    size_t i;

    if (!is_plain(node) || node->text.n == 0)
        return false;
    negative = node->text.p[0] == '-';
    i = negative || node->text.p[0] == '+';
    if (i == node->text.n)
        return false;
    for (; i < node->text.n; i++) {
        int digit = node->text.p[i] - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, negative ? -digit : digit, &v))
            return false;
    }
    *value = v;
    return true;
}

static size_t
skip_digits(struct slice *s)
{
    size_t n = 0;

    while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
        n++;
    *s = slice_from(*s, n);
    return n;
}

static void
skip_one(struct slice *s, const char *of)
{
    if (s->n > 0 && s->p[0] != '\0' && strchr(of, s->p[0]) != NULL)
        *s = slice_from(*s, 1);
}

/* [-+]? ( "." [0-9]+ | [0-9]+ ( "." [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?, YAML 1.2 section 10.3.2. */
static bool
looks_like_number(struct slice s)
{
    size_t n_digits;

    skip_one(&s, "-+");
    n_digits = skip_digits(&s);
    if (s.n > 0 && s.p[0] == '.') {
        s = slice_from(s, 1);
        n_digits += skip_digits(&s);
    }
    if (n_digits == 0)
        return false;
    if (s.n > 0 && (s.p[0] == 'e' || s.p[0] == 'E')) {
        s = slice_from(s, 1);
        skip_one(&s, "-+");
        if (skip_digits(&s) == 0)
            return false;
    }
    return s.n == 0;
}

bool
yaml_is_number(const struct yaml_node *node, double *value)
{
    char text[64];

    if (!is_plain(node) || node->text.n >= sizeof(text) || !looks_like_number(node->text))
        return false;
    memcpy(text, node->text.p, node->text.n);
    text[node->text.n] = '\0';
    *value = strtod(text, NULL);
    return true;
}
