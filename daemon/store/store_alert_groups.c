/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_alert_groups.h"

#include <errno.h>

#include "base/error.h"
#include "ledger/canonical.h"

struct slice
alert_groups_print(const struct alert *alert, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer plain = {0};
    size_t start = out->n;
    struct canonical c;
    size_t i;

    if (alert->n_groups == 0)
        return SLICE("");
    canonical_begin(&c, out);
    canonical_array(&c, NULL);
    for (i = 0; i < alert->n_groups; i++) {
        canonical_array(&c, NULL);
        canonical_string(&c, NULL, canonical_text(&plain, alert->groups[i].name));
        if (alert->groups[i].absent)
            canonical_null(&c, NULL);
        else
            canonical_string(&c, NULL, canonical_text(&plain, alert->groups[i].value));
        canonical_close(&c);
    }
    canonical_close(&c);
    out->failed = out->failed || plain.failed;
    return out->failed ? SLICE("") : slice_from(buffer_slice(out), start);
}

int
alert_groups_load(struct db *db, struct slice text, struct arena *arena, struct alert *alert)
{
    CLEANUP_QUERY struct query q = query_on(
        db, "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?) ORDER BY key");
    int r;

    alert->n_groups = 0;
    if (text.n == 0)
        return 0;
    query_text(&q, text);
    while ((r = query_row(&q)) == QUERY_ROW && alert->n_groups < ALERT_GROUP_MAX) {
        struct alert_group *g = &alert->groups[alert->n_groups++];

        g->name = arena_copy(arena, query_take_text(&q));
        g->absent = query_take_is_null(&q);
        g->value = arena_copy(arena, query_take_text(&q));
    }
    if (arena->overflowed)
        return error_origin(-ENOMEM);
    return r < 0 ? error_trace(r) : 0;
}

int
alert_take(struct db *db, struct query *q, struct arena *arena, struct alert_row *row)
{
    int r;

    noun_take(&nouns[NOUN_ALERT], q, row);
    row->alert.key = query_take_text(q);
    row->alert.minute = query_take_int(q);
    row->alert.n_minute = (uint64_t)query_take_int(q);
    r = alert_groups_load(db, row->group, arena, &row->alert);
    return r < 0 ? error_trace(r) : 0;
}
