/* SPDX-License-Identifier: Apache-2.0 */
#include "input/kafka_partitions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

static void
partition_free(struct partition *p)
{
    if (p == NULL)
        return;
    free(p->topic);
    free((char *)p->stream.p);
    free(p);
}

void
partitions_fini(struct partitions *all)
{
    size_t n = atomic_load(&all->n);

    for (size_t i = 0; i < n; i++)
        partition_free(all->items[i]);
    atomic_store(&all->n, 0);
}

struct partition *
partitions_find(const struct partitions *all, const char *topic, int32_t number)
{
    size_t n = atomic_load_explicit(&all->n, memory_order_relaxed);

    for (size_t i = 0; i < n; i++)
        if (all->items[i]->number == number && strcmp(all->items[i]->topic, topic) == 0)
            return all->items[i];
    return NULL;
}

static struct partition *
partition_new(const struct input *input, const char *topic, int32_t number)
{
    struct partition *p = calloc(1, sizeof(*p));
    char stream[POSITION_STREAM_MAX];
    int n = snprintf(stream, sizeof(stream), "kafka/%s/%s", input->settings->name, topic);

    if (p == NULL || n < 0 || (size_t)n >= sizeof(stream)) {
        free(p);
        return NULL;
    }
    p->topic = slice_dup(slice_str(topic));
    p->stream = slice_of(slice_dup(slice_of(stream, (size_t)n)), (size_t)n);
    p->number = number;
    p->next = POSITION_NONE;
    p->epoch = -1;
    atomic_store(&p->shown.next, POSITION_NONE);
    atomic_store(&p->shown.recorded, POSITION_NONE);
    atomic_store(&p->shown.start, POSITION_NONE);
    atomic_store(&p->shown.end, POSITION_NONE);
    if (p->topic != NULL && p->stream.p != NULL)
        return p;
    partition_free(p);
    return NULL;
}

struct partition *
partitions_get(struct partitions *all, const struct input *input, const char *topic, int32_t number)
{
    struct partition *p = partitions_find(all, topic, number);
    size_t n = atomic_load_explicit(&all->n, memory_order_relaxed);

    if (p != NULL || n == PARTITIONS_MAX)
        return p;
    p = partition_new(input, topic, number);
    if (p == NULL)
        return NULL;
    all->items[n] = p;
    atomic_store_explicit(&all->n, n + 1, memory_order_release);
    return p;
}

bool
partitions_view(const struct partitions *all, size_t k, struct partition_view *out)
{
    const struct partition *p;

    if (k >= atomic_load_explicit(&all->n, memory_order_acquire))
        return false;
    p = all->items[k];
    *out = (struct partition_view){
        .topic = p->topic,
        .partition = p->number,
        .state = atomic_load(&p->shown.state),
        .next = atomic_load(&p->shown.next),
        .recorded = atomic_load(&p->shown.recorded),
        .start = atomic_load(&p->shown.start),
        .end = atomic_load(&p->shown.end),
        .stamp = {atomic_load(&p->shown.stamp_ns)},
        .n_gap_records = atomic_load(&p->shown.n_gap_records),
    };
    return true;
}

/* Lanes count from 0, readers from 1. */
int
partition_claim(struct partition *p, const struct inputs *set)
{
    struct position at = {.stream = p->stream, .partition = p->number};
    int r;

    if (p->claimed)
        return 0;
    r = positions_claim(set->positions, &at, set->lane + 1);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    p->claimed = true;
    p->next = at.offset;
    p->epoch = at.epoch;
    p->unit = 0;
    p->stamp = (struct walltime){0};
    return 0;
}

void
partition_release(struct partition *p, const struct inputs *set)
{
    if (!p->claimed)
        return;
    p->claimed = false;
    positions_release(set->positions, p->stream, p->number, set->lane + 1);
    partition_show(p, set, PARTITION_RELEASED, (struct log_range){POSITION_NONE, POSITION_NONE});
}

void
partition_show(struct partition *p, const struct inputs *set, enum partition_state state, struct log_range log)
{
    struct position at = {.stream = p->stream, .partition = p->number};

    positions_get(set->positions, &at);
    atomic_store(&p->shown.state, state);
    atomic_store(&p->shown.next, p->next);
    atomic_store(&p->shown.recorded, at.offset);
    atomic_store(&p->shown.start, log.start);
    atomic_store(&p->shown.end, log.end);
    atomic_store(&p->shown.stamp_ns, p->stamp.ns);
}
