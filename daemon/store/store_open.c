/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Opening a store, and opening it again: the lock, the database, the ledger with its key, the evidence. What is there
 * is checked before anything is written over it. What does not agree is named where it is found, in the log: the
 * outcome only says what kind of trouble it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "store/schema.h"
#include "store/store_internal.h"
#include "store/store_rules.h"

enum {
    STORE_SCRATCH_BYTES = 64 * 1024,
    STORE_SCRATCH_MAX = 16 * 1024 * 1024,
    PEM_BYTES_MAX = 4096,
};

static int
take_lock(struct store *s)
{
    CLEANUP_FREE char *path = store_path(s, "lock");

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
    CLEANUP_FREE char *path = store_path(s, "records.db");
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

/* ---- the ledger and its key ---- */

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

static int
open_key(struct store *s, struct signing_key **key)
{
    CLEANUP_FREE char *path = store_path(s, "ledger.key");
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

/* Whole or as it was: a full disk must not leave half a key in its place. */
static int
replace_file(const char *path, struct slice text)
{
    CLEANUP_FREE char *new = NULL;
    ssize_t n;
    int fd;
    int r = 0;

    if (asprintf(&new, "%s.new", path) < 0)
        return error_origin(-ENOMEM);
    fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return error_origin(-errno);
    n = write(fd, text.p, text.n);
    if (n != (ssize_t)text.n)
        r = error_origin(n < 0 ? -errno : -ENOSPC);
    else if (fdatasync(fd) != 0 || rename(new, path) != 0)
        r = error_origin(-errno);
    (void)close(fd);
    return r;
}

/* The public half beside the private one, for openssl(1) and whoever asks for it. */
static int
save_public(const struct store *s)
{
    CLEANUP_FREE char *path = store_path(s, "ledger.pub");
    CLEANUP_BUFFER struct buffer present = {0};
    CLEANUP_BUFFER struct buffer pem = {0};
    struct public_key public;
    int known;
    int r;

    if (path == NULL)
        return error_origin(-ENOMEM);
    signing_key_public(s->journal.key, &public);
    r = public_key_pem(&public, &pem);
    if (r < 0)
        return error_trace(r);
    known = file_read(path, PEM_BYTES_MAX, &present);
    if (known == 0 && slice_eq(buffer_slice(&present), buffer_slice(&pem)))
        return 0;
    if (known != -ENOENT)
        log_warning("store", "%s was not the public half of the ledger's key; it is written anew", path);
    r = replace_file(path, buffer_slice(&pem));
    return r < 0 ? error_trace(r) : 0;
}

static int
open_ledger(struct store *s, struct walltime now)
{
    struct signing_key *key = NULL;
    int r;

    r = open_key(s, &key);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    r = journal_open(&s->journal, s->db, key, s->origin, now);
    if (r == 0)
        r = save_public(s); /* not before: another ledger's key would leave its mark */
    return r < 0 ? error_trace(r) : r;
}

/* ---- the evidence ---- */

enum { SEGMENT_TEXT_MAX = 200 };

/* A file of evidence, as its row in records.db or an entry of the ledger tells of it. */
struct segment {
    unsigned number; /* 0: there is none */
    uint64_t bytes;
    uint64_t records;
    struct digest head;
    bool finished;
};

static int
take_segment(struct query *q, struct segment *out)
{
    int r;

    *out = (struct segment){0};
    r = query_row(q);
    if (r <= 0)
        return r < 0 ? error_trace(r) : 0;
    out->number = (unsigned)query_take_int(q);
    out->bytes = (uint64_t)query_take_int(q);
    out->records = (uint64_t)query_take_int(q);
    (void)digest_parse(query_take_text(q), &out->head);
    out->finished = query_take_int(q) != 0;
    return 0;
}

static int
load_segment(struct store *s, struct segment *out)
{
    CLEANUP_QUERY struct query q = query_on(
        s->db, "SELECT number, bytes, records, lower(hex(head)), finished FROM segment ORDER BY number DESC LIMIT 1");

    return take_segment(&q, out);
}

/* Entries hold the words searched for nowhere else, since a text's quotes are escaped. */
static int
load_told_segment(struct store *s, struct segment *out)
{
    CLEANUP_QUERY struct query q = query_on(s->db,
        "SELECT json_extract(body, '$.note.segment'), json_extract(body, '$.note.bytes'),"
        " json_extract(body, '$.note.records'), json_extract(body, '$.note.head'),"
        " json_extract(body, '$.note.finished')"
        " FROM ledger WHERE instr(body, '\"verb\":\"evidence.segment\"') > 0 ORDER BY seq DESC LIMIT 1");

    return take_segment(&q, out);
}

static bool
segment_eq(const struct segment *a, const struct segment *b)
{
    return a->number == b->number && a->bytes == b->bytes && a->records == b->records &&
           digest_eq(&a->head, &b->head) && a->finished == b->finished;
}

static const char *
print_segment(const struct segment *g, char out[static SEGMENT_TEXT_MAX])
{
    char name[EVIDENCE_NAME_MAX];
    char head[DIGEST_HEX + 1];

    if (g->number == 0)
        return "there is none";
    (void)snprintf(out, SEGMENT_TEXT_MAX, "%s: %" PRIu64 " bytes, %" PRIu64 " records, head %s%s",
        evidence_name(g->number, name), g->bytes, g->records, digest_hex(&g->head, head),
        g->finished ? ", finished" : "");
    return out;
}

/*
 * Where evidence goes on: behind what its row says. That must be what the last entry about evidence says, for behind it
 * lines are cut, and none of those an entry covers may be.
 */
static int
load_evidence_mark(struct store *s, struct evidence_mark *mark)
{
    char kept_text[SEGMENT_TEXT_MAX];
    char told_text[SEGMENT_TEXT_MAX];
    struct segment kept;
    struct segment told = {0};
    int r;

    r = load_segment(s, &kept);
    if (r == 0)
        r = load_told_segment(s, &told);
    if (r < 0)
        return error_trace(r);
    if (!segment_eq(&kept, &told)) {
        log_error("store",
            "records.db: the last row of segment is [%s], the ledger's last entry about evidence says [%s]",
            print_segment(&kept, kept_text), print_segment(&told, told_text));
        return STORE_E_BROKEN;
    }
    *mark = (struct evidence_mark){kept.number, kept.bytes, kept.records, kept.head};
    if (kept.finished || kept.number == 0)
        *mark = (struct evidence_mark){.segment = kept.number + 1, .head = kept.head};
    return 0;
}

static int
open_evidence(struct store *s)
{
    CLEANUP_FREE char *path = store_path(s, "evidence");
    struct evidence_mark mark;
    uint64_t missing;
    uint64_t cut;
    int r;

    if (path == NULL)
        return error_origin(-ENOMEM);
    r = load_evidence_mark(s, &mark);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    r = evidence_open(&s->evidence, path, &mark, &cut, &missing);
    if (r < 0)
        return error_trace(r);
    counters_add(s->counters, STORE_C_EVIDENCE_CUT, cut);
    counters_add(s->counters, STORE_C_EVIDENCE_MISSING, missing);
    if (cut > 0)
        log_notice("store", "cut %" PRIu64 " bytes of evidence that no commit covered", cut);
    if (missing > 0)
        log_error("store", "%" PRIu64 " bytes of committed evidence are missing in %s", missing, path);
    return 0;
}

/* ---- all of it ---- */

static int
load_numbers(struct store *s)
{
    CLEANUP_QUERY struct query q = query_on(s->db,
        "SELECT (SELECT max(number) FROM alert), (SELECT max(number) FROM incident),"
        " (SELECT max(number) FROM nonconformity), (SELECT max(number) FROM source),"
        " (SELECT max(number) FROM maintenance)");
    size_t i;
    int r;

    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    for (i = 0; i < NOUNS; i++)
        s->numbers[i] = query_take_int(&q);
    return 0;
}

static void
close_files(struct store *s)
{
    if (s->db != NULL && db_in_transaction(s->db))
        store_rollback(s);
    journal_close(&s->journal);
    evidence_close(&s->evidence);
    store_rules_forget(s);
    db_close(TAKE(s->db));
    s->in_doubt = true;
}

static int
open_files(struct store *s, struct walltime now)
{
    int r;

    r = open_database(s, now);
    if (r == 0)
        r = open_ledger(s, now);
    if (r == 0)
        r = open_evidence(s);
    if (r == 0)
        r = load_numbers(s);
    if (r == 0) {
        s->in_doubt = false;
        return 0;
    }
    close_files(s);
    if (r == -ENOSPC)
        return STORE_E_FULL;
    return r < 0 ? error_trace(r) : r;
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
    s->origin = strdup(settings->origin);
    if (s->state_dir == NULL || s->origin == NULL)
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
        r = open_files(s, now);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    *out = TAKE(s);
    return 0;
}

int
store_reopen(struct store *s, struct walltime now)
{
    int r;

    close_files(s);
    r = open_files(s, now);
    return r < 0 ? error_trace(r) : r;
}

void
store_close(struct store *s)
{
    if (s == NULL)
        return;
    close_files(s);
    store_rules_fini(s);
    buffer_fini(&s->note);
    buffer_fini(&s->set);
    buffer_fini(&s->was);
    arena_fini(&s->scratch);
    counters_free(s->counters);
    free(s->origin);
    free(s->state_dir);
    if (s->lock >= 0)
        (void)close(s->lock);
    free(s);
}
