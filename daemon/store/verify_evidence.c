/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The evidence, line by line, against the heads in the entries and the detections that point into it.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "store/evidence.h"
#include "store/verify_internal.h"

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
    uint64_t n_rows; /* detections that were looked up and found */
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

/* The time a column holds against the text of the event. */
static bool
time_is(struct walltime t, struct slice text)
{
    char print[WALLTIME_TEXT_MAX];

    return t.ns == 0 || slice_eq(slice_str(walltime_print(t, print)), text);
}

/* Whether the row of the detection in @line says what the line says. */
static bool
row_agrees(struct trail *t, struct query *q, uint64_t offset)
{
    bool in_place = query_take_int(q) == t->segment && (uint64_t)query_take_int(q) == offset;
    bool same_digest = slice_eq(query_take_text(q), slice_of((const char *)t->head.b, DIGEST_BYTES));
    bool same_words = query_take_int(q) != 0;
    struct walltime time = query_take_time(q);
    struct walltime received = query_take_time(q);
    bool same_time = time_is(time, query_take_text(q));

    return in_place && same_digest && same_words && same_time && time_is(received, query_take_text(q));
}

static int
check_row(struct trail *t, struct slice line, uint64_t offset)
{
    CLEANUP_QUERY struct query q = query_on(t->v->db,
        "WITH l (j) AS (SELECT CASE WHEN json_valid(?1) THEN ?1 ELSE '{}' END)"
        "SELECT segment, offset, d.sha256,"
        " detected IS json_extract(j, '$.detected') AND uid IS json_extract(j, '$.rule') AND"
        " lower(hex(r.sha256)) IS json_extract(j, '$.version'), time, received,"
        " json_extract(j, '$.event.time'), json_extract(j, '$.event.received')"
        " FROM l JOIN detection AS d ON d.alert = json_extract(j, '$.alert') AND d.n = json_extract(j, '$.n')"
        " JOIN rule AS r ON r.number = d.rule");
    int r;

    query_text(&q, line);
    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    t->n_rows += r == QUERY_ROW;
    if (r == 0)
        verify_find(t->v, VERIFY_EVIDENCE, -1, slice_str(t->name), "line %" PRIu64 " belongs to no detection on record",
            t->line);
    else if (!row_agrees(t, &q, offset))
        verify_find(t->v, VERIFY_EVIDENCE, -1, slice_str(t->name),
            "line %" PRIu64 " is not what its detection refers to", t->line);
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
    uint64_t offset = t->offset;
    int r;

    t->line++;
    t->v->summary->n_evidence++;
    if (!line_follows(t, line))
        verify_find(t->v, VERIFY_EVIDENCE, -1, slice_str(t->name),
            "line %" PRIu64 " does not follow the line before it: one of the two is altered", t->line);
    r = hasher_digest(t->v->hasher, line, &t->head);
    if (r < 0)
        return error_trace(r);
    t->offset += line.n;
    r = check_row(t, slice_head(line, line.n - 1), offset);
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

static int
walk_extents(struct trail *t)
{
    CLEANUP_QUERY struct query q = query_on(t->v->db,
        "SELECT seq, json_extract(body, '$.note.segment'), json_extract(body, '$.note.bytes'),"
        " json_extract(body, '$.note.head'), json_extract(body, '$.note.finished')"
        " FROM (SELECT seq, CASE WHEN json_valid(body) THEN body ELSE '{}' END AS body FROM ledger)"
        " WHERE json_extract(body, '$.verb') = 'evidence.segment' ORDER BY seq");
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
        r = check_tail(t, !e.finished);
    return r < 0 ? error_trace(r) : 0;
}

/* The rows that the writer goes on from, each against the last entry about its file. */
static int
check_segments(struct trail *t)
{
    CLEANUP_QUERY struct query q = query_on(t->v->db,
        "WITH told AS (SELECT max(seq) AS seq, json_extract(b, '$.note.segment') AS number,"
        "  json_extract(b, '$.note.bytes') AS bytes, json_extract(b, '$.note.records') AS records,"
        "  json_extract(b, '$.note.head') AS head, json_extract(b, '$.note.finished') AS finished"
        "  FROM (SELECT seq, CASE WHEN json_valid(body) THEN body ELSE '{}' END AS b FROM ledger)"
        "  WHERE json_extract(b, '$.verb') = 'evidence.segment' GROUP BY number)"
        " SELECT t.number, t.seq, s.number IS NULL FROM told AS t LEFT JOIN segment AS s ON s.number = t.number"
        " WHERE s.bytes IS NOT t.bytes OR s.records IS NOT t.records OR lower(hex(s.head)) IS NOT t.head"
        " OR s.finished IS NOT t.finished"
        " UNION ALL "
        "SELECT number, -1, 0 FROM segment WHERE number NOT IN (SELECT number FROM told WHERE number IS NOT NULL)");
    char name[EVIDENCE_NAME_MAX];
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        unsigned segment = (unsigned)query_take_int(&q);
        int64_t seq = query_take_int(&q);
        bool missing = query_take_int(&q) != 0;

        verify_find(t->v, VERIFY_EVIDENCE, seq, slice_str(evidence_name(segment, name)), "the file's row %s",
            missing   ? "in the database is missing"
            : seq < 0 ? "stands in the database, but no entry speaks of it"
                      : "in the database is not what the entry says");
    }
    return r < 0 ? error_trace(r) : 0;
}

static int
check_count(struct trail *t)
{
    CLEANUP_QUERY struct query q = query_on(t->v->db, "SELECT count(*) FROM detection");
    uint64_t n;
    int r;

    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    n = (uint64_t)query_take_int(&q);
    if (n != t->n_rows)
        verify_find(t->v, VERIFY_EVIDENCE, -1, SLICE(""),
            "%" PRIu64 " detections are on record, but only %" PRIu64 " have a line of evidence", n, t->n_rows);
    return 0;
}

int
verify_evidence(struct verify *v)
{
    struct trail t = {.v = v};
    int r;

    r = walk_extents(&t);
    if (r == 0)
        r = check_segments(&t);
    if (r == 0)
        r = check_count(&t);
    close_segment(&t);
    free(t.text);
    return r < 0 ? error_trace(r) : 0;
}
