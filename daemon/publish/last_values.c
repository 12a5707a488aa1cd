/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/last_values.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/list.h"
#include "base/map.h"

struct entry {
    struct list link; /* in the order of use */
    struct last_value value;
    char topic[];
};

struct last_values {
    struct map *by_topic;
    struct list used; /* the longest-quiet first */
    size_t topics_max;
};

int
last_values_new(struct last_values **out, size_t topics_max)
{
    CLEANUP(last_values_free) struct last_values *l = NULL;
    int r;

    l = calloc(1, sizeof(*l));
    if (l == NULL)
        return error_origin(-ENOMEM);
    list_init(&l->used);
    l->topics_max = topics_max;
    r = map_new(&l->by_topic, topics_max);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(l);
    return 0;
}

static void
drop(struct last_values *l, struct entry *e)
{
    (void)map_remove(l->by_topic, e->value.topic);
    list_remove(&e->link);
    buffer_fini(&e->value.message);
    free(e);
}

void
last_values_free(struct last_values *l)
{
    if (l == NULL)
        return;
    while (l->by_topic != NULL && !list_empty(&l->used))
        drop(l, LIST_ITEM(l->used.next, struct entry, link));
    map_free(l->by_topic);
    free(l);
}

static struct entry *
add(struct last_values *l, struct slice topic)
{
    struct entry *e = calloc(1, sizeof(*e) + topic.n + 1);

    if (e == NULL)
        return NULL;
    memcpy(e->topic, topic.p, topic.n);
    e->value.topic = slice_of(e->topic, topic.n);
    if (map_put(l->by_topic, e->value.topic, e) != 0) {
        free(e);
        return NULL;
    }
    list_append(&l->used, &e->link);
    return e;
}

struct last_value *
last_values_at(struct last_values *l, struct slice topic, bool *evicted)
{
    struct entry *e = map_get(l->by_topic, topic);

    *evicted = false;
    if (e != NULL) {
        list_remove(&e->link);
        list_append(&l->used, &e->link);
        return &e->value;
    }
    if (map_length(l->by_topic) >= l->topics_max) {
        drop(l, LIST_ITEM(l->used.next, struct entry, link));
        *evicted = true;
    }
    e = add(l, topic);
    return e == NULL ? NULL : &e->value;
}

void
last_values_each(
    struct last_values *l, struct slice prefix, void (*fn)(void *ctx, const struct last_value *v), void *ctx)
{
    LIST_EACH(&l->used, link) {
        const struct entry *e = LIST_ITEM(link, struct entry, link);

        if (e->value.seq > 0 && slice_starts(e->value.topic, prefix))
            fn(ctx, &e->value);
    }
}
