/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The detections' rows against their lines of evidence, which the entries cover, and the rules that they name by
 * number.
 */

#include <errno.h>
#include <inttypes.h>

#include "base/error.h"
#include "store/verify_internal.h"

// clang-format off
/* What lines say: which detections there are, and which rule each number stands for. */
static const char seen[] =
    "CREATE TEMP TABLE detection_seen (alert INTEGER, n INTEGER, PRIMARY KEY (alert, n)) WITHOUT ROWID;"
    "CREATE TEMP TABLE rule_seen (number INTEGER PRIMARY KEY, uid TEXT, version TEXT)";

#define LINE "WITH l (j) AS (SELECT CASE WHEN json_valid(?1) THEN ?1 ELSE '{}' END)"

/* A detection's row beside its line, in pairs: as it stands, then as the line says. Times are text in the line. */
static const char pair[] =
    LINE " SELECT alert, n, rule, json_extract(j, '$.rule'), json_extract(j, '$.version'),"
    "  segment, ?2, offset, ?3, lower(hex(sha256)), ?4, detected, json_extract(j, '$.detected'),"
    "  time, json_extract(j, '$.event.time'), received, json_extract(j, '$.event.received')"
    " FROM l JOIN detection ON alert = json_extract(j, '$.alert') AND n = json_extract(j, '$.n')";

static const char not_on_record[] =
    LINE " SELECT coalesce((SELECT " ALERT_RECORD_SQL " FROM alert WHERE number = json_extract(j, '$.alert')),"
    "  'alert ' || json_extract(j, '$.alert')) || ', detection ' || json_extract(j, '$.n') FROM l";

static const char not_seen[] =
    "SELECT " ALERT_OF("d.alert") " || ', detection ' || n, 'no line of evidence speaks of this row'"
    " FROM detection AS d"
    " WHERE NOT EXISTS (SELECT 1 FROM detection_seen AS s WHERE s.alert = d.alert AND s.n = d.n)";

/* A rule of which no detection is in the evidence may be that of an open alert's latest, or of one it replaced. */
static const char rules[] =
    TOLD "SELECT number, NULL, json_object('uid', uid, 'sha256', version) FROM rule_seen;"
    LIVE "SELECT number, json_object('uid', uid, 'sha256', lower(hex(sha256))) FROM rule"
         " WHERE number IN (SELECT number FROM rule_seen) OR uid NOT IN (SELECT rule FROM alert)";
// clang-format on

int
verify_detections_begin(struct verify_detections *d, struct verify *v)
{
    int r;

    *d = (struct verify_detections){.v = v};
    r = db_script(v->db, seen);
    return r < 0 ? error_trace(r) : 0;
}

/* One detection while it is compared. */
struct pairing {
    struct verify_detections *all;
    const struct evidence_line *line;
    struct query q;
    int64_t alert;
    int64_t n;
};

static int
find_pair(struct pairing *p, const char *column, struct slice live, struct slice told)
{
    CLEANUP_QUERY struct query q = query_on(
        p->all->v->db, "SELECT " ALERT_OF("?1") " || printf(', detection %d, in %s line %d', ?2, ?3, ?4)");
    int r;

    query_int(&q, p->alert);
    query_int(&q, p->n);
    query_text(&q, slice_str(p->line->file));
    query_int(&q, (int64_t)p->line->number);
    r = query_row(&q);
    if (r == QUERY_ROW)
        verify_differs(p->all->v, VERIFY_DETECTION, -1, query_take_text(&q), slice_str(column), live, told);
    return r < 0 ? error_trace(r) : 0;
}

static int
compare_value(struct pairing *p, const char *column)
{
    struct slice live = query_take_shown(&p->q);
    struct slice told = query_take_shown(&p->q);

    return slice_eq(live, told) ? 0 : find_pair(p, column, live, told);
}

static int
compare_time(struct pairing *p, const char *column)
{
    char text[WALLTIME_TEXT_MAX];
    struct slice live = slice_str(walltime_print(query_take_time(&p->q), text));
    struct slice told = query_take_text(&p->q);

    return slice_eq(live, told) ? 0 : find_pair(p, column, live, told);
}

/* The rule that stands under @number by the first line that says so. */
static int
load_rule(struct verify_detections *d, int64_t number, struct slice uid, struct slice version)
{
    CLEANUP_QUERY struct query put = query_on(
        d->v->db, "INSERT OR IGNORE INTO rule_seen (number, uid, version) VALUES (?, ?, ?)");
    CLEANUP_QUERY struct query q = query_on(d->v->db, "SELECT uid, version FROM rule_seen WHERE number = ?");
    int r;

    query_int(&put, number);
    query_text(&put, uid);
    query_text(&put, version);
    r = query_run(&put);
    query_int(&q, number);
    if (r == 0)
        r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    d->rule = number;
    buffer_reset(&d->rule_uid);
    buffer_reset(&d->rule_version);
    buffer_add(&d->rule_uid, query_take_text(&q));
    buffer_add(&d->rule_version, query_take_text(&q));
    return d->rule_uid.failed || d->rule_version.failed ? error_origin(-ENOMEM) : 0;
}

/* Every line of a detection that names a rule by number means the same one; rows of rules are compared at the end. */
static int
compare_rule(struct pairing *p)
{
    struct verify_detections *d = p->all;
    int64_t number = query_take_int(&p->q);
    struct slice uid = query_take_text(&p->q);
    struct slice version = query_take_text(&p->q);
    int r = 0;

    if (d->rule_uid.n == 0 || d->rule != number)
        r = load_rule(d, number, uid, version);
    if (r == 0 && !slice_eq(buffer_slice(&d->rule_uid), uid))
        r = find_pair(p, "rule", buffer_slice(&d->rule_uid), uid);
    else if (r == 0 && !slice_eq(buffer_slice(&d->rule_version), version))
        r = find_pair(p, "version of its rule", buffer_slice(&d->rule_version), version);
    return r < 0 ? error_trace(r) : 0;
}

static int
note_detection(struct pairing *p)
{
    CLEANUP_QUERY struct query q = query_on(
        p->all->v->db, "INSERT OR IGNORE INTO detection_seen (alert, n) VALUES (?, ?)");
    int r;

    query_int(&q, p->alert);
    query_int(&q, p->n);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

static int
compare(struct pairing *p)
{
    static const char *const values[] = {"segment", "offset", "sha256", "detected"};
    static const char *const times[] = {"time", "received"};
    size_t i;
    int r;

    p->alert = query_take_int(&p->q);
    p->n = query_take_int(&p->q);
    r = note_detection(p);
    if (r == 0)
        r = compare_rule(p);
    for (i = 0; i < ARRAY_LEN(values) && r == 0; i++)
        r = compare_value(p, values[i]);
    for (i = 0; i < ARRAY_LEN(times) && r == 0; i++)
        r = compare_time(p, times[i]);
    return r < 0 ? error_trace(r) : 0;
}

/* A line of which there is no row. */
static int
find_missing(struct verify_detections *d, const struct evidence_line *line)
{
    CLEANUP_QUERY struct query q = query_on(d->v->db, not_on_record);
    struct slice key;
    int r;

    query_text(&q, line->text);
    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    key = query_take_text(&q);
    if (key.p == NULL)
        verify_find(d->v, VERIFY_EVIDENCE, -1, slice_str(line->file), "line %" PRIu64 " is of no detection at all",
            line->number);
    else
        verify_find(d->v, VERIFY_DETECTION, -1, key, "is missing, but line %" PRIu64 " of %s speaks of it",
            line->number, line->file);
    return 0;
}

int
verify_detection(struct verify_detections *d, const struct evidence_line *line)
{
    struct pairing p = {.all = d, .line = line, .q = query_on(d->v->db, pair)};
    char hex[DIGEST_HEX + 1];
    int r;

    query_text(&p.q, line->text);
    query_int(&p.q, line->segment);
    query_int(&p.q, (int64_t)line->offset);
    query_text(&p.q, slice_str(digest_hex(&line->digest, hex)));
    r = query_row(&p.q);
    if (r == QUERY_ROW)
        r = compare(&p);
    else if (r == 0)
        r = find_missing(d, line);
    query_end(&p.q);
    return r < 0 ? error_trace(r) : 0;
}

int
verify_detections_end(struct verify_detections *d)
{
    int r;

    r = verify_each(d->v, VERIFY_DETECTION, not_seen);
    if (r == 0)
        r = verify_compare(d->v, VERIFY_RULE, rules);
    return r < 0 ? error_trace(r) : 0;
}

void
verify_detections_fini(struct verify_detections *d)
{
    buffer_fini(&d->rule_uid);
    buffer_fini(&d->rule_version);
}
