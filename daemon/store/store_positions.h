/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Positions: how far streams have been read, in the transaction of what was read. They are no records: what they say is
 * the daemon's own place, which the ledger does not cover.
 */

#include "model/receipt.h"
#include "store/store.h"

typedef int store_position_fn(void *ctx, const struct position *at);

/** store_position_put() - @at is where its partition goes on. Return: 0, STORE_E_FULL, or negative errno. */
int store_position_put(struct store *s, const struct position *at);

/** store_positions_load() - all there are; the stream's text until @fn returns. Return: 0, what @fn did, or -errno. */
int store_positions_load(struct store *s, store_position_fn *fn, void *ctx);
