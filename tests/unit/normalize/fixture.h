/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Fixture: a normalizer with its lane's scratch and an arena, over the shipped mappings or none.
 */

#include "normalize/normalizer.h"
#include "support/unit.h"

#define SHIPPED_MAPPINGS TEST_SOURCE_DIR "/config/mappings"

/* 2026-03-14T15:09:26Z */
#define RECEIVED ((struct walltime){INT64_C(1773500966) * NS_PER_S})

struct fixture {
    struct input_settings input;
    struct settings settings;
    struct normalizer *normalizer;
    struct normalizer_scratch *scratch;
    struct arena arena;
    struct event event;
};

static inline void
fixture_init(struct fixture *f)
{
    *f = (struct fixture){.input = {.name = "in"}};
    f->settings = (struct settings){
        .inputs = &f->input, .n_inputs = 1, .fields_max = 256, .audit_sets_max = 16, .mappings_path = SHIPPED_MAPPINGS};
}

static inline void
fixture_open(struct fixture *f)
{
    CLEANUP_DIAG struct diag diag = {0};

    ck_assert_int_eq(normalizer_new(&f->normalizer, &f->settings, &diag), 0);
    diag_print(&diag, stderr);
    ck_assert_uint_eq(diag.n_errors, 0);
    ck_assert_int_eq(normalizer_scratch_new(&f->scratch, f->normalizer, NULL, NULL), 0);
    ck_assert_int_eq(arena_init(&f->arena, 65536, 1 << 20), 0);
}

static inline void
fixture_close(struct fixture *f)
{
    normalizer_scratch_free(f->scratch);
    normalizer_free(f->normalizer);
    arena_fini(&f->arena);
}

static inline const struct event *
fixture_read_from(struct fixture *f, struct slice raw, const char *peer)
{
    struct frame frame = {.raw = raw, .received = RECEIVED, .peer = slice_str(peer)};

    arena_reset(&f->arena);
    normalizer_event(f->normalizer, f->scratch, &frame, &f->arena, &f->event);
    return &f->event;
}

static inline const struct event *
fixture_read(struct fixture *f, const char *raw)
{
    return fixture_read_from(f, slice_str(raw), NULL);
}

static inline uint64_t
fixture_count(const struct fixture *f, const char *name)
{
    const struct counters *c = normalizer_counters(f->scratch);
    unsigned i;

    for (i = 0; i < c->n; i++)
        if (strcmp(c->defs[i].name, name) == 0)
            return counters_get(c, i);
    ck_abort_msg("no counter %s", name);
    return 0;
}

static inline bool
event_is_from(const struct event *e, const char *product, const char *category, const char *service)
{
    struct logsource ls = {slice_str(product), slice_str(category), slice_str(service)};
    unsigned i;

    for (i = 0; i < e->n_logsources; i++)
        if (logsource_eq(&ls, e->logsources[i]))
            return true;
    return false;
}
