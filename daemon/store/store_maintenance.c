/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_maintenance.h"

#include "base/error.h"
#include "store/store_internal.h"

int
store_maintenance_open(struct store *s, struct maintenance *m, const struct store_move *move)
{
    return store_record_open(s, NOUN_MAINTENANCE, m, move);
}

int
store_maintenance_put(struct store *s, const struct maintenance *m, const struct store_move *move)
{
    return store_record_put(s, NOUN_MAINTENANCE, m, move);
}

int
store_maintenance_load(struct store *s, int64_t number, struct arena *arena, struct maintenance *out)
{
    return store_record_load(s, NOUN_MAINTENANCE, number, arena, out);
}

int
store_maintenance_live(struct store *s, int (*fn)(void *ctx, const struct maintenance *m), void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(
        s->db, SELECT_MAINTENANCE "WHERE state IN ('planned', 'active') ORDER BY number");
    struct maintenance m;
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        noun_take(&nouns[NOUN_MAINTENANCE], &q, &m);
        r = fn(ctx, &m);
        if (r != 0)
            return r;
    }
    return r < 0 ? error_trace(r) : 0;
}

int
store_maintenance_known(struct store *s, struct slice window, struct walltime starts)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "SELECT 1 FROM maintenance WHERE \"window\" = ? AND starts = ?");
    int r;

    query_text(&q, window);
    query_time(&q, starts);
    r = query_row(&q);
    return r < 0 ? error_trace(r) : r == QUERY_ROW;
}
