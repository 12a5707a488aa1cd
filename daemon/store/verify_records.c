/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Records as their entries say, against records as they stand. An entry's "set" is what a move changed; the latest
 * value of each field is how the record must look now. All of it is SQL over the bodies, with none of the writer's
 * code.
 */

#include "base/error.h"
#include "store/verify_internal.h"

/*
 * Each value an entry set, to be looked up as of now or of any entry; and the first and the last entry that moved a
 * record. What sets nothing and only notes something, a count or a comment, does not write the record's row.
 */
// clang-format off
static const char collect[] =
    "CREATE TEMP TABLE change (record TEXT, key TEXT, seq INTEGER, value ANY, PRIMARY KEY (record, key, seq))"
    " STRICT, WITHOUT ROWID;"
    "INSERT OR REPLACE INTO change"
    " SELECT json_extract(b, '$.record') AS r, key, seq, value"
    " FROM " ENTRIES_WITH("\"set\":{") ", json_each(b, '$.set') WHERE r IS NOT NULL AND key IS NOT NULL;"
    "CREATE TEMP TABLE move (record TEXT PRIMARY KEY, first INTEGER, last INTEGER) STRICT, WITHOUT ROWID;"
    "INSERT INTO move"
    " SELECT json_extract(b, '$.record') AS r, min(seq), max(seq) FROM " ENTRIES_WITH("\"record\":\"")
    " WHERE r IS NOT NULL AND (instr(b, '\"set\":{') > 0 OR instr(b, '\"note\":{') = 0) GROUP BY r";

/* A record's fields as one JSON object; what no entry holds yet, or ever, stays out. */
#define OBJECT_ALWAYS(name) "'" #name "', \"" #name "\", "
#define OBJECT_CLOSED(name) "'" #name "', CASE state WHEN 'open' THEN NULL ELSE \"" #name "\" END, "
#define OBJECT_NEVER(name)  ""
#define IN_OBJECT(s, name, type, member, cover, naming) OBJECT_##cover(name)

#define LATEST(column) \
    "(SELECT " column " FROM change AS c WHERE c.record = live.record AND c.key = live.key ORDER BY seq DESC LIMIT 1)"

/* Each field of each row, with what was set last, where that is another value. */
#define DIFFERENCES(table, RECORD, FIELDS)                                                                            \
    "SELECT record, key, value, told, " LATEST("seq") " FROM (SELECT record, key, value, " LATEST("value") " AS told" \
    " FROM (SELECT " RECORD " AS record, j.key AS key, j.value AS value"                                              \
    "  FROM " table ", json_each(json_object(" FIELDS(IN_OBJECT) "'', NULL)) AS j) AS live) AS live"                  \
    " WHERE value IS NOT told"

/* The last entry that wrote the row, and records that are on one side only. */
#define ROWS(table, RECORD, pattern)                                                                         \
    "SELECT live.record, last_seq, last FROM (SELECT " RECORD " AS record, last_seq FROM " table ") AS live" \
    " LEFT JOIN move ON move.record = live.record WHERE last_seq IS NOT last"                                \
    " UNION ALL "                                                                                            \
    "SELECT record, NULL, last FROM move WHERE record GLOB '" pattern "'"                                    \
    " AND record NOT IN (SELECT " RECORD " FROM " table ")"

#define RECORDS(table, RECORD, FIELDS, pattern) DIFFERENCES(table, RECORD, FIELDS), ROWS(table, RECORD, pattern)

static const struct {
    enum verify_subject subject;
    const char *differences;
    const char *rows;
} tables[NOUNS] = {
    [NOUN_ALERT]         = {VERIFY_ALERT, RECORDS("alert", ALERT_RECORD_SQL, ALERT_FIELDS, "A-*")},
    [NOUN_INCIDENT]      = {VERIFY_INCIDENT, RECORDS("incident", INCIDENT_RECORD_SQL, INCIDENT_FIELDS, "I-*")},
    [NOUN_NONCONFORMITY] = {VERIFY_NONCONFORMITY,
                            RECORDS("nonconformity", NONCONFORMITY_RECORD_SQL, NONCONFORMITY_FIELDS, "N-*")},
    [NOUN_SOURCE]        = {VERIFY_SOURCE, RECORDS("source", SOURCE_RECORD_SQL, SOURCE_FIELDS, "source/*")},
    [NOUN_MAINTENANCE]   = {VERIFY_MAINTENANCE,
                            RECORDS("maintenance", MAINTENANCE_RECORD_SQL, MAINTENANCE_FIELDS, "M-*")},
};

/* Sources are numbered as they came; other records have their number in their name. */
static const char source_numbers[] =
    "SELECT 'source/' || name, printf('number is ''%d'' on record, but ''%d'' by the entries', number, told)"
    " FROM source JOIN (SELECT record, row_number() OVER (ORDER BY first) AS told FROM move"
    "  WHERE record GLOB 'source/*') ON record = 'source/' || name WHERE number <> told";
// clang-format on

static int
find_differences(struct verify *v, enum verify_subject subject, const char *sql)
{
    CLEANUP_QUERY struct query q = query_on(v->db, sql);
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice record = query_take_text(&q);
        struct slice key = query_take_text(&q);
        struct slice live = query_take_shown(&q);
        struct slice told = query_take_shown(&q);
        bool none = query_take_is_null(&q);
        int64_t seq = query_take_int(&q);

        verify_differs(v, subject, none ? -1 : seq, record, key, live, told);
    }
    return r < 0 ? error_trace(r) : 0;
}

static int
find_rows(struct verify *v, enum verify_subject subject, const char *sql)
{
    CLEANUP_QUERY struct query q = query_on(v->db, sql);
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice record = query_take_text(&q);
        bool missing = query_take_is_null(&q);
        struct slice live = query_take_shown(&q);
        bool unknown = query_take_is_null(&q);
        int64_t seq = query_take_int(&q);

        if (missing)
            verify_find(v, subject, seq, record, "the record is missing");
        else if (unknown)
            verify_find(v, subject, -1, record, "no entry speaks of this record");
        else
            verify_find(v, subject, seq, record, "last_seq is '" SLICE_FMT "' on record, but this entry moved it last",
                SLICE_ARG(live));
    }
    return r < 0 ? error_trace(r) : 0;
}

int
verify_records(struct verify *v)
{
    size_t i;
    int r;

    r = db_script(v->db, collect);
    for (i = 0; i < NOUNS && r == 0; i++) {
        r = find_differences(v, tables[i].subject, tables[i].differences);
        if (r == 0)
            r = find_rows(v, tables[i].subject, tables[i].rows);
    }
    if (r == 0)
        r = verify_each(v, VERIFY_SOURCE, source_numbers);
    return r < 0 ? error_trace(r) : 0;
}
