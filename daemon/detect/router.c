/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/router.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"

enum { VIEWS_REMEMBERED = 256, VIEW_TEXT_BYTES = 192 };

/*
 * A remembered log source, with a copy of what it says: the pointer under which it is found may one day be somebody
 * else's. One whose text is too long for the copy is worked out each time.
 */
struct view {
    const struct logsource *known; /* NULL: the place is free */
    struct logsource logsource;
    char text[VIEW_TEXT_BYTES];
    uint64_t *sources;
    uint64_t *scopes;
    bool asks_fields;
};

struct router {
    const struct ruleset *rs;
    bool everything;
    size_t source_words;
    size_t scope_words;
    struct view *views;
    struct view whole; /* all views of one event together */
    uint64_t *words;
};

int
router_new(struct router **out, const struct ruleset *rs, bool everything)
{
    CLEANUP(router_free) struct router *r = NULL;
    size_t i;

    r = calloc(1, sizeof(*r));
    if (r == NULL)
        return error_origin(-ENOMEM);
    r->rs = rs;
    r->everything = everything;
    r->source_words = BIT_WORDS(rs->n_sources + 1);
    r->scope_words = BIT_WORDS(rs->atoms.n_scopes);
    r->views = calloc(VIEWS_REMEMBERED, sizeof(*r->views));
    r->words = calloc((VIEWS_REMEMBERED + 1) * (r->source_words + r->scope_words), sizeof(*r->words));
    if (r->views == NULL || r->words == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i <= VIEWS_REMEMBERED; i++) {
        struct view *v = i < VIEWS_REMEMBERED ? &r->views[i] : &r->whole;

        v->sources = r->words + i * (r->source_words + r->scope_words);
        v->scopes = v->sources + r->source_words;
    }
    if (everything)
        memset(r->whole.sources, 0xff, (r->source_words + r->scope_words) * sizeof(*r->words));
    *out = TAKE(r);
    return 0;
}

void
router_free(struct router *r)
{
    if (r == NULL)
        return;
    free(r->views);
    free(r->words);
    free(r);
}

static void
add_words(uint64_t *to, const uint64_t *from, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        to[i] |= from[i];
}

static void
work_out(const struct router *r, struct view *v, const struct logsource *event)
{
    size_t i;

    memset(v->sources, 0, (r->source_words + r->scope_words) * sizeof(*v->sources));
    v->asks_fields = false;
    for (i = 0; i < r->rs->n_sources; i++)
        if (logsource_covers(&r->rs->sources[i].logsource, event)) {
            bit_set(v->sources, i);
            add_words(v->scopes, r->rs->sources[i].scopes, r->scope_words);
            v->asks_fields = v->asks_fields || r->rs->sources[i].asks_fields;
        }
}

static struct slice
keep_text(struct view *v, size_t *at, struct slice s)
{
    char *p = v->text + *at;

    if (s.n > 0)
        memcpy(p, s.p, s.n);
    *at += s.n;
    return slice_of(p, s.n);
}

static void
remember(struct view *v, const struct logsource *event)
{
    size_t at = 0;

    v->known = NULL;
    if (event->product.n > sizeof(v->text) || event->category.n > sizeof(v->text) ||
        event->service.n > sizeof(v->text) || event->product.n + event->category.n + event->service.n > sizeof(v->text))
        return;
    v->known = event;
    v->logsource.product = keep_text(v, &at, event->product);
    v->logsource.category = keep_text(v, &at, event->category);
    v->logsource.service = keep_text(v, &at, event->service);
}

static bool
still_says(const struct view *v, const struct logsource *event)
{
    return v->known == event && slice_eq(v->logsource.product, event->product) &&
           slice_eq(v->logsource.category, event->category) && slice_eq(v->logsource.service, event->service);
}

static const struct view *
find_view(struct router *r, const struct logsource *event)
{
    uint64_t hash = hash_mix(0, (uintptr_t)event);
    struct view *v = &r->views[hash % VIEWS_REMEMBERED];

    if (UNLIKELY(!still_says(v, event))) {
        work_out(r, v, event);
        remember(v, event);
    }
    return v;
}

struct route
router_route(struct router *r, const struct event *event)
{
    static const struct logsource none = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    const struct view *v;
    unsigned i;

    if (r->everything)
        return (struct route){r->whole.sources, r->whole.scopes, true};
    if (event->n_logsources <= 1) {
        v = find_view(r, event->n_logsources == 0 ? &none : event->logsources[0]);
        return (struct route){v->sources, v->scopes, v->asks_fields};
    }
    memset(r->whole.sources, 0, (r->source_words + r->scope_words) * sizeof(*r->words));
    r->whole.asks_fields = false;
    for (i = 0; i < event->n_logsources; i++) {
        v = find_view(r, event->logsources[i]);
        r->whole.asks_fields = r->whole.asks_fields || v->asks_fields;
        add_words(r->whole.sources, v->sources, r->source_words);
        add_words(r->whole.scopes, v->scopes, r->scope_words);
    }
    return (struct route){r->whole.sources, r->whole.scopes, r->whole.asks_fields};
}
