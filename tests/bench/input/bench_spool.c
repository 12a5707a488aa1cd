/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What it costs to put frames on disk and read them back, a lane's way of it: groups of frames appended, synced, read,
 * forgotten.
 *
 *     bench_spool FOLDER [compression] [frames a group] [groups]
 *
 * Prints CPU time a frame of appending (with sealing and writing) and of reading, the time a sync takes, and how many
 * bytes a frame takes on the disk. Frames are lines of 100 to 300 bytes, no two the same.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "input/spool.h"

struct times {
    double append_ns;
    double sync_ns;
    double sync_cpu_ns;
    double read_ns;
};

static double
cpu_ns(void)
{
    struct rusage u;

    (void)getrusage(RUSAGE_SELF, &u);
    return 1e9 * (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e3 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static double
wall_ns(void)
{
    return (double)clock_mono(clock_system()).ns;
}

/* A line as sshd writes it; @n makes it another one. */
static struct spool_record
line(unsigned n)
{
    static char text[512];
    int length = snprintf(text, sizeof(text),
        "<86>1 2026-03-14T15:%02u:%02u.%06uZ host%u.example.org sshd %u - - Failed password for invalid user user%u "
        "from "
        "10.%u.%u.%u port %u ssh2: session %08x%.*s",
        n / 60 % 60, n % 60, n % 1000000, n % 50, 1000 + n % 30000, n % 997, n >> 16 & 255, n >> 8 & 255, n & 255,
        1024 + n % 60000, n * 2654435761u, (int)(n % 100),
        " and more that a program says of it, in words that it says each time it has to say anything, all of them "
        "alike");

    return (struct spool_record){
        .raw = slice_of(text, (size_t)length), .input = SLICE("tcp"), .peer = SLICE("192.0.2.7"), .received = {n}};
}

static void
run_group(struct spool *s, unsigned first, unsigned n, struct times *t, uint64_t *bytes)
{
    struct spool_record r;
    double wall;
    double cpu = cpu_ns();

    for (unsigned i = 0; i < n; i++) {
        r = line(first + i);
        *bytes += r.raw.n;
        ASSERT(spool_append(s, &r) == 0);
    }
    t->append_ns += cpu_ns() - cpu;
    wall = wall_ns();
    cpu = cpu_ns();
    ASSERT(spool_sync(s) == 0);
    t->sync_ns += wall_ns() - wall;
    t->sync_cpu_ns += cpu_ns() - cpu;
    cpu = cpu_ns();
    for (unsigned i = 0; i < n; i++)
        ASSERT(spool_read(s, &r) == 0);
    t->read_ns += cpu_ns() - cpu;
    spool_forget(s, r.number);
}

int
main(int argc, char **argv)
{
    unsigned compression = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
    unsigned n = argc > 3 ? (unsigned)atoi(argv[3]) : 1000;
    unsigned groups = argc > 4 ? (unsigned)atoi(argv[4]) : 500;
    double frames = (double)n * groups;
    struct times t = {0};
    uint64_t on_disk = 0;
    uint64_t bytes = 0;
    double base;
    struct counters *counters;
    struct spool *s;

    if (argc < 2 || counters_new(&counters, spool_counter_defs, SPOOL_COUNTERS) < 0)
        return EXIT_FAILURE;
    const struct spool_settings settings = {
        argv[1], "bench", 4ull << 30, 16 << 20, 1 << 20, 65536, compression, clock_system(), counters};

    if (spool_open(&s, &settings, 0) < 0)
        return EXIT_FAILURE;
    base = cpu_ns();
    for (unsigned i = 0; i < groups * n; i++)
        bytes += line(i).raw.n & 1; /* what making them costs */
    base = cpu_ns() - base;
    bytes = 0;
    for (unsigned g = 0; g < groups; g++) {
        uint64_t before = spool_level(s).bytes;

        run_group(s, g * n, n, &t, &bytes);
        on_disk += spool_level(s).bytes > before ? spool_level(s).bytes - before : 0;
    }
    printf("compression %u, %u frames a group, %.0f bytes a frame, %.0f on the disk\n", compression, n,
        (double)bytes / frames, (double)on_disk / frames);
    printf("  append %.0f ns, write and sync %.0f ns, read %.0f ns a frame (CPU)\n", (t.append_ns - base) / frames,
        t.sync_cpu_ns / frames, t.read_ns / frames);
    printf("  a sync takes %.0f us; %.0f MB/s in, %.0f MB/s out\n", t.sync_ns / groups / 1e3,
        1e3 * (double)bytes / (t.append_ns - base + t.sync_cpu_ns), 1e3 * (double)bytes / t.read_ns);
    spool_close(s);
    counters_free(counters);
    return EXIT_SUCCESS;
}
