/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_nonconformities.h"

#include <errno.h>

#include "base/error.h"
#include "store/store_internal.h"

int
store_nonconformity_open(struct store *s, struct nonconformity *n, const struct store_move *move)
{
    return store_record_open(s, NOUN_NONCONFORMITY, n, move);
}

int
store_nonconformity_put(struct store *s, const struct nonconformity *n, const struct store_move *move)
{
    return store_record_put(s, NOUN_NONCONFORMITY, n, move);
}

int
store_nonconformity_load(struct store *s, int64_t number, struct arena *arena, struct nonconformity *out)
{
    return store_record_load(s, NOUN_NONCONFORMITY, number, arena, out);
}

static int
find(struct store *s, struct slice trigger, struct slice requirement, struct slice scope, struct arena *arena,
    struct nonconformity *out)
{
    CLEANUP_QUERY struct query q = query_on(s->db,
        SELECT_NONCONFORMITY "WHERE \"trigger\" IS ? AND requirement IS ? AND scope IS ?"
                             " AND state <> 'rejected' ORDER BY number DESC LIMIT 1");
    int r;

    query_text(&q, store_plain(s, trigger));
    query_text(&q, store_plain(s, requirement));
    query_text(&q, store_plain(s, scope));
    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    if (r == 0)
        return STORE_E_NOT_FOUND;
    noun_take(&nouns[NOUN_NONCONFORMITY], &q, out);
    return noun_keep(&nouns[NOUN_NONCONFORMITY], out, arena) ? 0 : error_origin(-ENOMEM);
}

int
store_nonconformity_find(struct store *s, struct slice trigger, struct slice requirement, struct slice scope,
    struct arena *arena, struct nonconformity *out)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = find(s, trigger, requirement, scope, arena, out);
    return store_leave(s, r);
}
