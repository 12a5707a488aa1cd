/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/proof.h"

#include <errno.h>

#include "base/error.h"
#include "ledger/tree.h"

/* The leaves [from, from + n) a walk down the tree has come to. */
struct span {
    uint64_t from;
    uint64_t n;
};

/* Where the hashes of leaves come from. */
struct leaves {
    struct hasher *h;
    proof_leaf_fn *fn;
    void *ctx;
};

/* The largest power of two below @n, which is at least 2. */
static uint64_t
split_of(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/* Adds the root of the leaves in @s to the proof. */
static int
add_step(struct proof *p, struct leaves *leaves, struct span s)
{
    struct tree t = {0};
    struct digest leaf;
    uint64_t i;
    int r;

    ASSERT(p->n < PROOF_STEPS_MAX);
    for (i = 0; i < s.n; i++) {
        r = leaves->fn(leaves->ctx, s.from + i, &leaf);
        if (r < 0)
            return error_trace(r);
        r = tree_add(&t, leaves->h, &leaf);
        if (r < 0)
            return error_trace(r);
    }
    r = tree_root(&t, leaves->h, &p->steps[p->n++]);
    return r < 0 ? error_trace(r) : 0;
}

/* Steps were found from the root down; a proof lists them from the leaves up. */
static void
reverse(struct proof *p)
{
    size_t i;

    for (i = 0; i < p->n / 2; i++) {
        struct digest d = p->steps[i];

        p->steps[i] = p->steps[p->n - 1 - i];
        p->steps[p->n - 1 - i] = d;
    }
}

/* PATH(m, D[n]), RFC 6962 section 2.1.1, as a walk from the root to the leaf. */
int
proof_inclusion(struct proof *p, struct hasher *h, uint64_t index, uint64_t size, proof_leaf_fn *leaf, void *ctx)
{
    struct leaves leaves = {h, leaf, ctx};
    struct span s = {0, size};
    int r;

    p->n = 0;
    if (index >= size)
        return error_origin(-EINVAL);
    while (s.n > 1) {
        uint64_t k = split_of(s.n);
        struct span left = {s.from, k};
        struct span right = {s.from + k, s.n - k};
        bool goes_left = index < right.from;

        r = add_step(p, &leaves, goes_left ? right : left);
        if (r < 0)
            return error_trace(r);
        s = goes_left ? left : right;
    }
    reverse(p);
    return 0;
}

/* SUBPROOF(m, D[n], b), RFC 6962 section 2.1.2, as a walk from the root to where the old tree ends. */
int
proof_consistency(
    struct proof *p, struct hasher *h, uint64_t old_size, uint64_t new_size, proof_leaf_fn *leaf, void *ctx)
{
    struct leaves leaves = {h, leaf, ctx};
    struct span s = {0, new_size};
    bool is_old_root = true; /* b: the subtree reached is the old tree itself, whose root the verifier has */
    int r;

    p->n = 0;
    if (old_size == 0 || old_size > new_size)
        return error_origin(-EINVAL);
    while (old_size != s.from + s.n) {
        uint64_t k = split_of(s.n);
        struct span left = {s.from, k};
        struct span right = {s.from + k, s.n - k};
        bool goes_left = old_size <= right.from;

        r = add_step(p, &leaves, goes_left ? right : left);
        if (r < 0)
            return error_trace(r);
        is_old_root = is_old_root && goes_left;
        s = goes_left ? left : right;
    }
    if (!is_old_root) {
        r = add_step(p, &leaves, s);
        if (r < 0)
            return error_trace(r);
    }
    reverse(p);
    return 0;
}

/* RFC 9162 section 2.1.3.2. */
bool
proof_check_inclusion(const struct proof *p, struct hasher *h, uint64_t index, uint64_t size, const struct digest *leaf,
    const struct digest *root)
{
    struct digest r = *leaf;
    uint64_t fn = index;
    uint64_t sn = size - 1;
    size_t i;

    if (index >= size)
        return false;
    for (i = 0; i < p->n; i++) {
        const struct digest *step = &p->steps[i];
        bool step_is_left = (fn & 1) != 0 || fn == sn;

        if (sn == 0 || hasher_node(h, step_is_left ? step : &r, step_is_left ? &r : step, &r) < 0)
            return false;
        while (step_is_left && fn != 0 && (fn & 1) == 0) {
            fn >>= 1;
            sn >>= 1;
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && digest_eq(&r, root);
}

/* The steps after the first, folded into both roots; RFC 9162 section 2.1.4.2, steps 5 to 7. */
static bool
fold_consistency(const struct digest *steps, size_t n, struct hasher *h, uint64_t fn, uint64_t sn, struct digest *old,
    struct digest *new)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn) {
            if (hasher_node(h, &steps[i], old, old) < 0 || hasher_node(h, &steps[i], new, new) < 0)
                return false;
            while (fn != 0 && (fn & 1) == 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else if (hasher_node(h, new, &steps[i], new) < 0) {
            return false;
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0;
}

bool
proof_check_consistency(const struct proof *p, struct hasher *h, uint64_t old_size, uint64_t new_size,
    const struct digest *old_root, const struct digest *new_root)
{
    bool old_is_step = (old_size & (old_size - 1)) == 0; /* a power of two: the old root is the first step itself */
    uint64_t fn = old_size - 1;
    uint64_t sn = new_size - 1;
    struct digest old;
    struct digest new;

    if (old_size == 0 || old_size > new_size)
        return false;
    if (old_size == new_size)
        return p->n == 0 && digest_eq(old_root, new_root);
    if (!old_is_step && p->n == 0)
        return false;
    old = new = old_is_step ? *old_root : p->steps[0];
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    if (!fold_consistency(p->steps + (old_is_step ? 0 : 1), p->n - (old_is_step ? 0 : 1), h, fn, sn, &old, &new))
        return false;
    return digest_eq(&old, old_root) && digest_eq(&new, new_root);
}
