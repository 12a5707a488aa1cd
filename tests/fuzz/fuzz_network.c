/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Network: what is taken for one has a length within its family's, holds its own address, and with the last bit that
 * counts turned it does not.
 */

#include "parsers/network.h"

#include "fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct network network;
    unsigned char other[16];

    if (!network_parse(&network, slice_of((const char *)data, n)))
        return 0;
    ASSERT(network.bits <= 128 && network_holds(&network, network.address));
    memcpy(other, network.address, sizeof(other));
    if (network.bits == 0)
        return 0;
    other[(network.bits - 1) / 8] ^= (unsigned char)(0x80 >> (network.bits - 1) % 8);
    ASSERT(!network_holds(&network, other));
    return 0;
}
