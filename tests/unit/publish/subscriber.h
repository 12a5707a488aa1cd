/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A subscriber on a real socket beside a publisher in one thread: what it waits for, the publisher is served meanwhile.
 */

#include <zmq.h>

#include "publish/publisher.h"
#include "support/unit.h"

enum { PATIENCE_MS = 5000, QUIET_MS = 300, STEP_MS = 5, MESSAGE_BYTES_MAX = 4096 };

#define AT ((struct walltime){INT64_C(1795435200) * NS_PER_S}) /* 2026-11-23T12:00:00Z */

static void *client_context;

static struct {
    char topic[MESSAGE_BYTES_MAX];
    char json[MESSAGE_BYTES_MAX];
} received;

static inline void
clients_begin(void)
{
    client_context = zmq_ctx_new();
}

static inline void
clients_end(void)
{
    ck_assert_int_eq(zmq_ctx_term(client_context), 0);
}

static inline struct publisher *
open_publisher(const char *secret_file, const char *clients_file)
{
    const struct publisher_settings settings = {"tcp://127.0.0.1:*", secret_file, clients_file};
    struct publisher *p;

    ck_assert_int_eq(publisher_open(&p, &settings), 0);
    return p;
}

static inline void *
make_subscriber(void)
{
    void *s = zmq_socket(client_context, ZMQ_SUB);
    int none = 0;

    ck_assert_int_eq(zmq_setsockopt(s, ZMQ_LINGER, &none, sizeof(none)), 0);
    return s;
}

static inline void
subscribe(void *s, const char *topic)
{
    ck_assert_int_eq(zmq_setsockopt(s, ZMQ_SUBSCRIBE, topic, strlen(topic)), 0);
}

static inline void *
connect_subscriber(const struct publisher *p, const char *topic)
{
    void *s = make_subscriber();

    subscribe(s, topic);
    ck_assert_int_eq(zmq_connect(s, publisher_endpoint(p)), 0);
    return s;
}

static inline void
take_part(void *s, char out[static MESSAGE_BYTES_MAX])
{
    int n = zmq_recv(s, out, MESSAGE_BYTES_MAX - 1, 0);

    ck_assert_int_ge(n, 0);
    out[n < MESSAGE_BYTES_MAX ? n : MESSAGE_BYTES_MAX - 1] = '\0';
}

/* Return: whether a message came into `received` within @ms. */
static inline bool
receive_within(struct publisher *p, void *s, int ms)
{
    for (; ms > 0; ms -= STEP_MS) {
        zmq_pollitem_t item = {.socket = s, .events = ZMQ_POLLIN};
        int more = 0;
        size_t n = sizeof(more);

        publisher_serve(p);
        if (zmq_poll(&item, 1, STEP_MS) <= 0)
            continue;
        take_part(s, received.topic);
        ck_assert_int_eq(zmq_getsockopt(s, ZMQ_RCVMORE, &more, &n), 0);
        ck_assert_msg(more != 0, "a message has a topic and a body");
        take_part(s, received.json);
        ck_assert_int_eq(zmq_getsockopt(s, ZMQ_RCVMORE, &more, &n), 0);
        ck_assert_msg(more == 0, "and nothing else");
        return true;
    }
    return false;
}

static inline void
expect(struct publisher *p, void *s, const char *topic, const char *json)
{
    ck_assert_msg(receive_within(p, s, PATIENCE_MS), "waited in vain for %s", topic);
    ck_assert_str_eq(received.topic, topic);
    ck_assert_msg(strstr(received.json, json) != NULL, "want %s in %s", json, received.json);
}

static inline void
expect_quiet(struct publisher *p, void *s)
{
    ck_assert_msg(!receive_within(p, s, QUIET_MS), "unexpected: %s %s", received.topic, received.json);
}

static inline void
publish(struct publisher *p, const char *topic, const char *body)
{
    ck_assert_int_eq(publisher_send(p, slice_str(topic), slice_str(body), AT), 0);
}

static inline uint64_t
counted(const struct publisher *p, enum publisher_counter c)
{
    return counters_get(publisher_counters(p), c);
}
