/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The evidence, line by line, against the heads in the entries, and the rows of its files against the same entries.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/evidence.h"
#include "store/verify_internal.h"

// clang-format off
/* The rows that the writer goes on from, each against the last entry about its file. */
static const char segments[] =
    TOLD "SELECT printf('%06d.jsonl', number), seq, json_object('bytes', json_extract(b, '$.note.bytes'),"
         "  'records', json_extract(b, '$.note.records'), 'head', json_extract(b, '$.note.head'),"
         "  'finished', json_extract(b, '$.note.finished'))"
         " FROM (SELECT max(seq) AS seq, json_extract(b, '$.note.segment') AS number, b"
         "  FROM " ENTRIES_OF("evidence.segment") " GROUP BY number);"
    LIVE "SELECT printf('%06d.jsonl', number), json_object('bytes', bytes, 'records', records,"
         "  'head', lower(hex(head)), 'finished', finished) FROM segment";

static const char extents[] =
    "SELECT seq, json_extract(b, '$.note.segment'), json_extract(b, '$.note.bytes'), json_extract(b, '$.note.head'),"
    " json_extract(b, '$.note.finished') FROM " ENTRIES_OF("evidence.segment") " ORDER BY seq";
// clang-format on

/* Where in the evidence the walk is. */
struct trail {
    struct verify *v;
    FILE *file; /* NULL: it could not be opened */
    char name[EVIDENCE_NAME_MAX];
    unsigned segment;
    uint64_t offset;
    uint64_t line;      /* of the file, from 1; the one read last */
    struct digest head; /* of that line */
    char *text;         /* getline's */
    size_t cap;
    struct verify_detections detections;
};

/* What an entry says: so far the file goes, and this is its last line's digest. */
struct extent {
    int64_t seq;
    unsigned segment;
    uint64_t bytes;
    struct slice head;
    bool finished; /* no line may follow in this file */
};

static void
close_segment(struct trail *t)
{
    if (t->file != NULL)
        (void)fclose(t->file);
    t->file = NULL;
}

static int
open_segment(struct trail *t, unsigned segment)
{
    CLEANUP_FREE char *path = NULL;

    close_segment(t);
    t->segment = segment;
    t->offset = t->line = 0;
    (void)evidence_name(segment, t->name);
    if (asprintf(&path, "%s/evidence/%s", t->v->state_dir, t->name) < 0)
        return error_origin(-ENOMEM);
    t->file = fopen(path, "re");
    return 0;
}

/* Whether @line names the digest of the line before it. */
static bool
line_follows(const struct trail *t, struct slice line)
{
    char expected[DIGEST_HEX + 16];
    char hex[DIGEST_HEX + 1];

    (void)snprintf(expected, sizeof(expected), "\"prev\":\"%s\"", digest_hex(&t->head, hex));
    return slice_search(line, slice_str(expected)) != SIZE_MAX;
}

static int
check_line(struct trail *t, struct slice line)
{
    struct evidence_line l = {t->name, t->segment, t->offset, ++t->line, {{0}}, slice_head(line, line.n - 1)};
    int r;

    t->v->summary->n_rows[VERIFY_EVIDENCE]++;
    if (!line_follows(t, line))
        verify_find(t->v, VERIFY_EVIDENCE, -1, slice_str(t->name),
            "line %" PRIu64 " does not follow the line before it: one of the two is altered", t->line);
    r = hasher_digest(t->v->hasher, line, &t->head);
    if (r < 0)
        return error_trace(r);
    t->offset += line.n;
    l.digest = t->head;
    r = verify_detection(&t->detections, &l);
    return r < 0 ? error_trace(r) : 0;
}

/* Reads lines up to where @e says they go. */
static int
read_lines(struct trail *t, const struct extent *e)
{
    ssize_t n;
    int r;

    while (t->file != NULL && t->offset < e->bytes) {
        n = getline(&t->text, &t->cap, t->file);
        if (n <= 0 || t->text[n - 1] != '\n')
            break;
        r = check_line(t, slice_of(t->text, (size_t)n));
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}

/*
 * What is behind the last line covered. In the last file, before it is finished, that may be what a commit under way or
 * interrupted wrote: lines that go on the chain, and one begun. The next start cuts them off; nothing refers to them.
 */
static int
check_tail(struct trail *t, bool may_go_on)
{
    ssize_t n;
    int r;

    while (t->file != NULL && (n = getline(&t->text, &t->cap, t->file)) > 0) {
        struct slice line = slice_of(t->text, (size_t)n);

        if (may_go_on && t->text[n - 1] != '\n')
            break;
        if (!may_go_on || !line_follows(t, line)) {
            verify_find(t->v, VERIFY_EVIDENCE, -1, slice_str(t->name),
                "the file goes on after line %" PRIu64 ", the last one that an entry covers", t->line);
            break;
        }
        r = hasher_digest(t->v->hasher, line, &t->head);
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}

static int
check_extent(struct trail *t, const struct extent *e)
{
    struct digest head;
    int r;

    if (e->segment != t->segment) {
        r = check_tail(t, false);
        if (r == 0)
            r = open_segment(t, e->segment);
        if (r < 0)
            return error_trace(r);
    }
    r = read_lines(t, e);
    if (r < 0)
        return error_trace(r);
    if (t->offset != e->bytes) {
        verify_find(t->v, VERIFY_EVIDENCE, e->seq, slice_str(t->name),
            "the file has %" PRIu64 " bytes of whole lines where the entry covers %" PRIu64, t->offset, e->bytes);
        t->offset = e->bytes; /* said once */
    } else if (!digest_parse(e->head, &head) || !digest_eq(&head, &t->head)) {
        verify_find(t->v, VERIFY_EVIDENCE, e->seq, slice_str(t->name),
            "line %" PRIu64 " or one before it is not what the entry covers", t->line);
    }
    if (digest_parse(e->head, &head))
        t->head = head;
    return 0;
}

/* Also where a file was finished, a commit under way or interrupted may have begun the next. */
static int
check_end(struct trail *t, const struct extent *last)
{
    int r = 0;

    if (last->finished || t->segment == 0) {
        r = check_tail(t, false);
        if (r == 0)
            r = open_segment(t, t->segment + 1);
    }
    if (r == 0)
        r = check_tail(t, true);
    return r < 0 ? error_trace(r) : 0;
}

static int
walk_extents(struct trail *t)
{
    CLEANUP_QUERY struct query q = query_on(t->v->db, extents);
    struct extent e = {0};
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        e.seq = query_take_int(&q);
        e.segment = (unsigned)query_take_int(&q);
        e.bytes = (uint64_t)query_take_int(&q);
        e.head = query_take_text(&q);
        e.finished = query_take_int(&q) != 0;
        r = check_extent(t, &e);
        if (r < 0)
            return error_trace(r);
    }
    if (r == 0)
        r = check_end(t, &e);
    return r < 0 ? error_trace(r) : 0;
}

static int
list_file(void *ctx, const char *path)
{
    struct buffer *names = ctx;

    buffer_printf(names, "%s\n", strrchr(path, '/') + 1);
    return names->failed ? error_origin(-ENOMEM) : 0;
}

int
verify_list_evidence(const char *state_dir, struct buffer *names)
{
    static const char *const all[] = {"", NULL};
    CLEANUP_FREE char *path = NULL;
    int r;

    if (asprintf(&path, "%s/evidence", state_dir) < 0)
        return error_origin(-ENOMEM);
    if (access(path, F_OK) != 0)
        return 0; /* then each file that should be there will be missed */
    r = file_walk(path, all, list_file, names);
    return r < 0 ? error_trace(r) : 0;
}

/* Whether an entry speaks of the file @name; which do is in `told`. */
static int
is_told(struct verify *v, struct slice name, bool *out)
{
    CLEANUP_QUERY struct query q = query_on(v->db, "SELECT 1 FROM told WHERE key = ?");
    int r;

    query_text(&q, name);
    r = query_row(&q);
    *out = r == QUERY_ROW;
    return r < 0 ? error_trace(r) : 0;
}

/* A file that no entry speaks of may only be the one begun behind them. */
static int
check_names(struct trail *t, struct slice names)
{
    struct slice name;
    bool told;
    int r;

    for (; names.n > 0; names = slice_from(names, name.n + 1)) {
        name = slice_head(names, slice_find(names, '\n'));
        r = is_told(t->v, name, &told);
        if (r < 0)
            return error_trace(r);
        if (!told && !slice_eq(name, slice_str(t->name)))
            verify_find(t->v, VERIFY_EVIDENCE, -1, name, "no entry speaks of this file");
    }
    return 0;
}

int
verify_evidence(struct verify *v, struct slice names)
{
    struct trail t = {.v = v};
    int r;

    r = verify_detections_begin(&t.detections, v);
    if (r == 0)
        r = walk_extents(&t);
    if (r == 0)
        r = verify_compare(v, VERIFY_SEGMENT, segments);
    if (r == 0)
        r = check_names(&t, names);
    if (r == 0)
        r = verify_detections_end(&t.detections);
    verify_detections_fini(&t.detections);
    close_segment(&t);
    free(t.text);
    return r < 0 ? error_trace(r) : 0;
}
