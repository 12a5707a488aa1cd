/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Clocks: how far each source has come in event time. Internal to this room.
 *
 * A source that lags, or is read from an old file, has its own clock: its newest event, and where it is silent since,
 * the time that passed meanwhile. Each configured log source has one; senders that no log source is configured for
 * share CLOCKS_SENDERS of them by a hash of their address. Each window keeps the clock of the source it heard last, so
 * that after a restart no clock is behind the windows that it counts in. The time a daemon is down is no silence of
 * anybody's: a clock that was put back stands until clocks_start().
 */

#include "model/event.h"

enum { CLOCKS_SENDERS = 1024 };

#define CLOCK_NONE    UINT16_MAX
#define CLOCK_JUMP_NS NS_PER_S /* so much in one go is a jump */

struct source_clock {
    int64_t newest;  /* event time; INT64_MIN: not heard yet */
    int64_t arrived; /* when that event came */
};

struct clocks {
    struct source_clock *of; /* by source */
    size_t n;
    bool stopped; /* some were put back, and stand */
    bool jumped;  /* some went further than time did: who waits for them asks again, and clears it */
};

void clocks_fini(struct clocks *c);

/** clocks_source() - whose clock @event goes by; what nobody sent has one too. */
uint16_t clocks_source(const struct event *event);

/** clocks_note() - what clocks_hear() does where there is more to it. */
int clocks_note(struct clocks *c, uint16_t source, int64_t time, int64_t now);

/** clocks_hear() - an event of @time from @source came at @now. Return: 0 or -ENOMEM. */
static inline int
clocks_hear(struct clocks *c, uint16_t source, int64_t time, int64_t now)
{
    struct source_clock *clock = source < c->n ? &c->of[source] : NULL;

    if (UNLIKELY(clock == NULL || clock->newest == INT64_MIN))
        return clocks_note(c, source, time, now);
    if (time < clock->newest)
        return 0;
    if (UNLIKELY((uint64_t)time - (uint64_t)clock->newest > CLOCK_JUMP_NS))
        return clocks_note(c, source, time, now);
    *clock = (struct source_clock){time, now};
    return 0;
}

/** clocks_restore() - @source had come as far as @time, whenever that was. Return: 0 or -ENOMEM. */
int clocks_restore(struct clocks *c, uint16_t source, int64_t time);

/** clocks_start() - from @now on, those that were put back go on. */
void clocks_start(struct clocks *c, int64_t now);

/** clocks_newest() - the newest event heard from @source. Return: INT64_MIN where there is none. */
int64_t clocks_newest(const struct clocks *c, uint16_t source);

/** clocks_watermark() - what time it is by @source at @now. Return: INT64_MIN where it was not heard. */
int64_t clocks_watermark(const struct clocks *c, uint16_t source, int64_t now);
