/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * JSON writer: RFC 8259 text, written from left to right into a buffer.
 *
 * Commas come by themselves; what nests must be closed in order, which is asserted. A string that is not UTF-8 is
 * written with U+FFFD for each broken byte: who needs the bytes themselves adds them as base64.
 */

#include "base/buffer.h"

enum { JSON_DEPTH_MAX = 32 };

struct json_writer {
    struct buffer *out;
    unsigned depth;
    bool comma;     /* a value stands before the next one */
    bool after_key; /* a key stands before the next value */
    char closers[JSON_DEPTH_MAX];
};

void json_begin(struct json_writer *w, struct buffer *out);

void json_object(struct json_writer *w);
void json_array(struct json_writer *w);

/** json_close() - end the innermost object or array. */
void json_close(struct json_writer *w);

void json_key(struct json_writer *w, const char *key);
void json_key_slice(struct json_writer *w, struct slice key);

void json_string(struct json_writer *w, struct slice s);
void json_base64(struct json_writer *w, struct slice s);
void json_int(struct json_writer *w, int64_t v);
void json_double(struct json_writer *w, double v);
void json_bool(struct json_writer *w, bool v);
void json_null(struct json_writer *w);

/** json_raw() - @s, which is JSON already, as the next value. */
void json_raw(struct json_writer *w, struct slice s);

static inline void
json_field_string(struct json_writer *w, const char *key, struct slice v)
{
    json_key(w, key);
    json_string(w, v);
}

static inline void
json_field_text(struct json_writer *w, const char *key, const char *v)
{
    json_field_string(w, key, slice_str(v));
}

static inline void
json_field_int(struct json_writer *w, const char *key, int64_t v)
{
    json_key(w, key);
    json_int(w, v);
}

static inline void
json_field_bool(struct json_writer *w, const char *key, bool v)
{
    json_key(w, key);
    json_bool(w, v);
}
