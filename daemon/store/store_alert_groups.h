/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a row of alerts holds beyond its fields (store/noun.h): how the correlator finds it again, and its group values
 * as one column: [["name","value"],["name",null],…], null where the event had no such field. Internal to store/.
 */

#include "base/arena.h"
#include "base/buffer.h"
#include "model/alert.h"
#include "store/noun.h"

/** alert_groups_print() - append the groups of @alert to @out. Return: what was appended; empty where there are none.
 */
struct slice alert_groups_print(const struct alert *alert, struct buffer *out);

/** alert_groups_load() - the groups in @text into @alert, their text in @arena. Return: 0 or negative errno. */
int alert_groups_load(struct db *db, struct slice text, struct arena *arena, struct alert *alert);

#define SELECT_WHOLE_ALERT "SELECT number, " ALERT_FIELDS(COLUMN_IN_SQL) "key, minute, n_minute FROM alert "

/** alert_take() - a row of SELECT_WHOLE_ALERT into @row: its groups in @arena, other text as noun_take() has it. */
int alert_take(struct db *db, struct query *q, struct arena *arena, struct alert_row *row);
