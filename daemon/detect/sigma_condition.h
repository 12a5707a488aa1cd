/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sigma condition: how a rule joins its identifiers (Sigma rules specification, Condition).
 */

#include "detect/sigma_detection.h"

/**
 * sigma_condition_read() - the rule's tree
 * @d:         the draft
 * @condition: one condition, or a list of which any holds
 * @ids:       the identifiers; those the condition names are marked as used
 *
 * Return: NULL after a problem, which is noted in the draft.
 */
struct node *sigma_condition_read(
    struct sigma_draft *d, const struct yaml_node *condition, struct sigma_identifier *ids);
