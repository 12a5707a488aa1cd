/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reader: a read-only view of a store, beside its writer. Any thread, one reader each.
 *
 * Between reader_begin() and reader_end() every query sees the same moment; outside, each sees its own. A record given
 * to a callback, with its slices, is valid during the call. A callback's result other than 0 ends the query, which then
 * returns it; a callback asks nothing of the same reader. Records: store/reader_records.h; the ledger:
 * store/reader_ledger.h; KPIs: store/reader_kpi.h.
 */

#include "ledger/digest.h"
#include "store/store.h"

struct reader;

/** reader_open() - a view of the store in @state_dir. Return: 0, STORE_E_NONE, STORE_E_NEWER, or negative errno. */
int reader_open(struct reader **out, const char *state_dir);
void reader_close(struct reader *r);
CLEANUP_DEFINE(reader_close, struct reader *)

/** What a moment is named by: the ledger's size and root. */
struct reader_moment {
    uint64_t ledger_size;
    struct digest ledger_root;
};

/** reader_begin() - hold the present moment; @moment may be NULL. Return: 0 or negative errno. */
int reader_begin(struct reader *r, struct reader_moment *moment);
void reader_end(struct reader *r);
