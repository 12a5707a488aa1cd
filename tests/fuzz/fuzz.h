/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Fuzz: what a target defines, and what targets share.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/** LLVMFuzzerTestOneInput() - one run; whatever is wrong must end the process (ASSERT, sanitizers). Return: 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/** fuzz_touch() - read every byte of @s, so that a slice that points outside is seen. */
static inline void
fuzz_touch(struct slice s)
{
    volatile char sink = 0;
    size_t i;

    for (i = 0; i < s.n; i++)
        sink = (char)(sink ^ s.p[i]);
}
