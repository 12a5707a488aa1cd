/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Noun: what a kind of record consists of, said once: one row per field gives the column in its table, the key in its
 * entries and the place in its struct. Storing, loading, the old and new values of an entry, and the comparison that
 * verification makes all walk this table. Internal to store/.
 */

#include "base/arena.h"
#include "ledger/canonical.h"
#include "model/alert.h"
#include "model/incident.h"
#include "model/maintenance.h"
#include "model/nonconformity.h"
#include "store/db.h"
#include "store/store_sources.h"

enum column_type {
    COLUMN_INT, /* int64_t */
    COLUMN_U64,
    COLUMN_UINT, /* unsigned */
    COLUMN_BOOL,
    COLUMN_TIME, /* struct walltime */
    COLUMN_TEXT, /* struct slice */
    COLUMN_NAME, /* an enum, stored by name */
};

enum column_cover {
    COVER_ALWAYS, /* every change stands in an entry */
    COVER_CLOSED, /* moves without entries while the record is open; its last value stands in the closing entry */
    COVER_NEVER,  /* telemetry */
};

/** The words of an enum. */
struct naming {
    const char *(*print)(unsigned v);
    bool (*parse)(struct slice name, unsigned *v);
};

extern const struct naming level_naming, alert_state_naming, severity_naming, incident_state_naming, verdict_naming,
    grade_naming, nonconformity_state_naming, source_state_naming, maintenance_state_naming;

struct column {
    const char *name; /* in the order of bytes, as canonical JSON wants keys */
    enum column_type type;
    size_t offset;
    enum column_cover cover;
    const struct naming *naming; /* COLUMN_NAME */
};

struct noun {
    const char *name; /* of its table, and the first word of its verbs */
    const struct column *columns;
    size_t n_columns;
    size_t size;            /* of its struct */
    size_t number;          /* offset of the record's number, int64_t */
    const char *record_sql; /* its record id, said in SQL */
    const char *insert_sql; /* binds the columns, then last_seq and number */
    const char *update_sql; /* likewise */
    const char *load_sql;   /* by number; yields the number, then the columns */
};

/** An alert with its group values as the table holds them: [["name","value"],["name",null],…]. */
struct alert_row {
    struct alert alert;
    struct slice group;
};

/** A source with its number. */
struct source_row {
    struct source_record source;
    int64_t number;
};

/* The fields of each record: (struct, column, type, member, cover, naming), in the order of the columns' names. */
// clang-format off
#define ALERT_FIELDS(F)                                                                           \
    F(struct alert_row, closed,            TIME, alert.closed,       ALWAYS, NULL)                \
    F(struct alert_row, count,             U64,  alert.count,        CLOSED, NULL)                \
    F(struct alert_row, detected,          TIME, alert.detected,     ALWAYS, NULL)                \
    F(struct alert_row, group,             TEXT, group,              ALWAYS, NULL)                \
    F(struct alert_row, incident,          INT,  alert.incident,     ALWAYS, NULL)                \
    F(struct alert_row, kept_max,          U64,  alert.kept_max,     ALWAYS, NULL)                \
    F(struct alert_row, last_detected,     TIME, alert.last_detected,CLOSED, NULL)                \
    F(struct alert_row, last_seen,         TIME, alert.last_seen,    CLOSED, NULL)                \
    F(struct alert_row, level,             NAME, alert.level,        ALWAYS, &level_naming)       \
    F(struct alert_row, n_kept,            U64,  alert.n_kept,       CLOSED, NULL)                \
    F(struct alert_row, occurred,          TIME, alert.occurred,     CLOSED, NULL)                \
    F(struct alert_row, opened,            TIME, alert.opened,       ALWAYS, NULL)                \
    F(struct alert_row, rule,              TEXT, alert.rule_uid,     ALWAYS, NULL)                \
    F(struct alert_row, rule_title,        TEXT, alert.rule_title,   ALWAYS, NULL)                \
    F(struct alert_row, state,             NAME, alert.state,        ALWAYS, &alert_state_naming)

#define INCIDENT_FIELDS(F)                                                                          \
    F(struct incident, acknowledged,      TIME, acknowledged,       ALWAYS, NULL)                   \
    F(struct incident, alert,             INT,  alert,              ALWAYS, NULL)                   \
    F(struct incident, category,          TEXT, category,           ALWAYS, NULL)                   \
    F(struct incident, cause,             TEXT, cause,              ALWAYS, NULL)                   \
    F(struct incident, cause_class,       TEXT, cause_class,        ALWAYS, NULL)                   \
    F(struct incident, closed,            TIME, closed,             ALWAYS, NULL)                   \
    F(struct incident, contained,         TIME, contained,          ALWAYS, NULL)                   \
    F(struct incident, controls,          TEXT, controls,           ALWAYS, NULL)                   \
    F(struct incident, criteria,          TEXT, criteria,           ALWAYS, NULL)                   \
    F(struct incident, decided,           TIME, decided,            ALWAYS, NULL)                   \
    F(struct incident, detected,          TIME, detected,           ALWAYS, NULL)                   \
    F(struct incident, group,             TEXT, group,              ALWAYS, NULL)                   \
    F(struct incident, n_reopened,        UINT, n_reopened,         ALWAYS, NULL)                   \
    F(struct incident, occurred,          TIME, occurred,           ALWAYS, NULL)                   \
    F(struct incident, occurred_estimated,BOOL, occurred_estimated, ALWAYS, NULL)                   \
    F(struct incident, opened,            TIME, opened,             ALWAYS, NULL)                   \
    F(struct incident, owner,             TEXT, owner,              ALWAYS, NULL)                   \
    F(struct incident, reason,            TEXT, reason,             ALWAYS, NULL)                   \
    F(struct incident, recovered,         TIME, recovered,          ALWAYS, NULL)                   \
    F(struct incident, resolved,          TIME, resolved,           ALWAYS, NULL)                   \
    F(struct incident, resolved_by,       TEXT, resolved_by,        ALWAYS, NULL)                   \
    F(struct incident, review,            TEXT, review,             ALWAYS, NULL)                   \
    F(struct incident, severity,          NAME, severity,           ALWAYS, &severity_naming)       \
    F(struct incident, severity_initial,  NAME, severity_initial,   ALWAYS, &severity_naming)       \
    F(struct incident, severity_max,      NAME, severity_max,       ALWAYS, &severity_naming)       \
    F(struct incident, state,             NAME, state,              ALWAYS, &incident_state_naming) \
    F(struct incident, title,             TEXT, title,              ALWAYS, NULL)                   \
    F(struct incident, verdict,           NAME, verdict,            ALWAYS, &verdict_naming)        \
    F(struct incident, waiver,            TEXT, waiver,             ALWAYS, NULL)

#define NONCONFORMITY_FIELDS(F)                                                                               \
    F(struct nonconformity, decided,           TIME, decided,            ALWAYS, NULL)                        \
    F(struct nonconformity, decided_by,        TEXT, decided_by,         ALWAYS, NULL)                        \
    F(struct nonconformity, detected,          TIME, detected,           ALWAYS, NULL)                        \
    F(struct nonconformity, due,               TIME, due,                ALWAYS, NULL)                        \
    F(struct nonconformity, ended,             TIME, ended,              ALWAYS, NULL)                        \
    F(struct nonconformity, evidence,          TEXT, evidence,           ALWAYS, NULL)                        \
    F(struct nonconformity, grade,             NAME, grade,              ALWAYS, &grade_naming)               \
    F(struct nonconformity, last_occurred,     TIME, last_occurred,      ALWAYS, NULL)                        \
    F(struct nonconformity, occurrences,       U64,  occurrences,        ALWAYS, NULL)                        \
    F(struct nonconformity, owner,             TEXT, owner,              ALWAYS, NULL)                        \
    F(struct nonconformity, reason,            TEXT, reason,             ALWAYS, NULL)                        \
    F(struct nonconformity, requirement,       TEXT, requirement,        ALWAYS, NULL)                        \
    F(struct nonconformity, scope,             TEXT, scope,              ALWAYS, NULL)                        \
    F(struct nonconformity, state,             NAME, state,              ALWAYS, &nonconformity_state_naming) \
    F(struct nonconformity, statement,         TEXT, statement,          ALWAYS, NULL)                        \
    F(struct nonconformity, trigger,           TEXT, trigger,            ALWAYS, NULL)

#define SOURCE_FIELDS(F)                                                                            \
    F(struct source_row, controls,       TEXT, source.controls,       ALWAYS, NULL)                 \
    F(struct source_row, criticality,    TEXT, source.criticality,    ALWAYS, NULL)                 \
    F(struct source_row, expected,       BOOL, source.expected,       ALWAYS, NULL)                 \
    F(struct source_row, first_seen,     TIME, source.first_seen,     NEVER,  NULL)                 \
    F(struct source_row, interval_ns,    INT,  source.interval_ns,    ALWAYS, NULL)                 \
    F(struct source_row, last_received,  TIME, source.last_received,  NEVER,  NULL)                 \
    F(struct source_row, last_time,      TIME, source.last_time,      NEVER,  NULL)                 \
    F(struct source_row, n_events,       U64,  source.n_events,       NEVER,  NULL)                 \
    F(struct source_row, name,           TEXT, source.name,           ALWAYS, NULL)                 \
    F(struct source_row, owner,          TEXT, source.owner,          ALWAYS, NULL)                 \
    F(struct source_row, registered,     TIME, source.registered,     ALWAYS, NULL)                 \
    F(struct source_row, required,       BOOL, source.required,       ALWAYS, NULL)                 \
    F(struct source_row, retention_ns,   INT,  source.retention_ns,   ALWAYS, NULL)                 \
    F(struct source_row, silence_ns,     INT,  source.silence_ns,     ALWAYS, NULL)                 \
    F(struct source_row, since,          TIME, source.since,          ALWAYS, NULL)                 \
    F(struct source_row, skew_limit_ns,  INT,  source.skew_limit_ns,  ALWAYS, NULL)                 \
    F(struct source_row, skew_n,         UINT, source.skew_n,         NEVER,  NULL)                 \
    F(struct source_row, skew_ns,        INT,  source.skew_ns,        NEVER,  NULL)                 \
    F(struct source_row, state,          NAME, source.state,          ALWAYS, &source_state_naming) \
    F(struct source_row, usual,          INT,  source.usual,          NEVER,  NULL)                 \
    F(struct source_row, zone,           TEXT, source.zone,           ALWAYS, NULL)

#define MAINTENANCE_FIELDS(F)                                                                             \
    F(struct maintenance, declared,       TIME, declared,              ALWAYS, NULL)                      \
    F(struct maintenance, declared_by,    TEXT, declared_by,           ALWAYS, NULL)                      \
    F(struct maintenance, ended,          TIME, ended,                 ALWAYS, NULL)                      \
    F(struct maintenance, reason,         TEXT, reason,                ALWAYS, NULL)                      \
    F(struct maintenance, report,         TEXT, report,                ALWAYS, NULL)                      \
    F(struct maintenance, scope,          TEXT, scope,                 ALWAYS, NULL)                      \
    F(struct maintenance, starts,         TIME, starts,                ALWAYS, NULL)                      \
    F(struct maintenance, state,          NAME, state,                 ALWAYS, &maintenance_state_naming) \
    F(struct maintenance, until,          TIME, until,                 ALWAYS, NULL)                      \
    F(struct maintenance, window,         TEXT, window,                ALWAYS, NULL)
// clang-format on

#define COLUMN_IN_SQL(s, name, ...) "\"" #name "\", "

/** SELECT_SQL() - the text of a query for records, as noun_take() wants its columns; what follows is the query's own.
 */
#define SELECT_SQL(table, FIELDS) "SELECT number, " FIELDS(COLUMN_IN_SQL) "last_seq FROM " table " "

#define SELECT_ALERT         SELECT_SQL("alert", ALERT_FIELDS)
#define SELECT_INCIDENT      SELECT_SQL("incident", INCIDENT_FIELDS)
#define SELECT_NONCONFORMITY SELECT_SQL("nonconformity", NONCONFORMITY_FIELDS)
#define SELECT_SOURCE        SELECT_SQL("source", SOURCE_FIELDS)
#define SELECT_MAINTENANCE   SELECT_SQL("maintenance", MAINTENANCE_FIELDS)

/* The name of a record in entries, said in SQL, as model/record_id.c prints it. */
#define RECORD_IN_SQL(letter, at) \
    "printf('" letter "-%s-%06d', strftime('%Y', " at " / 1000000000, 'unixepoch'), number)"

#define ALERT_RECORD_SQL         RECORD_IN_SQL("A", "opened")
#define INCIDENT_RECORD_SQL      RECORD_IN_SQL("I", "opened")
#define NONCONFORMITY_RECORD_SQL RECORD_IN_SQL("N", "detected")
#define MAINTENANCE_RECORD_SQL   RECORD_IN_SQL("M", "declared")
#define SOURCE_RECORD_SQL        "'source/' || name"

enum noun_kind { NOUN_ALERT, NOUN_INCIDENT, NOUN_NONCONFORMITY, NOUN_SOURCE, NOUN_MAINTENANCE, NOUNS };

extern const struct noun nouns[NOUNS];

/** noun_clean() - a copy of @record in @arena whose text is plain UTF-8 (canonical_text()). Return: NULL without
 * memory. */
void *noun_clean(const struct noun *noun, const void *record, struct arena *arena);

enum noun_telling {
    NOUN_TELLS_CHANGES,
    NOUN_TELLS_ALL, /* it closes: values that moved without entries while it was open (COVER_CLOSED) too */
};

/**
 * noun_changes() - what differs from @old to @new, as two JSON objects: the new values in @set, the old in @was
 * @old: NULL: the record is new
 *
 * Nothing is written to either where nothing differs.
 */
void noun_changes(const struct noun *noun, const void *old, const void *new, enum noun_telling telling,
    struct buffer *set, struct buffer *was);

/** noun_bind() - bind each column of @record, in order. */
void noun_bind(const struct noun *noun, const void *record, struct query *q);

/** noun_take() - read number and columns from @q into @record; text is SQLite's, valid until the next row. */
void noun_take(const struct noun *noun, struct query *q, void *record);

/** noun_keep() - put the text of @record into @arena. Return: whether there was room. */
bool noun_keep(const struct noun *noun, void *record, struct arena *arena);

/** noun_number() - the number of @record. */
int64_t noun_number(const struct noun *noun, const void *record);
void noun_set_number(const struct noun *noun, void *record, int64_t number);
