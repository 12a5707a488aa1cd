/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/canonical.h"

#include "base/utf8.h"

void
canonical_begin(struct canonical *c, struct buffer *out)
{
    json_begin(&c->json, out);
}

/* Writes @key, which must come after the last one of its object; NULL stands for "no key here". */
static void
write_key(struct canonical *c, const char *key)
{
    char *last;

    if (key == NULL)
        return;
    ASSERT(c->json.depth > 0 && strlen(key) < CANONICAL_KEY_MAX);
    last = c->last[c->json.depth - 1];
    ASSERT(strcmp(last, key) < 0);
    memcpy(last, key, strlen(key) + 1);
    json_key(&c->json, key);
}

void
canonical_object(struct canonical *c, const char *key)
{
    write_key(c, key);
    json_object(&c->json);
    c->last[c->json.depth - 1][0] = '\0';
}

void
canonical_array(struct canonical *c, const char *key)
{
    write_key(c, key);
    json_array(&c->json);
}

void
canonical_close(struct canonical *c)
{
    json_close(&c->json);
}

void
canonical_int(struct canonical *c, const char *key, int64_t v)
{
    write_key(c, key);
    json_int(&c->json, v);
}

void
canonical_string(struct canonical *c, const char *key, struct slice v)
{
    write_key(c, key);
    json_string(&c->json, v);
}

void
canonical_null(struct canonical *c, const char *key)
{
    write_key(c, key);
    json_null(&c->json);
}

void
canonical_raw(struct canonical *c, const char *key, struct slice v)
{
    write_key(c, key);
    json_raw(&c->json, v);
}

struct slice
canonical_text(struct buffer *out, struct slice s)
{
    size_t start = out->n;

    while (s.n > 0) {
        uint32_t decoded;
        size_t n = utf8_decode(s, &decoded);

        if (n == 0 || decoded == 0)
            buffer_add(out, SLICE("\xef\xbf\xbd"));
        else
            buffer_add(out, slice_head(s, n));
        s = slice_from(s, n == 0 ? 1 : n);
    }
    return slice_of(out->p == NULL ? "" : out->p + start, out->n - start);
}
