/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/state.h"

void
state_put_fixed(struct buffer *b, uint64_t v)
{
    char bytes[8];

    (void)state_write_fixed(bytes, v);
    buffer_add(b, slice_of(bytes, sizeof(bytes)));
}

void
state_put_varint(struct buffer *b, uint64_t v)
{
    char bytes[STATE_VARINT_MAX];

    buffer_add(b, slice_of(bytes, (size_t)(state_write_varint(bytes, v) - bytes)));
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
