/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Nonconformity: a requirement that was not met: a clause, a control, an own rule or a law (ISO/IEC 27001, 10.2).
 *
 *   detected ──▶ confirmed
 *           └──▶ rejected (with a reason; stays in the register)
 *
 * The daemon opens candidates in state `detected` with everything filled in; a person confirms or rejects. One is open
 * per trigger, requirement and scope; what repeats adds an occurrence.
 */

#include "base/clock.h"
#include "base/slice.h"

enum nonconformity_state { NONCONFORMITY_DETECTED, NONCONFORMITY_CONFIRMED, NONCONFORMITY_REJECTED };

enum nonconformity_grade { GRADE_OBSERVATION, GRADE_MINOR, GRADE_MAJOR, GRADES };

struct nonconformity {
    int64_t number; /* shown as N-YEAR-NUMBER */
    enum nonconformity_state state;
    enum nonconformity_grade grade; /* suggested until confirmed */
    struct slice trigger;      /* "T01" …; empty where a person opened it */
    struct slice requirement;  /* "A.8.15; NIS2 3.2.3k" */
    struct slice scope;        /* what it is about: the log source's name */
    struct slice statement;    /* of non-fulfilment, one sentence */
    struct slice evidence;     /* the figures and records it rests on */
    uint64_t occurrences;
    struct walltime detected;
    struct walltime last_occurred;
    struct walltime ended;     /* when the condition itself went away; 0: lasts */
    struct walltime decided;   /* confirmed or rejected */
    struct slice decided_by;
    struct slice reason;
    struct slice owner;
    struct walltime due;       /* when it must be confirmed, then corrected */
};

const char *nonconformity_state_name(enum nonconformity_state s);
bool nonconformity_state_parse(struct slice name, enum nonconformity_state *s);
const char *nonconformity_grade_name(enum nonconformity_grade g);
bool nonconformity_grade_parse(struct slice name, enum nonconformity_grade *g);
