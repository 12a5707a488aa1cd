/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <pthread.h>
#include <sys/random.h>

static uint64_t key[2];
static pthread_once_t key_drawn = PTHREAD_ONCE_INIT;

static void
draw_key(void)
{
    ASSERT(getrandom(key, sizeof(key), 0) == sizeof(key));
}

static inline uint64_t
rotate(uint64_t v, int k)
{
    return v << k | v >> (64 - k);
}

static inline void
sip_round(uint64_t v[static 4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static inline void
sip_word(uint64_t v[static 4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

/* SipHash-1-3: Aumasson and Bernstein, "SipHash: a fast short-input PRF", one round a word, three to finish. */
static inline uint64_t
sip(const uint64_t k[static 2], struct slice s)
{
    uint64_t v[4];
    uint64_t word;
    size_t i;

    v[0] = k[0] ^ UINT64_C(0x736f6d6570736575);
    v[1] = k[1] ^ UINT64_C(0x646f72616e646f6d);
    v[2] = k[0] ^ UINT64_C(0x6c7967656e657261);
    v[3] = k[1] ^ UINT64_C(0x7465646279746573);
    for (i = 0; i + 8 <= s.n; i += 8) {
        memcpy(&word, s.p + i, 8);
        sip_word(v, word);
    }
    word = 0;
    if (i < s.n)
        memcpy(&word, s.p + i, s.n - i);
    sip_word(v, word | (uint64_t)s.n << 56);
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t
hash_keyed(struct slice s)
{
    pthread_once(&key_drawn, draw_key);
    return sip(key, s);
}

uint64_t
hash_salted(uint64_t salt, struct slice s)
{
    const uint64_t k[2] = {salt, ~salt};

    return sip(k, s);
}
