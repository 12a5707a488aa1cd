/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/auditd.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/cursor.h"
#include "parsers/auditd_names.h"
#include "parsers/kv.h"

/*
 *     record   = [ clock ] [ "audit: " ] [ "node=" 1*any SP ] "type=" 1*any SP
 *                [ "msg=" ] "audit(" 1*DIGIT "." 1*3DIGIT ":" 1*DIGIT ")" ( ":" / SP ) *SP pairs [ GS pairs ]
 *     clock    = "[" *SP 1*DIGIT "." 1*DIGIT "] "              ; of the kernel's log
 *     pair     = key "=" ( plain / <"> text <"> / "'" pairs "'" / *( HEXDIG HEXDIG ) )
 */

enum {
    GROUP_SEPARATOR = 0x1d,
    KEY_SEPARATOR = 0x01,
    SECONDS_DIGITS_MAX = 10,
    SERIAL_DIGITS_MAX = 19,
    SADDR_MAX = 128, /* struct sockaddr_storage */
};

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

/* The length of a long one, a1_len, is a number and none of its pieces. */
bool
auditd_argument(struct slice name, bool *goes_on)
{
    unsigned number;

    if (!cursor_skip(&name, 'a') || !cursor_number(&name, 6, &number))
        return false;
    *goes_on = false;
    if (name.n == 0)
        return true;
    if (!cursor_skip(&name, '[') || !cursor_number(&name, 6, &number))
        return false;
    *goes_on = number > 0;
    return slice_eq(name, SLICE("]"));
}

static bool
is_text(struct slice type, struct slice key)
{
    bool goes_on;
    size_t i;

    if (slice_eq(type, SLICE("EXECVE")) && auditd_argument(key, &goes_on))
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

/* The keys of several rules that one record fits come in one value; each becomes a field. */
static void
split_keys(struct fields *out, size_t i)
{
    struct slice rest = out->items[i].value;

    out->items[i].value = cursor_until(&rest, KEY_SEPARATOR);
    while (cursor_skip(&rest, KEY_SEPARATOR))
        fields_add(out, SLICE("key"), cursor_until(&rest, KEY_SEPARATOR), VALUE_TEXT);
}

static void
decode_from(struct fields *out, size_t first, struct slice type, struct slice text)
{
    size_t end = out->n;
    size_t i;

    for (i = first; i < end; i++) {
        struct field *f = &out->items[i];
        struct slice decoded;

        if (!is_hex(f->value) || was_quoted(text, f->value) || !is_text(type, f->name))
            continue;
        decoded = decode(f->value, out->arena);
        if (decoded.p == NULL)
            continue;
        f->value = decoded;
        if (slice_eq(f->name, SLICE("key")))
            split_keys(out, i);
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

/* --- what numbers stand for --- */

static struct slice
find(const struct fields *f, size_t first, struct slice name)
{
    size_t i;

    for (i = first; i < f->n; i++)
        if (slice_eq(f->items[i].name, name))
            return f->items[i].value;
    return (struct slice){NULL, 0};
}

static void
add_syscall(struct fields *out, size_t first)
{
    struct slice machine;
    struct slice name = auditd_syscall(find(out, first, SLICE("arch")), find(out, first, SLICE("syscall")), &machine);

    if (machine.n > 0)
        fields_add(out, SLICE("ARCH"), machine, VALUE_TEXT);
    if (name.n > 0)
        fields_add(out, SLICE("SYSCALL"), name, VALUE_TEXT);
}

static void
add_address(struct fields *out, int family, const unsigned char *address, const unsigned char *port)
{
    char *text = arena_text(out->arena, INET6_ADDRSTRLEN);
    char *digits = arena_text(out->arena, sizeof("65535"));
    int n;

    if (text == NULL || digits == NULL || inet_ntop(family, address, text, INET6_ADDRSTRLEN) == NULL)
        return;
    n = snprintf(digits, sizeof("65535"), "%u", (unsigned)port[0] << 8 | port[1]);
    fields_add(out, SLICE("laddr"), slice_str(text), VALUE_TEXT);
    fields_add(out, SLICE("lport"), slice_of(digits, (size_t)n), VALUE_TEXT);
}

static void
add_path(struct fields *out, const unsigned char *path, size_t n)
{
    struct slice name = slice_of((const char *)path, n);

    (void)cursor_skip(&name, '\0'); /* before a name that is in no file system */
    name = slice_head(name, slice_find(name, '\0'));
    name = arena_copy(out->arena, name);
    if (name.n > 0)
        fields_add(out, SLICE("path"), name, VALUE_TEXT);
}

/*
 * struct sockaddr as the sender's memory had it: the family in its byte order, of which one byte is zero, port and
 * address in the network's (packet(7), ip(7), ipv6(7), unix(7)).
 */
static void
add_socket(struct fields *out, size_t first)
{
    struct slice hex = find(out, first, SLICE("saddr"));
    unsigned char raw[SADDR_MAX];
    size_t n = hex.n / 2;
    size_t i;

    if (!is_hex(hex) || n < 2 || n > sizeof(raw))
        return;
    for (i = 0; i < n; i++)
        raw[i] = (unsigned char)(hex_digit(hex.p[2 * i]) * 16 + hex_digit(hex.p[2 * i + 1]));
    switch (raw[0] | raw[1]) {
    case AF_UNIX:
        fields_add(out, SLICE("saddr_fam"), SLICE("local"), VALUE_TEXT);
        add_path(out, raw + 2, n - 2);
        break;
    case AF_INET:
        fields_add(out, SLICE("saddr_fam"), SLICE("inet"), VALUE_TEXT);
        if (n >= 8)
            add_address(out, AF_INET, raw + 4, raw + 2);
        break;
    case AF_INET6:
        fields_add(out, SLICE("saddr_fam"), SLICE("inet6"), VALUE_TEXT);
        if (n >= 24)
            add_address(out, AF_INET6, raw + 8, raw + 2);
        break;
    case AF_NETLINK:
        fields_add(out, SLICE("saddr_fam"), SLICE("netlink"), VALUE_TEXT);
        break;
    default:
        break;
    }
}

/* "avc:  denied  { read write } for": what SELinux decided, and on which permissions, which are no pairs. */
static void
add_decision(struct fields *out, struct slice text)
{
    size_t at = slice_search(text, SLICE("avc:  "));
    struct slice rest = at == SIZE_MAX ? (struct slice){NULL, 0} : slice_from(text, at + 6);
    struct slice decision = cursor_until(&rest, ' ');

    (void)cursor_skip_all(&rest, ' ');
    if (!cursor_skip(&rest, '{'))
        return;
    fields_add(out, SLICE("seresult"), decision, VALUE_TEXT);
    fields_add(out, SLICE("seperms"), slice_trim(cursor_until(&rest, '}')), VALUE_TEXT);
}

/* --- a record --- */

static bool
take_stamp(struct slice *in, struct auditd_stamp *stamp)
{
    uint64_t seconds;
    uint64_t serial;
    unsigned ms;

    (void)cursor_skip_text(in, SLICE("msg="));
    if (!cursor_skip_text(in, SLICE("audit(")) || !cursor_digits(in, SECONDS_DIGITS_MAX, &seconds) ||
        !cursor_skip(in, '.') || !cursor_number(in, 3, &ms) || !cursor_skip(in, ':'))
        return false;
    stamp->serial = *in;
    if (!cursor_digits(in, SERIAL_DIGITS_MAX, &serial))
        return false;
    stamp->serial.n = (size_t)(in->p - stamp->serial.p);
    if (!cursor_skip(in, ')') || (!cursor_skip(in, ':') && !cursor_at(in, ' '))) /* the daemon's own have no colon */
        return false;
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

/* What the kernel's log puts before a record. */
static void
skip_kernel(struct slice *in)
{
    struct slice rest = *in;
    uint64_t number;

    if (cursor_skip(&rest, '[')) {
        (void)cursor_skip_all(&rest, ' ');
        if (!cursor_digits(&rest, SERIAL_DIGITS_MAX, &number) || !cursor_skip(&rest, '.') ||
            !cursor_digits(&rest, SERIAL_DIGITS_MAX, &number) || !cursor_skip_text(&rest, SLICE("] ")))
            return;
    }
    (void)cursor_skip_text(&rest, SLICE("audit: "));
    *in = rest;
}

int
auditd_parse(struct slice text, struct auditd_stamp *stamp, struct fields *out)
{
    struct kv_options options = kv_options_default();
    struct slice type;
    struct slice pairs;
    size_t first = out->n + 1;
    bool enriched;

    *stamp = (struct auditd_stamp){0};
    skip_kernel(&text);
    if (slice_starts(text, SLICE("node=")) && !take_word(&text, SLICE("node="), &stamp->node))
        return AUDITD_E_SYNTAX;
    if (!take_word(&text, SLICE("type="), &type) || !take_stamp(&text, stamp))
        return AUDITD_E_SYNTAX;
    type = auditd_type(type);
    fields_add(out, SLICE("type"), type, VALUE_TEXT);
    pairs = cursor_until(&text, GROUP_SEPARATOR);
    (void)kv_parse(pairs, &options, out);
    if (out->n > first)
        open_message(out, first);
    decode_from(out, first, type, pairs);
    if (slice_ends(type, SLICE("AVC")))
        add_decision(out, pairs);
    enriched = cursor_skip(&text, GROUP_SEPARATOR);
    if (enriched)
        (void)kv_parse(text, &options, out);
    else if (slice_eq(type, SLICE("SYSCALL")) || slice_eq(type, SLICE("SECCOMP")))
        add_syscall(out, first);
    else if (slice_eq(type, SLICE("SOCKADDR")))
        add_socket(out, first);
    return 0;
}
