/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Rule: what everyone after detection needs to know of a Sigma rule: who it is, how grave, which controls it is
 * evidence for, and for a correlation what it counts.
 *
 * Rules are immutable, made and owned by a ruleset; struct rules counts the references. What holds a detection holds a
 * reference, so a detection's rule always resolves, also while a new ruleset takes over.
 */

#include <stdatomic.h>

#include "model/logsource.h"

enum rule_level { RULE_INFORMATIONAL, RULE_LOW, RULE_MEDIUM, RULE_HIGH, RULE_CRITICAL };

enum compare_op { COMPARE_GT, COMPARE_GTE, COMPARE_LT, COMPARE_LTE, COMPARE_EQ, COMPARE_NEQ };

struct rule;

enum correlation_type {
    CORRELATION_EVENT_COUNT,
    CORRELATION_VALUE_COUNT,
    CORRELATION_TEMPORAL,
    CORRELATION_TEMPORAL_ORDERED,
    CORRELATION_VALUE_SUM,
    CORRELATION_VALUE_AVG,
    CORRELATION_VALUE_PERCENTILE,
};

enum { CORRELATION_COMPARISONS_MAX = 4, CORRELATION_TEMPORAL_MAX = 64, CORRELATION_TERMS_MAX = 256 };

/** One of the comparisons that a count, a sum … must pass, all of them. */
struct comparison {
    enum compare_op op;
    double value;
};

enum term_kind {
    TERM_RULE,   /* the rule matched */
    TERM_ABSENT, /* in an order: it must not, between the rules before and after it */
    TERM_NOT,
    TERM_AND,
    TERM_OR,
};

/**
 * What a temporal correlation asks of its rules: a boolean expression, operands before their operator; or of an ordered
 * one, the rules in their order.
 */
struct correlation_term {
    enum term_kind kind;
    uint32_t rule; /* RULE, ABSENT: index in the correlation's rules */
};

/** A name for what is called otherwise in the events of each rule. */
struct correlation_alias {
    struct slice name;
    const struct slice *fields; /* by index in the correlation's rules; {NULL, 0}: called so there too */
};

/** What a correlation counts of the detections of `rules` within `timespan_ns` a group. */
struct correlation {
    enum correlation_type type;
    const struct rule *const *rules; /* whose detections count */
    size_t n_rules;
    struct comparison comparisons[CORRELATION_COMPARISONS_MAX];
    size_t n_comparisons; /* 0 where `terms` say it all */
    int64_t timespan_ns;
    const struct slice *fields; /* whose values count: of several, their tuples */
    size_t n_fields;
    double percentile;
    const struct correlation_term *terms;
    size_t n_terms;
    const struct correlation_alias *aliases;
    size_t n_aliases;
};

struct rule {
    uint32_t number;   /* index in struct rules */
    struct slice uid;  /* Sigma's id, or the title where the author gave none */
    struct slice name; /* Sigma's name, by which correlations refer to it; may be empty */
    struct slice title;
    struct slice author; /* shown with every match (DRL 1.1) */
    struct slice file;
    unsigned line;
    enum rule_level level;
    struct logsource logsource;
    const struct slice *tags;
    size_t n_tags;
    const struct slice *controls; /* from tags "iso27001.…": the rest, as "a.8.16" */
    size_t n_controls;
    const struct slice *group_by; /* a correlation's group-by, or the rule's own wish for folding */
    size_t n_group_by;
    const struct correlation *correlation; /* NULL: a plain rule */
    const struct rule *const *counted_by;  /* the correlations that count this rule's detections */
    size_t n_counted_by;
    bool silent;              /* counted by a correlation that does not generate: opens no alert itself */
    unsigned char sha256[32]; /* of the rule's document: its version */
};

struct rules {
    const struct rule *items;
    size_t n;
    _Atomic unsigned refs;
    void (*free)(struct rules *r); /* called with the last reference gone */
};

/** rules_ref() - one more who holds @r. Any thread. Return: @r. */
struct rules *rules_ref(struct rules *r);

/** rules_unref() - one fewer; the last frees. Any thread; accepts NULL. */
void rules_unref(struct rules *r);
CLEANUP_DEFINE(rules_unref, struct rules *)

/** rules_find() - the rule whose uid is @uid. Return: NULL where there is none. */
const struct rule *rules_find(const struct rules *r, struct slice uid);

/**
 * rules_carry() - let figures that are kept by rule number go on where rules have new numbers: found again by their uid
 * @to:          the rules that follow
 * @figures_to:  one for each of them, not shown to anybody yet; what the rule had before is added
 * @from:        the rules before
 * @figures_from: one for each of them, no longer counted in
 *
 * Return: 0 or -ENOMEM.
 */
int rules_carry(const struct rules *to, _Atomic uint64_t *figures_to, const struct rules *from,
    const _Atomic uint64_t *figures_from);

const char *rule_level_name(enum rule_level level);

/** rule_level_parse() - the level called @name. Return: whether there is one. */
bool rule_level_parse(struct slice name, enum rule_level *level);
