/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/syslog_internal.h"

/*
 * RFC 3164 section 4.1, "observed behaviour", and what is observed since:
 *
 *     MESSAGE = PRI [SP] [STAMP [":"] SP [HOSTNAME SP]] CONTENT
 *     CONTENT = [TAG ["[" PID "]"] [":"] [SP]] MSG
 *
 * Each part may be missing, and the parts look alike, so each is taken only where it can be nothing more likely:
 *   - a word is the host's name only behind a stamp, and not where a colon or "[" ends it: then it is the tag;
 *   - a word without a colon is the tag only behind a stamp, and only where it could be a program's name;
 *   - routers put a sequence number, their name and the stamp in front of "%FACILITY-SEVERITY-MNEMONIC".
 * What is no part of a header is message, whole.
 */

enum { HOSTNAME_MAX = 255, TAG_MAX = 255, PID_MAX = 128, CISCO_ITEMS_MAX = 5, ZONE_MAX = 5 };

enum { HOST_BYTE = 1, TAG_BYTE = 2, WORD_START = 4, DIGIT_BYTE = 8, ADDRESS_BYTE = 16 };

/* Bytes of a host's name (":" aside), of a tag, of a word's start; non-ASCII letters are let through. */
#define LETTER (HOST_BYTE | TAG_BYTE | WORD_START)
#define DIGIT  (HOST_BYTE | TAG_BYTE | DIGIT_BYTE | ADDRESS_BYTE)
#define HEX    (LETTER | ADDRESS_BYTE)
#define INNER  (HOST_BYTE | TAG_BYTE)
static const unsigned char kinds[256] = {
    // clang-format off
    ['a' ... 'f'] = HEX,    ['g' ... 'z'] = LETTER,    ['0' ... '9'] = DIGIT, ['_'] = LETTER,
    ['A' ... 'F'] = HEX,    ['G' ... 'Z'] = LETTER,    [0x80 ... 0xff] = LETTER,
    ['-'] = INNER, ['@'] = INNER, ['/'] = INNER, ['~'] = INNER, ['+'] = INNER, ['.'] = INNER | ADDRESS_BYTE,
    ['#'] = TAG_BYTE, ['$'] = TAG_BYTE, ['%'] = TAG_BYTE | ADDRESS_BYTE, ['&'] = TAG_BYTE, ['!'] = TAG_BYTE,
    ['*'] = TAG_BYTE, ['?'] = TAG_BYTE, ['('] = TAG_BYTE, [')'] = TAG_BYTE, ['^'] = TAG_BYTE,
    [':'] = ADDRESS_BYTE,
    // clang-format on
};

static inline unsigned char
kind_at(struct slice in, size_t i)
{
    return i < in.n ? kinds[(unsigned char)in.p[i]] : 0;
}

static inline char
at(struct slice in, size_t i)
{
    return i < in.n ? in.p[i] : ' ';
}

static inline bool
ends_word(struct slice in, size_t i)
{
    return i >= in.n || in.p[i] == ' ' || in.p[i] == '\t';
}

static inline size_t
span(struct slice in, unsigned char kind)
{
    size_t n = 0;

    while (n < in.n && (kinds[(unsigned char)in.p[n]] & kind) != 0)
        n++;
    return n;
}

static inline void
skip_blanks(struct slice *in)
{
    (void)cursor_skip_all(in, ' ');
}

/* --- the stamp --- */

/* "Mmm d hh:mm:ss" or "yyyy-mm-dd…" in shape, and no real date or time: passed over, and marked. */
static bool
take_bad_timestamp(struct syslog_reader *r, struct slice *in)
{
    struct slice rest = *in;
    unsigned number;

    if (cursor_number(&rest, 4, &number)) {
        if (in->n - rest.n != 4 || !cursor_skip(&rest, '-') || !cursor_number(&rest, 2, &number) ||
            !cursor_skip(&rest, '-') || !cursor_number(&rest, 2, &number))
            return false;
        (void)cursor_until(&rest, ' ');
    } else {
        if (span(rest, WORD_START) != 3 || at(rest, 3) != ' ')
            return false;
        rest = slice_from(rest, 4);
        (void)cursor_skip(&rest, ' ');
        if (!cursor_number(&rest, 2, &number) || !cursor_skip(&rest, ' ') || rest.n < 8 || rest.p[2] != ':' ||
            rest.p[5] != ':')
            return false;
        rest = slice_from(rest, 8);
    }
    r->out->marks |= SYSLOG_BAD_TIMESTAMP;
    r->out->timestamp_text = slice_head(*in, in->n - rest.n);
    *in = rest;
    return true;
}

/* Some put RFC 5424's version before a stamp of seconds since 1970. */
static void
skip_version(struct slice *in)
{
    if (in->n > 12 && in->p[0] == '1' && in->p[1] == ' ' && (kinds[(unsigned char)in->p[2]] & DIGIT_BYTE) != 0)
        *in = slice_from(*in, 2);
}

static bool
take_timestamp(struct syslog_reader *r, struct slice *in)
{
    struct timestamp t;
    struct slice rest = *in;

    skip_version(&rest);
    if (timestamp_take(&rest, &r->time, &t)) {
        syslog_timestamp_set(r, &t);
        *in = rest;
        return true;
    }
    return take_bad_timestamp(r, in);
}

/* --- the host --- */

/* Two colons or more among digits, a to f and points, up to a blank: "fe80::1", "0002::". */
static size_t
ipv6_length(struct slice in)
{
    size_t n = span(in, ADDRESS_BYTE);
    size_t colons = 0;
    size_t i;

    for (i = 0; i < n; i++)
        colons += in.p[i] == ':';
    return colons >= 2 && ends_word(in, n) ? n : 0;
}

/* "[" address "]" before a blank. */
static bool
take_bracketed(struct slice *in, struct slice *host)
{
    struct slice inside = slice_from(*in, 1);
    size_t n = span(inside, ADDRESS_BYTE);

    if (n < 2 || at(inside, n) != ']' || !ends_word(inside, n + 1))
        return false;
    *host = slice_head(inside, n);
    *in = slice_from(inside, n + 1);
    return true;
}

static bool
is_ipv4(struct slice word)
{
    size_t points = 0;
    size_t i;

    for (i = 0; i < word.n; i++) {
        points += word.p[i] == '.';
        if (word.p[i] != '.' && (kinds[(unsigned char)word.p[i]] & DIGIT_BYTE) == 0)
            return false;
    }
    return points == 3;
}

/* A colon ends a host's name only behind an address, and where a router's message follows. */
static bool
host_before_colon(struct slice in, size_t n)
{
    struct slice rest = slice_from(in, n + 1);

    if (!ends_word(rest, 0))
        return false;
    skip_blanks(&rest);
    return cursor_at(&rest, '%') || is_ipv4(slice_head(in, n));
}

/* Behind a comma comes no more of the name: "host,key=value,…" is content, "model,mac,version" is passed over. */
static void
skip_behind_comma(struct slice *in)
{
    struct slice word = slice_head(*in, slice_find(*in, ' '));

    *in = slice_from(*in, slice_find(word, '=') < word.n ? 1 : word.n);
}

/* HOSTNAME: a name, or an IPv4 or IPv6 address. @in is moved to what ended it. */
static bool
take_host(struct slice *in, struct slice *host)
{
    size_t n = span(*in, HOST_BYTE);
    size_t ipv6 = 0;

    if (n == 0)
        return cursor_at(in, '[') && take_bracketed(in, host);
    if (at(*in, n) == ':')
        ipv6 = ipv6_length(*in);
    if (ipv6 > 0)
        n = ipv6;
    else if (n > HOSTNAME_MAX || (kind_at(*in, 0) & (WORD_START | DIGIT_BYTE)) == 0)
        return false;
    else if (!ends_word(*in, n) && in->p[n] != ',' && !(in->p[n] == ':' && host_before_colon(*in, n)))
        return false;
    *host = slice_head(*in, n);
    *in = slice_from(*in, n);
    return true;
}

/* A chassis puts the number of its blade before its name. */
static struct slice
without_slot(struct slice host)
{
    struct slice rest = host;
    unsigned slot;

    return cursor_skip_text(&rest, SLICE("slot")) && cursor_number(&rest, 3, &slot) && cursor_skip(&rest, '/') &&
                   rest.n > 0
               ? rest
               : host;
}

/* "facility.severity", which some write between the stamp and the name. */
static bool
is_selector(struct slice word)
{
    size_t dot = slice_find(word, '.');

    return dot < word.n && syslog_severity_known(slice_from(word, dot + 1)) &&
           syslog_facility_known(slice_head(word, dot));
}

/* --- the tag --- */

static bool
begins_repeat(struct slice in)
{
    return slice_starts(in, SLICE("last message repeated ")) || slice_starts(in, SLICE("message repeated "));
}

/* "[" PID "]": without blanks, and not too long. */
static bool
take_pid(struct slice *in, struct slice *pid)
{
    struct slice rest = *in;
    size_t n = 0;

    if (!cursor_skip(&rest, '['))
        return false;
    while (n < rest.n && n <= PID_MAX && rest.p[n] != ']' && rest.p[n] != ' ')
        n++;
    if (at(rest, n) != ']')
        return false;
    *pid = slice_head(rest, n);
    *in = slice_from(rest, n + 1);
    return true;
}

/* Whether the colon at @n ends a tag and is not in the middle of something: "12:30", "http://". */
static bool
colon_ends_tag(struct slice in, size_t n)
{
    if (ends_word(in, n + 1))
        return true;
    if (at(in, n + 1) == '/' || at(in, n + 1) == '\\')
        return false;
    return (kind_at(in, 0) & DIGIT_BYTE) == 0;
}

/* A word alone may be a program's name where it begins like one: "-", "/" and "#" do too, numbers and "(" do not. */
static bool
could_be_program(struct slice in)
{
    return (kind_at(in, 0) & DIGIT_BYTE) == 0 && in.p[0] != '(' && in.p[0] != '*' && in.p[0] != '?' && in.p[0] != '!';
}

enum tag_need { TAG_MAY_STAND_ALONE, TAG_NEEDS_COLON };

/* TAG ["[" PID "]"] [SP ":" / ":"] [SP]. Return: whether there was one; @in is at the message then. */
static bool
take_tag(struct syslog_message *out, struct slice *in, enum tag_need need)
{
    struct slice rest = *in;
    size_t n = span(*in, TAG_BYTE);
    struct slice pid = {NULL, 0};
    bool closed;

    if (n > TAG_MAX || (n == 0 && !cursor_at(in, '[')))
        return false;
    rest = slice_from(rest, n);
    closed = take_pid(&rest, &pid);
    if (closed ? n == 0 && !cursor_at(&rest, ':') : cursor_at(&rest, '['))
        return false;
    if (cursor_at(&rest, ':')) {
        if (!closed && !colon_ends_tag(*in, n))
            return false;
        rest = slice_from(rest, 1);
    } else if (!closed && (need == TAG_NEEDS_COLON || !ends_word(rest, 0) || !could_be_program(*in))) {
        return false;
    }
    if (!cursor_skip(&rest, ' '))
        (void)cursor_skip(&rest, '\t');
    out->app_name = syslog_present(slice_head(*in, n));
    out->procid = syslog_present(pid);
    *in = rest;
    return true;
}

/* "%FACILITY-SEVERITY-MNEMONIC" [SP] ":" [SP]: of a router or firewall, the tag of what follows. */
static bool
take_mnemonic(struct syslog_message *out, struct slice *in)
{
    struct slice rest = *in;
    size_t n = span(*in, TAG_BYTE);

    if (!cursor_at(in, '%') || n < 2 || n > TAG_MAX)
        return false;
    rest = slice_from(rest, n);
    if (at(rest, 0) == ' ' && at(rest, 1) == ':')
        rest = slice_from(rest, 1);
    else if (at(rest, 0) != ':' && !ends_word(rest, 0))
        return false;
    (void)cursor_skip(&rest, ':');
    (void)cursor_skip(&rest, ' ');
    out->app_name = slice_head(*in, n);
    *in = rest;
    return true;
}

/* A severity's name before a tag with a colon says nothing that PRI does not. */
static bool
take_tag_behind_severity(struct syslog_message *out, struct slice *in)
{
    struct slice rest = *in;
    size_t n = span(rest, WORD_START);

    if (n < 3 || n > 7 || at(rest, n) != ' ' || !syslog_severity_known(slice_head(rest, n)))
        return false;
    rest = slice_from(rest, n + 1);
    if (!take_tag(out, &rest, TAG_NEEDS_COLON))
        return false;
    *in = rest;
    return true;
}

static void
read_content(struct syslog_message *out, struct slice in, enum tag_need need)
{
    if (slice_starts(in, SLICE(": ")))
        in = slice_from(in, 2);
    out->content = in;
    if (in.n > 0 && !begins_repeat(in) && !syslog_is_payload(in) && !take_mnemonic(out, &in) &&
        !take_tag_behind_severity(out, &in))
        (void)take_tag(out, &in, need);
    out->msg = in;
}

/* --- routers --- */

static bool
is_digit_at(struct slice in, size_t i)
{
    return (kind_at(in, i) & DIGIT_BYTE) != 0;
}

/* "00:01:01", "1w2d", "2d03h" before a colon: time since the start, where the clock was never set. */
static size_t
uptime_length(struct slice in)
{
    size_t n = 0;
    size_t units = 0;

    while (is_digit_at(in, n) || (n > 0 && memchr(":ywdh", at(in, n), 5) != NULL && is_digit_at(in, n - 1))) {
        if (at(in, n) == ':' && !is_digit_at(in, n + 1))
            break;
        units += !is_digit_at(in, n);
        n++;
    }
    return units >= 2 && at(in, n) == ':' ? n : 0;
}

/* One item before a router's stamp: a sequence number, the uptime, a task with "*", a node's path, or its name. */
static bool
take_cisco_item(struct slice *in, struct slice *host)
{
    size_t n = uptime_length(*in);
    struct slice word;

    if (n == 0)
        n = cursor_at(in, '*') + span(slice_from(*in, cursor_at(in, '*')), HOST_BYTE);
    word = slice_head(*in, n);
    if (n == 0 || (at(*in, n) != ':' && at(*in, n) != ' '))
        return false;
    if (host->p == NULL && span(word, DIGIT_BYTE) < n && word.p[0] != '*' && uptime_length(*in) == 0 &&
        slice_search(word, SLICE("/CPU")) == SIZE_MAX)
        *host = word;
    *in = slice_from(*in, n);
    (void)cursor_skip(in, ':');
    skip_blanks(in);
    return true;
}

/* Whether a router's message begins here: "%…", or behind a host's name or a process. */
static bool
cisco_message_follows(struct slice in)
{
    size_t n = span(in, TAG_BYTE);
    struct slice pid;

    if (cursor_at(&in, '%'))
        return true;
    in = slice_from(in, n);
    if (take_pid(&in, &pid))
        (void)cursor_skip(&in, ':');
    return n > 0 && cursor_skip(&in, ' ') && cursor_at(&in, '%');
}

/* The stamp, a zone that is not known by name, and the colon. */
static bool
take_cisco_stamp(struct syslog_reader *r, struct slice *in, struct timestamp *t)
{
    struct slice rest = *in;
    size_t n;

    if (!timestamp_take(in, &r->time, t))
        return false;
    rest = *in;
    skip_blanks(&rest);
    n = span(rest, WORD_START);
    if (n > 0 && n <= ZONE_MAX && at(rest, n) == ':')
        rest = slice_from(rest, n);
    if (!cursor_skip(&rest, ':'))
        return false;
    skip_blanks(&rest);
    *in = rest;
    return true;
}

/*
 * [":" SP] *(ITEM ":" SP) [STAMP ":" SP] [HOSTNAME SP] "%FACILITY-SEVERITY-MNEMONIC" ":" text, as IOS, IOS XE, IOS XR,
 * NX-OS and ASA send. Taken only as a whole.
 */
static bool
read_cisco(struct syslog_reader *r, struct slice in)
{
    struct slice host = {NULL, 0};
    struct timestamp t;
    bool stamped = false;
    unsigned i;

    if (cursor_skip(&in, ':'))
        skip_blanks(&in);
    for (i = 0; i < CISCO_ITEMS_MAX && !cursor_at(&in, '%'); i++) {
        stamped = take_cisco_stamp(r, &in, &t);
        if (stamped)
            break;
        if (!take_cisco_item(&in, &host))
            return false;
    }
    if (!cisco_message_follows(in))
        return false;
    if (stamped)
        syslog_timestamp_set(r, &t);
    else
        r->out->marks |= SYSLOG_NO_TIMESTAMP;
    if (host.p == NULL && !cursor_at(&in, '%') && take_host(&in, &host))
        skip_blanks(&in);
    r->out->hostname = host;
    r->out->format = SYSLOG_RFC3164;
    read_content(r->out, in, TAG_NEEDS_COLON);
    return true;
}

/* --- all of it --- */

/* A relay that found no header put its own in front: the one that follows a name at once is the sender's. */
static bool
another_header_follows(struct slice in)
{
    return in.n > 17 && in.p[3] == ' ' && in.p[6] == ' ' && in.p[9] == ':' && in.p[12] == ':' && in.p[15] == ' ';
}

/* "Message forwarded from " HOSTNAME ":", of AIX. */
static bool
take_forwarded(struct slice *in, struct slice *host)
{
    struct slice rest = *in;
    size_t n;

    if (!cursor_skip_text(&rest, SLICE("Message forwarded from ")))
        return false;
    n = span(rest, HOST_BYTE);
    if (n == 0 || at(rest, n) != ':' || !ends_word(rest, n + 1))
        return false;
    *host = slice_head(rest, n);
    *in = slice_from(rest, n + 1);
    return true;
}

/* [HOSTNAME], and what surrounds it. @in is moved past it and one blank. */
static void
read_host(struct syslog_message *out, struct slice *in)
{
    struct slice host;

    if (begins_repeat(*in) || syslog_is_payload(*in))
        return;
    if (take_forwarded(in, &host) || take_host(in, &host)) {
        if (is_selector(host) && cursor_skip(in, ' ') && !take_host(in, &host))
            return;
        out->hostname = syslog_present(without_slot(host));
        if (cursor_at(in, ','))
            skip_behind_comma(in);
        (void)cursor_skip(in, ':');
        if (!cursor_skip(in, ' '))
            (void)cursor_skip(in, '\t');
    }
}

void
syslog_rfc3164_read(struct syslog_reader *r, struct slice in)
{
    struct syslog_message *out = r->out;
    struct slice rest = in;

    skip_blanks(&rest);
    out->format = out->has_pri || (out->marks & SYSLOG_BAD_PRI) != 0 ? SYSLOG_RFC3164 : SYSLOG_UNKNOWN;
    if (!take_timestamp(r, &rest)) {
        if (read_cisco(r, rest))
            return;
        out->marks |= SYSLOG_NO_TIMESTAMP;
        read_content(out, out->has_pri ? rest : in, TAG_NEEDS_COLON);
        return;
    }
    out->format = SYSLOG_RFC3164;
    skip_blanks(&rest);
    (void)cursor_skip(&rest, ':');
    skip_blanks(&rest);
    read_host(out, &rest);
    if (another_header_follows(rest) && take_timestamp(r, &rest)) {
        skip_blanks(&rest);
        read_host(out, &rest);
    }
    read_content(out, rest, TAG_MAY_STAND_ALONE);
}
