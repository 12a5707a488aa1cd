/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Networks: a list of the settings, as values: who may send, who may tell for whom.
 */

#include "parsers/network.h"

struct networks {
    struct network *items;
    size_t n;
};

/** networks_init() - from @texts, which the settings have checked. Return: 0 or negative errno. */
int networks_init(struct networks *out, const char *const *texts, size_t n);
void networks_fini(struct networks *n);

/** networks_hold() - whether @address, IPv4 as ::ffff:a.b.c.d, is in one of them. */
bool networks_hold(const struct networks *n, const unsigned char address[static 16]);
