/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sigma detection: the search identifiers of a rule, each a tree of its own, which the condition joins.
 */

#include "detect/sigma_draft.h"

struct sigma_identifier {
    struct slice name;
    struct diag_place at;
    struct node *node; /* NULL where reading it failed */
    size_t n_nodes;    /* of its tree */
    bool used;         /* the condition names it */
    struct sigma_identifier *next;
};

/**
 * sigma_detection_read() - every identifier of the map @detection
 *
 * `condition` is not among them, nor is @other, which may be NULL. Problems are noted in the draft. Return: the first,
 * NULL where there is none.
 */
struct sigma_identifier *sigma_detection_read(
    struct sigma_draft *d, const struct yaml_node *detection, const char *other);
