/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * CURVE keys from files: the publisher's own, and those that may subscribe. Z85 text (ZeroMQ RFC 32), 40 characters.
 */

#include "base/slice.h"

enum { KEY_TEXT = 40, KEYS_MAX = 1024 };

struct key {
    char text[KEY_TEXT + 1];
};

struct keys {
    struct key *items;
    size_t n;
};

/** key_read_secret() - the secret key in @path, which must be the owner's alone. Return: 0, PUBLISH_E_KEY (logged). */
int key_read_secret(const char *path, struct key *out);

/** keys_read() - the public keys in @path, one a line, # for comments. Return: 0, PUBLISH_E_KEY (logged), -ENOMEM. */
int keys_read(const char *path, struct keys *out);
void keys_fini(struct keys *k);

/** keys_hold() - whether the public key @raw (32 bytes) is among @k. */
bool keys_hold(const struct keys *k, const unsigned char raw[static 32]);
