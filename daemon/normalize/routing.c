/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/routing.h"

#include <errno.h>

#include "base/error.h"

struct building {
    struct routing *g;
    const struct settings *settings;
    const struct mappings *mappings;
    struct router *router;
    struct diag *diag;
};

/* @a and @b together, each once. */
static struct routes
join_routes(struct arena *arena, struct routes a, struct routes b)
{
    uint16_t *items = arena_alloc(arena, (a.n + b.n + 1) * sizeof(*items));
    size_t n = a.n;
    size_t i;
    size_t k;

    if (items == NULL)
        return a;
    if (a.n > 0)
        memcpy(items, a.items, a.n * sizeof(*items));
    for (i = 0; i < b.n; i++) {
        for (k = 0; k < n && items[k] != b.items[i]; k++)
            ;
        if (k == n)
            items[n++] = b.items[i];
    }
    return (struct routes){items, n};
}

static void
add_mapping(struct building *b, struct program *p, const struct mapping *m)
{
    p->routes = join_routes(b->g->arena, p->routes, m->routes);
    if (p->parameters == NULL && m->parameters.n > 0)
        p->parameters = m;
    if (p->routes.n >= EVENT_LOGSOURCES_MAX)
        diag_error(b->diag, m->at,
            "with this, one program has %zu log sources; an event has room for %d and the configured one", p->routes.n,
            EVENT_LOGSOURCES_MAX - 1);
    if (m->n_patterns == 0)
        return;
    if (p->chain == NULL)
        p->chain = arena_zalloc(b->g->arena, sizeof(*p->chain));
    if (p->chain != NULL && !chain_add(p->chain, m))
        diag_error(b->diag, m->at, "with this, one program has more than %d patterns", CHAIN_PATTERNS_MAX);
}

static void
add_programs(struct building *b, const struct mapping *m)
{
    size_t i;

    for (i = 0; i < m->programs.n; i++) {
        struct slice name = m->programs.items[i];
        struct program *p = name.n == 0 ? NULL : names_get(&b->g->programs, name);

        if (p == NULL && name.n > 0) {
            p = arena_zalloc(b->g->arena, sizeof(*p));
            if (p == NULL)
                return;
            (void)names_put(&b->g->programs, b->g->arena, name, p);
        }
        if (p != NULL)
            add_mapping(b, p, m);
    }
}

/* Mappings for any program come behind a program's own. One without patterns of its own shares theirs. */
static void
finish_program(struct building *b, struct program *p)
{
    size_t i;

    if (p->chain == NULL) {
        p->chain = b->g->unknown->chain;
        return;
    }
    for (i = 0; i < b->mappings->n; i++)
        if (b->mappings->items[i]->any_program && !chain_add(p->chain, b->mappings->items[i]))
            diag_error(b->diag, b->mappings->items[i]->at, "with this, one program has more than %d patterns",
                CHAIN_PATTERNS_MAX);
}

static int
build_programs(struct building *b)
{
    struct routing *g = b->g;
    size_t i;

    g->unknown = arena_zalloc(g->arena, sizeof(*g->unknown));
    if (g->unknown == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < b->mappings->n; i++) {
        if (b->mappings->items[i]->any_program)
            add_mapping(b, g->unknown, b->mappings->items[i]);
        add_programs(b, b->mappings->items[i]);
    }
    if (g->unknown->chain == NULL)
        g->unknown->chain = arena_zalloc(g->arena, sizeof(*g->unknown->chain));
    if (g->unknown->chain == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < g->programs.n_slots; i++)
        if (g->programs.slots[i].value != NULL)
            finish_program(b, g->programs.slots[i].value);
    return g->arena->overflowed ? error_origin(-ENOMEM) : 0;
}

static bool
is_configured(const struct mapping *m, const struct logsource *own)
{
    size_t i;

    for (i = 0; i < m->n_configured; i++)
        if (logsource_covers(&m->configured[i], own))
            return true;
    return false;
}

static void
add_facilities(struct building *b, struct context *c, const struct mapping *m)
{
    const struct logsource *ls = m->routes.n == 0 ? NULL : &b->router->items[m->routes.items[0]];
    unsigned i;

    if (ls == NULL || ls->product.n == 0 || !slice_eq_nocase(ls->product, c->overlay->own.product))
        return;
    for (i = 0; i < ROUTING_FACILITIES; i++)
        if ((m->facilities >> i & 1) != 0)
            c->facilities[i] = join_routes(b->g->arena, c->facilities[i], m->routes);
}

static void
build_context(struct building *b, struct context *c, const struct overlay *overlay)
{
    struct program *configured = NULL;
    size_t i;

    c->overlay = overlay;
    for (i = 0; i < b->mappings->n; i++) {
        const struct mapping *m = b->mappings->items[i];

        add_facilities(b, c, m);
        if (!is_configured(m, &overlay->own))
            continue;
        if (configured == NULL)
            configured = arena_zalloc(b->g->arena, sizeof(*configured));
        if (configured == NULL)
            return;
        add_mapping(b, configured, m);
    }
    c->configured = configured;
}

/* What the source says, else what the input says, copied. */
static struct slice
pick(struct arena *arena, const char *source, const char *input)
{
    struct slice s = slice_str(source);

    if (s.n == 0)
        s = slice_str(input);
    return s.n == 0 ? (struct slice){NULL, 0} : arena_copy(arena, s);
}

static struct logsource
merge(struct arena *arena, const struct source_settings *source, const struct input_settings *input)
{
    static const struct source_settings no_source;
    static const struct input_settings no_input;

    if (source == NULL)
        source = &no_source;
    if (input == NULL)
        input = &no_input;
    return (struct logsource){
        pick(arena, source->product, input->product),
        pick(arena, source->category, input->category),
        pick(arena, source->service, input->service),
    };
}

static int
number_origins(struct building *b)
{
    const struct settings *s = b->settings;
    struct routing *g = b->g;
    size_t i;
    size_t k;

    g->n_inputs = s->n_inputs;
    g->n_sources = s->n_sources;
    g->by_origin = arena_alloc(g->arena, (s->n_sources + 1) * (s->n_inputs + 1) * sizeof(*g->by_origin));
    if (g->by_origin == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i <= s->n_sources; i++) {
        for (k = 0; k <= s->n_inputs; k++) {
            struct logsource own = merge(
                g->arena, i < s->n_sources ? &s->sources[i] : NULL, k < s->n_inputs ? &s->inputs[k] : NULL);
            uint16_t number = router_add_overlay(b->router, &own);

            if (number == UINT16_MAX)
                return error_origin(-ENOMEM);
            g->by_origin[i * (s->n_inputs + 1) + k] = number;
        }
    }
    return 0;
}

static int
build_contexts(struct building *b)
{
    struct routing *g = b->g;
    size_t i;
    int r;

    r = number_origins(b);
    if (r < 0)
        return error_trace(r);
    g->contexts = arena_zalloc(g->arena, b->router->n_overlays * sizeof(*g->contexts));
    if (g->contexts == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < b->router->n_overlays; i++)
        build_context(b, &g->contexts[i], b->router->overlays[i]);
    return router_finish(b->router) && !g->arena->overflowed ? 0 : error_origin(-ENOMEM);
}

int
routing_init(struct routing *g, const struct settings *settings, const struct mappings *mappings, struct router *router,
    struct arena *arena, struct diag *diag)
{
    struct building b = {g, settings, mappings, router, diag};
    int r;

    *g = (struct routing){.arena = arena};
    r = build_programs(&b);
    if (r < 0)
        return error_trace(r);
    r = build_contexts(&b);
    return r < 0 ? error_trace(r) : 0;
}

static const struct program *
tag_program(const struct routing *g, struct slice tag)
{
    const struct program *p = names_get(&g->programs, slice_head(tag, slice_find(tag, '-')));

    return p != NULL ? p : names_get(&g->programs, SLICE("%"));
}

const struct program *
routing_program(const struct routing *g, struct slice app_name)
{
    size_t slash = slice_find_last(app_name, '/');
    size_t bracket;
    const struct program *p;

    if (slash < app_name.n)
        app_name = slice_from(app_name, slash + 1);
    bracket = slice_find(app_name, '(');
    if (bracket > 0)
        app_name = slice_head(app_name, bracket);
    p = names_get(&g->programs, app_name);
    if (p == NULL && app_name.n > 0 && app_name.p[0] == '%')
        p = tag_program(g, app_name);
    return p != NULL ? p : g->unknown;
}
