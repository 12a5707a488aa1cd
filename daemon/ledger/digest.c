/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/error.h"

struct hasher {
    EVP_MD *md;
    EVP_MD_CTX *ctx;
};

int
hasher_new(struct hasher **out)
{
    CLEANUP(hasher_free) struct hasher *h = NULL;

    h = calloc(1, sizeof(*h));
    if (h == NULL)
        return error_origin(-ENOMEM);
    h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    h->ctx = EVP_MD_CTX_new();
    if (h->md == NULL || h->ctx == NULL)
        return error_origin(-ENOMEM);
    *out = TAKE(h);
    return 0;
}

void
hasher_free(struct hasher *h)
{
    if (h == NULL)
        return;
    EVP_MD_CTX_free(h->ctx);
    EVP_MD_free(h->md);
    free(h);
}

/* SHA-256 of @prefix (absent: none), @a and @b, one after the other. */
static int
hash_parts(struct hasher *h, struct slice prefix, struct slice a, struct slice b, struct digest *out)
{
    bool ok = EVP_DigestInit_ex2(h->ctx, h->md, NULL) == 1;

    ok = ok && (prefix.n == 0 || EVP_DigestUpdate(h->ctx, prefix.p, prefix.n) == 1);
    ok = ok && (a.n == 0 || EVP_DigestUpdate(h->ctx, a.p, a.n) == 1);
    ok = ok && (b.n == 0 || EVP_DigestUpdate(h->ctx, b.p, b.n) == 1);
    ok = ok && EVP_DigestFinal_ex(h->ctx, out->b, NULL) == 1;
    return ok ? 0 : error_origin(-EIO);
}

static struct slice
bytes_of(const struct digest *d)
{
    return slice_of((const char *)d->b, DIGEST_BYTES);
}

int
hasher_digest(struct hasher *h, struct slice s, struct digest *out)
{
    return hash_parts(h, SLICE(""), s, SLICE(""), out);
}

int
hasher_leaf(struct hasher *h, struct slice body, struct digest *out)
{
    return hash_parts(h, SLICE("\x00"), body, SLICE(""), out);
}

int
hasher_node(struct hasher *h, const struct digest *left, const struct digest *right, struct digest *out)
{
    return hash_parts(h, SLICE("\x01"), bytes_of(left), bytes_of(right), out);
}

const char *
digest_hex(const struct digest *d, char out[static DIGEST_HEX + 1])
{
    static const char digits[] = "0123456789abcdef";
    size_t i;

    for (i = 0; i < DIGEST_BYTES; i++) {
        out[2 * i] = digits[d->b[i] >> 4];
        out[2 * i + 1] = digits[d->b[i] & 15];
    }
    out[DIGEST_HEX] = '\0';
    return out;
}

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
digest_parse(struct slice s, struct digest *out)
{
    size_t i;

    if (s.n != DIGEST_HEX)
        return false;
    for (i = 0; i < DIGEST_BYTES; i++) {
        int high = hex_value(s.p[2 * i]);
        int low = hex_value(s.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out->b[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}
