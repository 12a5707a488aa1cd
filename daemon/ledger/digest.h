/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Digest: SHA-256 (FIPS 180-4), with the library's objects fetched once and used again.
 *
 * Fetching per call doubles the cost of a short message, so whoever hashes holds a hasher. One thread a hasher.
 */

#include "base/slice.h"

enum { DIGEST_BYTES = 32, DIGEST_HEX = 64 };

struct digest {
    unsigned char b[DIGEST_BYTES];
};

struct hasher;

/** hasher_new() - a hasher. Return: 0 or -ENOMEM. */
int hasher_new(struct hasher **out);
void hasher_free(struct hasher *h);
CLEANUP_DEFINE(hasher_free, struct hasher *)

/** hasher_digest() - SHA-256 of @s. Return: 0 or -EIO where the library fails. */
int hasher_digest(struct hasher *h, struct slice s, struct digest *out);

/** hasher_leaf() - the hash of a tree's leaf: SHA-256(0x00 || @body), RFC 6962 section 2.1. Return: as hasher_digest().
 */
int hasher_leaf(struct hasher *h, struct slice body, struct digest *out);

/** hasher_node() - the hash of an inner node: SHA-256(0x01 || @left || @right). Return: as hasher_digest(). */
int hasher_node(struct hasher *h, const struct digest *left, const struct digest *right, struct digest *out);

/** digest_hex() - @d in lower-case hexadecimal, with a terminator. Return: @out. */
const char *digest_hex(const struct digest *d, char out[static DIGEST_HEX + 1]);

/** digest_parse() - read 64 hexadecimal digits. Return: whether @s is that and nothing else. */
bool digest_parse(struct slice s, struct digest *out);

static inline bool
digest_eq(const struct digest *a, const struct digest *b)
{
    return memcmp(a->b, b->b, DIGEST_BYTES) == 0;
}
