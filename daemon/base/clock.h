/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Clock: the two kinds of time, as two types, from a source that tests can replace.
 *
 * Wall time is what people and records speak of and may jump; monotonic time only measures. Neither converts into the
 * other. A clock handed to a room is the only time it knows; the system clock is read in clock.c and nowhere else.
 */

#include "base/defs.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

struct walltime {
    int64_t ns; /* since 1970-01-01T00:00:00Z; 0 stands for "not known" */
};

struct monotime {
    int64_t ns; /* since some point before the process began */
};

struct clock {
    struct walltime (*wall)(const struct clock *c);
    struct monotime (*mono)(const struct clock *c);
};

/** clock_system() - the machine's clock. Any thread may read it. */
const struct clock *clock_system(void);

/** A clock that stands until it is told to move; for tests and replay. One thread. */
struct clock_manual {
    struct clock clock;
    struct walltime wall;
    struct monotime mono;
};

/** clock_manual_init() - set @c to @wall, with monotonic time at zero. */
void clock_manual_init(struct clock_manual *c, struct walltime wall);

/** clock_manual_advance() - move both times of @c on by @ns nanoseconds. */
void clock_manual_advance(struct clock_manual *c, int64_t ns);

static inline struct walltime
clock_wall(const struct clock *c)
{
    return c->wall(c);
}

static inline struct monotime
clock_mono(const struct clock *c)
{
    return c->mono(c);
}

static inline struct monotime
monotime_add(struct monotime t, int64_t ns)
{
    return (struct monotime){t.ns + ns};
}

enum { WALLTIME_TEXT_MAX = 40 };

/**
 * walltime_print() - @t as RFC 3339 in UTC, with as many fraction digits (0, 3, 6 or 9) as it needs
 *
 * Return: @out.
 */
const char *walltime_print(struct walltime t, char out[static WALLTIME_TEXT_MAX]);
