/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/proof.h"

#include <stdio.h>

#include "ledger/tree.h"
#include "support/unit.h"

/* Every tree of up to so many leaves is tried with every leaf, every earlier size, and every kind of lie. */
enum { SIZES = 34 };

static struct hasher *hasher;
static struct digest leaves[SIZES];
static struct digest roots[SIZES + 1];

static void
grow(void)
{
    struct tree t = {0};
    char body[16];
    size_t i;

    ck_assert_int_eq(hasher_new(&hasher), 0);
    for (i = 0; i < SIZES; i++) {
        (void)snprintf(body, sizeof(body), "entry %zu", i);
        ck_assert_int_eq(hasher_leaf(hasher, slice_str(body), &leaves[i]), 0);
        ck_assert_int_eq(tree_add(&t, hasher, &leaves[i]), 0);
        ck_assert_int_eq(tree_root(&t, hasher, &roots[i + 1]), 0);
    }
}

static int
leaf_of(void *ctx, uint64_t index, struct digest *out)
{
    (void)ctx;
    *out = leaves[index];
    return 0;
}

START_TEST(shows_every_entry_and_no_other)
{
    struct proof p;
    uint64_t size;
    uint64_t i;

    grow();
    for (size = 1; size <= SIZES; size++)
        for (i = 0; i < size; i++) {
            ck_assert_int_eq(proof_inclusion(&p, hasher, i, size, leaf_of, NULL), 0);
            ck_assert(proof_check_inclusion(&p, hasher, i, size, &leaves[i], &roots[size]));
            ck_assert(!proof_check_inclusion(&p, hasher, i, size, &leaves[(i + 1) % SIZES], &roots[size]));
            ck_assert(!proof_check_inclusion(&p, hasher, size, size, &leaves[i], &roots[size]));
            ck_assert(size == 1 || !proof_check_inclusion(&p, hasher, (i + 1) % size, size, &leaves[i], &roots[size]));
            if (p.n > 0) {
                p.n--;
                ck_assert(!proof_check_inclusion(&p, hasher, i, size, &leaves[i], &roots[size]));
            }
        }
    hasher_free(hasher);
}
END_TEST

START_TEST(shows_that_a_ledger_only_grew)
{
    struct proof p;
    uint64_t new;
    uint64_t old;

    grow();
    for (new = 1; new <= SIZES; new ++)
        for (old = 1; old <= new; old++) {
            ck_assert_int_eq(proof_consistency(&p, hasher, old, new, leaf_of, NULL), 0);
            ck_assert(proof_check_consistency(&p, hasher, old, new, &roots[old], &roots[new]));
            if (old == new)
                continue;
            ck_assert(!proof_check_consistency(&p, hasher, old, new, &roots[old % SIZES + 1], &roots[new]));
            ck_assert(!proof_check_consistency(&p, hasher, old, new, &roots[old], &roots[new - 1]));
            p.steps[p.n - 1].b[0] ^= 1;
            ck_assert(!proof_check_consistency(&p, hasher, old, new, &roots[old], &roots[new]));
            p.n--;
            ck_assert(!proof_check_consistency(&p, hasher, old, new, &roots[old], &roots[new]));
        }
    hasher_free(hasher);
}
END_TEST

START_TEST(refuses_to_prove_what_is_not_there)
{
    struct proof p;

    grow();
    ck_assert_int_lt(proof_inclusion(&p, hasher, 5, 5, leaf_of, NULL), 0);
    ck_assert_int_lt(proof_consistency(&p, hasher, 6, 5, leaf_of, NULL), 0);
    ck_assert_int_lt(proof_consistency(&p, hasher, 0, 5, leaf_of, NULL), 0);
    hasher_free(hasher);
}
END_TEST

UNIT_MAIN("proof", shows_every_entry_and_no_other, shows_that_a_ledger_only_grew, refuses_to_prove_what_is_not_there)
