/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * AST: a Sigma rule as a tree of AND, OR and NOT over leaves, each leaf one test of one field.
 *
 * Made by the reader (sigma_*.c) from YAML: modifiers, lists, maps and the condition are all resolved into it. Turned
 * by the compiler (compile.c) into atoms shared by all rules. Plain data in the ruleset's arena.
 */

#include "base/arena.h"
#include "base/diag.h"
#include "detect/keep.h"
#include "detect/ruleset.h"
#include "model/rule.h"

enum leaf_kind {
    LEAF_TEXT,     /* the value fits a text pattern: all of equals, contains, startswith, endswith, wildcards */
    LEAF_REGEX,    /* PCRE2, unanchored */
    LEAF_CIDR,     /* the value is an address within a network */
    LEAF_NUMBER,   /* the value, as a number, compares so with another */
    LEAF_TIME,     /* the value is a time stamp whose part compares so */
    LEAF_NULL,     /* absent or null */
    LEAF_EXISTS,   /* present, also when null; `negated` for exists: false */
    LEAF_FIELDREF, /* the value relates so to another field's */
};

/** A text pattern is a row of tokens; a run of literal bytes is one token. */
enum token_kind {
    TOKEN_LITERAL, /* these bytes, case folded unless the leaf is cased */
    TOKEN_ANY,     /* `*`: any characters, also none and line ends */
    TOKEN_ONE,     /* `?`: exactly one character */
    TOKEN_DASH,    /* windash: one of - / – — ― */
};

struct token {
    enum token_kind kind;
    struct slice literal;
};

enum time_part { TIME_MINUTE, TIME_HOUR, TIME_DAY, TIME_WEEK, TIME_MONTH, TIME_YEAR };

enum fieldref_how { FIELDREF_EQUALS, FIELDREF_CONTAINS, FIELDREF_STARTS, FIELDREF_ENDS };

struct leaf {
    enum leaf_kind kind;
    struct diag_place at; /* of the value as its author wrote it */
    struct slice field;   /* {NULL, 0}: a keyword, tested against the event's text or each of its text values */
    bool cased;
    bool negated;               /* LEAF_EXISTS */
    const struct token *tokens; /* LEAF_TEXT */
    size_t n_tokens;
    struct slice regex;    /* LEAF_REGEX */
    unsigned regex_flags;  /* base/regex.h */
    unsigned char net[16]; /* LEAF_CIDR; an IPv4 network as ::ffff:a.b.c.d/(96+n) */
    unsigned prefix_bits;
    enum compare_op op; /* LEAF_NUMBER, LEAF_TIME */
    double number;
    enum time_part part;
    struct slice other; /* LEAF_FIELDREF */
    enum fieldref_how how;
};

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_LEAF };

struct node {
    enum node_kind kind;
    struct node *children; /* AND, OR: one or more; NOT: one */
    struct node *next;
    const struct leaf *leaf;
    uint32_t atom; /* of a leaf: which of the ruleset's tests it is; the compiler's */
};

/** A rule that a correlation counts, by name or id, and where it says so. */
struct reference {
    struct slice name;
    struct diag_place at;
};

/** A filter (Sigma meta rules): a condition that joins those of other rules. */
struct sigma_filter {
    const struct reference *rules; /* by id or name */
    size_t n_rules;
    bool any; /* every rule of its log source */
    struct node *condition;
    size_t n_applied;
};

/**
 * One rule document: what became of it, who it is and what it asks. Loaded until somebody calls sigma_reject().
 *
 * `rule` is complete but for what sigma_link() adds: number, counted_by, silent and, for a correlation, the rules it
 * counts.
 */
struct sigma_rule {
    struct rule rule;
    enum rule_status status;
    struct slice reason;   /* of a rejection or a skip, the first there was; of one that is kept, why */
    struct rule_text text; /* what the document says, where that is to be remembered */
    bool kept;             /* not from a file as it is now: detect/keep.h */
    struct diag_place at;  /* of the document; of a rejection, where its first reason stands */
    struct diag_place id_at;
    struct diag_place name_at;
    struct node *condition;            /* NULL for a correlation */
    struct correlation *correlation;   /* NULL for a plain rule; rule.correlation is the same */
    const struct reference *refers_to; /* a correlation's rules, by whose index here its terms and aliases name them */
    size_t n_refers_to;
    bool asks_for_all; /* a temporal correlation without a condition */
    bool generate;
    struct sigma_filter *filter; /* NULL: it is none. A loaded filter is no rule among those numbered */
    bool name_told;              /* sigma_link()'s: somebody else has its name, and that has been said */
    unsigned char visit;         /* likewise: on the way, done */
    unsigned char storey;        /* likewise: of a correlation, how many stand upon one another up to it */
    struct sigma_rule *next;
};
