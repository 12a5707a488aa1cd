/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Stall: while nothing can be committed, because the disk is full or the database cannot be written.
 *
 * Lanes wait once all their batches are held, moves are refused, reading and publishing go on. The ledger thread tries
 * again by itself: each second where the disk is full, ever more rarely where the machine fails otherwise. Once the
 * daemon stops (recorder_stop()) it tries for ten more seconds, then gives up.
 */

#include "base/buffer.h"
#include "base/clock.h"

struct recorder;

enum { STALL_REASON_MAX = 512 };

/** What keeps records from being written, for people. */
struct stall_view {
    char reason[STALL_REASON_MAX]; /* "no space left (/var/lib/ismsd)" */
    struct walltime since;
};

/** recorder_stalled() - whether nothing can be recorded now; @out, which may be NULL, says why. Any thread. */
bool recorder_stalled(struct recorder *r, struct stall_view *out);

/** recorder_refuse() - while stalled: end @answer with that nothing was changed, and why. Any thread. Return: whether.
 */
bool recorder_refuse(struct recorder *r, struct buffer *answer);

/** recorder_reason() - what @failure, STORE_E_… or negative errno, is for people: "no space left". Any thread. */
const char *recorder_reason(int failure);

/** recorder_stall_begin() - a commit failed by @failure and is undone. The ledger thread, as all below. */
void recorder_stall_begin(struct recorder *r, int failure);

/** recorder_stall_due() - when recorder_stall_pass() next has something to look at. */
struct monotime recorder_stall_due(const struct recorder *r);

/** recorder_stall_pass() - try again, remind, or give up, as far as any of it is due. */
void recorder_stall_pass(struct recorder *r);
