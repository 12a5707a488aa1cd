/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Kafka: what stood beside a record's value, as fields: kafka_topic, kafka_partition, kafka_offset, kafka_timestamp,
 * kafka_key, and each header as "kafka_header." with its name; kafka_poison says why the value could not be read.
 */

#include "model/event.h"
#include "normalize/label.h"

struct kafka_names {
    struct label topic;
    struct label partition;
    struct label offset;
    struct label timestamp;
    struct label key;
    struct label poison;
};

void kafka_names_init(struct kafka_names *names);

/** kafka_fields() - add the fields of @r to @out. */
void kafka_fields(const struct kafka_names *names, const struct kafka_record *r, struct fields *out);
