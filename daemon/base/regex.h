/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Regex: one PCRE2 pattern, compiled with JIT, never without limits.
 *
 * A compiled pattern is immutable and may be shared by threads; each thread brings its own regex_scratch. Match, depth
 * and heap limits are always set: a pattern that reaches one yields REGEX_E_LIMIT, which the caller counts and
 * reports under the pattern's name.
 */

#include "base/slice.h"

enum { REGEX_E_NO_MATCH = 1, REGEX_E_LIMIT, REGEX_E_SYNTAX };

enum regex_flags {
    REGEX_CASELESS  = 1 << 0, /* Unicode simple folding */
    REGEX_MULTILINE = 1 << 1, /* ^ and $ at every line */
    REGEX_DOTALL    = 1 << 2, /* . takes a line end too */
    REGEX_BYTES     = 1 << 3, /* characters are bytes; otherwise UTF-8, and invalid UTF-8 never matches */
    REGEX_ANCHORED  = 1 << 4, /* matches only at the start */
};

struct regex;
struct regex_scratch;

struct regex_problem {
    size_t offset;  /* in the pattern, in bytes */
    char text[128]; /* PCRE2's sentence */
};

/**
 * regex_new() - compile @pattern
 * @out:     the pattern, the caller's
 * @pattern: PCRE2 syntax
 * @flags:   enum regex_flags
 * @problem: set on REGEX_E_SYNTAX
 *
 * Return: 0, REGEX_E_SYNTAX, or -ENOMEM.
 */
int regex_new(struct regex **out, struct slice pattern, unsigned flags, struct regex_problem *problem);
void regex_free(struct regex *re);
CLEANUP_DEFINE(regex_free, struct regex *)

/** regex_scratch_new() - what one thread needs to match any pattern of up to 64 groups. Return: 0 or -ENOMEM. */
int regex_scratch_new(struct regex_scratch **out);
void regex_scratch_free(struct regex_scratch *s);
CLEANUP_DEFINE(regex_scratch_free, struct regex_scratch *)

/**
 * regex_match() - look for @re anywhere in @text
 *
 * Return: 0 (and regex_group() tells what each group took), REGEX_E_NO_MATCH or REGEX_E_LIMIT.
 */
int regex_match(const struct regex *re, struct slice text, struct regex_scratch *scratch);

/** regex_group() - what group @i (0: the whole) took in the last match. Return: {NULL, 0} where it took no part. */
struct slice regex_group(const struct regex_scratch *scratch, struct slice text, unsigned i);

/** regex_names() - the named groups of @re. @fn is called with each name and its group's number. */
void regex_names(const struct regex *re, void (*fn)(void *ctx, struct slice name, unsigned group), void *ctx);
