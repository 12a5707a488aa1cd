/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What alerts counted, and what is known of them while they are open.
 *
 * Each finished minute is an entry, and the closing entry says all the rest. What an open alert says beyond the minutes
 * told can only be held against the detections kept, which the evidence covers, and the latest one. Counts of a lane
 * may come after their minute was told and then stand in a later one: only the sums are exact.
 */

#include <inttypes.h>

#include "base/error.h"
#include "store/verify_internal.h"

// clang-format off
static const char minutes[] =
    TOLD "SELECT r || ', minute ' || m, max(seq), json_object('n', sum(n))"
         " FROM (SELECT seq, json_extract(b, '$.record') AS r, json_extract(b, '$.note.minute') AS m,"
         "  json_extract(b, '$.note.n') AS n FROM " ENTRIES_OF("alert.counted") ")"
         " WHERE r IS NOT NULL AND m IS NOT NULL GROUP BY r, m;"
    LIVE "SELECT " ALERT_OF("m.alert") " || ', minute ' || minute, json_object('n', n) FROM alert_minute AS m";

/*
 * By alert, the sum of its minutes, which are compared with their entries by now, and the last of them. A closed alert
 * counts no minute any more.
 */
static const char sums[] =
    "WITH minutes AS (SELECT alert, sum(n) AS n, max(minute) AS last FROM alert_minute GROUP BY alert),"
    " a AS (SELECT " ALERT_RECORD_SQL " AS record, coalesce(count, 0) AS count, coalesce(n_told, 0) AS n_told,"
    "  coalesce(n_minute, 0) AS n_minute, minute, state, coalesce(m.n, 0) AS told, m.last AS last"
    "  FROM alert LEFT JOIN minutes AS m ON m.alert = number)"
    " SELECT record, printf('n_told is ''%d'' on record, but its minutes are ''%d''', n_told, told)"
    "  FROM a WHERE n_told <> told"
    " UNION ALL "
    "SELECT record, printf('count is ''%d'' on record, but its minutes and the one that runs are ''%d''', count,"
    "  told + n_minute) FROM a WHERE count <> told + n_minute"
    " UNION ALL "
    "SELECT record, printf('n_minute is ''%d'' on record, but a closed alert has no minute that runs', n_minute)"
    "  FROM a WHERE n_minute <> 0 AND state <> 'open' OR n_minute < 0"
    " UNION ALL "
    "SELECT record, printf('minute is ''%d'' on record, but minute ''%d'' was told already', minute, last)"
    "  FROM a WHERE minute < last";

/*
 * Open alerts beside what is kept of them. Where all are kept, these say it exactly, but for when it occurred: a
 * correlation's began earlier.
 */
static const char open_alerts[] =
    "WITH kept AS (SELECT a.number AS of, count(d.n) AS n, min(d.time) AS first, max(d.time) AS last,"
    "  max(d.detected) AS matched FROM alert AS a LEFT JOIN detection AS d ON d.alert = a.number"
    "  WHERE a.state = 'open' GROUP BY a.number),"
    " o AS (SELECT " ALERT_RECORD_SQL " AS record, coalesce(a.n_kept, 0) AS n_kept, k.n AS n, a.count = k.n AS whole,"
    "  coalesce(a.occurred, 0) AS occurred, min(coalesce(first, l.time), coalesce(l.time, first)) AS first,"
    "  coalesce(a.last_seen, 0) AS seen, max(coalesce(last, l.time), coalesce(l.time, last)) AS last,"
    "  coalesce(a.last_detected, 0) AS detected,"
    "  max(coalesce(matched, l.detected), coalesce(l.detected, matched)) AS matched"
    "  FROM alert AS a JOIN kept AS k ON k.of = a.number LEFT JOIN alert_latest AS l ON l.alert = a.number)"
    " SELECT record, printf('n_kept is ''%d'' on record, but ''%d'' detections are kept', n_kept, n)"
    "  FROM o WHERE n_kept <> n"
    " UNION ALL "
    "SELECT record, printf('occurred is ''%d'' on record, but a detection of it is of ''%d''', occurred, first)"
    "  FROM o WHERE occurred > first"
    " UNION ALL "
    "SELECT record, printf('last_seen is ''%d'' on record, but its last detection is of ''%d''', seen, last)"
    "  FROM o WHERE seen < last OR whole AND seen > last"
    " UNION ALL "
    "SELECT record, printf('last_detected is ''%d'' on record, but its last detection was matched ''%d''', detected,"
    "  matched) FROM o WHERE detected < matched OR whole AND detected > matched";

/* The latest detection that is not kept: of an open alert and its rule, and counted. */
static const char latest[] =
    "WITH l AS (SELECT " ALERT_OF("l.alert") " AS record, a.number AS number, a.state AS state, a.rule AS rule,"
    "  r.uid AS uid, l.n AS n, coalesce(a.n_kept, 0) AS n_kept, coalesce(a.count, 0) AS count,"
    "  json_valid(event) AS valid"
    "  FROM alert_latest AS l LEFT JOIN alert AS a ON a.number = l.alert LEFT JOIN rule AS r ON r.number = l.rule)"
    " SELECT record, 'there is no such alert' FROM l WHERE number IS NULL"
    " UNION ALL "
    "SELECT record, 'the alert is closed, and its latest detection in the evidence' FROM l WHERE state <> 'open'"
    " UNION ALL "
    "SELECT record, printf('rule is ''%s'' on record, but the alert''s is ''%s''', coalesce(uid, 'nothing'), rule)"
    "  FROM l WHERE uid IS NOT rule AND number IS NOT NULL"
    " UNION ALL "
    "SELECT record, printf('n is ''%d'' on record, but should be above ''%d'' and at most ''%d''', n, n_kept, count)"
    "  FROM l WHERE number IS NOT NULL AND (n <= n_kept OR n > count)"
    " UNION ALL "
    "SELECT record, 'event is no event' FROM l WHERE NOT valid";

static const char latest_times[] =
    "SELECT " ALERT_OF("l.alert") ", time, json_extract(event, '$.time'), received, json_extract(event, '$.received')"
    " FROM alert_latest AS l WHERE json_valid(event)";
// clang-format on

/* Its columns of times, against the event itself. */
static int
check_latest_times(struct verify *v)
{
    static const char *const columns[] = {"time", "received"};
    CLEANUP_QUERY struct query q = query_on(v->db, latest_times);
    char text[WALLTIME_TEXT_MAX];
    size_t i;
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice key = query_take_text(&q);

        for (i = 0; i < ARRAY_LEN(columns); i++) {
            struct slice live = slice_str(walltime_print(query_take_time(&q), text));
            struct slice told = query_take_text(&q);

            if (!slice_eq(live, told))
                verify_find(v, VERIFY_ALERT_LATEST, -1, key,
                    "%s is '" SLICE_FMT "' on record, but '" SLICE_FMT "' in the event", columns[i], SLICE_ARG(live),
                    SLICE_ARG(told));
        }
    }
    return r < 0 ? error_trace(r) : 0;
}

int
verify_alerts(struct verify *v)
{
    int r;

    r = verify_compare(v, VERIFY_ALERT_MINUTE, minutes);
    if (r == 0)
        r = verify_each(v, VERIFY_ALERT, sums);
    if (r == 0)
        r = verify_each(v, VERIFY_ALERT, open_alerts);
    if (r == 0)
        r = verify_each(v, VERIFY_ALERT_LATEST, latest);
    if (r == 0)
        r = check_latest_times(v);
    return r < 0 ? error_trace(r) : 0;
}
