/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Opening of an incident: which alert opens one, and what the daemon fills in.
 *
 * The daemon opens, people decide. An alert whose key has an incident that still waits for somebody joins it, so that
 * a noisy rule makes one incident, not a hundred.
 */

#include "base/arena.h"
#include "model/alert.h"
#include "model/incident.h"

enum incident_call {
    INCIDENT_CALL_NONE, /* below the level, or it has one already */
    INCIDENT_CALL_OPENS,
    INCIDENT_CALL_JOINS,
};

/**
 * incident_call() - what @alert calls for
 * @alert:     the alert
 * @level_min: the policy: an alert of this level or above
 * @same_key:  the latest incident that an alert of the same key opened; NULL where there is none
 */
enum incident_call incident_call(const struct alert *alert, enum rule_level level_min, const struct incident *same_key);

/**
 * incident_open() - the incident that @alert opens
 * @out:   set to it, in state new, without a number; text is @alert's, @rule's and @arena's
 * @alert: which opens it
 * @rule:  the alert's, for category and controls; NULL where it is no longer loaded
 * @now:   when
 * @arena: for text made here
 *
 * An event stamped later than its detection has a wrong clock: the incident then counts as occurred when it was
 * detected, marked as estimated. Return: 0, or -ENOMEM where the arena overflowed.
 */
int incident_open(
    struct incident *out, const struct alert *alert, const struct rule *rule, struct walltime now, struct arena *arena);

/** incident_severity_of() - critical is S1, high S2, medium S3, the rest S4. */
enum incident_severity incident_severity_of(enum rule_level level);
