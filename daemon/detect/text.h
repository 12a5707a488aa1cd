/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Text: does a value fit a pattern of literals, `*`, `?` and dashes? The exact answer, whatever a prefilter thought.
 *
 * A pattern says nothing about case: fold both it and the value first, or neither. A character is a UTF-8 sequence, or
 * one byte where the value is broken.
 */

#include "base/arena.h"
#include "detect/ast.h"

/** What a pattern comes down to. */
enum text_shape {
    TEXT_ANY,      /* any value at all */
    TEXT_EQUALS,   /* exactly one literal, or nothing: the empty value */
    TEXT_CONTAINS, /* the four with one literal, tokens[text_literal()] */
    TEXT_STARTS,
    TEXT_ENDS,
    TEXT_GLOB, /* everything else */
};

struct text_pattern {
    const struct token *tokens;
    size_t n;
};

/**
 * text_normalize() - @tokens with literals joined and folded, runs of `*` as one
 * @out:    set to the pattern, in the arena
 * @tokens: as the reader made them
 * @n:      how many
 * @cased:  leave the literals as they are
 * @arena:  its `overflowed` tells a failure
 */
void text_normalize(struct text_pattern *out, const struct token *tokens, size_t n, bool cased, struct arena *arena);

enum text_shape text_shape(struct text_pattern p);

/** text_literal() - the literal of a pattern that has exactly one, else {"", 0}. */
struct slice text_literal(struct text_pattern p);

/** text_matches() - whether @value, all of it, fits @p. Time: at most the product of their lengths. */
bool text_matches(struct text_pattern p, struct slice value);
