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

/** A correlation of type event_count: how many detections of `rules` within `timespan_ns` a group. */
struct correlation {
    const struct rule *const *rules; /* whose detections count */
    size_t n_rules;
    enum compare_op op;
    uint64_t threshold;
    int64_t timespan_ns;
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
