/* SPDX-License-Identifier: Apache-2.0 */
#include "records/clock_watch.h"

#include <stdlib.h>

#include "model/source.h"

#define MINUTE_NS    (60 * NS_PER_S)
#define ZONE_STEP_NS (30 * MINUTE_NS)
#define ZONE_NEAR_NS (2 * MINUTE_NS)
#define ZONE_MAX_NS  (14 * 60 * MINUTE_NS)

enum { RELEASE_SHARE = 4 }; /* good for a quarter of the hold ends it */

void
skew_add(struct skew_window *w, int64_t ns)
{
    w->ns[w->next] = ns;
    w->next = (w->next + 1) % SKEW_WINDOW;
    w->n += w->n < SKEW_WINDOW;
}

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int64_t
skew_quantile(const struct skew_window *w, double q)
{
    int64_t sorted[SKEW_WINDOW];

    ASSERT(w->n > 0);
    memcpy(sorted, w->ns, w->n * sizeof(sorted[0]));
    qsort(sorted, w->n, sizeof(sorted[0]), compare);
    return sorted[(unsigned)(q * (w->n - 1) + 0.5)];
}

/* Stamps of a zone east of the one assumed are read as too late a time, so they seem to come before they were sent. */
int
skew_zone(int64_t skew_ns)
{
    int64_t half = skew_ns < 0 ? -ZONE_STEP_NS / 2 : ZONE_STEP_NS / 2;
    int64_t steps = skew_ns > ZONE_MAX_NS * 2 || skew_ns < -ZONE_MAX_NS * 2 ? 0 : (skew_ns + half) / ZONE_STEP_NS;
    int64_t off = skew_ns - steps * ZONE_STEP_NS;

    if (steps * ZONE_STEP_NS > ZONE_MAX_NS || steps * ZONE_STEP_NS < -ZONE_MAX_NS)
        return 0;
    return off > ZONE_NEAR_NS || off < -ZONE_NEAR_NS ? 0 : (int)(-steps * (ZONE_STEP_NS / MINUTE_NS));
}

static int64_t
size_of(int64_t ns)
{
    return ns < 0 ? ns == INT64_MIN ? INT64_MAX : -ns : ns;
}

enum hold_change
clock_watch_tick(
    struct hold *h, const struct clock_terms *terms, int64_t skew_ns, struct walltime now, enum trigger *trigger)
{
    int64_t size = size_of(skew_ns);
    bool off = terms->limit_ns > 0 && size > terms->limit_ns;
    bool zone = skew_zone(skew_ns) != 0;
    bool good = terms->limit_ns == 0 || size <= terms->limit_ns / 4 * 3;

    *trigger = zone ? TRIGGER_ZONE : TRIGGER_CLOCK;
    return hold_tick(h,
        off    ? HOLD_BAD
        : good ? HOLD_GOOD
               : HOLD_NEITHER,
        now, zone ? terms->zone_hold_ns : terms->skew_hold_ns, terms->skew_hold_ns / RELEASE_SHARE);
}

static void
add_signed(struct buffer *out, int64_t ns)
{
    char text[DURATION_TEXT_MAX];

    ns = source_skew_shown(ns);
    if (size_of(ns) < NS_PER_MS)
        buffer_add(out, SLICE("0 ms"));
    else
        buffer_printf(out, "%s %s", duration_print(size_of(ns), text), ns > 0 ? "late" : "early");
}

static void
add_zone(struct buffer *out, int minutes)
{
    int size = abs(minutes);

    buffer_printf(out, "%c%02d:%02d", minutes < 0 ? '-' : '+', size / 60, size % 60);
}

/* "late" and "early" are the stamps', as they stand beside the time of receipt. */
void
clock_evidence(const struct skew_window *w, const struct clock_context *c, struct buffer *out)
{
    int64_t median = skew_quantile(w, 0.5);
    int zone = skew_zone(median);
    char limit[DURATION_TEXT_MAX];

    buffer_add(out, SLICE("by their time stamps events come "));
    add_signed(out, median);
    buffer_printf(out, ", in the median of %u (from ", w->n);
    add_signed(out, skew_quantile(w, 0.1));
    buffer_add(out, SLICE(" to "));
    add_signed(out, skew_quantile(w, 0.9));
    buffer_printf(out, " for four fifths of them); the limit is %s", duration_print(c->limit_ns, limit));
    if (zone != 0 && c->zone_stated) {
        buffer_printf(out,
            "; whole hours are a mistake about the zone: the stamps name one that is %d h %02d min off, "
            "to be set right at the sender",
            abs(zone) / 60, abs(zone) % 60);
    } else if (zone != 0) {
        buffer_add(out, SLICE("; whole hours are a mistake about the zone: the stamps name none and are read as "));
        add_zone(out, c->zone_minutes);
        buffer_add(out, SLICE(", but look like "));
        add_zone(out, c->zone_minutes + zone);
        buffer_add(out, SLICE(": say so in the source's 'zone'"));
    } else if (median > 0 && skew_quantile(w, 0.1) <= c->limit_ns) {
        buffer_add(out, SLICE("; some come in time, so it may be late delivery and not the clock"));
    }
}
