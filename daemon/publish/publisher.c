/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/publisher.h"

#include <errno.h>
#include <stdlib.h>
#include <zmq.h>

#include "base/error.h"
#include "base/log.h"
#include "publish/keys.h"
#include "publish/last_values.h"
#include "publish/zap.h"

enum { SCHEMA = 1, TOPICS_MAX = 4096, SEND_QUEUE = 10000, LINGER_MS = 500, SUBSCRIPTIONS_A_TURN = 64, TOPIC_MAX = 256 };

static const struct counter_def publisher_counter_defs[PUBLISHER_COUNTERS] = {
    // clang-format off
    [PUBLISHER_C_SENT]           = {"published", "messages published"},
    [PUBLISHER_C_REPLAYED]       = {"published_again", "last values sent again to new subscribers"},
    [PUBLISHER_C_DROPPED]        = {"publish_dropped", "messages the publishing socket did not take"},
    [PUBLISHER_C_TOPICS_EVICTED] = {"publish_topics_evicted", "last values forgotten to make room for newer topics"},
    [PUBLISHER_C_REFUSED]        = {"publish_refused", "subscribers refused for their key"},
    // clang-format on
};

struct publisher {
    void *context;
    void *socket; /* XPUB: it tells of subscriptions, which PUB does not */
    struct zap *zap; /* NULL: whoever knows our key may subscribe */
    struct last_values *last;
    struct counters *counters;
    struct buffer body; /* reused */
    char endpoint[TOPIC_MAX];
};

static int
set_option(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof(value)) == 0 ? 0 : error_origin(-errno);
}

static bool
given(const char *s)
{
    return s != NULL && s[0] != '\0';
}

static int
use_curve(struct publisher *p, const struct publisher_settings *settings)
{
    struct key secret;
    int r;

    if (!given(settings->curve_secret_file)) {
        log_notice("publish", "without CURVE keys anybody who reaches %s can read along", settings->address);
        return 0;
    }
    r = key_read_secret(settings->curve_secret_file, &secret);
    if (r != 0)
        return r;
    r = set_option(p->socket, ZMQ_CURVE_SERVER, 1);
    if (r == 0 && zmq_setsockopt(p->socket, ZMQ_CURVE_SECRETKEY, secret.text, KEY_TEXT + 1) < 0)
        r = error_origin(-errno);
    explicit_bzero(&secret, sizeof(secret));
    if (r == 0 && given(settings->curve_clients_file))
        r = zap_open(&p->zap, p->context, settings->curve_clients_file);
    if (r == 0 && p->zap != NULL && zmq_setsockopt(p->socket, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN, strlen(ZAP_DOMAIN)) < 0)
        r = error_origin(-errno);
    return r;
}

static int
bind_socket(struct publisher *p, const struct publisher_settings *settings)
{
    size_t n = sizeof(p->endpoint);

    if (zmq_bind(p->socket, settings->address) < 0) {
        log_error("publish", "%s cannot be bound: %s", settings->address, zmq_strerror(errno));
        return PUBLISH_E_ADDRESS;
    }
    if (zmq_getsockopt(p->socket, ZMQ_LAST_ENDPOINT, p->endpoint, &n) < 0)
        return error_origin(-errno);
    return 0;
}

static int
open_socket(struct publisher *p, const struct publisher_settings *settings)
{
    int r;

    p->context = zmq_ctx_new();
    p->socket = p->context == NULL ? NULL : zmq_socket(p->context, ZMQ_XPUB);
    if (p->socket == NULL)
        return error_origin(-errno);
    r = set_option(p->socket, ZMQ_XPUB_VERBOSE, 1); /* tells of every subscription, also for a topic known already */
    if (r == 0)
        r = set_option(p->socket, ZMQ_SNDHWM, SEND_QUEUE);
    if (r == 0)
        r = set_option(p->socket, ZMQ_LINGER, LINGER_MS);
    if (r == 0)
        r = set_option(p->socket, ZMQ_IPV6, strchr(settings->address, '[') != NULL);
    if (r == 0)
        r = use_curve(p, settings);
    return r == 0 ? bind_socket(p, settings) : r;
}

int
publisher_open(struct publisher **out, const struct publisher_settings *settings)
{
    CLEANUP(publisher_close) struct publisher *p = NULL;
    int r;

    p = calloc(1, sizeof(*p));
    if (p == NULL)
        return error_origin(-ENOMEM);
    r = counters_new(&p->counters, publisher_counter_defs, PUBLISHER_COUNTERS);
    if (r == 0)
        r = last_values_new(&p->last, TOPICS_MAX);
    if (r == 0)
        r = open_socket(p, settings);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    *out = TAKE(p);
    return 0;
}

void
publisher_close(struct publisher *p)
{
    if (p == NULL)
        return;
    zap_close(p->zap);
    if (p->socket != NULL)
        (void)zmq_close(p->socket);
    if (p->context != NULL)
        (void)zmq_ctx_term(p->context);
    last_values_free(p->last);
    counters_free(p->counters);
    buffer_fini(&p->body);
    free(p);
}

static void
transmit(struct publisher *p, const struct last_value *v, enum publisher_counter counter)
{
    if (zmq_send(p->socket, v->topic.p, v->topic.n, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 ||
        zmq_send(p->socket, v->message.p, v->message.n, ZMQ_DONTWAIT) < 0)
        counters_add(p->counters, PUBLISHER_C_DROPPED, 1);
    else
        counters_add(p->counters, counter, 1);
}

int
publisher_send(struct publisher *p, struct slice topic, struct slice body, struct walltime at)
{
    char time[WALLTIME_TEXT_MAX];
    struct last_value *v;
    struct json_writer w;
    bool evicted;

    v = last_values_at(p->last, topic, &evicted);
    if (v == NULL)
        return error_origin(-ENOMEM);
    counters_add(p->counters, PUBLISHER_C_TOPICS_EVICTED, evicted);
    buffer_reset(&v->message);
    json_begin(&w, &v->message);
    json_object(&w);
    json_field_int(&w, "schema", SCHEMA);
    json_field_string(&w, "topic", topic);
    json_field_int(&w, "seq", (int64_t)++v->seq);
    json_field_text(&w, "at", walltime_print(at, time));
    json_key(&w, "body");
    json_raw(&w, body);
    json_close(&w);
    if (v->message.failed)
        return error_origin(-ENOMEM);
    transmit(p, v, PUBLISHER_C_SENT);
    return 0;
}

int
publisher_kpi(struct publisher *p, const struct kpi_value *v)
{
    char topic[TOPIC_MAX];
    struct json_writer w;

    (void)snprintf(topic, sizeof(topic), v->stratum[0] == '\0' ? "kpi/%s" : "kpi/%s/%s", v->def->id, v->stratum);
    buffer_reset(&p->body);
    json_begin(&w, &p->body);
    json_object(&w);
    kpi_value_write(&w, v);
    json_close(&w);
    if (p->body.failed)
        return error_origin(-ENOMEM);
    return publisher_send(p, slice_str(topic), buffer_slice(&p->body), v->at);
}

static void
replay(void *ctx, const struct last_value *v)
{
    transmit(ctx, v, PUBLISHER_C_REPLAYED);
}

/* A subscription is a byte 1 and the topic's beginning; 0 ends one (ZeroMQ's ZMTP 3.1, SUBSCRIBE and CANCEL). */
void
publisher_serve(struct publisher *p)
{
    char message[1 + TOPIC_MAX];
    int turn;

    if (p->zap != NULL)
        counters_add(p->counters, PUBLISHER_C_REFUSED, zap_serve(p->zap));
    for (turn = 0; turn < SUBSCRIPTIONS_A_TURN; turn++) {
        int n = zmq_recv(p->socket, message, sizeof(message), ZMQ_DONTWAIT);

        if (n < 0)
            return;
        if (n > 0 && n <= (int)sizeof(message) && message[0] == 1)
            last_values_each(p->last, slice_of(message + 1, (size_t)n - 1), replay, p);
    }
}

const char *
publisher_endpoint(const struct publisher *p)
{
    return p->endpoint;
}

const struct counters *
publisher_counters(const struct publisher *p)
{
    return p->counters;
}
