/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the parts of a verification share: the snapshot they look at, what the entries say, and where findings go. All
 * return 0 or negative errno.
 */

#include "base/buffer.h"
#include "ledger/checkpoint.h"
#include "ledger/tree.h"
#include "store/db.h"
#include "store/noun.h"
#include "store/verify.h"

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

/* Entries in SQL, as (seq, b): those whose text holds @words, which need not be looked for in more than the bytes,
 * since a text's quotes are escaped; one that is no JSON any more says nothing. */
#define ENTRIES_WITH(words) \
    "(SELECT seq, body AS b FROM ledger WHERE instr(body, '" words "') > 0 AND json_valid(body))"
#define ENTRIES_OF(verb) ENTRIES_WITH("\"verb\":\"" verb "\"")

/* What the entries set on the record @record of a row of e, with the entry e.seq. */
#define AS_OF(key)                                                                                      \
    "(SELECT value FROM change AS s WHERE s.record = e.record AND s.key = '" key "' AND s.seq <= e.seq" \
    " ORDER BY s.seq DESC LIMIT 1)"

/* The name of the alert of this number, in SQL; where there is none, the number. */
#define ALERT_OF(of) "coalesce((SELECT " ALERT_RECORD_SQL " FROM alert WHERE number = " of "), 'alert ' || " of ")"

/** verify_find() - tell one finding, about the entry @seq (-1: none) and the row @key (may be empty). */
void verify_find(struct verify *v, enum verify_subject subject, int64_t seq, struct slice key, const char *fmt, ...)
    PRINTF_LIKE(5, 6);

/** verify_differs() - tell that @column is @live, but should be @told; each {NULL, 0} where there is nothing. */
void verify_differs(struct verify *v, enum verify_subject subject, int64_t seq, struct slice key, struct slice column,
    struct slice live, struct slice told);

/** verify_each() - tell each row of @sql, which are (key, sentence). */
int verify_each(struct verify *v, enum verify_subject subject, const char *sql);

/*
 * The rows of a table twice, each under a key and its columns as one JSON object: as the entries say, and as they
 * stand. @script fills both: LIVE "SELECT key, object …; " TOLD "SELECT key, entry, object …"
 */
#define TOLD "INSERT OR REPLACE INTO told "
#define LIVE "INSERT INTO live "

int verify_compare(struct verify *v, enum verify_subject subject, const char *script);

/** verify_schema() - the file as a database, its tables and triggers, and the migrations that made them. */
int verify_schema(struct verify *v);

/** verify_ledger() - entries, tree and checkpoints; sets summary->root. */
int verify_ledger(struct verify *v);

/** verify_note() - a checkpoint from elsewhere, called @name: signed by the key, and one this ledger has signed. */
int verify_note(struct verify *v, struct slice note, const char *name);

struct notes_file;

/** The files in checkpoints/, as they were before the snapshot was taken: what they held is then committed. */
struct verify_notes {
    struct notes_file *items;
    size_t n;
};

int verify_notes_list(const char *state_dir, struct verify_notes *files);
void verify_notes_fini(struct verify_notes *files);

/** verify_notes() - these files and the public key's, after verify_ledger(). */
int verify_notes(struct verify *v, const struct verify_notes *files);

/** verify_list_evidence() - the names of files in evidence/, a line each; before the snapshot, which then knows them.
 */
int verify_list_evidence(const char *state_dir, struct buffer *names);

/** verify_evidence() - files, of which there were @names, segments, detections and rules. */
int verify_evidence(struct verify *v, struct slice names);

/** A line of evidence that an entry covers, and where it stands. */
struct evidence_line {
    const char *file;
    unsigned segment;
    uint64_t offset;
    uint64_t number; /* in its file, from 1 */
    struct digest digest;
    struct slice text; /* without the line end */
};

/** What was seen of detections so far. */
struct verify_detections {
    struct verify *v;
    int64_t rule;           /* number of the rule that the last one names */
    struct buffer rule_uid; /* what lines say that rule is; empty at first */
    struct buffer rule_version;
};

int verify_detections_begin(struct verify_detections *d, struct verify *v);
void verify_detections_fini(struct verify_detections *d);

/** verify_detection() - the detection's row against @line. */
int verify_detection(struct verify_detections *d, const struct evidence_line *line);

/** verify_detections_end() - after the last line: rows that no line speaks of, and the rules. */
int verify_detections_end(struct verify_detections *d);

/** verify_records() - alerts, incidents, nonconformities and sources; leaves what the entries set in temp.change. */
int verify_records(struct verify *v);

/** verify_alerts() - what an alert counted, by minute, and what an open one says. */
int verify_alerts(struct verify *v);

/** verify_history() - decisions, the states of sources, runs of the daemon and KPI samples; after verify_records(). */
int verify_history(struct verify *v);

/** verify_state() - the daemon's working state, which no entry covers, against its bounds. */
int verify_state(struct verify *v);
