/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sigma reader: rules as their authors wrote them (Sigma specification 2.1) into trees the compiler takes.
 *
 * Every document of a file becomes one struct sigma_rule in the list, and is in the end loaded, rejected or skipped,
 * with the reason; a bad document does no harm to its neighbours. A rejection is an error in the diag list too, at the
 * place that has to be changed. The way of a set of rules:
 *
 *     sigma_read() each file  ->  compile each loaded rule, sigma_reject() what does not compile  ->  sigma_link()
 *
 * What is decided here where the specification leaves it open:
 *  - a number or boolean asks for its text as written: `EventID: 4624` fits 4624 and "4624", not "4624.0";
 *  - null in a list of values is one alternative among them, and warned of;
 *  - `''` asks for a value that is present and empty; `'*'` for one that is present;
 *  - `neq` negates its whole item, so it holds also where the field is absent;
 *  - base64 and base64offset compare without regard to case, as SigmaHQ's rules expect; `cased` changes that;
 *  - a condition list holds when any of its entries does;
 *  - deprecated and unsupported rules are skipped; filters join their rules (detect/sigma_filter.h).
 *
 * One top-level key is our own: `ismsd: {group-by: [src_ip]}` names the fields by whose values detections of the rule
 * are folded into one alert. A tag "iso27001.a.8.16" names the control a.8.16.
 *
 * All of it is plain data in the arena; nothing is freed by itself. One thread.
 */

#include "detect/ast.h"

enum {
    SIGMA_RULE_BYTES_MAX = 32 << 20, /* memory one rule may take, whatever aliases and modifiers make of its text */
    SIGMA_NODES_MAX = 200000,        /* nodes of a rule's tree, an identifier counted wherever its condition names it */
    SIGMA_PATTERN_BYTES_MAX = 16384, /* of one value */
    SIGMA_MODIFIERS_MAX = 16,        /* of one item */
    SIGMA_IDENTIFIERS_MAX = 1000,    /* of one rule */
    SIGMA_CONDITION_BYTES_MAX = 16384,
    SIGMA_CONDITION_DEPTH_MAX = 64,
    SIGMA_REFERENCES_MAX = 1000, /* rules a correlation may count */
};

/** What a placeholder stands for: detect/lists.h. */
struct sigma_list {
    struct slice name;
    const struct slice *values; /* as they would be written in a rule */
    size_t n;
};

/** Rule documents in the order they were read. */
struct sigma_rules {
    struct arena *arena;
    rule_digest_fn *digest; /* who calls sigma_read() may set it before */
    void *digest_ctx;
    const struct sigma_list *lists; /* likewise: what placeholders stand for */
    size_t n_lists;
    struct walltime now; /* likewise; other than 0: what each document says is remembered as of then */
    struct sigma_rule *first;
    struct sigma_rule **end;
    size_t n;
};

/** sigma_rules_init() - an empty list whose rules will live in @arena. */
void sigma_rules_init(struct sigma_rules *rules, struct arena *arena);

/**
 * sigma_read() - append every document of a file
 * @rules: the list
 * @text:  the file; nothing refers to it afterwards
 * @file:  its name, for places; copied
 * @diag:  every problem
 *
 * Return: 0, -ENOMEM where memory or the arena's limit ran out, or what the digest failed with. What the text got wrong
 * is in @diag and in the list.
 */
int sigma_read(struct sigma_rules *rules, struct slice text, const char *file, struct diag *diag);

/** sigma_read_again() - append the document that @text remembers, marked as kept; @text stays. Return: as sigma_read().
 */
int sigma_read_again(struct sigma_rules *rules, const struct rule_text *text);

/**
 * sigma_refuse() - @file cannot be read at all, because of @why: one rejected document without a name
 *
 * Return: 0 or -ENOMEM.
 */
int sigma_refuse(struct sigma_rules *rules, const char *file, struct diag *diag, const char *why);

/**
 * sigma_reject() - @rule cannot be loaded, because of what stands at @at
 *
 * The first reason stays with the rule; each one is an error in @diag. Never fails; a reason that no longer fits the
 * arena is empty.
 */
void sigma_reject(struct sigma_rules *rules, struct sigma_rule *rule, struct diag *diag, struct diag_place at,
    const char *fmt, ...) PRINTF_LIKE(5, 6);

/**
 * sigma_link() - bind the loaded rules to one another, once no more will be rejected for themselves
 * @rules:   the list, which may have been linked before it grew; rules whose id is taken, and correlations that refer
 * to nothing, to a rule that is not loaded or in a circle are rejected now
 * @items:   set to the public halves of what stays loaded, in order and numbered, in the arena
 * @n_items: set to how many; sigma_rule.rule.number is each one's index
 * @diag:    every problem
 *
 * Return: 0 or -ENOMEM.
 */
int sigma_link(struct sigma_rules *rules, struct rule **items, size_t *n_items, struct diag *diag);
