/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What stands beside the database for whoever checks with other tools: the files of checkpoints, note by note, and the
 * public key.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/verify_internal.h"

enum { LATEST_MAX = 64 * 1024, LIST_TRIES = 10, PEM_MAX = 4096 };

/* The latest checkpoint is replaced, so it is read at once; files of a day only grow, so their length will do. */
struct notes_file {
    char *path;
    const char *name;
    off_t bytes;
    struct buffer latest; /* of the file that is replaced */
};

void
verify_notes_fini(struct verify_notes *files)
{
    size_t i;

    for (i = 0; i < files->n; i++) {
        free(files->items[i].path);
        buffer_fini(&files->items[i].latest);
    }
    free(files->items);
    *files = (struct verify_notes){NULL, 0};
}

static int
list_file(void *ctx, const char *path)
{
    struct verify_notes *files = ctx;
    struct notes_file *items = realloc(files->items, (files->n + 1) * sizeof(*items));
    struct notes_file *f;
    struct stat st;
    int r = 0;

    if (items == NULL)
        return error_origin(-ENOMEM);
    files->items = items;
    f = &items[files->n++];
    *f = (struct notes_file){.path = strdup(path)};
    if (f->path == NULL)
        return error_origin(-ENOMEM);
    f->name = strrchr(f->path, '/') + 1;
    if (stat(path, &st) != 0)
        return error_origin(-errno);
    f->bytes = st.st_size;
    if (strcmp(f->name, "checkpoint") == 0)
        r = file_read(path, LATEST_MAX, &f->latest);
    return r < 0 ? error_trace(r) : 0;
}

/* Without the folder there is nothing to compare; verify_days() says what is missing. */
int
verify_notes_list(const char *state_dir, struct verify_notes *files)
{
    static const char *const suffixes[] = {".txt", "checkpoint", NULL};
    CLEANUP_FREE char *path = NULL;
    int tries = LIST_TRIES;
    int r;

    if (asprintf(&path, "%s/checkpoints", state_dir) < 0)
        return error_origin(-ENOMEM);
    if (access(path, F_OK) != 0)
        return 0;
    do {
        verify_notes_fini(files);
        r = file_walk(path, suffixes, list_file, files);
    } while (r == -ENOENT && --tries > 0); /* one was replaced just then */
    return r < 0 ? error_trace(r) : 0;
}

/* A day's file, as it is read. */
struct reading {
    FILE *file;
    char *line; /* getline's */
    size_t cap;
    struct buffer note;
    bool has_text; /* of the note: what follows are signatures */
};

static void
end_reading(struct reading *in)
{
    (void)fclose(in->file);
    free(in->line);
    buffer_fini(&in->note);
}

/* Takes a line in. Return: whether a note ended with it: text, an empty line, signatures, an empty line. */
static bool
take_line(struct reading *in, struct slice line)
{
    bool empty = line.n == 1 && line.p[0] == '\n';

    if (empty && in->note.n == 0)
        return false;
    if (empty && in->has_text)
        return true;
    in->has_text |= empty;
    buffer_add(&in->note, line);
    return false;
}

static int
give_note(struct verify *v, struct reading *in, const char *name)
{
    int r;

    if (in->note.failed)
        return error_origin(-ENOMEM);
    r = in->note.n == 0 ? 0 : verify_note(v, buffer_slice(&in->note), name);
    buffer_reset(&in->note);
    in->has_text = false;
    return r < 0 ? error_trace(r) : 0;
}

static int
read_notes(struct verify *v, struct reading *in, const struct notes_file *f)
{
    off_t at = 0;
    ssize_t n;
    int r = 0;

    while (r == 0 && at < f->bytes && (n = getline(&in->line, &in->cap, in->file)) > 0) {
        at += n;
        if (take_line(in, slice_of(in->line, (size_t)n)))
            r = give_note(v, in, f->name);
    }
    if (r == 0)
        r = give_note(v, in, f->name);
    return r < 0 ? error_trace(r) : 0;
}

static int
check_file(struct verify *v, const struct notes_file *f)
{
    struct reading in = {.file = NULL};
    int r;

    if (f->latest.n > 0) {
        r = verify_note(v, buffer_slice(&f->latest), f->name);
        return r < 0 ? error_trace(r) : 0;
    }
    in.file = fopen(f->path, "re");
    if (in.file == NULL)
        return errno == ENOENT ? 0 : error_origin(-errno);
    r = read_notes(v, &in, f);
    end_reading(&in);
    return r < 0 ? error_trace(r) : 0;
}

/* How many notes the file at @path holds now. Return: 0 or negative errno; a file that is not there is -ENOENT. */
static int
count_notes(const char *path, int64_t *n_notes)
{
    struct reading in = {.file = fopen(path, "re")};
    ssize_t n;

    *n_notes = 0;
    if (in.file == NULL)
        return -errno;
    while ((n = getline(&in.line, &in.cap, in.file)) > 0) {
        if (!take_line(&in, slice_of(in.line, (size_t)n)))
            continue;
        (*n_notes)++;
        buffer_reset(&in.note);
        in.has_text = false;
    }
    *n_notes += in.note.n > 0;
    end_reading(&in);
    return 0;
}

/* @n: how many are on record. */
static int
check_day(struct verify *v, struct slice name, int64_t size, int64_t n)
{
    CLEANUP_FREE char *path = NULL;
    int64_t n_held = 0;
    int r;

    if (asprintf(&path, "%s/checkpoints/" SLICE_FMT, v->state_dir, SLICE_ARG(name)) < 0)
        return error_origin(-ENOMEM);
    r = count_notes(path, &n_held);
    if (r < 0 && r != -ENOENT)
        return error_origin(r);
    if (r == -ENOENT)
        verify_find(v, VERIFY_CHECKPOINT, size - 1, name, "the file is missing in checkpoints/");
    else if (n_held == 0)
        verify_find(v, VERIFY_CHECKPOINT, size - 1, name,
            "the file in checkpoints/ holds none, but %" PRId64 " are on record", n);
    return 0;
}

/*
 * A day of which the database holds notes has its file, and not an empty one. That every note is in it cannot be asked
 * for: one goes out after its commit, and a file that cannot be written then is counted, not written later. Looked for
 * only now, since the files listed before the snapshot are older than what it holds.
 */
static int
check_days(struct verify *v)
{
    CLEANUP_QUERY struct query q = query_on(v->db,
        "SELECT strftime('%Y-%m-%d', at / 1000000000, 'unixepoch') || '.txt', max(size), count(*)"
        " FROM checkpoint WHERE size < (SELECT max(size) FROM checkpoint) GROUP BY 1"
        " UNION ALL SELECT 'checkpoint', max(size), 1 FROM checkpoint HAVING count(*) > 1");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice name = query_take_text(&q);
        int64_t size = query_take_int(&q);
        int64_t n = query_take_int(&q);
        int error = check_day(v, name, size, n);

        if (error < 0)
            return error_trace(error);
    }
    return r < 0 ? error_trace(r) : 0;
}

/* The file people use with openssl(1) must be the key the ledger is checked by. */
static int
check_public_key(struct verify *v)
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

int
verify_notes(struct verify *v, const struct verify_notes *files)
{
    size_t i;
    int r;

    r = check_public_key(v);
    for (i = 0; i < files->n && r == 0; i++)
        r = check_file(v, &files->items[i]);
    if (r == 0)
        r = check_days(v);
    return r < 0 ? error_trace(r) : 0;
}
