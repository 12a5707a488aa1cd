/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/network.h"

#include "base/cursor.h"
#include "parsers/value.h"

/* network = address [ "/" 1*3DIGIT ], the length at most that of the address's family; an address here has no zone. */
bool
network_parse(struct network *out, struct slice text)
{
    struct slice rest = text;
    struct slice address = cursor_until(&rest, '/');
    unsigned bits = 128;
    bool v4;

    if (slice_find(address, '%') < address.n || !value_address(address, out->address, &v4))
        return false;
    if (rest.n > 0) {
        rest = slice_from(rest, 1);
        if (!cursor_number(&rest, 3, &bits) || rest.n > 0 || bits > (v4 ? 32u : 128u))
            return false;
        bits += v4 ? 96 : 0;
    }
    out->bits = bits;
    return true;
}

bool
network_holds(const struct network *n, const unsigned char address[static 16])
{
    unsigned whole = n->bits / 8;
    unsigned rest = n->bits % 8;

    if (memcmp(address, n->address, whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ n->address[whole]) >> (8 - rest) == 0;
}
