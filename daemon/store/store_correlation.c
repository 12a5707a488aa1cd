/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_correlation.h"

#include <errno.h>

#include "base/error.h"
#include "store/store_alert_groups.h"
#include "store/store_internal.h"

static int
remove_window(struct store *s, struct slice rule_uid, struct slice key)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "DELETE FROM correlation_window WHERE rule = ? AND key = ?");
    int r;

    query_blob(&q, rule_uid);
    query_blob(&q, key);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

static int
put_window(struct store *s, struct slice rule_uid, struct slice key, struct slice state)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "INSERT INTO correlation_window (rule, key, state) VALUES (?, ?, ?)"
                                                   " ON CONFLICT DO UPDATE SET state = excluded.state");
    int r;

    query_blob(&q, rule_uid);
    query_blob(&q, key);
    query_blob(&q, state);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

int
store_window_put(struct store *s, struct slice rule_uid, struct slice key, struct slice state)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = state.n == 0 ? remove_window(s, rule_uid, key) : put_window(s, rule_uid, key, state);
    return store_leave(s, r);
}

int
store_windows_load(struct store *s, store_window_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "SELECT rule, key, state FROM correlation_window");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct slice rule = query_take_text(&q);
        struct slice key = query_take_text(&q);

        r = fn(ctx, rule, key, query_take_text(&q));
        if (r != 0)
            return r;
    }
    return r < 0 ? error_trace(r) : 0;
}

int
store_alerts_load(struct store *s, store_alert_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(s->db, SELECT_WHOLE_ALERT "WHERE state = 'open' ORDER BY number");
    struct alert_row row;
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        arena_reset(&s->scratch);
        r = alert_take(s->db, &q, &s->scratch, &row);
        if (r == 0)
            r = fn(ctx, &row.alert);
        if (r != 0)
            return r;
    }
    return r < 0 ? error_trace(r) : 0;
}
