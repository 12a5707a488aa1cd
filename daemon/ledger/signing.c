/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/signing.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

enum { KEY_FILE_MAX = 4096 };

struct signing_key {
    EVP_PKEY *pkey;
    EVP_MD_CTX *ctx;
    struct public_key public;
};

/* Takes @pkey over, whatever comes of it. */
static int
key_new(struct signing_key **out, EVP_PKEY *pkey)
{
    CLEANUP(signing_key_close) struct signing_key *k = NULL;
    size_t n = PUBLIC_KEY_BYTES;

    k = calloc(1, sizeof(*k));
    if (k == NULL) {
        EVP_PKEY_free(pkey);
        return error_origin(-ENOMEM);
    }
    k->pkey = pkey;
    k->ctx = EVP_MD_CTX_new();
    if (k->ctx == NULL)
        return error_origin(-ENOMEM);
    if (EVP_PKEY_get_raw_public_key(pkey, k->public.b, &n) != 1 || n != PUBLIC_KEY_BYTES)
        return error_origin(-EIO);
    *out = TAKE(k);
    return 0;
}

static EVP_PKEY *
parse_private(struct slice pem)
{
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *pkey = NULL;

    if (bio != NULL)
        pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, (char *)"");
    BIO_free(bio);
    if (pkey != NULL && EVP_PKEY_get_id(pkey) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return pkey;
}

int
signing_key_open(struct signing_key **out, const char *path)
{
    CLEANUP_BUFFER struct buffer pem = {0};
    EVP_PKEY *pkey;
    int r;

    r = file_read_secret(path, KEY_FILE_MAX, &pem);
    if (r == -ENOENT)
        return SIGNING_E_NONE;
    if (r < 0)
        return error_trace(r);
    if (r == FILE_E_EXPOSED)
        return SIGNING_E_EXPOSED;
    pkey = r == 0 && pem.n > 0 ? parse_private(buffer_slice(&pem)) : NULL;
    OPENSSL_cleanse(pem.p, pem.n);
    if (pkey == NULL)
        return SIGNING_E_FORM;
    r = key_new(out, pkey);
    return r < 0 ? error_trace(r) : 0;
}

static int
write_private(int fd, EVP_PKEY *pkey)
{
    FILE *f = fdopen(fd, "w");
    bool ok;

    if (f == NULL) {
        (void)close(fd);
        return error_origin(-errno);
    }
    ok = PEM_write_PKCS8PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) == 1;
    ok = fflush(f) == 0 && fsync(fd) == 0 && ok;
    return fclose(f) == 0 && ok ? 0 : error_origin(-EIO);
}

/* Written aside and linked into place: @path never holds half a key and never replaces one. */
static int
save_private(EVP_PKEY *pkey, const char *path)
{
    CLEANUP_FREE char *aside = NULL;
    int fd;
    int r;

    if (asprintf(&aside, "%s.new", path) < 0)
        return error_origin(-ENOMEM);
    (void)unlink(aside);
    fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_origin(-errno);
    r = write_private(fd, pkey);
    if (r == 0 && link(aside, path) != 0)
        r = error_origin(-errno);
    (void)unlink(aside);
    return r;
}

int
signing_key_create(struct signing_key **out, const char *path)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    int r;

    if (pkey == NULL)
        return error_origin(-EIO);
    r = save_private(pkey, path);
    if (r < 0) {
        EVP_PKEY_free(pkey);
        return error_trace(r);
    }
    r = key_new(out, pkey);
    return r < 0 ? error_trace(r) : 0;
}

void
signing_key_close(struct signing_key *k)
{
    if (k == NULL)
        return;
    EVP_MD_CTX_free(k->ctx);
    EVP_PKEY_free(k->pkey);
    free(k);
}

int
signing_key_sign(struct signing_key *k, struct slice s, struct signature *out)
{
    size_t n = SIGNATURE_BYTES;

    if (EVP_MD_CTX_reset(k->ctx) != 1 || EVP_DigestSignInit(k->ctx, NULL, NULL, NULL, k->pkey) != 1)
        return error_origin(-EIO);
    if (EVP_DigestSign(k->ctx, out->b, &n, (const unsigned char *)s.p, s.n) != 1 || n != SIGNATURE_BYTES)
        return error_origin(-EIO);
    return 0;
}

void
signing_key_public(const struct signing_key *k, struct public_key *out)
{
    *out = k->public;
}

bool
public_key_check(const struct public_key *k, struct slice s, const struct signature *sig)
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->b, PUBLIC_KEY_BYTES);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = pkey != NULL && ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
              EVP_DigestVerify(ctx, sig->b, SIGNATURE_BYTES, (const unsigned char *)s.p, s.n) == 1;

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return ok;
}

int
public_key_pem(const struct public_key *k, struct buffer *out)
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->b, PUBLIC_KEY_BYTES);
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = pkey != NULL && bio != NULL && PEM_write_bio_PUBKEY(bio, pkey) == 1;
    char *p = NULL;

    if (ok) {
        long n = BIO_get_mem_data(bio, &p);

        buffer_add(out, slice_of(p, (size_t)n));
    }
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    return ok && !out->failed ? 0 : error_origin(-EIO);
}
