/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Alert: detections of one rule with the same group-by values, folded while they keep coming.
 *
 * Every detection is counted exactly. The first `kept_max` are kept in full with their events; of later ones the latest
 * and the count per minute stay, and the alert says so: count = the minutes told + n_minute, at any time. An alert
 * closes when its fold window passes without one.
 */

#include "base/clock.h"
#include "base/list.h"
#include "model/rule.h"

enum { ALERT_GROUP_MAX = 8 };

enum alert_state { ALERT_OPEN, ALERT_CLOSED };

struct alert_group {
    struct slice name;
    struct slice value;
    bool absent; /* the event had no such field */
};

struct alert {
    int64_t number; /* the record's, from the store; 0 until it has one */
    enum alert_state state;
    struct slice rule_uid;
    struct slice rule_title;
    enum rule_level level;
    struct slice key; /* rule uid and group values, the identity while open */
    struct alert_group groups[ALERT_GROUP_MAX];
    size_t n_groups;
    struct walltime occurred;  /* earliest event time */
    struct walltime detected;  /* first detection */
    struct walltime last_seen; /* latest event time */
    struct walltime last_detected; /* latest detection: the fold window runs from here */
    struct walltime opened;
    struct walltime closed;
    uint64_t count;      /* detections, all of them */
    uint64_t n_kept;     /* of these, kept in full */
    uint64_t kept_max;   /* the setting in force when it was opened */
    int64_t minute;      /* the minute (unix time / 60, of detection) being counted now */
    uint64_t n_minute;   /* detections in that minute so far */
    int64_t incident;    /* number of the incident it opened or joined; 0: none */
};
