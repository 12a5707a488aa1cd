/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

static int64_t
read_ns(clockid_t id)
{
    struct timespec t;

    ASSERT(clock_gettime(id, &t) == 0);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static struct walltime
system_wall(const struct clock *c)
{
    (void)c;
    return (struct walltime){read_ns(CLOCK_REALTIME)};
}

static struct monotime
system_mono(const struct clock *c)
{
    (void)c;
    return (struct monotime){read_ns(CLOCK_MONOTONIC)};
}

const struct clock *
clock_system(void)
{
    static const struct clock system = {system_wall, system_mono};

    return &system;
}

static struct walltime
manual_wall(const struct clock *c)
{
    return ((const struct clock_manual *)c)->wall;
}

static struct monotime
manual_mono(const struct clock *c)
{
    return ((const struct clock_manual *)c)->mono;
}

void
clock_manual_init(struct clock_manual *c, struct walltime wall)
{
    *c = (struct clock_manual){{manual_wall, manual_mono}, wall, {0}};
}

void
clock_manual_advance(struct clock_manual *c, int64_t ns)
{
    c->wall.ns += ns;
    c->mono.ns += ns;
}

static int
fraction_digits(int64_t ns)
{
    if (ns == 0)
        return 0;
    if (ns % 1000000 == 0)
        return 3;
    return ns % 1000 == 0 ? 6 : 9;
}

/* @v with @n digits and @after behind them; by hand, because every event kept has two times. Return: the end. */
static char *
put_digits(char *p, uint64_t v, int n, char after)
{
    int i;

    for (i = n; i-- > 0; v /= 10)
        p[i] = (char)('0' + v % 10);
    p[n] = after;
    return p + n + 1;
}

const char *
walltime_print(struct walltime t, char out[static WALLTIME_TEXT_MAX])
{
    bool before = t.ns % NS_PER_S < 0; /* a fraction of a second before a whole one */
    int64_t s = t.ns / NS_PER_S - before;
    int64_t ns = t.ns % NS_PER_S + (before ? NS_PER_S : 0);
    int digits = fraction_digits(ns);
    time_t seconds = (time_t)s;
    struct tm tm;
    char *p;

    ASSERT(gmtime_r(&seconds, &tm) != NULL);
    p = put_digits(out, (uint64_t)tm.tm_year + 1900, 4, '-');
    p = put_digits(p, (uint64_t)tm.tm_mon + 1, 2, '-');
    p = put_digits(p, (uint64_t)tm.tm_mday, 2, 'T');
    p = put_digits(p, (uint64_t)tm.tm_hour, 2, ':');
    p = put_digits(p, (uint64_t)tm.tm_min, 2, ':');
    p = put_digits(p, (uint64_t)tm.tm_sec, 2, digits > 0 ? '.' : 'Z');
    if (digits > 0)
        p = put_digits(p, (uint64_t)(ns / (digits == 3 ? 1000000 : digits == 6 ? 1000 : 1)), digits, 'Z');
    *p = '\0';
    return out;
}
