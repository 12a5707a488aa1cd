/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Compile: the trees of all rules into one ruleset.
 */

#include "detect/ruleset_impl.h"
#include "detect/sigma_reader.h"

/**
 * compile_atoms() - find the atoms of every loaded rule; reject those whose expressions PCRE2 refuses
 * @rs:    whose atoms_init() is done
 * @rules: as read
 * @from:  the first of them to look at; NULL: there is none
 * @diag:  every problem
 *
 * Return: 0 or -ENOMEM.
 */
int compile_atoms(struct ruleset *rs, struct sigma_rules *rules, struct sigma_rule *from, struct diag *diag);

/**
 * compile_rules() - all that matching needs, for rules that are numbered and linked
 * @rs:    whose atoms are known, and whose public half is set
 * @rules: as linked
 * @diag:  what will surprise an author
 *
 * Return: 0 or -ENOMEM.
 */
int compile_rules(struct ruleset *rs, struct sigma_rules *rules, struct diag *diag);
