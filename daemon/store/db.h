/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Db: one SQLite connection, and queries on it that read straight down.
 *
 * A statement is prepared once and kept under the address of its text, so a query's text must be a constant or live as
 * long as the connection. Values are bound in order, columns taken in order:
 *
 *     CLEANUP_QUERY struct query q = query_on(db, "SELECT body FROM ledger WHERE seq = ?");
 *     query_int(&q, seq);
 *     r = query_row(&q);
 *     if (r == QUERY_ROW)
 *         body = query_take_text(&q);
 *
 * A problem on the way (the statement, a value) shows in query_row() or query_run(). What is empty or zero is bound as
 * NULL where the function says so. Internal to store/; one thread a connection.
 */

#include "base/clock.h"
#include "base/slice.h"

enum { QUERY_ROW = 1 };

enum db_mode { DB_WRITER, DB_READER };

struct db;
struct sqlite3_stmt;

struct query {
    struct db *db;
    struct sqlite3_stmt *stmt; /* NULL: it could not be prepared */
    int at;                    /* the parameter or column last used */
    int r;                     /* the first failure */
};

/** db_open() - open @path; only a writer creates it. Return: 0, -ENOENT or another negative errno. */
int db_open(struct db **out, const char *path, enum db_mode mode);
void db_close(struct db *db);
CLEANUP_DEFINE(db_close, struct db *)

/** db_script() - run statements that bind nothing and yield nothing. Return: 0 or negative errno. */
int db_script(struct db *db, const char *sql);

/** db_in_transaction() - whether one is open. */
bool db_in_transaction(const struct db *db);

/** db_sync_failed() - whether the last failure was of a sync, after which what is on disk is not known. */
bool db_sync_failed(const struct db *db);

struct query query_on(struct db *db, const char *sql);
void query_end(struct query *q);

/** CLEANUP_QUERY - the query declared next is ended on every way out of its scope. */
#define CLEANUP_QUERY __attribute__((cleanup(query_end)))

void query_int(struct query *q, int64_t v);
void query_null(struct query *q);
void query_blob(struct query *q, struct slice v);

/** query_text() - bind text, NULL where empty; the bytes must be UTF-8 and stay until the query has run. */
void query_text(struct query *q, struct slice v);

/** query_time() - bind a time, NULL where not known. */
void query_time(struct query *q, struct walltime v);

/** query_row() - go to the next row. Return: QUERY_ROW, 0 after the last, or negative errno. */
int query_row(struct query *q);

/** query_run() - run a query that yields nothing. Return: 0 or negative errno. */
int query_run(struct query *q);

/* The next column; NULL is 0, {0} or {NULL, 0}. Slices are valid until the next query_row(). */
int64_t query_take_int(struct query *q);
struct walltime query_take_time(struct query *q);
struct slice query_take_text(struct query *q);
struct slice query_take_shown(struct query *q); /* as text, whatever it is */
bool query_take_is_null(struct query *q);       /* looks at the next column without taking it */
