/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Names: a table from names to pointers, built once from authored text and then only read.
 *
 * ASCII letters are folded: a program is `cron` on one system and `CRON` on another. The keys are authored, so the
 * quick hash is safe: nobody outside chooses what is in the table. Keys and slots live as long as the arena.
 */

#include "base/arena.h"

struct names_slot {
    struct slice key;
    void *value; /* NULL: free */
};

struct names {
    struct names_slot *slots;
    size_t n_slots; /* a power of two, or 0 */
    size_t n;
};

/** names_get() - the value under @key, whatever its case. Return: NULL where there is none. */
void *names_get(const struct names *t, struct slice key);

/**
 * names_put() - set the value under @key
 *
 * Return: the slot's value before, NULL where the key is new. When the arena overflows nothing is put.
 */
void *names_put(struct names *t, struct arena *arena, struct slice key, void *value);
