/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tree.h"

#include "base/error.h"

int
tree_add(struct tree *t, struct hasher *h, const struct digest *leaf)
{
    struct digest carry = *leaf;
    unsigned i;
    int r;

    for (i = 0; (t->size >> i & 1) != 0; i++) {
        r = hasher_node(h, &t->slots[i], &carry, &carry);
        if (r < 0)
            return error_trace(r);
    }
    t->slots[i] = carry;
    t->size++;
    return 0;
}

int
tree_root(const struct tree *t, struct hasher *h, struct digest *out)
{
    bool any = false;
    unsigned i;
    int r;

    if (t->size == 0)
        return hasher_digest(h, SLICE(""), out);
    for (i = 0; i < TREE_SLOTS; i++) {
        if ((t->size >> i & 1) == 0)
            continue;
        if (!any) {
            *out = t->slots[i];
            any = true;
            continue;
        }
        r = hasher_node(h, &t->slots[i], out, out);
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}

void
tree_pack(const struct tree *t, struct buffer *out)
{
    unsigned i;

    for (i = TREE_SLOTS; i-- > 0;)
        if ((t->size >> i & 1) != 0)
            buffer_add(out, slice_of((const char *)t->slots[i].b, DIGEST_BYTES));
}

bool
tree_unpack(struct tree *t, uint64_t size, struct slice slots)
{
    unsigned i;

    *t = (struct tree){.size = size};
    if (slots.n != (size_t)__builtin_popcountll(size) * DIGEST_BYTES)
        return false;
    for (i = TREE_SLOTS; i-- > 0;)
        if ((size >> i & 1) != 0) {
            memcpy(t->slots[i].b, slots.p, DIGEST_BYTES);
            slots = slice_from(slots, DIGEST_BYTES);
        }
    return true;
}
