/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc32c.c" /* for both ways of reckoning it, whatever processor runs the test */

#include "support/unit.h"

/* A bit at a time, as the standard has it. */
static uint32_t
bit_by_bit(struct slice s)
{
    uint32_t crc = ~0u;
    size_t i;
    int k;

    for (i = 0; i < s.n; i++) {
        crc ^= (unsigned char)s.p[i];
        for (k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    return ~crc;
}

START_TEST(gives_the_sums_of_the_standard)
{
    /* RFC 3720 appendix B.4. */
    char bytes[32] = {0};
    int i;

    ck_assert_uint_eq(crc32c(0, slice_of(bytes, 32)), 0x8a9136aau);
    memset(bytes, 0xff, 32);
    ck_assert_uint_eq(crc32c(0, slice_of(bytes, 32)), 0x62a8ab43u);
    for (i = 0; i < 32; i++)
        bytes[i] = (char)i;
    ck_assert_uint_eq(crc32c(0, slice_of(bytes, 32)), 0x46dd794eu);
    ck_assert_uint_eq(crc32c(0, SLICE("123456789")), 0xe3069283u);
    ck_assert_uint_eq(crc32c(0, SLICE("")), 0);
}
END_TEST

START_TEST(every_way_gives_the_same_at_every_length)
{
    char bytes[300];
    size_t n;

    for (n = 0; n < sizeof(bytes); n++)
        bytes[n] = (char)(n * 167 + 13);
    for (n = 0; n < sizeof(bytes); n++) {
        struct slice s = slice_of(bytes, n);

        ck_assert_uint_eq(crc32c(0, s), bit_by_bit(s));
        ck_assert_uint_eq(~by_table(~0u, s), bit_by_bit(s));
    }
}
END_TEST

START_TEST(goes_on_where_it_stopped)
{
    struct slice s = SLICE("a record that is longer than a word of the processor");
    size_t k;

    for (k = 0; k <= s.n; k++)
        ck_assert_uint_eq(crc32c(crc32c(0, slice_head(s, k)), slice_from(s, k)), crc32c(0, s));
}
END_TEST

UNIT_MAIN("crc32c", gives_the_sums_of_the_standard, every_way_gives_the_same_at_every_length, goes_on_where_it_stopped)
