/* SPDX-License-Identifier: Apache-2.0 */

/*
 * PROXY: the verdict does not depend on how much of what follows has come: every shorter part asks for more or is bad
 * for good, a header is never longer than what it was read from, and none asks for more than the limit.
 */

#include "parsers/proxy.h"

#include <stdlib.h>

#include "fuzz/fuzz.h"

/* In memory of just its size. */
static int
parse_part(struct proxy_header *out, const uint8_t *data, size_t n)
{
    char *copy = malloc(n + (n == 0));
    int r;

    ASSERT(copy != NULL);
    if (n > 0)
        memcpy(copy, data, n);
    r = proxy_parse(out, slice_of(copy, n));
    free(copy);
    return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct proxy_header whole = {0};
    struct proxy_header part = {0};
    size_t most = n > PROXY_HEADER_MAX ? PROXY_HEADER_MAX : n;
    int verdict = parse_part(&whole, data, n);
    size_t i;

    ASSERT(verdict != PROXY_E_MORE || n < PROXY_HEADER_MAX);
    ASSERT(verdict != 0 || (whole.n > 0 && whole.n <= n && whole.n <= PROXY_HEADER_MAX && whole.port <= 65535));
    for (i = 0; i < most; i++) {
        int r = parse_part(&part, data, i);

        if (r == 0)
            ASSERT(verdict == 0 && part.n == whole.n && part.told == whole.told &&
                   memcmp(part.address, whole.address, sizeof(part.address)) == 0);
        if (r == PROXY_E_BAD)
            ASSERT(verdict == PROXY_E_BAD);
        if (verdict == 0)
            ASSERT(i < whole.n ? r == PROXY_E_MORE : r == 0);
    }
    return 0;
}
