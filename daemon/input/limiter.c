/* SPDX-License-Identifier: Apache-2.0 */
#include "input/limiter.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"

enum { PLACES = 1024, WAYS = 4 };

/*
 * A bucket is one time (the generic cell rate algorithm of ITU-T I.371): when it will be full again. A message puts it
 * off by its share of a second; one that would put it off by more than a second from now is too many.
 */
struct entry {
    struct monotime full;
    struct monotime heard;
    uint64_t n_suppressed;
    uint32_t n; /* 0: empty */
    char sender[LIMITER_SENDER_MAX];
};

struct limiter {
    int64_t share_ns;
    limiter_fn *fn;
    void *ctx;
    uint64_t n_evicted;
    struct entry entries[PLACES][WAYS];
};

int
limiter_new(struct limiter **out, uint64_t rate, limiter_fn *fn, void *ctx)
{
    struct limiter *l = calloc(1, sizeof(*l));

    ASSERT(rate > 0);
    if (l == NULL)
        return error_origin(-ENOMEM);
    l->share_ns = (int64_t)((uint64_t)NS_PER_S / rate);
    l->fn = fn;
    l->ctx = ctx;
    *out = l;
    return 0;
}

void
limiter_free(struct limiter *l)
{
    free(l);
}

static void
report(struct limiter *l, struct entry *e)
{
    uint64_t n = e->n_suppressed;

    e->n_suppressed = 0;
    if (n > 0)
        l->fn(l->ctx, slice_of(e->sender, e->n), n);
}

static void
take_place(struct limiter *l, struct entry *e, struct slice sender)
{
    if (e->n > 0) {
        l->n_evicted++;
        report(l, e);
    }
    *e = (struct entry){.n = (uint32_t)sender.n};
    memcpy(e->sender, sender.p, sender.n);
}

static struct entry *
find(struct limiter *l, struct slice sender)
{
    struct entry *ways = l->entries[hash_keyed(sender) % PLACES];
    struct entry *oldest = &ways[0];

    for (size_t i = 0; i < WAYS; i++) {
        if (ways[i].n > 0 && slice_eq(slice_of(ways[i].sender, ways[i].n), sender))
            return &ways[i];
        if (ways[i].n == 0 || ways[i].heard.ns < oldest->heard.ns)
            oldest = &ways[i];
        if (oldest->n == 0)
            break;
    }
    take_place(l, oldest, sender);
    return oldest;
}

bool
limiter_take(struct limiter *l, struct slice sender, struct monotime now)
{
    struct entry *e;
    int64_t full;

    if (sender.n == 0)
        return true;
    e = find(l, slice_head(sender, LIMITER_SENDER_MAX));
    e->heard = now;
    full = (e->full.ns > now.ns ? e->full.ns : now.ns) + l->share_ns;
    if (full - now.ns > NS_PER_S) {
        e->n_suppressed++;
        return false;
    }
    e->full.ns = full;
    return true;
}

void
limiter_report(struct limiter *l)
{
    for (size_t i = 0; i < PLACES; i++)
        for (size_t k = 0; k < WAYS; k++)
            report(l, &l->entries[i][k]);
}

uint64_t
limiter_evicted(const struct limiter *l)
{
    return l->n_evicted;
}
