/* SPDX-License-Identifier: Apache-2.0 */
#include "input/networks.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

int
networks_init(struct networks *out, const char *const *texts, size_t n)
{
    out->n = 0;
    out->items = calloc(n + 1, sizeof(*out->items));
    if (out->items == NULL)
        return error_origin(-ENOMEM);
    for (size_t i = 0; i < n; i++)
        if (!network_parse(&out->items[out->n++], slice_str(texts[i])))
            return error_origin(-EINVAL);
    return 0;
}

void
networks_fini(struct networks *n)
{
    free(n->items);
    *n = (struct networks){0};
}

bool
networks_hold(const struct networks *n, const unsigned char address[static 16])
{
    for (size_t i = 0; i < n->n; i++)
        if (network_holds(&n->items[i], address))
            return true;
    return false;
}
