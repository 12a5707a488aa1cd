/* SPDX-License-Identifier: Apache-2.0 */
#include "model/source.h"

#include <math.h>

enum { LAG_FIRST_EXPONENT = -10 };

static const char *const state_names[] = {
    // clang-format off
    [SOURCE_REGISTERED]  = "registered",
    [SOURCE_ACTIVE]      = "active",
    [SOURCE_LATE]        = "late",
    [SOURCE_SILENT]      = "silent",
    [SOURCE_RETIRED]     = "retired",
    [SOURCE_MAINTENANCE] = "maintenance",
    // clang-format on
};

const char *
source_state_name(enum source_state s)
{
    return state_names[s];
}

bool
source_state_parse(struct slice name, enum source_state *s)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(state_names); i++)
        if (slice_eq_nocase(name, slice_str(state_names[i]))) {
            *s = (enum source_state)i;
            return true;
        }
    return false;
}

static void
raise_to(_Atomic int64_t *v, int64_t ns)
{
    if (ns > atomic_load_explicit(v, memory_order_relaxed))
        atomic_store_explicit(v, ns, memory_order_relaxed);
}

void
source_saw(struct source_activity *a, struct walltime received, struct walltime time)
{
    uint64_t n = atomic_load_explicit(&a->n_events, memory_order_relaxed);

    atomic_store_explicit(&a->n_events, n + 1, memory_order_relaxed);
    raise_to(&a->last_received_ns, received.ns);
    raise_to(&a->last_time_ns, time.ns);
}

int64_t
source_skew_shown(int64_t ns)
{
    int64_t size = ns < 0 ? -(ns + (ns == INT64_MIN)) : ns;
    int64_t unit = size >= 600 * NS_PER_S ? 60 * NS_PER_S : size >= 10 * NS_PER_S ? NS_PER_S : NS_PER_MS;
    int64_t whole = (size / unit + (size % unit >= unit / 2)) * unit;

    return ns < 0 ? -whole : whole;
}

/* floor(log2(lag in s)) by the bits of the lag in units of 2^-10 s, without floating point: this runs per event. */
static unsigned
bucket_of(int64_t lag_ns)
{
    uint64_t units = lag_ns <= 0 ? 0 : (uint64_t)lag_ns / (uint64_t)(NS_PER_S >> 10);
    unsigned i = units == 0 ? 0 : 63u - (unsigned)__builtin_clzll(units);

    return i < LAG_BUCKETS ? i : LAG_BUCKETS - 1;
}

void
lag_add(struct lag_histogram *h, int64_t lag_ns)
{
    _Atomic uint64_t *v = &h->buckets[bucket_of(lag_ns)];

    atomic_store_explicit(v, atomic_load_explicit(v, memory_order_relaxed) + 1, memory_order_relaxed);
}

double
lag_bucket_upper_s(unsigned i)
{
    return ldexp(1.0, LAG_FIRST_EXPONENT + (int)i + 1);
}

double
lag_quantile_s(const uint64_t counts[static LAG_BUCKETS], double q)
{
    uint64_t total = 0;
    uint64_t below = 0;
    unsigned i;

    for (i = 0; i < LAG_BUCKETS; i++)
        total += counts[i];
    for (i = 0; i < LAG_BUCKETS && total > 0; i++) {
        below += counts[i];
        if ((double)below >= q * (double)total)
            return lag_bucket_upper_s(i);
    }
    return -1;
}
