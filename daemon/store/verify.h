/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Verify: whether a store's past is as it was signed. Read-only, by itself, trusting nothing it can recompute.
 *
 * From the entries: every body's form, number and leaf, the tree's root at each checkpoint, each checkpoint's
 * signature, each evidence file line by line. From the entries again: every record as it should stand, compared with
 * the record as it stands. Nothing signed, nothing to check, or not readable counts as broken, never as intact.
 *
 * Not every column is signed. Of an open alert, the minute that runs, the latest detection not kept, and how much
 * earlier it occurred or how much later it was last seen than its detections say stand in no entry until it closes; nor
 * does when the present run was last alive, until it stops or the next one starts. What a source last sent, how late
 * events came and windows of correlation never do.
 *
 * Tamper-evident, not tamper-proof: who holds the key can sign another past. A verifier key or a checkpoint kept
 * elsewhere is what catches that, so both may be brought along.
 */

#include "base/clock.h"
#include "base/slice.h"

enum { VERIFY_E_BROKEN = 1, VERIFY_E_NONE };

enum verify_check {
    VERIFY_ENTRY,      /* a ledger entry: missing, altered, moved */
    VERIFY_CHECKPOINT, /* a checkpoint: missing, not signed by the key, another root or size */
    VERIFY_EVIDENCE,   /* an evidence file or a detection's reference into it */
    VERIFY_RECORD,     /* a record that is not as its entries say */
};

struct verify_finding {
    enum verify_check check;
    int64_t seq;         /* the entry it is about; -1: none */
    struct slice record; /* "I-2026-000123", a file's name …; may be empty */
    struct slice text;   /* one sentence */
};

struct verify_trust {
    struct slice verifier;   /* "NAME+HASH+KEY"; empty: the key in the ledger's first entry */
    struct slice checkpoint; /* a note kept elsewhere, which the ledger must extend; may be empty */
};

struct verify_summary {
    uint64_t n_entries;
    uint64_t n_checkpoints;
    uint64_t n_evidence; /* lines */
    uint64_t n_records;
    uint64_t n_findings;
    char root[65]; /* hexadecimal */
};

typedef void verify_fn(void *ctx, const struct verify_finding *finding);

const char *verify_check_name(enum verify_check check);

/**
 * store_verify() - check the store in @state_dir
 * @trust:   what was brought along; may be NULL
 * @fn:      told each difference, with the entry and the record it concerns
 * @summary: set always
 *
 * Any thread, also beside the running daemon. Return: 0 intact, VERIFY_E_BROKEN, VERIFY_E_NONE where there is no
 * store, or negative errno.
 */
int store_verify(
    const char *state_dir, const struct verify_trust *trust, verify_fn *fn, void *ctx, struct verify_summary *summary);
