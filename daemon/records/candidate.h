/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Candidate: what the daemon proposes as a nonconformity by itself, for a person to confirm or reject: which trigger,
 * which requirement is not met, in which words.
 */

#include "base/arena.h"
#include "base/buffer.h"
#include "model/nonconformity.h"
#include "model/rule.h"

enum trigger {
    TRIGGER_SILENCE,
    TRIGGER_NEVER_HEARD,
    TRIGGER_COLLAPSE,
    TRIGGER_SURGE,
    TRIGGER_LOG_STOPPED,
    TRIGGER_CLOCK,
    TRIGGER_ZONE,
    TRIGGER_LOSS,
    TRIGGER_DOWN,
    TRIGGERS,
};

enum { DURATION_TEXT_MAX = 48 };

/** What makes a candidate one of a kind, besides its scope: several triggers may be of one. */
struct candidate_kind {
    struct slice trigger;     /* "T01" */
    struct slice requirement; /* "A.8.15; NIS2 3.2.3k" */
};

struct candidate_kind candidate_kind(enum trigger t);

/**
 * candidate_make() - the nonconformity, filled in
 * @scope:      what it is about
 * @evidence:   the figures it rests on; copied
 * @at:         when it came to be
 * @confirm_ns: within which it must be decided
 * @out:        its text is @arena's, but for @scope
 *
 * Return: 0, or -ENOMEM where the arena overflowed.
 */
int candidate_make(enum trigger t, struct slice scope, struct slice evidence, struct walltime at, int64_t confirm_ns,
    struct arena *arena, struct nonconformity *out);

/** candidate_of_rule() - whether a detection by @rule means that a log was stopped, cleared or cut (A.8.15). */
bool candidate_of_rule(const struct rule *rule);

/** duration_print() - @ns for people, in two units: "2 d 3 h", "15 min", "2 s". Return: @out. */
const char *duration_print(int64_t ns, char out[static DURATION_TEXT_MAX]);
