/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the ledger thread remembers, made from the store: at the start, and anew after a commit that failed.
 *
 * The ledger thread, or whoever makes the recorder before that runs.
 */

struct recorder;

/** recorder_open_store() - the store and a reader beside it. Return: 0, STORE_E_…, or negative errno. */
int recorder_open_store(struct recorder *r);

/**
 * recorder_make_state() - correlator, incidents and log sources as the last commit left them
 *
 * What starting changes in them (windows that are stale, sources that are new or gone) begins a transaction. Return: 0,
 * STORE_E_…, or negative errno.
 */
int recorder_make_state(struct recorder *r);

/** recorder_drop_state() - forget all that. */
void recorder_drop_state(struct recorder *r);
