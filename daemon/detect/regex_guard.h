/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Regex guard: texts that must stand in whatever a regular expression matches, so that the expression need only be
 * tried where one of them was found.
 */

#include "base/slice.h"

enum { REGEX_GUARD_BYTES_MIN = 3, REGEX_GUARD_BYTES_MAX = 256, REGEX_GUARDS_MAX = 32 };

struct regex_guard {
    struct slice text;
    unsigned branch; /* of the alternatives "a|b|c": which one it belongs to */
};

struct regex_guards {
    char text[REGEX_GUARD_BYTES_MAX];
    struct regex_guard items[REGEX_GUARDS_MAX]; /* into `text`, branch after branch */
    size_t n;
    unsigned n_branches;
};

/**
 * regex_guards() - the runs of plain characters outside groups of @regex
 * @regex: a pattern PCRE2 compiled
 * @out:   set to those of REGEX_GUARD_BYTES_MIN and more: a match holds all runs of one branch at least
 *
 * Careful before clever: where it does not know for certain, or a branch has no run, there is none. Case is left as
 * written.
 */
void regex_guards(struct slice regex, struct regex_guards *out);
