/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Queue: bounded hand-over of ownership between threads.
 *
 * Whoever gives an item no longer owns it; whoever takes it does. A closed queue still yields what it holds, then
 * QUEUE_E_CLOSED. Any thread may call. The lock guards the ring and both conditions; it is held for a few
 * instructions and never while anything else is called.
 */

#include "base/clock.h"

enum { QUEUE_E_CLOSED = 1, QUEUE_E_TIMEOUT, QUEUE_E_FULL };

/** A deadline that has passed: look, do not wait. */
#define QUEUE_NOW ((struct monotime){0})

/** A deadline that never comes. */
#define QUEUE_FOREVER ((struct monotime){INT64_MAX})

struct queue;

/** queue_new() - a queue of at most @cap items. Return: 0 or -ENOMEM. */
int queue_new(struct queue **out, size_t cap);
void queue_free(struct queue *q);
CLEANUP_DEFINE(queue_free, struct queue *)

/**
 * queue_give() - hand @item over, without waiting
 *
 * Return: 0, QUEUE_E_FULL or QUEUE_E_CLOSED; in both of these the caller still owns @item.
 */
int queue_give(struct queue *q, void *item);

/**
 * queue_take() - take the oldest item, waiting until @deadline
 * @q:        queue to take from
 * @item:     set to the item, which the caller now owns
 * @deadline: when to stop waiting, on the system's monotonic clock
 *
 * Return: 0, QUEUE_E_TIMEOUT, or QUEUE_E_CLOSED once the queue is closed and empty.
 */
int queue_take(struct queue *q, void **item, struct monotime deadline);

/** queue_close() - no item may be given any more; wakes everyone who waits. */
void queue_close(struct queue *q);

/** queue_length() - how many items wait; a moment's figure, for display. */
size_t queue_length(struct queue *q);
