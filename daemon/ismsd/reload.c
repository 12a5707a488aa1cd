/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/reload.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"

enum reload_counter { RELOAD_C_DONE, RELOAD_C_REFUSED, RELOAD_C_KEPT, RELOAD_COUNTERS };

static const struct counter_def counter_defs[RELOAD_COUNTERS] = {
    // clang-format off
    [RELOAD_C_DONE]    = {"reloads", "times rules and mappings were read again and taken over"},
    [RELOAD_C_REFUSED] = {"reloads_refused", "times they were read again and what ran went on, for mistakes in them"},
    [RELOAD_C_KEPT]    = {"rules_kept", "rules now running in a version of before, for their file cannot be loaded"},
    // clang-format on
};

struct reload {
    const struct settings *settings;
    const struct clock *clock;
    struct counters *counters;
    struct program *program;
    int fd;
    bool under_way;
    bool again; /* asked for while one was under way */

    /* the loader thread's, until it writes to fd */
    struct settings *next_settings;
    struct program *next_program;
    struct diag diag;
    int result;
};

int
reload_new(struct reload **out, const struct settings *settings, struct program *program, const struct clock *clock)
{
    CLEANUP(reload_free) struct reload *r = NULL;
    int result;

    r = calloc(1, sizeof(*r));
    if (r == NULL)
        return error_origin(-ENOMEM);
    r->settings = settings;
    r->clock = clock;
    r->program = program_ref(program);
    result = counters_new(&r->counters, counter_defs, RELOAD_COUNTERS);
    if (result < 0)
        return error_trace(result);
    r->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (r->fd < 0)
        return error_origin(-errno);
    *out = TAKE(r);
    return 0;
}

static void
forget_next(struct reload *r)
{
    program_unref(r->next_program);
    settings_free(r->next_settings);
    diag_fini(&r->diag);
    r->next_program = NULL;
    r->next_settings = NULL;
}

void
reload_free(struct reload *r)
{
    if (r == NULL)
        return;
    forget_next(r);
    program_unref(r->program);
    counters_free(r->counters);
    if (r->fd > 0)
        (void)close(r->fd);
    free(r);
}

static void
load(void *ctx)
{
    struct reload *r = ctx;
    uint64_t one = 1;

    r->result = settings_load(&r->next_settings, r->settings->file, &r->diag);
    if (r->result == 0 && r->next_settings != NULL)
        r->result = program_load(&r->next_program, r->next_settings, r->program, clock_wall(r->clock), &r->diag);
    if (write(r->fd, &one, sizeof(one)) < 0)
        log_failure("reload", -errno, "the main thread cannot be told");
}

int
reload_begin(struct reload *r, struct pipeline *p)
{
    int result;

    if (r->under_way) {
        r->again = true;
        return 0;
    }
    result = pipeline_load(p, load, r);
    r->under_way = result == 0;
    return result < 0 ? error_trace(result) : 0;
}

bool
reload_is_under_way(const struct reload *r)
{
    return r->under_way;
}

int
reload_fd(const struct reload *r)
{
    return r->fd;
}

/* Both as text, but for what a reload takes over: whether anything else was changed. */
static bool
differs_elsewhere(const struct settings *now, const struct settings *next)
{
    struct settings a = *now;
    struct settings b = *next;
    char *text[2] = {NULL, NULL};
    size_t n[2] = {0, 0};
    const struct settings *both[2] = {&a, &b};
    bool differs;
    int i;

    b.rules_paths = a.rules_paths;
    b.n_rules_paths = a.n_rules_paths;
    b.rules_prefilter = a.rules_prefilter;
    b.lists = a.lists;
    b.n_lists = a.n_lists;
    b.mappings_path = a.mappings_path;
    for (i = 0; i < 2; i++) {
        FILE *f = open_memstream(&text[i], &n[i]);

        if (f == NULL)
            continue;
        settings_print(both[i], f);
        (void)fclose(f);
    }
    differs = text[0] == NULL || text[1] == NULL || !slice_eq(slice_of(text[0], n[0]), slice_of(text[1], n[1]));
    free(text[0]);
    free(text[1]);
    return differs;
}

static void
refuse(struct reload *r)
{
    counters_add(r->counters, RELOAD_C_REFUSED, 1);
    if (r->result < 0)
        log_failure("reload", r->result, "cannot reload; what runs goes on");
    else
        log_error("reload", "refused, for the problems above; what runs goes on");
}

static void
take_over(struct reload *r, struct pipeline *p)
{
    CLEANUP_BUFFER struct buffer note = {0};
    int result;

    program_describe(r->next_program, &note);
    result = pipeline_set_program(p, r->next_program, buffer_slice(&note));
    if (result < 0) {
        counters_add(r->counters, RELOAD_C_REFUSED, 1);
        log_failure("reload", result, "the new rules are not taken over");
        return;
    }
    program_unref(r->program);
    r->program = program_ref(r->next_program);
    counters_add(r->counters, RELOAD_C_DONE, 1);
    counters_set(r->counters, RELOAD_C_KEPT, program_count(r->program, RULE_KEPT));
    log_notice("reload", SLICE_FMT, SLICE_ARG(buffer_slice(&note)));
}

void
reload_finish(struct reload *r, struct pipeline *p)
{
    uint64_t n;
    bool again;

    if (read(r->fd, &n, sizeof(n)) < 0)
        return;
    diag_print(&r->diag, stderr);
    if (r->result < 0 || r->next_program == NULL)
        refuse(r);
    else
        take_over(r, p);
    if (r->next_settings != NULL && differs_elsewhere(r->settings, r->next_settings))
        log_notice("reload", "settings other than rules and mappings changed; they take effect at the next start");
    forget_next(r);
    r->under_way = false;
    again = r->again;
    r->again = false;
    if (again && reload_begin(r, p) < 0)
        log_warning("reload", "the reload asked for meanwhile could not begin (%s)", error_path());
}

struct program *
reload_program(const struct reload *r)
{
    return r->program;
}

const struct counters *
reload_counters(const struct reload *r)
{
    return r->counters;
}
