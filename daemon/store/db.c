/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"

enum { DB_STATEMENTS = 256, DB_BUSY_MS = 5000 };

struct db {
    sqlite3 *handle;
    struct {
        const char *sql;
        sqlite3_stmt *stmt;
    } statements[DB_STATEMENTS]; /* open addressing by the text's address */
};

/* What SQLite says, as errno; NOSPC stands apart because an operator can do something about it. */
static int
errno_of(sqlite3 *handle, int code)
{
    int system = handle == NULL ? 0 : sqlite3_system_errno(handle);

    switch (code & 0xff) {
    case SQLITE_FULL:
        return ENOSPC;
    case SQLITE_IOERR:
        return system == ENOSPC || system == EDQUOT || system == EFBIG ? ENOSPC : EIO;
    case SQLITE_NOMEM:
        return ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return EBUSY;
    case SQLITE_CANTOPEN:
        return system != 0 ? system : ENOENT;
    case SQLITE_READONLY:
        return EROFS;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return EUCLEAN;
    case SQLITE_CONSTRAINT:
        return EINVAL;
    default:
        return EIO;
    }
}

static int
fail(struct db *db, int code, const char *sql)
{
    log_error("store", "%s (%.100s)", sqlite3_errmsg(db->handle), sql);
    return error_origin(-errno_of(db->handle, code));
}

/* FULL: a commit that returned is on the disk. The page cache is bounded; WAL is copied back every 4,000 pages. */
static const char pragmas_of_writer[] = "PRAGMA journal_mode=WAL;"
                                        "PRAGMA synchronous=FULL;"
                                        "PRAGMA wal_autocheckpoint=4000;"
                                        "PRAGMA cache_size=-32768;"
                                        "PRAGMA recursive_triggers=ON";
static const char pragmas_of_reader[] = "PRAGMA cache_size=-8192;"
                                        "PRAGMA temp_store=MEMORY";

int
db_open(struct db **out, const char *path, enum db_mode mode)
{
    CLEANUP(db_close) struct db *db = NULL;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int r;

    db = calloc(1, sizeof(*db));
    if (db == NULL)
        return error_origin(-ENOMEM);
    flags |= mode == DB_WRITER ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    r = sqlite3_open_v2(path, &db->handle, flags, NULL);
    if (r != SQLITE_OK)
        return error_origin(-errno_of(db->handle, r));
    (void)sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
    r = db_script(db, mode == DB_WRITER ? pragmas_of_writer : pragmas_of_reader);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(db);
    return 0;
}

void
db_close(struct db *db)
{
    size_t i;

    if (db == NULL)
        return;
    for (i = 0; i < DB_STATEMENTS; i++)
        (void)sqlite3_finalize(db->statements[i].stmt);
    (void)sqlite3_close(db->handle);
    free(db);
}

int
db_script(struct db *db, const char *sql)
{
    int r = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

    return r == SQLITE_OK ? 0 : fail(db, r, sql);
}

bool
db_in_transaction(const struct db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

bool
db_sync_failed(const struct db *db)
{
    int code = sqlite3_extended_errcode(db->handle);

    return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

struct query
query_on(struct db *db, const char *sql)
{
    size_t at = ((uintptr_t)sql >> 3) * 31 % DB_STATEMENTS;
    struct query q = {.db = db};
    size_t tries;

    for (tries = 0; db->statements[at].sql != NULL && db->statements[at].sql != sql; tries++) {
        ASSERT(tries < DB_STATEMENTS);
        at = (at + 1) % DB_STATEMENTS;
    }
    if (db->statements[at].sql == NULL) {
        int r = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &db->statements[at].stmt, NULL);

        if (r != SQLITE_OK)
            q.r = fail(db, r, sql);
        else
            db->statements[at].sql = sql;
    }
    q.stmt = db->statements[at].stmt;
    return q;
}

void
query_end(struct query *q)
{
    if (q->stmt != NULL)
        (void)sqlite3_reset(q->stmt);
}

/* Notes the outcome @r of binding a value. */
static void
bound(struct query *q, int r)
{
    if (r != SQLITE_OK && q->r == 0)
        q->r = fail(q->db, r, sqlite3_sql(q->stmt));
}

void
query_int(struct query *q, int64_t v)
{
    if (q->r == 0)
        bound(q, sqlite3_bind_int64(q->stmt, ++q->at, v));
}

void
query_null(struct query *q)
{
    if (q->r == 0)
        bound(q, sqlite3_bind_null(q->stmt, ++q->at));
}

void
query_blob(struct query *q, struct slice v)
{
    if (q->r == 0)
        bound(q, sqlite3_bind_blob64(q->stmt, ++q->at, v.n == 0 ? "" : v.p, v.n, SQLITE_STATIC));
}

void
query_text(struct query *q, struct slice v)
{
    if (v.n == 0)
        query_null(q);
    else if (q->r == 0)
        bound(q, sqlite3_bind_text64(q->stmt, ++q->at, v.p, v.n, SQLITE_STATIC, SQLITE_UTF8));
}

void
query_time(struct query *q, struct walltime v)
{
    if (v.ns == 0)
        query_null(q);
    else
        query_int(q, v.ns);
}

int
query_row(struct query *q)
{
    int r;

    if (q->r < 0)
        return error_trace(q->r);
    q->at = -1;
    r = sqlite3_step(q->stmt);
    if (r == SQLITE_ROW)
        return QUERY_ROW;
    if (r != SQLITE_DONE)
        q->r = fail(q->db, r, sqlite3_sql(q->stmt));
    (void)sqlite3_reset(q->stmt);
    q->at = 0;
    return q->r < 0 ? error_trace(q->r) : 0;
}

int
query_run(struct query *q)
{
    int r = query_row(q);

    ASSERT(r != QUERY_ROW);
    return r;
}

int64_t
query_take_int(struct query *q)
{
    return sqlite3_column_int64(q->stmt, ++q->at);
}

struct walltime
query_take_time(struct query *q)
{
    return (struct walltime){sqlite3_column_int64(q->stmt, ++q->at)};
}

struct slice
query_take_text(struct query *q)
{
    int at = ++q->at;
    const void *p = sqlite3_column_type(q->stmt, at) == SQLITE_TEXT ? (const void *)sqlite3_column_text(q->stmt, at)
                                                                    : sqlite3_column_blob(q->stmt, at);

    return slice_of(p, p == NULL ? 0 : (size_t)sqlite3_column_bytes(q->stmt, at));
}

struct slice
query_take_shown(struct query *q)
{
    const void *p = sqlite3_column_text(q->stmt, ++q->at);

    return slice_of(p, p == NULL ? 0 : (size_t)sqlite3_column_bytes(q->stmt, q->at));
}

bool
query_take_is_null(struct query *q)
{
    return sqlite3_column_type(q->stmt, q->at + 1) == SQLITE_NULL;
}
