/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Draft: one rule document on its way from YAML into the tree, and what the parts of the reader share meanwhile.
 *
 * A part that finds a problem notes it and goes on with what is left, so that an author sees all of them at once; who
 * gets a NULL from sigma_draft_alloc() or a refused node returns early, the caller of it all asks once at the end.
 * The YAML tree is thrown away after each document: whatever stays is copied.
 */

#include "detect/sigma_reader.h"
#include "parsers/yaml.h"

struct sigma_draft {
    struct sigma_rules *rules;
    struct sigma_rule *rule;
    struct diag *diag;
    const char *file;
    unsigned line_offset; /* lines of the file before the text that was given to the YAML reader */
    size_t n_bytes;       /* taken so far, against SIGMA_RULE_BYTES_MAX */
    size_t n_nodes;
};

/**
 * sigma_draft_alloc() - @n cleared bytes that live as long as the rule
 *
 * Return: NULL once memory ran out, or the rule takes more than it may, which is noted as its problem.
 */
void *sigma_draft_alloc(struct sigma_draft *d, size_t n);

/** sigma_draft_chars() - likewise @n bytes for text, neither cleared nor aligned. */
char *sigma_draft_chars(struct sigma_draft *d, size_t n);

/** sigma_draft_copy() - @s for as long as the rule lives. Return: {NULL, 0} where sigma_draft_alloc() would have none.
 */
struct slice sigma_draft_copy(struct sigma_draft *d, struct slice s);

/** sigma_draft_out_of_memory() - note that memory ran out elsewhere than in the functions above. */
void sigma_draft_out_of_memory(struct sigma_draft *d);

/** sigma_draft_place() - @at as a place in the file, for as long as the rule lives. */
struct diag_place sigma_draft_place(const struct sigma_draft *d, struct diag_place at);

/** sigma_draft_problem() - the rule cannot be loaded because of what stands at @at, a place in the YAML tree. */
void sigma_draft_problem(struct sigma_draft *d, struct diag_place at, const char *fmt, ...) PRINTF_LIKE(3, 4);

/** sigma_draft_warning() - what stands at @at will surprise its author; the rule is loaded all the same. */
void sigma_draft_warning(struct sigma_draft *d, struct diag_place at, const char *fmt, ...) PRINTF_LIKE(3, 4);

/** sigma_draft_text() - the text under @key, copied. Return: {NULL, 0} where there is none; one that is no text is a
 * problem. */
struct slice sigma_draft_text(struct sigma_draft *d, const struct yaml_node *mapping, const char *key);

/**
 * sigma_draft_texts() - the texts under @key, copied: a list of them, or one alone
 *
 * Return: their array, NULL where there is none.
 */
const struct slice *sigma_draft_texts(
    struct sigma_draft *d, const struct yaml_node *mapping, const char *key, size_t *n);

/** sigma_draft_references() - the same, each with its place. Return: NULL where there is none. */
struct reference *sigma_draft_references(
    struct sigma_draft *d, const struct yaml_node *mapping, const char *key, size_t *n);

/**
 * sigma_draft_is_one_of() - whether @name is one of @known
 * @hint: set to "; did you mean 'x'?" where it is not and comes near one, otherwise to ""; NEAREST_HINT_MAX bytes
 */
bool sigma_draft_is_one_of(struct slice name, const char *const *known, size_t n, char *hint);

/** sigma_draft_node() - a new tree node, counted against SIGMA_NODES_MAX. Return: NULL where there are too many. */
struct node *sigma_draft_node(struct sigma_draft *d, enum node_kind kind, struct diag_place at);

/** What is to become the children of one node. */
struct sigma_nodes {
    struct node *first;
    struct node **end;
    size_t n;
};

void sigma_nodes_init(struct sigma_nodes *nodes);

/** sigma_nodes_add() - append @node; NULL is passed over. */
void sigma_nodes_add(struct sigma_nodes *nodes, struct node *node);

/** sigma_nodes_join() - all of @nodes under one node of @kind, or the only one by itself. Return: NULL where there is
 * none. */
struct node *sigma_nodes_join(
    struct sigma_draft *d, struct sigma_nodes *nodes, enum node_kind kind, struct diag_place at);
