/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/offline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "detect/matcher.h"
#include "normalize/normalizer.h"
#include "parsers/json.h"

static int
fail(int r, const char *what)
{
    log_failure("ctl", r, what);
    return EXIT_MACHINE;
}

static void
print_reports(const struct ruleset *rs)
{
    CLEANUP_BUFFER struct buffer line = {0};
    size_t n;
    const struct rule_report *reports = ruleset_reports(rs, &n);
    size_t i;

    for (i = 0; i < n; i++) {
        struct json_writer w;

        buffer_reset(&line);
        json_begin(&w, &line);
        json_object(&w);
        json_field_string(&w, "id", reports[i].uid);
        json_field_string(&w, "title", reports[i].title);
        json_field_text(&w, "file", reports[i].file);
        json_field_int(&w, "line", reports[i].line);
        json_field_int(&w, "column", reports[i].column);
        json_field_text(&w, "status", rule_status_name(reports[i].status));
        json_field_string(&w, "reason", reports[i].reason);
        json_close(&w);
        (void)printf(SLICE_FMT "\n", SLICE_ARG(buffer_slice(&line)));
    }
}

/* The lists of the settings are those of the rules, wherever these stand. */
static int
load_rules(struct ruleset **out, const struct settings *settings, const char *dir, bool prefilter, struct diag *diag)
{
    CLEANUP_FREE struct rule_list *lists = calloc(settings->n_lists + 1, sizeof(*lists));
    struct ruleset_options options = {.prefilter = prefilter, .lists = lists, .n_lists = settings->n_lists};
    const char *const *paths = dir != NULL ? &dir : settings->rules_paths;
    size_t i;

    if (lists == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < settings->n_lists; i++)
        lists[i] = (struct rule_list){
            settings->lists[i].name, settings->lists[i].values, settings->lists[i].n_values, settings->lists[i].file};
    return ruleset_load(out, paths, dir != NULL ? 1 : settings->n_rules_paths, &options, diag);
}

int
offline_rules_check(const struct invocation *inv, const struct settings *settings)
{
    CLEANUP(ruleset_unref) struct ruleset *rs = NULL;
    CLEANUP_DIAG struct diag diag = {0};
    const char *dir = invocation_get(inv, "dir");
    int r;

    r = load_rules(&rs, settings, dir, true, &diag);
    if (r < 0)
        return fail(r, dir);
    if (inv->json)
        print_reports(rs);
    else
        diag_print(&diag, stdout);
    if (!inv->json)
        (void)printf("%zu loaded, %zu rejected, %zu skipped\n", ruleset_count(rs, RULE_LOADED),
            ruleset_count(rs, RULE_REJECTED), ruleset_count(rs, RULE_SKIPPED));
    return diag.n_errors > 0 ? EXIT_REFUSED : EXIT_DONE;
}

struct match {
    struct matcher *matcher;
    const struct normalizer *normalizer; /* NULL: fields only, no routing */
    struct normalizer_scratch *scratch;
    struct arena arena;
    struct buffer out;
    size_t fields_max;
};

/* One line of JSON as an event: through the mappings that name its log sources, or its fields alone. */
static bool
read_event(struct match *m, struct slice line, struct event *event)
{
    struct frame frame = {.raw = line, .received = clock_wall(clock_system())};
    struct fields fields;

    arena_reset(&m->arena);
    if (m->normalizer != NULL) {
        normalizer_event(m->normalizer, m->scratch, &frame, &m->arena, event);
        return event->structured;
    }
    *event = (struct event){.frame = frame, .structured = true, .time = frame.received};
    fields_init(&fields, &m->arena, m->fields_max);
    if (json_flatten(line, &fields, NULL) != 0)
        return false;
    event->fields = fields.items;
    event->n_fields = fields.n;
    return true;
}

static void
print_hits(struct match *m, size_t number, struct slice line)
{
    const struct rule *const *hits = NULL;
    struct json_writer w;
    struct event event;
    bool readable = read_event(m, line, &event);
    size_t n = readable ? matcher_match(m->matcher, &event, &hits) : 0;
    size_t i;

    buffer_reset(&m->out);
    json_begin(&w, &m->out);
    json_object(&w);
    json_field_int(&w, "line", (int64_t)number);
    if (!readable)
        json_field_text(&w, "error", "not a JSON object");
    json_key(&w, "hits");
    json_array(&w);
    for (i = 0; i < n; i++) {
        json_object(&w);
        json_field_string(&w, "id", hits[i]->uid);
        json_field_string(&w, "title", hits[i]->title);
        if (hits[i]->author.n > 0)
            json_field_string(&w, "author", hits[i]->author);
        json_close(&w);
    }
    json_close(&w);
    json_close(&w);
    buffer_add_char(&m->out, '\n');
    (void)fwrite(m->out.p, 1, m->out.n, stdout);
}

static int
match_stdin(struct match *m)
{
    CLEANUP_FREE char *line = NULL;
    size_t cap = 0;
    size_t number = 0;
    ssize_t n;

    while ((n = getline(&line, &cap, stdin)) >= 0) {
        struct slice text = slice_of(line, (size_t)n);

        if (text.n > 0 && text.p[text.n - 1] == '\n')
            text.n--;
        print_hits(m, ++number, text);
    }
    return ferror(stdin) != 0 || fflush(stdout) != 0 ? EXIT_MACHINE : EXIT_DONE;
}

enum { MATCH_ARENA = 1024 * 1024, MATCH_ARENA_MAX = 256 * 1024 * 1024 };

static int
run_match(struct match *m, const struct settings *settings, struct ruleset *rs, bool routing)
{
    const struct matcher_options options = {.no_routing = !routing};
    CLEANUP(normalizer_free) struct normalizer *normalizer = NULL;
    CLEANUP_DIAG struct diag diag = {0};
    int r;

    if (routing) {
        r = normalizer_new(&normalizer, settings, &diag);
        diag_print(&diag, stderr);
        if (r == 0 && normalizer == NULL)
            return EXIT_REFUSED;
        if (r == 0)
            r = normalizer_scratch_new(&m->scratch, normalizer, NULL, NULL);
        if (r < 0)
            return fail(r, "cannot load the mappings");
    }
    m->normalizer = normalizer;
    m->fields_max = settings->fields_max;
    r = matcher_new(&m->matcher, rs, &options);
    if (r == 0)
        r = arena_init(&m->arena, MATCH_ARENA, MATCH_ARENA_MAX);
    if (r < 0)
        return fail(r, "cannot start to match");
    return match_stdin(m);
}

int
offline_rules_match(const struct invocation *inv, const struct settings *settings)
{
    CLEANUP(ruleset_unref) struct ruleset *rs = NULL;
    CLEANUP_DIAG struct diag diag = {0};
    const char *dir = invocation_get(inv, "rules");
    struct match m = {0};
    int r;

    r = load_rules(&rs, settings, dir, invocation_get(inv, "no-prefilter") == NULL, &diag);
    if (r < 0)
        return fail(r, dir == NULL ? "rules" : dir);
    diag_print(&diag, stderr);
    r = run_match(&m, settings, rs, invocation_get(inv, "no-routing") == NULL);
    matcher_free(m.matcher);
    normalizer_scratch_free(m.scratch);
    arena_fini(&m.arena);
    buffer_fini(&m.out);
    return r;
}
