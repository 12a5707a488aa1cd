/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Program: what lanes work by: one ruleset and one normalizer, loaded together, immutable, counted.
 *
 * A reload makes a new one beside the running one; each lane takes it over at a batch boundary, and the last to let go
 * of the old one frees it.
 */

#include "config/load.h"
#include "detect/ruleset.h"
#include "normalize/normalizer.h"

struct program {
    struct ruleset *ruleset;
    struct normalizer *normalizer;
    _Atomic unsigned refs;
};

/**
 * program_load() - read rules and mappings as @settings say
 * @out:      the program, with one reference
 * @settings: where they are
 * @before:   what is in force, of which a rule whose file cannot be loaded any more goes on as it was; NULL: nothing is
 * @now:      as of when the files are read; 0 where no other program will follow this one
 * @diag:     every problem
 *
 * A rule that cannot be loaded is reported in @diag and left out; a mapping that is wrong, or a path of rules that
 * cannot be read, refuses the whole.
 *
 * Return: 0 with *@out set, 0 with *@out NULL where it is refused, negative errno of the machine.
 */
int program_load(struct program **out, const struct settings *settings, const struct program *before,
    struct walltime now, struct diag *diag);

struct program *program_ref(struct program *p);
void program_unref(struct program *p);
CLEANUP_DEFINE(program_unref, struct program *)

/** program_count() - how many rule documents ended in @status. */
size_t program_count(const struct program *p, enum rule_status status);

/** program_describe() - what became of the rules, as "57 rules loaded, 1 rejected, 0 skipped", onto @out. */
void program_describe(const struct program *p, struct buffer *out);
