/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/quiet.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

struct spoken {
    int64_t when;
    size_t place; /* before sorting: qsort() is not stable by itself */
    struct list *link;
};

static int
compare(const void *pa, const void *pb)
{
    const struct spoken *a = pa;
    const struct spoken *b = pb;

    if (a->when != b->when)
        return a->when < b->when ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

int
quiet_sort(struct list *head, int64_t (*when)(const struct list *link))
{
    CLEANUP_FREE struct spoken *all = NULL;
    size_t n = 0;
    size_t i = 0;

    LIST_EACH(head, counted)
    n++;
    if (n < 2)
        return 0;
    all = calloc(n, sizeof(*all));
    if (all == NULL)
        return error_origin(-ENOMEM);
    LIST_EACH(head, link)
    {
        all[i] = (struct spoken){when(link), i, link};
        i++;
    }
    qsort(all, n, sizeof(*all), compare);
    list_init(head);
    for (i = 0; i < n; i++)
        list_append(head, all[i].link);
    return 0;
}
