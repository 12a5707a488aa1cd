/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Nearest: of the names there are, the one that somebody who wrote another may have meant.
 *
 *     struct nearest near = {.wrong = key};
 *     for (each name) nearest_consider(&near, name);
 *     diag_error(diag, at, "there is no '…'%s", nearest_hint(&near, hint));
 */

#include "base/slice.h"

enum { NEAREST_NAME_MAX = 64, NEAREST_HINT_MAX = NEAREST_NAME_MAX + 24 };

struct nearest {
    struct slice wrong;
    struct slice name; /* the nearest so far; {NULL, 0}: none is near */
    size_t distance;
};

/** nearest_consider() - @name is one of those there are; it stays the caller's as long as @n is used. */
void nearest_consider(struct nearest *n, struct slice name);

/** nearest_hint() - "; did you mean 'x'?", or "" where no name is near. Return: @out. */
const char *nearest_hint(const struct nearest *n, char out[static NEAREST_HINT_MAX]);
