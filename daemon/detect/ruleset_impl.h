/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Inside a ruleset: what compile.c makes and matcher.c reads. Immutable once made, shared by all lanes.
 *
 *   value of a field ──index──▶ atoms that hold ──witnesses──▶ rules that may match ──code──▶ rules that match
 *
 * A rule's witnesses are the smallest group of scanned atoms of which at least one must hold for the rule to match. A
 * rule that has no such group (all its tests are negative, or none can be looked for) is always a candidate, for the
 * events of its log source.
 *
 * Code is a rule's condition as a chart of steps: each tests one atom and says where to go on, so that evaluating it
 * takes no stack and stops as soon as the answer is known.
 */

#include "detect/index.h"
#include "detect/keep.h"
#include "detect/ruleset.h"
#include "parsers/field.h"

enum { STEP_MATCH = UINT32_MAX, STEP_FAIL = UINT32_MAX - 1, STEPS_MAX = UINT32_MAX - 2 };

struct step {
    uint32_t atom;
    uint32_t on_true; /* a step, STEP_MATCH or STEP_FAIL */
    uint32_t on_false;
};

struct rule_code {
    uint32_t entry;  /* STEP_FAIL for a correlation */
    uint32_t source; /* which of the rules' log sources */
};

/** A table of lists: the items of list i stand from first[i] up to first[i + 1]. */
struct lists {
    const uint32_t *first;
    const uint32_t *items;
};

/** One log source that rules ask for. */
struct rule_source {
    struct logsource logsource;
    const uint64_t *scopes; /* bitset: what its rules look into */
    bool asks_fields;       /* some rule asks for a field, not keywords alone */
};

struct ruleset {
    struct rules rules; /* the public half */
    struct arena arena;
    struct rule_report *reports;
    size_t n_reports;
    const struct rule_text *texts; /* by rule number; NULL: not remembered */
    enum prefilter_trust trust;
    struct atoms atoms;    /* scopes too */
    struct index *indexes; /* by scope */
    uint32_t *names;       /* open-addressing table by field hash: scope, 0 where free */
    size_t names_mask;
    const uint64_t *scanned; /* bitset by atom: reported by an index where it may hold, so otherwise false */
    const struct step *steps;
    const struct rule_code *code; /* by rule number */
    struct lists witness_of;      /* by atom: the rules it is a witness of */
    struct lists always;          /* by log source: the rules without witnesses */
    struct rule_source *sources;
    size_t n_sources;
    struct prefilter_scratch *scratch; /* fits every index; lanes clone it. NULL: no index scans */
};

/** ruleset_scope() - the scope of @field. Return: 0 where no rule asks. */
uint32_t ruleset_scope(const struct ruleset *rs, const struct field *field);

static inline bool
bit_get(const uint64_t *bits, size_t i)
{
    return (bits[i / 64] >> i % 64 & 1) != 0;
}

static inline void
bit_set(uint64_t *bits, size_t i)
{
    bits[i / 64] |= UINT64_C(1) << i % 64;
}

#define BIT_WORDS(n) (((n) + 63) / 64)
