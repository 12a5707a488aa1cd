/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The daemon's own starts on record: since when it was down, and the candidate that is where it was too long (T21).
 */

struct recorder;

/** recorder_note_start() - the start, and the time before it, in a transaction of its own; again at the next tick where
 * that fails. The ledger thread. */
void recorder_note_start(struct recorder *r);
