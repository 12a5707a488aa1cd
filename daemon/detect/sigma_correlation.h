/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sigma correlation: what a rule counts over time (Sigma correlation rules specification).
 *
 * Only event_count for now, with one comparison; other types are rejected by name.
 */

#include "detect/sigma_draft.h"

/**
 * sigma_correlation_read() - fill the draft's rule from its map @correlation
 *
 * Sets correlation, refers_to, generate and rule.group_by. Problems are noted in the draft.
 */
void sigma_correlation_read(struct sigma_draft *d, const struct yaml_node *correlation);

/** sigma_correlation_read_generate() - `generate` in @map: the specification has it beside `correlation`, many within.
 */
void sigma_correlation_read_generate(struct sigma_draft *d, const struct yaml_node *map);
