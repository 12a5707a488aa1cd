/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Transactions: what lanes hand over is taken into an open one and held until it is committed.
 *
 * Where that fails, all of it is undone and the recorder stalls (ismsd/recorder_stall.h), which takes what is held in
 * again. The ledger thread.
 */

#include "ismsd/work.h"

struct recorder;

/** recorder_begin() - a transaction is open from here on. Return: 0, STORE_E_FULL, or negative errno. */
int recorder_begin(struct recorder *r);

/** recorder_take_batch() - take @b's detections in and hold it; a failure is the next commit's to deal with. */
void recorder_take_batch(struct recorder *r, struct batch_work *b);

/**
 * recorder_let_go() - give lanes their batches back before the commit, where that loses nothing: what was in them is in
 * the open transaction, and the correlator copies what it still needs. Return: whether they went.
 */
bool recorder_let_go(struct recorder *r);

/** recorder_commit() - put everything taken in on record, or stall; nothing while stalled. */
void recorder_commit(struct recorder *r);

/** recorder_commit_failed() - a commit of whatever kind failed by @result and is undone: count, and stall. */
void recorder_commit_failed(struct recorder *r, int result);

/** recorder_commit_and_plan() - recorder_commit(), and say when the next one is due. */
void recorder_commit_and_plan(struct recorder *r);

/**
 * recorder_redo() - commit all that is held, once more, from the state of the last commit
 *
 * In a transaction that just began. Return: 0, STORE_E_…, or negative errno, with the transaction undone.
 */
int recorder_redo(struct recorder *r);

/** recorder_lose() - give up what is held: it goes home, counted as lost. */
void recorder_lose(struct recorder *r);
