/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_writer.h"

#include <inttypes.h>
#include <math.h>

#include "base/base64.h"
#include "base/utf8.h"

void
json_begin(struct json_writer *w, struct buffer *out)
{
    *w = (struct json_writer){.out = out};
}

static void
before_value(struct json_writer *w)
{
    if (w->comma && !w->after_key)
        buffer_add_char(w->out, ',');
    w->comma = true;
    w->after_key = false;
}

static void
open_nest(struct json_writer *w, char opener, char closer)
{
    before_value(w);
    ASSERT(w->depth < JSON_DEPTH_MAX);
    w->closers[w->depth++] = closer;
    buffer_add_char(w->out, opener);
    w->comma = false;
}

void
json_object(struct json_writer *w)
{
    open_nest(w, '{', '}');
}

void
json_array(struct json_writer *w)
{
    open_nest(w, '[', ']');
}

void
json_close(struct json_writer *w)
{
    ASSERT(w->depth > 0 && !w->after_key);
    buffer_add_char(w->out, w->closers[--w->depth]);
    w->comma = true;
}

static void
write_escape(struct buffer *out, unsigned char c)
{
    static const char *const shorts[0x20] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};

    if (c == '"' || c == '\\') {
        buffer_add_char(out, '\\');
        buffer_add_char(out, (char)c);
    } else if (c < 0x20 && shorts[c] != NULL) {
        buffer_add(out, slice_str(shorts[c]));
    } else {
        buffer_printf(out, "\\u%04x", c);
    }
}

/* How many bytes at the front of @s go into a string as they are. */
static size_t
plain_run(struct slice s)
{
    size_t i = 0;

    while (i < s.n) {
        unsigned char c = (unsigned char)s.p[i];
        uint32_t decoded;
        size_t n = 1;

        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
            break;
        if (c >= 0x80) {
            n = utf8_decode(slice_from(s, i), &decoded);
            if (n == 0)
                break;
        }
        i += n;
    }
    return i;
}

static void
write_string(struct buffer *out, struct slice s)
{
    buffer_add_char(out, '"');
    while (s.n > 0) {
        size_t n = plain_run(s);

        buffer_add(out, slice_head(s, n));
        s = slice_from(s, n);
        if (s.n == 0)
            break;
        if ((unsigned char)s.p[0] < 0x80)
            write_escape(out, (unsigned char)s.p[0]);
        else
            buffer_add(out, SLICE("\xef\xbf\xbd"));
        s = slice_from(s, 1);
    }
    buffer_add_char(out, '"');
}

void
json_key_slice(struct json_writer *w, struct slice key)
{
    ASSERT(!w->after_key && w->depth > 0 && w->closers[w->depth - 1] == '}');
    before_value(w);
    write_string(w->out, key);
    buffer_add_char(w->out, ':');
    w->after_key = true;
}

void
json_key(struct json_writer *w, const char *key)
{
    json_key_slice(w, slice_str(key));
}

void
json_string(struct json_writer *w, struct slice s)
{
    before_value(w);
    write_string(w->out, s);
}

void
json_base64(struct json_writer *w, struct slice s)
{
    before_value(w);
    buffer_add_char(w->out, '"');
    base64_encode(w->out, s);
    buffer_add_char(w->out, '"');
}

void
json_int(struct json_writer *w, int64_t v)
{
    before_value(w);
    buffer_printf(w->out, "%" PRId64, v);
}

/* JSON has no word for a number that is none (RFC 8259 section 6). */
void
json_double(struct json_writer *w, double v)
{
    if (!isfinite(v)) {
        json_null(w);
        return;
    }
    before_value(w);
    buffer_printf(w->out, "%.15g", v);
}

void
json_bool(struct json_writer *w, bool v)
{
    before_value(w);
    buffer_add(w->out, v ? SLICE("true") : SLICE("false"));
}

void
json_null(struct json_writer *w)
{
    before_value(w);
    buffer_add(w->out, SLICE("null"));
}

void
json_raw(struct json_writer *w, struct slice s)
{
    before_value(w);
    buffer_add(w->out, s);
}
