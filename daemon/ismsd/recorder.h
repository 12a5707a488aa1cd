/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Recorder: the ledger thread: detections into alerts, incidents and nonconformities, all on record, then published.
 *
 * It owns the correlator, the writing connection and the publishing socket. What lanes hand over is held until the
 * commit that records it; then it goes home. Where a commit fails (a full disk), everything in memory is made anew from
 * the store as it was last committed, and what is held is done again, as soon as that can be: lanes wait meanwhile,
 * moves are refused, reading goes on (ismsd/recorder_stall.h).
 */

#include "config/settings.h"
#include "ismsd/lane.h"

struct recorder;

enum { RECORDER_E_REFUSED = 1, RECORDER_E_GAVE_UP };

/**
 * recorder_new() - open the store and all that hangs on it
 * @out:      the recorder
 * @settings: alive as long as the recorder
 * @rules:    of the program lanes start with; referenced
 * @work:     what it takes from, alive as long as the recorder; closing it makes recorder_run() finish what is in it,
 *            commit and return
 *
 * Return: 0, RECORDER_E_REFUSED where the store or a key is not to be used (logged), or negative errno.
 */
int recorder_new(struct recorder **out, const struct settings *settings, struct rules *rules, struct queue *work,
    const struct clock *clock);
void recorder_free(struct recorder *r);
CLEANUP_DEFINE(recorder_free, struct recorder *)

/** recorder_set_lanes() - whose figures it reads each tick; once, before recorder_run(). Return: 0 or -ENOMEM. */
int recorder_set_lanes(struct recorder *r, struct lane *const *lanes, unsigned n);

/** recorder_run() - the ledger thread. Return: 0, or RECORDER_E_GAVE_UP where not all is on record (logged). */
int recorder_run(struct recorder *r);

/**
 * recorder_stop() - the daemon stops: what then cannot be committed within ten seconds is given up, counted, and its
 * batches go home, so that lanes that wait for them can end. Any thread.
 */
void recorder_stop(struct recorder *r);

/** recorder_visit_counters() - call @fn with each counter set of the ledger thread. Any thread. */
void recorder_visit_counters(struct recorder *r, void (*fn)(void *ctx, const struct counters *set), void *ctx);

/** recorder_positions() - where exact inputs go on: as the store has it, kept up to date with each commit. */
struct positions *recorder_positions(const struct recorder *r);

/** recorder_endpoint() - where it publishes; "" where it does not. */
const char *recorder_endpoint(const struct recorder *r);
