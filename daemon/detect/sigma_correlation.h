/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sigma correlation: what a rule counts over time (Sigma correlation rules specification 2.1, and of the next version
 * the boolean condition of temporal correlations).
 *
 * What is decided here where the specification leaves it open:
 *  - value_percentile has its rank under `percentile` in the condition, 50 where there is none; value_median is that;
 *  - a temporal correlation without a condition asks for all of its rules; with a comparison, for so many of them;
 *  - the boolean condition of temporal_ordered joins rules and `not` rules with `and`: what is negated must not match
 *    between the rules that stand before and after it in `rules`;
 *  - aliases may also name the field whose values are counted.
 */

#include "detect/sigma_draft.h"

/**
 * sigma_correlation_read() - fill the draft's rule from its map @correlation
 *
 * Sets correlation, refers_to, asks_for_all, generate and rule.group_by. Problems are noted in the draft.
 */
void sigma_correlation_read(struct sigma_draft *d, const struct yaml_node *correlation);

/** sigma_correlation_read_generate() - `generate` in @map: the specification has it beside `correlation`, many within.
 */
void sigma_correlation_read_generate(struct sigma_draft *d, const struct yaml_node *map);

/** sigma_correlation_read_condition() - `condition` in the map @correlation, for a type and rules that are read. */
void sigma_correlation_read_condition(struct sigma_draft *d, const struct yaml_node *correlation);
