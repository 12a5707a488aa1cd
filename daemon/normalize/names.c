/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/names.h"

#include "base/hash.h"

enum { NAMES_SLOTS_MIN = 16 };

/* Setting bit 5 folds letters and confuses a few other characters, which costs a comparison and nothing else. */
static const uint64_t fold = UINT64_C(0x2020202020202020);

static inline uint64_t
word8(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

static inline uint64_t
word4(const char *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

/* All of a name shorter than a word; the two halves may overlap. */
static inline uint64_t
short_word(struct slice s)
{
    const unsigned char *u = (const unsigned char *)s.p;

    if (s.n >= 4)
        return word4(s.p) | word4(s.p + s.n - 4) << 32;
    return s.n == 0 ? 0 : u[0] | (uint64_t)u[s.n / 2] << 8 | (uint64_t)u[s.n - 1] << 16;
}

/* The last word overlaps the one before it, so that nothing is copied byte by byte. */
static uint64_t
hash_folded(struct slice s)
{
    uint64_t h = s.n;
    size_t i;

    if (s.n < 8)
        return hash_mix(h, short_word(s) | fold);
    for (i = 0; i + 8 < s.n; i += 8)
        h = hash_mix(h, word8(s.p + i) | fold);
    return hash_mix(h, word8(s.p + s.n - 8) | fold);
}

/* The slot that holds @key, or the free one where it would go. The table is never more than half full. */
static struct names_slot *
find_slot(const struct names *t, struct slice key)
{
    size_t at = hash_folded(key) & (t->n_slots - 1);

    while (t->slots[at].value != NULL && !slice_eq(t->slots[at].key, key) && !slice_eq_nocase(t->slots[at].key, key))
        at = (at + 1) & (t->n_slots - 1);
    return &t->slots[at];
}

void *
names_get(const struct names *t, struct slice key)
{
    return t->n == 0 ? NULL : find_slot(t, key)->value;
}

static bool
grow(struct names *t, struct arena *arena)
{
    struct names old = *t;
    size_t i;

    t->n_slots = old.n_slots == 0 ? NAMES_SLOTS_MIN : old.n_slots * 2;
    t->slots = arena_zalloc(arena, t->n_slots * sizeof(*t->slots));
    if (t->slots == NULL) {
        *t = old;
        return false;
    }
    for (i = 0; i < old.n_slots; i++)
        if (old.slots[i].value != NULL)
            *find_slot(t, old.slots[i].key) = old.slots[i];
    return true;
}

void *
names_put(struct names *t, struct arena *arena, struct slice key, void *value)
{
    struct names_slot *slot;
    void *before;

    ASSERT(value != NULL);
    if ((t->n + 1) * 2 > t->n_slots && !grow(t, arena))
        return NULL;
    slot = find_slot(t, key);
    before = slot->value;
    if (before == NULL) {
        slot->key = key;
        t->n++;
    }
    slot->value = value;
    return before;
}
