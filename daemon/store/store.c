/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "base/error.h"
#include "base/log.h"
#include "store/notes.h"
#include "store/store_internal.h"
#include "store/store_rules.h"

/* Less free than this and no transaction begins: what is under way still has room, and the rest waits outside. */
#define RESERVE_BYTES (UINT64_C(16) << 20)

/* More free than this and a transaction's commit finds room: SQLite's cache (32 MiB), evidence not yet written, slack.
 */
#define ROOMY_BYTES (UINT64_C(64) << 20)

const struct counter_def store_counter_defs[STORE_COUNTERS] = {
    // clang-format off
    [STORE_C_ENTRIES]                = {"store_entries", "Entries added to the ledger."},
    [STORE_C_COMMITS]                = {"store_commits", "Transactions committed."},
    [STORE_C_ROLLBACKS]              = {"store_rollbacks", "Transactions undone."},
    [STORE_C_CHECKPOINTS]            = {"store_checkpoints", "Checkpoints signed."},
    [STORE_C_CHECKPOINT_FILE_FAILED] = {"store_checkpoint_file_failed", "Checkpoints that could not be written to checkpoints/."},
    [STORE_C_EVIDENCE_RECORDS]       = {"store_evidence_records", "Events written to the evidence."},
    [STORE_C_EVIDENCE_BYTES]         = {"store_evidence_bytes", "Bytes written to the evidence."},
    [STORE_C_EVIDENCE_CUT]           = {"store_evidence_cut", "Bytes of evidence without a commit, cut off at start."},
    [STORE_C_EVIDENCE_MISSING]       = {"store_evidence_missing", "Bytes of committed evidence that were not there at start."},
    // clang-format on
};

char *
store_path(const struct store *s, const char *name)
{
    char *path = NULL;

    return asprintf(&path, "%s/%s", s->state_dir, name) < 0 ? NULL : path;
}

static int
free_bytes(const struct store *s, uint64_t *out)
{
    struct statvfs fs;

    if (statvfs(s->state_dir, &fs) != 0)
        return error_origin(-errno);
    *out = (uint64_t)fs.f_bavail * fs.f_frsize;
    return 0;
}

bool
store_is_roomy(const struct store *s)
{
    uint64_t bytes = 0;

    return free_bytes(s, &bytes) == 0 && bytes > ROOMY_BYTES;
}

static int
begin_database(struct store *s)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "BEGIN IMMEDIATE");
    int r;

    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

int
store_begin(struct store *s)
{
    uint64_t bytes = 0;
    int r;

    if (s->in_doubt)
        return error_origin(-EIO);
    r = free_bytes(s, &bytes);
    if (r == 0 && bytes < RESERVE_BYTES)
        return STORE_E_FULL;
    if (r == 0)
        r = begin_database(s);
    if (r < 0)
        return error_trace(r);
    s->begun = true;
    s->failure = 0;
    s->mark.journal = s->journal.now;
    s->mark.evidence = s->evidence.now;
    memcpy(s->mark.numbers, s->numbers, sizeof(s->numbers));
    s->mark.run = s->run;
    return 0;
}

void
store_rollback(struct store *s)
{
    if (!s->begun)
        return; /* the mark is that of a transaction that was committed */
    s->begun = false;
    if (db_in_transaction(s->db)) {
        CLEANUP_QUERY struct query q = query_on(s->db, "ROLLBACK");

        (void)query_run(&q);
    }
    s->journal.now = s->mark.journal;
    buffer_reset(&s->journal.notes);
    s->journal.notes.failed = false;
    memcpy(s->numbers, s->mark.numbers, sizeof(s->numbers));
    s->run = s->mark.run;
    store_rules_forget(s);
    /* With the commit in doubt the database may hold what the evidence must then hold, too. */
    if (!s->in_doubt && evidence_rollback(&s->evidence, &s->mark.evidence) < 0)
        s->in_doubt = true;
    counters_add(s->counters, STORE_C_ROLLBACKS, 1);
}

static int
put_segment(struct store *s, bool finished)
{
    CLEANUP_QUERY struct query q = query_on(s->db,
        "INSERT INTO segment (number, bytes, records, head, finished) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET bytes = excluded.bytes, records = excluded.records,"
        " head = excluded.head, finished = excluded.finished");
    const struct evidence_mark *now = &s->evidence.now;
    int r;

    query_int(&q, now->segment);
    query_int(&q, (int64_t)now->bytes);
    query_int(&q, (int64_t)now->records);
    query_blob(&q, slice_of((const char *)now->head.b, DIGEST_BYTES));
    if (finished)
        query_int(&q, 1);
    else
        query_null(&q);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

/* The entry that covers every line since the last one. */
static int
append_segment(struct store *s, bool finished, struct walltime now)
{
    const struct evidence_mark *mark = &s->evidence.now;
    struct store_move move = store_daemon("segment", now);
    char hex[DIGEST_HEX + 1];
    struct canonical c;
    int r;

    r = store_enter(s);
    if (r < 0)
        return error_trace(r);
    canonical_begin(&c, &s->note);
    canonical_object(&c, NULL);
    canonical_int(&c, "bytes", (int64_t)mark->bytes);
    if (finished)
        canonical_int(&c, "finished", 1);
    canonical_string(&c, "head", slice_str(digest_hex(&mark->head, hex)));
    canonical_int(&c, "records", (int64_t)mark->records);
    canonical_int(&c, "segment", mark->segment);
    canonical_close(&c);
    r = store_append(s, "evidence", &move, SLICE(""));
    return r < 0 ? error_trace(r) : 0;
}

static int
commit_evidence(struct store *s, struct walltime now)
{
    bool finished = s->evidence.now.bytes >= s->segment_bytes;
    int r;

    if (s->evidence.now.bytes == s->mark.evidence.bytes)
        return 0;
    r = evidence_sync(&s->evidence);
    if (r < 0 && r != -ENOSPC)
        s->in_doubt = true;
    if (r == 0)
        r = append_segment(s, finished, now);
    if (r == 0)
        r = put_segment(s, finished);
    return r < 0 ? error_trace(r) : 0;
}

static int
mark_alive(struct store *s, struct walltime now)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "UPDATE run SET alive = ? WHERE number = ?");
    int r;

    query_int(&q, now.ns);
    query_int(&q, s->run);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

/* Everything a commit adds before the database's own. */
static int
complete(struct store *s, struct walltime now)
{
    int r;

    r = commit_evidence(s, now);
    if (r == 0 && now.ns - s->journal.now.checkpoint_at.ns >= s->checkpoint_interval_ns)
        r = journal_checkpoint(&s->journal, now);
    if (r == 0 && s->journal.notes.n > 0)
        r = mark_alive(s, now);
    if (r == 0 && s->journal.now.tree.size != s->mark.journal.tree.size)
        r = journal_save(&s->journal);
    return r < 0 ? error_trace(r) : 0;
}

static int
commit_database(struct store *s)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "COMMIT");
    int r;

    r = query_run(&q);
    if (r < 0 && db_sync_failed(s->db))
        s->in_doubt = true;
    return r < 0 ? error_trace(r) : 0;
}

/* Only what is committed goes out; a file that cannot be written is counted, the note stands in the database. */
static void
publish_notes(struct store *s)
{
    CLEANUP_FREE char *path = store_path(s, "checkpoints");
    struct slice notes = buffer_slice(&s->journal.notes);
    int r;

    if (notes.n == 0)
        return;
    r = path == NULL ? -ENOMEM
                     : notes_publish(path, notes, slice_from(notes, s->journal.latest), s->journal.now.checkpoint_at);
    if (r < 0) {
        log_failure("store", r, "a checkpoint could not be written to its file");
        counters_add(s->counters, STORE_C_CHECKPOINT_FILE_FAILED, 1);
    }
    counters_add(s->counters, STORE_C_CHECKPOINTS, 1);
    buffer_reset(&s->journal.notes);
}

/* What follows a commit that holds. */
static void
committed(struct store *s)
{
    const struct evidence_mark *before = &s->mark.evidence;
    const struct evidence_mark *now = &s->evidence.now;

    counters_add(s->counters, STORE_C_COMMITS, 1);
    counters_add(s->counters, STORE_C_ENTRIES, s->journal.now.tree.size - s->mark.journal.tree.size);
    counters_add(s->counters, STORE_C_EVIDENCE_RECORDS, now->records - before->records);
    counters_add(s->counters, STORE_C_EVIDENCE_BYTES, now->bytes - before->bytes);
    if (now->bytes > before->bytes && now->bytes >= s->segment_bytes)
        evidence_next(&s->evidence);
    publish_notes(s);
}

int
store_commit(struct store *s, struct walltime now)
{
    int r = s->failure;

    if (r == 0)
        r = complete(s, now);
    if (r == 0)
        r = commit_database(s);
    if (r == 0) {
        s->begun = false;
        committed(s);
        return 0;
    }
    log_failure("store", r, "a transaction is undone");
    store_rollback(s);
    return r == -ENOSPC && !s->in_doubt ? STORE_E_FULL : error_trace(r);
}

const struct counters *
store_counters(const struct store *s)
{
    return s->counters;
}
