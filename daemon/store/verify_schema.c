/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What comes before any row: that the file is a sound database, and that its tables, indexes and triggers are those
 * that the migrations make. An index that leaves out a row hides it from whoever lists records; a trigger that is gone,
 * or added, changes what is written from now on.
 */

#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "store/schema.h"
#include "store/verify_internal.h"

/* SQLite's own check of the file: pages, indexes against tables, constraints. */
static int
check_integrity(struct verify *v)
{
    CLEANUP_QUERY struct query q = query_on(v->db, "PRAGMA integrity_check(20)");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice words = query_take_text(&q);

        if (!slice_eq(words, SLICE("ok")))
            verify_find(v, VERIFY_DATABASE, -1, SLICE("records.db"), SLICE_FMT, SLICE_ARG(words));
    }
    if (r == -ENOMEM || r == -EUCLEAN)
        return error_trace(r);
    if (r < 0)
        verify_find(v, VERIFY_DATABASE, -1, SLICE("records.db"), "the database's own check of itself fails");
    return 0;
}

/* The schema as it should be, in memory. What notes the migrations is in none of them. */
static int
make_expected(struct db **out)
{
    CLEANUP(db_close) struct db *db = NULL;
    size_t i;
    int r;

    r = db_open(&db, ":memory:", DB_WRITER);
    if (r == 0)
        r = db_script(db, "CREATE TABLE migration (version INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
                          " about TEXT NOT NULL) STRICT");
    for (i = 0; i < schema_n_migrations && r == 0; i++)
        r = db_script(db, schema_migrations[i].sql);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(db);
    return 0;
}

/* Tells each table, index, view and trigger that @a has and @b has not, or not so. */
static int
find_objects(struct verify *v, struct db *a, struct db *b, const char *sentence)
{
    CLEANUP_QUERY struct query q = query_on(
        a, "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY 1");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        CLEANUP_QUERY struct query other = query_on(
            b, "SELECT 1 FROM sqlite_schema WHERE type || ' ' || name = ?1 AND sql IS ?2");
        struct slice name = query_take_text(&q);
        int found;

        query_text(&other, name);
        query_text(&other, query_take_text(&q));
        found = query_row(&other);
        if (found < 0)
            return error_trace(found);
        if (found == 0)
            verify_find(v, VERIFY_DATABASE, -1, name, "%s", sentence);
        v->summary->n_rows[VERIFY_DATABASE]++;
    }
    return r < 0 ? error_trace(r) : 0;
}

static int
check_objects(struct verify *v)
{
    CLEANUP(db_close) struct db *expected = NULL;
    int r;

    r = make_expected(&expected);
    if (r == 0)
        r = find_objects(v, expected, v->db, "is missing, or not as the schema has it");
    v->summary->n_rows[VERIFY_DATABASE] = 0;
    if (r == 0)
        r = find_objects(v, v->db, expected, "is not of the schema");
    return r < 0 ? error_trace(r) : 0;
}

/* The row of the migration @m. */
static int
check_migration(struct verify *v, const struct migration *m)
{
    CLEANUP_QUERY struct query q = query_on(v->db,
        "SELECT version, about, at >"
        " (SELECT json_extract(body, '$.at') FROM ledger WHERE seq = 0 AND json_valid(body))"
        " FROM (SELECT ?1 AS wanted) LEFT JOIN migration ON version = wanted");
    struct slice about;
    char key[16];
    bool missing;
    int r;

    (void)snprintf(key, sizeof(key), "%d", m->version);
    query_int(&q, m->version);
    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    missing = query_take_is_null(&q);
    (void)query_take_int(&q);
    about = query_take_text(&q);
    if (missing)
        verify_find(v, VERIFY_MIGRATION, -1, slice_str(key), "is missing, but should be '%s'", m->about);
    else if (!slice_eq(about, slice_str(m->about)))
        verify_find(v, VERIFY_MIGRATION, -1, slice_str(key),
            "about is '" SLICE_FMT "' on record, but '%s' by the schema", SLICE_ARG(about), m->about);
    else if (m->version == 1 && query_take_int(&q) != 0)
        verify_find(v, VERIFY_MIGRATION, 0, slice_str(key), "is later than the ledger, which began with it");
    return 0;
}

static int
check_migrations(struct verify *v)
{
    CLEANUP_QUERY struct query q = query_on(
        v->db, "SELECT CAST(version AS TEXT) FROM migration WHERE version < 1 OR version > ?");
    int latest = schema_migrations[schema_n_migrations - 1].version;
    int version;
    size_t i;
    int r;

    r = schema_version(v->db, &version);
    if (r == 0 && version != latest)
        verify_find(v, VERIFY_DATABASE, -1, SLICE("user_version"),
            "the schema is of version %d, and this program knows %d: verify with the one that wrote it", version,
            latest);
    for (i = 0; i < schema_n_migrations && r == 0; i++)
        r = check_migration(v, &schema_migrations[i]);
    if (r < 0)
        return error_trace(r);
    query_int(&q, latest);
    while ((r = query_row(&q)) == QUERY_ROW)
        verify_find(v, VERIFY_MIGRATION, -1, query_take_text(&q), "is none that the schema knows");
    return r < 0 ? error_trace(r) : 0;
}

int
verify_schema(struct verify *v)
{
    int r;

    r = check_integrity(v);
    if (r == 0)
        r = check_objects(v);
    if (r == 0)
        r = check_migrations(v);
    return r < 0 ? error_trace(r) : 0;
}
