/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Hash: two hashes for two needs.
 *
 * hash_keyed() is SipHash-1-3 under a key drawn once per process: for tables whose keys come from outside, so that
 * nobody can choose keys that collide. hash_name() is fixed and quick: for names that are looked up in a table built
 * from authored text, where a collision costs one comparison and the hash may be kept beside the name.
 */

#include "base/slice.h"

/** hash_keyed() - SipHash-1-3 of @s under the process's key. */
uint64_t hash_keyed(struct slice s);

/** hash_salted() - SipHash-1-3 of @s under @salt, which who chooses @s must not know: for hashes that outlast a
 * process. */
uint64_t hash_salted(uint64_t salt, struct slice s);

/** hash_mix() - fold @v into the hash @h. */
static inline uint64_t
hash_mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ (h >> 32);
}

/** hash_tail() - the @n bytes at @p, less than eight, as one word; without a call to memcpy(), for names are short. */
static inline uint64_t
hash_tail(const char *p, size_t n)
{
    const unsigned char *u = (const unsigned char *)p;
    uint32_t first;
    uint32_t last;

    if (n == 0)
        return 0;
    if (n < 4)
        return u[0] | (uint64_t)u[n / 2] << 8 * (n / 2) | (uint64_t)u[n - 1] << 8 * (n - 1);
    memcpy(&first, u, 4);
    memcpy(&last, u + n - 4, 4);
    return first | (uint64_t)last << 8 * (n - 4);
}

/** hash_name() - a fixed 32-bit hash of a field or rule name; never 0. */
static inline uint32_t
hash_name(struct slice s)
{
    uint64_t h = s.n;
    uint64_t v;
    size_t i;

    for (i = 0; i + 8 <= s.n; i += 8) {
        memcpy(&v, s.p + i, 8);
        h = hash_mix(h, v);
    }
    s = slice_from(s, i);
    h = hash_mix(h, hash_tail(s.p, s.n));
    return (uint32_t)h | 1u;
}
