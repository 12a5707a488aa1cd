/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What verifying costs, and that it grows no faster than what is verified: stores of several sizes, each ten entries an
 * alert, verified by a process of its own.
 *
 *     bench_verify [FOLDER [ALERTS]]        a folder on the disk to measure, default: a new one in the current folder;
 *                                           of so many alerts, and left there
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/store_alerts.h"
#include "store/store_incidents.h"
#include "store/verify.h"

enum { MINUTES = 6, KEPT = 3, GROUP = 1000, INCIDENT_EACH = 10, OPEN_EACH = 10 };

static char dir[512];
static struct store *store;

static const struct rule rule = {.uid = {"5af54681-df95-4c26-854f-2565e13cfab0", 36}, .title = {"Brute force", 11}};
static const struct walltime start = {INT64_C(1795435200) * NS_PER_S};

static void
must(int r, const char *what)
{
    if (r == 0)
        return;
    (void)fprintf(stderr, "%s: %d\n", what, r);
    exit(1);
}

static double
seconds(clockid_t id)
{
    struct timespec t;

    (void)clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
remove_folder(void)
{
    char command[600];

    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    must(system(command), command);
}

/* An incident from @alert, acknowledged and decided. */
static void
put_incident(const struct alert *alert, struct walltime at)
{
    struct store_move move = {"decided", SLICE("ana"), SLICE("a real one"), at};
    struct incident i = {.state = INCIDENT_NEW,
        .title = SLICE("Brute force"),
        .severity = INCIDENT_S2,
        .severity_initial = INCIDENT_S2,
        .severity_max = INCIDENT_S2,
        .occurred = at,
        .detected = at,
        .opened = at,
        .alert = alert->number};

    must(store_incident_open(store, &i, &move), "incident");
    must(store_alert_join(store, alert, i.number, &move), "join");
    i.state = INCIDENT_DECLARED;
    i.acknowledged = i.decided = at;
    i.criteria = SLICE("1");
    i.reason = SLICE("a real one");
    must(store_incident_put(store, &i, &move), "put");
}

/* An alert with a few detections kept and some minutes of counts; one in ten stays open. */
static void
put_alert(uint64_t i, const struct detection *d)
{
    const struct walltime at = {start.ns + (int64_t)i * NS_PER_S};
    struct alert a = {.rule_uid = rule.uid,
        .rule_title = rule.title,
        .level = RULE_HIGH,
        .occurred = d->event->time,
        .detected = d->detected,
        .last_seen = d->event->time,
        .last_detected = d->detected,
        .opened = at,
        .count = KEPT,
        .n_kept = KEPT,
        .n_minute = KEPT,
        .minute = at.ns / NS_PER_S / 60,
        .kept_max = KEPT};
    char key[32];
    uint64_t k;

    (void)snprintf(key, sizeof(key), "%" PRIu64, i);
    a.key = slice_str(key);
    must(store_alert_open(store, &a, at), "open");
    for (k = 1; k <= KEPT; k++)
        must(store_alert_detection(store, &a, k, d), "detection");
    if (i % INCIDENT_EACH == 0)
        put_incident(&a, at);
    for (k = 1; k <= MINUTES; k++) {
        must(store_alert_minute(store, &a, a.minute, a.n_minute, at), "minute");
        a.minute++;
        a.n_minute = k < MINUTES ? 100 : 0;
        a.count += a.n_minute;
    }
    must(store_alert_update(store, &a, d), "update");
    if (i % OPEN_EACH != 0)
        must(store_alert_close(store, &a, at), "close");
}

static void
make_store(uint64_t n)
{
    struct store_settings settings = {dir, "bench.example", 60 * NS_PER_S, UINT64_C(64) << 20};
    struct event event = {.time = start, .time_given = true, .frame = {.raw = SLICE("failed"), .received = start}};
    struct detection d = {.rule = &rule, .event = &event, .detected = start};
    uint64_t i = 0;

    must(store_open(&store, &settings, start), "store_open");
    while (i < n) {
        const struct walltime now = {start.ns + (int64_t)i * NS_PER_S};
        uint64_t end = i + GROUP < n ? i + GROUP : n;

        must(store_begin(store), "store_begin");
        while (i < end)
            put_alert(i++, &d);
        must(store_commit(store, now), "store_commit");
    }
    store_close(store);
}

static void
found(void *ctx, const struct verify_finding *f)
{
    (void)ctx;
    (void)fprintf(stderr, SLICE_FMT ": " SLICE_FMT "\n", SLICE_ARG(f->key), SLICE_ARG(f->text));
}

static void
verify(uint64_t n)
{
    double wall = seconds(CLOCK_MONOTONIC);
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    struct verify_summary s;
    struct rusage usage;

    must(store_verify(dir, NULL, found, NULL, &s), "store_verify");
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)printf("%9" PRIu64 " %9" PRIu64 " %9.2f %9.2f %9.2f %9ld\n", n, s.n_rows[VERIFY_LEDGER], wall, cpu,
        cpu / (double)s.n_rows[VERIFY_LEDGER] * 1e6, usage.ru_maxrss / 1024);
    (void)fflush(stdout);
}

static void
measure(uint64_t n)
{
    pid_t child;

    make_store(n);
    child = fork();
    if (child == 0) {
        verify(n);
        _exit(0);
    }
    (void)waitpid(child, NULL, 0);
}

int
main(int argc, char **argv)
{
    static const uint64_t sizes[] = {10000, 30000, 100000};
    size_t i;

    (void)snprintf(dir, sizeof(dir), "%s", argc > 1 ? argv[1] : "bench_verify.dir");
    (void)printf("%9s %9s %9s %9s %9s %9s\n", "alerts", "entries", "s", "CPU s", "us/entry", "MiB");
    (void)fflush(stdout);
    if (argc > 2) {
        measure(strtoull(argv[2], NULL, 10));
        return 0;
    }
    for (i = 0; i < ARRAY_LEN(sizes); i++) {
        measure(sizes[i]);
        remove_folder();
    }
    return 0;
}
