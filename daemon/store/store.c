/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "store/notes.h"
#include "store/schema.h"
#include "store/store_internal.h"
#include "store/store_rules.h"

/* Less free than this and no transaction begins: what is under way still has room, and the rest waits outside. */
#define STORE_RESERVE_BYTES (UINT64_C(16) << 20)

enum { STORE_SCRATCH_BYTES = 64 * 1024, STORE_SCRATCH_MAX = 16 * 1024 * 1024 };

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

/* A path inside the state folder. Return: NULL without memory. */
static char *
path_in(const struct store *s, const char *name)
{
    char *path = NULL;

    return asprintf(&path, "%s/%s", s->state_dir, name) < 0 ? NULL : path;
}

static int
take_lock(struct store *s)
{
    CLEANUP_FREE char *path = path_in(s, "lock");

    if (path == NULL)
        return error_origin(-ENOMEM);
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock < 0)
        return error_origin(-errno);
    if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno != EWOULDBLOCK)
        return error_origin(-errno);
    log_error("store", "another process writes %s", s->state_dir);
    return STORE_E_BUSY;
}

static int
open_database(struct store *s, struct walltime now)
{
    CLEANUP_FREE char *path = path_in(s, "records.db");
    int r;

    if (path == NULL)
        return error_origin(-ENOMEM);
    r = db_open(&s->db, path, DB_WRITER);
    if (r < 0)
        return error_trace(r);
    r = schema_migrate(s->db, schema_migrations, schema_n_migrations, now);
    if (r == SCHEMA_E_NEWER) {
        log_error("store", "%s was written by a newer version", path);
        return STORE_E_NEWER;
    }
    return r < 0 ? error_trace(r) : 0;
}

/* Whether the ledger has entries: then a key that is not there is lost, not new. */
static int
has_entries(struct store *s, bool *out)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "SELECT EXISTS (SELECT 1 FROM ledger)");
    int r;

    r = query_row(&q);
    *out = r == QUERY_ROW && query_take_int(&q) != 0;
    return r < 0 ? error_trace(r) : 0;
}

/* The public half beside the private one, for openssl(1) and whoever asks for it. */
static int
save_public(const struct store *s, const struct signing_key *key)
{
    CLEANUP_FREE char *path = path_in(s, "ledger.pub");
    CLEANUP_BUFFER struct buffer pem = {0};
    struct public_key public;
    FILE *f;
    bool ok;
    int r;

    signing_key_public(key, &public);
    r = public_key_pem(&public, &pem);
    if (r < 0)
        return error_trace(r);
    f = path == NULL ? NULL : fopen(path, "we");
    if (f == NULL)
        return error_origin(path == NULL ? -ENOMEM : -errno);
    ok = fwrite(pem.p, 1, pem.n, f) == pem.n;
    return fclose(f) == 0 && ok ? 0 : error_origin(-EIO);
}

static int
open_key(struct store *s, struct signing_key **key)
{
    CLEANUP_FREE char *path = path_in(s, "ledger.key");
    bool begun = false;
    int r;

    if (path == NULL)
        return error_origin(-ENOMEM);
    r = has_entries(s, &begun);
    if (r < 0)
        return error_trace(r);
    r = signing_key_open(key, path);
    if (r == SIGNING_E_NONE && !begun)
        r = signing_key_create(key, path);
    if (r > 0) {
        log_error("store", "%s %s", path,
            r == SIGNING_E_NONE      ? "is gone, but the ledger was signed with it"
            : r == SIGNING_E_EXPOSED ? "may be read by others, or belongs to somebody else"
                                     : "holds no Ed25519 key");
        return STORE_E_KEY;
    }
    return r < 0 ? error_trace(r) : 0;
}

static int
open_ledger(struct store *s, const char *origin, struct walltime now)
{
    CLEANUP(signing_key_close) struct signing_key *key = NULL;
    int r;

    r = open_key(s, &key);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    r = save_public(s, key);
    if (r < 0)
        return error_trace(r);
    s->open = true;
    r = journal_open(&s->journal, s->db, TAKE(key), origin, now);
    return r < 0 ? error_trace(r) : r;
}

static int
load_segment(struct store *s, struct evidence_mark *mark)
{
    CLEANUP_QUERY struct query q = query_on(
        s->db, "SELECT number, bytes, records, head, finished FROM segment ORDER BY number DESC LIMIT 1");
    struct slice head;
    int r;

    *mark = (struct evidence_mark){.segment = 1};
    r = query_row(&q);
    if (r <= 0)
        return r < 0 ? error_trace(r) : 0;
    mark->segment = (unsigned)query_take_int(&q);
    mark->bytes = (uint64_t)query_take_int(&q);
    mark->records = (uint64_t)query_take_int(&q);
    head = query_take_text(&q);
    if (head.n != DIGEST_BYTES)
        return error_origin(-EUCLEAN);
    memcpy(mark->head.b, head.p, DIGEST_BYTES);
    if (query_take_int(&q) != 0)
        *mark = (struct evidence_mark){mark->segment + 1, 0, 0, mark->head};
    return 0;
}

/*
 * Whether the row we go on from is what the last entry about evidence says: behind it, lines are cut, and none of those
 * an entry covers may be. Entries hold the words searched for nowhere else, since a text's quotes are escaped.
 */
static int
check_segment(struct store *s)
{
    CLEANUP_QUERY struct query q = query_on(s->db,
        "WITH told AS (SELECT json_extract(body, '$.note.segment') AS number, json_extract(body, '$.note.bytes'),"
        "  json_extract(body, '$.note.records'), json_extract(body, '$.note.head'),"
        "  json_extract(body, '$.note.finished')"
        "  FROM ledger WHERE instr(body, '\"verb\":\"evidence.segment\"') > 0 ORDER BY seq DESC LIMIT 1),"
        " kept AS (SELECT number, bytes, records, lower(hex(head)), finished"
        "  FROM segment ORDER BY number DESC LIMIT 1)"
        " SELECT number FROM (SELECT * FROM told EXCEPT SELECT * FROM kept)"
        " UNION SELECT number FROM (SELECT * FROM kept EXCEPT SELECT * FROM told)");
    char name[EVIDENCE_NAME_MAX];
    int r;

    r = query_row(&q);
    if (r <= 0)
        return r < 0 ? error_trace(r) : 0;
    log_error("store", "evidence/%s: its row in records.db is not what the ledger's last entry about evidence says",
        evidence_name((unsigned)query_take_int(&q), name));
    return STORE_E_BROKEN;
}

static int
open_evidence(struct store *s)
{
    CLEANUP_FREE char *path = path_in(s, "evidence");
    struct evidence_mark mark;
    uint64_t missing;
    uint64_t cut;
    int r;

    if (path == NULL)
        return error_origin(-ENOMEM);
    r = check_segment(s);
    if (r == 0)
        r = load_segment(s, &mark);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    r = evidence_open(&s->evidence, path, &mark, &cut, &missing);
    if (r < 0)
        return error_trace(r);
    counters_set(s->counters, STORE_C_EVIDENCE_CUT, cut);
    counters_set(s->counters, STORE_C_EVIDENCE_MISSING, missing);
    if (cut > 0)
        log_notice("store", "cut %" PRIu64 " bytes of evidence that no commit covered", cut);
    if (missing > 0)
        log_error("store", "%" PRIu64 " bytes of committed evidence are missing in %s", missing, path);
    return 0;
}

static int
load_numbers(struct store *s)
{
    CLEANUP_QUERY struct query q = query_on(s->db,
        "SELECT (SELECT max(number) FROM alert), (SELECT max(number) FROM incident),"
        " (SELECT max(number) FROM nonconformity), (SELECT max(number) FROM source)");
    size_t i;
    int r;

    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    for (i = 0; i < NOUNS; i++)
        s->numbers[i] = query_take_int(&q);
    return 0;
}

static int
new_store(struct store **out, const struct store_settings *settings)
{
    CLEANUP(store_close) struct store *s = NULL;
    int r;

    s = calloc(1, sizeof(*s));
    if (s == NULL)
        return error_origin(-ENOMEM);
    s->lock = -1;
    s->evidence.dir = s->evidence.fd = -1;
    s->checkpoint_interval_ns = settings->checkpoint_interval_ns;
    s->segment_bytes = settings->segment_bytes;
    s->state_dir = strdup(settings->state_dir);
    if (s->state_dir == NULL)
        return error_origin(-ENOMEM);
    r = counters_new(&s->counters, store_counter_defs, STORE_COUNTERS);
    if (r == 0)
        r = arena_init(&s->scratch, STORE_SCRATCH_BYTES, STORE_SCRATCH_MAX);
    if (r == 0)
        r = store_rules_init(s);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(s);
    return 0;
}

int
store_open(struct store **out, const struct store_settings *settings, struct walltime now)
{
    CLEANUP(store_close) struct store *s = NULL;
    int r;

    if (mkdir(settings->state_dir, 0700) != 0 && errno != EEXIST)
        return error_origin(-errno);
    r = new_store(&s, settings);
    if (r == 0)
        r = take_lock(s);
    if (r == 0)
        r = open_database(s, now);
    if (r == 0)
        r = open_ledger(s, settings->origin, now);
    if (r == 0)
        r = open_evidence(s);
    if (r == 0)
        r = load_numbers(s);
    if (r == -ENOSPC)
        return STORE_E_FULL;
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    *out = TAKE(s);
    return 0;
}

void
store_close(struct store *s)
{
    if (s == NULL)
        return;
    if (s->db != NULL && db_in_transaction(s->db))
        store_rollback(s);
    if (s->open)
        journal_close(&s->journal);
    evidence_close(&s->evidence);
    store_rules_fini(s);
    db_close(s->db);
    buffer_fini(&s->note);
    buffer_fini(&s->set);
    buffer_fini(&s->was);
    arena_fini(&s->scratch);
    counters_free(s->counters);
    free(s->state_dir);
    if (s->lock >= 0)
        (void)close(s->lock);
    free(s);
}

static int
check_space(const struct store *s)
{
    struct statvfs fs;

    if (statvfs(s->state_dir, &fs) != 0)
        return error_origin(-errno);
    return (uint64_t)fs.f_bavail * fs.f_frsize < STORE_RESERVE_BYTES ? STORE_E_FULL : 0;
}

int
store_begin(struct store *s)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "BEGIN IMMEDIATE");
    int r;

    if (s->in_doubt)
        return error_origin(-EIO);
    r = check_space(s);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    r = query_run(&q);
    if (r < 0)
        return error_trace(r);
    s->begun = true;
    s->failure = 0;
    s->mark.journal = s->journal.now;
    s->mark.evidence = s->evidence.now;
    memcpy(s->mark.numbers, s->numbers, sizeof(s->numbers));
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
    struct store_move move = store_daemon(now);
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
    r = store_append(s, "evidence", &move, "segment", SLICE(""), buffer_slice(&s->note));
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
    CLEANUP_FREE char *path = path_in(s, "checkpoints");
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
