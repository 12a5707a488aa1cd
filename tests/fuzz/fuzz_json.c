/* SPDX-License-Identifier: Apache-2.0 */

/*
 * JSON: what is taken is what a slow reading of the grammar takes; all slices are readable; fields written out again as
 * one flat object are read as the same fields.
 */

#include "parsers/json.h"

#include "base/json_writer.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"

enum { FIELDS_MAX = 4096, ARENA_BYTES = 64 << 20 };

/* The grammar of RFC 8259 byte by byte, with the tolerance of parsers/json.h, and nothing of its code. */
static bool slow_value(struct slice *in, int depth);

static bool
take(struct slice *in, const char *text)
{
    size_t n = strlen(text);

    if (in->n < n || memcmp(in->p, text, n) != 0)
        return false;
    *in = slice_from(*in, n);
    return true;
}

static bool
take_any(struct slice *in, const char *set)
{
    if (in->n == 0 || in->p[0] == '\0' || strchr(set, in->p[0]) == NULL)
        return false;
    *in = slice_from(*in, 1);
    return true;
}

static void
slow_blanks(struct slice *in)
{
    while (take_any(in, " \t\r\n"))
        ;
}

static bool
slow_string(struct slice *in)
{
    int i;

    if (!take(in, "\""))
        return false;
    while (!take(in, "\"")) {
        if (in->n == 0)
            return false;
        if (!take(in, "\\")) {
            *in = slice_from(*in, 1);
        } else if (take(in, "u")) {
            for (i = 0; i < 4; i++)
                if (!take_any(in, "0123456789abcdefABCDEF"))
                    return false;
        } else if (!take_any(in, "\"\\/bfnrt")) {
            return false;
        }
    }
    return true;
}

static bool
slow_number(struct slice *in)
{
    static const char digits[] = "0123456789";

    (void)take(in, "-");
    if (!take(in, "0")) {
        if (!take_any(in, "123456789"))
            return false;
        while (take_any(in, digits))
            ;
    }
    if (take(in, ".")) {
        if (!take_any(in, digits))
            return false;
        while (take_any(in, digits))
            ;
    }
    if (take_any(in, "eE")) {
        (void)take_any(in, "+-");
        if (!take_any(in, digits))
            return false;
        while (take_any(in, digits))
            ;
    }
    return true;
}

static bool
slow_nest(struct slice *in, int depth, bool object)
{
    const char *close = object ? "}" : "]";

    if (depth >= JSON_NESTING_MAX)
        return false;
    slow_blanks(in);
    if (take(in, close))
        return true;
    do {
        slow_blanks(in);
        if (object) {
            if (!slow_string(in))
                return false;
            slow_blanks(in);
            if (!take(in, ":"))
                return false;
            slow_blanks(in);
        }
        if (!slow_value(in, depth + 1))
            return false;
        slow_blanks(in);
    } while (take(in, ","));
    return take(in, close);
}

static bool
slow_value(struct slice *in, int depth)
{
    if (take(in, "{"))
        return slow_nest(in, depth, true);
    if (take(in, "["))
        return slow_nest(in, depth, false);
    if (in->n > 0 && in->p[0] == '"')
        return slow_string(in);
    return take(in, "true") || take(in, "false") || take(in, "null") || slow_number(in);
}

static bool
slow_text(struct slice in)
{
    slow_blanks(&in);
    if (!slow_value(&in, 0))
        return false;
    slow_blanks(&in);
    return in.n == 0;
}

static void
write_field(struct json_writer *w, const struct field *f)
{
    json_key_slice(w, f->name);
    switch (f->type) {
    case VALUE_TEXT:
        json_string(w, f->value);
        break;
    case VALUE_NULL:
        json_null(w);
        break;
    default:
        json_raw(w, f->value);
        break;
    }
}

static bool
all_utf8(const struct fields *fields)
{
    size_t i;

    for (i = 0; i < fields->n; i++)
        if (!utf8_valid(fields->items[i].name) || !utf8_valid(fields->items[i].value))
            return false;
    return true;
}

static void
check_same(const struct fields *a, const struct fields *b)
{
    size_t i;

    ASSERT(a->n == b->n);
    for (i = 0; i < a->n; i++) {
        ASSERT(slice_eq(a->items[i].name, b->items[i].name));
        ASSERT(slice_eq(a->items[i].value, b->items[i].value));
        ASSERT(a->items[i].type == b->items[i].type);
        ASSERT(a->items[i].name_hash == b->items[i].name_hash);
    }
}

static void
check_round_trip(const struct fields *fields)
{
    CLEANUP_BUFFER struct buffer out = {0};
    struct json_writer w;
    struct arena arena;
    struct fields again;
    size_t i;

    json_begin(&w, &out);
    json_object(&w);
    for (i = 0; i < fields->n; i++)
        write_field(&w, &fields->items[i]);
    json_close(&w);
    (void)arena_init(&arena, 0, ARENA_BYTES);
    fields_init(&again, &arena, FIELDS_MAX);
    ASSERT(json_flatten(buffer_slice(&out), &again, NULL) == 0);
    ASSERT(again.n_dropped == 0);
    if (all_utf8(fields))
        check_same(fields, &again);
    arena_fini(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice text = slice_of((const char *)data, n);
    struct json_problem problem = {0};
    struct fields fields;
    struct arena arena;
    size_t i;
    int r;

    (void)arena_init(&arena, 0, ARENA_BYTES);
    fields_init(&fields, &arena, FIELDS_MAX);
    r = json_flatten(text, &fields, &problem);
    ASSERT((r == 0 || r == JSON_E_NOT_OBJECT) == slow_text(text));
    ASSERT(problem.offset <= n);
    for (i = 0; i < fields.n; i++) {
        fuzz_touch(fields.items[i].name);
        fuzz_touch(fields.items[i].value);
        ASSERT(fields.items[i].name_hash == field_hash(fields.items[i].name));
    }
    if (r == 0)
        check_round_trip(&fields);
    arena_fini(&arena);
    return 0;
}
