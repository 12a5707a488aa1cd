/* SPDX-License-Identifier: Apache-2.0 */
#include "base/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled; /* something to take, or closed */
    size_t head;           /* index of the oldest item */
    size_t n;
    size_t cap;
    bool closed;
    void *items[];
};

static int
init_condition(pthread_cond_t *c)
{
    pthread_condattr_t attr;
    int r;

    r = pthread_condattr_init(&attr);
    if (r != 0)
        return -r;
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    r = pthread_cond_init(c, &attr);
    (void)pthread_condattr_destroy(&attr);
    return -r;
}

int
queue_new(struct queue **out, size_t cap)
{
    CLEANUP_FREE struct queue *q = NULL;
    int r;

    ASSERT(cap > 0);
    q = calloc(1, sizeof(*q) + cap * sizeof(q->items[0]));
    if (q == NULL)
        return error_origin(-ENOMEM);
    q->cap = cap;
    r = pthread_mutex_init(&q->lock, NULL);
    if (r != 0)
        return error_origin(-r);
    r = init_condition(&q->filled);
    if (r < 0) {
        (void)pthread_mutex_destroy(&q->lock);
        return error_origin(r);
    }
    *out = TAKE(q);
    return 0;
}

void
queue_free(struct queue *q)
{
    if (q == NULL)
        return;
    (void)pthread_cond_destroy(&q->filled);
    (void)pthread_mutex_destroy(&q->lock);
    free(q);
}

int
queue_give(struct queue *q, void *item)
{
    int r = 0;

    pthread_mutex_lock(&q->lock);
    if (q->closed)
        r = QUEUE_E_CLOSED;
    else if (q->n == q->cap)
        r = QUEUE_E_FULL;
    else
        q->items[(q->head + q->n++) % q->cap] = item;
    pthread_mutex_unlock(&q->lock);
    if (r == 0)
        pthread_cond_signal(&q->filled);
    return r;
}

/* Waits with the lock held until there is an item, the queue is closed, or @deadline. */
static int
wait_filled(struct queue *q, struct monotime deadline)
{
    struct timespec until = {(time_t)(deadline.ns / NS_PER_S), (long)(deadline.ns % NS_PER_S)};

    while (q->n == 0) {
        if (q->closed)
            return QUEUE_E_CLOSED;
        if (deadline.ns == INT64_MAX)
            pthread_cond_wait(&q->filled, &q->lock);
        else if (deadline.ns == 0 || pthread_cond_timedwait(&q->filled, &q->lock, &until) == ETIMEDOUT)
            return q->n > 0 ? 0 : QUEUE_E_TIMEOUT;
    }
    return 0;
}

int
queue_take(struct queue *q, void **item, struct monotime deadline)
{
    int r;

    pthread_mutex_lock(&q->lock);
    r = wait_filled(q, deadline);
    if (r == 0) {
        *item = q->items[q->head];
        q->head = (q->head + 1) % q->cap;
        q->n--;
    }
    pthread_mutex_unlock(&q->lock);
    return r;
}

void
queue_close(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_mutex_unlock(&q->lock);
    pthread_cond_broadcast(&q->filled);
}

size_t
queue_length(struct queue *q)
{
    size_t n;

    pthread_mutex_lock(&q->lock);
    n = q->n;
    pthread_mutex_unlock(&q->lock);
    return n;
}
