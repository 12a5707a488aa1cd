/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/program.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

int
program_load(struct program **out, const struct settings *settings, struct diag *diag)
{
    const struct ruleset_options options = {.prefilter = settings->rules_prefilter};
    CLEANUP(program_unref) struct program *p = NULL;
    int r;

    *out = NULL;
    p = calloc(1, sizeof(*p));
    if (p == NULL)
        return error_origin(-ENOMEM);
    atomic_init(&p->refs, 1);
    r = normalizer_new(&p->normalizer, settings, diag);
    if (r < 0)
        return error_trace(r);
    if (p->normalizer == NULL)
        return 0;
    r = ruleset_load(&p->ruleset, settings->rules_paths, settings->n_rules_paths, &options, diag);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(p);
    return 0;
}

struct program *
program_ref(struct program *p)
{
    atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
    return p;
}

void
program_unref(struct program *p)
{
    if (p == NULL || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
        return;
    ruleset_unref(p->ruleset);
    normalizer_free(p->normalizer);
    free(p);
}

size_t
program_count(const struct program *p, enum rule_status status)
{
    size_t n;
    const struct rule_report *reports = ruleset_reports(p->ruleset, &n);
    size_t count = 0;
    size_t i;

    for (i = 0; i < n; i++)
        count += reports[i].status == status;
    return count;
}
