/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/demand.h"

#include "base/hash.h"

static bool
asks_of(const struct demand *d, const struct context *c, struct routes routes)
{
    size_t i;

    for (i = 0; i < routes.n; i++)
        if (d->asks(d->ctx, c->overlay->resolved[routes.items[i]]))
            return true;
    return false;
}

/* What the patterns of @chain may say a message is. */
static bool
asks_of_chain(const struct demand *d, const struct context *c, const struct chain *chain)
{
    size_t i;

    for (i = 0; chain != NULL && i < chain->n; i++)
        if (asks_of(d, c, chain->patterns[i]->mapping->routes) || asks_of(d, c, chain->patterns[i]->routes))
            return true;
    return false;
}

static bool
asks_of_program(const struct demand *d, const struct context *c, const struct program *p)
{
    return asks_of(d, c, p->routes) || asks_of_chain(d, c, p->chain);
}

static bool
asks_of_facilities(const struct demand *d, const struct context *c)
{
    size_t i;

    for (i = 0; i < ROUTING_FACILITIES; i++)
        if (asks_of(d, c, c->facilities[i]))
            return true;
    return false;
}

static bool
work_out(const struct demand *d, const struct program *p, const struct context *c)
{
    static const struct logsource none = {{NULL, 0}, {NULL, 0}, {NULL, 0}};

    return d->asks(d->ctx, &none) || (c->overlay->added != NULL && d->asks(d->ctx, c->overlay->added)) ||
           asks_of_program(d, c, p) || (c->configured != NULL && asks_of_program(d, c, c->configured)) ||
           (p == d->unknown && asks_of_facilities(d, c));
}

bool
demand_wants(struct demand *d, const struct program *program, const struct context *context)
{
    struct verdict *v;

    if (d->asks == NULL)
        return true;
    v = &d->known[hash_mix((uintptr_t)program, (uintptr_t)context) % DEMAND_REMEMBERED];
    if (UNLIKELY(v->program != program || v->context != context))
        *v = (struct verdict){program, context, work_out(d, program, context)};
    return v->wanted;
}
