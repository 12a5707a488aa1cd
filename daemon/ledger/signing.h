/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Signing: the ledger's Ed25519 key (RFC 8032), and the public half by which anyone checks.
 *
 * The private key is a PEM file (PKCS #8) only its owner may read; the public one stands beside it as PEM, for
 * openssl(1), and as a verifier key line in the C2SP signed-note form "NAME+HASH+BASE64". One thread a key.
 */

#include "base/buffer.h"

enum { SIGNING_E_NONE = 1, SIGNING_E_EXPOSED, SIGNING_E_FORM };

enum { SIGNATURE_BYTES = 64, PUBLIC_KEY_BYTES = 32, KEY_HASH_BYTES = 4 };

struct signature {
    unsigned char b[SIGNATURE_BYTES];
};

struct public_key {
    unsigned char b[PUBLIC_KEY_BYTES];
};

struct signing_key;

/**
 * signing_key_open() - the key in the PEM file @path
 *
 * Return: 0, SIGNING_E_NONE where there is no file, SIGNING_E_EXPOSED where others may read it, SIGNING_E_FORM where it
 * holds no Ed25519 key, or negative errno.
 */
int signing_key_open(struct signing_key **out, const char *path);

/** signing_key_create() - a new key, written to @path with mode 0600; -EEXIST where there is a file already. */
int signing_key_create(struct signing_key **out, const char *path);
void signing_key_close(struct signing_key *k);
CLEANUP_DEFINE(signing_key_close, struct signing_key *)

/** signing_key_sign() - sign @s. Return: 0 or -EIO where the library fails. */
int signing_key_sign(struct signing_key *k, struct slice s, struct signature *out);

void signing_key_public(const struct signing_key *k, struct public_key *out);

/** public_key_check() - whether @sig is @k's over @s. */
bool public_key_check(const struct public_key *k, struct slice s, const struct signature *sig);

/** public_key_pem() - append @k as PEM (SubjectPublicKeyInfo). Return: 0 or -EIO. */
int public_key_pem(const struct public_key *k, struct buffer *out);
