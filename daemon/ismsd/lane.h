/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Lane: one core's way from the socket to the detection: read, frame, parse, normalize, match; nothing shared.
 *
 * What matches is copied into a batch and given to the ledger. A lane has a fixed pool of batches; while all of them
 * are under way it does not read, which is how a full ledger slows its senders down.
 */

#include "input/inputs.h"
#include "ismsd/program.h"
#include "ismsd/work.h"
#include "model/learned.h"
#include "model/source.h"

enum lane_counter {
    LANE_C_EVENTS,
    LANE_C_DETECTIONS,
    LANE_C_COUNTED,
    LANE_C_BATCHES,
    LANE_C_POOL_WAITS,
    LANE_C_HOLDS,
    LANE_C_UNITS_BROKEN,
    LANE_C_EVENTS_TOO_LARGE,
    LANE_COUNTERS,
};

struct lane;

struct lane_settings {
    const struct settings *settings;
    unsigned index;
    unsigned n_lanes;
    const struct activation *handed; /* sockets for inputs; NULL: none */
    const struct clock *clock;
    struct queue *work; /* to the ledger thread */
};

/** lane_new() - open the lane's inputs and make all it needs; it runs by @program from the start. Return: 0 or -errno.
 */
int lane_new(struct lane **out, const struct lane_settings *settings, struct program *program);
void lane_free(struct lane *l);
CLEANUP_DEFINE(lane_free, struct lane *)

/** lane_resume() - where inputs that keep their place find it; before lane_run(). */
void lane_resume(struct lane *l, struct positions *positions);

/** lane_run() - work until lane_stop(); the lane's own thread. Drains its sockets before it returns. */
void lane_run(struct lane *l);

/** lane_stop() - any thread: read no more than what has come, hand it over, and return from lane_run(). */
void lane_stop(struct lane *l);

/** lane_set_program() - any thread: work by @program from the next batch on. The lane takes its own reference. */
void lane_set_program(struct lane *l, struct program *program);

/** lane_reload_inputs() - any thread: certificates and keys are read again before the next poll. */
void lane_reload_inputs(struct lane *l);

/** lane_wake() - any thread: a batch it waits for has come home. */
void lane_wake(struct lane *l);

/** lane_is_alive() - whether it has gone on since it was last asked, or waits for the ledger, as it may; one thread. */
bool lane_is_alive(struct lane *l);

/** lane_done() - any thread: whether all its inputs have come to their end. */
bool lane_done(const struct lane *l);

/** What others may read of a lane, any thread. */
struct lane_view {
    const struct source_activity *sources;
    struct learned *learned; /* the ledger thread takes from it */
    const struct lag_histogram *lag_received;
    const struct lag_histogram *lag_detected;
    const struct inputs *inputs;
};

struct lane_view lane_view(struct lane *l);

/** lane_visit_counters() - call @fn with each of the lane's counter sets. Any thread. */
void lane_visit_counters(struct lane *l, void (*fn)(void *ctx, const struct counters *set), void *ctx);

/** lane_rule_matches() - how often rule @number of the running ruleset matched on this lane. Any thread. */
uint64_t lane_rule_matches(struct lane *l, uint32_t number);
