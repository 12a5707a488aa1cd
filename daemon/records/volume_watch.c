/* SPDX-License-Identifier: Apache-2.0 */
#include "records/volume_watch.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    WEEK = 7 * 24,
    WEEKS = 5,
    WEEKS_MIN = 3,
    DAY = 24,
    DAYS = 14,
    DAYS_MIN = 4,
    SAMPLES_MAX = DAYS,
    RETURN_FACTOR = 3,
    EPOCH_WEEKDAY = 3, /* a Thursday, from Monday on */
};

_Static_assert(SAMPLES_MAX >= WEEKS && VOLUME_HOURS > WEEKS * WEEK, "there is room for all that is looked back at");

static uint32_t *
slot(struct volume_history *h, int64_t hour)
{
    return &h->counts[hour % VOLUME_HOURS];
}

void
volume_note(struct volume_history *h, int64_t hour, uint64_t n)
{
    int64_t k;

    if (hour <= h->hour - VOLUME_HOURS || hour < 0)
        return;
    if (hour - h->hour >= VOLUME_HOURS)
        memset(h->counts, 0, sizeof(h->counts));
    else
        for (k = h->hour + 1; k < hour; k++)
            *slot(h, k) = 0;
    if (hour > h->hour)
        h->hour = hour;
    *slot(h, hour) = n >= UINT32_MAX ? UINT32_MAX : (uint32_t)n + 1;
}

int64_t
volume_of(const struct volume_history *h, int64_t hour)
{
    if (hour > h->hour || hour <= h->hour - VOLUME_HOURS || hour < 0)
        return -1;
    return (int64_t)h->counts[hour % VOLUME_HOURS] - 1;
}

static bool
is_weekend(int64_t hour)
{
    return (hour / DAY + EPOCH_WEEKDAY) % 7 >= 5;
}

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Of an even number the lower of the middle two: it never claims more than was seen. */
static int64_t
median(int64_t *samples, size_t n)
{
    qsort(samples, n, sizeof(*samples), compare);
    return samples[(n - 1) / 2];
}

static size_t
same_hour_of_the_week(const struct volume_history *h, int64_t hour, int64_t samples[static SAMPLES_MAX])
{
    size_t n = 0;
    int k;

    for (k = 1; k <= WEEKS; k++) {
        samples[n] = volume_of(h, hour - k * WEEK);
        n += samples[n] >= 0;
    }
    return n;
}

static size_t
same_hour_of_like_days(const struct volume_history *h, int64_t hour, int64_t samples[static SAMPLES_MAX])
{
    size_t n = 0;
    int k;

    for (k = 1; k <= DAYS && n < SAMPLES_MAX; k++) {
        if (is_weekend(hour - k * DAY) != is_weekend(hour))
            continue;
        samples[n] = volume_of(h, hour - k * DAY);
        n += samples[n] >= 0;
    }
    return n;
}

int64_t
volume_usual(const struct volume_history *h, int64_t hour)
{
    int64_t samples[SAMPLES_MAX + 1];
    size_t n = same_hour_of_the_week(h, hour, samples);

    if (n >= WEEKS_MIN)
        return median(samples, n);
    n = same_hour_of_like_days(h, hour, samples);
    return n >= DAYS_MIN ? median(samples, n) : -1;
}

/* One hour by itself. */
static enum volume_verdict
judge_hour(const struct volume_history *h, const struct volume_terms *t, int64_t hour)
{
    int64_t usual = volume_usual(h, hour);
    int64_t n = volume_of(h, hour);
    double share;

    if (n < 0 || usual < (int64_t)t->least || usual <= 0)
        return VOLUME_UNKNOWN;
    if (n == 0 && t->tells_silence)
        return VOLUME_BETWEEN;
    share = 100.0 * (double)n / (double)usual;
    if (t->low > 0 && share < (double)t->low)
        return VOLUME_COLLAPSED;
    if (t->high > 0 && share > (double)t->high)
        return VOLUME_SURGED;
    if ((t->low > 0 && share < (double)(RETURN_FACTOR * t->low)) ||
        (t->high > 0 && share > (double)t->high / RETURN_FACTOR))
        return VOLUME_BETWEEN;
    return VOLUME_USUAL;
}

enum volume_verdict
volume_judge(const struct volume_history *h, const struct volume_terms *terms)
{
    enum volume_verdict verdict = judge_hour(h, terms, h->hour);
    unsigned k;

    for (k = 1; k < terms->hours && (verdict == VOLUME_COLLAPSED || verdict == VOLUME_SURGED); k++)
        if (judge_hour(h, terms, h->hour - k) != verdict)
            verdict = VOLUME_BETWEEN;
    return verdict;
}

void
volume_evidence(const struct volume_history *h, const struct volume_terms *terms, struct buffer *out)
{
    unsigned k;

    for (k = terms->hours; k-- > 0;) {
        int64_t hour = h->hour - k;
        char time[WALLTIME_TEXT_MAX];

        buffer_printf(out, "%s%" PRId64 " events in the hour from %s, where %" PRId64 " are usual",
            k + 1 == terms->hours ? "" : "; ", volume_of(h, hour),
            walltime_print((struct walltime){hour * VOLUME_HOUR_S * NS_PER_S}, time), volume_usual(h, hour));
    }
}
