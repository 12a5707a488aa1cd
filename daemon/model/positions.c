/* SPDX-License-Identifier: Apache-2.0 */
#include "model/positions.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/map.h"

enum { POSITIONS_MAX = 1 << 20 };

struct entry {
    int64_t offset;
    int32_t epoch;
    unsigned reader; /* 0: none */
    size_t n_key;
    char key[]; /* the partition's bytes, the stream */
};

struct positions {
    pthread_mutex_t lock;
    struct map *entries;
};

int
positions_new(struct positions **out)
{
    CLEANUP(positions_free) struct positions *p = NULL;
    int r;

    p = calloc(1, sizeof(*p));
    if (p == NULL)
        return error_origin(-ENOMEM);
    (void)pthread_mutex_init(&p->lock, NULL);
    r = map_new(&p->entries, POSITIONS_MAX);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(p);
    return 0;
}

void
positions_free(struct positions *p)
{
    struct entry *e;
    size_t cursor = 0;

    if (p == NULL)
        return;
    while (p->entries != NULL && (e = map_next(p->entries, &cursor)) != NULL)
        free(e);
    map_free(p->entries);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}

static struct entry *
new_entry(struct slice stream, int32_t partition)
{
    struct entry *e = calloc(1, sizeof(*e) + sizeof(partition) + stream.n);

    if (e == NULL)
        return NULL;
    e->offset = POSITION_NONE;
    e->epoch = -1;
    e->n_key = sizeof(partition) + stream.n;
    memcpy(e->key, &partition, sizeof(partition));
    memcpy(e->key + sizeof(partition), stream.p, stream.n);
    return e;
}

static struct entry *
get(const struct positions *p, struct slice stream, int32_t partition)
{
    char key[sizeof(partition) + POSITION_STREAM_MAX];

    ASSERT(stream.n > 0 && stream.n <= POSITION_STREAM_MAX);
    memcpy(key, &partition, sizeof(partition));
    memcpy(key + sizeof(partition), stream.p, stream.n);
    return map_get(p->entries, slice_of(key, sizeof(partition) + stream.n));
}

/* The partition's entry, made where there is none. Return: NULL for want of memory. */
static struct entry *
find(struct positions *p, struct slice stream, int32_t partition)
{
    struct entry *e = get(p, stream, partition);

    if (e != NULL)
        return e;
    e = new_entry(stream, partition);
    if (e == NULL || map_put(p->entries, slice_of(e->key, e->n_key), e) == 0)
        return e;
    free(e);
    return NULL;
}

int
positions_set(struct positions *p, const struct position *at)
{
    struct entry *e;

    pthread_mutex_lock(&p->lock);
    e = find(p, at->stream, at->partition);
    if (e != NULL) {
        e->offset = at->offset;
        e->epoch = at->epoch;
    }
    pthread_mutex_unlock(&p->lock);
    return e == NULL ? error_origin(-ENOMEM) : 0;
}

/* Of no entry: what one has at first. */
static void
tell(const struct entry *e, struct position *at)
{
    at->offset = e == NULL ? POSITION_NONE : e->offset;
    at->epoch = e == NULL ? -1 : e->epoch;
}

void
positions_get(struct positions *p, struct position *at)
{
    pthread_mutex_lock(&p->lock);
    tell(get(p, at->stream, at->partition), at);
    pthread_mutex_unlock(&p->lock);
}

int
positions_claim(struct positions *p, struct position *at, unsigned reader)
{
    struct entry *e;
    int r = 0;

    ASSERT(reader != 0);
    pthread_mutex_lock(&p->lock);
    e = find(p, at->stream, at->partition);
    if (e == NULL) {
        r = -ENOMEM;
    } else if (e->reader != 0 && e->reader != reader) {
        r = POSITIONS_E_HELD;
    } else {
        e->reader = reader;
        tell(e, at);
    }
    pthread_mutex_unlock(&p->lock);
    return r < 0 ? error_origin(r) : r;
}

void
positions_release(struct positions *p, struct slice stream, int32_t partition, unsigned reader)
{
    struct entry *e;

    pthread_mutex_lock(&p->lock);
    e = get(p, stream, partition);
    if (e != NULL && e->reader == reader)
        e->reader = 0;
    pthread_mutex_unlock(&p->lock);
}
