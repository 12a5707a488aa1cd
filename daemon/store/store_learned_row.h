/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A row of `learned`, as the writer and readers both take it. Internal to store/.
 */

#include "store/db.h"
#include "store/store_learned.h"

#define SELECT_LEARNED "SELECT name, is_peer, peer, first_seen, last_seen, n_events, skew_n, skew_ns FROM learned"

/** learned_take_row() - a row of SELECT_LEARNED; text is SQLite's, valid until the next row. */
void learned_take_row(struct query *q, struct learned_record *out);
