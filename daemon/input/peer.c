/* SPDX-License-Identifier: Apache-2.0 */
#include "input/peer.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/hash.h"

/* Every address as IPv6, IPv4 in its mapped form. */
static struct in6_addr
mapped(const union peer_address *a)
{
    struct in6_addr v6 = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

    if (a->any.sa_family == AF_INET6)
        return a->v6.sin6_addr;
    memcpy(&v6.s6_addr[12], &a->v4.sin_addr, sizeof(a->v4.sin_addr));
    return v6;
}

static uint32_t
scope(const union peer_address *a)
{
    return a->any.sa_family == AF_INET6 ? a->v6.sin6_scope_id : 0;
}

static size_t
print_mapped(const struct in6_addr *a, uint32_t scope_id, char out[static PEER_TEXT_MAX])
{
    char name[IF_NAMESIZE];
    size_t n;

    if (IN6_IS_ADDR_V4MAPPED(a))
        return strlen(inet_ntop(AF_INET, &a->s6_addr[12], out, PEER_TEXT_MAX));
    n = strlen(inet_ntop(AF_INET6, a, out, PEER_TEXT_MAX));
    if (scope_id != 0 && if_indextoname(scope_id, name) != NULL)
        n += (size_t)snprintf(out + n, PEER_TEXT_MAX - n, "%%%s", name);
    return n;
}

static bool
has_address(const union peer_address *a)
{
    return a->any.sa_family == AF_INET || a->any.sa_family == AF_INET6;
}

size_t
peer_print(const union peer_address *a, char out[static PEER_TEXT_MAX])
{
    const struct in6_addr v6 = mapped(a);

    return has_address(a) ? print_mapped(&v6, scope(a), out) : 0;
}

unsigned
peer_port(const union peer_address *a)
{
    return ntohs(a->any.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);
}

struct in6_addr
peer_bytes(const union peer_address *a)
{
    return has_address(a) ? mapped(a) : (struct in6_addr){0};
}

union peer_address
peer_of_bytes(const unsigned char address[static 16], unsigned port)
{
    union peer_address a = {.v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)}};

    memcpy(&a.v6.sin6_addr, address, sizeof(a.v6.sin6_addr));
    return a;
}

/* Colliding on purpose wins a sender nothing but some printing, so the hash need not be keyed. */
static size_t
place(const struct in6_addr *a, uint32_t scope_id)
{
    uint64_t half[2];

    memcpy(half, a, sizeof(half));
    return hash_mix(hash_mix(scope_id, half[0]), half[1]) % PEER_CACHE_LENGTH;
}

struct slice
peer_cached(struct peer_cache *c, const union peer_address *a)
{
    const struct in6_addr v6 = mapped(a);
    const uint32_t scope_id = scope(a);
    size_t i = place(&v6, scope_id);

    if (!has_address(a))
        return (struct slice){0};
    if (c->entries[i].n == 0 || c->entries[i].scope != scope_id ||
        memcmp(&c->entries[i].address, &v6, sizeof(v6)) != 0) {
        c->entries[i].address = v6;
        c->entries[i].scope = scope_id;
        c->entries[i].n = (uint32_t)print_mapped(&v6, scope_id, c->entries[i].text);
    }
    return slice_of(c->entries[i].text, c->entries[i].n);
}
