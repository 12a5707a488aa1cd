/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc32c.h"

/* What four bits shifted out leave behind, of the polynomial 0x82f63b78 (bits reversed). */
static const uint32_t nibbles[16] = {
    // clang-format off
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    // clang-format on
};

static uint32_t
by_table(uint32_t crc, struct slice s)
{
    size_t i;

    for (i = 0; i < s.n; i++) {
        crc ^= (unsigned char)s.p[i];
        crc = crc >> 4 ^ nibbles[crc & 15];
        crc = crc >> 4 ^ nibbles[crc & 15];
    }
    return crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t
by_instruction(uint32_t crc, struct slice s)
{
    uint64_t c = crc;
    uint64_t word;
    size_t i;

    for (i = 0; i + 8 <= s.n; i += 8) {
        memcpy(&word, s.p + i, 8);
        c = __builtin_ia32_crc32di(c, word);
    }
    for (; i < s.n; i++)
        c = __builtin_ia32_crc32qi((uint32_t)c, (unsigned char)s.p[i]);
    return (uint32_t)c;
}

uint32_t
crc32c(uint32_t crc, struct slice s)
{
    return ~(__builtin_cpu_supports("sse4.2") ? by_instruction(~crc, s) : by_table(~crc, s));
}

#else

uint32_t
crc32c(uint32_t crc, struct slice s)
{
    return ~by_table(~crc, s);
}

#endif
