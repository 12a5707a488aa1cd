/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * RELP session: what is said on a connection of the relp input.
 *
 *     new ── open ──▶ open ── close, or we stop ──▶ last ── all is answered ──▶ "serverclose", closed
 *      │               │
 *      └───────────────┴── what is no RELP, or out of order ──▶ "serverclose", closed; what is owed is forgotten
 *
 * A session that ends before its answers were given has its messages sent again: each arrives at least once.
 */

#include "input/connection.h"
#include "input/relp_answers.h"
#include "parsers/relp.h"

struct relp_input {
    struct tcp_input tcp;
    struct list owing; /* sessions that owe answers */
    uint64_t newest_unit;  /* that holds a message owed an answer */
    uint64_t acknowledged; /* everything up to this unit is on record */
    uint64_t n_owed;
};

enum relp_state { RELP_NEW, RELP_OPEN, RELP_LAST, RELP_BROKEN };

/* What its descriptor is watched for; nothing but its breaking off, while more would be owed than may be. */
enum relp_watching { RELP_READS, RELP_WRITES, RELP_WAITS };

struct relp_session {
    struct connection connection;
    struct list owing;
    enum relp_state state;
    enum relp_watching watching;
    struct relp_framer framer;
    uint32_t next_txnr;
    enum relp_answer cut; /* to the frame whose end is to come */
    struct relp_answers answers;
    struct buffer out; /* what the socket had no room for */
    size_t n_written;  /* of it */
    const char *why;   /* it is broken */
};

extern const struct session_ops session_relp;

/** relp_session_answer() - say what may be said by now, where there is room; it may close the session. */
void relp_session_answer(struct relp_session *s);

/** relp_session_finish() - read no more, and close once all is answered. */
void relp_session_finish(struct relp_session *s);
