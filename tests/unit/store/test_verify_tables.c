/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every table, every column: what verification says is covered by the ledger is altered here, one value at a time, by
 * somebody with the file in hands. What it loses when one fails: a forged row passes the audit.
 */

#include <math.h>

#include "store/db.h"
#include "store/store_correlation.h"
#include "store/store_kpi.h"
#include "store/store_learned.h"
#include "store/store_maintenance.h"
#include "store/store_positions.h"
#include "store_fixture.h"

enum { SQL_MAX = 1024, COLUMNS_MAX = 64, NAME_MAX_BYTES = 40 };

/* ---- a store in which no table is empty ---- */

static void
put_source_states(void)
{
    struct source_record s = {.name = SLICE("fw1"),
        .expected = true,
        .required = true,
        .registered = NOON,
        .since = NOON,
        .interval_ns = 3,
        .silence_ns = NS_PER_S,
        .skew_limit_ns = 7,
        .retention_ns = 11,
        .owner = SLICE("ana"),
        .criticality = SLICE("high"),
        .controls = SLICE("A.8.15"),
        .zone = SLICE("+01:00")};
    struct store_move move = fixture_move("", "ismsd", seconds_after_noon(210));

    IN_TRANSACTION(move.at, { ck_assert_int_eq(store_source_put(fixture_store, &s, &move), 0); });
    s.state = SOURCE_ACTIVE;
    s.since = s.first_seen = s.last_received = s.last_time = seconds_after_noon(220);
    s.n_events = 7;
    IN_TRANSACTION(s.since, {
        ck_assert_int_eq(store_source_put(fixture_store, &s, &move), 0);
        ck_assert_int_eq(store_source_activity(fixture_store, &s), 0);
    });
}

/* One that took place, and one that is planned. */
static void
put_maintenance(void)
{
    const struct store_move declared = fixture_move("declared", "ana", seconds_after_noon(225));
    const struct store_move over = fixture_move("over", "ismsd", seconds_after_noon(229));
    struct maintenance m = {.state = MAINTENANCE_ACTIVE,
        .scope = SLICE("fw1"),
        .reason = SLICE("new firmware"),
        .declared = declared.at,
        .declared_by = SLICE("ana"),
        .starts = declared.at,
        .until = over.at};
    struct maintenance planned = m;

    planned.state = MAINTENANCE_PLANNED;
    planned.window = SLICE("patches");
    IN_TRANSACTION(over.at, {
        ck_assert_int_eq(store_maintenance_open(fixture_store, &m, &declared), 0);
        ck_assert_int_eq(store_maintenance_open(fixture_store, &planned, &declared), 0);
        m.state = MAINTENANCE_OVER;
        m.ended = over.at;
        m.report = SLICE("nothing came from fw1");
        ck_assert_int_eq(store_maintenance_put(fixture_store, &m, &over), 0);
    });
}

static void
put_decision(void)
{
    struct incident i = fixture_incident();
    struct store_move move = fixture_move("decided", "ana", seconds_after_noon(230));

    IN_TRANSACTION(move.at, {
        ck_assert_int_eq(store_incident_open(fixture_store, &i, &move), 0);
        i.state = INCIDENT_DECLARED;
        i.acknowledged = i.decided = move.at;
        i.criteria = SLICE("criteria 3");
        i.reason = SLICE("two hosts");
        ck_assert_int_eq(store_incident_put(fixture_store, &i, &move), 0);
    });
}

static void
put_samples(void)
{
    struct kpi_sample k = {.kpi = SLICE("K02"),
        .version = 1,
        .stratum = SLICE("S1"),
        .from = NOON,
        .until = seconds_after_noon(240),
        .at = seconds_after_noon(240),
        .n = 3,
        .n_open = 1,
        .value = 12.5,
        .p50 = 12.5,
        .p90 = 40,
        .extra = SLICE("one more"),
        .reason = SLICE("came late"),
        .ledger_size = 12,
        .ledger_root = SLICE("00ff")};

    IN_TRANSACTION(k.at, {
        ck_assert_int_eq(store_kpi_put(fixture_store, &k), 0);
        k = (struct kpi_sample){.kpi = SLICE("K12"), .version = 1, .at = k.at, .value = NAN, .p50 = NAN, .p90 = NAN};
        ck_assert_int_eq(store_kpi_put(fixture_store, &k), 0);
    });
}

static void
put_working_state(void)
{
    const struct learned_record web = {SLICE("web7"), false, SLICE("192.0.2.7"), NOON, NOON, 3, 1, -5};
    const struct position at = {SLICE("kafka/in/events"), 3, 7, 1200};
    uint64_t counts[LAG_BUCKETS] = {0};

    counts[3] = 5;
    IN_TRANSACTION(seconds_after_noon(250), {
        ck_assert_int_eq(store_lag_add(fixture_store, LAG_RECEIVED, NOON, counts), 0);
        ck_assert_int_eq(store_lag_add(fixture_store, LAG_DETECTED, NOON, counts), 0);
        ck_assert_int_eq(store_window_put(fixture_store, SLICE("5af54681"), SLICE("fw1"), SLICE("state")), 0);
        ck_assert_int_eq(store_position_put(fixture_store, &at), 0);
        ck_assert_int_eq(store_hour_put(fixture_store, SLICE("fw1"), 498732, 12), 0);
        ck_assert_int_eq(store_learned_put(fixture_store, &web), 0);
    });
}

/* Open, with two detections kept and one that is not, and a minute told. */
static void
put_open_alert(void)
{
    struct event event = fixture_event();
    struct detection d = {.rule = &fixture_rule, .event = &event, .detected = seconds_after_noon(410)};
    struct alert a = fixture_alert();

    a.opened = a.detected = a.last_detected = d.detected;
    a.n_kept = 2;
    a.count = 9;
    a.n_minute = 5;
    IN_TRANSACTION(d.detected, {
        ck_assert_int_eq(store_alert_open(fixture_store, &a, a.opened), 0);
        ck_assert_int_eq(store_alert_detection(fixture_store, &a, 1, &d), 0);
        ck_assert_int_eq(store_alert_detection(fixture_store, &a, 2, &d), 0);
        ck_assert_int_eq(store_alert_minute(fixture_store, &a, a.minute, 4, a.opened), 0);
        a.minute++;
        ck_assert_int_eq(store_alert_update(fixture_store, &a, &d), 0);
    });
}

static void
run_at(int64_t s)
{
    struct store_run previous;

    fixture_open_at(seconds_after_noon(s));
    ck_assert_int_eq(store_run_start(fixture_store, seconds_after_noon(s), SLICE("test"), &previous), 0);
}

/* Three runs: one that stopped, one that was killed, and one that goes on. */
static void
busy_day(void)
{
    struct store_run previous;

    fixture_begin();
    ck_assert_int_eq(store_run_start(fixture_store, NOON, SLICE("test"), &previous), 0);
    fixture_history(20, 10);
    fixture_history(20, 10);
    put_source_states();
    put_maintenance();
    put_decision();
    put_samples();
    put_working_state();
    ck_assert_int_eq(store_run_stop(fixture_store, seconds_after_noon(300)), 0);
    fixture_close();
    run_at(400);
    put_open_alert();
    fixture_close();
    run_at(500);
    fixture_close();
    fixture_shell("mkdir whole && cp -r records.db* evidence checkpoints ledger.* whole");
}

static void
restore(void)
{
    fixture_shell("rm -rf records.db* evidence checkpoints && cp -r whole/* .");
}

/* ---- one alteration and what it leads to ---- */

static void
alter(const char *sql)
{
    char path[128];
    struct db *db;

    (void)snprintf(path, sizeof(path), "%s/records.db", fixture_dir);
    ck_assert_int_eq(db_open(&db, path, DB_WRITER), 0);
    ck_assert_msg(db_script(db, sql) == 0, "%s", sql);
    db_close(db);
}

/* Where two tables contradict one another, either may be named. */
static enum verify_subject
other_side(enum verify_subject subject)
{
    return subject == VERIFY_TREE ? VERIFY_LEDGER : subject == VERIFY_DETECTION ? VERIFY_RULE : subject;
}

/* Whether somebody who alters rows by @sql is found, and told by the name of the table. */
static void
must_find(enum verify_subject subject, const char *sql)
{
    struct verify_summary s;
    int r;

    alter(sql);
    buffer_reset(&fixture_findings);
    r = store_verify(fixture_dir, NULL, fixture_found, NULL, &s);
    buffer_add_char(&fixture_findings, '\0');
    ck_assert_msg(r == VERIFY_E_BROKEN && s.n_found[subject] + s.n_found[other_side(subject)] > 0, "%d after %s:\n%s",
        r, sql, fixture_findings.p);
    restore();
}

/* The row that is altered: one that is complete. */
static const char *
complete_row(enum verify_subject subject)
{
    switch (subject) {
    case VERIFY_ALERT:
        return "state = 'closed' AND number = 1";
    case VERIFY_INCIDENT:
        return "number = (SELECT max(number) FROM incident)";
    case VERIFY_RUN:
        return "number < (SELECT max(number) FROM run)";
    case VERIFY_KPI_SAMPLE:
        return "kpi = 'K02'";
    default:
        return "true";
    }
}

struct column {
    char name[NAME_MAX_BYTES];
    char type[NAME_MAX_BYTES];
    bool key;
};

static size_t
list_columns(const char *table, struct column *out)
{
    CLEANUP(db_close) struct db *db = NULL;
    char path[128];
    size_t n = 0;

    (void)snprintf(path, sizeof(path), "%s/records.db", fixture_dir);
    ck_assert_int_eq(db_open(&db, path, DB_READER), 0);
    {
        CLEANUP_QUERY struct query q = query_on(db, "SELECT name, type, pk FROM pragma_table_info(?)");

        query_text(&q, slice_str(table));
        while (query_row(&q) == QUERY_ROW) {
            struct slice name = query_take_text(&q);
            struct slice type = query_take_text(&q);
            struct column *c = &out[n++];

            ck_assert_uint_lt(n, COLUMNS_MAX);
            (void)snprintf(c->name, sizeof(c->name), SLICE_FMT, SLICE_ARG(name));
            (void)snprintf(c->type, sizeof(c->type), SLICE_FMT, SLICE_ARG(type));
            c->key = query_take_int(&q) != 0;
        }
    }
    return n;
}

/* Whether @column is in the comma-separated @list. */
static bool
is_listed(const char *list, const char *column)
{
    size_t n = strlen(column);
    const char *at = list;

    if (list == NULL)
        return false;
    if (strcmp(list, "all") == 0)
        return true;
    while ((at = strstr(at, column)) != NULL) {
        if ((at == list || at[-1] == ' ') && (at[n] == ',' || at[n] == '\0'))
            return true;
        at += n;
    }
    return false;
}

/* SQL for a value that is none of the column's. */
static const char *
other_value(const struct column *c, char out[static SQL_MAX])
{
    if (strcmp(c->name, "body") == 0)
        (void)snprintf(out, SQL_MAX, "replace(body, '\"at\":1', '\"at\":2')");
    else if (strcmp(c->type, "INTEGER") == 0)
        (void)snprintf(out, SQL_MAX, "coalesce(\"%s\", 0) + 1000003", c->name);
    else if (strcmp(c->type, "BLOB") == 0)
        (void)snprintf(out, SQL_MAX, "randomblob(coalesce(length(\"%s\"), 9))", c->name);
    else
        (void)snprintf(out, SQL_MAX, "coalesce(\"%s\", '') || 'x'", c->name);
    return out;
}

#define NO_GUARDS                                                   \
    "DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete;" \
    "DROP TRIGGER checkpoint_no_update; DROP TRIGGER checkpoint_no_delete;"

/* Which row of the table is altered by its column @name: the last of the complete ones. */
static const char *
last_row(enum verify_subject subject, const char *name, char out[static SQL_MAX])
{
    (void)snprintf(out, SQL_MAX, "%s AND \"%s\" IS (SELECT max(\"%s\") FROM \"%s\" WHERE %s)", complete_row(subject),
        name, name, verify_subjects[subject].name, complete_row(subject));
    return out;
}

static void
alter_column(enum verify_subject subject, const struct column *c)
{
    char rows[SQL_MAX];
    char value[SQL_MAX];
    char sql[4 * SQL_MAX];

    (void)snprintf(sql, sizeof(sql), NO_GUARDS "UPDATE \"%s\" SET \"%s\" = %s WHERE %s", verify_subjects[subject].name,
        c->name, other_value(c, value), last_row(subject, c->name, rows));
    must_find(subject, sql);
}

static const struct column *
last_key(const struct column *columns, size_t n)
{
    const struct column *key = NULL;
    size_t i;

    for (i = 0; i < n; i++)
        if (columns[i].key)
            key = &columns[i];
    ck_assert_ptr_nonnull(key);
    return key;
}

static void
delete_row(enum verify_subject subject, const struct column *key)
{
    char rows[SQL_MAX];
    char sql[4 * SQL_MAX];

    (void)snprintf(sql, sizeof(sql), NO_GUARDS "DELETE FROM \"%s\" WHERE %s", verify_subjects[subject].name,
        last_row(subject, key->name, rows));
    must_find(subject, sql);
}

/* Another row, as like an honest one as can be. */
static void
insert_row(enum verify_subject subject, const struct column *columns, size_t n)
{
    const struct column *key = last_key(columns, n);
    char value[SQL_MAX];
    char rows[SQL_MAX];
    char sql[4 * SQL_MAX];
    size_t at;
    size_t i;

    at = (size_t)snprintf(sql, sizeof(sql), "INSERT INTO \"%s\" SELECT ", verify_subjects[subject].name);
    for (i = 0; i < n; i++) {
        bool other = &columns[i] == key || (!columns[i].key && strcmp(columns[i].type, "TEXT") == 0);

        (void)snprintf(value, sizeof(value), "\"%s\"", columns[i].name);
        at += (size_t)snprintf(
            sql + at, sizeof(sql) - at, "%s%s ", other ? other_value(&columns[i], value) : value, i + 1 < n ? "," : "");
    }
    (void)snprintf(sql + at, sizeof(sql) - at, "FROM \"%s\" WHERE %s", verify_subjects[subject].name,
        last_row(subject, key->name, rows));
    must_find(subject, sql);
}

/* Whether nothing of the table is covered, now or ever. */
static bool
is_uncovered(enum verify_subject subject)
{
    return is_listed(verify_subjects[subject].never, "all") || subject == VERIFY_ALERT_LATEST;
}

static void
attack_table(enum verify_subject subject)
{
    struct column columns[COLUMNS_MAX];
    size_t n = list_columns(verify_subjects[subject].name, columns);
    size_t i;

    if (n == 0 || is_uncovered(subject))
        return; /* files, or working state */
    for (i = 0; i < n; i++)
        if (!is_listed(verify_subjects[subject].never, columns[i].name) && strcmp(columns[i].name, "one") != 0)
            alter_column(subject, &columns[i]);
    delete_row(subject, last_key(columns, n));
    if (subject != VERIFY_LEDGER && subject != VERIFY_TREE)
        insert_row(subject, columns, n);
}

/* ---- tests ---- */

START_TEST(an_honest_store_with_rows_in_every_table_is_intact)
{
    struct verify_summary s;
    size_t i;

    busy_day();
    fixture_expect("");
    ck_assert_int_eq(store_verify(fixture_dir, NULL, fixture_found, NULL, &s), 0);
    for (i = 0; i < VERIFY_SUBJECTS; i++)
        ck_assert_msg(s.n_rows[i] > 0, "nothing was looked at: %s", verify_subjects[i].name);
    fixture_end();
}
END_TEST

/* A table that a later schema adds cannot be forgotten here. */
START_TEST(every_table_of_the_schema_is_looked_at)
{
    char path[128];
    struct db *db;
    size_t i;

    busy_day();
    (void)snprintf(path, sizeof(path), "%s/records.db", fixture_dir);
    ck_assert_int_eq(db_open(&db, path, DB_READER), 0);
    {
        CLEANUP_QUERY struct query q = query_on(
            db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");

        while (query_row(&q) == QUERY_ROW) {
            struct slice name = query_take_text(&q);

            for (i = 0; i < VERIFY_SUBJECTS && !slice_eq(slice_str(verify_subjects[i].name), name); i++)
                ;
            ck_assert_msg(i < VERIFY_SUBJECTS, "nobody looks at " SLICE_FMT, SLICE_ARG(name));
        }
    }
    db_close(db);
    fixture_end();
}
END_TEST

START_TEST(every_column_and_every_row_that_is_covered_is_told_when_it_was_altered)
{
    size_t i;

    busy_day();
    for (i = 0; i < VERIFY_SUBJECTS; i++)
        attack_table((enum verify_subject)i);
    fixture_end();
}
END_TEST

/* An alteration, and the sentence that an auditor reads: table, key, what it says and what it should say. */
struct attack {
    const char *sql;
    const char *words;
};

static void
must_say(const struct attack *attacks, size_t n)
{
    size_t i;

    busy_day();
    for (i = 0; i < n; i++) {
        alter(attacks[i].sql);
        fixture_expect(attacks[i].words);
        restore();
    }
    fixture_end();
}

START_TEST(says_what_a_row_says_and_what_it_should_say)
{
    static const struct attack attacks[] = {
        {"UPDATE kpi_sample SET value = 1 WHERE kpi = 'K02'",
            ": value is '1' on record, but '12500000' by the entries"},
        {"UPDATE kpi_sample SET value = 0 WHERE kpi = 'K12'", ": value is '0' on record, but 'nothing' by the entries"},
        {"UPDATE kpi_sample SET stratum = NULL WHERE kpi = 'K02'",
            ": stratum is 'nothing' on record, but 'S1' by the entries"},
        {"DELETE FROM kpi_sample WHERE kpi = 'K12'", ": is missing, but should be {\"kpi\":\"K12\""},
        {"INSERT INTO kpi_sample (seq, kpi, at) VALUES (3, 'K01', 5)",
            "kpi_sample -1 of entry 3: no entry speaks of this row, {\"kpi\":\"K01\""},
        {"UPDATE alert_minute SET n = n + 1 WHERE alert = 2 AND minute = 29923920",
            "A-2026-000002, minute 29923920: n is '11' on record, but '10' by the entries"},
        {"INSERT INTO alert_minute (minute, alert, n) VALUES (29923990, 77, 4)",
            "alert_minute -1 alert 77, minute 29923990: no entry speaks of this row, {\"n\":4}"},
        {"DELETE FROM alert_minute WHERE alert = 1 AND minute = 29923921",
            "A-2026-000001, minute 29923921: is missing, but should be {\"n\":10}"},
        {"UPDATE decision SET criteria = 'criteria 2' WHERE criteria IS NOT NULL",
            ": criteria is 'criteria 2' on record, but 'criteria 3' by the entries"},
        {"UPDATE decision SET incident = 1 WHERE incident = 3",
            ": incident is 'I-2026-000001' on record, but 'I-2026-000003' by the entries"},
        {"UPDATE decision SET outcome = 'rejected' WHERE incident = 3",
            ": outcome is 'rejected' on record, but 'declared' by the entries"},
        {"UPDATE migration SET about = 'other'",
            "migration -1 1: about is 'other' on record, but 'first form' by the schema"},
        {"DELETE FROM migration", "migration -1 1: is missing, but should be 'first form'"},
        {"INSERT INTO migration VALUES (9, 5, 'more')", "migration -1 9: is none that the schema knows"},
        {"UPDATE run SET alive = alive + 7 WHERE number = 2", " 2: alive is '17954"},
        {"UPDATE source SET number = 5", "source/fw1: number is '5' on record, but '1' by the entries"},
        {"UPDATE source_state SET since = 5 WHERE state = 'active'", ": since is '5' on record, but '17954"},
        {"UPDATE alert SET last_seq = 1 WHERE number = 1",
            "A-2026-000001: last_seq is '1' on record, but this entry moved it last"},
        {"UPDATE alert SET n_told = 1 WHERE number = 1",
            "A-2026-000001: n_told is '1' on record, but its minutes are '20'"},
        {"UPDATE alert SET n_minute = 1 WHERE number = 1",
            "A-2026-000001: n_minute is '1' on record, but a closed alert has no minute that runs"},
        {"UPDATE alert SET minute = 1 WHERE state = 'open'",
            "A-2026-000003: minute is '1' on record, but minute '29923920' was told already"},
        {"UPDATE rule SET uid = 'other'", "rule -1 1: uid is 'other' on record, but '5af54681' by the evidence"},
        {"DELETE FROM rule", "rule -1 1: is missing, but should be {\"uid\":\"5af54681\""},
        {"INSERT INTO rule (uid, sha256) VALUES ('made up', x'00')",
            "rule -1 2: no entry speaks of this row, {\"uid\":\"made up\""},
        {"UPDATE detection SET time = NULL WHERE alert = 1 AND n = 1",
            "A-2026-000001, detection 1, in 000001.jsonl line 1: time is '1970-01-01T00:00:00Z' on record, but "
            "'2026-11-23T12:00:00Z' by the evidence"},
        {"INSERT INTO detection SELECT alert, 99, rule, time, received, detected, segment, offset, sha256 FROM "
         "detection"
         " WHERE alert = 1 AND n = 1",
            "A-2026-000001, detection 99: no line of evidence speaks of this row"},
        {"UPDATE segment SET records = 1", "000001.jsonl: records is '1' on record, but '24' by the entries"},
        {"DELETE FROM tree", "the tree of the last commit is missing"},
        {"UPDATE tree SET slots = randomblob(length(slots))", "do not lead to the tree of the last commit"},
        {"DROP TRIGGER checkpoint_no_update; UPDATE checkpoint SET at = 5 WHERE size = 2",
            "at is 5 on record, but 1795435200000000000 by the heartbeat"},
        {"DROP TRIGGER checkpoint_no_update; UPDATE checkpoint SET slots = randomblob(length(slots)) WHERE size = 2",
            "the tree kept with the checkpoint of size 2 is not that of the entries"},
    };

    must_say(attacks, ARRAY_LEN(attacks));
}
END_TEST

START_TEST(names_a_table_an_index_or_a_trigger_that_is_gone_added_or_another)
{
    static const struct attack attacks[] = {
        {"DROP TRIGGER ledger_no_update", "trigger ledger_no_update: is missing, or not as the schema has it"},
        {"DROP INDEX incident_state", "index incident_state: is missing, or not as the schema has it"},
        {"DROP INDEX incident_state; CREATE INDEX incident_state ON incident (state) WHERE state <> 'new'",
            "index incident_state: is missing, or not as the schema has it"},
        {"CREATE TRIGGER quiet AFTER INSERT ON incident BEGIN DELETE FROM incident WHERE severity = 'S1'; END",
            "trigger quiet: is not of the schema"},
        {"CREATE TABLE more (x)", "table more: is not of the schema"},
        {"DROP TABLE lag", "table lag: is missing, or not as the schema has it"},
        {"DROP TABLE incident", "table incident: is missing, or not as the schema has it"},
        {"ALTER TABLE alert ADD COLUMN extra INTEGER", "table alert: is missing, or not as the schema has it"},
        {"PRAGMA user_version=99", "the schema is of version 99, and this program knows "},
    };

    must_say(attacks, ARRAY_LEN(attacks));
}
END_TEST

/* The index is right by its words, but was not there when a row came: who lists by it does not see the row. */
START_TEST(names_an_index_that_hides_a_row)
{
    busy_day();
    alter("PRAGMA writable_schema=ON;"
          "UPDATE sqlite_schema SET sql = 'CREATE INDEX incident_state ON incident (state) WHERE state <> ''declared'''"
          " WHERE name = 'incident_state'; PRAGMA schema_version=900;");
    alter("REINDEX incident_state");
    alter("PRAGMA writable_schema=ON;"
          "UPDATE sqlite_schema SET sql = 'CREATE INDEX incident_state ON incident (state)'"
          " WHERE name = 'incident_state'; PRAGMA schema_version=901;");
    fixture_expect("database -1 records.db: ");
    fixture_end();
}
END_TEST

START_TEST(names_working_state_that_is_impossible)
{
    static const struct attack attacks[] = {
        {"UPDATE position SET next = -1", "kafka/in/events, partition 3: is no place in a stream"},
        {"UPDATE lag SET n = -1 WHERE kind = 0", "hour 498732, kind 0, bucket 3: n is '-1', which counts nothing"},
        {"UPDATE lag SET kind = 7 WHERE kind = 0", "hour 498732, kind 7, bucket 3: there is no such bucket"},
        {"UPDATE lag SET bucket = 40 WHERE kind = 0", "hour 498732, kind 0, bucket 40: there is no such bucket"},
        {"UPDATE lag SET hour = -1 WHERE kind = 0", "hour -1, kind 0, bucket 3: there is no such bucket"},
        {"UPDATE correlation_window SET state = x''", "rule 5af54681: is of no rule, or has no state"},
        {"UPDATE source SET n_events = -1", "source/fw1: a time or a count is negative"},
        {"UPDATE source SET skew_n = -1", "source/fw1: a time or a count is negative"},
        {"UPDATE source_hour SET n = -1", "fw1, hour 498732: is no hour of a source"},
        {"UPDATE learned SET n_events = 0", "web7: is no host that was heard"},
        {"UPDATE learned SET is_peer = 2", "web7: is no host that was heard"},
        {"UPDATE alert_latest SET alert = 1", "A-2026-000001: the alert is closed"},
        {"UPDATE alert_latest SET alert = 77", "alert_latest -1 alert 77: there is no such alert"},
        {"UPDATE alert_latest SET n = 2", "A-2026-000003: n is '2' on record, but should be above '2' and at most '9'"},
        {"UPDATE alert_latest SET n = 10",
            "A-2026-000003: n is '10' on record, but should be above '2' and at most '9'"},
        {"INSERT INTO rule (number, uid, sha256) VALUES (2, 'other', x'00'); UPDATE alert_latest SET rule = 2",
            "A-2026-000003: rule is 'other' on record, but the alert's is '5af54681'"},
        {"UPDATE alert_latest SET rule = 77",
            "A-2026-000003: rule is 'nothing' on record, but the alert's is '5af54681'"},
        {"UPDATE alert_latest SET received = NULL",
            "A-2026-000003: received is '1970-01-01T00:00:00Z' on record, but '2026-11-23T12:00:00Z' in the event"},
        {"UPDATE alert_latest SET event = 'gone'", "A-2026-000003: event is no event"},
    };

    must_say(attacks, ARRAY_LEN(attacks));
}
END_TEST

START_TEST(names_a_file_of_evidence_that_no_entry_speaks_of)
{
    busy_day();
    fixture_shell("cp evidence/000001.jsonl evidence/000007.jsonl");
    fixture_expect("evidence -1 000007.jsonl: no entry speaks of this file");
    fixture_shell("mv evidence/000007.jsonl evidence/note.txt");
    fixture_expect("evidence -1 note.txt: no entry speaks of this file");
    fixture_end();
}
END_TEST

/* What is not covered is said, so that nobody takes silence for proof. */
START_TEST(working_state_that_was_altered_within_bounds_is_not_told)
{
    busy_day();
    alter("UPDATE lag SET n = n + 1; UPDATE correlation_window SET state = x'01'; UPDATE source SET n_events = 8;"
          "UPDATE migration SET at = at - 1; UPDATE run SET alive = alive + 1 WHERE number = 3;"
          "UPDATE alert SET key = x'01', minute = minute + 1 WHERE number = 1;");
    fixture_expect("");
    fixture_end();
}
END_TEST

START_TEST(what_no_checkpoint_covers_yet_is_counted)
{
    struct verify_summary s;

    busy_day();
    fixture_open_at(seconds_after_noon(501));
    IN_TRANSACTION(seconds_after_noon(600), {});
    fixture_close();
    ck_assert_int_eq(store_verify(fixture_dir, NULL, fixture_found, NULL, &s), 0);
    ck_assert_uint_eq(s.n_signed, s.n_rows[VERIFY_LEDGER]);
    fixture_open_at(seconds_after_noon(601));
    IN_TRANSACTION(seconds_after_noon(602), {
        struct store_move move = fixture_move("noted", "ana", seconds_after_noon(602));

        ck_assert_int_eq(store_note(fixture_store, &move, SLICE("not signed yet")), 0);
    });
    fixture_close();
    ck_assert_int_eq(store_verify(fixture_dir, NULL, fixture_found, NULL, &s), 0);
    ck_assert_uint_eq(s.n_signed + 1, s.n_rows[VERIFY_LEDGER]);
    fixture_end();
}
END_TEST

UNIT_MAIN("verify_tables", an_honest_store_with_rows_in_every_table_is_intact, every_table_of_the_schema_is_looked_at,
    every_column_and_every_row_that_is_covered_is_told_when_it_was_altered, says_what_a_row_says_and_what_it_should_say,
    names_a_table_an_index_or_a_trigger_that_is_gone_added_or_another, names_an_index_that_hides_a_row,
    names_working_state_that_is_impossible, names_a_file_of_evidence_that_no_entry_speaks_of,
    working_state_that_was_altered_within_bounds_is_not_told, what_no_checkpoint_covers_yet_is_counted)
