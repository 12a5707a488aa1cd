/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Atoms: the distinct tests of all rules. Two leaves that ask the same of the same field are one atom, tested once an
 * event however many rules ask.
 *
 * Every atom belongs to a scope: scope 0 are the keywords, each other one is a field by name. Atoms and scopes live in
 * the ruleset's arena; their compiled regular expressions are freed by atoms_fini().
 */

#include "base/map.h"
#include "base/regex.h"
#include "detect/ast.h"
#include "detect/text.h"

enum { ATOMS_E_REGEX = 1, ATOMS_MAX = 1 << 24, SCOPE_KEYWORDS = 0 };

struct atom {
    uint32_t number;
    uint32_t scope;
    uint32_t other;              /* LEAF_FIELDREF: the scope of the other field */
    uint32_t n_uses;             /* leaves that ask it */
    bool scanned;                /* an index reports it where it may hold; otherwise it is decided when a rule asks */
    enum text_shape shape;       /* LEAF_TEXT */
    struct text_pattern pattern; /* LEAF_TEXT: folded unless cased */
    struct regex *regex;         /* LEAF_REGEX */
    struct slice needs;          /* LEAF_REGEX: a text without which it cannot match; may be empty */
    struct leaf leaf;            /* the rest of what it asks */
    struct atom *next;           /* of the same scope */
};

struct scope {
    struct slice name; /* {NULL, 0} for the keywords */
    uint32_t hash;     /* field_hash(name) */
    struct atom *atoms;
};

struct atoms {
    struct arena *arena;
    struct map *known;
    struct atom **items;
    size_t n;
    size_t cap;
    struct scope *scopes;
    size_t n_scopes;
    size_t scopes_cap;
};

/** atoms_init() - none yet; @arena keeps them. Return: 0 or -ENOMEM. */
int atoms_init(struct atoms *a, struct arena *arena);
void atoms_fini(struct atoms *a);

/**
 * atoms_add() - the atom that asks what @leaf asks, made where it is new
 * @out:     set to it
 * @problem: set on ATOMS_E_REGEX
 *
 * Return: 0, ATOMS_E_REGEX where PCRE2 refuses the expression, or -ENOMEM.
 */
int atoms_add(struct atoms *a, const struct leaf *leaf, struct atom **out, struct regex_problem *problem);
