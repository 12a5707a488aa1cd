/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Matching: the same rules twice, with the prefilter and without, and events put to both. They must agree, always.
 */

#include <stdio.h>
#include <unistd.h>

#include "detect/matcher.h"
#include "parsers/json.h"
#include "support/unit.h"

enum { MATCHING_ARENA_BYTES = 1 << 24, MATCHING_FIELDS_MAX = 4096 };

struct matching {
    struct ruleset *on;
    struct ruleset *off;
    struct matcher *matcher_on;
    struct matcher *matcher_off;
    struct diag diag;
    struct arena arena;
    const struct rule *const *hits; /* of the last event */
    size_t n_hits;
};

/** matching_open() - the rules below @path, tried on every event whatever its log source if @no_routing. */
__attribute__((unused)) static void
matching_open(struct matching *t, const char *path, bool no_routing)
{
    const struct ruleset_options off = {.prefilter = false};
    const struct matcher_options options = {.no_routing = no_routing};

    *t = (struct matching){0};
    ck_assert_int_eq(ruleset_load(&t->on, &path, 1, NULL, &t->diag), 0);
    ck_assert_int_eq(ruleset_load(&t->off, &path, 1, &off, &t->diag), 0);
    ck_assert_int_eq(matcher_new(&t->matcher_on, t->on, &options), 0);
    ck_assert_int_eq(matcher_new(&t->matcher_off, t->off, &options), 0);
    ck_assert_int_eq(arena_init(&t->arena, 0, MATCHING_ARENA_BYTES), 0);
}

/** matching_text() - rules as text; every one must load, and routing is off. */
__attribute__((unused)) static void
matching_text(struct matching *t, const char *yaml)
{
    char path[] = "matching-XXXXXX.yml";
    int fd = mkstemps(path, 4);
    FILE *f = fdopen(fd, "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(yaml, f), 0);
    ck_assert_int_eq(fclose(f), 0);
    matching_open(t, path, true);
    ck_assert_int_eq(unlink(path), 0);
    if (t->diag.n_errors > 0)
        diag_print(&t->diag, stderr);
    ck_assert_uint_eq(t->diag.n_errors, 0);
}

__attribute__((unused)) static void
matching_close(struct matching *t)
{
    matcher_free(t->matcher_on);
    matcher_free(t->matcher_off);
    ruleset_unref(t->on);
    ruleset_unref(t->off);
    diag_fini(&t->diag);
    arena_fini(&t->arena);
}

/** matching_event() - put @event to both; what the prefilter changes is a failure. Return: how many rules match. */
__attribute__((unused)) static size_t
matching_event(struct matching *t, const struct event *event, const char *what)
{
    const struct rule *const *hits;
    size_t n = matcher_match(t->matcher_off, event, &hits);
    size_t i;

    t->n_hits = matcher_match(t->matcher_on, event, &t->hits);
    for (i = 0; i < n && i < t->n_hits && hits[i]->number == t->hits[i]->number; i++)
        ;
    if (i < n && (i == t->n_hits || hits[i]->number < t->hits[i]->number))
        ck_abort_msg("the prefilter loses rule '%.*s' on %s", SLICE_ARG(hits[i]->title), what);
    if (i < t->n_hits)
        ck_abort_msg("the prefilter invents rule '%.*s' on %s", SLICE_ARG(t->hits[i]->title), what);
    return n;
}

/** matching_json() - put the JSON object @json to both. */
__attribute__((unused)) static size_t
matching_json(struct matching *t, struct slice json)
{
    struct event event = {.structured = true};
    struct fields fields;
    char what[200];

    arena_reset(&t->arena);
    fields_init(&fields, &t->arena, MATCHING_FIELDS_MAX);
    ck_assert_int_eq(json_flatten(json, &fields, NULL), 0);
    event.fields = fields.items;
    event.n_fields = fields.n;
    (void)snprintf(what, sizeof(what), "%.*s", SLICE_ARG(json));
    return matching_event(t, &event, what);
}

/** matching_line() - put the text @line to both. */
__attribute__((unused)) static size_t
matching_line(struct matching *t, struct slice line)
{
    struct event event = {.text = line};
    char what[200];

    (void)snprintf(what, sizeof(what), "%.*s", SLICE_ARG(line));
    return matching_event(t, &event, what);
}

/** matching_hit() - whether the rule called @title was among the last hits. */
__attribute__((unused)) static bool
matching_hit(const struct matching *t, const char *title)
{
    size_t i;

    for (i = 0; i < t->n_hits; i++)
        if (slice_eq(t->hits[i]->title, slice_str(title)))
            return true;
    return false;
}
