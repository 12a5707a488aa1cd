/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Demand: whether anybody wants the fields that stand in a message's text.
 *
 * Decoding costs more than the header and is of use to rules that ask for fields, and to whoever keeps the event. So
 * where no rule asks, of any log source the message may turn out to belong to, its text is left as it is until the
 * event is kept. A rule for a log source that only the text tells asks for it, be it for keywords alone. A lane's, one thread; nothing is allocated.
 */

#include "normalize/normalizer.h"
#include "normalize/routing.h"

enum { DEMAND_REMEMBERED = 64 };

struct demand {
    normalizer_asks_fn *asks; /* NULL: everything is wanted */
    const void *ctx;
    const struct program *unknown; /* the program of messages that no mapping knows */
    struct verdict {
        const struct program *program; /* NULL: free */
        const struct context *context;
        bool wanted;
    } known[DEMAND_REMEMBERED]; /* by a hash of both; a newer one takes an older one's place */
};

/** demand_wants() - whether messages of @program that came by @context are to be decoded at once. */
bool demand_wants(struct demand *d, const struct program *program, const struct context *context);
