/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * YAML: authored text (configuration, rules, mappings) as a tree that remembers where everything stood.
 *
 * libyaml reads; the tree is plain data in the arena. No schema is applied: a scalar is its text and whether it was
 * quoted, and the reader of a value decides what it must be. Anchors and merge keys are resolved; aliases that would
 * blow the tree up, nesting and size beyond the limits, and duplicate keys are errors in the diag list.
 */

#include "base/arena.h"
#include "base/diag.h"

enum { YAML_DEPTH_MAX = 32, YAML_NODES_MAX = 1000000 };

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    struct diag_place at;
    struct slice text; /* of a scalar */
    bool quoted;       /* a scalar in quotes or a block: always text, never null, number or boolean */
    struct slice key;  /* of an entry in a mapping */
    struct diag_place key_at;
    struct slice source;     /* of a scalar: what was written there, in the text that was parsed; empty where unknown */
    struct slice key_source; /* of the key, likewise */
    struct yaml_node *children; /* first child; of a mapping the values, each with its key */
    struct yaml_node *next;     /* the next sibling */
    size_t n_children;
};

struct yaml_documents {
    struct yaml_node **items;
    size_t n;
};

/**
 * yaml_parse() - all documents of @text
 * @out:   set to the documents read, also where there were problems
 * @text:  UTF-8
 * @file:  its name, for places; stays as long as the tree
 * @arena: where the tree and its text go
 * @diag:  every problem
 *
 * Return: 0, or -ENOMEM. Problems of the text are in @diag only.
 */
int yaml_parse(struct yaml_documents *out, struct slice text, const char *file, struct arena *arena, struct diag *diag);

/**
 * yaml_place() - where byte @offset of a scalar's text stands, over the lines and quotes it was written in
 *
 * While the text that was parsed is there. Return: the scalar's own place where that byte cannot be told, as behind an
 * escape or an alias.
 */
struct diag_place yaml_place(const struct yaml_node *scalar, size_t offset);

/** yaml_key_place() - likewise of the key of an entry. */
struct diag_place yaml_key_place(const struct yaml_node *entry, size_t offset);

/** yaml_get() - the value under @key. Return: NULL where @mapping is none, or NULL, or has no such key. */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);

/** yaml_is_null() - whether @node is the plain scalar null, ~ or nothing at all (YAML 1.2 core schema). */
bool yaml_is_null(const struct yaml_node *node);

/** yaml_is_bool() - whether @node is a plain true or false, and which. */
bool yaml_is_bool(const struct yaml_node *node, bool *value);

/** yaml_is_int() - whether @node is a plain decimal integer, and which. */
bool yaml_is_int(const struct yaml_node *node, int64_t *value);

/** yaml_is_number() - whether @node is a plain integer or decimal fraction, and which. */
bool yaml_is_number(const struct yaml_node *node, double *value);
