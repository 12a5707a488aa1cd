/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Store: the one writer of records: SQLite with the ledger and its projections, and the evidence files.
 *
 *     state_dir/records.db          ledger entries, records as they stand, checkpoints (SQLite, WAL, synchronous=FULL)
 *     state_dir/evidence/N.jsonl    events behind detections, append-only, each line naming the hash of the one before
 *     state_dir/checkpoints/        signed notes: `checkpoint` is the latest, one file a day holds all
 *     state_dir/ledger.key, .pub    the signing key and its public half
 *
 * Every move of a record is one ledger entry, written in the same transaction as the change itself. Operations stand
 * between store_begin() and store_commit(). An operation that fails leaves the transaction failed: what follows returns
 * the same failure and does nothing, and store_commit() undoes all of it, files and memory too. So a caller may write
 * as it goes and ask once at the end. Record numbers and receipts handed out in an undone transaction are void.
 *
 * The ledger thread only. Everyone else reads through store/reader.h.
 */

#include "base/clock.h"
#include "base/counters.h"
#include "base/slice.h"

enum {
    STORE_E_FULL = 1,  /* no space: everything since store_begin() is undone; free space and do it again, or stop */
    STORE_E_BUSY,      /* another process writes this state_dir */
    STORE_E_NEWER,     /* written by a newer version */
    STORE_E_KEY,       /* the signing key is unreadable, exposed or not this ledger's */
    STORE_E_BROKEN,    /* the ledger does not agree with its checkpoint, or with what it goes on from; logged is what */
    STORE_E_NOT_FOUND, /* no such record */
    STORE_E_NONE,      /* no store there yet (readers) */
};

enum store_counter {
    STORE_C_ENTRIES,
    STORE_C_COMMITS,
    STORE_C_ROLLBACKS,
    STORE_C_CHECKPOINTS,
    STORE_C_CHECKPOINT_FILE_FAILED, /* notes that could not be written beside the database */
    STORE_C_EVIDENCE_RECORDS,
    STORE_C_EVIDENCE_BYTES,
    STORE_C_EVIDENCE_CUT,     /* bytes of an uncommitted tail cut off at start */
    STORE_C_EVIDENCE_MISSING, /* bytes a commit covers that were not there at start */
    STORE_COUNTERS,
};

extern const struct counter_def store_counter_defs[STORE_COUNTERS];

struct store_settings {
    const char *state_dir;
    const char *origin; /* the ledger's name; fixed once the ledger exists */
    int64_t checkpoint_interval_ns;
    uint64_t segment_bytes; /* an evidence file is finished beyond this */
};

/** Who moved a record, why and when: part of its entry. */
struct store_move {
    const char *verb;    /* "acknowledged": the entry's verb is "incident.acknowledged" */
    struct slice actor;  /* a person, or "ismsd" */
    struct slice reason; /* may be empty */
    struct walltime at;
};

struct store;

/**
 * store_open() - open or create the store in settings->state_dir
 * @out:      the store
 * @settings: copied
 * @now:      for a new ledger's first entry
 *
 * Migrates an older schema. Checks that the last checkpoint is signed by the key, that its root is that of the entries
 * it covers as far as the stored frontier tells, and that the entries after it lead to the frontier as stored; and that
 * the evidence goes on where the last entry about it ends. Cuts what an interrupted commit left behind that.
 *
 * Return: 0, STORE_E_BUSY, STORE_E_NEWER, STORE_E_KEY, STORE_E_BROKEN, STORE_E_FULL, or negative errno. What is wrong
 * is logged.
 */
int store_open(struct store **out, const struct store_settings *settings, struct walltime now);

/**
 * store_reopen() - look anew at what the disk holds, after a failure of the machine
 *
 * What a failed sync left on the disk is known only once it was read again; store_begin() refuses until then. What is
 * not committed is undone. The lock, the counters and the present run stay. Return: as store_open(); other than 0,
 * there is nothing to do with the store but to reopen or to close it.
 */
int store_reopen(struct store *s, struct walltime now);

/** store_close() - undo what is not committed and close. Accepts NULL. */
void store_close(struct store *s);
CLEANUP_DEFINE(store_close, struct store *)

/**
 * store_begin() - begin a transaction
 *
 * Return: 0; STORE_E_FULL where little space is left, so that the caller waits with its work in hand rather than lose
 * it later; or negative errno.
 */
int store_begin(struct store *s);

/**
 * store_commit() - make everything since store_begin() last
 * @s:   the store
 * @now: decides whether a checkpoint is due
 *
 * Evidence reaches the disk first, then the database. Signs a checkpoint when one is due, with a heartbeat entry before
 * it where nothing was written since the last; called each commit interval, this also holds when all is quiet.
 *
 * Return: 0, STORE_E_FULL, or negative errno; other than 0, everything since store_begin() is undone.
 */
int store_commit(struct store *s, struct walltime now);

/** store_is_roomy() - whether a commit surely finds space for what one transaction leaves to the end. */
bool store_is_roomy(const struct store *s);

/** store_rollback() - undo everything since store_begin(); nothing where no transaction is open. */
void store_rollback(struct store *s);

const struct counters *store_counters(const struct store *s);
