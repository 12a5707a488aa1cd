/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Journal: the ledger in the database: entries appended, the tree kept, checkpoints signed.
 *
 * An entry's body is canonical JSON with these keys, each left out where it is empty:
 *
 *     at      nanoseconds since 1970        record  "I-2026-000123", "source/fw1"
 *     by      who moved it                  seq     its number, from 0: also its leaf in the tree
 *     note    what is no field of a record  set     fields and their new values
 *     reason  why                           verb    "incident.acknowledged"
 *                                           was     the same fields' old values
 *
 * Before each checkpoint of size n stands the heartbeat n-1, which names the checkpoint before: none can be taken away
 * unseen. Internal to store/, inside a transaction.
 */

#include "ledger/checkpoint.h"
#include "ledger/tree.h"
#include "store/db.h"
#include "store/store.h"

enum { JOURNAL_CHECKPOINT_ENTRIES = 1000 };

struct entry {
    const char *noun; /* of the verb: "incident"; NULL: the verb says it all */
    const char *verb;
    struct walltime at;
    struct slice by;
    struct slice reason;
    struct slice record;
    struct slice note; /* objects, canonical already */
    struct slice set;
    struct slice was;
};

/** What a rollback must bring back. */
struct journal_mark {
    struct tree tree;
    uint64_t checkpoint_size;
    struct walltime checkpoint_at;
};

struct journal {
    struct db *db;
    struct hasher *hasher;
    struct signing_key *key;
    char *origin;
    struct journal_mark now;
    struct buffer body;
    struct buffer notes; /* signed in this transaction, one after the other */
    size_t latest;       /* where the last of them begins */
};

/**
 * journal_open() - take up the ledger of @db, signed by @key, which it takes over; begin it where there is none
 *
 * Return: 0, STORE_E_KEY (the ledger began with another key or origin), STORE_E_BROKEN, or negative errno.
 */
int journal_open(struct journal *j, struct db *db, struct signing_key *key, const char *origin, struct walltime now);
void journal_close(struct journal *j);

/** journal_append() - add an entry; every thousandth is a checkpoint's. @seq, its number, may be NULL. */
int journal_append(struct journal *j, const struct entry *e, uint64_t *seq);

/** journal_checkpoint() - a heartbeat, and a signature over everything up to it. */
int journal_checkpoint(struct journal *j, struct walltime now);

/** journal_save() - the tree as it stands, into the database. */
int journal_save(struct journal *j);
