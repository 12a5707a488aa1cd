/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/auditd.h"

#include "base/cursor.h"
#include "parsers/kv.h"

/*
 *     record   = [ "node=" 1*any SP ] "type=" 1*any SP "msg=audit(" 1*DIGIT "." 1*3DIGIT ":" 1*DIGIT "):" *SP pairs
 *                [ GS pairs ]
 *     pair     = key "=" ( plain / <"> text <"> / "'" pairs "'" / *( HEXDIG HEXDIG ) )
 */

enum { GROUP_SEPARATOR = 0x1d, SECONDS_DIGITS_MAX = 10, SERIAL_DIGITS_MAX = 19 };

/* Keys whose values are text, and so may be in hexadecimal. */
static const struct slice texts[] = {
    {"acct", 4},
    {"cmd", 3},
    {"comm", 4},
    {"cwd", 3},
    {"data", 4},
    {"dir", 3},
    {"exe", 3},
    {"file", 4},
    {"key", 3},
    {"name", 4},
    {"new-disk", 8},
    {"ocomm", 5},
    {"old-disk", 8},
    {"path", 4},
    {"proctitle", 9},
    {"vm", 2},
    {"watch", 5},
};

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
is_hex(struct slice s)
{
    size_t i;

    for (i = 0; i < s.n; i++)
        if (hex_digit(s.p[i]) < 0)
            return false;
    return s.n > 0 && s.n % 2 == 0;
}

/* a0, a1 …, and the pieces of a long one, a1[0], a1[1] …. */
static bool
is_argument(struct slice key)
{
    return key.n >= 2 && key.p[0] == 'a' && (unsigned)(key.p[1] - '0') <= 9;
}

static bool
is_text(struct slice type, struct slice key)
{
    size_t i;

    if (slice_eq(type, SLICE("EXECVE")) && is_argument(key))
        return true;
    for (i = 0; i < ARRAY_LEN(texts); i++)
        if (slice_eq(key, texts[i]))
            return true;
    return false;
}

/* @hex as bytes, with blanks for NULs; {NULL, 0} where the arena is full. */
static struct slice
decode(struct slice hex, struct arena *arena)
{
    char *out = arena_text(arena, hex.n / 2);
    size_t i;

    if (out == NULL)
        return (struct slice){NULL, 0};
    for (i = 0; i + 1 < hex.n; i += 2) {
        char c = (char)(hex_digit(hex.p[i]) * 16 + hex_digit(hex.p[i + 1]));

        out[i / 2] = c;
        if (c == '\0')
            out[i / 2] = ' ';
    }
    return slice_of(out, hex.n / 2);
}

/* Whether @value stood in quotes: the bytes around it are still there. */
static bool
was_quoted(struct slice text, struct slice value)
{
    return value.p > text.p && value.p < text.p + text.n && (value.p[-1] == '"' || value.p[-1] == '\'');
}

static void
decode_from(struct fields *out, size_t first, struct slice type, struct slice text)
{
    size_t i;

    for (i = first; i < out->n; i++) {
        struct field *f = &out->items[i];
        struct slice decoded;

        if (!is_hex(f->value) || was_quoted(text, f->value) || !is_text(type, f->name))
            continue;
        decoded = decode(f->value, out->arena);
        if (decoded.p != NULL)
            f->value = decoded;
    }
}

/* What user space sends stands in one pair, msg='…', and gives way to the pairs in it. */
static void
open_message(struct fields *out, size_t first)
{
    struct kv_options options = kv_options_default();
    size_t i;

    for (i = first; i < out->n; i++)
        if (slice_eq(out->items[i].name, SLICE("msg")))
            break;
    if (i == out->n || slice_find(out->items[i].value, '=') == out->items[i].value.n)
        return;
    (void)kv_parse(out->items[i].value, &options, out);
    memmove(&out->items[i], &out->items[i + 1], (out->n - i - 1) * sizeof(*out->items));
    out->n--;
}

static bool
take_stamp(struct slice *in, struct auditd_stamp *stamp)
{
    uint64_t seconds;
    uint64_t serial;
    unsigned ms;

    if (!cursor_skip_text(in, SLICE("msg=audit(")) || !cursor_digits(in, SECONDS_DIGITS_MAX, &seconds) ||
        !cursor_skip(in, '.') || !cursor_number(in, 3, &ms) || !cursor_skip(in, ':'))
        return false;
    stamp->serial = *in;
    if (!cursor_digits(in, SERIAL_DIGITS_MAX, &serial) || !cursor_skip_text(in, SLICE("):")))
        return false;
    stamp->serial.n = (size_t)(in->p - stamp->serial.p) - 2;
    if (seconds > (uint64_t)(INT64_MAX / NS_PER_S) - 1)
        return false;
    stamp->time.ns = (int64_t)seconds * NS_PER_S + (int64_t)ms * (NS_PER_S / 1000);
    return true;
}

static bool
take_word(struct slice *in, struct slice key, struct slice *value)
{
    if (!cursor_skip_text(in, key))
        return false;
    *value = cursor_until(in, ' ');
    return value->n > 0 && cursor_skip(in, ' ');
}

int
auditd_parse(struct slice text, struct auditd_stamp *stamp, struct fields *out)
{
    struct kv_options options = kv_options_default();
    struct slice type;
    struct slice pairs;
    size_t first = out->n + 1;

    *stamp = (struct auditd_stamp){0};
    if (slice_starts(text, SLICE("node=")) && !take_word(&text, SLICE("node="), &stamp->node))
        return AUDITD_E_SYNTAX;
    if (!take_word(&text, SLICE("type="), &type) || !take_stamp(&text, stamp))
        return AUDITD_E_SYNTAX;
    fields_add(out, SLICE("type"), type, VALUE_TEXT);
    pairs = cursor_until(&text, GROUP_SEPARATOR);
    (void)kv_parse(pairs, &options, out);
    if (out->n > first)
        open_message(out, first);
    decode_from(out, first, type, pairs);
    if (cursor_skip(&text, GROUP_SEPARATOR))
        (void)kv_parse(text, &options, out);
    return 0;
}
