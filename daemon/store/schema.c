/* SPDX-License-Identifier: Apache-2.0 */
#include "store/schema.h"

#include <stdio.h>

#include "base/error.h"
#include "base/log.h"

/*
 * The ledger and its checkpoints are only ever added to; the triggers stop accidents, the hashes show intent. What can
 * be asked of an entry is computed from the bytes that are hashed, so no column can say something else.
 *
 * Records are projections: every value of theirs but counts of the running minute and telemetry stands in an entry.
 * Zero and empty are NULL; times are nanoseconds since 1970 in UTC.
 */
static const char first[] =
    "CREATE TABLE ledger ("
    "  seq INTEGER PRIMARY KEY,"
    "  body TEXT NOT NULL,"
    "  leaf BLOB NOT NULL CHECK (length(leaf) = 32),"
    "  record TEXT GENERATED ALWAYS AS (json_extract(body, '$.record')) VIRTUAL"
    ") STRICT;"
    "CREATE INDEX ledger_record ON ledger (record) WHERE record IS NOT NULL;"
    "CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger"
    "  BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;"
    "CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger"
    "  BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;"

    "CREATE TABLE checkpoint ("
    "  size INTEGER PRIMARY KEY, at INTEGER NOT NULL, note TEXT NOT NULL, slots BLOB NOT NULL"
    ") STRICT;"
    "CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint"
    "  BEGIN SELECT raise(ABORT, 'checkpoints are append-only'); END;"
    "CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint"
    "  BEGIN SELECT raise(ABORT, 'checkpoints are append-only'); END;"

    "CREATE TABLE tree (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, slots BLOB NOT NULL) STRICT;"

    "CREATE TABLE run ("
    "  number INTEGER PRIMARY KEY, started INTEGER NOT NULL, alive INTEGER NOT NULL, stopped INTEGER"
    ") STRICT;"

    "CREATE TABLE rule ("
    "  number INTEGER PRIMARY KEY, uid TEXT NOT NULL, sha256 BLOB NOT NULL, UNIQUE (uid, sha256)"
    ") STRICT;"

    "CREATE TABLE alert ("
    "  number INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL,"
    "  state TEXT NOT NULL, rule TEXT NOT NULL, rule_title TEXT, level TEXT NOT NULL, \"group\" TEXT,"
    "  occurred INTEGER, detected INTEGER, last_detected INTEGER, last_seen INTEGER, opened INTEGER NOT NULL, closed "
    "INTEGER,"
    "  count INTEGER, n_kept INTEGER, kept_max INTEGER, incident INTEGER,"
    "  key BLOB, minute INTEGER, n_minute INTEGER, n_told INTEGER"
    ") STRICT;"
    "CREATE INDEX alert_open ON alert (number) WHERE state = 'open';"
    "CREATE INDEX alert_incident ON alert (incident) WHERE incident IS NOT NULL;"
    "CREATE INDEX alert_opened ON alert (opened);"

    "CREATE TABLE alert_minute ("
    "  minute INTEGER NOT NULL, alert INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (minute, alert)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE alert_latest ("
    "  alert INTEGER PRIMARY KEY, n INTEGER NOT NULL, rule INTEGER NOT NULL,"
    "  time INTEGER, received INTEGER, detected INTEGER, event TEXT NOT NULL"
    ") STRICT;"

    "CREATE TABLE detection ("
    "  alert INTEGER NOT NULL, n INTEGER NOT NULL, rule INTEGER NOT NULL,"
    "  time INTEGER, received INTEGER, detected INTEGER,"
    "  segment INTEGER NOT NULL, offset INTEGER NOT NULL, sha256 BLOB NOT NULL CHECK (length(sha256) = 32),"
    "  PRIMARY KEY (alert, n)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE segment ("
    "  number INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, records INTEGER NOT NULL, head BLOB NOT NULL,"
    "  finished INTEGER"
    ") STRICT;"

    "CREATE TABLE incident ("
    "  number INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL,"
    "  state TEXT NOT NULL, title TEXT, category TEXT, severity TEXT, severity_initial TEXT, severity_max TEXT,"
    "  verdict TEXT, cause_class TEXT, cause TEXT, owner TEXT, criteria TEXT, reason TEXT, review TEXT, waiver TEXT,"
    "  controls TEXT,"
    "  \"group\" TEXT, alert INTEGER, occurred INTEGER, occurred_estimated INTEGER, detected INTEGER,"
    "  opened INTEGER NOT NULL, acknowledged INTEGER, decided INTEGER, contained INTEGER, recovered INTEGER,"
    "  resolved INTEGER, closed INTEGER, n_reopened INTEGER, resolved_by TEXT"
    ") STRICT;"
    "CREATE INDEX incident_state ON incident (state);"
    "CREATE INDEX incident_opened ON incident (opened);"
    "CREATE INDEX incident_closed ON incident (closed) WHERE closed IS NOT NULL;"

    "CREATE TABLE decision ("
    "  incident INTEGER NOT NULL, seq INTEGER NOT NULL, outcome TEXT NOT NULL, criteria TEXT, reason TEXT,"
    "  by TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (incident, seq)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE nonconformity ("
    "  number INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL,"
    "  state TEXT NOT NULL, grade TEXT NOT NULL, \"trigger\" TEXT, requirement TEXT, scope TEXT, statement TEXT,"
    "  evidence TEXT, occurrences INTEGER, detected INTEGER NOT NULL, last_occurred INTEGER, ended INTEGER,"
    "  decided INTEGER, decided_by TEXT, reason TEXT, owner TEXT, due INTEGER"
    ") STRICT;"
    "CREATE INDEX nonconformity_state ON nonconformity (state);"
    "CREATE INDEX nonconformity_kind ON nonconformity (\"trigger\", requirement, scope);"

    "CREATE TABLE source ("
    "  number INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL,"
    "  name TEXT NOT NULL UNIQUE, required INTEGER, state TEXT NOT NULL, since INTEGER, silence_ns INTEGER,"
    "  first_seen INTEGER, last_received INTEGER, last_time INTEGER, n_events INTEGER"
    ") STRICT;"
    "CREATE TABLE source_state ("
    "  source INTEGER NOT NULL, seq INTEGER NOT NULL, since INTEGER NOT NULL, state TEXT NOT NULL, required INTEGER,"
    "  PRIMARY KEY (source, seq)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE correlation_window ("
    "  rule BLOB NOT NULL, key BLOB NOT NULL, state BLOB NOT NULL, PRIMARY KEY (rule, key)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE lag ("
    "  hour INTEGER NOT NULL, kind INTEGER NOT NULL, bucket INTEGER NOT NULL, n INTEGER NOT NULL,"
    "  PRIMARY KEY (hour, kind, bucket)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE kpi_sample ("
    "  seq INTEGER PRIMARY KEY, kpi TEXT NOT NULL, version INTEGER, stratum TEXT, from_at INTEGER, until_at INTEGER,"
    "  at INTEGER NOT NULL, n INTEGER, n_open INTEGER, value INTEGER, p50 INTEGER, p90 INTEGER, extra TEXT,"
    "  reason TEXT, ledger_size INTEGER, ledger_root TEXT"
    ") STRICT;"
    "CREATE INDEX kpi_sample_kpi ON kpi_sample (kpi, at);";

static const char positions[] =
    "CREATE TABLE position ("
    "  stream TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL, epoch INTEGER NOT NULL,"
    "  PRIMARY KEY (stream, partition)"
    ") STRICT, WITHOUT ROWID;";

/* Columns that came later stand behind the others; what reads rows names its columns. */
static const char register_of_sources[] =
    "ALTER TABLE source ADD COLUMN registered INTEGER;"
    "ALTER TABLE source ADD COLUMN expected INTEGER;"
    "ALTER TABLE source ADD COLUMN criticality TEXT;"
    "ALTER TABLE source ADD COLUMN owner TEXT;"
    "ALTER TABLE source ADD COLUMN interval_ns INTEGER;"
    "ALTER TABLE source ADD COLUMN skew_limit_ns INTEGER;"
    "ALTER TABLE source ADD COLUMN retention_ns INTEGER;"
    "ALTER TABLE source ADD COLUMN controls TEXT;"
    "ALTER TABLE source ADD COLUMN zone TEXT;"
    "ALTER TABLE source ADD COLUMN skew_n INTEGER;"
    "ALTER TABLE source ADD COLUMN skew_ns INTEGER;"
    "ALTER TABLE source ADD COLUMN usual INTEGER;"

    "CREATE TABLE source_hour ("
    "  source TEXT NOT NULL, hour INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (source, hour)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE learned ("
    "  name TEXT NOT NULL, is_peer INTEGER NOT NULL, peer TEXT, first_seen INTEGER NOT NULL,"
    "  last_seen INTEGER NOT NULL, n_events INTEGER NOT NULL, skew_n INTEGER NOT NULL, skew_ns INTEGER NOT NULL,"
    "  PRIMARY KEY (name, is_peer)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE maintenance ("
    "  number INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL,"
    "  state TEXT NOT NULL, \"window\" TEXT, scope TEXT, reason TEXT, declared INTEGER NOT NULL, declared_by TEXT,"
    "  starts INTEGER NOT NULL, until INTEGER NOT NULL, ended INTEGER, report TEXT"
    ") STRICT;"
    "CREATE INDEX maintenance_live ON maintenance (number) WHERE state IN ('planned', 'active');";

const struct migration schema_migrations[] = {
    {1, "first form", first},
    {2, "how far streams have been read", positions},
    {3, "the register of log sources, hosts of none, maintenance", register_of_sources},
};
const size_t schema_n_migrations = ARRAY_LEN(schema_migrations);

static const char create_migration[] =
    "CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, at INTEGER NOT NULL, about TEXT NOT NULL)"
    " STRICT";

int
schema_version(struct db *db, int *version)
{
    CLEANUP_QUERY struct query q = query_on(db, "PRAGMA user_version");
    int r;

    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    *version = (int)query_take_int(&q);
    return 0;
}

static int
note_migration(struct db *db, const struct migration *m, struct walltime now)
{
    CLEANUP_QUERY struct query q = query_on(db, "INSERT INTO migration (version, at, about) VALUES (?, ?, ?)");
    char pragma[64];
    int r;

    query_int(&q, m->version);
    query_int(&q, now.ns);
    query_text(&q, slice_str(m->about));
    r = query_run(&q);
    if (r < 0)
        return error_trace(r);
    (void)snprintf(pragma, sizeof(pragma), "PRAGMA user_version=%d", m->version);
    r = db_script(db, pragma);
    return r < 0 ? error_trace(r) : 0;
}

static int
run_migration(struct db *db, const struct migration *m, struct walltime now)
{
    int r;

    r = db_script(db, "BEGIN IMMEDIATE");
    if (r < 0)
        return error_trace(r);
    r = db_script(db, create_migration);
    if (r == 0)
        r = db_script(db, m->sql);
    if (r == 0)
        r = note_migration(db, m, now);
    if (r == 0)
        r = db_script(db, "COMMIT");
    if (r < 0 && db_in_transaction(db))
        (void)db_script(db, "ROLLBACK");
    return r < 0 ? error_trace(r) : 0;
}

int
schema_migrate(struct db *db, const struct migration *list, size_t n, struct walltime now)
{
    int version;
    size_t i;
    int r;

    r = schema_version(db, &version);
    if (r < 0)
        return error_trace(r);
    if (version > list[n - 1].version)
        return SCHEMA_E_NEWER;
    for (i = 0; i < n; i++) {
        if (list[i].version <= version)
            continue;
        log_info("store", "schema %d: %s", list[i].version, list[i].about);
        r = run_migration(db, &list[i], now);
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}
