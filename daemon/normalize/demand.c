/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/demand.h"

#include "base/hash.h"

/* One question: of messages of a program that came by a context. */
struct question {
    const struct demand *demand;
    const struct context *context;
    struct event given; /* with the log sources it has without its text */
};

static bool
asks(const struct question *q, const struct logsource *may)
{
    return q->demand->asks(q->demand->ctx, may, q->given.logsources, q->given.n_logsources);
}

static bool
asks_of(const struct question *q, struct routes routes)
{
    size_t i;

    for (i = 0; i < routes.n; i++)
        if (asks(q, q->context->overlay->resolved[routes.items[i]]))
            return true;
    return false;
}

/* What the patterns of @chain may say a message is. */
static bool
asks_of_chain(const struct question *q, const struct chain *chain)
{
    size_t i;

    for (i = 0; chain != NULL && i < chain->n; i++)
        if (asks_of(q, chain->patterns[i]->mapping->routes) || asks_of(q, chain->patterns[i]->routes))
            return true;
    return false;
}

static bool
asks_of_given(const struct question *q)
{
    unsigned i;

    for (i = 0; i < q->given.n_logsources; i++)
        if (asks(q, q->given.logsources[i]))
            return true;
    return false;
}

static bool
asks_of_facilities(const struct question *q)
{
    size_t i;

    for (i = 0; i < ROUTING_FACILITIES; i++)
        if (asks_of(q, q->context->facilities[i]))
            return true;
    return false;
}

/* As the normalizer gives them; a message that has none is one that rules without a log source are for. */
static void
give(struct question *q, const struct program *program)
{
    static const struct logsource none = {{NULL, 0}, {NULL, 0}, {NULL, 0}};

    (void)router_give(q->context->overlay, program->routes, &q->given);
    if (q->context->configured != NULL)
        (void)router_give(q->context->overlay, q->context->configured->routes, &q->given);
    (void)router_give_own(q->context->overlay, &q->given);
    if (q->given.n_logsources == 0)
        q->given.logsources[q->given.n_logsources++] = &none;
}

static bool
work_out(const struct demand *d, const struct program *program, const struct context *context)
{
    const struct program *configured = context->configured;
    struct question q = {.demand = d, .context = context};

    give(&q, program);
    return asks_of_given(&q) || asks_of_chain(&q, program->chain) ||
           (configured != NULL && asks_of_chain(&q, configured->chain)) ||
           (program == d->unknown && asks_of_facilities(&q));
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
