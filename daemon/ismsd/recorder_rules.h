/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Changes of rules: the correlator takes them over, and each is an entry of the ledger. While nothing can be committed
 * lanes go on with the new rules all the same, and the entry follows. The ledger thread.
 */

#include "ismsd/work.h"

struct recorder;

/** recorder_take_rules() - go on by the rules of @w. */
void recorder_take_rules(struct recorder *r, struct rules_work *w);

/** recorder_note_rules() - an entry for each change not yet on record. Return: 0 or negative errno. */
int recorder_note_rules(struct recorder *r);

/** recorder_rules_noted() - these entries are committed, or given up: forget the changes. Return: how many it were. */
unsigned recorder_rules_noted(struct recorder *r);
