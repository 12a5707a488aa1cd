/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Moves of a nonconformity: a person confirms or rejects the candidate; the daemon counts what repeats and notes when
 * the condition itself ended. Pure, as incident_moves.h.
 */

#include "base/buffer.h"
#include "model/nonconformity.h"
#include "records/outcome.h"

enum nonconformity_verb { NONCONFORMITY_VERB_CONFIRM, NONCONFORMITY_VERB_REJECT, NONCONFORMITY_VERBS };

struct nonconformity_verb_row {
    const char *name; /* as people type it: "confirm" */
    const char *past; /* as the ledger has it: "confirmed" */
    unsigned from;    /* bits 1 << enum nonconformity_state */
};

extern const struct nonconformity_verb_row nonconformity_verbs[NONCONFORMITY_VERBS];

struct nonconformity_move {
    enum nonconformity_verb verb;
    struct slice actor;
    struct walltime at;
    struct slice reason; /* reject; confirm: optional */
    bool has_grade;      /* confirm: another grade than the suggested one */
    enum nonconformity_grade grade;
    struct slice owner;         /* confirm: optional */
    struct walltime due;        /* confirm: when it must be corrected; 0: after the limit of its grade */
    int64_t correct_ns[GRADES]; /* confirm: how long correcting may take, by grade */
};

/** nonconformity_move() - what @before becomes by @move; as incident_move(). Return: 0, or RECORD_E_…. */
int nonconformity_move(const struct nonconformity *before, const struct nonconformity_move *move,
    struct nonconformity *after, struct buffer *why);

/** nonconformity_verb_parse() - the verb called @name. Return: whether there is one. */
bool nonconformity_verb_parse(struct slice name, enum nonconformity_verb *verb);

/** nonconformity_takes() - whether what repeats adds an occurrence to @n; otherwise it opens another candidate. */
bool nonconformity_takes(const struct nonconformity *n);

/** nonconformity_repeat() - the condition of @n came again, as the new candidate @again says; it lasts. */
void nonconformity_repeat(struct nonconformity *n, const struct nonconformity *again);

/** nonconformity_end() - the condition of @n went away at @at. */
void nonconformity_end(struct nonconformity *n, struct walltime at);
