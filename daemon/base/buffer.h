/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Buffer: text that grows at its end.
 *
 * A zeroed buffer is empty and ready. When memory runs out `failed` is set and stays set: write as you go, ask once at
 * the end. buffer_reset() keeps the memory for the next use. One owner.
 */

#include "base/slice.h"

struct buffer {
    char *p;
    size_t n;
    size_t cap;
    bool failed;
};

void buffer_fini(struct buffer *b);
void buffer_reset(struct buffer *b);

void buffer_add(struct buffer *b, struct slice s);
void buffer_add_char(struct buffer *b, char c);
void buffer_printf(struct buffer *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** buffer_reserve() - room for @n more bytes at p + n, which the caller fills and adds to n. Return: NULL on failure. */
char *buffer_reserve(struct buffer *b, size_t n);

/**
 * buffer_add_escaped() - @s as a person may read it
 *
 * Control characters (C0, DEL, C1), bidirectional controls, line separators and broken UTF-8 become \\xNN or \\u{N};
 * a backslash stays, so that Windows paths stay readable. Every byte of a log shown to a person passes here.
 */
void buffer_add_escaped(struct buffer *b, struct slice s);

static inline struct slice
buffer_slice(const struct buffer *b)
{
    return slice_of(b->p, b->n);
}

/** CLEANUP_BUFFER - the buffer declared next, with = {0}, is freed on every way out of its scope. */
#define CLEANUP_BUFFER __attribute__((cleanup(buffer_fini)))
