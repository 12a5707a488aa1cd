/* SPDX-License-Identifier: Apache-2.0 */
#include "input/kafka_conf.h"

#include <errno.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"

enum { SECRET_MAX = 64 * 1024, REASON_MAX = 512, KIB = 1024, FETCH_MAX = 50 * 1024 * 1024, FETCH_LEAST = 1024 * 1024 };

struct property {
    const char *name;
    const char *value;
};

// clang-format off
static const struct property consumer_defaults[] = {
    {"allow.auto.create.topics",           "false"},
    {"log.connection.close",               "false"}, /* idle connections end, which is no news */
    {"topic.metadata.refresh.interval.ms", "10000"}, /* a topic that was missing is found so soon */
    {"fetch.error.backoff.ms",             "100"},
    {"reconnect.backoff.max.ms",           "5000"},
};

static const struct property producer_defaults[] = {
    {"log.connection.close",               "false"},
    {"queue.buffering.max.kbytes",         "16384"},
    {"message.timeout.ms",                 "60000"},
};

/*
 * Places are ours to keep, so nothing is committed unless we say so. The cooperative protocol stays out: librdkafka
 * before 2.10 loses assignments by it when a commit meets a rebalance (librdkafka#4059). Logs go to a queue, so that it
 * is the lane that writes them.
 */
static const struct property consumer_fixed[] = {
    {"enable.auto.commit",                 "false"},
    {"enable.auto.offset.store",           "false"},
    {"auto.offset.reset",                  "earliest"},
    {"partition.assignment.strategy",      "roundrobin,range"},
    {"isolation.level",                    "read_committed"},
    {"enable.partition.eof",               "false"},
    {"log.queue",                          "true"},
};

static const struct property producer_fixed[] = {
    {"log.queue",                          "true"},
};

static const char *const mechanisms[] = {
    [SASL_PLAIN]         = "PLAIN",
    [SASL_SCRAM_SHA_256] = "SCRAM-SHA-256",
    [SASL_SCRAM_SHA_512] = "SCRAM-SHA-512",
};

static const char *const protocols[2][2] = { /* with SASL, with TLS */
    {"PLAINTEXT",      "SSL"},
    {"SASL_PLAINTEXT", "SASL_SSL"},
};
// clang-format on

static int
set(rd_kafka_conf_t *conf, struct input *input, const char *name, const char *value)
{
    char reason[REASON_MAX];

    if (value == NULL || rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK)
        return 0;
    log_error("input", "%s: %s: %s", input->settings->name, name, reason);
    return error_origin(-EINVAL);
}

static int
set_number(rd_kafka_conf_t *conf, struct input *input, const char *name, uint64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    return set(conf, input, name, text);
}

static int
set_table(rd_kafka_conf_t *conf, struct input *input, const struct property *rows, size_t n)
{
    int r = 0;

    for (size_t i = 0; i < n && r == 0; i++)
        r = set(conf, input, rows[i].name, rows[i].value);
    return r < 0 ? error_trace(r) : 0;
}

static int
set_joined(rd_kafka_conf_t *conf, struct input *input, const char *name, const char *const *texts, size_t n)
{
    CLEANUP_BUFFER struct buffer text = {0};
    int r;

    for (size_t i = 0; i < n; i++)
        buffer_printf(&text, i == 0 ? "%s" : ",%s", texts[i]);
    buffer_add_char(&text, '\0');
    if (text.failed)
        return error_origin(-ENOMEM);
    r = set(conf, input, name, text.p);
    return r < 0 ? error_trace(r) : 0;
}

/* The lane's share of what may be read ahead; one fetch more may be on its way. */
static int
set_memory(rd_kafka_conf_t *conf, struct input *input)
{
    uint64_t share = input->settings->fetch_bytes_max / input->set->n_lanes;
    uint64_t fetch = share / 2 < FETCH_MAX ? share / 2 : FETCH_MAX;
    int r = set_number(conf, input, "queued.max.messages.kbytes", share / KIB < KIB ? KIB : share / KIB);

    if (r == 0)
        r = set_number(conf, input, "fetch.max.bytes", fetch < FETCH_LEAST ? FETCH_LEAST : fetch);
    return r < 0 ? error_trace(r) : 0;
}

/* Three heartbeats fit into the time after which a consumer is given up. */
static int
set_group(rd_kafka_conf_t *conf, struct input *input)
{
    const struct input_settings *s = input->settings;
    int r = set(conf, input, "group.id", s->group);

    if (r == 0)
        r = set_number(conf, input, "session.timeout.ms", (uint64_t)s->session_timeout_ms);
    if (r == 0)
        r = set_number(conf, input, "heartbeat.interval.ms", (uint64_t)s->session_timeout_ms / 4);
    if (r == 0)
        r = set_memory(conf, input);
    return r < 0 ? error_trace(r) : 0;
}

static int
set_security(rd_kafka_conf_t *conf, struct input *input)
{
    const struct input_settings *s = input->settings;
    bool sasl = s->sasl_mechanism != SASL_NONE;
    int r = set(conf, input, "security.protocol", protocols[sasl][s->tls_ca != NULL]);

    if (r == 0)
        r = set(conf, input, "ssl.ca.location", s->tls_ca);
    if (r == 0)
        r = set(conf, input, "ssl.certificate.location", s->tls_certificate);
    if (r == 0 && s->tls_ca != NULL)
        r = set(conf, input, "ssl.endpoint.identification.algorithm", "https");
    if (r == 0 && sasl)
        r = set(conf, input, "sasl.mechanism", mechanisms[s->sasl_mechanism]);
    if (r == 0 && sasl)
        r = set(conf, input, "sasl.username", s->sasl_username);
    return r < 0 ? error_trace(r) : 0;
}

static int
set_given(rd_kafka_conf_t *conf, struct input *input)
{
    const struct input_settings *s = input->settings;
    int r = 0;

    for (size_t i = 0; i < s->n_librdkafka && r == 0; i++) {
        const char *value = strchr(s->librdkafka[i], '=');
        char name[128];

        if (value == NULL)
            return error_origin(-EINVAL);
        (void)snprintf(name, sizeof(name), "%.*s", (int)(value - s->librdkafka[i]), s->librdkafka[i]);
        r = set(conf, input, name, value + 1);
    }
    return r < 0 ? error_trace(r) : 0;
}

static int
read_secret(struct input *input, const char *path, struct buffer *out)
{
    int r = file_read_secret(path, SECRET_MAX, out);

    if (r == 0)
        return 0;
    if (r == FILE_E_EXPOSED)
        log_error(
            "input", "%s: %s holds a secret and is not its owner's alone: chmod 600", input->settings->name, path);
    else
        log_error("input", "%s: %s: %s", input->settings->name, path, r > 0 ? "too large" : strerror(-r));
    return error_origin(-EINVAL);
}

int
kafka_password(struct input *input, struct buffer *out)
{
    int r = read_secret(input, input->settings->sasl_password_file, out);

    while (r == 0 && out->n > 0 && (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r'))
        out->n--;
    return r < 0 ? error_trace(r) : 0;
}

static int
set_secrets(rd_kafka_conf_t *conf, struct input *input)
{
    const struct input_settings *s = input->settings;
    CLEANUP_BUFFER struct buffer key = {0};
    CLEANUP_BUFFER struct buffer password = {0};
    int r = s->tls_key == NULL ? 0 : read_secret(input, s->tls_key, &key);

    if (r == 0 && s->sasl_mechanism != SASL_NONE)
        r = kafka_password(input, &password);
    if (r < 0)
        return error_trace(r);
    buffer_add_char(&key, '\0');
    buffer_add_char(&password, '\0');
    if (key.failed || password.failed)
        return error_origin(-ENOMEM);
    if (s->tls_key != NULL)
        r = set(conf, input, "ssl.key.pem", key.p);
    if (r == 0 && s->sasl_mechanism != SASL_NONE)
        r = set(conf, input, "sasl.password", password.p);
    explicit_bzero(key.p, key.n);
    explicit_bzero(password.p, password.n);
    return r < 0 ? error_trace(r) : 0;
}

/* What consumer and producer have in common. */
static int
set_client(rd_kafka_conf_t *conf, struct input *input)
{
    const struct input_settings *s = input->settings;
    int r = set_joined(conf, input, "bootstrap.servers", s->brokers, s->n_brokers);

    if (r == 0)
        r = set(conf, input, "client.id", s->client_id);
    if (r == 0)
        r = set_security(conf, input);
    return r < 0 ? error_trace(r) : 0;
}

static int
set_all(rd_kafka_conf_t *conf, struct input *input, enum kafka_role role)
{
    bool consumer = role == KAFKA_CONSUMER;
    int r = consumer ? set_table(conf, input, consumer_defaults, ARRAY_LEN(consumer_defaults))
                     : set_table(conf, input, producer_defaults, ARRAY_LEN(producer_defaults));

    if (r == 0)
        r = set_client(conf, input);
    if (r == 0 && consumer)
        r = set_group(conf, input);
    if (r == 0 && consumer)
        r = set_given(conf, input);
    if (r == 0)
        r = consumer ? set_table(conf, input, consumer_fixed, ARRAY_LEN(consumer_fixed))
                     : set_table(conf, input, producer_fixed, ARRAY_LEN(producer_fixed));
    return r < 0 ? error_trace(r) : 0;
}

int
kafka_conf_new(rd_kafka_conf_t **out, struct input *input, enum kafka_role role, enum kafka_reading reading)
{
    CLEANUP(kafka_conf_free) rd_kafka_conf_t *conf = rd_kafka_conf_new();
    int r;

    if (conf == NULL)
        return error_origin(-ENOMEM);
    r = set_all(conf, input, role);
    if (r == 0 && reading == KAFKA_WITH_FILES)
        r = set_secrets(conf, input);
    if (r < 0)
        return error_trace(r);
    rd_kafka_conf_set_opaque(conf, input);
    *out = TAKE(conf);
    return 0;
}

void
kafka_conf_free(rd_kafka_conf_t *conf)
{
    if (conf != NULL)
        rd_kafka_conf_destroy(conf);
}
