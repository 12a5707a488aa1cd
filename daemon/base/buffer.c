/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

enum { BUFFER_CAP_MIN = 256 };

void
buffer_fini(struct buffer *b)
{
    free(b->p);
    *b = (struct buffer){0};
}

void
buffer_reset(struct buffer *b)
{
    b->n = 0;
    b->failed = false;
}

char *
buffer_reserve(struct buffer *b, size_t n)
{
    size_t cap = b->cap < BUFFER_CAP_MIN ? BUFFER_CAP_MIN : b->cap;
    char *p;

    if (b->failed || n > SIZE_MAX / 4 - b->n) {
        b->failed = true;
        return NULL;
    }
    if (LIKELY(n <= b->cap - b->n && b->p != NULL))
        return b->p + b->n;
    while (cap < b->n + n)
        cap *= 2;
    p = realloc(b->p, cap);
    if (p == NULL) {
        b->failed = true;
        return NULL;
    }
    b->p = p;
    b->cap = cap;
    return p + b->n;
}

void
buffer_add(struct buffer *b, struct slice s)
{
    char *p = buffer_reserve(b, s.n);

    if (p == NULL || s.n == 0)
        return;
    memcpy(p, s.p, s.n);
    b->n += s.n;
}

void
buffer_add_char(struct buffer *b, char c)
{
    buffer_add(b, slice_of(&c, 1));
}

void
buffer_printf(struct buffer *b, const char *fmt, ...)
{
    va_list args;
    va_list again;
    int n;
    char *p;

    va_start(args, fmt);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    p = n < 0 ? NULL : buffer_reserve(b, (size_t)n + 1);
    if (p != NULL) {
        (void)vsnprintf(p, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

/* What a terminal or a page might obey instead of showing. Unicode 15, UAX #9 for the bidirectional controls. */
static bool
is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c >= 0xe0000;
}

void
buffer_add_escaped(struct buffer *b, struct slice s)
{
    while (s.n > 0) {
        uint32_t c;
        size_t n = utf8_decode(s, &c);

        if (n == 0) {
            buffer_printf(b, "\\x%02x", (unsigned char)s.p[0]);
            n = 1;
        } else if (is_unsafe(c)) {
            buffer_printf(b, c < 0x80 ? "\\x%02x" : "\\u{%x}", (unsigned)c);
        } else {
            buffer_add(b, slice_head(s, n));
        }
        s = slice_from(s, n);
    }
}
