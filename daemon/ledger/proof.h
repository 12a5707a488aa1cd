/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Proof: that an entry is in a ledger, and that a ledger only grew (RFC 6962 sections 2.1.1 and 2.1.2).
 *
 * Making a proof asks for leaves through a function and hashes each at most once; checking one needs the proof, the
 * entry's leaf hash and the roots of checkpoints, nothing else.
 */

#include "ledger/digest.h"

enum { PROOF_STEPS_MAX = 128 };

struct proof {
    struct digest steps[PROOF_STEPS_MAX];
    size_t n;
};

/** Yields the hash of leaf @index; negative errno where it cannot. Called with rising indexes within a subtree. */
typedef int proof_leaf_fn(void *ctx, uint64_t index, struct digest *out);

/** proof_inclusion() - the proof that leaf @index is in the tree of the first @size leaves. Return: 0 or negative
 * errno. */
int proof_inclusion(struct proof *p, struct hasher *h, uint64_t index, uint64_t size, proof_leaf_fn *leaf, void *ctx);

/** proof_consistency() - the proof that the tree of @new_size begins with that of @old_size (0 < old <= new). Return:
 * likewise. */
int proof_consistency(
    struct proof *p, struct hasher *h, uint64_t old_size, uint64_t new_size, proof_leaf_fn *leaf, void *ctx);

/** proof_check_inclusion() - whether @p shows @leaf at @index under @root of a tree of @size. */
bool proof_check_inclusion(const struct proof *p, struct hasher *h, uint64_t index, uint64_t size,
    const struct digest *leaf, const struct digest *root);

/** proof_check_consistency() - whether @p shows that @new_root extends @old_root. */
bool proof_check_consistency(const struct proof *p, struct hasher *h, uint64_t old_size, uint64_t new_size,
    const struct digest *old_root, const struct digest *new_root);
