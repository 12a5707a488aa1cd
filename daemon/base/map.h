/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Map: from bytes to pointers, bounded.
 *
 * The map owns neither keys nor values: a key's bytes must stay as long as its entry, usually inside the value. It
 * grows by doubling up to its limit and then refuses; what to evict is its owner's business. One thread.
 */

#include "base/slice.h"

enum { MAP_E_FULL = 1 };

struct map;

/** map_new() - a map of at most @entries_max entries. Return: 0 or -ENOMEM. */
int map_new(struct map **out, size_t entries_max);
void map_free(struct map *m);
CLEANUP_DEFINE(map_free, struct map *)

/** map_get() - the value under @key. Return: NULL where there is none. */
void *map_get(const struct map *m, struct slice key);

/**
 * map_put() - set the value under @key, replacing key bytes and value of an entry that is there
 *
 * Return: 0, MAP_E_FULL when a new entry would exceed the limit, or -ENOMEM.
 */
int map_put(struct map *m, struct slice key, void *value);

/** map_remove() - drop the entry under @key. Return: its value, NULL where there was none. */
void *map_remove(struct map *m, struct slice key);

size_t map_length(const struct map *m);

/**
 * map_next() - visit every entry, in no order
 * @m:      the map, not to be changed meanwhile
 * @cursor: 0 before the first call
 *
 * Return: the next value, NULL after the last.
 */
void *map_next(const struct map *m, size_t *cursor);
