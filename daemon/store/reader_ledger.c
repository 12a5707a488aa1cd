/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reader_ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "ledger/tree.h"
#include "store/evidence.h"
#include "store/reader_internal.h"

enum { LINE_CHUNK = 8192, LINE_MAX_BYTES = 16 * 1024 * 1024 };

#define SELECT_ENTRY                                                                                            \
    "SELECT seq, json_extract(body, '$.at'), json_extract(body, '$.by'), json_extract(body, '$.verb'), record," \
    " json_extract(body, '$.reason'), json_extract(body, '$.note.text'), json_extract(body, '$.note'),"         \
    " json_extract(body, '$.set'), json_extract(body, '$.was'), body FROM ledger "

/* The record's own table says what it is called in entries. */
static const char *const timeline_sql[] = {
    [RECORD_ALERT] = SELECT_ENTRY "WHERE record = (SELECT " ALERT_RECORD_SQL
                                  " FROM alert WHERE number = ?) ORDER BY seq",
    [RECORD_INCIDENT] = SELECT_ENTRY "WHERE record = (SELECT " INCIDENT_RECORD_SQL
                                     " FROM incident WHERE number = ?) ORDER BY seq",
    [RECORD_NONCONFORMITY] = SELECT_ENTRY "WHERE record = (SELECT " NONCONFORMITY_RECORD_SQL
                                          " FROM nonconformity WHERE number = ?) ORDER BY seq",
};

static int
each_entry(struct query *q, ledger_entry_fn *fn, void *ctx)
{
    struct ledger_entry e;
    int r;

    while ((r = query_row(q)) == QUERY_ROW) {
        e.seq = (uint64_t)query_take_int(q);
        e.at = query_take_time(q);
        e.by = query_take_text(q);
        e.verb = query_take_text(q);
        e.record = query_take_text(q);
        e.reason = query_take_text(q);
        e.text = query_take_text(q);
        e.note = query_take_text(q);
        e.set = query_take_text(q);
        e.was = query_take_text(q);
        e.body = query_take_text(q);
        r = fn(ctx, &e);
        if (r != 0)
            return r;
    }
    return r < 0 ? error_trace(r) : 0;
}

int
reader_timeline(struct reader *r, enum record_kind kind, int64_t number, ledger_entry_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db, timeline_sql[kind]);

    query_int(&q, number);
    return each_entry(&q, fn, ctx);
}

int
reader_entries(struct reader *r, uint64_t seq, unsigned limit, ledger_entry_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db, SELECT_ENTRY "WHERE seq >= ? ORDER BY seq LIMIT ?");

    query_int(&q, (int64_t)seq);
    query_int(&q, limit);
    return each_entry(&q, fn, ctx);
}

/* The leaf as computed from the entry itself, not as stored beside it. */
static int
leaf_of(void *ctx, uint64_t index, struct digest *out)
{
    struct reader *r = ctx;
    CLEANUP_QUERY struct query q = query_on(r->db, "SELECT body FROM ledger WHERE seq = ?");
    int rc;

    query_int(&q, (int64_t)index);
    rc = query_row(&q);
    if (rc != QUERY_ROW)
        return error_origin(rc < 0 ? rc : -ENOENT);
    rc = hasher_leaf(r->hasher, query_take_text(&q), out);
    return rc < 0 ? error_trace(rc) : 0;
}

int
reader_proof(struct reader *r, uint64_t seq, uint64_t size, struct proof *out)
{
    int rc;

    if (seq >= size)
        return STORE_E_NOT_FOUND;
    rc = proof_inclusion(out, r->hasher, seq, size, leaf_of, r);
    if (rc == -ENOENT)
        return STORE_E_NOT_FOUND;
    return rc < 0 ? error_trace(rc) : 0;
}

/* The line at @offset of the file @fd, with its line end; empty where it cannot be read whole. */
static struct slice
read_line(struct reader *r, int fd, uint64_t offset)
{
    CLEANUP_BUFFER struct buffer b = {0};

    while (b.n < LINE_MAX_BYTES) {
        char *p = buffer_reserve(&b, LINE_CHUNK);
        ssize_t n = p == NULL ? -1 : pread(fd, p, LINE_CHUNK, (off_t)(offset + b.n));
        const char *end;

        if (n <= 0)
            break;
        end = memchr(p, '\n', (size_t)n);
        if (end != NULL)
            return arena_copy(&r->scratch, slice_of(b.p, (size_t)(end + 1 - b.p)));
        b.n += (size_t)n;
    }
    return (struct slice){NULL, 0};
}

static struct slice
read_evidence(struct reader *r, unsigned segment, uint64_t offset)
{
    char name[EVIDENCE_NAME_MAX];
    struct slice line;
    int fd;

    if (r->evidence < 0)
        return (struct slice){NULL, 0};
    fd = openat(r->evidence, evidence_name(segment, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return (struct slice){NULL, 0};
    line = read_line(r, fd, offset);
    (void)close(fd);
    return line;
}

static void
take_detection(struct reader *r, struct query *q, struct detection_record *d)
{
    struct slice sha256;

    *d = (struct detection_record){0};
    d->n = (uint64_t)query_take_int(q);
    d->rule_uid = query_take_text(q);
    d->time = query_take_time(q);
    d->received = query_take_time(q);
    d->detected = query_take_time(q);
    d->segment = (unsigned)query_take_int(q);
    d->offset = (uint64_t)query_take_int(q);
    sha256 = query_take_text(q);
    if (sha256.n == DIGEST_BYTES)
        memcpy(d->sha256.b, sha256.p, DIGEST_BYTES);
    d->line = query_take_text(q);
    if (d->segment > 0)
        d->line = read_evidence(r, d->segment, d->offset);
}

int
reader_detections(struct reader *r, int64_t alert, detection_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(r->db,
        "SELECT n, uid, time, received, detected, segment, offset, d.sha256, NULL"
        " FROM detection AS d JOIN rule AS r ON r.number = d.rule WHERE alert = ?1"
        " UNION ALL "
        "SELECT n, uid, time, received, detected, 0, 0, NULL, json_object('alert', alert, 'detected', detected,"
        " 'event', json(event), 'n', n, 'rule', uid)"
        " FROM alert_latest AS l JOIN rule AS r ON r.number = l.rule WHERE alert = ?1"
        " ORDER BY n");
    struct detection_record d;
    int rc;

    query_int(&q, alert);
    while ((rc = query_row(&q)) == QUERY_ROW) {
        arena_reset(&r->scratch);
        take_detection(r, &q, &d);
        rc = fn(ctx, &d);
        if (rc != 0)
            return rc;
    }
    return rc < 0 ? error_trace(rc) : 0;
}

static int
load_tree(struct reader *r, struct reader_status *out)
{
    CLEANUP_QUERY struct query q = query_on(r->db,
        "SELECT t.size, t.slots, c.size, c.at FROM tree AS t LEFT JOIN"
        " (SELECT size, at FROM checkpoint ORDER BY size DESC LIMIT 1) AS c");
    struct tree tree = {0};
    struct slice slots;
    int rc;

    rc = query_row(&q);
    if (rc <= 0)
        return rc < 0 ? error_trace(rc) : 0;
    out->ledger_size = (uint64_t)query_take_int(&q);
    slots = query_take_text(&q);
    if (!tree_unpack(&tree, out->ledger_size, slots))
        return error_origin(-EUCLEAN);
    out->checkpoint_size = (uint64_t)query_take_int(&q);
    out->checkpoint_at = query_take_time(&q);
    rc = tree_root(&tree, r->hasher, &out->ledger_root);
    return rc < 0 ? error_trace(rc) : 0;
}

int
reader_status(struct reader *r, struct reader_status *out)
{
    CLEANUP_QUERY struct query q = query_on(r->db,
        "SELECT (SELECT count(*) FROM alert), (SELECT count(*) FROM alert WHERE state = 'open'),"
        " (SELECT sum(count) FROM alert), (SELECT count(*) FROM incident),"
        " (SELECT count(*) FROM incident WHERE state NOT IN ('rejected', 'closed')),"
        " (SELECT count(*) FROM nonconformity WHERE state <> 'rejected'),"
        " (SELECT sum(bytes) FROM segment), (SELECT count(*) FROM segment)");
    int rc;

    *out = (struct reader_status){0};
    rc = load_tree(r, out);
    if (rc == 0)
        rc = query_row(&q);
    if (rc != QUERY_ROW)
        return rc < 0 ? error_trace(rc) : 0;
    out->n_alerts = (uint64_t)query_take_int(&q);
    out->n_alerts_open = (uint64_t)query_take_int(&q);
    out->n_detections = (uint64_t)query_take_int(&q);
    out->n_incidents = (uint64_t)query_take_int(&q);
    out->n_incidents_open = (uint64_t)query_take_int(&q);
    out->n_nonconformities_open = (uint64_t)query_take_int(&q);
    out->evidence_bytes = (uint64_t)query_take_int(&q);
    out->evidence_segments = (uint64_t)query_take_int(&q);
    return 0;
}
