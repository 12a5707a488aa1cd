/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Pipeline: every thread there is, and what each owns.
 *
 *   main        signals, control socket, reload; start and stop order
 *   lane × n    its sockets and connections, its pool of batches, its matcher and normalizer scratch, its counters
 *   ledger × 1  correlator, open records, the writing connection, the publishing socket
 *   loader      while a reload runs: a new program, compiled beside the running one
 *
 * Lanes hand batches to the ledger's queue; a batch comes home to its lane's pool once committed. Nothing else is
 * shared but what is immutable (program) or written by one and read by others as single figures (counters).
 */

#include "ismsd/recorder.h"

struct pipeline;

enum { PIPELINE_E_GAVE_UP = 1 };

/**
 * pipeline_open() - open every input, lane by lane; what root may be needed for
 * @handed: sockets that inputs take instead of opening their own; NULL: none. Not needed any more afterwards.
 *
 * Return: 0 or negative errno.
 */
int pipeline_open(struct pipeline **out, const struct settings *settings, struct program *program,
    const struct clock *clock, const struct activation *handed);

/** pipeline_start() - open the store and run ledger and lanes. Return: 0, RECORDER_E_REFUSED (logged), or -errno. */
int pipeline_start(struct pipeline *p);

/**
 * pipeline_stop() - stop lanes, drain them, then the ledger, which commits what it has; joins and frees all
 *
 * Return: 0, or PIPELINE_E_GAVE_UP where not all could be put on record (logged, with how much).
 */
int pipeline_stop(struct pipeline *p);
CLEANUP_DEFINE(pipeline_stop, struct pipeline *)

/** pipeline_set_program() - lanes and ledger work by @program from their next batch on. Return: 0 or -errno. */
int pipeline_set_program(struct pipeline *p, struct program *program, struct slice note);

/** pipeline_command() - have the ledger thread carry out @request; waits for its answer. */
void pipeline_command(struct pipeline *p, const struct ctl_request *request, struct buffer *answer);

/** pipeline_load() - call @fn(@ctx) on the loader thread, once that of the call before has ended. Return: 0 or -errno.
 */
int pipeline_load(struct pipeline *p, void (*fn)(void *ctx), void *ctx);

/** pipeline_is_alive() - whether every lane has gone on since this was last asked, or waits for the ledger, as it may.
 */
bool pipeline_is_alive(struct pipeline *p);

/** pipeline_done() - whether every input has come to its end. */
bool pipeline_done(const struct pipeline *p);

struct lane *const *pipeline_lanes(const struct pipeline *p, unsigned *n);
struct recorder *pipeline_recorder(const struct pipeline *p);
