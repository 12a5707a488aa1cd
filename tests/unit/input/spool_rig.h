/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A spool in a folder of its own, and frames that tell their number: whatever comes back is known to be right or wrong.
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "input/spool.h"
#include "support/unit.h"

enum { RIG_SMALL_SEGMENT = 4096 };

static struct counters *rig_counters;
static struct clock_manual rig_clock;
static char rig_root[64];
static struct spool *rig_spool;
static struct spool_settings rig_settings;

static inline void
rig_begin(void)
{
    (void)snprintf(rig_root, sizeof(rig_root), "spool.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(rig_root));
    ck_assert_int_eq(counters_new(&rig_counters, spool_counter_defs, SPOOL_COUNTERS), 0);
    clock_manual_init(&rig_clock, (struct walltime){NS_PER_S});
    rig_settings = (struct spool_settings){
        .root = rig_root,
        .name = "lane-0",
        .bytes_max = 64 << 20,
        .segment_bytes = RIG_SMALL_SEGMENT,
        .sync_bytes = 256 * 1024,
        .record_max = 65536,
        .compression = 1,
        .clock = &rig_clock.clock,
        .counters = rig_counters,
    };
}

static inline const char *
rig_path(const char *name)
{
    static char path[512];

    (void)snprintf(path, sizeof(path), "%s/lane-0/%s", rig_root, name);
    return path;
}

/* Calls @fn with each file's name, in no order. Return: how many there were that end in @suffix. */
static inline unsigned
rig_files(const char *suffix, void (*fn)(const char *name))
{
    DIR *d = opendir(rig_path(""));
    struct dirent *e;
    unsigned n = 0;

    while (d != NULL && (e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.' || !slice_ends(slice_str(e->d_name), slice_str(suffix)))
            continue;
        n++;
        if (fn != NULL)
            fn(e->d_name);
    }
    if (d != NULL)
        (void)closedir(d);
    return n;
}

static inline void
rig_unlink(const char *name)
{
    ck_assert_int_eq(unlink(rig_path(name)), 0);
}

static inline void
rig_empty(void)
{
    (void)rig_files("", rig_unlink);
}

static inline void
rig_end(void)
{
    spool_close(TAKE(rig_spool));
    counters_free(TAKE(rig_counters));
    rig_empty();
    (void)rmdir(rig_path(""));
    (void)rmdir(rig_root);
}

static inline uint64_t
rig_count(enum spool_counter c)
{
    return counters_get(rig_counters, c);
}

/* With counters at zero. */
static inline void
rig_reopen(uint64_t place)
{
    spool_close(TAKE(rig_spool));
    counters_free(TAKE(rig_counters));
    ck_assert_int_eq(counters_new(&rig_counters, spool_counter_defs, SPOOL_COUNTERS), 0);
    rig_settings.counters = rig_counters;
    ck_assert_int_eq(spool_open(&rig_spool, &rig_settings, place), 0);
}

/* The frame that has @number: its length and all else follow from that. */
static inline struct spool_record
rig_frame(uint64_t number)
{
    static char text[400];
    static char peer[32];
    int n = snprintf(text, sizeof(text), "<13>1 2026-03-14T15:09:26Z host app %llu - - message %llu ",
        (unsigned long long)number, (unsigned long long)number * 7919);
    size_t i;

    for (i = (size_t)n; i < sizeof(text); i++)
        text[i] = (char)('a' + (i * number) % 26);
    (void)snprintf(peer, sizeof(peer), "192.0.2.%u", (unsigned)(number % 250));
    return (struct spool_record){
        .raw = slice_of(text, (size_t)n + number % 300),
        .input = number % 2 ? SLICE("tcp") : SLICE("branch offices"),
        .peer = slice_str(peer),
        .identity = number % 3 ? SLICE("") : SLICE("relay.example.org"),
        .process = {number % 5 == 0, (int32_t)number, (uint32_t)number * 3, UINT32_MAX},
        .marks = (uint32_t)number & 15,
        .received = {(int64_t)number * NS_PER_MS},
    };
}

/* Appends the frames that have the numbers @from to @to. */
static inline void
rig_add(uint64_t from, uint64_t to)
{
    for (; from <= to; from++) {
        struct spool_record r = rig_frame(from);

        ck_assert_int_eq(spool_append(rig_spool, &r), 0);
        ck_assert_uint_eq(r.number, from);
    }
}

static inline bool
rig_is_process(const struct process_credentials *a, const struct process_credentials *b)
{
    return a->known == b->known && (!a->known || (a->pid == b->pid && a->uid == b->uid && a->gid == b->gid));
}

/* Whether @r is, in all of it, the frame of its number. */
static inline bool
rig_is_right(const struct spool_record *r)
{
    struct spool_record want = rig_frame(r->number);

    return slice_eq(r->raw, want.raw) && slice_eq(r->input, want.input) && slice_eq(r->peer, want.peer) &&
           slice_eq(r->identity, want.identity) && rig_is_process(&r->process, &want.process) &&
           r->marks == want.marks && r->received.ns == want.received.ns;
}

/* Reads what there is: each right, in order, none twice. Return: the number of the last, 0 where there was none. */
static inline uint64_t
rig_read_all(uint64_t *n)
{
    struct spool_record r;
    uint64_t last = 0;

    *n = 0;
    while (spool_read(rig_spool, &r) == 0) {
        ck_assert_uint_gt(r.number, last);
        ck_assert_msg(rig_is_right(&r), "frame %llu came back wrong", (unsigned long long)r.number);
        last = r.number;
        (*n)++;
    }
    return last;
}

/* Reads the frames from @from to @to, exactly these. */
static inline void
rig_expect(uint64_t from, uint64_t to)
{
    struct spool_record r;

    for (; from <= to; from++) {
        ck_assert_int_eq(spool_read(rig_spool, &r), 0);
        ck_assert_uint_eq(r.number, from);
        ck_assert_msg(rig_is_right(&r), "frame %llu came back wrong", (unsigned long long)from);
    }
    ck_assert_int_eq(spool_read(rig_spool, &r), SPOOL_E_END);
}

/* The bytes of @name, the caller's to free. */
static inline struct slice
rig_load(const char *name)
{
    struct buffer b = {0};

    ck_assert_int_eq(file_read(rig_path(name), 64 << 20, &b), 0);
    return slice_of(b.p, b.n);
}

static inline void
rig_store(const char *name, struct slice bytes)
{
    int fd = open(rig_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
    (void)close(fd);
}

/* What is said meanwhile goes nowhere: sweeps find thousands of damaged files. */
static inline int
rig_quiet_begin(void)
{
    int was = dup(STDERR_FILENO);
    int null = open("/dev/null", O_WRONLY);

    if (getenv("SPOOL_LOUD") == NULL)
        (void)dup2(null, STDERR_FILENO);
    (void)close(null);
    return was;
}

static inline void
rig_quiet_end(int was)
{
    (void)dup2(was, STDERR_FILENO);
    (void)close(was);
}

/** Names of the first segments of tests. */
#define RIG_FIRST "00000000000000000001.spool"
