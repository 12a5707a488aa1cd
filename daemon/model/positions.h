/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Positions: where each partition goes on, as committed, and who reads it.
 *
 * The ledger thread writes what a commit put on record; lanes ask where to begin. A partition that changes hands is
 * claimed by its new reader only once the old one released it, which it does when nothing it read is under way any
 * more: so no record is read twice, however the group is rebalanced. Any thread may call.
 */

#include "model/receipt.h"

enum { POSITIONS_E_HELD = 1 };

struct positions;

/** positions_new() - none known, none claimed. Return: 0 or -ENOMEM. */
int positions_new(struct positions **out);
void positions_free(struct positions *p);
CLEANUP_DEFINE(positions_free, struct positions *)

/** positions_set() - @at is on record. Its stream is copied. Return: 0, or -ENOMEM for a partition never claimed. */
int positions_set(struct positions *p, const struct position *at);

/** positions_get() - set @at's epoch and offset, to POSITION_NONE where nothing is on record. */
void positions_get(struct positions *p, struct position *at);

/**
 * positions_claim() - read a partition from now on
 * @p:      the positions
 * @at:     stream and partition; its epoch and offset are set, to POSITION_NONE where nothing is on record
 * @reader: who claims, not 0
 *
 * Return: 0, also where @reader has it already; POSITIONS_E_HELD while another has; or -ENOMEM.
 */
int positions_claim(struct positions *p, struct position *at, unsigned reader);

/** positions_release() - @reader reads it no longer, and has nothing of it under way. */
void positions_release(struct positions *p, struct slice stream, int32_t partition, unsigned reader);
