/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Canonical: JSON with one way to write it: the only bytes of an entry that are hashed.
 *
 * After RFC 8785: no blanks, keys in the order of their bytes (for the ASCII keys used here the same as its UTF-16
 * order), UTF-8, the escapes of RFC 8785 and one more, DEL as \\u007f; numbers are integers of 64 bits. That the keys
 * come in order is asserted; text is made UTF-8 by canonical_text() before it comes here, so that what is hashed is
 * what is stored.
 */

#include "base/json_writer.h"

enum { CANONICAL_KEY_MAX = 64 };

struct canonical {
    struct json_writer json;
    char last[JSON_DEPTH_MAX][CANONICAL_KEY_MAX]; /* the key written last, in each open object */
};

void canonical_begin(struct canonical *c, struct buffer *out);

/** canonical_object() - begin an object, as the value of @key; NULL for the outermost or inside an array. */
void canonical_object(struct canonical *c, const char *key);
void canonical_array(struct canonical *c, const char *key);
void canonical_close(struct canonical *c);

void canonical_int(struct canonical *c, const char *key, int64_t v);
void canonical_string(struct canonical *c, const char *key, struct slice v);
void canonical_null(struct canonical *c, const char *key);

/** canonical_raw() - @v, which is canonical JSON already, as the value of @key. */
void canonical_raw(struct canonical *c, const char *key, struct slice v);

/** canonical_text() - @s appended to @out as plain UTF-8: broken bytes and NUL become U+FFFD. Return: what was
 * appended. */
struct slice canonical_text(struct buffer *out, struct slice s);
