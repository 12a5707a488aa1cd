/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the parts of a verification share: the snapshot they look at and where findings go.
 */

#include "base/buffer.h"
#include "ledger/checkpoint.h"
#include "ledger/tree.h"
#include "store/db.h"
#include "store/verify.h"

/* An entry's body in SQL; of one that is no JSON any more, nothing. */
#define VALID_BODY "(CASE WHEN json_valid(body) THEN body ELSE '{}' END)"

struct verify {
    struct db *db; /* one snapshot, from beginning to end */
    struct hasher *hasher;
    const char *state_dir;
    verify_fn *fn;
    void *ctx;
    struct verify_summary *summary;
    bool has_key;
    struct public_key key;
    struct buffer origin;
};

/** verify_find() - tell one finding, about the entry @seq (-1: none) and @record (may be empty). */
void verify_find(struct verify *v, enum verify_check check, int64_t seq, struct slice record, const char *fmt, ...)
    PRINTF_LIKE(5, 6);

/** verify_ledger() - entries, tree and checkpoints; sets summary->root. Return: 0 or negative errno, as all here. */
int verify_ledger(struct verify *v);

/** verify_note() - a checkpoint from elsewhere, called @name: signed by the key, and one this ledger has signed. */
int verify_note(struct verify *v, struct slice note, const char *name);

int verify_evidence(struct verify *v);
int verify_records(struct verify *v);

/** verify_history() - the states of sources and the daemon's own runs. */
int verify_history(struct verify *v);
