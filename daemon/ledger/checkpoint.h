/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Checkpoint: a signed statement that a ledger of a name has a size and a root (C2SP tlog-checkpoint, signed-note).
 *
 *     example.org/isms              origin
 *     1234                          size
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=    root, base64
 *                                   an empty line
 *     — example.org/isms AbCdEf…=   signature: base64 of key hash (4 bytes) and Ed25519 signature (64 bytes)
 *
 * Signed is the text up to and with the line end before the empty line. With that text in cp.txt and the 64 bytes in
 * sig.bin, `openssl pkeyutl -verify -pubin -inkey ledger.pub -rawin -in cp.txt -sigfile sig.bin` checks it.
 */

#include "ledger/digest.h"
#include "ledger/signing.h"

enum { CHECKPOINT_E_FORM = 1, CHECKPOINT_E_ORIGIN, CHECKPOINT_E_KEY, CHECKPOINT_E_SIGNATURE };

struct checkpoint {
    struct slice origin;
    uint64_t size;
    struct digest root;
};

/** checkpoint_sign() - append the note for @c to @out, signed by @key. Return: 0 or negative errno. */
int checkpoint_sign(const struct checkpoint *c, struct signing_key *key, struct hasher *h, struct buffer *out);

/** checkpoint_text() - the part of @note that is signed. Return: {NULL, 0} where @note has no such part. */
struct slice checkpoint_text(struct slice note);

/**
 * checkpoint_open() - read @note and check it against @key
 * @out:    set on 0; its origin is a slice of @note
 * @note:   the whole note; extension lines and signatures of other keys are passed over
 * @origin: the ledger's name
 * @key:    whose signature must be there
 * @h:      for the key's hash
 *
 * Return: 0, CHECKPOINT_E_FORM, CHECKPOINT_E_ORIGIN (another ledger's), CHECKPOINT_E_KEY (no signature by @key),
 * CHECKPOINT_E_SIGNATURE (one that does not verify), or negative errno.
 */
int checkpoint_open(
    struct checkpoint *out, struct slice note, struct slice origin, const struct public_key *key, struct hasher *h);

/** verifier_print() - append "NAME+HASH+KEY", the line by which others know @key of @name. Return: 0 or negative errno.
 */
int verifier_print(struct slice name, const struct public_key *key, struct hasher *h, struct buffer *out);

/** verifier_parse() - read such a line. Return: whether it is one and its hash is right; @name is a slice of @line. */
bool verifier_parse(struct slice line, struct hasher *h, struct slice *name, struct public_key *key);
