/* SPDX-License-Identifier: Apache-2.0 */
#include "base/defs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
assert_failed(const char *file, int line, const char *cond)
{
    (void)fprintf(stderr, "%s:%d: cannot be: %s\n", file, line, cond);
    abort();
}

void
free_pointer_cleanup(void *pp)
{
    void *p;

    memcpy(&p, pp, sizeof(p));
    free(p);
}
