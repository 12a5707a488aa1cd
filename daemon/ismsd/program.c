/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/program.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "ledger/digest.h"

static int
digest_rule(void *ctx, struct slice text, unsigned char out[32])
{
    struct digest d;
    int r = hasher_digest(ctx, text, &d);

    memcpy(out, d.b, sizeof(d.b));
    return r;
}

/* A folder that is gone or closed is not the same as one without rules: to go on without would be to go blind. */
static bool
paths_readable(const struct settings *settings)
{
    size_t i;

    for (i = 0; i < settings->n_rules_paths; i++)
        if (access(settings->rules_paths[i], R_OK) != 0)
            return false;
    return true;
}

static int
copy_lists(const struct settings *settings, struct rule_list **out)
{
    struct rule_list *lists = calloc(settings->n_lists + 1, sizeof(*lists));
    size_t i;

    if (lists == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < settings->n_lists; i++)
        lists[i] = (struct rule_list){
            settings->lists[i].name, settings->lists[i].values, settings->lists[i].n_values, settings->lists[i].file};
    *out = lists;
    return 0;
}

static size_t
in_force(const struct program *p)
{
    return program_count(p, RULE_LOADED) + program_count(p, RULE_KEPT);
}

/* A folder that is suddenly empty is more likely a mount that is gone than a wish to watch nothing. */
static bool
went_blind(const struct program *p, const struct program *before, const struct settings *settings, struct diag *diag)
{
    if (before == NULL || in_force(before) == 0 || in_force(p) > 0)
        return false;
    diag_error(diag, (struct diag_place){settings->file, 0, 0},
        "no rule is found below rules.paths, where %zu are in force; to go on without rules, start anew",
        in_force(before));
    return true;
}

int
program_load(struct program **out, const struct settings *settings, const struct program *before, struct walltime now,
    struct diag *diag)
{
    CLEANUP(program_unref) struct program *p = NULL;
    CLEANUP(hasher_free) struct hasher *hasher = NULL;
    CLEANUP_FREE struct rule_list *lists = NULL;
    struct ruleset_options options = {.prefilter = settings->rules_prefilter, .digest = digest_rule, .now = now};
    int r;

    *out = NULL;
    p = calloc(1, sizeof(*p));
    if (p == NULL)
        return error_origin(-ENOMEM);
    atomic_init(&p->refs, 1);
    r = hasher_new(&hasher);
    if (r == 0)
        r = normalizer_new(&p->normalizer, settings, diag);
    if (r == 0)
        r = copy_lists(settings, &lists);
    if (r < 0)
        return error_trace(r);
    options.digest_ctx = hasher;
    options.lists = lists;
    options.n_lists = settings->n_lists;
    options.before = before == NULL ? NULL : before->ruleset;
    r = ruleset_load(&p->ruleset, settings->rules_paths, settings->n_rules_paths, &options, diag);
    if (r < 0)
        return error_trace(r);
    if (p->normalizer != NULL && paths_readable(settings) && !went_blind(p, before, settings, diag))
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
    return ruleset_count(p->ruleset, status);
}

void
program_describe(const struct program *p, struct buffer *out)
{
    size_t n_kept = program_count(p, RULE_KEPT);

    buffer_printf(out, "%zu rules loaded, %zu rejected, %zu skipped", program_count(p, RULE_LOADED),
        program_count(p, RULE_REJECTED), program_count(p, RULE_SKIPPED));
    if (n_kept > 0)
        buffer_printf(out, ", %zu kept as they were", n_kept);
}
