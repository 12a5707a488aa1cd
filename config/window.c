/* SPDX-License-Identifier: Apache-2.0 */
#include "config/window.h"

#include "base/cursor.h"
#include "parsers/timestamp.h"

#define MINUTE_NS (60 * NS_PER_S)

enum { MINUTES_A_DAY = 24 * 60, MINUTES_A_WEEK = 7 * MINUTES_A_DAY, EPOCH_MINUTE = 3 * MINUTES_A_DAY /* a Thursday */ };

static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static bool
read_day(struct slice *in, unsigned *day)
{
    for (*day = 0; *day < ARRAY_LEN(days); (*day)++)
        if (slice_eq_nocase(slice_head(*in, 3), slice_str(days[*day]))) {
            *in = slice_from(*in, 3);
            return true;
        }
    return false;
}

bool
window_weekly(struct slice text, unsigned *minute)
{
    unsigned day;
    unsigned h;
    unsigned m;

    if (text.n != sizeof("Sun 02:00") - 1 || !read_day(&text, &day) || !cursor_skip(&text, ' ') ||
        !cursor_number(&text, 2, &h) || !cursor_skip(&text, ':') || !cursor_number(&text, 2, &m) || text.n > 0)
        return false;
    if (h > 23 || m > 59)
        return false;
    *minute = day * MINUTES_A_DAY + h * 60 + m;
    return true;
}

void
window_settle(struct maintenance_settings *m)
{
    unsigned minute;

    if (m->from != NULL)
        (void)timestamp_parse_rfc3339(slice_str(m->from), &m->from_at);
    if (m->until != NULL)
        (void)timestamp_parse_rfc3339(slice_str(m->until), &m->until_at);
    if (m->weekly != NULL && window_weekly(slice_str(m->weekly), &minute))
        m->minute_of_week = (unsigned)((int)minute - m->zone_minutes + MINUTES_A_WEEK) % MINUTES_A_WEEK;
}

bool
window_now(const struct maintenance_settings *m, struct walltime now, struct walltime *from, struct walltime *until)
{
    int64_t minute = now.ns / MINUTE_NS;

    if (m->weekly == NULL) {
        *from = m->from_at;
        *until = m->until_at;
    } else {
        from->ns = (minute - (minute + EPOCH_MINUTE - m->minute_of_week) % MINUTES_A_WEEK) * MINUTE_NS;
        until->ns = from->ns + m->duration_ms * NS_PER_MS;
    }
    return now.ns >= from->ns && now.ns < until->ns;
}
