/* SPDX-License-Identifier: Apache-2.0 */
#include "store/verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/notes.h"
#include "store/verify_internal.h"

enum { NOTES_FILE_MAX = 64 * 1024 * 1024, PEM_MAX = 4096 };

static const char *const check_names[] = {
    // clang-format off
    [VERIFY_ENTRY]      = "entry",
    [VERIFY_CHECKPOINT] = "checkpoint",
    [VERIFY_EVIDENCE]   = "evidence",
    [VERIFY_RECORD]     = "record",
    // clang-format on
};

const char *
verify_check_name(enum verify_check check)
{
    return check_names[check];
}

void
verify_find(struct verify *v, enum verify_check check, int64_t seq, struct slice record, const char *fmt, ...)
{
    struct verify_finding f = {check, seq, record, {NULL, 0}};
    char text[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    f.text = slice_str(text);
    v->summary->n_findings++;
    v->fn(v->ctx, &f);
}

/* A file of notes, read before the snapshot is taken: what it holds is then committed. */
struct notes_file {
    struct buffer name;
    struct buffer text;
};

struct notes_files {
    struct notes_file *items;
    size_t n;
};

static void
notes_files_fini(struct notes_files *files)
{
    size_t i;

    for (i = 0; i < files->n; i++) {
        buffer_fini(&files->items[i].name);
        buffer_fini(&files->items[i].text);
    }
    free(files->items);
}

static int
read_notes(void *ctx, const char *path)
{
    struct notes_files *files = ctx;
    struct notes_file *items = realloc(files->items, (files->n + 1) * sizeof(*items));
    const char *name = strrchr(path, '/');
    int r;

    if (items == NULL)
        return error_origin(-ENOMEM);
    files->items = items;
    items[files->n] = (struct notes_file){{0}, {0}};
    buffer_add(
        &items[files->n].name, slice_of(name == NULL ? path : name + 1, strlen(name == NULL ? path : name + 1) + 1));
    r = file_read(path, NOTES_FILE_MAX, &items[files->n++].text);
    return r < 0 ? error_trace(r) : 0;
}

/* Without the folder there is nothing to compare; verify_days() says what is missing. */
static int
read_notes_files(const char *state_dir, struct notes_files *files)
{
    static const char *const suffixes[] = {".txt", "checkpoint", NULL};
    CLEANUP_FREE char *path = NULL;
    int r;

    if (asprintf(&path, "%s/checkpoints", state_dir) < 0)
        return error_origin(-ENOMEM);
    if (access(path, F_OK) != 0)
        return 0;
    r = file_walk(path, suffixes, read_notes, files);
    return r < 0 ? error_trace(r) : 0;
}

static int
verify_notes_files(struct verify *v, const struct notes_files *files)
{
    size_t i;
    int r;

    for (i = 0; i < files->n; i++) {
        struct slice text = buffer_slice(&files->items[i].text);
        struct slice note;

        while (notes_take(&text, &note)) {
            r = verify_note(v, note, files->items[i].name.p);
            if (r < 0)
                return error_trace(r);
        }
    }
    return 0;
}

/* Takes name and key from @line. Return: whether it is a verifier key. */
static bool
adopt_key(struct verify *v, struct slice line)
{
    struct slice name;

    if (!verifier_parse(line, v->hasher, &name, &v->key))
        return false;
    buffer_reset(&v->origin);
    buffer_add(&v->origin, name);
    v->has_key = true;
    return true;
}

/* The key by which all is checked: the one brought along, else the one the ledger began with. */
static int
choose_key(struct verify *v, const struct verify_trust *trust)
{
    CLEANUP_QUERY struct query q = query_on(v->db,
        "SELECT CASE WHEN json_valid(body) THEN json_extract(body, '$.note.verifier') END FROM ledger WHERE seq = 0");
    struct slice first = {NULL, 0};
    int r;

    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    if (r == QUERY_ROW)
        first = query_take_text(&q);
    if (trust != NULL && trust->verifier.n > 0) {
        if (!adopt_key(v, trust->verifier))
            return error_origin(-EINVAL);
        if (!slice_eq(first, trust->verifier))
            verify_find(v, VERIFY_ENTRY, 0, SLICE(""), "the ledger does not begin with the key brought along");
        return 0;
    }
    if (!adopt_key(v, first))
        verify_find(
            v, VERIFY_ENTRY, 0, SLICE(""), "the first entry, which names the ledger's key, is missing or altered");
    return 0;
}

/* The file people use with openssl(1) must be the key the ledger is checked by. */
static int
verify_public_file(struct verify *v)
{
    CLEANUP_FREE char *path = NULL;
    CLEANUP_BUFFER struct buffer file = {0};
    CLEANUP_BUFFER struct buffer pem = {0};
    int r;

    if (asprintf(&path, "%s/ledger.pub", v->state_dir) < 0)
        return error_origin(-ENOMEM);
    if (!v->has_key)
        return 0;
    r = access(path, F_OK) == 0 ? file_read(path, PEM_MAX, &file) : 0; /* missing is as empty: not the key */
    if (r == 0)
        r = public_key_pem(&v->key, &pem);
    if (r < 0)
        return error_trace(r);
    if (!slice_eq(buffer_slice(&file), buffer_slice(&pem)))
        verify_find(v, VERIFY_CHECKPOINT, -1, SLICE("ledger.pub"), "this %s the key the ledger began with",
            file.n == 0 ? "is missing or empty, but should hold" : "is not");
    return 0;
}

/*
 * A day of which the database holds notes has its file. The newest note may not be in one yet: it goes out after its
 * commit. Looked for only now, since the files read before the snapshot are older than what it holds.
 */
static int
verify_days(struct verify *v)
{
    CLEANUP_QUERY struct query q = query_on(v->db,
        "SELECT strftime('%Y-%m-%d', at / 1000000000, 'unixepoch') || '.txt', max(size) FROM checkpoint"
        " WHERE size < (SELECT max(size) FROM checkpoint) GROUP BY 1"
        " UNION ALL SELECT 'checkpoint', max(size) FROM checkpoint HAVING count(*) > 1");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        CLEANUP_FREE char *path = NULL;
        struct slice name = query_take_text(&q);
        int64_t size = query_take_int(&q);

        if (asprintf(&path, "%s/checkpoints/" SLICE_FMT, v->state_dir, SLICE_ARG(name)) < 0)
            return error_origin(-ENOMEM);
        if (access(path, F_OK) != 0)
            verify_find(v, VERIFY_CHECKPOINT, size - 1, name, "the file is missing in checkpoints/");
    }
    return r < 0 ? error_trace(r) : 0;
}

static int
verify_all(struct verify *v, const struct verify_trust *trust, const struct notes_files *files)
{
    int r;

    r = choose_key(v, trust);
    if (r == 0)
        r = verify_public_file(v);
    if (r == 0)
        r = verify_ledger(v);
    if (r == 0)
        r = verify_notes_files(v, files);
    if (r == 0)
        r = verify_days(v);
    if (r == 0 && trust != NULL && trust->checkpoint.n > 0)
        r = verify_note(v, trust->checkpoint, "the checkpoint brought along");
    if (r == 0)
        r = verify_evidence(v);
    if (r == 0)
        r = verify_records(v);
    if (r == 0)
        r = verify_history(v);
    return r < 0 ? error_trace(r) : 0;
}

static int
open_snapshot(struct verify *v)
{
    CLEANUP_FREE char *path = NULL;
    int r;

    if (asprintf(&path, "%s/records.db", v->state_dir) < 0)
        return error_origin(-ENOMEM);
    if (access(path, F_OK) != 0)
        return errno == ENOENT ? VERIFY_E_NONE : error_origin(-errno);
    r = db_open(&v->db, path, DB_READER);
    if (r == 0)
        r = hasher_new(&v->hasher);
    if (r == 0)
        r = db_script(v->db, "BEGIN");
    return r < 0 ? error_trace(r) : 0;
}

int
store_verify(
    const char *state_dir, const struct verify_trust *trust, verify_fn *fn, void *ctx, struct verify_summary *summary)
{
    struct verify v = {.state_dir = state_dir, .fn = fn, .ctx = ctx, .summary = summary};
    struct notes_files files = {NULL, 0};
    int r;

    *summary = (struct verify_summary){0};
    r = read_notes_files(state_dir, &files);
    if (r == 0)
        r = open_snapshot(&v);
    if (r == 0)
        r = verify_all(&v, trust, &files);
    if (r == -EUCLEAN) {
        verify_find(
            &v, VERIFY_RECORD, -1, SLICE("records.db"), "the database itself is damaged and cannot be read whole");
        r = 0;
    }
    notes_files_fini(&files);
    buffer_fini(&v.origin);
    hasher_free(v.hasher);
    db_close(v.db);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    return summary->n_findings > 0 ? VERIFY_E_BROKEN : 0;
}
