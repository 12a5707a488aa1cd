/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Runs: when the daemon itself was up, so that its own absence is on record like any other (A.8.16, A.5.29).
 */

#include "store/store.h"

struct store_run {
    struct walltime started;
    struct walltime alive;   /* last commit that carried a checkpoint */
    struct walltime stopped; /* 0: it never said so */
};

/**
 * store_run_start() - the daemon starts: entry daemon.started, in a transaction of its own
 * @previous: set to the run before, all zero where this is the first; from its `stopped`, else `alive`, until @now we
 *            were down
 * @about:    version and what else shall stand in the entry; may be empty
 *
 * Return: as store_commit().
 */
int store_run_start(struct store *s, struct walltime now, struct slice about, struct store_run *previous);

/** store_run_begin() - the same within the caller's transaction. Return: 0 or negative errno. */
int store_run_begin(struct store *s, struct walltime now, struct slice about, struct store_run *previous);

/** store_run_stop() - the daemon stops in order: entry daemon.stopped and a checkpoint, in a transaction of its own. */
int store_run_stop(struct store *s, struct walltime now);

/**
 * store_note() - an entry that is about no record: "rules.loaded", "config.loaded", "clock.stepped" …
 * @move: its verb is the entry's whole verb
 * @text: what happened, for people; figures in it are not read back
 */
int store_note(struct store *s, const struct store_move *move, struct slice text);
