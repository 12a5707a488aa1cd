/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Kafka against librdkafka's cluster of mock brokers, for faults that a real broker does not have on demand. Each lane
 * here has a ledger of its own making: effects wait for their unit's receipt, and count once its places are on record.
 */

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/clock.h"
#include "base/log.h"
#include "input/inputs.h"
#include "support/unit.h"

enum { LANES = 2, RECORDS_MAX = 20000, PATIENCE_S = 40, PARTITIONS = 4, BROKERS = 3 };

struct lane {
    struct inputs *in;
    unsigned handed[RECORDS_MAX]; /* not on record yet: which records' effects */
    size_t n_handed;
    size_t n_poison;
    struct arena arena;
    bool slow; /* its receipts are taken, and not answered */
    struct receipt receipt;
    size_t n_in_receipt;
};

static struct {
    rd_kafka_t *producer;
    rd_kafka_mock_cluster_t *cluster;
    struct input_settings input;
    struct settings settings;
    const char *broker;
    const char *topic;
    struct positions *positions;
    struct lane lanes[LANES];
    unsigned effects[RECORDS_MAX]; /* on record */
    size_t n_effects;
} t;

/* ---- the cluster ---- */

static void
setup(void)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char reason[256];

    memset(&t, 0, sizeof(t));
    log_set_level(LOG_LEVEL_ERROR);
    ck_assert_int_eq(rd_kafka_conf_set(conf, "test.mock.num.brokers", "3", reason, sizeof(reason)), 0);
    ck_assert_int_eq(rd_kafka_conf_set(conf, "linger.ms", "0", reason, sizeof(reason)), 0);
    ck_assert_int_eq(rd_kafka_conf_set(conf, "log_level", "0", reason, sizeof(reason)), 0);
    t.producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    ck_assert_ptr_nonnull(t.producer);
    t.cluster = rd_kafka_handle_mock_cluster(t.producer);
    ck_assert_int_eq(rd_kafka_mock_topic_create(t.cluster, "logs", PARTITIONS, 1), 0);
    t.broker = rd_kafka_mock_cluster_bootstraps(t.cluster);
    t.topic = "logs";
    ck_assert_int_eq(positions_new(&t.positions), 0);
    t.input = (struct input_settings){
        .name = "kafka",
        .type = INPUT_KAFKA,
        .frame_max_bytes = 65536,
        .brokers = &t.broker,
        .n_brokers = 1,
        .topics = &t.topic,
        .n_topics = 1,
        .group = "ismsd",
        .client_id = "ismsd",
        .fetch_bytes_max = 16 << 20,
        .session_timeout_ms = 3500, /* the mock group makes its first members wait for 3 s */
        .commit_interval_ms = 100,
    };
    t.settings = (struct settings){.inputs = &t.input, .n_inputs = 1};
}

static void
lane_close(unsigned i)
{
    struct lane *l = &t.lanes[i];

    if (l->in == NULL)
        return;
    inputs_close(l->in);
    arena_fini(&l->arena);
    *l = (struct lane){0};
}

static void
teardown(void)
{
    for (unsigned i = 0; i < LANES; i++)
        lane_close(i);
    positions_free(t.positions);
    rd_kafka_destroy(t.producer);
}

static void
produce_value(int32_t partition, const void *value, size_t n)
{
    ck_assert_int_eq(rd_kafka_producev(t.producer, RD_KAFKA_V_TOPIC("logs"), RD_KAFKA_V_PARTITION(partition),
                         RD_KAFKA_V_VALUE((void *)value, n), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
        0);
}

static void
arrive(void)
{
    ck_assert_int_eq(rd_kafka_flush(t.producer, PATIENCE_S * 1000), 0);
}

/* Records @first … @first + @n - 1, dealt out over the partitions, or all to @partition. */
static void
produce_to(int32_t partition, unsigned first, unsigned n)
{
    char text[16];

    for (unsigned k = first; k < first + n; k++) {
        (void)snprintf(text, sizeof(text), "%u", k);
        produce_value(partition < 0 ? (int32_t)(k % PARTITIONS) : partition, text, strlen(text));
    }
    arrive();
}

static void
produce(unsigned first, unsigned n)
{
    produce_to(-1, first, n);
}

/* ---- lanes and their ledger ---- */

static void
lane_open(unsigned i, unsigned n_lanes)
{
    struct lane *l = &t.lanes[i];

    ck_assert_int_eq(arena_init(&l->arena, 0, 1 << 20), 0);
    ck_assert_int_eq(inputs_open(&l->in, &t.settings, i, n_lanes, clock_system()), 0);
    ck_assert(inputs_exact(l->in));
    inputs_resume(l->in, t.positions);
}

static void
on_frame(void *ctx, const struct frame *frame)
{
    struct lane *l = ctx;
    char text[16];

    ck_assert_ptr_nonnull(frame->kafka);
    if (frame->kafka->poison != NULL) {
        l->n_poison++;
        return;
    }
    (void)snprintf(text, sizeof(text), "%.*s", (int)frame->raw.n, frame->raw.p);
    ck_assert_uint_lt(strtoul(text, NULL, 10), RECORDS_MAX);
    ck_assert_uint_lt(l->n_handed, RECORDS_MAX);
    l->handed[l->n_handed++] = (unsigned)strtoul(text, NULL, 10);
}

/* The receipt's positions and the effects before it, at once, as a transaction has them. */
static void
record(struct lane *l)
{
    for (size_t i = 0; i < l->receipt.n_positions; i++)
        ck_assert_int_eq(positions_set(t.positions, &l->receipt.positions[i]), 0);
    for (size_t i = 0; i < l->n_in_receipt; i++)
        t.effects[l->handed[i]]++;
    t.n_effects += l->n_in_receipt;
    memmove(l->handed, l->handed + l->n_in_receipt, (l->n_handed - l->n_in_receipt) * sizeof(l->handed[0]));
    l->n_handed -= l->n_in_receipt;
    l->n_in_receipt = 0;
    inputs_acknowledge(l->in, l->receipt.number);
    l->receipt.number = 0;
}

static void
poll_lane(struct lane *l)
{
    if (l->in == NULL)
        return;
    ck_assert_int_ge(inputs_poll(l->in, 2, on_frame, l), 0);
    if (l->receipt.number == 0 && inputs_receipt_due(l->in)) {
        arena_reset(&l->arena);
        ck_assert_int_eq(inputs_receipt(l->in, &l->arena, &l->receipt), 0);
        l->n_in_receipt = l->n_handed;
    }
    if (l->receipt.number != 0 && !l->slow)
        record(l);
}

static void
poll_all(void)
{
    for (unsigned i = 0; i < LANES; i++)
        poll_lane(&t.lanes[i]);
}

#define WAIT(cond)                                                                                                    \
    do {                                                                                                              \
        struct monotime until_ = monotime_add(clock_mono(clock_system()), PATIENCE_S * NS_PER_S);                     \
                                                                                                                      \
        while (!(cond)) {                                                                                             \
            ck_assert_msg(                                                                                            \
                clock_mono(clock_system()).ns < until_.ns, "waited in vain for %s; %zu effects", #cond, t.n_effects); \
            poll_all();                                                                                               \
        }                                                                                                             \
    } while (0)

static void
linger(int ms)
{
    struct monotime until = monotime_add(clock_mono(clock_system()), ms * NS_PER_MS);

    while (clock_mono(clock_system()).ns < until.ns)
        poll_all();
}

static void
ck_each_once(unsigned first, unsigned n)
{
    WAIT(t.n_effects >= n);
    linger(700);
    for (unsigned k = first; k < first + n; k++)
        ck_assert_msg(t.effects[k] == 1, "record %u counts %u times", k, t.effects[k]);
    ck_assert_uint_eq(t.n_effects, n);
}

static uint64_t
sum_of(const struct lane *l, size_t at)
{
    const struct input_stats *s = l->in == NULL ? NULL : inputs_stats(l->in, 0);

    return s == NULL ? 0 : atomic_load((const _Atomic uint64_t *)((const char *)s + at));
}

#define STAT(name) \
    (sum_of(&t.lanes[0], offsetof(struct input_stats, name)) + sum_of(&t.lanes[1], offsetof(struct input_stats, name)))

static size_t
n_in_state(const struct lane *l, enum partition_state state)
{
    struct partition_view view;
    size_t n = 0;

    for (size_t k = 0; l->in != NULL && inputs_partition(l->in, 0, k, &view); k++)
        n += view.state == state;
    return n;
}

/* ---- tests ---- */

START_TEST(each_record_counts_once_and_a_new_start_goes_on_behind_the_last)
{
    produce(0, 1000);
    lane_open(0, 1);
    ck_each_once(0, 1000);
    ck_assert_uint_eq(STAT(n_frames), 1000);
    lane_close(0);
    produce(1000, 500);
    lane_open(0, 1);
    ck_each_once(0, 1500);
    ck_assert_uint_eq(STAT(n_frames), 500);
}
END_TEST

START_TEST(what_was_handed_over_and_not_recorded_comes_again_after_a_crash)
{
    produce(0, 1000);
    lane_open(0, 1);
    WAIT(t.n_effects == 1000);
    t.lanes[0].slow = true;
    produce(1000, 1000);
    WAIT(t.lanes[0].n_handed == 1000);
    lane_close(0); /* with all of that forgotten */
    ck_assert_uint_eq(t.n_effects, 1000);
    lane_open(0, 1);
    ck_each_once(0, 2000);
}
END_TEST

START_TEST(brokers_that_go_down_and_come_up_cost_nothing)
{
    lane_open(0, 1);
    produce(0, 400);
    WAIT(t.n_effects == 400);
    for (int b = 1; b <= BROKERS; b++)
        ck_assert_int_eq(rd_kafka_mock_broker_set_down(t.cluster, b), 0);
    linger(1500);
    for (int b = 1; b <= BROKERS; b++)
        ck_assert_int_eq(rd_kafka_mock_broker_set_up(t.cluster, b), 0);
    produce(400, 400);
    ck_each_once(0, 800);
}
END_TEST

START_TEST(brokers_that_are_down_at_the_start_are_waited_for)
{
    produce(0, 100);
    for (int b = 1; b <= BROKERS; b++)
        ck_assert_int_eq(rd_kafka_mock_broker_set_down(t.cluster, b), 0);
    lane_open(0, 1);
    linger(1000);
    ck_assert_uint_gt(STAT(n_errors), 0);
    for (int b = 1; b <= BROKERS; b++)
        ck_assert_int_eq(rd_kafka_mock_broker_set_up(t.cluster, b), 0);
    ck_each_once(0, 100);
}
END_TEST

START_TEST(a_coordinator_that_moves_costs_nothing)
{
    ck_assert_int_eq(rd_kafka_mock_coordinator_set(t.cluster, "group", "ismsd", 1), 0);
    lane_open(0, 1);
    produce(0, 400);
    WAIT(t.n_effects == 400);
    ck_assert_int_eq(rd_kafka_mock_coordinator_set(t.cluster, "group", "ismsd", 2), 0);
    produce(400, 400);
    linger(1500);
    ck_assert_int_eq(rd_kafka_mock_broker_set_down(t.cluster, 1), 0);
    for (int p = 0; p < PARTITIONS; p++)
        ck_assert_int_eq(rd_kafka_mock_partition_set_leader(t.cluster, "logs", p, 3), 0);
    produce(800, 400);
    ck_each_once(0, 1200);
}
END_TEST

START_TEST(a_partition_changes_lanes_only_with_nothing_of_it_under_way)
{
    produce(0, 1000);
    lane_open(0, 2);
    WAIT(t.n_effects > 0);
    t.lanes[0].slow = true; /* its ledger stands still, with work of all partitions */
    produce(1000, 1000);
    WAIT(t.lanes[0].receipt.number != 0);
    lane_open(1, 2);
    WAIT(n_in_state(&t.lanes[0], PARTITION_DRAINING) > 0);
    linger(1000);
    ck_assert_uint_eq(sum_of(&t.lanes[1], offsetof(struct input_stats, n_frames)), 0);
    t.lanes[0].slow = false;
    WAIT(n_in_state(&t.lanes[0], PARTITION_READING) == 2 && n_in_state(&t.lanes[1], PARTITION_READING) == 2);
    produce(2000, 1000);
    ck_each_once(0, 3000);
    ck_assert_uint_gt(sum_of(&t.lanes[1], offsetof(struct input_stats, n_frames)), 0);
}
END_TEST

START_TEST(a_session_that_was_lost_repeats_nothing)
{
    static const rd_kafka_resp_err_t unknown[] = {
        RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID};
    enum { HEARTBEAT = 12 };

    lane_open(0, 1);
    produce(0, 400);
    WAIT(t.n_effects == 400);
    t.lanes[0].slow = true;
    produce(400, 400);
    WAIT(t.lanes[0].receipt.number != 0);
    rd_kafka_mock_push_request_errors_array(t.cluster, HEARTBEAT, ARRAY_LEN(unknown), unknown);
    WAIT(n_in_state(&t.lanes[0], PARTITION_DRAINING) > 0);
    produce(800, 400);
    linger(500);
    t.lanes[0].slow = false;
    ck_each_once(0, 1200);
}
END_TEST

START_TEST(lanes_that_come_and_go_repeat_nothing)
{
    unsigned sent = 0;

    lane_open(0, 2);
    for (int round = 0; round < 3; round++) {
        produce(sent, 500);
        sent += 500;
        linger(100 + 150 * round);
        lane_open(1, 2);
        produce(sent, 500);
        sent += 500;
        WAIT(n_in_state(&t.lanes[1], PARTITION_READING) > 0);
        lane_close(1);
        produce(sent, 500);
        sent += 500;
    }
    ck_each_once(0, sent);
}
END_TEST

START_TEST(records_deleted_before_they_were_read_are_counted_and_the_place_moves_on)
{
    static char large[60000];
    struct position at = {.stream = SLICE("kafka/kafka/logs"), .partition = 2, .offset = 5, .epoch = -1};
    struct partition_view view = {0};

    memset(large, '7', 1);
    for (int i = 0; i < 200; i++) { /* 12 MB, of which the cluster keeps 5 */
        produce_value(2, large, sizeof(large));
        arrive();
    }
    ck_assert_int_eq(positions_set(t.positions, &at), 0);
    lane_open(0, 1);
    WAIT(STAT(n_frames) > 50);
    linger(500);
    ck_assert_uint_gt(STAT(n_gap_records), 50);
    ck_assert_uint_eq(5 + STAT(n_gap_records) + STAT(n_frames), 200);
    for (size_t k = 0; view.partition != 2; k++)
        ck_assert(inputs_partition(t.lanes[0].in, 0, k, &view));
    ck_assert_uint_eq(view.n_gap_records, STAT(n_gap_records));
    ck_assert_int_eq(view.next, 200);
}
END_TEST

START_TEST(a_log_that_was_made_anew_is_read_from_its_start_and_told)
{
    struct position at = {.stream = SLICE("kafka/kafka/logs"), .partition = 1, .offset = 5000, .epoch = -1};

    produce_to(1, 0, 100);
    ck_assert_int_eq(positions_set(t.positions, &at), 0);
    lane_open(0, 1);
    ck_each_once(0, 100);
    ck_assert_uint_eq(STAT(n_rewinds), 1);
    ck_assert_uint_eq(STAT(n_gap_records), 0);
}
END_TEST

START_TEST(a_record_without_a_value_is_handed_over_and_stops_nothing)
{
    produce_to(0, 0, 10);
    produce_value(0, NULL, 0);
    produce_to(0, 10, 10);
    lane_open(0, 1);
    ck_each_once(0, 20);
    ck_assert_uint_eq(t.lanes[0].n_poison, 1);
    ck_assert_uint_eq(STAT(n_poison), 1);
}
END_TEST

START_TEST(a_record_longer_than_the_limit_is_cut_and_counted)
{
    static char large[5000];

    t.input.frame_max_bytes = 1024;
    memset(large, '0', sizeof(large));
    produce_value(0, large, sizeof(large));
    arrive();
    lane_open(0, 1);
    WAIT(STAT(n_truncated) == 1);
    ck_assert_uint_eq(STAT(n_bytes_skipped), sizeof(large) - 1024);
}
END_TEST

START_TEST(what_is_held_waits_and_the_group_does_not_forget_us)
{
    lane_open(0, 1);
    produce(0, 100);
    WAIT(t.n_effects == 100);
    inputs_hold(t.lanes[0].in, true);
    produce(100, 1000);
    linger(5000); /* longer than a session without a sign of life */
    ck_assert_uint_eq(STAT(n_frames), 100);
    ck_assert_uint_eq(n_in_state(&t.lanes[0], PARTITION_HELD), PARTITIONS);
    inputs_hold(t.lanes[0].in, false);
    ck_each_once(0, 1100);
    ck_assert_uint_eq(STAT(n_rebalances), 1);
}
END_TEST

START_TEST(dead_letters_that_cannot_be_delivered_are_counted)
{
    t.input.dead_letter = "no/such topic"; /* no name of a topic */
    produce_value(0, NULL, 0);
    arrive();
    lane_open(0, 1);
    WAIT(STAT(n_dead_letters_lost) + STAT(n_dead_letters) == 1);
    ck_assert_uint_eq(STAT(n_poison), 1);
}
END_TEST

START_TEST(a_property_that_librdkafka_does_not_know_is_refused_at_once)
{
    const char *const property = "no.such.property=1";
    struct inputs *in = NULL;

    t.input.librdkafka = &property;
    t.input.n_librdkafka = 1;
    ck_assert_int_lt(inputs_open(&in, &t.settings, 0, 1, clock_system()), 0);
}
END_TEST

UNIT_MAIN_WITH("kafka", setup, teardown, each_record_counts_once_and_a_new_start_goes_on_behind_the_last,
    what_was_handed_over_and_not_recorded_comes_again_after_a_crash, brokers_that_go_down_and_come_up_cost_nothing,
    brokers_that_are_down_at_the_start_are_waited_for, a_coordinator_that_moves_costs_nothing,
    a_partition_changes_lanes_only_with_nothing_of_it_under_way, a_session_that_was_lost_repeats_nothing,
    lanes_that_come_and_go_repeat_nothing, records_deleted_before_they_were_read_are_counted_and_the_place_moves_on,
    a_log_that_was_made_anew_is_read_from_its_start_and_told, a_record_without_a_value_is_handed_over_and_stops_nothing,
    a_record_longer_than_the_limit_is_cut_and_counted, what_is_held_waits_and_the_group_does_not_forget_us,
    dead_letters_that_cannot_be_delivered_are_counted, a_property_that_librdkafka_does_not_know_is_refused_at_once)
