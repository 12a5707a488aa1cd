/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Rules as detections name them: a number for each uid and version ever seen, kept in memory once looked up. Internal
 * to store/.
 */

#include "model/rule.h"
#include "store/store.h"

int store_rules_init(struct store *s);
void store_rules_fini(struct store *s);

/** store_rules_forget() - what was given in an undone transaction is void. */
void store_rules_forget(struct store *s);

/** store_rules_number() - the number of @rule. Return: 0 or negative errno. */
int store_rules_number(struct store *s, const struct rule *rule, int64_t *number);
