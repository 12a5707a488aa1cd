/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

/*
 * RFC 3629 section 4, one row a line of its table: the range of the first byte, how many follow, and the range of the
 * second; every later byte is 80..BF.
 */
static const struct {
    unsigned char first_min, first_max, n_more, second_min, second_max;
} utf8_forms[] = {
    // clang-format off
    {0xc2, 0xdf, 1, 0x80, 0xbf},
    {0xe0, 0xe0, 2, 0xa0, 0xbf},
    {0xe1, 0xec, 2, 0x80, 0xbf},
    {0xed, 0xed, 2, 0x80, 0x9f},
    {0xee, 0xef, 2, 0x80, 0xbf},
    {0xf0, 0xf0, 3, 0x90, 0xbf},
    {0xf1, 0xf3, 3, 0x80, 0xbf},
    {0xf4, 0xf4, 3, 0x80, 0x8f},
    // clang-format on
};

static size_t
decode_long(struct slice s, uint32_t *c)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t i;
    size_t k;

    for (i = 0; i < ARRAY_LEN(utf8_forms); i++)
        if (p[0] >= utf8_forms[i].first_min && p[0] <= utf8_forms[i].first_max)
            break;
    if (i == ARRAY_LEN(utf8_forms) || s.n <= utf8_forms[i].n_more)
        return 0;
    if (p[1] < utf8_forms[i].second_min || p[1] > utf8_forms[i].second_max)
        return 0;
    *c = p[0] & (0x3fu >> utf8_forms[i].n_more);
    for (k = 1; k <= utf8_forms[i].n_more; k++) {
        if ((p[k] & 0xc0) != 0x80)
            return 0;
        *c = *c << 6 | (p[k] & 0x3fu);
    }
    return utf8_forms[i].n_more + 1u;
}

size_t
utf8_decode(struct slice s, uint32_t *c)
{
    if (s.n == 0)
        return 0;
    if ((unsigned char)s.p[0] < 0x80) {
        *c = (unsigned char)s.p[0];
        return 1;
    }
    return decode_long(s, c);
}

size_t
utf8_encode(uint32_t c, char out[static UTF8_BYTES_MAX])
{
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        c = 0xfffd;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* Eight ASCII bytes a step, since nearly all log text is ASCII. */
bool
utf8_valid(struct slice s)
{
    while (s.n > 0) {
        uint64_t word;
        uint32_t c;
        size_t n;

        if (s.n >= 8) {
            memcpy(&word, s.p, 8);
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                s = slice_from(s, 8);
                continue;
            }
        }
        n = utf8_decode(s, &c);
        if (n == 0)
            return false;
        s = slice_from(s, n);
    }
    return true;
}
