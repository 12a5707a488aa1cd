/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The daemon's working state: what it needs to go on after a restart, and what it measures of its own. No entry covers
 * it; what can be said is that nothing in it is impossible.
 */

#include "base/error.h"
#include "model/source.h"
#include "store/verify_internal.h"

_Static_assert(LAG_BUCKETS == 40, "as the query below has it");

static const char lags[] =
    "SELECT printf('hour %d, kind %d, bucket %d', hour, kind, bucket), 'there is no such bucket' FROM lag"
    " WHERE hour < 0 OR kind NOT IN (0, 1) OR bucket NOT BETWEEN 0 AND 39"
    " UNION ALL "
    "SELECT printf('hour %d, kind %d, bucket %d', hour, kind, bucket), printf('n is ''%d'', which counts nothing', n)"
    " FROM lag WHERE n <= 0";

static const char windows[] =
    "SELECT 'rule ' || CAST(rule AS TEXT), 'is of no rule, or has no state' FROM correlation_window"
    " WHERE length(rule) = 0 OR length(state) = 0";

static const char positions[] = "SELECT printf('%s, partition %d', stream, partition), 'is no place in a stream'"
                                " FROM position WHERE length(stream) = 0 OR partition < 0 OR next < 0 OR epoch < -1";

static const char activity[] = "SELECT 'source/' || name, 'a time or a count is negative' FROM source"
                               " WHERE first_seen < 0 OR last_received < 0 OR last_time < 0 OR n_events < 0"
                               " OR skew_n < 0 OR usual < 0";

static const char hours[] = "SELECT printf('%s, hour %d', source, hour), 'is no hour of a source' FROM source_hour"
                            " WHERE length(source) = 0 OR hour < 0 OR n < 0";

static const char learned[] =
    "SELECT name, 'is no host that was heard' FROM learned WHERE length(name) = 0 OR is_peer NOT IN (0, 1)"
    " OR n_events <= 0 OR skew_n < 0 OR first_seen <= 0 OR last_seen <= 0";

int
verify_state(struct verify *v)
{
    int r;

    r = verify_each(v, VERIFY_LAG, lags);
    if (r == 0)
        r = verify_each(v, VERIFY_CORRELATION_WINDOW, windows);
    if (r == 0)
        r = verify_each(v, VERIFY_POSITION, positions);
    if (r == 0)
        r = verify_each(v, VERIFY_SOURCE, activity);
    if (r == 0)
        r = verify_each(v, VERIFY_SOURCE_HOUR, hours);
    if (r == 0)
        r = verify_each(v, VERIFY_LEARNED, learned);
    return r < 0 ? error_trace(r) : 0;
}
