/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Fold: Unicode simple case folding, so that text is compared without regard to case as bytes.
 *
 * One character becomes one character (CaseFolding.txt, statuses C and S; nothing for Turkic). A byte that is no UTF-8
 * stays as it is, so that folding never fails and equal bytes stay equal.
 */

#include "base/slice.h"

/** FOLD_BYTES_MAX() - how many bytes folded text can need: some two-byte capitals have three-byte small letters. */
#define FOLD_BYTES_MAX(n) ((n) + (n) / 2 + 1)

/** fold_is_ascii() - whether every byte of @s is below 80 hex. */
bool fold_is_ascii(struct slice s);

/**
 * fold_text() - @s folded into @out, which has room for FOLD_BYTES_MAX(s.n) bytes
 *
 * Return: how many bytes it took.
 */
size_t fold_text(struct slice s, char *out);

/** fold_char() - @c folded. */
uint32_t fold_char(uint32_t c);

/** Room for folded text that grows to the longest seen and keeps the last folding. A zeroed one is empty and ready. */
struct fold_buffer {
    char *p;
    size_t cap;
    struct slice of; /* what it holds the folding of */
    size_t n;
    uint64_t n_failed; /* values taken as they are because memory ran out */
};

void fold_buffer_fini(struct fold_buffer *b);

/** fold_buffer_forget() - the bytes of the last value may change from now on. */
void fold_buffer_forget(struct fold_buffer *b);

/**
 * fold_buffer_fold() - @s folded, valid until the next call
 *
 * Where memory for it runs out, @s itself, and `n_failed` counts it.
 */
struct slice fold_buffer_fold(struct fold_buffer *b, struct slice s);

/**
 * fold_buffer_mend() - @s, not folded, with a NUL for each byte that is no UTF-8; valid until the next call
 *
 * Where memory for it runs out, nothing, and `n_failed` counts it.
 */
struct slice fold_buffer_mend(struct fold_buffer *b, struct slice s);
