/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Group values of an alert as one column: [["name","value"],["name",null],…], null where the event had no such field.
 * Internal to store/.
 */

#include "base/arena.h"
#include "base/buffer.h"
#include "model/alert.h"
#include "store/db.h"

/** alert_groups_print() - append the groups of @alert to @out. Return: what was appended; empty where there are none.
 */
struct slice alert_groups_print(const struct alert *alert, struct buffer *out);

/** alert_groups_load() - the groups in @text into @alert, their text in @arena. Return: 0 or negative errno. */
int alert_groups_load(struct db *db, struct slice text, struct arena *arena, struct alert *alert);
