/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Ruleset: all Sigma rules of some folders, compiled into one immutable thing to match against.
 *
 * A rule that cannot be loaded is reported with file, line and reason; the others run. Shared by threads and counted:
 * struct rules (model/rule.h) is its public half, and rules_unref() of the last holder frees both.
 */

#include "base/clock.h"
#include "base/diag.h"
#include "model/rule.h"

struct ruleset;

/** SHA-256 of @text, by which a rule is told from its other versions. Return: 0 or negative errno. */
typedef int rule_digest_fn(void *ctx, struct slice text, unsigned char out[32]);

/** What a placeholder stands for: `%name%` under the modifier expand. Values may have wildcards, as in a rule. */
struct rule_list {
    const char *name;
    const char *const *values;
    size_t n_values;
    const char *file; /* more of them, one a line; NULL: none */
};

struct ruleset_options {
    bool prefilter;         /* off: every pattern by PCRE2 and plain comparison, for the test that both agree */
    rule_digest_fn *digest; /* sets rule.sha256, from the whole document; NULL: it stays zero */
    void *digest_ctx;
    struct walltime now;           /* 0: the ruleset need not remember its files' text, for none will follow it */
    const struct rule_list *lists; /* as long as ruleset_load() takes */
    size_t n_lists;
    const struct ruleset *before; /* what is in force and may have to go on (detect/keep.h); NULL: nothing */
};

/** Why a rule document is not among the loaded ones, or that it is. A kept one is in force as it was before. */
enum rule_status { RULE_LOADED, RULE_REJECTED, RULE_SKIPPED, RULE_KEPT };

struct rule_report {
    struct slice uid;
    struct slice title;
    const char *file;
    unsigned line;
    unsigned column;
    enum rule_status status;
    bool is_filter;      /* it narrows other rules and is none */
    struct slice reason; /* of a rejection or skip; of a kept one, since when and why */
};

/**
 * ruleset_load() - read and compile every .yml and .yaml below @paths; what ends in ".samples.yaml" is no rule
 * @out:     the ruleset, with one reference
 * @paths:   folders or files
 * @n_paths: how many
 * @options: NULL for the defaults
 * @diag:    every problem; a rejected rule is an error there, and no failure here
 *
 * Return: 0, or negative errno of the machine.
 */
int ruleset_load(struct ruleset **out, const char *const *paths, size_t n_paths, const struct ruleset_options *options,
    struct diag *diag);

/** ruleset_rules() - its public half; rules_ref() it to keep the ruleset alive. */
struct rules *ruleset_rules(struct ruleset *rs);

/** ruleset_unref() - one fewer; the last frees. Accepts NULL. */
void ruleset_unref(struct ruleset *rs);
CLEANUP_DEFINE(ruleset_unref, struct ruleset *)

/** ruleset_reports() - one row for each rule document found, loaded or not, in the order of files; the kept ones last.
 */
const struct rule_report *ruleset_reports(const struct ruleset *rs, size_t *n);

/**
 * ruleset_asks() - whether it matters to some rule that an event is decoded
 * @logsource: one that it has or may turn out to have; with empty attributes: none
 * @given:     those it has for certain
 * @n_given:   how many
 *
 * It does where a rule for @logsource asks for a field, or is for none of @given.
 */
bool ruleset_asks(
    const struct ruleset *rs, const struct logsource *logsource, const struct logsource *const *given, size_t n_given);

/** ruleset_count() - how many of these, filters aside, ended in @status. */
size_t ruleset_count(const struct ruleset *rs, enum rule_status status);

/** rule_status_name() - "loaded", "rejected", "skipped", "kept". */
const char *rule_status_name(enum rule_status status);
