/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Verify: whether a store's past is as it was signed. Read-only, by itself, trusting nothing it can recompute.
 *
 * From the entries: every body's form, number and leaf, the tree's root at each checkpoint, each checkpoint's
 * signature, each evidence file line by line. From the entries again: every row of every table as it should stand,
 * compared with the row as it stands. Nothing signed, nothing to check, or not readable counts as broken, never as
 * intact.
 *
 * Some rows and columns are the daemon's working state, and in no entry. They are held against what bounds them, and
 * verify_subjects names them: whoever reports that all is intact has to name them, too.
 *
 * Tamper-evident, not tamper-proof: who holds the key can sign another past. A verifier key or a checkpoint kept
 * elsewhere is what catches that, so both may be brought along.
 */

#include "base/clock.h"
#include "base/slice.h"

enum { VERIFY_E_BROKEN = 1, VERIFY_E_NONE, VERIFY_E_KEY };

enum { VERIFIER_MAX = 512 };

/** What is looked at: a table of the database, or files beside it. */
enum verify_subject {
    VERIFY_DATABASE,
    VERIFY_MIGRATION,
    VERIFY_LEDGER,
    VERIFY_TREE,
    VERIFY_CHECKPOINT,
    VERIFY_EVIDENCE,
    VERIFY_SEGMENT,
    VERIFY_DETECTION,
    VERIFY_RULE,
    VERIFY_ALERT,
    VERIFY_ALERT_MINUTE,
    VERIFY_ALERT_LATEST,
    VERIFY_INCIDENT,
    VERIFY_DECISION,
    VERIFY_NONCONFORMITY,
    VERIFY_SOURCE,
    VERIFY_SOURCE_STATE,
    VERIFY_MAINTENANCE,
    VERIFY_RUN,
    VERIFY_KPI_SAMPLE,
    VERIFY_CORRELATION_WINDOW,
    VERIFY_POSITION,
    VERIFY_LAG,
    VERIFY_SOURCE_HOUR,
    VERIFY_LEARNED,
    VERIFY_SUBJECTS,
};

struct verify_subject_row {
    const char *name;  /* of the table */
    const char *by;    /* what it is held against */
    const char *never; /* columns that stand in no entry, "all" of them; NULL: none */
    const char *yet;   /* likewise, but only until the alert closes, or the run ends */
};

extern const struct verify_subject_row verify_subjects[VERIFY_SUBJECTS];

struct verify_finding {
    enum verify_subject subject;
    int64_t seq;       /* the entry it is about; -1: none */
    struct slice key;  /* "I-2026-000123", a file's name …; may be empty */
    struct slice text; /* one sentence: what it says, and what it should say */
};

struct verify_trust {
    struct slice verifier;   /* "NAME+HASH+KEY"; empty: the key in the ledger's first entry */
    struct slice checkpoint; /* a note kept elsewhere, which the ledger must extend; may be empty */
};

struct verify_summary {
    uint64_t n_rows[VERIFY_SUBJECTS]; /* looked at; of evidence, lines */
    uint64_t n_found[VERIFY_SUBJECTS];
    uint64_t n_findings;
    uint64_t n_signed;           /* entries that the last good checkpoint covers */
    char root[65];               /* hexadecimal, of all entries */
    char verifier[VERIFIER_MAX]; /* the key by which all was checked; empty: none was found */
};

typedef void verify_fn(void *ctx, const struct verify_finding *finding);

/**
 * store_verify() - check the store in @state_dir
 * @trust:   what was brought along; may be NULL
 * @fn:      told each difference, with the entry and the row it concerns
 * @summary: set always
 *
 * Any thread, also beside the running daemon. Memory does not grow with the store; temporary files (SQLITE_TMPDIR) do.
 *
 * Return: 0 intact, VERIFY_E_BROKEN, VERIFY_E_NONE where there is no store, VERIFY_E_KEY where trust->verifier is no
 * verifier key, or negative errno.
 */
int store_verify(
    const char *state_dir, const struct verify_trust *trust, verify_fn *fn, void *ctx, struct verify_summary *summary);
