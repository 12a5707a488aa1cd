/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Incident: a decision about alerts, with the times that KPIs are computed from.
 *
 *   new ──▶ acknowledged ──▶ declared ──▶ contained ──▶ recovered ──▶ resolved ──▶ closed
 *                   └──────▶ rejected (closed)                             └──▶ reopened: declared
 *
 * Which moves are allowed, and what each needs, is records/incident_moves.c. An incident is opened by the daemon from
 * an alert; every later move is a person's. Text slices belong to whoever owns the record's memory.
 */

#include "base/clock.h"
#include "base/slice.h"

enum incident_state {
    INCIDENT_NEW,
    INCIDENT_ACKNOWLEDGED,
    INCIDENT_DECLARED,
    INCIDENT_REJECTED,
    INCIDENT_CONTAINED,
    INCIDENT_RECOVERED,
    INCIDENT_RESOLVED,
    INCIDENT_CLOSED,
};

/** S1 is the gravest. */
enum incident_severity { INCIDENT_S1 = 1, INCIDENT_S2, INCIDENT_S3, INCIDENT_S4 };

/** What it turned out to be. */
enum verdict { VERDICT_NONE, VERDICT_TRUE_POSITIVE, VERDICT_FALSE_POSITIVE, VERDICT_BENIGN, VERDICT_DUPLICATE, VERDICT_TEST };

struct incident {
    int64_t number; /* shown as I-YEAR-NUMBER */
    enum incident_state state;
    struct slice title;
    struct slice category;    /* Reference Security Incident Taxonomy: "class" or "class/type" */
    enum incident_severity severity;         /* now */
    enum incident_severity severity_initial;
    enum incident_severity severity_max;
    enum verdict verdict;
    struct slice cause_class; /* system-failures, human-errors, malicious-actions, third-party-failures, natural-phenomena */
    struct slice cause;
    struct slice owner;       /* who it is assigned to */
    struct slice criteria;    /* version of the criteria it was decided by (A.5.25) */
    struct slice reason;      /* of the decision */
    struct slice review;      /* reference of the post-incident review, where one was held */
    struct slice waiver;      /* why none was held, where none was */
    struct slice controls;    /* comma-separated, from the rules that caused it */
    struct slice group;       /* the alert's group values, "name=value, …", for people */
    int64_t alert;            /* the alert that opened it */
    struct walltime occurred; /* each 0 where it has not happened */
    bool occurred_estimated;
    struct walltime detected;
    struct walltime opened;
    struct walltime acknowledged; /* the first human action */
    struct walltime decided;
    struct walltime contained;
    struct walltime recovered;
    struct walltime resolved;
    struct walltime closed;       /* or rejected: from then on it waits for nobody */
    unsigned n_reopened;
    struct slice resolved_by; /* who resolved it; S1 needs another to close */
};

const char *incident_state_name(enum incident_state s);
bool incident_state_parse(struct slice name, enum incident_state *s);

/** incident_is_open() - whether it still waits for somebody: neither rejected nor closed. */
bool incident_is_open(enum incident_state s);

/** incident_severity_name() - "S1" … "S4". */
const char *incident_severity_name(enum incident_severity s);
bool incident_severity_parse(struct slice name, enum incident_severity *s);

/** verdict_name() - as written in records: "true-positive" …; "" for VERDICT_NONE. */
const char *verdict_name(enum verdict v);
bool verdict_parse(struct slice name, enum verdict *v);
