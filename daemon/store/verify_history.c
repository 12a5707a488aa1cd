/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What indicators read besides the records: which state each source was in and since when, and when the daemon itself
 * was up. Both stand in entries, and are compared row by row.
 */

#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "store/noun.h"
#include "store/verify_internal.h"

/* Each value an entry set on a source, to be looked up as of any entry. */
static const char collect[] =
    "CREATE TEMP TABLE source_set (record TEXT, key TEXT, seq INTEGER, value ANY, PRIMARY KEY (record, key, seq))"
    " STRICT, WITHOUT ROWID;"
    "INSERT INTO source_set"
    " SELECT json_extract(b, '$.record') AS r, key, seq, value"
    " FROM (SELECT seq, " VALID_BODY " AS b FROM ledger), json_each(b, '$.set') WHERE r GLOB 'source/*'";

#define AS_OF(key)                                                                                          \
    "(SELECT value FROM source_set AS s WHERE s.record = e.record AND s.key = '" key "' AND s.seq <= e.seq" \
    " ORDER BY s.seq DESC LIMIT 1)"

static int
check_source_states(struct verify *v)
{
    CLEANUP_QUERY struct query q = query_on(v->db,
        "WITH told AS (SELECT record, seq, coalesce(" AS_OF("since") ", 0), " AS_OF(
            "state") ","
                     "  coalesce(" AS_OF(
                         "required") ", 0) FROM (SELECT DISTINCT record, seq FROM source_set) AS e),"
                                     " live AS (SELECT coalesce(" SOURCE_RECORD_SQL
                                     ", 'source') AS record, h.seq AS seq, h.since, h.state,"
                                     "  coalesce(h.required, 0) FROM source_state AS h LEFT JOIN source ON number = "
                                     "h.source)"
                                     " SELECT record, seq FROM (SELECT * FROM told EXCEPT SELECT * FROM live)"
                                     " UNION SELECT record, seq FROM (SELECT * FROM live EXCEPT SELECT * FROM told) "
                                     "ORDER BY seq");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice record = query_take_text(&q);

        verify_find(v, VERIFY_RECORD, query_take_int(&q), record,
            "the state on record from this entry on is missing or not what the entries say");
    }
    return r < 0 ? error_trace(r) : 0;
}

/*
 * Runs are counted by their starts. When a run was last alive stands in the entry of the next start, or is when it
 * stopped.
 */
static const char runs[] =
    "WITH mark AS (SELECT seq, json_extract(b, '$.at') AS at, json_extract(b, '$.verb') = 'daemon.started' AS starts,"
    "  json_extract(b, '$.note.previous_alive') AS before"
    "  FROM (SELECT seq, " VALID_BODY " AS b FROM ledger)"
    "  WHERE json_extract(b, '$.verb') IN ('daemon.started', 'daemon.stopped')),"
    " counted AS (SELECT *, sum(starts) OVER (ORDER BY seq) AS number FROM mark),"
    " began AS (SELECT number, seq, at, before FROM counted WHERE starts),"
    " ended AS (SELECT number, max(at) AS at FROM counted WHERE NOT starts GROUP BY number),"
    " told AS (SELECT b.number, b.seq, b.at AS started, e.at AS stopped, coalesce(n.before, e.at) AS alive"
    "  FROM began AS b LEFT JOIN ended AS e ON e.number = b.number LEFT JOIN began AS n ON n.number = b.number + 1)"
    " SELECT t.number, t.seq FROM told AS t LEFT JOIN run AS r ON r.number = t.number"
    " WHERE r.started IS NOT t.started OR r.stopped IS NOT t.stopped OR r.alive IS NOT coalesce(t.alive, r.alive)"
    " UNION ALL "
    "SELECT number, -1 FROM run WHERE number NOT IN (SELECT number FROM told)";

static int
check_runs(struct verify *v)
{
    CLEANUP_QUERY struct query q = query_on(v->db, runs);
    char name[32];
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        (void)snprintf(name, sizeof(name), "run/%" PRId64, query_take_int(&q));
        verify_find(v, VERIFY_RECORD, query_take_int(&q), slice_str(name),
            "when the daemon was up is missing on record or not what the entries say");
    }
    return r < 0 ? error_trace(r) : 0;
}

int
verify_history(struct verify *v)
{
    int r;

    r = db_script(v->db, collect);
    if (r == 0)
        r = check_source_states(v);
    if (r == 0)
        r = check_runs(v);
    return r < 0 ? error_trace(r) : 0;
}
