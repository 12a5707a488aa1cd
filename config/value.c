/* SPDX-License-Identifier: Apache-2.0 */
#include "config/value.h"

#include <inttypes.h>

#include "base/cursor.h"
#include "base/utf8.h"

struct unit {
    const char *name;
    int64_t factor;
};

/* Largest first: printing takes the first that divides, reading takes them in this order and each once. */
static const struct unit time_units[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0}};
static const struct unit size_units[] = {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {NULL, 0}};

/* 1*15DIGIT unit, where @unit is the longest that fits: "ms" is not "m". */
static bool
take_amount(struct slice *in, const struct unit *units, const struct unit **unit, int64_t *value)
{
    uint64_t n;
    const struct unit *best = NULL;

    if (!cursor_digits(in, 15, &n))
        return false;
    for (; units->name != NULL; units++)
        if (slice_starts(*in, slice_str(units->name)) && (best == NULL || strlen(units->name) > strlen(best->name)))
            best = units;
    *unit = best;
    if (best == NULL)
        return false;
    *in = slice_from(*in, strlen(best->name));
    return !__builtin_mul_overflow((int64_t)n, best->factor, value);
}

/* amount = "0" / 1*( 1*15DIGIT unit ), larger units first: 1h30m. */
static bool
read_amount(struct slice in, const struct unit *units, int64_t *value)
{
    const struct unit *last = NULL;

    *value = 0;
    if (slice_eq(in, SLICE("0")))
        return true;
    do {
        const struct unit *unit;
        int64_t part;

        if (!take_amount(&in, units, &unit, &part) || __builtin_add_overflow(*value, part, value))
            return false;
        if (last != NULL && unit->factor >= last->factor)
            return false;
        last = unit;
    } while (in.n > 0);
    return true;
}

bool
value_duration(struct slice text, int64_t *ms)
{
    return read_amount(text, time_units, ms);
}

static void
print_amount(struct buffer *out, int64_t value, const struct unit *units)
{
    while (units->factor > 1 && value % units->factor != 0)
        units++;
    if (value == 0)
        buffer_add_char(out, '0');
    else
        buffer_printf(out, "%" PRId64 "%s", value / units->factor, units->name);
}

/* zone = "Z" / ( "+" / "-" ) 2DIGIT ":" 2DIGIT, RFC 3339 section 5.6. */
static bool
read_zone(struct slice in, int64_t *minutes)
{
    bool west = cursor_at(&in, '-');
    unsigned h;
    unsigned m;

    *minutes = 0;
    if (slice_eq(in, SLICE("Z")))
        return true;
    if (in.n != 6 || (!cursor_skip(&in, '+') && !cursor_skip(&in, '-')))
        return false;
    if (!cursor_number(&in, 2, &h) || !cursor_skip(&in, ':') || !cursor_number(&in, 2, &m) || in.n > 0 || m > 59)
        return false;
    *minutes = (west ? -1 : 1) * (int64_t)(h * 60 + m);
    return true;
}

static bool
read_word(const struct setting *row, struct slice text, int64_t *value)
{
    const struct setting_word *word;

    for (word = row->words; word->text != NULL; word++) {
        if (slice_eq(text, slice_str(word->text))) {
            *value = word->value;
            return true;
        }
    }
    return false;
}

static void
store_integer(const struct setting *row, void *base, int64_t value)
{
    ASSERT(row->size == 4 || row->size == 8);
    if (row->size == 4)
        *(int32_t *)setting_value(row, base) = (int32_t)value;
    else
        *(int64_t *)setting_value(row, base) = value;
}

static int64_t
load_integer(const struct setting *row, const void *base)
{
    ASSERT(row->size == 4 || row->size == 8);
    return row->size == 4 ? *(int32_t *)setting_value(row, base) : *(int64_t *)setting_value(row, base);
}

static bool
read_number(const struct setting *row, const struct yaml_node *node, int64_t *value)
{
    switch (row->type) {
    case SETTING_INTEGER:
        return yaml_is_int(node, value);
    case SETTING_BYTES:
        return read_amount(node->text, size_units, value);
    case SETTING_DURATION:
        return read_amount(node->text, time_units, value);
    case SETTING_ZONE:
        return read_zone(node->text, value);
    default:
        return false;
    }
}

/* @text as a string in the arena, a relative path below @folder. Return: NULL where it is none or does not fit. */
static const char *
copy_text(const struct setting *row, struct slice text, const char *folder, struct arena *arena)
{
    bool relative = (row->type == SETTING_PATH || row->type == SETTING_PATHS) && text.n > 0 && text.p[0] != '/';
    size_t n_folder = relative ? strlen(folder) + 1 : 0;
    char *p;

    if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL)
        return NULL;
    p = arena_text(arena, n_folder + text.n + 1);
    if (p == NULL)
        return NULL;
    if (relative) {
        memcpy(p, folder, n_folder - 1);
        p[n_folder - 1] = '/';
    }
    if (text.n > 0)
        memcpy(p + n_folder, text.p, text.n);
    p[n_folder + text.n] = '\0';
    return p;
}

/* Words that YAML takes for something else are text all the same where text is asked for; nothing at all is not. */
static bool
is_text(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && !yaml_is_null(node);
}

static bool
within(const struct setting *row, int64_t value)
{
    return value >= row->min && value <= row->max;
}

static bool
read_list(const struct setting *row, const struct yaml_node *node, void *base, const char *folder, struct arena *arena)
{
    const struct yaml_node *child;
    const char **items;
    size_t i = 0;

    if (node->kind != YAML_SEQUENCE || !within(row, (int64_t)node->n_children))
        return false;
    items = arena_zalloc(arena, (node->n_children + 1) * sizeof(*items));
    for (child = node->children; child != NULL && items != NULL; child = child->next) {
        if (!is_text(child) || child->text.n == 0)
            return false;
        items[i] = copy_text(row, child->text, folder, arena);
        if (items[i++] == NULL)
            return false;
    }
    *(const char *const **)setting_value(row, base) = items;
    *(size_t *)((char *)base + row->aux) = i;
    return true;
}

static bool
read_text(const struct setting *row, const struct yaml_node *node, void *base, const char *folder, struct arena *arena)
{
    const char *text;

    if (!is_text(node))
        return false;
    text = copy_text(row, node->text, folder, arena);
    if (text == NULL || !within(row, (int64_t)strlen(text)))
        return false;
    *(const char **)setting_value(row, base) = text;
    return true;
}

bool
value_read(const struct setting *row, const struct yaml_node *node, void *base, const char *folder, struct arena *arena)
{
    int64_t value;
    bool flag;

    switch (row->type) {
    case SETTING_TEXT:
    case SETTING_PATH:
        return read_text(row, node, base, folder, arena);
    case SETTING_TEXTS:
    case SETTING_PATHS:
        return read_list(row, node, base, folder, arena);
    case SETTING_BOOL:
        if (!yaml_is_bool(node, &flag))
            return false;
        *(bool *)setting_value(row, base) = flag;
        return true;
    case SETTING_WORD:
        if (node->kind != YAML_SCALAR || !read_word(row, node->text, &value))
            return false;
        break;
    default:
        if (node->kind != YAML_SCALAR || !read_number(row, node, &value) || !within(row, value))
            return false;
        if (row->aux != 0)
            *((bool *)base + row->aux) = true;
        break;
    }
    store_integer(row, base, value);
    return true;
}

static void
print_zone(struct buffer *out, int64_t minutes)
{
    int64_t m = minutes < 0 ? -minutes : minutes;

    buffer_printf(out, "%c%02d:%02d", minutes < 0 ? '-' : '+', (int)(m / 60), (int)(m % 60));
}

static void
print_number(const struct setting *row, int64_t value, struct buffer *out)
{
    if (row->type == SETTING_BYTES)
        print_amount(out, value, size_units);
    else if (row->type == SETTING_DURATION)
        print_amount(out, value, time_units);
    else if (row->type == SETTING_ZONE)
        print_zone(out, value);
    else
        buffer_printf(out, "%" PRId64, value);
}

static void
expect_bounds(const struct setting *row, const char *what, struct buffer *out)
{
    buffer_printf(out, "%s from ", what);
    print_number(row, row->min, out);
    buffer_add(out, SLICE(" to "));
    print_number(row, row->max, out);
}

static void
expect_word(const struct setting *row, struct buffer *out)
{
    const struct setting_word *word;

    for (word = row->words; word->text != NULL; word++)
        buffer_printf(out, "%s%s", word == row->words ? "one of " : ", ", word->text);
}

static void
expect_text(const struct setting *row, struct buffer *out)
{
    const char *what = row->type == SETTING_PATH ? "a path" : "a text";

    if (row->min > 0)
        buffer_printf(out, "%s of %" PRId64 " to %" PRId64 " bytes", what, row->min, row->max);
    else
        buffer_printf(out, "%s of at most %" PRId64 " bytes, or ''", what, row->max);
}

void
value_expect(const struct setting *row, struct buffer *out)
{
    switch (row->type) {
    case SETTING_BOOL:
        buffer_add(out, SLICE("true or false"));
        break;
    case SETTING_INTEGER:
        expect_bounds(row, "a whole number", out);
        break;
    case SETTING_BYTES:
        expect_bounds(row, "a size such as 64KiB,", out);
        break;
    case SETTING_DURATION:
        expect_bounds(row, "a duration such as 90s or 1h30m,", out);
        break;
    case SETTING_ZONE:
        expect_bounds(row, "a zone such as +01:00,", out);
        break;
    case SETTING_WORD:
        expect_word(row, out);
        break;
    case SETTING_TEXT:
    case SETTING_PATH:
        expect_text(row, out);
        break;
    case SETTING_TEXTS:
    case SETTING_PATHS:
        buffer_printf(
            out, "a list of at most %" PRId64 " %s", row->max, row->type == SETTING_TEXTS ? "texts" : "paths");
        break;
    }
}

bool
value_is_set(const struct setting *row, const void *base)
{
    bool is_list = row->type == SETTING_TEXTS || row->type == SETTING_PATHS;

    if (row->type == SETTING_TEXT || row->type == SETTING_PATH)
        return *(const char **)setting_value(row, base) != NULL;
    return is_list || row->aux == 0 || *((const bool *)base + row->aux);
}

/* What YAML would not take, or not give back, between double quotes as it is (YAML 1.2 sections 5.1 and 7.3.1). */
static bool
is_printable(uint32_t c)
{
    return (c >= 0x20 && c < 0x7f) ||
           (c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff && c != 0xfffe && c != 0xffff);
}

static void
print_text(struct buffer *out, const char *text)
{
    struct slice s = slice_str(text);

    buffer_add_char(out, '"');
    while (s.n > 0) {
        uint32_t c = 0xfffd;
        size_t n = utf8_decode(s, &c);

        if (c == '"' || c == '\\')
            buffer_printf(out, "\\%c", (char)c);
        else if (n > 0 && is_printable(c))
            buffer_add(out, slice_head(s, n));
        else
            buffer_printf(out, "\\u%04x", (unsigned)c);
        s = slice_from(s, n > 0 ? n : 1);
    }
    buffer_add_char(out, '"');
}

static void
print_list(const struct setting *row, const void *base, struct buffer *out)
{
    const char *const *items = *(const char *const **)setting_value(row, base);
    size_t n = *(const size_t *)((const char *)base + row->aux);
    size_t i;

    buffer_add_char(out, '[');
    for (i = 0; i < n; i++) {
        if (i > 0)
            buffer_add(out, SLICE(", "));
        print_text(out, items[i]);
    }
    buffer_add_char(out, ']');
}

static void
print_word(const struct setting *row, const void *base, struct buffer *out)
{
    const struct setting_word *word = row->words;

    while (word->text != NULL && word->value != (unsigned)load_integer(row, base))
        word++;
    ASSERT(word->text != NULL);
    buffer_add(out, slice_str(word->text));
}

void
value_print(const struct setting *row, const void *base, struct buffer *out)
{
    switch (row->type) {
    case SETTING_BOOL:
        buffer_add(out, *(const bool *)setting_value(row, base) ? SLICE("true") : SLICE("false"));
        break;
    case SETTING_WORD:
        print_word(row, base, out);
        break;
    case SETTING_TEXT:
    case SETTING_PATH:
        print_text(out, *(const char **)setting_value(row, base));
        break;
    case SETTING_TEXTS:
    case SETTING_PATHS:
        print_list(row, base, out);
        break;
    default:
        print_number(row, load_integer(row, base), out);
        break;
    }
}
