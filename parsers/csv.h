/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * CSV: one record of columns, as RFC 4180 has them, or with another separator. Which names they bear, a mapping says.
 */

#include "base/arena.h"

/** What is left of a record. */
struct csv {
    struct slice rest;
    struct slice separator; /* between columns */
    struct arena *arena;    /* for columns with quotes inside */
    bool more;              /* another column follows, be it an empty one */
};

/**
 * csv_begin() - read @text; an empty one has no columns
 * @separator: not empty; only where it is a comma are there quotes, elsewhere they are text
 */
static inline struct csv
csv_begin(struct slice text, struct slice separator, struct arena *arena)
{
    return (struct csv){text, separator, arena, text.n > 0};
}

/**
 * csv_next() - take the next column
 * @column: set; a slice of the text, or of the arena where quotes stood inside; {NULL, 0} where the arena is full
 *
 * A column in quotes may hold commas, line ends and doubled quotes. One whose quotes never close runs to the end; what
 * follows closed ones up to the comma is passed over. Source: RFC 4180 section 2. Pure; any thread.
 *
 * Return: whether there was one.
 */
bool csv_next(struct csv *in, struct slice *column);
