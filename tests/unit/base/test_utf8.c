/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "support/unit.h"

/* Check notes every assertion that holds; among millions only those that fail are worth it. */
#define ck_quick(cond, ...)            \
    do {                               \
        if (!(cond))                   \
            ck_abort_msg(__VA_ARGS__); \
    } while (0)

static bool
is_scalar(uint32_t c)
{
    return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

START_TEST(every_character_comes_back_from_its_encoding)
{
    uint32_t c;

    for (c = 0; c <= 0x10ffff; c++) {
        char bytes[UTF8_BYTES_MAX];
        size_t n = utf8_encode(c, bytes);
        uint32_t back = 0;

        ck_quick(utf8_decode(slice_of(bytes, n), &back) == n, "length of %x", c);
        ck_quick(back == (is_scalar(c) ? c : 0xfffd), "%x came back as %x", c, back);
        ck_quick(n == (!is_scalar(c) ? 3u : c < 0x80 ? 1u : c < 0x800 ? 2u : c < 0x10000 ? 3u : 4u), "%x in %zu", c, n);
    }
}
END_TEST

START_TEST(what_is_no_character_is_encoded_as_the_replacement)
{
    char bytes[UTF8_BYTES_MAX];

    ck_slice_eq(slice_of(bytes, utf8_encode(0x110000, bytes)), "\xef\xbf\xbd");
    ck_slice_eq(slice_of(bytes, utf8_encode(UINT32_MAX, bytes)), "\xef\xbf\xbd");
    ck_slice_eq(slice_of(bytes, utf8_encode(0xd800, bytes)), "\xef\xbf\xbd");
}
END_TEST

/* RFC 3629 section 3 by bits: how many bytes, shortest form, no surrogate, at most U+10FFFF. */
static size_t
slow_decode(const unsigned char *p, size_t n, uint32_t *c)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t want = p[0] < 0x80             ? 1
                  : (p[0] & 0xe0) == 0xc0 ? 2
                  : (p[0] & 0xf0) == 0xe0 ? 3
                  : (p[0] & 0xf8) == 0xf0 ? 4
                                          : 0;
    size_t i;

    if (want == 0 || n < want)
        return 0;
    *c = want == 1 ? p[0] : p[0] & (0x7fu >> want);
    for (i = 1; i < want; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        *c = *c << 6 | (p[i] & 0x3fu);
    }
    return *c < least[want] || !is_scalar(*c) ? 0 : want;
}

/* All forms whose later bytes are at or beside a boundary, at every length. */
START_TEST(broken_forms_are_refused_at_every_boundary)
{
    static const unsigned char edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    unsigned char p[4];
    unsigned first;
    size_t a;
    size_t b;
    size_t k;
    size_t n;

    for (first = 0; first < 256; first++) {
        for (a = 0; a < ARRAY_LEN(edges); a++) {
            for (b = 0; b < ARRAY_LEN(edges); b++) {
                for (k = 0; k < ARRAY_LEN(edges); k++) {
                    p[0] = (unsigned char)first;
                    p[1] = edges[a];
                    p[2] = edges[b];
                    p[3] = edges[k];
                    for (n = 1; n <= 4; n++) {
                        uint32_t got = 0;
                        uint32_t want = 0;

                        size_t length = slow_decode(p, n, &want);

                        ck_quick(utf8_decode(slice_of((char *)p, n), &got) == length && (length == 0 || got == want),
                            "%02x %02x %02x %02x, %zu bytes", p[0], p[1], p[2], p[3], n);
                    }
                }
            }
        }
    }
}
END_TEST

START_TEST(nothing_is_decoded_of_nothing)
{
    uint32_t c;

    ck_assert_uint_eq(utf8_decode((struct slice){NULL, 0}, &c), 0);
    ck_assert(utf8_valid((struct slice){NULL, 0}));
}
END_TEST

START_TEST(one_broken_byte_anywhere_makes_a_text_invalid)
{
    char text[64];
    size_t n;
    size_t i;

    memset(text, 'a', sizeof(text));
    for (n = 1; n <= sizeof(text); n++) {
        ck_assert(utf8_valid(slice_of(text, n)));
        for (i = 0; i < n; i++) {
            text[i] = (char)0x80;
            ck_assert_msg(!utf8_valid(slice_of(text, n)), "byte %zu of %zu", i, n);
            text[i] = 'a';
        }
    }
    ck_assert(utf8_valid(SLICE("0123456\xc3\xa4 89 \xe2\x82\xac and \xf0\x9f\x98\x80!")));
    ck_assert(!utf8_valid(SLICE("01234567\xe2\x82")));
}
END_TEST

UNIT_MAIN("utf8", every_character_comes_back_from_its_encoding, what_is_no_character_is_encoded_as_the_replacement,
    broken_forms_are_refused_at_every_boundary, nothing_is_decoded_of_nothing,
    one_broken_byte_anywhere_makes_a_text_invalid)
