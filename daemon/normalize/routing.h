/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Routing: which patterns and log sources a message has by its program, and by what configuration says of where it
 * came from. Built once from the mappings and the settings.
 */

#include "config/settings.h"
#include "normalize/decoder.h"
#include "normalize/sources.h"

enum { ROUTING_FACILITIES = 24 };

/** What mappings say of one program. */
struct program {
    struct chain *chain;
    struct routes routes;
    const struct mapping *parameters; /* names parameters of structured data; NULL: they stay as the header has them */
};

/** What configuration says of one input and source together. */
struct context {
    const struct overlay *overlay;
    const struct program *configured;             /* mappings chosen by the configured log source; NULL: none */
    struct routes facilities[ROUTING_FACILITIES]; /* of programs that no mapping knows */
};

struct routing {
    struct arena *arena;
    struct names programs; /* → struct program */
    struct program *unknown;
    struct context *contexts; /* one an overlay */
    uint16_t *by_origin;      /* (source + 1) * (n_inputs + 1) + input → context; each last one stands for "none" */
    size_t n_inputs;
    size_t n_sources;
};

/** routing_init() - build it all; what does not fit goes to @diag. Return: 0 or -ENOMEM. */
int routing_init(struct routing *g, const struct settings *settings, const struct mappings *mappings,
    struct router *router, struct arena *arena, struct diag *diag);

/**
 * routing_program() - what is known of the program in @app_name, path and "(…)" behind it aside; never NULL.
 *
 * A Cisco tag, %FACILITY-SEVERITY-MNEMONIC, that no mapping names is the program %FACILITY, else the program %.
 */
const struct program *routing_program(const struct routing *g, struct slice app_name);

/** routing_context() - what configuration says of @listener and @source. */
static inline const struct context *
routing_context(const struct routing *g, size_t listener, uint16_t source)
{
    size_t input = listener < g->n_inputs ? listener : g->n_inputs;
    size_t row = source < g->n_sources ? source : g->n_sources;

    return &g->contexts[g->by_origin[row * (g->n_inputs + 1) + input]];
}
