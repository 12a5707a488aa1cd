/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/syslog_internal.h"

/*
 * RFC 3164 section 4.1, "observed behaviour", and what is observed since:
 *
 *     MESSAGE = PRI [SP] [STAMP [":"] SP [HOSTNAME SP]] CONTENT
 *     CONTENT = [TAG ["[" PID "]"] [":"] [SP]] [STRUCTURED-DATA SP] MSG
 *
 * Each part may be missing, and the parts look alike, so each is taken only where it can be nothing more likely:
 *   - a word is the host's name only behind a stamp, and not where a colon or "[" ends it: then it is the tag;
 *   - a word without a colon is the tag only behind a stamp, and only where it could be a program's name;
 *   - what stands in brackets is STRUCTURED-DATA only exactly as RFC 5424 has it: rsyslog sends its own messages so;
 *   - routers put a sequence number, their name and the stamp in front of "%FACILITY-SEVERITY-MNEMONIC".
 * What is no part of a header is message, whole.
 *
 * Functions take what they read by value and return how much of it was theirs, 0 where nothing was, instead of moving
 * a cursor: a slice that is changed in memory and then copied costs the processor a stall of some 15 cycles, and there
 * would be a dozen of them in a message.
 */

enum {
    HOSTNAME_MAX = 255,
    TAG_MAX = 255,
    PID_MAX = 128,
    SELECTOR_MIN = 7,
    SELECTOR_MAX = 16,
    CISCO_ITEMS_MAX = 5,
    ZONE_MAX = 5
};

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
    ['#'] = TAG_BYTE, ['$'] = TAG_BYTE, ['%'] = TAG_BYTE, ['&'] = TAG_BYTE, ['!'] = TAG_BYTE,
    ['*'] = TAG_BYTE, ['?'] = TAG_BYTE, ['('] = TAG_BYTE, [')'] = TAG_BYTE, ['^'] = TAG_BYTE,
    [':'] = ADDRESS_BYTE,
    // clang-format on
};

static inline unsigned char
kind_at(struct slice in, size_t i)
{
    return i < in.n ? kinds[(unsigned char)in.p[i]] : 0;
}

static inline bool
is_digit(char c)
{
    return (unsigned)(c - '0') < 10;
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

static inline struct slice
skip_blanks(struct slice in)
{
    while (in.n > 0 && in.p[0] == ' ')
        in = slice_from(in, 1);
    return in;
}

/* @in without the @c it may begin with. */
static inline struct slice
skip(struct slice in, char c)
{
    return slice_from(in, in.n > 0 && in.p[0] == c);
}

/* --- the stamp --- */

/* "Mmm d hh:mm:ss" or "yyyy-mm-dd…" in shape, and no real date or time: passed over, and marked. */
static size_t
read_bad_timestamp(struct syslog_reader *r, struct slice in)
{
    struct slice rest = in;
    unsigned number;

    if (cursor_number(&rest, 4, &number)) {
        if (in.n - rest.n != 4 || !cursor_skip(&rest, '-') || !cursor_number(&rest, 2, &number) ||
            !cursor_skip(&rest, '-') || !cursor_number(&rest, 2, &number))
            return 0;
        (void)cursor_until(&rest, ' ');
    } else {
        if (span(rest, WORD_START) != 3 || rest.n < 4 || at(rest, 3) != ' ')
            return 0;
        rest = slice_from(rest, 4);
        (void)cursor_skip(&rest, ' ');
        if (!cursor_number(&rest, 2, &number) || !cursor_skip(&rest, ' ') || rest.n < 8 || rest.p[2] != ':' ||
            rest.p[5] != ':')
            return 0;
        rest = slice_from(rest, 8);
    }
    r->out->marks |= SYSLOG_BAD_TIMESTAMP;
    r->out->timestamp_text = slice_head(in, in.n - rest.n);
    return in.n - rest.n;
}

/* Some put RFC 5424's version before a stamp of seconds since 1970. */
static inline size_t
version_length(struct slice in)
{
    return in.n > 12 && in.p[0] == '1' && in.p[1] == ' ' && is_digit(in.p[2]) ? 2 : 0;
}

static inline size_t
read_timestamp(struct syslog_reader *r, struct slice in)
{
    struct timestamp t;
    size_t skipped = version_length(in);
    size_t n;

    in = slice_from(in, skipped);
    n = timestamp_read(in, &r->time, &t);
    if (UNLIKELY(n == 0))
        return skipped == 0 ? read_bad_timestamp(r, in) : 0;
    syslog_timestamp_set(r, in, n, t);
    return skipped + n;
}

/* --- the host --- */

/* Two colons or more among digits, a to f and points, and perhaps an interface, up to a blank: "fe80::1%eth0", "2::".
 */
static size_t
ipv6_length(struct slice in)
{
    size_t n = span(in, ADDRESS_BYTE);
    size_t colons = 0;
    size_t i;

    for (i = 0; i < n; i++)
        colons += in.p[i] == ':';
    if (colons < 2)
        return 0;
    if (at(in, n) == '%')
        n += 1 + span(slice_from(in, n + 1), HOST_BYTE);
    return ends_word(in, n) ? n : 0;
}

/* "[" address "]" before a blank. */
static size_t
read_bracketed(struct slice in, struct slice *host)
{
    struct slice inside = slice_from(in, 1);
    size_t n = span(inside, ADDRESS_BYTE);

    if (n < 2 || at(inside, n) != ']' || !ends_word(inside, n + 1))
        return 0;
    *host = slice_head(inside, n);
    return n + 2;
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
    rest = skip_blanks(rest);
    return cursor_at(&rest, '%') || is_ipv4(slice_head(in, n));
}

/* What a name of @n bytes that no blank ends is: an address, or part of something else. Return: its length, or 0. */
static size_t
odd_host_length(struct slice in, size_t n)
{
    size_t ipv6;

    switch (at(in, n)) {
    case ':':
        ipv6 = ipv6_length(in);
        return ipv6 > 0 ? ipv6 : host_before_colon(in, n) ? n : 0;
    case ',':
        return (kind_at(in, 0) & (WORD_START | DIGIT_BYTE)) != 0 ? n : 0;
    default:
        return 0;
    }
}

/* HOSTNAME: a name, or an IPv4 or IPv6 address. */
static inline size_t
read_host_name(struct slice in, struct slice *host)
{
    size_t n = span(in, HOST_BYTE);

    if (UNLIKELY(at(in, 0) == '['))
        return read_bracketed(in, host);
    if (UNLIKELY(!ends_word(in, n)))
        n = odd_host_length(in, n);
    else if ((kind_at(in, 0) & (WORD_START | DIGIT_BYTE)) == 0)
        n = 0;
    if (n == 0 || n > HOSTNAME_MAX)
        return 0;
    *host = slice_head(in, n);
    return n;
}

/* Behind a comma comes no more of the name: "host,key=value,…" is content, "model,mac,version" is passed over. */
static struct slice
skip_behind_comma(struct slice in)
{
    struct slice word = slice_head(in, slice_find(in, ' '));

    return slice_from(in, slice_find(word, '=') < word.n ? 1 : word.n);
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
    size_t dot = word.n < SELECTOR_MIN || word.n > SELECTOR_MAX ? word.n : slice_find(word, '.');

    return dot < word.n && syslog_severity_known(slice_from(word, dot + 1)) &&
           syslog_facility_known(slice_head(word, dot));
}

/* --- the tag --- */

/* Text that looks like a tag or a name with a tag, and is neither: "last message repeated 2 times", "CEF:0|…". */
static inline bool
is_untagged(struct slice in)
{
    switch (at(in, 0)) {
    case 'l':
        return slice_starts(in, SLICE("last message repeated "));
    case 'm':
        return slice_starts(in, SLICE("message repeated "));
    case 'C':
    case 'L':
        return syslog_is_payload(in);
    default:
        return false;
    }
}

/* "[" PID "]": without blanks, and not too long. */
static inline size_t
read_pid(struct slice in, struct slice *pid)
{
    size_t n = 1;

    while (n < in.n && n <= PID_MAX && in.p[n] != ']' && in.p[n] != ' ')
        n++;
    if (at(in, 0) != '[' || at(in, n) != ']')
        return 0;
    *pid = slice_of(in.p + 1, n - 1);
    return n + 1;
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

/* TAG ["[" PID "]"] [":"] [SP]. */
static size_t
read_tag(struct syslog_message *out, struct slice in, enum tag_need need)
{
    struct slice pid = {NULL, 0};
    size_t n_tag = span(in, TAG_BYTE);
    size_t n_pid = at(in, n_tag) == '[' ? read_pid(slice_from(in, n_tag), &pid) : 0;
    size_t n = n_tag + n_pid;

    if (n == 0 || n_tag > TAG_MAX || (n_pid == 0 && at(in, n) == '['))
        return 0;
    if (need == TAG_NEEDS_COLON && n_pid == 0 && span(in, DIGIT_BYTE) == n_tag)
        return 0;
    if (at(in, n) == ':') {
        if (n_pid == 0 && !colon_ends_tag(in, n))
            return 0;
        n++;
    } else if (n_tag == 0 || (n_pid == 0 && (need == TAG_NEEDS_COLON || !ends_word(in, n) || !could_be_program(in)))) {
        return 0;
    }
    n += n < in.n && (in.p[n] == ' ' || in.p[n] == '\t');
    out->app_name = syslog_present(slice_head(in, n_tag));
    out->procid = syslog_present(pid);
    return n;
}

/* "%FACILITY-SEVERITY-MNEMONIC" [SP] [":"] [SP]: of a router or firewall, the tag of what follows. */
static size_t
read_mnemonic(struct syslog_message *out, struct slice in)
{
    size_t n = span(in, TAG_BYTE);
    struct slice rest = slice_from(in, n);

    if (n < 2 || n > TAG_MAX || (at(rest, 0) != ':' && !ends_word(rest, 0)))
        return 0;
    if (at(rest, 1) == ':')
        rest = skip(rest, ' ');
    rest = skip(skip(rest, ':'), ' ');
    out->app_name = slice_head(in, n);
    return in.n - rest.n;
}

/* A severity's name alone before a tag with a colon says nothing that PRI does not; @n bytes of @in are read. */
static size_t
read_tag_behind_severity(struct syslog_message *out, struct slice in, size_t n)
{
    size_t n_word = out->app_name.n;

    if (n_word < 3 || n_word > 7 || at(in, n_word) != ' ' || !syslog_severity_known(out->app_name))
        return 0;
    return read_tag(out, slice_from(in, n), TAG_NEEDS_COLON);
}

/* [STRUCTURED-DATA SP]. Return: what is behind it. */
static inline struct slice
read_structured(struct syslog_reader *r, struct slice in)
{
    struct slice rest = skip_blanks(in);
    size_t n = LIKELY(at(rest, 0) != '[') ? 0 : syslog_structured_read_exact(r, rest);

    if (n == 0)
        return in;
    r->out->structured_data = slice_head(rest, n);
    return skip(slice_from(rest, n), ' ');
}

static void
read_content(struct syslog_reader *r, struct slice in, enum tag_need need)
{
    struct syslog_message *out = r->out;
    size_t n = 0;

    if (UNLIKELY(at(in, 0) == ':' && ends_word(in, 1)))
        in = skip(slice_from(in, 1), ' ');
    out->content = in;
    if (at(in, 0) == '%')
        n = read_mnemonic(out, in);
    if (n == 0 && in.n > 0 && !is_untagged(in)) {
        n = read_tag(out, in, need);
        if (n > 0 && need == TAG_MAY_STAND_ALONE)
            n += read_tag_behind_severity(out, in, n);
    }
    out->msg = read_structured(r, slice_from(in, n));
}

/* --- routers --- */

/* "00:01:01", "1w2d", "2d03h" before a colon: time since the start, where the clock was never set. */
static size_t
uptime_length(struct slice in)
{
    size_t n = 0;
    size_t units = 0;

    while (is_digit(at(in, n)) || (n > 0 && memchr(":ywdh", at(in, n), 5) != NULL && is_digit(at(in, n - 1)))) {
        if (at(in, n) == ':' && !is_digit(at(in, n + 1)))
            break;
        units += !is_digit(at(in, n));
        n++;
    }
    return units >= 2 && at(in, n) == ':' ? n : 0;
}

/* "RP/0/RSP0/CPU0", the part of a router that speaks. */
static bool
is_node(struct slice word)
{
    return slice_search(word, SLICE("/CPU")) != SIZE_MAX;
}

/* One item before a router's stamp: a sequence number, the uptime, a task with "*", a node's path, or its name. */
static size_t
read_cisco_item(struct slice in, struct slice *host)
{
    size_t n_uptime = uptime_length(in);
    size_t star = at(in, 0) == '*';
    size_t n = n_uptime > 0 ? n_uptime : star + span(slice_from(in, star), HOST_BYTE);
    struct slice word = slice_head(in, n);
    struct slice rest = slice_from(in, n);

    if (n == 0 || (at(rest, 0) != ':' && !is_node(slice_head(rest, 1 + span(skip(rest, ' '), HOST_BYTE)))))
        return 0;
    if (host->p == NULL && n_uptime == 0 && star == 0 && span(word, DIGIT_BYTE) < n && !is_node(word))
        *host = word;
    return in.n - skip_blanks(skip(rest, ':')).n;
}

/* "%" FACILITY "-" SEVERITY "-" MNEMONIC, SEVERITY = 1DIGIT, and a capital first. */
static bool
is_mnemonic(struct slice in)
{
    size_t n = span(in, TAG_BYTE);
    size_t i;

    if (at(in, 0) != '%' || (unsigned)(at(in, 1) - 'A') >= 26)
        return false;
    for (i = 1; i + 2 < n; i++)
        if (in.p[i] == '-' && is_digit(in.p[i + 1]) && in.p[i + 2] == '-')
            return true;
    return false;
}

/* Whether a router's message begins here: "%…", or behind a host's name or a process. */
static bool
cisco_message_follows(struct slice in)
{
    size_t n = span(in, TAG_BYTE);
    struct slice pid;

    if (at(in, 0) == '%')
        return is_mnemonic(in);
    n += read_pid(slice_from(in, n), &pid);
    n += at(in, n) == ':';
    return n > 1 && n < in.n && in.p[n] == ' ' && is_mnemonic(slice_from(in, n + 1));
}

/* The stamp, a zone that is not known by name, and the colon. */
static size_t
read_cisco_stamp(struct syslog_reader *r, struct slice in, struct timestamp *t, struct slice *text)
{
    size_t n = timestamp_read(in, &r->time, t);
    struct slice rest = skip_blanks(slice_from(in, n));
    size_t n_zone = span(rest, WORD_START);

    if (n == 0)
        return 0;
    if (n_zone > 0 && n_zone <= ZONE_MAX && at(rest, n_zone) == ':')
        rest = slice_from(rest, n_zone);
    if (at(rest, 0) != ':')
        return 0;
    *text = slice_head(in, n);
    return in.n - skip_blanks(slice_from(rest, 1)).n;
}

/*
 * [":" SP] *(ITEM ":" SP) [STAMP ":" SP] [HOSTNAME SP] "%FACILITY-SEVERITY-MNEMONIC" ":" text, as IOS, IOS XE, IOS XR,
 * NX-OS and ASA send. Taken only as a whole.
 */
static bool
read_cisco(struct syslog_reader *r, struct slice in)
{
    struct slice host = {NULL, 0};
    struct slice stamp = {NULL, 0};
    struct timestamp t = {0};
    size_t n = 0;
    unsigned i;

    in = skip_blanks(skip(in, ':'));
    for (i = 0; i < CISCO_ITEMS_MAX && at(in, 0) != '%' && stamp.p == NULL; i++) {
        n = read_cisco_stamp(r, in, &t, &stamp);
        if (n == 0)
            n = read_cisco_item(in, &host);
        if (n == 0)
            return false;
        in = slice_from(in, n);
    }
    if (!cisco_message_follows(in))
        return false;
    if (stamp.p != NULL)
        syslog_timestamp_set(r, stamp, stamp.n, t);
    else
        r->out->marks |= SYSLOG_NO_TIMESTAMP;
    if (host.p == NULL && at(in, 0) != '%')
        in = skip_blanks(slice_from(in, read_host_name(in, &host)));
    r->out->hostname = host;
    r->out->format = SYSLOG_RFC3164;
    read_content(r, in, TAG_NEEDS_COLON);
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
static size_t
read_forwarded(struct slice in, struct slice *host)
{
    struct slice rest = in;
    size_t n;

    if (!cursor_skip_text(&rest, SLICE("Message forwarded from ")))
        return 0;
    n = span(rest, HOST_BYTE);
    if (n == 0 || at(rest, n) != ':' || !ends_word(rest, n + 1))
        return 0;
    *host = slice_head(rest, n);
    return in.n - rest.n + n;
}

/* [HOSTNAME], and what surrounds it. Return: what is behind it and one blank. */
static inline struct slice
read_host(struct syslog_message *out, struct slice in)
{
    struct slice host;
    size_t n = 0;

    if (is_untagged(in))
        return in;
    if (UNLIKELY(at(in, 0) == 'M'))
        n = read_forwarded(in, &host);
    if (n == 0)
        n = read_host_name(in, &host);
    if (UNLIKELY(n > 0 && is_selector(host))) {
        in = skip(slice_from(in, n), ' ');
        n = read_host_name(in, &host);
    }
    if (n == 0)
        return in;
    out->hostname = without_slot(host);
    in = slice_from(in, n);
    if (UNLIKELY(at(in, 0) == ','))
        in = skip_behind_comma(in);
    in = skip(in, ':');
    return at(in, 0) == '\t' ? slice_from(in, 1) : skip(in, ' ');
}

void
syslog_rfc3164_read(struct syslog_reader *r, struct slice in)
{
    struct syslog_message *out = r->out;
    struct slice rest = skip_blanks(in);
    size_t n = read_timestamp(r, rest);

    out->format = n > 0 || (out->marks & SYSLOG_NO_PRI) == 0 ? SYSLOG_RFC3164 : SYSLOG_UNKNOWN;
    if (UNLIKELY(n == 0)) {
        if (read_cisco(r, rest))
            return;
        out->marks |= SYSLOG_NO_TIMESTAMP;
        read_content(r, out->has_pri ? rest : in, TAG_NEEDS_COLON);
        return;
    }
    rest = skip_blanks(skip(skip_blanks(slice_from(rest, n)), ':'));
    rest = read_host(out, rest);
    if (UNLIKELY(another_header_follows(rest))) {
        n = read_timestamp(r, rest);
        if (n > 0)
            rest = read_host(out, skip_blanks(slice_from(rest, n)));
    }
    read_content(r, rest, TAG_MAY_STAND_ALONE);
}
