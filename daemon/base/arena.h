/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Arena: memory that is given out piece by piece and taken back all at once.
 *
 * One owner at a time. A piece that does not fit yields NULL and sets `overflowed`, which stays set until
 * arena_reset(): allocate as you go, ask once at the end. Under AddressSanitizer every piece is a malloc of its own,
 * so that an overrun inside a batch is seen.
 */

#include "base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *current; /* where pieces come from; the blocks before it hang behind it */
    size_t used;                 /* of the current block */
    size_t bytes_max;            /* how far the arena may grow, all blocks together */
    size_t bytes_total;          /* what all blocks hold now */
    bool overflowed;
};

/**
 * arena_init() - an empty arena in the caller's memory
 * @a:         the arena
 * @bytes:     size of its first block, kept over every reset; 0 leaves it to the first use
 * @bytes_max: how far it may grow; at least @bytes
 *
 * Return: 0 or -ENOMEM.
 */
int arena_init(struct arena *a, size_t bytes, size_t bytes_max);
void arena_fini(struct arena *a);

/** arena_reset() - forget every piece; the first block stays, blocks added by growth are freed. */
void arena_reset(struct arena *a);

/** arena_alloc() - @n bytes, aligned for any object, not cleared. Return: NULL where they do not fit. */
void *arena_alloc(struct arena *a, size_t n);

/** arena_zalloc() - @n cleared bytes, aligned for any object. Return: NULL where they do not fit. */
void *arena_zalloc(struct arena *a, size_t n);

/** arena_copy() - the bytes of @s copied into the arena. Return: their slice, {NULL, 0} where they do not fit. */
struct slice arena_copy(struct arena *a, struct slice s);

/** arena_text() - @n bytes for text, not aligned. Return: NULL where they do not fit. */
char *arena_text(struct arena *a, size_t n);
