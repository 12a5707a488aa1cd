/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/proxy.h"

#include "base/cursor.h"
#include "parsers/value.h"

enum {
    V1_MAX = 107, /* section 2.1: the longest line, CRLF included */
    V2_FIXED = 16,
    V2_LOCAL = 0x20,
    V2_PROXY = 0x21,
    V2_INET = 1,
    V2_INET6 = 2,
    V2_UNIX = 3,
    INET_BYTES = 12,
    INET6_BYTES = 36,
    UNIX_BYTES = 216,
};

/* Section 2.2: twelve bytes no other protocol begins with. */
#define V2_SIGNATURE SLICE("\r\n\r\n\0\r\nQUIT\n")

/* Whether what has come of @in may yet become @text. */
static bool
may_begin(struct slice in, struct slice text)
{
    return slice_eq(slice_head(in, text.n), slice_head(text, in.n));
}

/* One SP, and the word behind it. */
static bool
take_word(struct slice *in, struct slice *word)
{
    if (!cursor_skip(in, ' '))
        return false;
    *word = cursor_until(in, ' ');
    return word->n > 0;
}

/* address, as RFC 4291 section 2.2 writes it, without a zone; of the family that was announced. */
static bool
take_address(struct slice *in, bool v4, unsigned char address[static 16])
{
    struct slice word;
    bool is_v4;

    return take_word(in, &word) && slice_find(word, '%') == word.n && value_address(word, address, &is_v4) &&
           is_v4 == v4;
}

/* port = "0" / %x31-39 *4DIGIT, at most 65535. */
static bool
take_port(struct slice *in, unsigned *port)
{
    struct slice word;
    bool zero_led;

    if (!take_word(in, &word))
        return false;
    zero_led = word.n > 1 && word.p[0] == '0';
    return !zero_led && cursor_number(&word, 5, port) && word.n == 0 && *port <= 65535;
}

/* Section 2.1: ("TCP4" / "TCP6") SP source SP destination SP source-port SP destination-port */
static bool
parse_v1_tcp(struct proxy_header *out, struct slice line)
{
    unsigned char destination[16];
    unsigned destination_port;
    bool v4 = cursor_skip_text(&line, SLICE("TCP4"));

    if (!v4 && !cursor_skip_text(&line, SLICE("TCP6")))
        return false;
    out->told = true;
    return take_address(&line, v4, out->address) && take_address(&line, v4, destination) &&
           take_port(&line, &out->port) && take_port(&line, &destination_port) && line.n == 0;
}

/* Section 2.1: "PROXY" SP ( "UNKNOWN" [ SP anything ] / tcp ) CRLF */
static int
parse_v1(struct proxy_header *out, struct slice in)
{
    struct slice line = slice_head(in, V1_MAX);
    struct slice head = cursor_until(&line, '\n');
    struct proxy_header h = {.n = head.n + 1};

    if (line.n == 0)
        return in.n < V1_MAX ? PROXY_E_MORE : PROXY_E_BAD;
    if (!slice_ends(head, SLICE("\r")) || !cursor_skip_text(&head, SLICE("PROXY ")))
        return PROXY_E_BAD;
    head.n--;
    if (!slice_eq(head, SLICE("UNKNOWN")) && !slice_starts(head, SLICE("UNKNOWN ")) && !parse_v1_tcp(&h, head))
        return PROXY_E_BAD;
    *out = h;
    return 0;
}

static unsigned
byte_at(struct slice in, size_t i)
{
    return (unsigned char)in.p[i];
}

static unsigned
take_16(struct slice in, size_t i)
{
    return byte_at(in, i) << 8 | byte_at(in, i + 1);
}

/* Section 2.2: source address, destination address, source port, destination port, in network order. */
static void
take_source(struct proxy_header *out, struct slice block, size_t address_bytes)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

    memcpy(out->address, mapped, sizeof(mapped));
    memcpy(out->address + 16 - address_bytes, block.p, address_bytes);
    out->port = take_16(block, 2 * address_bytes);
    out->told = true;
}

/* @family: the high half of the byte; @block: addresses, then TLVs, which are passed over. */
static bool
parse_v2_addresses(struct proxy_header *out, unsigned family, struct slice block)
{
    switch (family) {
    case 0: /* AF_UNSPEC: "the receiver must ignore the address" */
        return true;
    case V2_INET:
        if (block.n >= INET_BYTES)
            take_source(out, block, 4);
        return block.n >= INET_BYTES;
    case V2_INET6:
        if (block.n >= INET6_BYTES)
            take_source(out, block, 16);
        return block.n >= INET6_BYTES;
    case V2_UNIX:
        return block.n >= UNIX_BYTES;
    default:
        return false;
    }
}

/* Section 2.2: signature, version and command, family and protocol, length of what follows in two bytes. */
static int
parse_v2(struct proxy_header *out, struct slice in)
{
    struct proxy_header h = {0};
    unsigned protocol;
    unsigned command;

    if (in.n < V2_FIXED)
        return PROXY_E_MORE;
    command = byte_at(in, 12);
    protocol = byte_at(in, 13) & 15;
    h.n = V2_FIXED + (size_t)take_16(in, 14);
    if ((command != V2_LOCAL && command != V2_PROXY) || protocol > 2 || h.n > PROXY_HEADER_MAX)
        return PROXY_E_BAD;
    if (in.n < h.n)
        return PROXY_E_MORE;
    /* Of a LOCAL one, family and addresses are to be ignored. */
    if (command == V2_PROXY && !parse_v2_addresses(&h, byte_at(in, 13) >> 4, slice_from(slice_head(in, h.n), V2_FIXED)))
        return PROXY_E_BAD;
    *out = h;
    return 0;
}

bool
proxy_begins(struct slice in)
{
    return slice_starts(in, SLICE("PROXY ")) || slice_starts(in, V2_SIGNATURE);
}

int
proxy_parse(struct proxy_header *out, struct slice in)
{
    if (may_begin(in, V2_SIGNATURE))
        return parse_v2(out, in);
    if (may_begin(in, SLICE("PROXY ")))
        return parse_v1(out, in);
    return PROXY_E_BAD;
}
