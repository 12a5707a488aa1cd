/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/router.h"

enum { ROUTER_CAP_MIN = 64 };

void
router_init(struct router *r, struct arena *arena)
{
    *r = (struct router){.arena = arena};
}

static struct slice
key_of(struct arena *arena, const struct logsource *ls)
{
    size_t n = ls->product.n + ls->category.n + ls->service.n + 2;
    char *p = arena_text(arena, n);
    char *at = p;
    size_t i;
    const struct slice parts[] = {ls->product, ls->category, ls->service};

    if (p == NULL)
        return (struct slice){NULL, 0};
    for (i = 0; i < ARRAY_LEN(parts); i++) {
        if (i > 0)
            *at++ = '\0';
        if (parts[i].n > 0)
            memcpy(at, parts[i].p, parts[i].n);
        at += parts[i].n;
    }
    return slice_of(p, n);
}

/* @items with room for one more of @size bytes, in new memory where it was full. */
static void *
grown(struct arena *arena, void *items, size_t n, size_t *cap, size_t size)
{
    size_t more = *cap == 0 ? ROUTER_CAP_MIN : *cap * 2;
    void *to;

    if (n < *cap)
        return items;
    to = arena_alloc(arena, more * size);
    if (to == NULL)
        return NULL;
    if (n > 0)
        memcpy(to, items, n * size);
    *cap = more;
    return to;
}

/* Numbers stand in the tables one higher, because a value is never NULL. */
static uint16_t
number_of(const struct names *t, struct slice key)
{
    return (uint16_t)((uintptr_t)names_get(t, key) - 1);
}

uint16_t
router_add(struct router *r, const struct logsource *ls)
{
    struct slice key = key_of(r->arena, ls);
    struct logsource *items;

    if (key.p == NULL)
        return UINT16_MAX;
    if (names_get(&r->numbers, key) != NULL)
        return number_of(&r->numbers, key);
    items = r->n >= ROUTER_LOGSOURCES_MAX ? NULL : grown(r->arena, r->items, r->n, &r->cap, sizeof(*items));
    if (items == NULL)
        return UINT16_MAX;
    r->items = items;
    items[r->n++] = *ls;
    (void)names_put(&r->numbers, r->arena, key, (void *)(uintptr_t)r->n);
    return (uint16_t)(r->n - 1);
}

uint16_t
router_add_overlay(struct router *r, const struct logsource *own)
{
    struct slice key = key_of(r->arena, own);
    struct overlay **overlays;
    struct overlay *o;

    if (key.p == NULL)
        return UINT16_MAX;
    if (names_get(&r->overlay_numbers, key) != NULL)
        return number_of(&r->overlay_numbers, key);
    o = arena_zalloc(r->arena, sizeof(*o));
    overlays = o == NULL || r->n_overlays >= ROUTER_OVERLAYS_MAX
                   ? NULL
                   : grown(r->arena, r->overlays, r->n_overlays, &r->overlays_cap, sizeof(struct overlay *));
    if (overlays == NULL)
        return UINT16_MAX;
    r->overlays = overlays;
    o->own = *own;
    overlays[r->n_overlays++] = o;
    (void)names_put(&r->overlay_numbers, r->arena, key, (void *)(uintptr_t)r->n_overlays);
    return (uint16_t)(r->n_overlays - 1);
}

static bool
is_empty(const struct logsource *ls)
{
    return ls->product.n == 0 && ls->category.n == 0 && ls->service.n == 0;
}

/* The numbers of the first @n_given log sources under @o, where its product takes the place of theirs. */
static bool
number_under(struct router *r, const struct overlay *o, size_t n_given, uint16_t *numbers)
{
    size_t i;

    for (i = 0; i < n_given; i++) {
        struct logsource ls = r->items[i];

        if (o->own.product.n > 0)
            ls.product = o->own.product;
        numbers[i] = router_add(r, &ls);
        if (numbers[i] == UINT16_MAX)
            return false;
    }
    numbers[n_given] = is_empty(&o->own) ? UINT16_MAX : router_add(r, &o->own);
    return is_empty(&o->own) || numbers[n_given] != UINT16_MAX;
}

static void
point_to(struct router *r, struct overlay *o, const uint16_t *numbers, size_t n_given)
{
    size_t i;

    for (i = 0; i < n_given; i++)
        o->resolved[i] = &r->final[numbers[i]];
    o->added = is_empty(&o->own) ? NULL : &r->final[numbers[n_given]];
    o->product_only = o->own.category.n == 0 && o->own.service.n == 0;
}

/* Two rounds, because addresses are known only when the last log source is. */
bool
router_finish(struct router *r)
{
    size_t n_given = r->n;
    size_t row = n_given + 1;
    uint16_t *numbers = arena_alloc(r->arena, r->n_overlays * row * sizeof(*numbers));
    struct logsource *final;
    size_t i;

    if (numbers == NULL)
        return false;
    for (i = 0; i < r->n_overlays; i++) {
        r->overlays[i]->resolved = arena_alloc(r->arena, row * sizeof(*r->overlays[i]->resolved));
        if (r->overlays[i]->resolved == NULL || !number_under(r, r->overlays[i], n_given, numbers + i * row))
            return false;
    }
    final = arena_alloc(r->arena, (r->n + 1) * sizeof(*final));
    if (final == NULL)
        return false;
    if (r->n > 0)
        memcpy(final, r->items, r->n * sizeof(*final));
    r->final = final;
    for (i = 0; i < r->n_overlays; i++)
        point_to(r, r->overlays[i], numbers + i * row, n_given);
    return true;
}

static size_t
give(const struct logsource *ls, struct event *event)
{
    unsigned i;

    for (i = 0; i < event->n_logsources; i++)
        if (event->logsources[i] == ls)
            return 0;
    if (event->n_logsources == EVENT_LOGSOURCES_MAX)
        return 1;
    event->logsources[event->n_logsources++] = ls;
    return 0;
}

size_t
router_give(const struct overlay *overlay, struct routes routes, struct event *event)
{
    size_t n_lost = 0;
    size_t i;

    for (i = 0; i < routes.n; i++)
        n_lost += give(overlay->resolved[routes.items[i]], event);
    return n_lost;
}

static bool
is_covered(const struct logsource *ls, const struct event *event)
{
    unsigned i;

    for (i = 0; i < event->n_logsources; i++)
        if (logsource_covers(ls, event->logsources[i]))
            return true;
    return false;
}

size_t
router_give_uncovered(const struct overlay *overlay, struct routes routes, struct event *event)
{
    size_t n_lost = 0;
    size_t i;

    for (i = 0; i < routes.n; i++)
        if (!is_covered(overlay->resolved[routes.items[i]], event))
            n_lost += give(overlay->resolved[routes.items[i]], event);
    return n_lost;
}

size_t
router_give_own(const struct overlay *overlay, struct event *event)
{
    if (overlay->added == NULL || (overlay->product_only && event->n_logsources > 0))
        return 0;
    return is_covered(overlay->added, event) ? 0 : give(overlay->added, event);
}
