/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"

#include <stdio.h>

static bool
same_letter(char a, char b)
{
    return slice_eq_nocase(slice_of(&a, 1), slice_of(&b, 1));
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be added, dropped or changed to make @b of @a (Levenshtein); @b is short. */
static size_t
distance(struct slice a, struct slice b)
{
    size_t row[NEAREST_NAME_MAX + 1];
    size_t i;
    size_t k;

    for (k = 0; k <= b.n; k++)
        row[k] = k;
    for (i = 0; i < a.n; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (k = 0; k < b.n; k++) {
            size_t change = diagonal + !same_letter(a.p[i], b.p[k]);

            diagonal = row[k + 1];
            row[k + 1] = least(change, 1 + least(row[k], row[k + 1]));
        }
    }
    return row[b.n];
}

/* A third of the letters and one may be wrong, but never all of them. */
void
nearest_consider(struct nearest *n, struct slice name)
{
    size_t d;

    if (n->wrong.n > NEAREST_NAME_MAX || name.n > NEAREST_NAME_MAX)
        return;
    d = distance(n->wrong, name);
    if (d > 1 + n->wrong.n / 3 || d >= n->wrong.n || d >= name.n)
        return;
    if (n->name.p == NULL || d < n->distance) {
        n->name = name;
        n->distance = d;
    }
}

const char *
nearest_hint(const struct nearest *n, char out[static NEAREST_HINT_MAX])
{
    out[0] = '\0';
    if (n->name.p != NULL)
        (void)snprintf(out, NEAREST_HINT_MAX, "; did you mean '" SLICE_FMT "'?", SLICE_ARG(n->name));
    return out;
}
