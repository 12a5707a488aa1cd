/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Network: an address with a prefix length (RFC 4632 section 3.1, RFC 4291 section 2.3). IPv4 is held as
 * ::ffff:a.b.c.d, so that an address is in a network whichever way it came.
 */

#include "base/slice.h"

struct network {
    unsigned char address[16];
    unsigned bits; /* of the 128, how many must be the same */
};

/** network_parse() - "192.0.2.0/24", "2001:db8::/32", or a whole address. Return: whether @text is one. */
bool network_parse(struct network *out, struct slice text);

/** network_holds() - whether @address, IPv4 as ::ffff:a.b.c.d, is in @n. */
bool network_holds(const struct network *n, const unsigned char address[static 16]);
