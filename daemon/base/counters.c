/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counters.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

int
counters_new(struct counters **out, const struct counter_def *defs, size_t n)
{
    struct counters *c = calloc(1, sizeof(*c) + n * sizeof(c->values[0]));

    if (c == NULL)
        return error_origin(-ENOMEM);
    c->defs = defs;
    c->n = n;
    *out = c;
    return 0;
}

void
counters_free(struct counters *c)
{
    free(c);
}

void
counters_carry(struct counters *to, const struct counters *from)
{
    unsigned i;

    ASSERT(to->defs == from->defs && to->n == from->n);
    for (i = 0; i < to->n; i++)
        counters_add(to, i, counters_get(from, i));
}
