/* SPDX-License-Identifier: Apache-2.0 */
#include "records/loss_watch.h"

#include <inttypes.h>

enum { MILLION = 1000000 };

static void
add(struct loss_counts *to, const struct loss_counts *more)
{
    to->received += more->received;
    to->dropped += more->dropped;
    to->expired += more->expired;
}

/* Hours that passed hold nothing any more; a clock set back goes on in the latest. */
static void
turn(struct loss_watch *w, struct walltime now)
{
    int64_t hour = now.ns / (3600 * NS_PER_S);

    if (hour - w->hour >= LOSS_HOURS) {
        memset(w->hours, 0, sizeof(w->hours));
        w->hour = hour;
    }
    while (w->hour < hour)
        w->hours[++w->hour % LOSS_HOURS] = (struct loss_counts){0};
}

struct loss_counts
loss_watch_total(const struct loss_watch *w)
{
    struct loss_counts total = {0};
    size_t i;

    for (i = 0; i < LOSS_HOURS; i++)
        add(&total, &w->hours[i]);
    return total;
}

/* Lost of a million; all of it where nothing came. */
static double
ppm(const struct loss_counts *t)
{
    double lost = (double)(t->dropped + t->expired);

    return lost <= 0 ? 0 : lost * MILLION / ((double)t->received + lost);
}

enum hold_change
loss_watch_tick(
    struct loss_watch *w, const struct loss_terms *terms, const struct loss_counts *more, struct walltime now)
{
    struct loss_counts total;
    bool any;

    turn(w, now);
    add(&w->hours[w->hour % LOSS_HOURS], more);
    total = loss_watch_total(w);
    any = total.expired > 0 || (terms->any && total.dropped > 0);
    if (any || ppm(&total) > (double)terms->ppm_max)
        return hold_tick(&w->hold, HOLD_BAD, now, 0, 0);
    return hold_tick(&w->hold, ppm(&total) <= (double)terms->ppm_max / 2 ? HOLD_GOOD : HOLD_NEITHER, now, 0, 0);
}

void
loss_evidence(const struct loss_watch *w, struct buffer *out)
{
    struct loss_counts t = loss_watch_total(w);

    buffer_printf(out, "within 24 hours %" PRIu64 " events were read", t.received);
    if (t.dropped > 0)
        buffer_printf(out, ", %" PRIu64 " datagrams were dropped by the kernel for want of buffer", t.dropped);
    if (t.expired > 0)
        buffer_printf(out, ", %" PRIu64 " records of Kafka partitions were deleted before they were read", t.expired);
    buffer_printf(out, ": %.0f of a million lost", ppm(&t));
}
