/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Rows as they stand against rows as the entries say, and the sentences in which a difference is told, for all tables
 * alike.
 */

#include "base/error.h"
#include "store/verify_internal.h"

enum { SHOWN_MAX = 80 };

/* A value for people. */
static struct slice
shown(struct slice v)
{
    return v.p == NULL ? SLICE("nothing") : slice_head(v, SHOWN_MAX);
}

void
verify_differs(struct verify *v, enum verify_subject subject, int64_t seq, struct slice key, struct slice column,
    struct slice live, struct slice told)
{
    live = shown(live);
    told = shown(told);
    verify_find(v, subject, seq, key, SLICE_FMT " is '" SLICE_FMT "' on record, but '" SLICE_FMT "' by the %s",
        SLICE_ARG(column), SLICE_ARG(live), SLICE_ARG(told), verify_subjects[subject].by);
}

int
verify_each(struct verify *v, enum verify_subject subject, const char *sql)
{
    CLEANUP_QUERY struct query q = query_on(v->db, sql);
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice key = query_take_text(&q);
        struct slice sentence = query_take_text(&q);

        verify_find(v, subject, -1, key, SLICE_FMT, SLICE_ARG(sentence));
    }
    return r < 0 ? error_trace(r) : 0;
}

/* A row on both sides: tells each column in which they differ. */
static int
find_columns(
    struct verify *v, enum verify_subject subject, int64_t seq, struct slice key, struct slice live, struct slice told)
{
    CLEANUP_QUERY struct query q = query_on(v->db,
        "SELECT l.key, l.value, t.value FROM json_each(?1) AS l JOIN json_each(?2) AS t ON t.key = l.key"
        " WHERE l.value IS NOT t.value");
    int r;

    query_text(&q, live);
    query_text(&q, told);
    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice column = query_take_text(&q);
        struct slice is = query_take_shown(&q);

        verify_differs(v, subject, seq, key, column, is, query_take_shown(&q));
    }
    return r < 0 ? error_trace(r) : 0;
}

static int
find_rows(struct verify *v, enum verify_subject subject)
{
    CLEANUP_QUERY struct query q = query_on(v->db,
        "SELECT l.key, t.seq, l.fields, t.fields FROM live AS l LEFT JOIN told AS t ON t.key = l.key"
        " WHERE l.fields IS NOT t.fields"
        " UNION ALL "
        "SELECT key, seq, NULL, fields FROM told WHERE NOT EXISTS (SELECT 1 FROM live WHERE live.key = told.key)");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice key = query_take_text(&q);
        int64_t seq = query_take_is_null(&q) ? -1 : 0;
        struct slice live;
        struct slice told;

        seq += query_take_int(&q);
        live = query_take_text(&q);
        told = query_take_text(&q);
        if (live.p == NULL)
            verify_find(v, subject, seq, key, "is missing, but should be " SLICE_FMT, SLICE_ARG(told));
        else if (told.p == NULL)
            verify_find(v, subject, -1, key, "no entry speaks of this row, " SLICE_FMT, SLICE_ARG(live));
        else if ((r = find_columns(v, subject, seq, key, live, told)) < 0)
            return error_trace(r);
    }
    return r < 0 ? error_trace(r) : 0;
}

int
verify_compare(struct verify *v, enum verify_subject subject, const char *script)
{
    static const char tables[] =
        "CREATE TEMP TABLE IF NOT EXISTS told (key TEXT PRIMARY KEY, seq INTEGER, fields TEXT) WITHOUT ROWID;"
        "CREATE TEMP TABLE IF NOT EXISTS live (key TEXT, fields TEXT, PRIMARY KEY (key, fields)) WITHOUT ROWID;"
        "DELETE FROM told; DELETE FROM live";
    int r;

    r = db_script(v->db, tables);
    if (r == 0)
        r = db_script(v->db, script);
    if (r == 0)
        r = find_rows(v, subject);
    return r < 0 ? error_trace(r) : 0;
}
