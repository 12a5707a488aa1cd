/* SPDX-License-Identifier: Apache-2.0 */
#include "input/peer.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "support/unit.h"

static union peer_address
v4(uint32_t host)
{
    union peer_address a = {.v4 = {.sin_family = AF_INET, .sin_port = htons(514)}};

    a.v4.sin_addr.s_addr = htonl(host);
    return a;
}

static union peer_address
v6(const char *text, uint32_t scope)
{
    union peer_address a = {.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(514), .sin6_scope_id = scope}};

    ck_assert_int_eq(inet_pton(AF_INET6, text, &a.v6.sin6_addr), 1);
    return a;
}

static void
check(union peer_address a, const char *want)
{
    char text[PEER_TEXT_MAX];

    ck_slice_eq(slice_of(text, peer_print(&a, text)), want);
    ck_assert_uint_eq(peer_port(&a), 514);
}

START_TEST(shows_one_sender_by_one_name_whichever_way_it_came)
{
    check(v4(0xc0000207), "192.0.2.7");
    check(v6("::ffff:192.0.2.7", 0), "192.0.2.7");
    check(v6("2001:db8::1", 0), "2001:db8::1");
    check(v6("fe80::1", if_nametoindex("lo")), "fe80::1%lo");
    check(v6("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}
END_TEST

START_TEST(has_no_name_for_a_sender_without_address)
{
    union peer_address a = {.any = {.sa_family = AF_UNIX}};
    char text[PEER_TEXT_MAX];

    ck_assert_uint_eq(peer_print(&a, text), 0);
}
END_TEST

START_TEST(never_confuses_senders_whose_places_collide)
{
    static struct peer_cache cache;
    union peer_address one = v4(0x0a000001);
    char want[PEER_TEXT_MAX];

    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 4 * PEER_CACHE_LENGTH; i++) {
            union peer_address a = v4(0x0a000000 + i);

            (void)peer_print(&a, want);
            ck_slice_eq(peer_cached(&cache, &a), want);
            ck_slice_eq(peer_cached(&cache, &a), want);
        }
    }
    ck_slice_eq(peer_cached(&cache, &one), "10.0.0.1");
}
END_TEST

START_TEST(tells_equal_link_local_addresses_on_two_links_apart)
{
    static struct peer_cache cache;
    union peer_address a = v6("fe80::1", if_nametoindex("lo"));

    for (uint32_t link = 1; link < 8 * PEER_CACHE_LENGTH; link++) {
        union peer_address b = v6("fe80::1", 100000 + link); /* a link that has no name here */

        ck_slice_eq(peer_cached(&cache, &b), "fe80::1");
        ck_slice_eq(peer_cached(&cache, &a), "fe80::1%lo");
    }
}
END_TEST

UNIT_MAIN("peer", shows_one_sender_by_one_name_whichever_way_it_came, has_no_name_for_a_sender_without_address,
    never_confuses_senders_whose_places_collide, tells_equal_link_local_addresses_on_two_links_apart)
