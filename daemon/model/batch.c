/* SPDX-License-Identifier: Apache-2.0 */
#include "model/batch.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

enum { BATCH_GROWTH_MAX = 8 };

int
batch_new(struct batch **out, size_t detections_max, size_t arena_bytes)
{
    CLEANUP(batch_free) struct batch *b = NULL;
    int r;

    b = calloc(1, sizeof(*b));
    if (b == NULL)
        return error_origin(-ENOMEM);
    b->cap = detections_max;
    b->detections = calloc(detections_max, sizeof(*b->detections));
    if (b->detections == NULL)
        return error_origin(-ENOMEM);
    r = arena_init(&b->arena, arena_bytes, arena_bytes * BATCH_GROWTH_MAX);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(b);
    return 0;
}

void
batch_free(struct batch *b)
{
    if (b == NULL)
        return;
    batch_clear(b);
    arena_fini(&b->arena);
    free(b->detections);
    free(b);
}

int
batch_add(struct batch *b, const struct event *event, const struct rule *const *rules, size_t n, struct walltime now)
{
    const struct event *copy;
    size_t i;

    if (n > b->cap - b->n)
        return BATCH_E_FULL;
    copy = event_copy(&b->arena, event, EVENT_NAMES_SHARED);
    if (copy == NULL)
        return BATCH_E_FULL;
    for (i = 0; i < n; i++)
        b->detections[b->n++] = (struct detection){.rule = rules[i], .event = copy, .detected = now};
    return 0;
}

void
batch_clear(struct batch *b)
{
    arena_reset(&b->arena);
    rules_unref(b->rules);
    b->rules = NULL;
    b->n = 0;
    b->n_repeats = 0;
    b->receipt = (struct receipt){0};
    b->awaited = false;
    b->committed = false;
}
