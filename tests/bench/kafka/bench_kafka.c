/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What reading records from Kafka is measured against.
 *
 *     bench_kafka consume BROKER TOPIC GROUP N     a bare consumer that counts records and their bytes, and no more
 *     bench_kafka match N MAPPINGS LINES RULES …   parsing and matching of the same lines alone, by no more than that
 *
 * Prints the CPU time of the whole process while it did so, in ns a record.
 */

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/buffer.h"
#include "base/file.h"
#include "detect/matcher.h"
#include "ismsd/program.h"

enum { BATCH = 256, LINES_MAX = 100000 };

static void
need(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "bench_kafka: %s\n", what);
    exit(EXIT_FAILURE);
}

static double
cpu_ns(void)
{
    struct rusage u;

    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e9 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e3;
}

/* ---- a bare consumer ---- */

static void
set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char reason[256];

    need(rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK, name);
}

static rd_kafka_t *
make_consumer(const char *broker, const char *topic, const char *group)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    char reason[256];
    rd_kafka_t *client;

    set(conf, "bootstrap.servers", broker);
    set(conf, "group.id", group);
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "enable.auto.commit", "false");
    set(conf, "session.timeout.ms", "6000");
    client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof(reason));
    need(client != NULL, reason);
    (void)rd_kafka_poll_set_consumer(client);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    need(rd_kafka_subscribe(client, topics) == 0, "cannot subscribe");
    rd_kafka_topic_partition_list_destroy(topics);
    return client;
}

static void
consume(char **args)
{
    double before = cpu_ns();
    rd_kafka_t *client = make_consumer(args[0], args[1], args[2]);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(client);
    size_t wanted = strtoul(args[3], NULL, 10);
    rd_kafka_message_t *messages[BATCH];
    size_t bytes = 0;
    size_t n = 0;

    while (n < wanted) {
        ssize_t k = rd_kafka_consume_batch_queue(queue, 1000, messages, BATCH);

        for (ssize_t i = 0; i < k; i++) {
            n += messages[i]->err == 0;
            bytes += messages[i]->len;
            rd_kafka_message_destroy(messages[i]);
        }
    }
    (void)printf("consume: %zu records of %.0f bytes, %.0f ns CPU a record\n", n, (double)bytes / (double)n,
        (cpu_ns() - before) / (double)n);
    rd_kafka_queue_destroy(queue);
    (void)rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
}

/* ---- parsing and matching alone ---- */

/* As a lane asks. */
static bool
asks(const void *ctx, const struct logsource *logsource, const struct logsource *const *given, size_t n_given)
{
    return ruleset_asks(ctx, logsource, given, n_given);
}

static struct program *
load(const char *mappings, char **rules, size_t n_rules)
{
    struct input_settings input = {.name = "kafka"};
    struct settings settings = {.inputs = &input,
        .n_inputs = 1,
        .fields_max = 1024,
        .rules_paths = (const char *const *)rules,
        .n_rules_paths = n_rules,
        .rules_prefilter = true,
        .mappings_path = mappings};
    CLEANUP_DIAG struct diag diag = {0};
    struct program *p = NULL;

    need(program_load(&p, &settings, NULL, (struct walltime){0}, &diag) == 0 && p != NULL, "rules and mappings");
    return p;
}

static size_t
split(struct slice text, struct slice *out)
{
    size_t n = 0;

    while (text.n > 0 && n < LINES_MAX) {
        size_t end = slice_find(text, '\n');

        out[n++] = slice_head(text, end);
        text = slice_from(text, end < text.n ? end + 1 : end);
    }
    return n;
}

static void
match(char **args, size_t n_rules)
{
    static struct slice lines[LINES_MAX];
    CLEANUP_BUFFER struct buffer text = {0};
    struct frame frame = {.received = {INT64_C(1767225600) * NS_PER_S}};
    struct normalizer_scratch *scratch = NULL;
    struct matcher *matcher = NULL;
    struct program *p = load(args[1], args + 3, n_rules);
    const struct rule *const *hits;
    size_t wanted = strtoul(args[0], NULL, 10);
    size_t n_hits = 0;
    struct event event;
    struct arena arena;
    double before;
    size_t n;

    need(file_read(args[2], (size_t)1 << 30, &text) == 0, "cannot read the lines");
    n = split(buffer_slice(&text), lines);
    need(n > 0 && normalizer_scratch_new(&scratch, p->normalizer, asks, p->ruleset) == 0 &&
             matcher_new(&matcher, p->ruleset, NULL) == 0 && arena_init(&arena, 1 << 18, 1 << 26) == 0,
        "no memory");
    before = cpu_ns();
    for (size_t i = 0; i < wanted; i++) {
        arena_reset(&arena);
        frame.raw = lines[i % n];
        normalizer_event(p->normalizer, scratch, &frame, &arena, &event);
        n_hits += matcher_match(matcher, &event, &hits);
    }
    (void)printf("match: %zu records, %zu rules loaded, %zu detections, %.0f ns CPU a record\n", wanted,
        program_count(p, RULE_LOADED), n_hits, (cpu_ns() - before) / (double)wanted);
    matcher_free(matcher);
    normalizer_scratch_free(scratch);
    program_unref(p);
    arena_fini(&arena);
}

int
main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "consume") == 0)
        consume(argv + 2);
    else if (argc >= 6 && strcmp(argv[1], "match") == 0)
        match(argv + 2, (size_t)argc - 5);
    else
        need(false, "consume BROKER TOPIC GROUP N | match N MAPPINGS LINES RULES …");
    return 0;
}
