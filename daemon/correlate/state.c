/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/state.h"

#include <endian.h>

void
state_put_fixed(struct buffer *b, uint64_t v)
{
    uint64_t le = htole64(v);

    buffer_add(b, slice_of((const char *)&le, sizeof(le)));
}

void
state_put_varint(struct buffer *b, uint64_t v)
{
    char bytes[10];
    size_t n = 0;

    for (; v >= 0x80; v >>= 7)
        bytes[n++] = (char)(v | 0x80);
    bytes[n++] = (char)v;
    buffer_add(b, slice_of(bytes, n));
}

bool
state_take_fixed(struct slice *in, uint64_t *v)
{
    uint64_t le;

    if (in->n < sizeof(le))
        return false;
    memcpy(&le, in->p, sizeof(le));
    *v = le64toh(le);
    *in = slice_from(*in, sizeof(le));
    return true;
}

bool
state_take_varint(struct slice *in, uint64_t *v)
{
    unsigned shift = 0;

    *v = 0;
    for (; in->n > 0 && shift < 64; shift += 7) {
        unsigned char byte = (unsigned char)in->p[0];

        *in = slice_from(*in, 1);
        *v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}
