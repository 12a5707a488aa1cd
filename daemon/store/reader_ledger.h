/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reading the ledger: a record's entries, the detections of an alert with their events, proofs, and how it stands.
 */

#include "ledger/proof.h"
#include "model/record_id.h"
#include "store/reader.h"

/** One entry, its parts as JSON text where they are objects; empty where the entry has none. */
struct ledger_entry {
    uint64_t seq;
    struct walltime at;
    struct slice by;
    struct slice verb;   /* "incident.acknowledged" */
    struct slice record; /* "I-2026-000123" */
    struct slice reason;
    struct slice text; /* of a comment or a note */
    struct slice note; /* {…}: what is no field of the record */
    struct slice set;  /* {"field":new, …} */
    struct slice was;  /* {"field":old, …} */
    struct slice body; /* all of it: the bytes that are hashed */
};

typedef int ledger_entry_fn(void *ctx, const struct ledger_entry *entry);

/** reader_timeline() - the entries about the record of @kind and @number, oldest first. */
int reader_timeline(struct reader *r, enum record_kind kind, int64_t number, ledger_entry_fn *fn, void *ctx);

/** reader_entries() - entries from @seq on, at most @limit. */
int reader_entries(struct reader *r, uint64_t seq, unsigned limit, ledger_entry_fn *fn, void *ctx);

/** reader_proof() - the proof that entry @seq is in the ledger of @size entries. Return: 0, STORE_E_NOT_FOUND or
 * -errno. */
int reader_proof(struct reader *r, uint64_t seq, uint64_t size, struct proof *out);

/*
 * A detection kept in full, or the latest one folded (not yet in the evidence while its alert is open). Its line is
 * {"alert":…,"detected":…,"event":{…},"n":…,"prev":…,"rule":…,"version":…}, of the one not in the evidence yet without
 * prev and version.
 */
struct detection_record {
    uint64_t n; /* of the alert's detections */
    struct slice rule_uid;
    struct walltime time; /* of the event */
    struct walltime received;
    struct walltime detected;
    unsigned segment; /* 0: not in the evidence yet */
    uint64_t offset;
    struct digest sha256; /* of its line in the segment, with the line end */
    struct slice line;    /* that line, as above; empty where it cannot be read */
};

typedef int detection_fn(void *ctx, const struct detection_record *detection);

/** reader_detections() - the detections kept of alert @number, oldest first, with their evidence. */
int reader_detections(struct reader *r, int64_t alert, detection_fn *fn, void *ctx);

struct reader_status {
    uint64_t ledger_size;
    struct digest ledger_root;
    uint64_t checkpoint_size; /* 0: none yet */
    struct walltime checkpoint_at;
    uint64_t n_alerts;
    uint64_t n_alerts_open;
    uint64_t n_detections; /* counted, kept or not */
    uint64_t n_incidents;
    uint64_t n_incidents_open;
    uint64_t n_nonconformities_open;
    uint64_t evidence_bytes;
    uint64_t evidence_segments;
};

int reader_status(struct reader *r, struct reader_status *out);
