/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Mapping parts: what the readers of text and json mappings have in common.
 */

#include "normalize/mapping.h"

/** mapping_labels() - what the thing called @name in the event is kept as: itself, where `names` says nothing. */
struct labels mapping_labels(struct reader *r, struct slice name);

/** mapping_read_names() - a mapping of names in the event to one name or several; @put is called with each. */
void mapping_read_names(struct reader *r, const struct yaml_node *node, void *target,
    void (*put)(struct reader *r, const struct yaml_node *entry, struct labels labels, void *target));

/** mapping_read_routes() - a list of at most MAPPING_LOGSOURCES_MAX log sources, each given its number. */
void mapping_read_routes(struct reader *r, const struct yaml_node *node, struct routes *out);

/** mapping_read_patterns() - the list under `patterns`. */
void mapping_read_patterns(struct reader *r, const struct yaml_node *node);

/** mapping_read_shape() - `starts` and `contains` of a mapping that says how its records look: its only pattern. */
void mapping_read_shape(struct reader *r, const struct yaml_node *doc);

/** mapping_read_json_routes() - the list under `routes`; NULL: there is none. */
void mapping_read_json_routes(struct reader *r, const struct yaml_node *node);

/** mapping_read_when() - conditions on fields; all of them must hold. Return: their number. */
size_t mapping_read_when(struct reader *r, const struct yaml_node *node, const struct json_condition **out);

/** mapping_read_split() - the mapping under `split`. */
void mapping_read_split(struct reader *r, const struct yaml_node *node, void *mapping);

/** mapping_read_lines() - the list under `lines`. */
void mapping_read_lines(struct reader *r, const struct yaml_node *node, void *mapping);
