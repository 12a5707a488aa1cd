/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * RELP answers: what a session owes its sender, in the order it was asked, and when it may be said.
 *
 * A message may be answered once the unit it was handed over in is on record; anything else at once, but not before what
 * was asked earlier. Transaction numbers rise by one, so that neighbours with the same answer and unit are kept as one
 * run: a thousand messages of a unit take as much memory as one.
 */

#include "base/buffer.h"

enum relp_answer {
    RELP_OK,         /* to a message */
    RELP_OPENED_0,   /* to an open, by version */
    RELP_OPENED_1,
    RELP_OPEN_AGAIN,
    RELP_CLOSED,
    RELP_UNKNOWN,    /* to a command there is none of */
    RELP_TOO_LONG,   /* to a command, other than a message, with more data than is kept */
    RELP_NO_VERSION, /* to an open */
    RELP_NO_SYSLOG,
};

struct relp_run;

/** Zeroed it owes nothing. */
struct relp_answers {
    struct relp_run *runs;
    size_t first; /* oldest */
    size_t n_runs;
    size_t cap;
    uint32_t txnr;   /* of the oldest that is owed */
    uint64_t n_owed;
};

void relp_answers_fini(struct relp_answers *a);

/** relp_answers_begin() - the first that will be owed is to @txnr. */
void relp_answers_begin(struct relp_answers *a, uint32_t txnr);

/** relp_answers_owe() - @answer to the next transaction, once @unit is on record; 0: at once. Return: 0 or -ENOMEM. */
int relp_answers_owe(struct relp_answers *a, enum relp_answer answer, uint64_t unit);

/**
 * relp_answers_take() - the oldest that is owed, where it may be given with everything up to @unit on record
 *
 * Return: whether it may; @txnr and @answer are then set, and it is owed no longer.
 */
bool relp_answers_take(struct relp_answers *a, uint64_t unit, uint32_t *txnr, enum relp_answer *answer);

/** relp_answers_bytes() - bytes allocated. */
size_t relp_answers_bytes(const struct relp_answers *a);

/** relp_answer_print() - append the frame that says @answer to @txnr. */
void relp_answer_print(struct buffer *out, uint32_t txnr, enum relp_answer answer);
