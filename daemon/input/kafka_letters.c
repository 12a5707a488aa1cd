/* SPDX-License-Identifier: Apache-2.0 */
#include "input/kafka_letters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "input/kafka_conf.h"

enum { FAREWELL_MS = 2000, REASON_MAX = 512 };

struct kafka_letters {
    struct input *input;
    rd_kafka_t *client;
};

static void
count_lost(struct input *input, uint64_t n, const char *why)
{
    stat_add(&input->stats.n_dead_letters_lost, n);
    input_warn(input, "%llu dead letters could not be delivered to %s: %s", (unsigned long long)n,
        input->settings->dead_letter, why);
}

static void
on_delivery(rd_kafka_t *client, const rd_kafka_message_t *m, void *opaque)
{
    struct input *input = opaque;

    (void)client;
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        stat_add(&input->stats.n_dead_letters, 1);
    else
        count_lost(input, 1, rd_kafka_err2str(m->err));
}

/* Brokers that are gone are the consumer's to tell of; what matters of them here are letters that are lost. */
static void
on_error(rd_kafka_t *client, int error, const char *reason, void *opaque)
{
    (void)client;
    (void)error;
    (void)reason;
    stat_add(&((struct input *)opaque)->stats.n_errors, 1);
}

static void
on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    (void)level;
    log_debug("input", "librdkafka: %s: %s", facility, text);
}

int
kafka_letters_new(struct kafka_letters **out, struct input *input)
{
    CLEANUP(kafka_conf_free) rd_kafka_conf_t *conf = NULL;
    struct kafka_letters *l = calloc(1, sizeof(*l));
    char reason[REASON_MAX];
    int r;

    if (l == NULL)
        return error_origin(-ENOMEM);
    l->input = input;
    r = kafka_conf_new(&conf, input, KAFKA_PRODUCER, KAFKA_WITH_FILES);
    if (r < 0) {
        free(l);
        return error_trace(r);
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    l->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    if (l->client == NULL) {
        log_error("input", "%s: %s", input->settings->name, reason);
        free(l);
        return error_origin(-EINVAL);
    }
    conf = NULL; /* the client's now */
    (void)rd_kafka_set_log_queue(l->client, NULL);
    *out = l;
    return 0;
}

void
kafka_letters_free(struct kafka_letters *l)
{
    int n;

    if (l == NULL)
        return;
    (void)rd_kafka_flush(l->client, FAREWELL_MS);
    n = rd_kafka_outq_len(l->client);
    if (n > 0) {
        (void)rd_kafka_purge(
            l->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
        (void)rd_kafka_poll(l->client, 0); /* their reports count them */
    }
    rd_kafka_destroy(l->client);
    free(l);
}

static rd_kafka_headers_t *
make_headers(const struct kafka_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->n_headers + 4);
    char partition[16];
    char offset[24];

    if (headers == NULL)
        return NULL;
    for (size_t i = 0; i < record->n_headers; i++)
        (void)rd_kafka_header_add(headers, record->headers[i].name.p, (ssize_t)record->headers[i].name.n,
            record->headers[i].value.p, (ssize_t)record->headers[i].value.n);
    (void)snprintf(partition, sizeof(partition), "%d", record->partition);
    (void)snprintf(offset, sizeof(offset), "%lld", (long long)record->offset);
    (void)rd_kafka_header_add(headers, "dead_letter.topic", -1, record->topic.p, (ssize_t)record->topic.n);
    (void)rd_kafka_header_add(headers, "dead_letter.partition", -1, partition, -1);
    (void)rd_kafka_header_add(headers, "dead_letter.offset", -1, offset, -1);
    (void)rd_kafka_header_add(headers, "dead_letter.reason", -1, record->poison, -1);
    return headers;
}

void
kafka_letters_send(struct kafka_letters *l, const struct kafka_record *record, struct slice value)
{
    rd_kafka_headers_t *headers = make_headers(record);
    rd_kafka_resp_err_t error;

    if (headers == NULL) {
        count_lost(l->input, 1, strerror(ENOMEM));
        return;
    }
    error = rd_kafka_producev(l->client, RD_KAFKA_V_TOPIC(l->input->settings->dead_letter),
        RD_KAFKA_V_KEY(record->key.p, record->key.n), RD_KAFKA_V_VALUE((void *)value.p, value.n),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    rd_kafka_headers_destroy(headers);
    count_lost(l->input, 1, rd_kafka_err2str(error));
}

void
kafka_letters_tick(struct kafka_letters *l)
{
    (void)rd_kafka_poll(l->client, 0);
}
