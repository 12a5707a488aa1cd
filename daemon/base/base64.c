/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

static const char alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(struct buffer *out, struct slice s)
{
    char *p = buffer_reserve(out, (s.n + 2) / 3 * 4);
    size_t i;

    if (p == NULL)
        return;
    for (i = 0; i < s.n; i += 3) {
        size_t left = s.n - i;
        uint32_t v = (uint32_t)(unsigned char)s.p[i] << 16;

        if (left > 1)
            v |= (uint32_t)(unsigned char)s.p[i + 1] << 8;
        if (left > 2)
            v |= (unsigned char)s.p[i + 2];
        *p++ = alphabet[v >> 18];
        *p++ = alphabet[v >> 12 & 63];
        *p++ = left > 1 ? alphabet[v >> 6 & 63] : '=';
        *p++ = left > 2 ? alphabet[v & 63] : '=';
    }
    out->n += (s.n + 2) / 3 * 4;
}

static int
digit_value(char c)
{
    const char *at = memchr(alphabet, c, sizeof(alphabet));

    return at == NULL ? -1 : (int)(at - alphabet);
}

/* One group of four: 4, 3 or 2 digits and padding, which only the last group may have. */
static bool
decode_group(struct buffer *out, const char *p, bool last)
{
    unsigned n = 4;
    uint32_t v = 0;
    unsigned i;

    while (last && n > 2 && p[n - 1] == '=')
        n--;
    for (i = 0; i < 4; i++) {
        int d = i < n ? digit_value(p[i]) : 0;

        if (d < 0)
            return false;
        v = v << 6 | (uint32_t)d;
    }
    if ((n == 3 && (v & 0xff) != 0) || (n == 2 && (v & 0xffff) != 0))
        return false;
    for (i = 0; i + 1 < n; i++)
        buffer_add_char(out, (char)(v >> (16 - 8 * i)));
    return true;
}

bool
base64_decode(struct buffer *out, struct slice s)
{
    size_t before = out->n;
    size_t i;

    if (s.n % 4 != 0)
        return false;
    for (i = 0; i < s.n; i += 4) {
        if (!decode_group(out, s.p + i, i + 4 == s.n)) {
            out->n = before;
            return false;
        }
    }
    return true;
}
