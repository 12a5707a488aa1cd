/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Learned: hosts and peers that speak but are of no configured log source.
 *
 * A lane notes them in a table of fixed size, which goes to the ledger thread about once a second and comes back empty:
 *
 *   lane     mine ──learned_pass()──▶ full ──learned_take()──▶ ledger adds it up
 *            mine ◀──────────────────empty◀──learned_return()──┘
 *
 * One table is always the lane's, so it never waits; while the other is under way it goes on with the same. A table
 * that is full forgets the host unheard longest of a few, and counts. Names longer than there is room for are cut.
 */

#include <stdatomic.h>

#include "base/clock.h"
#include "base/slice.h"

enum { LEARNED_NAME_MAX = 128, LEARNED_PEER_MAX = 48, LEARNED_SETS = 64, LEARNED_WAYS = 4 };

/** One host, or one peer whose events name no host, since the table was last empty. */
struct learned_seen {
    uint64_t n_events; /* 0: the slot is free */
    uint32_t hash;
    uint32_t zone;    /* as in struct source_activity */
    int64_t first_ns; /* received */
    int64_t last_ns;
    int64_t skew_ns; /* of the latest event that tells it */
    bool has_skew;
    bool is_peer; /* the name is the sender's address */
    uint8_t n_name;
    uint8_t n_peer;
    char name[LEARNED_NAME_MAX];
    char peer[LEARNED_PEER_MAX]; /* the sender it was first heard from */
};

struct learned_table {
    uint64_t n_forgotten; /* for want of room */
    struct learned_seen *latest;
    struct learned_seen sets[LEARNED_SETS][LEARNED_WAYS];
};

struct learned {
    struct learned_table *mine; /* the lane's */
    _Atomic(struct learned_table *) full;
    _Atomic(struct learned_table *) empty;
};

/** learned_init() - both tables. Return: 0 or -ENOMEM. */
int learned_init(struct learned *l);
void learned_fini(struct learned *l);

/**
 * learned_saw() - an event came that is of no source; the lane's own thread
 * @hostname: as it claims; may be empty
 * @peer:     the sender's address; may be empty
 *
 * Return: who it is from, for learned_timed(); NULL where it says neither.
 */
struct learned_seen *learned_saw(struct learned *l, struct slice hostname, struct slice peer, struct walltime received);

/** learned_timed() - and how far its clock is off shows, as source_timed() has it. */
static inline void
learned_timed(struct learned_seen *s, int64_t skew_ns, uint32_t input)
{
    s->has_skew = true;
    s->skew_ns = skew_ns;
    s->zone = input;
}

/** learned_pass() - offer what was noted to the ledger, if it is ready for it; the lane's own thread. */
void learned_pass(struct learned *l);

/** learned_take() - what the lane passed on. Return: NULL where there is nothing; else give it back. One thread. */
struct learned_table *learned_take(struct learned *l);
void learned_return(struct learned *l, struct learned_table *t);
