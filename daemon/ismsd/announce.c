/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/announce.h"

#include <stdlib.h>

void
announcements_fini(struct announcements *a)
{
    buffer_fini(&a->bytes);
    free(a->items);
    *a = (struct announcements){0};
}

static bool
make_room(struct announcements *a)
{
    struct announcement *items;

    if (a->n < a->cap)
        return true;
    items = realloc(a->items, (a->cap * 2 + 16) * sizeof(*items));
    if (items == NULL)
        return false;
    a->items = items;
    a->cap = a->cap * 2 + 16;
    return true;
}

void
announcements_add(struct announcements *a, struct slice topic, struct slice body)
{
    size_t at = a->bytes.n;

    if (!make_room(a)) {
        a->n_lost++;
        return;
    }
    buffer_add(&a->bytes, topic);
    buffer_add(&a->bytes, body);
    if (a->bytes.failed) {
        a->bytes.failed = false;
        a->bytes.n = at;
        a->n_lost++;
        return;
    }
    a->items[a->n++] = (struct announcement){at, topic.n, body.n};
}

void
announcements_send(struct announcements *a, struct publisher *p, struct walltime at)
{
    size_t i;

    for (i = 0; i < a->n && p != NULL; i++) {
        const char *topic = a->bytes.p + a->items[i].topic_at;

        if (publisher_send(p, slice_of(topic, a->items[i].topic_n),
                slice_of(topic + a->items[i].topic_n, a->items[i].body_n), at) < 0)
            a->n_lost++;
    }
    announcements_forget(a);
}

void
announcements_forget(struct announcements *a)
{
    buffer_reset(&a->bytes);
    a->n = 0;
}
