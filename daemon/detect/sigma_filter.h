/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sigma filter: documents that narrow other rules (Sigma filters specification): "these rules, but not for that".
 *
 * A filter's condition joins that of each rule it names, with `and`, so what is to be left out stands behind a `not`;
 * one without is warned of. It applies to rules whose log source is its own or a narrower one, never to correlations,
 * and its identifiers are its own: no `1 of x*` of a rule takes them in.
 */

#include "detect/sigma_draft.h"

/** sigma_filter_read() - make the draft's rule the filter that its map @filter says. Problems are noted in the draft.
 */
void sigma_filter_read(struct sigma_draft *d, const struct yaml_node *filter);

/**
 * sigma_filters_apply() - let every filter join the rules it names
 * @rules: all that was read
 * @from:  the first rule that they have not joined yet; NULL: there is none
 * @diag:  what a filter cannot join
 *
 * Return: 0 or -ENOMEM.
 */
int sigma_filters_apply(struct sigma_rules *rules, struct sigma_rule *from, struct diag *diag);

/** sigma_filters_report() - warn of names that no filter found, and skip the filters that joined no rule. */
void sigma_filters_report(struct sigma_rules *rules, struct diag *diag);
