/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Slice: bytes that belong to somebody else: a pointer and a length, never a terminator.
 *
 * A slice is a value; copying it copies no bytes. Whoever owns the bytes says how long they stay. The empty slice
 * {NULL, 0} stands for "absent" where a header says so; an empty one with a pointer is present and empty.
 */

#include <string.h>

#include "base/defs.h"

struct slice {
    const char *p;
    size_t n;
};

/** SLICE() - the slice of a string literal. */
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

/** SLICE_FMT / SLICE_ARG() - for a trusted slice in a printf format: "%.*s". */
#define SLICE_FMT    "%.*s"
#define SLICE_ARG(s) (int)(s).n, (s).p

static inline struct slice
slice_of(const char *p, size_t n)
{
    return (struct slice){p, n};
}

static inline struct slice
slice_str(const char *z)
{
    return (struct slice){z, z == NULL ? 0 : strlen(z)};
}

/** slice_from() - the rest of @s after its first @k bytes; @k is at most the length. */
static inline struct slice
slice_from(struct slice s, size_t k)
{
    ASSERT(k <= s.n);
    return (struct slice){k == 0 ? s.p : s.p + k, s.n - k}; /* C knows no NULL + 0 */
}

/** slice_head() - the first @k bytes of @s, or all of it where it is shorter. */
static inline struct slice
slice_head(struct slice s, size_t k)
{
    return (struct slice){s.p, k < s.n ? k : s.n};
}

static inline bool
slice_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
slice_starts(struct slice s, struct slice prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline bool
slice_ends(struct slice s, struct slice suffix)
{
    return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

/** slice_eq_nocase() - equal when ASCII letters are folded. */
bool slice_eq_nocase(struct slice a, struct slice b);

/** slice_compare() - order by bytes, a shorter prefix first. Return: < 0, 0, > 0. */
int slice_compare(struct slice a, struct slice b);

/** slice_find() - where @c stands first in @s. Return: its index, or s.n where it does not. */
size_t slice_find(struct slice s, char c);

/** slice_find_last() - where @c stands last in @s. Return: its index, or s.n where it does not. */
size_t slice_find_last(struct slice s, char c);

/** slice_search() - where @needle begins first in @s. Return: its index, or SIZE_MAX where it does not. */
size_t slice_search(struct slice s, struct slice needle);

/** slice_trim() - @s without blanks, tabs and line ends at both ends. */
struct slice slice_trim(struct slice s);

/** slice_dup() - a heap copy of @s with a terminator. Return: the string, the caller's to free, or NULL. */
char *slice_dup(struct slice s);
