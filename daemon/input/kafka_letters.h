/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Dead letters: copies of records that could not be read as they should, sent to a topic of their own for whoever mends
 * the producer. Nothing waits for them: one that cannot be delivered is counted.
 */

#include <librdkafka/rdkafka.h>

#include "input/input.h"

struct kafka_letters;

/** kafka_letters_new() - send to the topic in @input's settings. Return: 0, -EINVAL, which has been logged, or -ENOMEM.
 */
int kafka_letters_new(struct kafka_letters **out, struct input *input);

/** kafka_letters_free() - what is still on its way has a moment to arrive; the rest is counted as lost. */
void kafka_letters_free(struct kafka_letters *l);

/**
 * kafka_letters_send() - copy a record
 * @l:      from kafka_letters_new()
 * @record: where it stood, and why it is sent
 * @value:  {NULL, 0}: it has none
 */
void kafka_letters_send(struct kafka_letters *l, const struct kafka_record *record, struct slice value);

/** kafka_letters_tick() - see what became of those sent. */
void kafka_letters_tick(struct kafka_letters *l);
