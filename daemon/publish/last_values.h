/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Last values: the newest message of each topic, for whoever subscribes later. Bounded; the topic that has been quiet
 * for longest makes room.
 */

#include "base/buffer.h"

struct last_values;

struct last_value {
    struct slice topic;
    struct buffer message; /* whole, as it was sent */
    uint64_t seq;          /* of that message; 0: none was sent yet */
};

/** last_values_new() - keep at most @topics_max. Return: 0 or -ENOMEM. */
int last_values_new(struct last_values **out, size_t topics_max);
void last_values_free(struct last_values *l);
CLEANUP_DEFINE(last_values_free, struct last_values *)

/**
 * last_values_at() - the place for @topic, made where there is none, which may evict another (@evicted is then set)
 *
 * Return: NULL without memory.
 */
struct last_value *last_values_at(struct last_values *l, struct slice topic, bool *evicted);

/** last_values_each() - call @fn with each value whose topic starts with @prefix, the longest-quiet first. */
void last_values_each(
    struct last_values *l, struct slice prefix, void (*fn)(void *ctx, const struct last_value *v), void *ctx);
