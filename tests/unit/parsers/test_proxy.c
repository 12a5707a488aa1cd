/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>

#include "parsers/proxy.h"
#include "support/unit.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define ADDRESSES "\xc0\x00\x02\x07\xc6\x33\x64\x01\x9c\x56\x19\x72"

static struct proxy_header header;

/* The text of the address told; "" where there is none. */
static const char *
told(struct slice in)
{
    static char text[INET6_ADDRSTRLEN];

    ck_assert_int_eq(proxy_parse(&header, in), 0);
    if (!header.told)
        return "";
    return inet_ntop(AF_INET6, header.address, text, sizeof(text));
}

START_TEST(a_line_tells_the_sender_and_where_the_stream_goes_on)
{
    ck_assert_str_eq(told(SLICE("PROXY TCP4 192.0.2.7 198.51.100.1 40022 6514\r\n<13>x")), "::ffff:192.0.2.7");
    ck_assert_uint_eq(header.port, 40022);
    ck_assert_uint_eq(header.n, strlen("PROXY TCP4 192.0.2.7 198.51.100.1 40022 6514\r\n"));
    ck_assert_str_eq(told(SLICE("PROXY TCP6 2001:db8::7 2001:db8::1 0 65535\r\n")), "2001:db8::7");
}
END_TEST

START_TEST(who_is_unknown_stays_who_connected)
{
    ck_assert_str_eq(told(SLICE("PROXY UNKNOWN\r\n")), "");
    ck_assert_str_eq(told(SLICE("PROXY UNKNOWN ffff:f::1 anything\r\nrest")), "");
    ck_assert_uint_eq(header.n, strlen("PROXY UNKNOWN ffff:f::1 anything\r\n"));
    ck_assert_str_eq(told(SLICE(SIGNATURE "\x20\x11\x00\x0c" ADDRESSES)), "");
    ck_assert_str_eq(told(SLICE(SIGNATURE "\x21\x00\x00\x00")), "");
}
END_TEST

START_TEST(the_binary_header_tells_the_same_and_what_else_it_has_is_passed_over)
{
    ck_assert_str_eq(told(SLICE(SIGNATURE "\x21\x11\x00\x0c" ADDRESSES "<13>x")), "::ffff:192.0.2.7");
    ck_assert_uint_eq(header.n, 28);
    ck_assert_uint_eq(header.port, 40022);
    ck_assert_str_eq(told(SLICE(SIGNATURE "\x21\x11\x00\x13" ADDRESSES "\x02\x00\x04host")), "::ffff:192.0.2.7");
    ck_assert_uint_eq(header.n, 35);
    ck_assert_str_eq(told(SLICE(SIGNATURE "\x21\x21\x00\x24"
                                          "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
                                          "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
                                          "\x9c\x56\x19\x72")),
        "2001:db8::7");
}
END_TEST

START_TEST(a_part_of_a_header_asks_for_more)
{
    static const struct slice whole[] = {
        SLICE("PROXY TCP4 192.0.2.7 198.51.100.1 40022 6514\r\n"),
        SLICE(SIGNATURE "\x21\x11\x00\x0c" ADDRESSES),
    };

    for (size_t i = 0; i < ARRAY_LEN(whole); i++)
        for (size_t n = 0; n < whole[i].n; n++)
            ck_assert_int_eq(proxy_parse(&header, slice_head(whole[i], n)), PROXY_E_MORE);
}
END_TEST

START_TEST(what_breaks_the_rules_is_bad)
{
    static const struct slice bad[] = {
        SLICE("<13>no header at all\n"),
        SLICE("PROXY TCP4 192.0.2.7 198.51.100.1 40022 6514\n"),
        SLICE("PROXY TCP4 192.0.2.7 198.51.100.1 40022\r\n"),
        SLICE("PROXY TCP4 192.0.2.7 198.51.100.1 65536 1\r\n"),
        SLICE("PROXY TCP4 192.0.2.7 198.51.100.1 01 1\r\n"),
        SLICE("PROXY TCP4 192.0.2.7 198.51.100.1 1 1 \r\n"),
        SLICE("PROXY TCP4 192.0.2.300 198.51.100.1 1 1\r\n"),
        SLICE("PROXY TCP4 2001:db8::7 2001:db8::1 1 1\r\n"),
        SLICE("PROXY TCP6 192.0.2.7 198.51.100.1 1 1\r\n"),
        SLICE("PROXY TCP6 fe80::1%eth0 fe80::2 1 1\r\n"),
        SLICE("PROXY  TCP4 192.0.2.7 198.51.100.1 1 1\r\n"),
        SLICE("PROXY UDP4 192.0.2.7 198.51.100.1 1 1\r\n"),
        SLICE("PROXY UNKNOWNX\r\n"),
        SLICE(SIGNATURE "\x31\x11\x00\x0c" ADDRESSES),
        SLICE(SIGNATURE "\x22\x11\x00\x0c" ADDRESSES),
        SLICE(SIGNATURE "\x21\x41\x00\x0c" ADDRESSES),
        SLICE(SIGNATURE "\x21\x13\x00\x0c" ADDRESSES),
        SLICE(SIGNATURE "\x21\x11\x00\x0b" ADDRESSES),
        SLICE(SIGNATURE "\x21\x21\x00\x0c" ADDRESSES),
        SLICE(SIGNATURE "\x21\x11\xff\xff" ADDRESSES),
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(proxy_parse(&header, bad[i]) == PROXY_E_BAD, "%zu: %.*s", i, (int)bad[i].n, bad[i].p);
}
END_TEST

START_TEST(a_line_without_an_end_is_bad_at_its_limit)
{
    char line[108];

    memset(line, 'f', sizeof(line));
    memcpy(line, "PROXY UNKNOWN ", 14);
    ck_assert_int_eq(proxy_parse(&header, slice_of(line, 106)), PROXY_E_MORE);
    ck_assert_int_eq(proxy_parse(&header, slice_of(line, 107)), PROXY_E_BAD);
    memcpy(line + 105, "\r\n", 2);
    ck_assert_int_eq(proxy_parse(&header, slice_of(line, 107)), 0);
}
END_TEST

UNIT_MAIN("proxy", a_line_tells_the_sender_and_where_the_stream_goes_on, who_is_unknown_stays_who_connected,
    the_binary_header_tells_the_same_and_what_else_it_has_is_passed_over, a_part_of_a_header_asks_for_more,
    what_breaks_the_rules_is_bad, a_line_without_an_end_is_bad_at_its_limit)
