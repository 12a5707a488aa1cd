/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Kafka configuration: librdkafka's properties, made from an input's settings.
 *
 * Three tables, later ones stand: our defaults, what the operator gives under `librdkafka`, and what exactness rests
 * on.
 */

#include <librdkafka/rdkafka.h>

#include "input/input.h"

enum kafka_role { KAFKA_CONSUMER, KAFKA_PRODUCER };

/** What is read: the settings alone, to see whether librdkafka takes them, or files of keys and passwords too. */
enum kafka_reading { KAFKA_WITHOUT_FILES, KAFKA_WITH_FILES };

/**
 * kafka_conf_new() - the configuration of @input's client, whose opaque @input is
 *
 * Return: 0, -EINVAL where librdkafka or a file refuses, which has been logged, or -ENOMEM.
 */
int kafka_conf_new(rd_kafka_conf_t **out, struct input *input, enum kafka_role role, enum kafka_reading reading);

/** kafka_conf_free() - for one that no client took. */
void kafka_conf_free(rd_kafka_conf_t *conf);
CLEANUP_DEFINE(kafka_conf_free, rd_kafka_conf_t *)

/** kafka_password() - the password of @input's settings, appended to @out. Return: as kafka_conf_new(). */
int kafka_password(struct input *input, struct buffer *out);
