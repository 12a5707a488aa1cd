/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Moves of an incident: what people may do with it, from which state, and what each needs.
 *
 *   new ──▶ acknowledged ──▶ declared ──▶ contained ──▶ recovered ──▶ resolved ──▶ closed
 *                   │            └─ skipping a stage on the way to resolved needs a reason ─┘
 *                   └──▶ rejected                     reopen: resolved, closed ──▶ declared; rejected ──▶ acknowledged
 *
 * The first thing a person does with a new incident, whatever it is, also acknowledges it. Deciding is never skipped:
 * every incident gets its decision by stated criteria (A.5.25). Pure: the time is in the move, the record comes in and
 * goes out by value; what is written down is the caller's business.
 */

#include "base/buffer.h"
#include "model/incident.h"
#include "records/incident_stamps.h"
#include "records/outcome.h"

enum incident_verb {
    INCIDENT_VERB_ACK,
    INCIDENT_VERB_ASSIGN,
    INCIDENT_VERB_COMMENT,
    INCIDENT_VERB_DECIDE,
    INCIDENT_VERB_CONTAIN,
    INCIDENT_VERB_RECOVER,
    INCIDENT_VERB_RESOLVE,
    INCIDENT_VERB_CLOSE,
    INCIDENT_VERB_REOPEN,
    INCIDENT_VERB_REGRADE,
    INCIDENT_VERB_CORRECT,
    INCIDENT_VERBS,
};

enum incident_decision { INCIDENT_DECISION_NONE, INCIDENT_DECISION_DECLARED, INCIDENT_DECISION_REJECTED };

/** One row of the table of moves. */
struct incident_verb_row {
    const char *name;  /* as people type it: "ack" */
    const char *past;  /* as the ledger has it: "acknowledged" */
    unsigned from;     /* states it is allowed in: bits 1 << enum incident_state */
    const char *needs; /* what must be given, for refusals; "" where nothing */
};

extern const struct incident_verb_row incident_verbs[INCIDENT_VERBS];

/** What a person wants to do. What a verb does not name is not looked at; empty and 0 are "not given". */
struct incident_move {
    enum incident_verb verb;
    struct slice actor;
    struct walltime at;              /* now */
    struct slice reason;             /* decide, reopen, regrade, correct, and wherever a stage is skipped */
    enum incident_decision decision; /* decide */
    struct slice criteria;           /* decide: version of the criteria it was decided by */
    struct slice category;           /* decide, regrade: a better one; optional */
    enum incident_severity severity; /* regrade; decide: optional */
    enum verdict verdict;            /* resolve; decide: what a rejected one was */
    struct slice owner;              /* assign */
    struct slice text;               /* comment */
    struct slice cause_class;        /* resolve: one of incident_cause_classes */
    struct slice cause;              /* resolve */
    struct slice review;             /* close: reference of the post-incident review */
    struct slice waiver;             /* close: or why there is none */
    struct walltime happened;  /* contain, recover, resolve: when it was so, where not now; correct: the right time */
    enum incident_stamp stamp; /* correct: which time */
};

/** The classes of root cause, NULL at the end. */
extern const char *const incident_cause_classes[];

/**
 * incident_move() - what @before becomes by @move
 * @before: the incident as it stands
 * @move:   what is to be done, by whom, and when
 * @after:  set to the incident as it then stands, its text in the memory of @before and @move; unchanged on refusal
 * @why:    on refusal, one sentence for people is added
 *
 * Return: 0, or RECORD_E_….
 */
int incident_move(
    const struct incident *before, const struct incident_move *move, struct incident *after, struct buffer *why);

/** incident_verb_parse() - the verb called @name. Return: whether there is one. */
bool incident_verb_parse(struct slice name, enum incident_verb *verb);

/** incident_decision_parse() - "declared" or "rejected". Return: whether @name is one of these. */
bool incident_decision_parse(struct slice name, enum incident_decision *decision);
