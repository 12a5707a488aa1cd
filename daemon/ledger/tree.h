/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Tree: the Merkle tree over a ledger's entries (RFC 6962 section 2.1), held as its frontier.
 *
 * The frontier is the root of each complete subtree, largest first to the left: slot i holds the subtree of 2^i leaves
 * where bit i of the size is set. Appending touches as many slots as it closes subtrees; the root folds the slots from
 * the right.
 *
 *   size 7 = 111b:        slot 2        slot 1   slot 0
 *                       [0 1 2 3]       [4 5]     [6]
 */

#include "base/buffer.h"
#include "ledger/digest.h"

enum { TREE_SLOTS = 64 };

struct tree {
    uint64_t size;
    struct digest slots[TREE_SLOTS];
};

/** tree_add() - append the leaf @leaf (hasher_leaf()). Return: 0 or as hasher_node(). */
int tree_add(struct tree *t, struct hasher *h, const struct digest *leaf);

/** tree_root() - the root; of the empty tree, SHA-256 of nothing. Return: 0 or as hasher_node(). */
int tree_root(const struct tree *t, struct hasher *h, struct digest *out);

/** tree_pack() - the used slots, largest subtree first, appended to @out: 32 bytes each. */
void tree_pack(const struct tree *t, struct buffer *out);

/** tree_unpack() - the tree of @size leaves from its slots. Return: whether @slots has as many as @size needs. */
bool tree_unpack(struct tree *t, uint64_t size, struct slice slots);
