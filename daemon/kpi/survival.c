/* SPDX-License-Identifier: Apache-2.0 */
#include "kpi/survival.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"

void
survival_fini(struct survival *s)
{
    free(s->cases);
    *s = (struct survival){0};
}

int
survival_add(struct survival *s, int64_t ns, bool over)
{
    if (s->n == s->cap) {
        size_t cap = s->cap == 0 ? 64 : s->cap * 2;
        struct survival_case *cases = realloc(s->cases, cap * sizeof(*cases));

        if (cases == NULL)
            return error_origin(-ENOMEM);
        s->cases = cases;
        s->cap = cap;
    }
    s->cases[s->n++] = (struct survival_case){ns, over};
    s->n_open += !over;
    return 0;
}

/* By time; at the same time what is over comes before what is open, as the estimator has it. */
static int
compare(const void *a, const void *b)
{
    const struct survival_case *x = a;
    const struct survival_case *y = b;

    if (x->ns != y->ns)
        return x->ns < y->ns ? -1 : 1;
    return (int)y->over - (int)x->over;
}

double
survival_quantile_s(struct survival *s, double q)
{
    double surviving = 1;
    size_t i;

    if (s->n == 0)
        return NAN;
    qsort(s->cases, s->n, sizeof(*s->cases), compare);
    for (i = 0; i < s->n; i++) {
        if (s->cases[i].over)
            surviving *= 1 - 1 / (double)(s->n - i);
        if (surviving <= 1 - q + 1e-9)
            return (double)s->cases[i].ns / 1e9;
    }
    return NAN;
}

double
survival_longest_s(const struct survival *s)
{
    double longest = NAN;
    size_t i;

    for (i = 0; i < s->n; i++)
        longest = fmax(longest, (double)s->cases[i].ns / 1e9);
    return longest;
}
