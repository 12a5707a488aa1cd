/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Nonconformities that the daemon proposes: opened, repeated and ended on record; held back in maintenance, which then
 * says so in its own record.
 *
 * The ledger thread, inside a transaction. Each returns 0, STORE_E_…, or negative errno.
 */

#include "records/candidate.h"

struct recorder;

/** The daemon as a whole, or an input: what is of no one source. */
#define NO_SOURCE SIZE_MAX

/** recorder_candidate_lasts() - whether the condition @t about @scope is on record and has not ended. Return: 1, 0 or
 * -errno. */
int recorder_candidate_lasts(struct recorder *r, enum trigger t, struct slice scope);

/** recorder_candidate_put() - open @n, or let the one of its kind that is on record occur once more. */
int recorder_candidate_put(struct recorder *r, const struct nonconformity *n);

/** What is proposed. */
struct proposal {
    enum trigger trigger;
    size_t source; /* whose maintenance would hold it back; NO_SOURCE: that of all */
    struct slice scope;
    struct slice evidence;
    struct slice owner; /* who answers for it; may be empty */
    struct walltime at;
    bool is_past; /* it happened and is over, as a log that was cleared */
    bool anyway;  /* maintenance was reckoned with already */
};

/** recorder_propose() - @p as a candidate, unless maintenance holds it back. @told: set to whether it is on record. */
int recorder_propose(struct recorder *r, const struct proposal *p, bool *told);

/** recorder_candidate_end() - the condition is over, as of @at; nothing where it is not on record. */
int recorder_candidate_end(struct recorder *r, enum trigger t, struct slice scope, struct walltime at);
