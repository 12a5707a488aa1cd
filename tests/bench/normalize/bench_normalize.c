/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What becoming an event costs.
 *
 *     bench_normalize LINES …
 *
 * Each file's lines, in turn and several rounds: syslog_parse() alone, then normalizer_event() with the shipped
 * mappings. Prints the best and the middle round, ns of CPU a line, and what became of the lines.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "base/file.h"
#include "normalize/normalizer.h"

enum { ROUNDS = 9, SOURCES = 1000 };

struct lines {
    struct slice *items;
    size_t n;
};

struct bench {
    struct lines lines;
    struct normalizer *normalizer;
    struct normalizer_scratch *scratch;
    struct arena arena;
    struct walltime received;
};

static void
need(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "bench_normalize: %s\n", what);
    exit(EXIT_FAILURE);
}

static double
cpu_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct lines
split(struct slice text)
{
    struct lines l = {0};
    size_t cap = 0;

    while (text.n > 0) {
        size_t end = slice_find(text, '\n');

        if (l.n == cap) {
            cap = cap == 0 ? 65536 : cap * 2;
            l.items = realloc(l.items, cap * sizeof(*l.items));
            need(l.items != NULL, "no memory");
        }
        l.items[l.n++] = slice_head(text, end);
        text = slice_from(text, end < text.n ? end + 1 : end);
    }
    return l;
}

static void
run_parse(struct bench *b)
{
    struct syslog_options options = {b->received, 0};
    struct syslog_message m;
    size_t i;

    for (i = 0; i < b->lines.n; i++) {
        arena_reset(&b->arena);
        syslog_parse(&m, b->lines.items[i], &options, &b->arena);
    }
}

static void
run_event(struct bench *b)
{
    struct frame frame = {.received = b->received, .peer = SLICE("192.0.2.77")};
    struct event e;
    size_t i;

    for (i = 0; i < b->lines.n; i++) {
        arena_reset(&b->arena);
        frame.raw = b->lines.items[i];
        normalizer_event(b->normalizer, b->scratch, &frame, &b->arena, &e);
    }
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
print_row(const char *what, double *rounds)
{
    qsort(rounds, ROUNDS, sizeof(*rounds), compare);
    (void)printf("  %-32s best %6.0f  middle %6.0f ns CPU a line\n", what, rounds[0], rounds[ROUNDS / 2]);
}

static void
print_counters(const struct bench *b)
{
    const struct counters *c = normalizer_counters(b->scratch);
    double events = (double)counters_get(c, 0);
    unsigned i;

    for (i = 1; i < c->n; i++)
        if (counters_get(c, i) > 0)
            (void)printf("  %-32s %6.2f %% of events\n", c->defs[i].name, 100.0 * (double)counters_get(c, i) / events);
}

static double
timed(struct bench *b, void (*run)(struct bench *b))
{
    double before = cpu_ns();

    run(b);
    return (cpu_ns() - before) / (double)b->lines.n;
}

static void
measure(struct bench *b)
{
    double parse[ROUNDS];
    double event[ROUNDS];
    double above[ROUNDS];
    int i;

    run_event(b);
    for (i = 0; i < ROUNDS; i++) {
        parse[i] = timed(b, run_parse);
        event[i] = timed(b, run_event);
        above[i] = event[i] - parse[i];
    }
    print_row("syslog_parse", parse);
    print_row("normalizer_event", event);
    print_row("on top of the header", above);
    print_counters(b);
}

/* A configuration of some size: a thousand sources by host name. */
static void
open_normalizer(struct bench *b)
{
    static struct source_settings sources[SOURCES];
    static char names[SOURCES][8];
    struct input_settings input = {.name = "in", .product = "linux"};
    struct settings settings = {.inputs = &input,
        .n_inputs = 1,
        .sources = sources,
        .n_sources = SOURCES,
        .fields_max = 512,
        .mappings_path = BENCH_MAPPINGS};
    CLEANUP_DIAG struct diag diag = {0};
    unsigned i;

    for (i = 0; i < SOURCES; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "h%03u", i);
        sources[i] = (struct source_settings){.name = names[i], .hostname = names[i]};
    }
    need(normalizer_new(&b->normalizer, &settings, &diag) == 0, "no normalizer");
    diag_print(&diag, stderr);
    need(b->normalizer != NULL, "the mappings have problems");
    need(normalizer_scratch_new(&b->scratch, b->normalizer, NULL, NULL) == 0, "no memory");
    need(arena_init(&b->arena, 65536, 1 << 24) == 0, "no memory");
}

int
main(int argc, char **argv)
{
    struct bench b = {.received = {INT64_C(1767225600) * NS_PER_S}};
    int i;

    need(argc > 1, "which lines?");
    for (i = 1; i < argc; i++) {
        CLEANUP_BUFFER struct buffer text = {0};

        need(file_read(argv[i], (size_t)4 << 30, &text) == 0, "cannot read the lines");
        open_normalizer(&b);
        b.lines = split(buffer_slice(&text));
        (void)printf("%s: %zu lines, %.0f bytes each\n", argv[i], b.lines.n, (double)text.n / (double)b.lines.n);
        measure(&b);
        free(b.lines.items);
        arena_fini(&b.arena);
        normalizer_scratch_free(b.scratch);
        normalizer_free(b.normalizer);
    }
    return 0;
}
