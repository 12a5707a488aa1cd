/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/network.h"
#include "parsers/value.h"
#include "support/unit.h"

static bool
holds(const char *text, const char *address)
{
    struct network network;
    unsigned char bytes[16];
    bool v4;

    ck_assert_msg(network_parse(&network, slice_str(text)), "%s is no network", text);
    ck_assert(value_address(slice_str(address), bytes, &v4));
    return network_holds(&network, bytes);
}

START_TEST(a_network_holds_what_begins_as_it_does)
{
    ck_assert(holds("192.0.2.0/24", "192.0.2.255"));
    ck_assert(!holds("192.0.2.0/24", "192.0.3.0"));
    ck_assert(holds("192.0.2.128/25", "192.0.2.200"));
    ck_assert(!holds("192.0.2.128/25", "192.0.2.127"));
    ck_assert(holds("2001:db8::/33", "2001:db8:7fff::1"));
    ck_assert(!holds("2001:db8::/33", "2001:db8:8000::1"));
    ck_assert(holds("192.0.2.7", "192.0.2.7"));
    ck_assert(!holds("192.0.2.7", "192.0.2.8"));
}
END_TEST

START_TEST(ipv4_is_the_same_however_it_came)
{
    ck_assert(holds("192.0.2.0/24", "::ffff:192.0.2.9"));
    ck_assert(holds("::ffff:192.0.2.0/120", "192.0.2.9"));
    ck_assert(holds("0.0.0.0/0", "203.0.113.1"));
    ck_assert(!holds("0.0.0.0/0", "2001:db8::1"));
    ck_assert(holds("::/0", "203.0.113.1"));
}
END_TEST

START_TEST(what_is_no_network_is_none)
{
    static const char *const wrong[] = {
        "", "/", "192.0.2.0/", "192.0.2.0/33", "192.0.2/24", "::/129", "fe80::1%eth0", "192.0.2.0/-1", "x", "1/24 "};
    struct network network;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        ck_assert_msg(!network_parse(&network, slice_str(wrong[i])), "%s", wrong[i]);
}
END_TEST

UNIT_MAIN(
    "network", a_network_holds_what_begins_as_it_does, ipv4_is_the_same_however_it_came, what_is_no_network_is_none)
