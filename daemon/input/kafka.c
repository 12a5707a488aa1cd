/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Kafka: each lane is a consumer of one group, by librdkafka, whose threads fetch and whose queues the lane empties.
 *
 *      ┌────▶ idle ──assigned──▶ claiming ──all claimed: sought to our places──▶ reading ──revoked, lost, dead──┐
 *      │                            │ revoked                                                                   ▼
 *      └──── unassigned, claims released ◀──────────── everything handed over is on record ────────────── draining
 *
 * Places are in our own store, in the transaction of what their records caused; what the brokers are told of them is
 * for tools that show lag. The group only deals partitions out; that two lanes never have uncommitted work of the same
 * partition is seen to by the claims. Answering a rebalance late is allowed: librdkafka has stopped fetching by then,
 * and keeps the session alive while we drain.
 *
 * There are two queues. `events` has all that librdkafka has to tell, and is served at every turn and tick, which is
 * also what proves to it that we are alive; `records` has what all partitions fetched, and stays as it is while the
 * lane has no room: once it is full, librdkafka fetches no more, and what is in it need not be fetched again, which
 * pausing the partitions would cost. Both wake the lane's epoll by one eventfd.
 */

#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/list.h"
#include "input/kafka_conf.h"
#include "input/kafka_letters.h"
#include "input/kafka_partitions.h"

enum {
    RECORDS_MAX = 256, /* taken from the queue at a time */
    EVENTS_MAX = 16,
    HEADERS_MAX = 64, /* of a record, kept */
    REASON_MAX = 512,
    UNIT_MS = 500,      /* how long a place may wait to be recorded where nothing was detected */
    RESTART_MS = 10000, /* between attempts to make a client that could not be made, or died */
};

enum kafka_state { KAFKA_IDLE, KAFKA_CLAIMING, KAFKA_READING, KAFKA_DRAINING };

struct kafka_input {
    struct input input;
    struct watch watch;
    rd_kafka_t *client; /* NULL: not made yet, or given up */
    rd_kafka_queue_t *events;
    rd_kafka_queue_t *records;
    struct kafka_letters *letters; /* NULL: nobody wants them */
    enum kafka_state state;
    rd_kafka_topic_partition_list_t *assigned; /* NULL: nothing */
    bool held;
    bool dead;    /* the client is of no use any more */
    bool closing; /* a revocation is to be answered at once */
    struct monotime restart_due;
    struct monotime commit_due;
    uint64_t unit;              /* the last in which something was handed over */
    struct monotime unit_since; /* when that began */
    uint64_t acknowledged;
    struct partitions partitions;

    /* The partition of the record before, which most often is this one's too. */
    const rd_kafka_topic_t *last_topic;
    struct partition *last;
};

static struct kafka_input *
kafka_of(const struct input *input)
{
    return (struct kafka_input *)input;
}

static size_t
n_partitions(const struct kafka_input *k)
{
    return atomic_load_explicit(&k->partitions.n, memory_order_relaxed);
}

/* ---- what librdkafka tells ---- */

/* Names and reasons come from brokers. */
static void
warn(struct kafka_input *k, const char *what, const char *reason)
{
    CLEANUP_BUFFER struct buffer text = {0};

    buffer_add_escaped(&text, slice_str(reason));
    buffer_add_char(&text, '\0');
    input_warn(&k->input, "%s%s%s", what, what[0] == '\0' ? "" : ": ", text.failed ? "" : text.p);
}

static void
on_error(rd_kafka_t *client, int error, const char *reason, void *opaque)
{
    struct kafka_input *k = kafka_of(opaque);

    (void)client;
    stat_add(&k->input.stats.n_errors, 1);
    warn(k, rd_kafka_err2name((rd_kafka_resp_err_t)error), reason);
    if (error == RD_KAFKA_RESP_ERR__FATAL)
        k->dead = true;
}

/* Its warnings are ours; what is less urgent is for whoever looks for a fault. */
static void
on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    struct kafka_input *k = kafka_of(rd_kafka_opaque(client));

    if (level <= 4)
        warn(k, facility, text);
    else
        log_debug("input", "%s: librdkafka: %s: %s", k->input.settings->name, facility, text);
}

static void
on_commit(rd_kafka_t *client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t *offsets, void *opaque)
{
    (void)client;
    (void)offsets;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        log_debug("input", "%s: the brokers did not take our places: %s", ((struct input *)opaque)->settings->name,
            rd_kafka_err2name(error));
}

static void
set_assigned(struct kafka_input *k, const rd_kafka_topic_partition_list_t *list)
{
    if (k->assigned != NULL)
        rd_kafka_topic_partition_list_destroy(k->assigned);
    k->assigned = list == NULL ? NULL : rd_kafka_topic_partition_list_copy(list);
}

/* Only noted here; answered by step(), when everything handed over is on record. */
static void
on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct kafka_input *k = kafka_of(opaque);

    stat_add(&k->input.stats.n_rebalances, 1);
    if (k->closing || (what != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && what != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)) {
        (void)rd_kafka_assign(client, NULL);
    } else if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        set_assigned(k, list);
        k->state = KAFKA_CLAIMING;
    } else {
        if (rd_kafka_assignment_lost(client))
            input_warn(&k->input, "the group gave %d partitions to others, for it had not heard of us", list->cnt);
        k->state = KAFKA_DRAINING;
    }
}

static void
hear(struct kafka_input *k, const rd_kafka_message_t *m)
{
    char what[REASON_MAX];

    stat_add(&k->input.stats.n_errors, 1);
    if (m->rkt == NULL)
        (void)snprintf(what, sizeof(what), "%s", rd_kafka_err2name(m->err));
    else if (m->partition < 0 || m->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        (void)snprintf(what, sizeof(what), "topic %s", rd_kafka_topic_name(m->rkt));
    else
        (void)snprintf(what, sizeof(what), "topic %s partition %d", rd_kafka_topic_name(m->rkt), m->partition);
    warn(k, what, rd_kafka_message_errstr(m));
}

static void
serve_events(struct kafka_input *k)
{
    rd_kafka_message_t *messages[EVENTS_MAX];
    ssize_t n;

    do {
        n = rd_kafka_consume_batch_queue(k->events, 0, messages, EVENTS_MAX);
        for (ssize_t i = 0; i < n; i++) {
            hear(k, messages[i]);
            rd_kafka_message_destroy(messages[i]);
        }
    } while (n == EVENTS_MAX);
}

/* ---- which partitions are ours ---- */

/* Its records go to our queue; set before it is assigned, so that none goes elsewhere. */
static void
route_records(struct kafka_input *k, const rd_kafka_topic_partition_t *at)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_get_partition(k->client, at->topic, at->partition);

    if (queue == NULL)
        return;
    rd_kafka_queue_forward(queue, k->records);
    rd_kafka_queue_destroy(queue);
}

/* Return: whether it is ours, and @at says where to begin: at our place, and at the start where there is none. */
static bool
claim(struct kafka_input *k, rd_kafka_topic_partition_t *at)
{
    struct partition *p = partitions_get(&k->partitions, &k->input, at->topic, at->partition);

    if (p == NULL || partition_claim(p, k->input.set) != 0)
        return false;
    at->offset = p->next == POSITION_NONE ? RD_KAFKA_OFFSET_BEGINNING : p->next;
    return true;
}

static void
forget_records(struct kafka_input *k)
{
    k->last_topic = NULL;
    k->last = NULL;
}

/* All or nothing: what another lane still has under way is waited for. */
static void
claim_all(struct kafka_input *k)
{
    bool all = true;

    for (int i = 0; i < k->assigned->cnt; i++)
        all &= claim(k, &k->assigned->elems[i]);
    if (!all)
        return;
    for (int i = 0; i < k->assigned->cnt; i++)
        route_records(k, &k->assigned->elems[i]);
    forget_records(k);
    if (rd_kafka_assign(k->client, k->assigned) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return; /* the group has moved on, and tells us */
    log_info("input", "%s: lane %u reads %d partitions", k->input.settings->name, k->input.set->lane, k->assigned->cnt);
    k->state = KAFKA_READING;
    k->input.runnable = true;
}

/* Tell the brokers how far we are: for tools, so nobody waits and nothing is tried again. */
static void
commit(struct kafka_input *k)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n_partitions(k));

    for (size_t i = 0; i < n_partitions(k); i++) {
        const struct partition *p = k->partitions.items[i];
        struct position at = {.stream = p->stream, .partition = p->number};

        if (!p->claimed)
            continue;
        positions_get(k->input.set->positions, &at);
        if (at.offset != POSITION_NONE)
            rd_kafka_topic_partition_list_add(list, p->topic, p->number)->offset = at.offset;
    }
    if (list->cnt > 0)
        (void)rd_kafka_commit(k->client, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

static void
release_all(struct kafka_input *k)
{
    for (size_t i = 0; i < n_partitions(k); i++)
        partition_release(k->partitions.items[i], k->input.set);
    set_assigned(k, NULL);
    forget_records(k);
    k->state = KAFKA_IDLE;
}

static bool
is_drained(const struct kafka_input *k)
{
    return k->acknowledged >= k->unit;
}

static void
end_assignment(struct kafka_input *k)
{
    if (k->input.settings->commit_interval_ms > 0 && !k->dead)
        commit(k);
    (void)rd_kafka_assign(k->client, NULL);
    release_all(k);
}

static void
step(struct kafka_input *k)
{
    if (k->dead && k->state != KAFKA_IDLE)
        k->state = KAFKA_DRAINING;
    if (k->state == KAFKA_CLAIMING)
        claim_all(k);
    else if (k->state == KAFKA_DRAINING && is_drained(k))
        end_assignment(k);
}

/* ---- records ---- */

static struct partition *
partition_of(struct kafka_input *k, const rd_kafka_message_t *m)
{
    struct partition *p = k->last;

    if (LIKELY(p != NULL && m->rkt == k->last_topic && m->partition == p->number))
        return p;
    p = partitions_find(&k->partitions, rd_kafka_topic_name(m->rkt), m->partition);
    k->last = p;
    k->last_topic = m->rkt;
    return p;
}

/*
 * Offsets may jump without a loss: over records that were compacted away, and over marks of transactions. What has been
 * lost is what the log no longer reached back to. Where they fall, the log was cut or made anew.
 */
static void
look_at_jump(struct kafka_input *k, struct partition *p, const rd_kafka_message_t *m)
{
    int64_t low = 0;
    int64_t high = 0;
    int64_t lost;

    if (m->offset < p->next) {
        stat_add(&k->input.stats.n_rewinds, 1);
        input_warn(&k->input, "topic %s partition %d goes back from %lld to %lld: its log was cut or made anew",
            p->topic, p->number, (long long)p->next, (long long)m->offset);
        return;
    }
    if (rd_kafka_get_watermark_offsets(k->client, p->topic, p->number, &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    lost = (low < m->offset ? low : m->offset) - p->next;
    if (lost <= 0)
        return;
    stat_add(&k->input.stats.n_gap_records, (uint64_t)lost);
    stat_add(&p->shown.n_gap_records, (uint64_t)lost);
    input_warn(&k->input, "topic %s partition %d: %lld records from %lld on were deleted before they were read",
        p->topic, p->number, (long long)lost, (long long)p->next);
}

static void
move_past(struct kafka_input *k, struct partition *p, const rd_kafka_message_t *m)
{
    struct inputs *set = k->input.set;

    if (UNLIKELY(m->offset != p->next && p->next != POSITION_NONE))
        look_at_jump(k, p, m);
    p->next = m->offset + 1;
    p->unit = set->unit;
    if (k->unit != set->unit) {
        k->unit = set->unit;
        k->unit_since = set->now;
    }
}

static size_t
read_headers(const rd_kafka_message_t *m, struct kafka_header out[static HEADERS_MAX])
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t size;
    size_t n = 0;

    if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    while (n < HEADERS_MAX && rd_kafka_header_get_all(headers, n, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR)
        out[n++] = (struct kafka_header){slice_str(name), slice_of(value, size)};
    return n;
}

static struct walltime
stamp_of(const rd_kafka_message_t *m)
{
    rd_kafka_timestamp_type_t type;
    int64_t ms = rd_kafka_message_timestamp(m, &type);

    if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || ms <= 0 || ms > INT64_MAX / NS_PER_MS)
        return (struct walltime){0};
    return (struct walltime){ms * NS_PER_MS};
}

/* What is no value is an empty message: an event that says so. */
static struct framed
frame_of(struct kafka_input *k, const rd_kafka_message_t *m)
{
    size_t max = k->input.settings->frame_max_bytes;
    struct framed framed = {.bytes = m->payload == NULL ? SLICE("") : slice_of(m->payload, m->len)};

    if (UNLIKELY(framed.bytes.n > max)) {
        stat_add(&k->input.stats.n_bytes_skipped, framed.bytes.n - max);
        framed.bytes.n = max;
        framed.marks = FRAME_TRUNCATED;
    }
    return framed;
}

static void
set_aside(struct kafka_input *k, const struct kafka_record *record, const rd_kafka_message_t *m)
{
    stat_add(&k->input.stats.n_poison, 1);
    if (k->letters != NULL)
        kafka_letters_send(k->letters, record, slice_of(m->payload, m->payload == NULL ? 0 : m->len));
}

static void
deliver(struct kafka_input *k, struct partition *p, const rd_kafka_message_t *m, struct walltime received)
{
    struct kafka_header headers[HEADERS_MAX];
    struct kafka_record record = {
        .topic = slice_str(p->topic),
        .partition = m->partition,
        .offset = m->offset,
        .stamp = stamp_of(m),
        .key = slice_of(m->key, m->key == NULL ? 0 : m->key_len),
        .headers = headers,
        .n_headers = read_headers(m, headers),
        .poison = m->payload == NULL ? "no value" : NULL,
    };

    move_past(k, p, m);
    p->stamp = record.stamp;
    input_deliver(&k->input, frame_of(k, m), received, (struct sender){.kafka = &record});
    if (UNLIKELY(record.poison != NULL))
        set_aside(k, &record, m);
}

static void
take(struct kafka_input *k, const rd_kafka_message_t *m, struct walltime received)
{
    struct partition *p;

    if (UNLIKELY(m->err != RD_KAFKA_RESP_ERR_NO_ERROR)) {
        hear(k, m);
        return;
    }
    p = partition_of(k, m);
    if (LIKELY(p != NULL && p->claimed))
        deliver(k, p, m, received);
}

/* Return: whether there may be more. */
static bool
serve_records(struct kafka_input *k)
{
    rd_kafka_message_t *messages[RECORDS_MAX];
    struct inputs *set = k->input.set;
    struct walltime received;
    size_t bytes = 0;
    ssize_t n;

    do {
        n = rd_kafka_consume_batch_queue(k->records, 0, messages, RECORDS_MAX);
        received = clock_wall(set->clock);
        for (ssize_t i = 0; i < n; i++) {
            bytes += messages[i]->len;
            take(k, messages[i], received);
            rd_kafka_message_destroy(messages[i]);
        }
    } while (n == RECORDS_MAX && bytes < set->read_max);
    stat_add(&k->input.stats.n_bytes, bytes);
    return n == RECORDS_MAX;
}

static void
kafka_turn(struct input *input)
{
    struct kafka_input *k = kafka_of(input);

    input->runnable = false;
    if (k->client == NULL)
        return;
    serve_events(k);
    step(k);
    if (k->state == KAFKA_READING && !k->held)
        input->runnable = serve_records(k);
}

static void
on_ready(struct watch *w)
{
    struct kafka_input *k = LIST_ITEM(w, struct kafka_input, watch);
    uint64_t n;

    if (read(w->fd, &n, sizeof(n)) < 0)
        return; /* heard already */
    kafka_turn(&k->input);
}

/* ---- receipts ---- */

static bool
has_moved(const struct kafka_input *k)
{
    return k->unit == k->input.set->unit;
}

static bool
kafka_is_due(const struct input *input)
{
    const struct kafka_input *k = kafka_of(input);

    if (!has_moved(k))
        return false;
    return k->state == KAFKA_DRAINING || input->set->now.ns - k->unit_since.ns >= UNIT_MS * NS_PER_MS;
}

static bool
kafka_is_urgent(const struct input *input)
{
    return kafka_of(input)->state == KAFKA_DRAINING;
}

static bool
moved(const struct kafka_input *k, const struct partition *p)
{
    return p->claimed && p->unit == k->input.set->unit;
}

static size_t
kafka_n_positions(const struct input *input)
{
    const struct kafka_input *k = kafka_of(input);
    size_t n = 0;

    for (size_t i = 0; has_moved(k) && i < n_partitions(k); i++)
        n += moved(k, k->partitions.items[i]);
    return n;
}

static void
kafka_positions(struct input *input, struct position *out)
{
    const struct kafka_input *k = kafka_of(input);

    for (size_t i = 0; has_moved(k) && i < n_partitions(k); i++) {
        const struct partition *p = k->partitions.items[i];

        if (moved(k, p))
            *out++ = (struct position){p->stream, p->number, p->epoch, p->next};
    }
}

static void
kafka_acknowledge(struct input *input, uint64_t number)
{
    struct kafka_input *k = kafka_of(input);

    k->acknowledged = number;
    if (k->client != NULL)
        step(k);
}

static void
kafka_hold(struct input *input, bool hold)
{
    struct kafka_input *k = kafka_of(input);

    k->held = hold;
    if (!hold)
        input->runnable = true;
}

/* What was not read yet stays where it is, for the next start. */
static void
kafka_hang_up(struct input *input)
{
    kafka_hold(input, true);
}

static const struct receipt_ops kafka_receipts = {
    .exact = true,
    .is_due = kafka_is_due,
    .is_urgent = kafka_is_urgent,
    .n_positions = kafka_n_positions,
    .positions = kafka_positions,
    .acknowledge = kafka_acknowledge,
    .hold = kafka_hold,
};

/* ---- the client's life ---- */

static int
subscribe(struct kafka_input *k)
{
    const struct input_settings *s = k->input.settings;
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new((int)s->n_topics);
    rd_kafka_resp_err_t error;

    for (size_t i = 0; i < s->n_topics; i++)
        (void)rd_kafka_topic_partition_list_add(topics, s->topics[i], RD_KAFKA_PARTITION_UA);
    error = rd_kafka_subscribe(k->client, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    log_error("input", "%s: topics: %s", s->name, rd_kafka_err2str(error));
    return error_origin(-EINVAL);
}

static int
make_client(struct kafka_input *k)
{
    CLEANUP(kafka_conf_free) rd_kafka_conf_t *conf = NULL;
    char reason[REASON_MAX];
    int r = kafka_conf_new(&conf, &k->input, KAFKA_CONSUMER, KAFKA_WITH_FILES);

    if (r < 0)
        return error_trace(r);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
    k->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof(reason));
    if (k->client == NULL) {
        log_error("input", "%s: %s", k->input.settings->name, reason);
        return error_origin(-EINVAL);
    }
    conf = NULL; /* the client's now */
    return 0;
}

static void
open_queues(struct kafka_input *k)
{
    static const uint64_t one = 1;

    (void)rd_kafka_poll_set_consumer(k->client);
    k->events = rd_kafka_queue_get_consumer(k->client);
    k->records = rd_kafka_queue_new(k->client);
    (void)rd_kafka_set_log_queue(k->client, k->events);
    rd_kafka_queue_io_event_enable(k->events, k->watch.fd, &one, sizeof(one));
    rd_kafka_queue_io_event_enable(k->records, k->watch.fd, &one, sizeof(one));
}

/* Says farewell to the group, so that others need not wait for us to be missed. */
static void
stop(struct kafka_input *k)
{
    if (k->client == NULL)
        return;
    k->closing = true;
    if (k->state == KAFKA_CLAIMING || k->state == KAFKA_DRAINING)
        (void)rd_kafka_assign(k->client, NULL); /* a rebalance that was not answered yet would be waited for */
    (void)rd_kafka_consumer_close(k->client);
    k->closing = false;
    release_all(k);
    rd_kafka_queue_io_event_enable(k->events, -1, NULL, 0);
    rd_kafka_queue_io_event_enable(k->records, -1, NULL, 0);
    rd_kafka_queue_destroy(k->records);
    rd_kafka_queue_destroy(k->events);
    rd_kafka_destroy(k->client);
    k->client = NULL;
    k->dead = false;
}

static int
start(struct kafka_input *k)
{
    int r = 0;

    if (k->input.settings->dead_letter != NULL && k->letters == NULL)
        r = kafka_letters_new(&k->letters, &k->input);
    if (r == 0)
        r = make_client(k);
    if (r < 0)
        return error_trace(r);
    open_queues(k);
    r = subscribe(k);
    if (r < 0)
        stop(k);
    return r < 0 ? error_trace(r) : 0;
}

static void
start_in_time(struct kafka_input *k)
{
    struct inputs *set = k->input.set;

    if (k->client != NULL || set->positions == NULL || set->now.ns < k->restart_due.ns)
        return;
    k->restart_due = monotime_add(set->now, RESTART_MS * NS_PER_MS);
    if (start(k) < 0)
        stat_add(&k->input.stats.n_errors, 1);
}

static void
show(struct kafka_input *k)
{
    static const enum partition_state states[] = {
        [KAFKA_IDLE] = PARTITION_RELEASED,
        [KAFKA_CLAIMING] = PARTITION_CLAIMED,
        [KAFKA_READING] = PARTITION_READING,
        [KAFKA_DRAINING] = PARTITION_DRAINING,
    };
    enum partition_state state = k->state == KAFKA_READING && k->held ? PARTITION_HELD : states[k->state];

    for (size_t i = 0; i < n_partitions(k); i++) {
        struct partition *p = k->partitions.items[i];
        struct log_range log = {POSITION_NONE, POSITION_NONE};

        if (!p->claimed)
            continue;
        (void)rd_kafka_get_watermark_offsets(k->client, p->topic, p->number, &log.start, &log.end);
        partition_show(p, k->input.set, state, log);
    }
}

static void
commit_in_time(struct kafka_input *k)
{
    struct monotime now = k->input.set->now;
    int64_t interval_ms = k->input.settings->commit_interval_ms;

    if (interval_ms == 0 || k->state != KAFKA_READING || now.ns < k->commit_due.ns)
        return;
    k->commit_due = monotime_add(now, interval_ms * NS_PER_MS);
    commit(k);
}

static void
kafka_tick(struct input *input)
{
    struct kafka_input *k = kafka_of(input);

    start_in_time(k);
    if (k->letters != NULL)
        kafka_letters_tick(k->letters);
    if (k->client == NULL)
        return;
    serve_events(k);
    step(k);
    commit_in_time(k);
    show(k);
    if (k->dead && k->state == KAFKA_IDLE)
        stop(k);
    else if (k->state == KAFKA_READING && !k->held)
        input->runnable = true; /* should a wake have been missed, which librdkafka's edges leave to hope */
}

/* The password is what changes most often; new connections use it. Certificates are read by a new client only. */
static void
kafka_reload(struct input *input)
{
    struct kafka_input *k = kafka_of(input);
    CLEANUP_BUFFER struct buffer password = {0};

    if (k->client == NULL) {
        k->restart_due = input->set->now;
        start_in_time(k);
        return;
    }
    if (input->settings->sasl_mechanism == SASL_NONE || kafka_password(input, &password) < 0)
        return;
    buffer_add_char(&password, '\0');
    if (password.failed)
        return;
    rd_kafka_error_destroy(rd_kafka_sasl_set_credentials(k->client, input->settings->sasl_username, password.p));
    explicit_bzero(password.p, password.n);
    log_info("input", "%s: the password is read again", input->settings->name);
}

/* What librdkafka refuses of the settings is said at once; files are read later, as who the daemon will be. */
static int
kafka_open(struct input *input)
{
    struct kafka_input *k = kafka_of(input);
    CLEANUP(kafka_conf_free) rd_kafka_conf_t *conf = NULL;
    int r = kafka_conf_new(&conf, input, KAFKA_CONSUMER, KAFKA_WITHOUT_FILES);

    if (r < 0)
        return error_trace(r);
    k->watch.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (k->watch.fd < 0)
        return error_origin(-errno);
    k->watch.ready = on_ready;
    r = input_watch(input, &k->watch);
    return r < 0 ? error_trace(r) : 0;
}

static void
kafka_close(struct input *input)
{
    struct kafka_input *k = kafka_of(input);

    stop(k);
    kafka_letters_free(k->letters);
    watch_close(&k->watch);
    set_assigned(k, NULL);
    partitions_fini(&k->partitions);
}

static bool
kafka_partition(const struct input *input, size_t n, struct partition_view *out)
{
    return partitions_view(&kafka_of(input)->partitions, n, out);
}

const struct input_ops input_kafka = {
    .size = sizeof(struct kafka_input),
    .every_lane = true,
    .open = kafka_open,
    .close = kafka_close,
    .turn = kafka_turn,
    .tick = kafka_tick,
    .hang_up = kafka_hang_up,
    .reload = kafka_reload,
    .partition = kafka_partition,
    .receipts = &kafka_receipts,
};
