/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Matcher: one lane's scratch for matching events against a ruleset. No allocation per event, once the longest values
 * and the most fields have been seen.
 *
 * A rule is for an event when one of the event's log sources has every attribute the rule gives. An event without a log
 * source is only for rules that give none.
 */

#include "base/counters.h"
#include "detect/ruleset.h"
#include "model/event.h"

struct matcher;

struct matcher_options {
    bool no_routing; /* try every rule, whatever the event's log sources */
};

enum matcher_counter {
    MATCHER_C_EVENTS,
    MATCHER_C_UNROUTED,   /* events without a log source */
    MATCHER_C_CANDIDATES, /* rules evaluated */
    MATCHER_C_MATCHES,
    MATCHER_C_CONFIRMS,     /* PCRE2 runs to confirm or decide a pattern */
    MATCHER_C_REGEX_LIMITS, /* rule evaluations that met a PCRE2 limit: that pattern counted as no match */
    MATCHER_C_MEMORY,       /* values and fields not looked at rightly because memory ran out */
    MATCHER_COUNTERS,
};

extern const struct counter_def matcher_counter_defs[MATCHER_COUNTERS];

/** matcher_new() - a matcher for @rs, holding a reference; @options may be NULL. Return: 0 or -ENOMEM. */
int matcher_new(struct matcher **out, struct ruleset *rs, const struct matcher_options *options);
void matcher_free(struct matcher *m);
CLEANUP_DEFINE(matcher_free, struct matcher *)

/**
 * matcher_match() - the rules that match @event
 * @m:     the lane's
 * @event: normalized
 * @hits:  set to them, in the order of their numbers; valid until the next call
 *
 * Return: how many.
 */
size_t matcher_match(struct matcher *m, const struct event *event, const struct rule *const **hits);

/** matcher_carry() - let @m, not used yet, go on from what @before counted, by rule too. Return: 0 or -ENOMEM. */
int matcher_carry(struct matcher *m, const struct matcher *before);

/** matcher_rule_matches() - how often rule @number matched here. Any thread. */
uint64_t matcher_rule_matches(const struct matcher *m, uint32_t number);

/** matcher_rule_regex_limits() - how often evaluating rule @number met a limit of PCRE2 here. Any thread. */
uint64_t matcher_rule_regex_limits(const struct matcher *m, uint32_t number);

const struct counters *matcher_counters(const struct matcher *m);
