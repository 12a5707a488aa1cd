/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/checkpoint.h"

#include <errno.h>
#include <inttypes.h>

#include "base/base64.h"
#include "base/cursor.h"
#include "base/error.h"

/* C2SP signed-note: each signature line begins with an em dash and a blank. */
#define SIGNATURE_MARK "\xe2\x80\x94 "

enum { KEY_TYPE_ED25519 = 1, SIZE_DIGITS_MAX = 19 };

/* The first four bytes of SHA-256(name || 0x0A || type || key). */
static int
key_hash(struct slice name, const struct public_key *key, struct hasher *h, unsigned char out[static KEY_HASH_BYTES])
{
    CLEANUP_BUFFER struct buffer b = {0};
    struct digest d;
    int r;

    buffer_add(&b, name);
    buffer_add_char(&b, '\n');
    buffer_add_char(&b, KEY_TYPE_ED25519);
    buffer_add(&b, slice_of((const char *)key->b, PUBLIC_KEY_BYTES));
    if (b.failed)
        return error_origin(-ENOMEM);
    r = hasher_digest(h, buffer_slice(&b), &d);
    if (r < 0)
        return error_trace(r);
    memcpy(out, d.b, KEY_HASH_BYTES);
    return 0;
}

static int
add_signature(struct slice origin, const unsigned char hash[static KEY_HASH_BYTES], const struct signature *sig,
    struct buffer *out)
{
    char bytes[KEY_HASH_BYTES + SIGNATURE_BYTES];

    memcpy(bytes, hash, KEY_HASH_BYTES);
    memcpy(bytes + KEY_HASH_BYTES, sig->b, SIGNATURE_BYTES);
    buffer_add(out, SLICE("\n" SIGNATURE_MARK));
    buffer_add(out, origin);
    buffer_add_char(out, ' ');
    base64_encode(out, slice_of(bytes, sizeof(bytes)));
    buffer_add_char(out, '\n');
    return out->failed ? error_origin(-ENOMEM) : 0;
}

int
checkpoint_sign(const struct checkpoint *c, struct signing_key *key, struct hasher *h, struct buffer *out)
{
    unsigned char hash[KEY_HASH_BYTES];
    struct public_key public;
    struct signature sig;
    size_t start = out->n;
    int r;

    buffer_add(out, c->origin);
    buffer_printf(out, "\n%" PRIu64 "\n", c->size);
    base64_encode(out, slice_of((const char *)c->root.b, DIGEST_BYTES));
    buffer_add_char(out, '\n');
    if (out->failed)
        return error_origin(-ENOMEM);
    signing_key_public(key, &public);
    r = key_hash(c->origin, &public, h, hash);
    if (r < 0)
        return error_trace(r);
    r = signing_key_sign(key, slice_of(out->p + start, out->n - start), &sig);
    if (r < 0)
        return error_trace(r);
    r = add_signature(c->origin, hash, &sig, out);
    return r < 0 ? error_trace(r) : 0;
}

/* A note is split at its last empty line. */
struct slice
checkpoint_text(struct slice note)
{
    size_t i;

    for (i = note.n; i >= 2; i--)
        if (note.p[i - 1] == '\n' && note.p[i - 2] == '\n')
            return slice_head(note, i - 1);
    return (struct slice){NULL, 0};
}

/* A line with its end taken off the front of @in. */
static bool
take_line(struct slice *in, struct slice *line)
{
    *line = cursor_until(in, '\n');
    return cursor_skip(in, '\n');
}

/* text = origin LF size LF base64-root LF *( extension LF ) */
static bool
parse_text(struct slice text, struct checkpoint *out)
{
    CLEANUP_BUFFER struct buffer root = {0};
    struct slice size;
    struct slice encoded;

    if (!take_line(&text, &out->origin) || out->origin.n == 0)
        return false;
    if (!take_line(&text, &size) || !cursor_digits(&size, SIZE_DIGITS_MAX, &out->size) || size.n != 0)
        return false;
    if (!take_line(&text, &encoded) || !base64_decode(&root, encoded) || root.n != DIGEST_BYTES)
        return false;
    memcpy(out->root.b, root.p, DIGEST_BYTES);
    return true;
}

/* signature-line = mark name " " base64( 4hash signature ) LF, the signature of whatever length its key has. */
static bool
take_signature(struct slice *lines, struct slice *name, struct buffer *bytes)
{
    struct slice line;

    if (!take_line(lines, &line) || !cursor_skip_text(&line, SLICE(SIGNATURE_MARK)))
        return false;
    *name = cursor_until(&line, ' ');
    return name->n > 0 && cursor_skip(&line, ' ') && base64_decode(bytes, line) && bytes->n > KEY_HASH_BYTES;
}

/* The signature by the key of @name and @hash among the lines in @lines, which are all signatures. Return: 0 or an
 * outcome of checkpoint_open(). */
static int
find_signature(
    struct slice lines, struct slice name, const unsigned char hash[static KEY_HASH_BYTES], struct signature *sig)
{
    int r = CHECKPOINT_E_KEY;

    while (lines.n > 0) {
        CLEANUP_BUFFER struct buffer bytes = {0};
        struct slice signer;

        if (!take_signature(&lines, &signer, &bytes))
            return CHECKPOINT_E_FORM;
        if (r == 0 || !slice_eq(signer, name) || bytes.n != KEY_HASH_BYTES + SIGNATURE_BYTES ||
            memcmp(bytes.p, hash, KEY_HASH_BYTES) != 0)
            continue;
        memcpy(sig->b, bytes.p + KEY_HASH_BYTES, SIGNATURE_BYTES);
        r = 0;
    }
    return r;
}

int
checkpoint_open(
    struct checkpoint *out, struct slice note, struct slice origin, const struct public_key *key, struct hasher *h)
{
    struct slice text = checkpoint_text(note);
    unsigned char hash[KEY_HASH_BYTES];
    struct signature sig;
    int r;

    if (text.p == NULL || !parse_text(text, out))
        return CHECKPOINT_E_FORM;
    if (!slice_eq(out->origin, origin))
        return CHECKPOINT_E_ORIGIN;
    r = key_hash(origin, key, h, hash);
    if (r < 0)
        return error_trace(r);
    r = find_signature(slice_from(note, text.n + 1), origin, hash, &sig);
    if (r != 0)
        return r;
    return public_key_check(key, text, &sig) ? 0 : CHECKPOINT_E_SIGNATURE;
}

int
verifier_print(struct slice name, const struct public_key *key, struct hasher *h, struct buffer *out)
{
    char bytes[1 + PUBLIC_KEY_BYTES] = {KEY_TYPE_ED25519};
    unsigned char hash[KEY_HASH_BYTES];
    int r;

    r = key_hash(name, key, h, hash);
    if (r < 0)
        return error_trace(r);
    memcpy(bytes + 1, key->b, PUBLIC_KEY_BYTES);
    buffer_add(out, name);
    buffer_printf(out, "+%02x%02x%02x%02x+", hash[0], hash[1], hash[2], hash[3]);
    base64_encode(out, slice_of(bytes, sizeof(bytes)));
    return out->failed ? error_origin(-ENOMEM) : 0;
}

/* verifier = name "+" 8HEXDIG "+" base64( 0x01 || key ) */
bool
verifier_parse(struct slice line, struct hasher *h, struct slice *name, struct public_key *key)
{
    CLEANUP_BUFFER struct buffer bytes = {0};
    CLEANUP_BUFFER struct buffer again = {0};
    struct slice rest = line;

    *name = cursor_until(&rest, '+');
    if (name->n == 0 || !cursor_skip(&rest, '+'))
        return false;
    (void)cursor_until(&rest, '+');
    if (!cursor_skip(&rest, '+') || !base64_decode(&bytes, rest) || bytes.n != 1 + PUBLIC_KEY_BYTES ||
        bytes.p[0] != KEY_TYPE_ED25519)
        return false;
    memcpy(key->b, bytes.p + 1, PUBLIC_KEY_BYTES);
    return verifier_print(*name, key, h, &again) == 0 && slice_eq(buffer_slice(&again), line);
}
