/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/keep.h"

#include <stdio.h>

#include "base/error.h"
#include "detect/ruleset_impl.h"
#include "detect/sigma_reader.h"

enum { REASON_MAX = 1024 };

/* Whether the rule is loaded from a file, or has been read again already, with whatever outcome. */
static bool
has_rule(const struct sigma_rules *rules, struct slice uid)
{
    const struct sigma_rule *rule;

    for (rule = rules->first; rule != NULL; rule = rule->next)
        if ((rule->status == RULE_LOADED || rule->kept) && slice_eq(rule->rule.uid, uid))
            return true;
    return false;
}

static bool
was_known(const struct ruleset *before, struct slice uid)
{
    size_t i;

    for (i = 0; i < before->n_reports; i++)
        if (slice_eq(before->reports[i].uid, uid))
            return true;
    return false;
}

/* Whether @cause is a rejected document that rules of its file may be missed for; whether that is any of them. */
static bool
is_cause(const struct ruleset *before, const struct sigma_rule *cause, bool *of_any)
{
    if (cause->status != RULE_REJECTED || cause->kept)
        return false;
    *of_any = cause->rule.uid.n == 0 || !was_known(before, cause->rule.uid);
    return true;
}

static int
keep_for(const struct ruleset *before, struct sigma_rules *rules, const struct sigma_rule *cause, bool any, size_t *n)
{
    size_t i;
    int r = 0;

    for (i = 0; i < before->rules.n && r == 0; i++) {
        const struct rule *rule = &before->rules.items[i];

        if (!slice_eq(rule->file, cause->rule.file) || (!any && !slice_eq(rule->uid, cause->rule.uid)) ||
            has_rule(rules, rule->uid))
            continue;
        r = sigma_read_again(rules, &before->texts[i]);
        ++*n;
    }
    return r < 0 ? error_trace(r) : 0;
}

int
keep_lost(const struct ruleset *before, struct sigma_rules *rules, size_t *n)
{
    const struct sigma_rule *cause;
    bool any;
    int r = 0;

    *n = 0;
    if (before == NULL || before->texts == NULL)
        return 0;
    for (cause = rules->first; cause != NULL && r == 0; cause = cause->next)
        if (is_cause(before, cause, &any))
            r = keep_for(before, rules, cause, any, n);
    return r < 0 ? error_trace(r) : 0;
}

/* Why @rule is kept. A document by its id goes before one that may be any. */
static const struct sigma_rule *
find_cause(const struct ruleset *before, const struct sigma_rules *rules, const struct rule *rule)
{
    const struct sigma_rule *found = NULL;
    const struct sigma_rule *cause;
    bool any;

    for (cause = rules->first; cause != NULL; cause = cause->next) {
        if (!slice_eq(cause->rule.file, rule->file) || !is_cause(before, cause, &any))
            continue;
        if (slice_eq(cause->rule.uid, rule->uid))
            return cause;
        if (found == NULL && any)
            found = cause;
    }
    return found;
}

static void
explain(struct sigma_rules *rules, struct sigma_rule *rule, const struct sigma_rule *cause, struct diag *diag)
{
    char as_of[WALLTIME_TEXT_MAX];
    char reason[REASON_MAX];

    (void)walltime_print((struct walltime){rule->text.as_of.ns - rule->text.as_of.ns % NS_PER_S}, as_of);
    (void)snprintf(reason, sizeof(reason), "running as of %s, new version rejected: %s:%u:%u: " SLICE_FMT, as_of,
        cause->at.file, cause->at.line, cause->at.column, SLICE_ARG(cause->reason));
    diag_warning(
        diag, cause->at, "the rule '" SLICE_FMT "' goes on running as of %s", SLICE_ARG(rule->rule.title), as_of);
    rule->reason = arena_copy(rules->arena, slice_str(reason));
}

void
keep_explain(const struct ruleset *before, struct sigma_rules *rules, struct diag *diag)
{
    struct sigma_rule *rule;

    for (rule = rules->first; rule != NULL; rule = rule->next)
        if (rule->kept && rule->status == RULE_LOADED)
            explain(rules, rule, find_cause(before, rules, &rule->rule), diag);
}
