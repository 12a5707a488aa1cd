/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Facts: one event as rules see it, and the exact answer to any atom about it.
 *
 * What decides here is the meaning of Sigma; the index only saves asking. A field that stands in the event several
 * times has several values, and any of them will do. An absent field makes every test false but "is null" and "does
 * not exist". A null value is present, is null, and fits nothing else.
 */

#include "detect/ruleset_impl.h"
#include "model/event.h"

enum decision {
    DECISION_FALSE,
    DECISION_TRUE,
    DECISION_LIMIT, /* an expression reached a limit of PCRE2: it counts as false, and is counted */
};

struct facts_scope {
    uint32_t epoch; /* the event in which `first` was set */
    uint32_t first; /* index of the event's first field in this scope */
};

struct facts_field {
    uint32_t scope; /* SCOPE_KEYWORDS: no rule asks for the field */
    uint32_t next;  /* the next field in the same scope, UINT32_MAX after the last */
};

struct facts {
    const struct event *event;
    uint32_t epoch;
    struct facts_scope *scopes;
    struct facts_field *fields; /* by field of the event */
    size_t n_fields;            /* of them known: all, but where memory ran out */
    size_t fields_cap;
    struct fold_buffer folded;
    struct fold_buffer folded_other;
    struct regex_scratch *regex;
    uint64_t n_regex_runs;
    uint64_t n_unseen; /* fields passed over because memory ran out */
};

/** facts_init() - room for events as @rs asks about them. Return: 0 or -ENOMEM. */
int facts_init(struct facts *f, const struct ruleset *rs);
void facts_fini(struct facts *f);

/**
 * facts_set() - look at @event from now on
 * @f:     the facts
 * @rs:    as for facts_init()
 * @event: unchanged until the next call
 * @epoch: another number than in all calls before, or than since facts_restart()
 * @asks_fields: whether any field will be asked for; otherwise all are as if absent
 */
void facts_set(struct facts *f, const struct ruleset *rs, const struct event *event, uint32_t epoch, bool asks_fields);

/** facts_restart() - epochs begin anew. */
void facts_restart(struct facts *f, const struct ruleset *rs);

/** facts_first() - the event's first field in @scope. Return: its index, UINT32_MAX where it is absent. */
static inline uint32_t
facts_first(const struct facts *f, uint32_t scope)
{
    return f->scopes[scope].epoch == f->epoch ? f->scopes[scope].first : UINT32_MAX;
}

/** facts_decide() - whether @atom holds in the event. */
enum decision facts_decide(struct facts *f, const struct atom *atom);
