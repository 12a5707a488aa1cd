/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How much CPU a detection costs in the correlator, with a sink that does nothing, and what a window costs in memory.
 * Events have twenty fields, the group-by field in the middle; every 50 batches of 1,000 come a tick and a flush, as
 * often as the ledger commits at a quarter of a million detections a second.
 *
 *     bench_correlate
 */

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "correlate/correlator.h"

enum {
    N_FIELDS = 20,
    GROUP_FIELD = 11,
    N_RULES = 3002,
    N_BATCH = 1000,
    N_FLUSH = 50 * N_BATCH,
    RULE_COUNTED = 3000,
    RULE_COUNTS = 3001
};

static struct rule rules[N_RULES];
static struct rules ruleset;
static char uids[N_RULES][40];
static const struct rule *counted = &rules[RULE_COUNTED];
static const struct rule *counts = &rules[RULE_COUNTS];
static const struct correlation_term order[] = {{TERM_RULE, 0}, {TERM_RULE, 0}};
static struct correlation correlation = {.rules = &counted,
    .n_rules = 1,
    .comparisons = {{COMPARE_GTE, 8}},
    .n_comparisons = 1,
    .timespan_ns = 120 * NS_PER_S,
    .n_fields = 1,
    .terms = order,
    .n_terms = 2};
static const struct slice by_address[] = {{"src_ip", 6}};
static const struct slice by_number[] = {{"field_0", 7}};
static uint32_t seed = 1;

static uint32_t
draw(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)seed * n >> 32);
}

static int
no_opened(void *ctx, struct alert *alert, const struct detection *first)
{
    static int64_t number;

    (void)ctx;
    (void)first;
    alert->number = ++number;
    return 0;
}

static int
no_detection(void *ctx, const struct alert *alert, const struct detection *d)
{
    (void)ctx;
    (void)alert;
    (void)d;
    return 0;
}

static int
no_minute(void *ctx, const struct alert *alert, int64_t minute, uint64_t n)
{
    (void)ctx;
    (void)alert;
    (void)minute;
    (void)n;
    return 0;
}

static int
no_closed(void *ctx, const struct alert *alert)
{
    (void)ctx;
    (void)alert;
    return 0;
}

static int
no_window(void *ctx, struct slice rule_uid, struct slice key, struct slice state)
{
    (void)ctx;
    (void)rule_uid;
    (void)key;
    (void)state;
    return 0;
}

static const struct correlator_sink sink = {no_opened, no_detection, no_detection, no_minute, no_closed, no_window};

static void
ruleset_free(struct rules *r)
{
    (void)r;
}

static void
make_rules(void)
{
    size_t i;

    for (i = 0; i < N_RULES; i++) {
        (void)snprintf(uids[i], sizeof(uids[i]), "4d0a2c83-c62c-4ed4-b475-%012zu", i);
        rules[i] = (struct rule){
            .number = (uint32_t)i, .uid = slice_str(uids[i]), .title = SLICE("A rule of the bench")};
    }
    rules[RULE_COUNTED].silent = true;
    rules[RULE_COUNTED].counted_by = &counts;
    rules[RULE_COUNTED].n_counted_by = 1;
    rules[RULE_COUNTS].correlation = &correlation;
    rules[RULE_COUNTS].group_by = by_address;
    rules[RULE_COUNTS].n_group_by = 1;
    ruleset = (struct rules){.items = rules, .n = N_RULES, .refs = 1, .free = ruleset_free};
}

struct events {
    struct event event[N_BATCH];
    struct field fields[N_BATCH][N_FIELDS];
    char address[N_BATCH][20];
};

static struct events events;

static void
make_events(void)
{
    static char names[N_FIELDS][16];
    size_t i;
    size_t k;

    for (k = 0; k < N_FIELDS; k++)
        (void)snprintf(names[k], sizeof(names[k]), "field_%zu", k);
    (void)snprintf(names[GROUP_FIELD], sizeof(names[GROUP_FIELD]), "src_ip");
    for (i = 0; i < N_BATCH; i++) {
        events.event[i] = (struct event){.fields = events.fields[i], .n_fields = N_FIELDS};
        for (k = 0; k < N_FIELDS; k++)
            events.fields[i][k] = (struct field){.name = slice_str(names[k]),
                .name_hash = field_hash(slice_str(names[k])),
                .value = k == 0 ? SLICE("1") : SLICE("a value")};
    }
}

static void
address(size_t i, uint32_t n)
{
    (void)snprintf(events.address[i], sizeof(events.address[i]), "10.%u.%u.%u", n >> 16, n >> 8 & 255, n & 255);
    events.fields[i][GROUP_FIELD].value = slice_str(events.address[i]);
}

static int64_t
cpu_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void
need(int r)
{
    if (r < 0) {
        fprintf(stderr, "bench_correlate: failed: %d\n", r);
        exit(EXIT_FAILURE);
    }
}

/* What one row measures: detections of @n_rules rules from @first_rule on, over @n_addresses, in turn or drawn. */
struct row {
    const char *name;
    enum correlation_type type;
    uint32_t first_rule;
    uint32_t n_rules;
    uint32_t n_addresses;
    bool in_turn;
    uint64_t threshold;
    size_t n;
};

static const struct row rows[] = {
    // clang-format off
    {"fold, 3,000 rules, one address",       0, 0,            3000,       1, false, 8,      5000000},
    {"fold, one rule, 1,417 addresses",      0, 0,            1,       1417, false, 8,      5000000},
    {"fold, one rule, 100,000 addresses",    0, 0,            1,     100000, false, 8,      5000000},
    {"count, 1,417 addresses, 8 in 120 s",   0, RULE_COUNTED, 1,       1417, false, 8,      5000000},
    {"count, 1,000,000 addresses in turn",   0, RULE_COUNTED, 1,    1000000, true,  8,      5000000},
    {"count, one address, 100,000 in 120 s", 0, RULE_COUNTED, 1,          1, false, 100000, 5000000},
    {"values, one group of 10",              CORRELATION_VALUE_COUNT, RULE_COUNTED, 1, 10,      false, 200000, 5000000},
    {"values, one group of 100,000",         CORRELATION_VALUE_COUNT, RULE_COUNTED, 1, 100000,  false, 200000, 5000000},
    {"values, 1,000,000 addresses in turn",  CORRELATION_VALUE_COUNT, RULE_COUNTED, 1, 1000000, true,  8,      5000000},
    {"sum, 1,000,000 addresses in turn",     CORRELATION_VALUE_SUM,   RULE_COUNTED, 1, 1000000, true,  900000, 5000000},
    {"order, 1,417 addresses",               CORRELATION_TEMPORAL_ORDERED, RULE_COUNTED, 1, 1417, false, 1, 5000000},
    // clang-format on
};

static void
measure(const struct row *row)
{
    static const char *const by[] = {"src_ip"};
    const struct correlator_settings settings = {.fold_window_ns = 3600 * NS_PER_S,
        .kept_max = 100,
        .group_by = by,
        .n_group_by = 1,
        .alerts_max = 1000000,
        .groups_max = 2000000,
        .lateness_ns = 60 * NS_PER_S};
    bool counts_addresses = row->type == CORRELATION_VALUE_COUNT && !row->in_turn;
    struct correlator *c = NULL;
    int64_t spent = 0;
    int64_t now = 1700000000 * NS_PER_S;
    size_t before = mallinfo2().uordblks;
    size_t grown = 0;
    size_t done;
    size_t i;

    correlation.comparisons[0].value = (double)row->threshold;
    correlation.type = row->type;
    correlation.fields = counts_addresses ? by_address : by_number;
    rules[RULE_COUNTS].n_group_by = counts_addresses ? 0 : 1;
    need(correlator_new(&c, &settings, &sink, NULL));
    need(correlator_set_rules(c, &ruleset));
    for (done = 0; done < row->n; done += N_BATCH) {
        uint32_t numbers[N_BATCH];

        for (i = 0; i < N_BATCH; i++) {
            now += 10000;
            address(i, row->in_turn ? (uint32_t)(done + i) % row->n_addresses : draw(row->n_addresses));
            events.event[i].time.ns = events.event[i].frame.received.ns = now;
            numbers[i] = row->first_rule + draw(row->n_rules);
        }
        spent -= cpu_ns();
        for (i = 0; i < N_BATCH; i++) {
            struct detection d = {.rule = &rules[numbers[i]], .event = &events.event[i], .detected = {now}};

            need(correlator_detection(c, &d));
        }
        if (done % N_FLUSH == N_FLUSH - N_BATCH) {
            need(correlator_tick(c, (struct walltime){now}));
            need(correlator_flush(c));
        }
        spent += cpu_ns();
        if (done + N_BATCH == 1000000)
            grown = mallinfo2().uordblks - before;
    }
    printf("%-40s %7.0f ns %9.1f MB %9lu\n", row->name, (double)spent / (double)row->n, (double)grown / 1e6,
        (unsigned long)counters_get(correlator_counters(c), CORRELATOR_C_FIRED));
    correlator_free(c);
}

int
main(void)
{
    size_t i;

    make_rules();
    make_events();
    printf("%-40s %10s %12s %9s\n", "", "CPU each", "after 1 M", "fired");
    for (i = 0; i < ARRAY_LEN(rows); i++)
        measure(&rows[i]);
    return EXIT_SUCCESS;
}
