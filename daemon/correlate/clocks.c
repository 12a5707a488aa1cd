/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/clocks.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"

enum { NOBODYS = CLOCKS_SENDERS, FIRST_CONFIGURED };

#define STANDS INT64_MAX

void
clocks_fini(struct clocks *c)
{
    free(c->of);
    *c = (struct clocks){0};
}

/* The hash is the same in every process, for windows outlast them; who shares a clock by it may only be told late. */
uint16_t
clocks_source(const struct event *event)
{
    if (event->source < CLOCK_NONE - FIRST_CONFIGURED)
        return (uint16_t)(FIRST_CONFIGURED + event->source);
    return event->frame.peer.n == 0 ? NOBODYS : (uint16_t)(hash_salted(0, event->frame.peer) % CLOCKS_SENDERS);
}

static int
grow(struct clocks *c, size_t n)
{
    struct source_clock *p = realloc(c->of, n * sizeof(*p));

    if (p == NULL)
        return error_origin(-ENOMEM);
    for (; c->n < n; c->n++)
        p[c->n] = (struct source_clock){INT64_MIN, 0};
    c->of = p;
    return 0;
}

int
clocks_note(struct clocks *c, uint16_t source, int64_t time, int64_t now)
{
    int64_t mark;
    int r;

    if (UNLIKELY(source >= c->n)) {
        r = grow(c, (size_t)source + CLOCKS_SENDERS + 1);
        if (r < 0)
            return error_trace(r);
    }
    if (time < c->of[source].newest)
        return 0;
    mark = clocks_watermark(c, source, now);
    c->jumped = c->jumped || (mark != INT64_MIN && time > mark && (uint64_t)time - (uint64_t)mark > CLOCK_JUMP_NS);
    c->of[source] = (struct source_clock){time, now};
    return 0;
}

int64_t
clocks_newest(const struct clocks *c, uint16_t source)
{
    return source < c->n ? c->of[source].newest : INT64_MIN;
}

int
clocks_restore(struct clocks *c, uint16_t source, int64_t time)
{
    c->stopped = true;
    return clocks_note(c, source, time, STANDS);
}

void
clocks_start(struct clocks *c, int64_t now)
{
    size_t i;

    for (i = 0; c->stopped && i < c->n; i++)
        if (c->of[i].arrived == STANDS)
            c->of[i].arrived = now;
    c->stopped = false;
}

int64_t
clocks_watermark(const struct clocks *c, uint16_t source, int64_t now)
{
    int64_t newest = clocks_newest(c, source);
    int64_t mark;

    if (newest == INT64_MIN || now <= c->of[source].arrived)
        return newest;
    return __builtin_add_overflow(newest, now - c->of[source].arrived, &mark) ? INT64_MAX : mark;
}
