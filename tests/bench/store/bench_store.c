/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What keeping costs: CPU for each detection kept in full at several group sizes, with synchronous=FULL; for a line of
 * evidence alone; for the counts of a folded alert; for an entry; and how fast all of it is verified.
 *
 *     bench_store [FOLDER]        a folder on the disk to measure; default: a new one in the current folder
 *
 * CPU is the process's own; "commit" is the time one transaction took, work and all.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "store/evidence.h"
#include "store/store_alerts.h"
#include "store/store_runs.h"
#include "store/verify.h"

enum { SAMPLES_MAX = 100000, N_FIELDS = 10 };

static char dir[512];
static struct store *store;
static double commits[SAMPLES_MAX];
static size_t n_commits;

static const struct rule rule = {.uid = {"5af54681-df95-4c26-854f-2565e13cfab0", 36}, .title = {"Brute force", 11}};
static const struct walltime now = {INT64_C(1795435200) * NS_PER_S};

static double
seconds(clockid_t id)
{
    struct timespec t;

    (void)clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double
commit_ms(double quantile)
{
    qsort(commits, n_commits, sizeof(*commits), by_value);
    return n_commits == 0 ? 0 : commits[(size_t)(quantile * (double)(n_commits - 1))] * 1e3;
}

static void
must(int r, const char *what)
{
    if (r == 0)
        return;
    (void)fprintf(stderr, "%s: %d\n", what, r);
    exit(1);
}

/* An event of 300 raw bytes with ten fields, as an sshd line comes out of normalization. */
static struct event
make_event(void)
{
    static char raw[300];
    static struct field fields[N_FIELDS];
    struct event e = {.time = now, .time_given = true, .fields = fields, .n_fields = N_FIELDS};
    size_t i;

    memset(raw, 'e', sizeof(raw));
    for (i = 0; i < N_FIELDS; i++) {
        fields[i].name = SLICE("TargetUserName");
        fields[i].value = slice_of(raw, 12);
        fields[i].type = VALUE_TEXT;
    }
    e.frame.raw = slice_of(raw, sizeof(raw));
    e.frame.received = now;
    e.frame.peer = SLICE("192.0.2.7");
    return e;
}

static struct alert
make_alert(uint64_t i)
{
    static char key[32];
    struct alert a = {.rule_uid = rule.uid,
        .rule_title = rule.title,
        .level = RULE_HIGH,
        .occurred = now,
        .detected = now,
        .last_seen = now,
        .last_detected = now,
        .opened = now,
        .count = 1,
        .n_minute = 1,
        .kept_max = 100,
        .n_groups = 1};

    (void)snprintf(key, sizeof(key), "10.0.%" PRIu64 ".%" PRIu64, i / 256 % 256, i % 256);
    a.key = slice_str(key);
    a.groups[0] = (struct alert_group){SLICE("SourceIp"), a.key, false};
    return a;
}

static void
open_store(void)
{
    struct store_settings settings = {dir, "bench.example", 60 * NS_PER_S, UINT64_C(64) << 20};

    must(store_open(&store, &settings, now), "store_open");
}

static void
close_store(void)
{
    char command[600];

    store_close(store);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    must(system(command), command);
}

/* One kind of work, @n times in groups of @group, each group one transaction. */
typedef void work_fn(uint64_t i);

static void
measure(const char *name, work_fn *work, uint64_t n, uint64_t group)
{
    double cpu;
    double wall;
    uint64_t i;
    uint64_t k;

    open_store();
    n_commits = 0;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    wall = seconds(CLOCK_MONOTONIC);
    for (i = 0; i < n;) {
        double begun = seconds(CLOCK_MONOTONIC);

        must(store_begin(store), "store_begin");
        for (k = 0; k < group && i < n; k++)
            work(i++);
        must(store_commit(store, now), "store_commit");
        commits[n_commits++] = seconds(CLOCK_MONOTONIC) - begun;
    }
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    (void)printf("%-44s %6" PRIu64 " %9.2f %11.0f %10.2f %8.2f\n", name, group, cpu / (double)n * 1e6, (double)n / wall,
        commit_ms(0.5), commit_ms(0.99));
    (void)fflush(stdout);
    close_store();
}

static struct event event;
static struct detection detection;
static struct alert alert;

/* A hundred detections an alert, as folding keeps them; closing what is full. */
static void
keep_detection(uint64_t i)
{
    if (i % 100 == 0) {
        alert = make_alert(i / 100);
        must(store_alert_open(store, &alert, now), "open");
    }
    alert.count = alert.n_minute = alert.n_kept = i % 100 + 1;
    must(store_alert_detection(store, &alert, alert.n_kept, &detection), "detection");
    if (i % 100 == 99)
        must(store_alert_close(store, &alert, now), "close");
}

static void
open_and_close(uint64_t i)
{
    alert = make_alert(i);
    must(store_alert_open(store, &alert, now), "open");
    alert.n_kept = 1;
    must(store_alert_detection(store, &alert, 1, &detection), "detection");
    must(store_alert_close(store, &alert, now), "close");
}

/* A thousand open alerts whose counts and latest detection move. */
static void
update_alert(uint64_t i)
{
    static struct alert alerts[1000];

    if (i < 1000) {
        alerts[i] = make_alert(i);
        must(store_alert_open(store, &alerts[i], now), "open");
        return;
    }
    alerts[i % 1000].count = alerts[i % 1000].n_minute = i;
    must(store_alert_update(store, &alerts[i % 1000], &detection), "update");
}

static void
append_entry(uint64_t i)
{
    struct store_move move = {"bench.noted", SLICE("ismsd"), {NULL, 0}, now};

    (void)i;
    must(store_note(store, &move, SLICE("what happened, in a sentence of usual length, for people")), "note");
}

/* Lines into a file, synced each thousand, without the database. */
static void
measure_evidence(uint64_t n)
{
    struct evidence_mark mark = {.segment = 1};
    struct evidence evidence;
    struct evidence_ref ref;
    struct hasher *h;
    uint64_t missing;
    uint64_t cut;
    double cpu;
    double wall;
    uint64_t i;

    must(hasher_new(&h), "hasher_new");
    must(evidence_open(&evidence, dir, &mark, &cut, &missing), "evidence_open");
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    wall = seconds(CLOCK_MONOTONIC);
    for (i = 1; i <= n; i++) {
        buffer_add(evidence_line(&evidence), event.frame.raw);
        must(evidence_add(&evidence, h, &ref), "evidence_add");
        if (i % 1000 == 0)
            must(evidence_sync(&evidence), "evidence_sync");
    }
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    (void)printf("%-44s %6d %9.2f %11.0f\n", "line of evidence, 300 bytes, file alone", 1000, cpu / (double)n * 1e6,
        (double)n / wall);
    evidence_close(&evidence);
    hasher_free(h);
    store = NULL;
    close_store();
}

static void
measure_json(uint64_t n)
{
    struct buffer b = {0};
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t i;

    for (i = 0; i < n; i++) {
        buffer_reset(&b);
        event_json(&event, &b);
    }
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    (void)printf("%-44s %6s %9.2f %23zu bytes\n", "event as JSON (ten fields), alone", "", cpu / (double)n * 1e6, b.n);
    buffer_fini(&b);
}

static void
found(void *ctx, const struct verify_finding *f)
{
    (void)ctx;
    (void)fprintf(stderr, SLICE_FMT "\n", SLICE_ARG(f->text));
}

static void
measure_verify(uint64_t n)
{
    struct verify_summary summary;
    double cpu;
    uint64_t i;

    open_store();
    must(store_begin(store), "store_begin");
    for (i = 0; i < n; i++)
        append_entry(i);
    for (i = 0; i < n; i++)
        keep_detection(i);
    must(store_commit(store, now), "store_commit");
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    must(store_verify(dir, NULL, found, NULL, &summary), "store_verify");
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    (void)printf("%-44s %6s %9.2f\n", "verifying an entry and a line of evidence", "", cpu / (double)n * 1e6);
    close_store();
}

int
main(int argc, char **argv)
{
    static const uint64_t groups[] = {1, 10, 1000, 100, 10000};
    size_t i;

    (void)snprintf(dir, sizeof(dir), "%s", argc > 1 ? argv[1] : "bench_store.dir");
    event = make_event();
    detection = (struct detection){.rule = &rule, .event = &event, .detected = now};
    (void)printf("%-44s %6s %9s %11s %10s %8s\n", "", "group", "CPU us", "a second", "commit p50", "p99 ms");
    for (i = 0; i < ARRAY_LEN(groups); i++)
        measure("detection kept in full", keep_detection, groups[i] < 100 ? 3000 : 300000, groups[i]);
    measure("alert opened, one detection, closed", open_and_close, 50000, 1000);
    measure("counts and latest of an open alert", update_alert, 200000, 1000);
    measure("entry", append_entry, 200000, 1000);
    measure_evidence(1000000);
    measure_json(300000);
    measure_verify(200000);
    return 0;
}
