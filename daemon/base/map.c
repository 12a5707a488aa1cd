/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"

enum { MAP_SLOTS_MIN = 16 };

/* Open addressing with linear probing; at most three quarters full; removal shifts back, so there are no graves. */
struct map_slot {
    uint64_t hash;
    struct slice key;
    void *value; /* NULL: the slot is free */
};

struct map {
    struct map_slot *slots;
    size_t n_slots; /* a power of two */
    size_t n;
    size_t entries_max;
};

int
map_new(struct map **out, size_t entries_max)
{
    CLEANUP_FREE struct map *m = NULL;

    m = calloc(1, sizeof(*m));
    if (m == NULL)
        return error_origin(-ENOMEM);
    m->entries_max = entries_max;
    m->n_slots = MAP_SLOTS_MIN;
    m->slots = calloc(m->n_slots, sizeof(*m->slots));
    if (m->slots == NULL)
        return error_origin(-ENOMEM);
    *out = TAKE(m);
    return 0;
}

void
map_free(struct map *m)
{
    if (m == NULL)
        return;
    free(m->slots);
    free(m);
}

/* The slot that holds @key, or the free one where it would go. */
static struct map_slot *
find_slot(const struct map *m, struct slice key, uint64_t hash)
{
    size_t at = hash & (m->n_slots - 1);

    while (m->slots[at].value != NULL && (m->slots[at].hash != hash || !slice_eq(m->slots[at].key, key)))
        at = (at + 1) & (m->n_slots - 1);
    return &m->slots[at];
}

void *
map_get(const struct map *m, struct slice key)
{
    return find_slot(m, key, hash_keyed(key))->value;
}

static int
grow(struct map *m)
{
    struct map old = *m;
    size_t i;

    m->slots = calloc(old.n_slots * 2, sizeof(*m->slots));
    if (m->slots == NULL) {
        *m = old;
        return error_origin(-ENOMEM);
    }
    m->n_slots = old.n_slots * 2;
    for (i = 0; i < old.n_slots; i++)
        if (old.slots[i].value != NULL)
            *find_slot(m, old.slots[i].key, old.slots[i].hash) = old.slots[i];
    free(old.slots);
    return 0;
}

int
map_put(struct map *m, struct slice key, void *value)
{
    uint64_t hash = hash_keyed(key);
    struct map_slot *slot = find_slot(m, key, hash);
    int r;

    ASSERT(value != NULL);
    if (slot->value == NULL) {
        if (m->n >= m->entries_max)
            return MAP_E_FULL;
        if ((m->n + 1) * 4 > m->n_slots * 3) {
            r = grow(m);
            if (r < 0)
                return error_trace(r);
            slot = find_slot(m, key, hash);
        }
        m->n++;
    }
    *slot = (struct map_slot){hash, key, value};
    return 0;
}

/* Moves later entries of the same run into the hole at @hole, until none has to move. */
static void
close_hole(struct map *m, size_t hole)
{
    size_t mask = m->n_slots - 1;
    size_t at = hole;

    for (;;) {
        size_t home;

        at = (at + 1) & mask;
        if (m->slots[at].value == NULL)
            break;
        home = m->slots[at].hash & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        m->slots[hole] = m->slots[at];
        hole = at;
    }
    m->slots[hole].value = NULL;
}

void *
map_remove(struct map *m, struct slice key)
{
    struct map_slot *slot = find_slot(m, key, hash_keyed(key));
    void *value = slot->value;

    if (value == NULL)
        return NULL;
    close_hole(m, (size_t)(slot - m->slots));
    m->n--;
    return value;
}

size_t
map_length(const struct map *m)
{
    return m->n;
}

void *
map_next(const struct map *m, size_t *cursor)
{
    while (*cursor < m->n_slots) {
        void *value = m->slots[(*cursor)++].value;

        if (value != NULL)
            return value;
    }
    return NULL;
}
