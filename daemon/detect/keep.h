/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Keep: a rule in force whose file can no longer be loaded goes on as it was, until the file is mended or removed.
 *
 * A ruleset that another may follow remembers what each of its rules' documents said. When the files are read again and
 * a rule of before is not among the loaded ones, a rejected document of its file explains it: the one with its id, or
 * one whose id was not known before (or cannot be read). Then the document of before is read once more, behind all
 * files. A rule without such an explanation was taken out by somebody, and is gone.
 */

#include "base/clock.h"
#include "base/diag.h"
#include "base/slice.h"

struct ruleset;
struct sigma_rules;

/** What a rule's document said. */
struct rule_text {
    const char *file;
    struct slice text;
    unsigned lines_before; /* in the file */
    struct walltime as_of; /* when that was read there last */
};

/**
 * keep_lost() - append to @rules, as they were, the rules of @before that it has lost by a mistake and not got back yet
 * @before: what is in force; NULL: nothing is
 * @rules:  all files read, and rejected what is to be rejected so far
 * @n:      set to how many
 *
 * Return: as sigma_read().
 */
int keep_lost(const struct ruleset *before, struct sigma_rules *rules, size_t *n);

/** keep_explain() - say of each rule that goes on, in its reason and as a warning, since when and why. */
void keep_explain(const struct ruleset *before, struct sigma_rules *rules, struct diag *diag);
