/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"

#include <stdlib.h>

static inline unsigned char
fold_ascii(char c)
{
    unsigned char u = (unsigned char)c;

    return u >= 'A' && u <= 'Z' ? u | 0x20 : u;
}

bool
slice_eq_nocase(struct slice a, struct slice b)
{
    size_t i;

    if (a.n != b.n)
        return false;
    for (i = 0; i < a.n; i++)
        if (fold_ascii(a.p[i]) != fold_ascii(b.p[i]))
            return false;
    return true;
}

int
slice_compare(struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int r = n == 0 ? 0 : memcmp(a.p, b.p, n);

    if (r != 0)
        return r;
    return a.n < b.n ? -1 : a.n > b.n;
}

size_t
slice_find(struct slice s, char c)
{
    const char *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);

    return at == NULL ? s.n : (size_t)(at - s.p);
}

size_t
slice_find_last(struct slice s, char c)
{
    const char *at = s.n == 0 ? NULL : memrchr(s.p, c, s.n);

    return at == NULL ? s.n : (size_t)(at - s.p);
}

size_t
slice_search(struct slice s, struct slice needle)
{
    const char *at;

    if (needle.n == 0)
        return 0;
    at = s.n == 0 ? NULL : memmem(s.p, s.n, needle.p, needle.n);
    return at == NULL ? SIZE_MAX : (size_t)(at - s.p);
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice
slice_trim(struct slice s)
{
    while (s.n > 0 && is_blank(s.p[0]))
        s = slice_from(s, 1);
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

char *
slice_dup(struct slice s)
{
    char *z = malloc(s.n + 1);

    if (z == NULL)
        return NULL;
    if (s.n > 0)
        memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    return z;
}
