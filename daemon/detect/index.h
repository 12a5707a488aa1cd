/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Index: what is looked for in the values of one scope (a field, or the keywords), all at once.
 *
 *   whole values        a hash table over folded literals
 *   parts of values     one prefilter database over folded literals, start and end told by the offset
 *   regular expressions in the same database, or by a literal they cannot do without
 *   everything else     not here: decided by the exact test when a rule asks for it (decide.h)
 *
 * A find either settles an atom or only makes it possible: what Vectorscan takes approximately, what compares case,
 * patterns with wildcards inside (found by their longest literal) and anything in a value that is not plain ASCII
 * where expressions are concerned. Nothing is ever missed: that is what tests compare with the exact test.
 */

#include "base/diag.h"
#include "detect/atoms.h"
#include "detect/fold.h"
#include "detect/prefilter.h"

enum finding {
    FINDING_POSSIBLE, /* to be decided by the exact test */
    FINDING_TRUE,
};

struct index_pattern;
struct index_use;
struct index_equal;

struct index {
    struct prefilter *scan;               /* NULL: nothing to look for in parts of values */
    const struct index_pattern *patterns; /* by the prefilter's number */
    size_t n_patterns;
    const struct index_use *uses; /* of the patterns, a run each */
    bool has_literals;
    bool has_regexes;
    const struct index_equal *equals; /* an open-addressing table */
    size_t equals_mask;
    size_t n_equals;
    uint64_t equal_lengths; /* bit i: a literal of i bytes is among them; bit 63: one of 63 or more */
};

/** What one thread needs to look. */
struct index_scratch {
    struct prefilter_scratch *prefilter;
    struct fold_buffer folded;
    struct fold_buffer cleaned; /* for values that are not UTF-8 */
};

/** What is called for each find. */
typedef void index_fn(void *ctx, uint32_t atom, enum finding finding);

/**
 * index_build() - index the atoms of @scope and set `scanned` in those that are looked for
 * @out:   the index
 * @scope: the scope
 * @trust: how far the prefilter can be relied on
 * @arena: what the index keeps besides its database
 * @diag:  a warning for each keyword that fits nearly every event
 *
 * Return: 0 or -ENOMEM.
 */
int index_build(
    struct index *out, const struct scope *scope, enum prefilter_trust trust, struct arena *arena, struct diag *diag);
void index_fini(struct index *ix);

/** index_is_empty() - whether no atom of the scope is looked for. */
static inline bool
index_is_empty(const struct index *ix)
{
    return ix->scan == NULL && ix->n_equals == 0;
}

/** index_scan() - call @fn for every atom that @value makes true or possible; for some more than once. */
void index_scan(const struct index *ix, struct slice value, struct index_scratch *s, index_fn *fn, void *ctx);
