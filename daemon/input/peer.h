/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Peer: a sender's address as text: numeric, never a look-up. An IPv4 address that came through an IPv6 socket is
 * shown as IPv4, so that one sender has one name whichever way it came; link-local addresses keep their scope.
 */

#include <net/if.h>
#include <netinet/in.h>

#include "base/slice.h"

enum { PEER_TEXT_MAX = INET6_ADDRSTRLEN + IF_NAMESIZE, PEER_CACHE_LENGTH = 256 };

union peer_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/** peer_print() - @a without its port. Return: the text's length; 0 for a family without addresses. */
size_t peer_print(const union peer_address *a, char out[static PEER_TEXT_MAX]);

/** peer_port() - the port of @a. */
unsigned peer_port(const union peer_address *a);

/** peer_bytes() - the address of @a as 16 bytes, IPv4 as ::ffff:a.b.c.d; zeros for a family without addresses. */
struct in6_addr peer_bytes(const union peer_address *a);

/** peer_of_bytes() - the other way: @address and @port as an address of the kernel's. */
union peer_address peer_of_bytes(const unsigned char address[static 16], unsigned port);

/** Texts of the senders seen lately, each in the one place its address hashes to. Zeroed it is empty. One thread. */
struct peer_cache {
    struct {
        struct in6_addr address;
        uint32_t scope;
        uint32_t n; /* 0: empty */
        char text[PEER_TEXT_MAX];
    } entries[PEER_CACHE_LENGTH];
};

/** peer_cached() - as peer_print(), printing only what is not in @c. Return: text of @c's, valid until the next call.
 */
struct slice peer_cached(struct peer_cache *c, const union peer_address *a);
