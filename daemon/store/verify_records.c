/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Records as their entries say, against records as they stand. An entry's "set" is what a move changed; the latest
 * value of each field is how the record must look now. All of it is SQL over the bodies, with none of the writer's
 * code.
 */

#include <errno.h>
#include <inttypes.h>

#include "base/error.h"
#include "store/noun.h"
#include "store/verify_internal.h"

static const char rebuild[] =
    "CREATE TEMP TABLE rebuilt (record TEXT, key TEXT, value ANY, seq INTEGER, PRIMARY KEY (record, key))"
    " STRICT, WITHOUT ROWID;"
    "INSERT INTO rebuilt"
    " SELECT json_extract(b, '$.record') AS r, key, value, max(seq)"
    " FROM (SELECT seq, " VALID_BODY " AS b FROM ledger), json_each(b, '$.set')"
    " WHERE json_extract(b, '$.record') IS NOT NULL GROUP BY r, key;"
    "CREATE TEMP TABLE told (record TEXT, minute INTEGER, n INTEGER, PRIMARY KEY (record, minute))"
    " STRICT, WITHOUT ROWID;"
    "INSERT INTO told"
    " SELECT json_extract(b, '$.record') AS r, json_extract(b, '$.note.minute') AS m, sum(json_extract(b, '$.note.n'))"
    " FROM (SELECT " VALID_BODY " AS b FROM ledger) WHERE json_extract(b, '$.verb') = 'alert.counted'"
    " AND json_extract(b, '$.record') IS NOT NULL AND json_extract(b, '$.note.minute') IS NOT NULL GROUP BY r, m";

/* A record's fields as one JSON object; what no entry holds yet, or ever, stays out. */
#define OBJECT_ALWAYS(name)                             "'" #name "', \"" #name "\", "
#define OBJECT_CLOSED(name)                             "'" #name "', CASE state WHEN 'open' THEN NULL ELSE \"" #name "\" END, "
#define OBJECT_NEVER(name)                              ""
#define IN_OBJECT(s, name, type, member, cover, naming) OBJECT_##cover(name)

#define DIFFERENCES(table, RECORD, FIELDS)                                                                         \
    "SELECT live.record, live.key, live.value, rebuilt.value, rebuilt.seq FROM"                                    \
    " (SELECT " RECORD " AS record, j.key AS key, j.value AS value FROM " table ", json_each(json_object(" FIELDS( \
        IN_OBJECT) "'', NULL)) AS j) AS live"                                                                      \
                   " LEFT JOIN rebuilt ON rebuilt.record = live.record AND rebuilt.key = live.key"                 \
                   " WHERE live.value IS NOT rebuilt.value ORDER BY live.record, live.key"

/* Records that entries speak of and the table does not have. */
#define MISSING(table, RECORD, pattern)                                    \
    "SELECT record, max(seq) FROM rebuilt WHERE record GLOB '" pattern "'" \
    " AND record NOT IN (SELECT " RECORD " FROM " table ") GROUP BY record"

#define COUNT(table) "SELECT count(*) FROM " table

static const struct {
    const char *differences;
    const char *missing;
    const char *count;
} tables[NOUNS] = {
    [NOUN_ALERT] = {DIFFERENCES("alert", ALERT_RECORD_SQL, ALERT_FIELDS), MISSING("alert", ALERT_RECORD_SQL, "A-*"),
        COUNT("alert")},
    [NOUN_INCIDENT] = {DIFFERENCES("incident", INCIDENT_RECORD_SQL, INCIDENT_FIELDS),
        MISSING("incident", INCIDENT_RECORD_SQL, "I-*"), COUNT("incident")},
    [NOUN_NONCONFORMITY] = {DIFFERENCES("nonconformity", NONCONFORMITY_RECORD_SQL, NONCONFORMITY_FIELDS),
        MISSING("nonconformity", NONCONFORMITY_RECORD_SQL, "N-*"), COUNT("nonconformity")},
    [NOUN_SOURCE] = {DIFFERENCES("source", SOURCE_RECORD_SQL, SOURCE_FIELDS),
        MISSING("source", SOURCE_RECORD_SQL, "source/*"), COUNT("source")},
};

/* A value for people. */
static struct slice
value_or_none(struct slice v)
{
    return v.p == NULL ? SLICE("nothing") : slice_head(v, 80);
}

static int
find_differences(struct verify *v, const char *sql)
{
    CLEANUP_QUERY struct query q = query_on(v->db, sql);
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice record = query_take_text(&q);
        struct slice key = query_take_text(&q);
        struct slice live = value_or_none(query_take_shown(&q));
        struct slice told = value_or_none(query_take_shown(&q));
        bool none = query_take_is_null(&q);
        int64_t seq = query_take_int(&q);

        verify_find(v, VERIFY_RECORD, none ? -1 : seq, record,
            SLICE_FMT " is '" SLICE_FMT "' on record, but '" SLICE_FMT "' by the entries", SLICE_ARG(key),
            SLICE_ARG(live), SLICE_ARG(told));
    }
    return r < 0 ? error_trace(r) : 0;
}

static int
find_missing(struct verify *v, const char *sql)
{
    CLEANUP_QUERY struct query q = query_on(v->db, sql);
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice record = query_take_text(&q);

        verify_find(v, VERIFY_RECORD, query_take_int(&q), record, "the record is missing");
    }
    return r < 0 ? error_trace(r) : 0;
}

static int
count_records(struct verify *v, const char *sql)
{
    CLEANUP_QUERY struct query q = query_on(v->db, sql);
    int r;

    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    v->summary->n_records += (uint64_t)query_take_int(&q);
    return 0;
}

/* An alert's count is the sum of the minutes told, and while it is open the minute that runs. */
static int
check_counts(struct verify *v)
{
    CLEANUP_QUERY struct query q = query_on(v->db,
        "SELECT record, count, told FROM"
        " (SELECT " ALERT_RECORD_SQL " AS record, coalesce(count, 0) AS count,"
        "  CASE state WHEN 'open' THEN coalesce(n_minute, 0) ELSE 0 END AS running FROM alert)"
        " JOIN (SELECT record AS r, sum(n) AS told FROM told GROUP BY record) ON r = record"
        " WHERE count <> told + running"
        " UNION ALL "
        "SELECT record, count, 0 FROM"
        " (SELECT " ALERT_RECORD_SQL " AS record, coalesce(count, 0) AS count,"
        "  CASE state WHEN 'open' THEN coalesce(n_minute, 0) ELSE 0 END AS running FROM alert)"
        " WHERE record NOT IN (SELECT record FROM told) AND count <> running");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice record = query_take_text(&q);
        int64_t count = query_take_int(&q);

        verify_find(v, VERIFY_RECORD, -1, record,
            "%" PRId64 " detections on record, but %" PRId64
            " by the entries (and the minute running, where it is open)",
            count, query_take_int(&q));
    }
    return r < 0 ? error_trace(r) : 0;
}

/*
 * What moves without entries while an alert is open, against the detections kept, which the evidence covers, and the
 * latest one. Where all are kept they say it exactly, but for when it occurred: a correlation's began earlier.
 */
#define OF_OPEN                                                                                      \
    "(SELECT " ALERT_RECORD_SQL " AS record, alert.*, k.* FROM alert,"                               \
    " (SELECT number AS of, (SELECT count(*) FROM detection WHERE alert = number) AS n_rows,"        \
    "  (SELECT min(time) FROM (" ITS("time") ")) AS first, (SELECT max(time) FROM (" ITS(            \
        "time") ")) AS last,"                                                                        \
                "  (SELECT max(detected) FROM (" ITS("detected") ")) AS last_match FROM alert) AS k" \
                                                                 " WHERE of = number AND state = 'open')"
#define ITS(column)                                                    \
    "SELECT " column " FROM detection WHERE alert = number UNION ALL " \
    "SELECT " column " FROM alert_latest WHERE alert = number"

static int
check_open_alerts(struct verify *v)
{
    CLEANUP_QUERY struct query q = query_on(v->db,
        "SELECT record, 'n_kept', n_kept FROM " OF_OPEN " WHERE coalesce(n_kept, 0) <> n_rows"
        " UNION ALL SELECT record, 'occurred', occurred FROM " OF_OPEN " WHERE coalesce(occurred, 0) > first"
        " UNION ALL SELECT record, 'last_seen', last_seen FROM " OF_OPEN
        " WHERE coalesce(last_seen, 0) < last OR count = n_rows AND coalesce(last_seen, 0) > last"
        " UNION ALL SELECT record, 'last_detected', last_detected FROM " OF_OPEN
        " WHERE coalesce(last_detected, 0) < last_match OR count = n_rows AND coalesce(last_detected, 0) > last_match");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice record = query_take_text(&q);
        struct slice key = query_take_text(&q);
        struct slice live = value_or_none(query_take_shown(&q));

        verify_find(v, VERIFY_RECORD, -1, record, SLICE_FMT " is '" SLICE_FMT "', which its detections contradict",
            SLICE_ARG(key), SLICE_ARG(live));
    }
    return r < 0 ? error_trace(r) : 0;
}

static int
check_minutes(struct verify *v)
{
    CLEANUP_QUERY struct query q = query_on(v->db,
        "WITH live AS (SELECT " ALERT_RECORD_SQL " AS record, m.minute, m.n"
        " FROM alert_minute AS m JOIN alert ON number = m.alert)"
        " SELECT record, minute FROM (SELECT * FROM live EXCEPT SELECT * FROM told)"
        " UNION "
        "SELECT record, minute FROM (SELECT * FROM told EXCEPT SELECT * FROM live)");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice record = query_take_text(&q);

        verify_find(v, VERIFY_RECORD, -1, record, "its count for minute %" PRId64 " is not what the entries say",
            query_take_int(&q));
    }
    return r < 0 ? error_trace(r) : 0;
}

/* Each decision's entry must be there and by the same person at the same time. */
static int
check_decisions(struct verify *v)
{
    CLEANUP_QUERY struct query q = query_on(v->db,
        "SELECT d.seq, d.incident FROM decision AS d"
        " LEFT JOIN (SELECT seq, " VALID_BODY " AS b FROM ledger) AS l ON l.seq = d.seq"
        " WHERE json_extract(b, '$.by') IS NOT d.by OR json_extract(b, '$.set.decided') IS NOT d.at"
        " UNION "
        "SELECT l.seq, 0 FROM (SELECT seq, " VALID_BODY " AS b FROM ledger) AS l"
        " WHERE json_extract(b, '$.verb') GLOB 'incident.*' AND json_extract(b, '$.verb') <> 'incident.opened'"
        " AND json_extract(b, '$.set.decided') IS NOT NULL AND l.seq NOT IN (SELECT seq FROM decision)");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW)
        verify_find(v, VERIFY_RECORD, query_take_int(&q), SLICE("decision"),
            "the decision on record is not the one this entry made");
    return r < 0 ? error_trace(r) : 0;
}

int
verify_records(struct verify *v)
{
    size_t i;
    int r;

    r = db_script(v->db, rebuild);
    for (i = 0; i < NOUNS && r == 0; i++) {
        r = find_differences(v, tables[i].differences);
        if (r == 0)
            r = find_missing(v, tables[i].missing);
        if (r == 0)
            r = count_records(v, tables[i].count);
    }
    if (r == 0)
        r = check_counts(v);
    if (r == 0)
        r = check_open_alerts(v);
    if (r == 0)
        r = check_minutes(v);
    if (r == 0)
        r = check_decisions(v);
    return r < 0 ? error_trace(r) : 0;
}
