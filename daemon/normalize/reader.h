/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reader: what all readers of a mapping file share: where memory comes from, where problems go, and the few shapes of
 * value a mapping knows. Each takes a node and notes what is wrong with it; reading goes on.
 */

#include "parsers/yaml.h"

struct slices {
    const struct slice *items;
    size_t n;
};

struct router;
struct mapping;

struct reader {
    struct arena *arena; /* for everything that stays */
    struct diag *diag;
    struct router *router;   /* where log sources get their numbers */
    struct mapping *mapping; /* being read */
    struct slice text;       /* of the file, for places inside a value */
    int failure;             /* negative errno of the machine, 0 while there is none */
};

/** One key of a mapping node, and who reads its value into @target. */
struct reader_key {
    const char *name;
    void (*read)(struct reader *r, const struct yaml_node *value, void *target);
};

/** reader_mapping() - hand each entry of @node to its key's reader; unknown keys and other shapes are problems. */
void reader_mapping(struct reader *r, const struct yaml_node *node, const char *what, const struct reader_key *keys,
    size_t n_keys, void *target);

/** reader_text() - the text of the scalar @node, never empty. Return: {NULL, 0} where it is something else. */
struct slice reader_text(struct reader *r, const struct yaml_node *node, const char *what);

/** reader_texts() - one text, or a list of them. */
struct slices reader_texts(struct reader *r, const struct yaml_node *node, const char *what);

/** reader_sequence() - whether @node is a list; a problem where not. */
bool reader_sequence(struct reader *r, const struct yaml_node *node, const char *what);

/** reader_place() - where the byte @offset of the scalar @node stands in the file, or the scalar where that is unclear.
 */
struct diag_place reader_place(const struct reader *r, const struct yaml_node *node, size_t offset);
