/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_positions.h"

#include "base/error.h"
#include "store/store_internal.h"

static int
put_position(struct store *s, const struct position *at)
{
    CLEANUP_QUERY struct query q = query_on(s->db,
        "INSERT INTO position (stream, partition, next, epoch) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET next = excluded.next, epoch = excluded.epoch");
    int r;

    query_text(&q, at->stream);
    query_int(&q, at->partition);
    query_int(&q, at->offset);
    query_int(&q, at->epoch);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

int
store_position_put(struct store *s, const struct position *at)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = put_position(s, at);
    return store_leave(s, r);
}

int
store_positions_load(struct store *s, store_position_fn *fn, void *ctx)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "SELECT stream, partition, next, epoch FROM position");
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        struct position at = {.stream = query_take_text(&q)};

        at.partition = (int32_t)query_take_int(&q);
        at.offset = query_take_int(&q);
        at.epoch = (int32_t)query_take_int(&q);
        r = fn(ctx, &at);
        if (r != 0)
            return r;
    }
    return r < 0 ? error_trace(r) : 0;
}
