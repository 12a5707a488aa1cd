/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Verbs: what ismsctl can be told, in one table: words, arguments, columns of its answer, the sentence for people.
 *
 * The client reads its command line by it, the daemon checks requests against it, and the help is printed from it.
 */

#include "base/slice.h"

enum { VERB_POSITIONALS_MAX = 3, VERB_OPTIONS_MAX = 8, VERB_COLUMNS_MAX = 12 };

enum verb_where {
    VERB_OFFLINE, /* needs no daemon */
    VERB_READS,   /* answered by the daemon from committed records */
    VERB_WRITES,  /* a move, carried out by the ledger thread, one entry each */
};

enum verb_shape {
    VERB_ROWS,  /* many rows: a table for people; those in a section below it, each under its heading */
    VERB_SHEET, /* one row: name and value below one another */
    VERB_LINES, /* each row's "line" as it is: a file for people to go on with */
};

struct verb {
    const char *name; /* the words, as "incident ack" */
    enum verb_where where;
    enum verb_shape shape;
    const char *positionals[VERB_POSITIONALS_MAX + 1]; /* names; one that ends in "?" may be left out */
    const char *options[VERB_OPTIONS_MAX + 1];         /* names of --name VALUE; one that ends in "!" is a flag */
    const char *columns[VERB_COLUMNS_MAX + 1];         /* keys of a row, in order, for the table */
    const char *help;
};

extern const struct verb verbs[];
extern const size_t n_verbs;

/**
 * verb_find() - the verb that the words begin with
 * @words:   the command line after options of ismsctl itself
 * @n_words: how many
 * @used:    set to how many of them name the verb
 *
 * Return: NULL where there is none.
 */
const struct verb *verb_find(char *const *words, size_t n_words, size_t *used);

/** verb_named() - the verb called exactly @name. Return: NULL where there is none. */
const struct verb *verb_named(struct slice name);

/** verb_takes() - whether @name is one of @v's positionals or options. */
bool verb_takes(const struct verb *v, struct slice name);
