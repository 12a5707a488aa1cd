/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The times of an incident: their names, which of them people may correct, and the order they must keep. Pure.
 */

#include "base/buffer.h"
#include "model/incident.h"
#include "records/outcome.h"

enum incident_stamp {
    INCIDENT_STAMP_OCCURRED,
    INCIDENT_STAMP_DETECTED,
    INCIDENT_STAMP_OPENED,
    INCIDENT_STAMP_ACKNOWLEDGED,
    INCIDENT_STAMP_DECIDED,
    INCIDENT_STAMP_CONTAINED,
    INCIDENT_STAMP_RECOVERED,
    INCIDENT_STAMP_RESOLVED,
    INCIDENT_STAMP_CLOSED,
    INCIDENT_STAMPS,
};

/** incident_stamp_name() - "occurred" …. */
const char *incident_stamp_name(enum incident_stamp stamp);
bool incident_stamp_parse(struct slice name, enum incident_stamp *stamp);

/** incident_stamp_is_correctable() - false of when the record itself was opened and closed, which only the daemon
 * knows. */
bool incident_stamp_is_correctable(enum incident_stamp stamp);

/** incident_stamp() - the time @stamp of @incident; 0 where it has none yet. */
struct walltime incident_stamp(const struct incident *incident, enum incident_stamp stamp);
void incident_stamp_set(struct incident *incident, enum incident_stamp stamp, struct walltime t);

/**
 * incident_stamps_check() - whether the times that differ from @before to @after may be so
 * @now: what none of them may lie behind
 * @why: where not, one sentence for people is added
 *
 * Only what differs is judged: what was out of order before must not keep people from going on. Return: 0, or
 * RECORD_E_ORDER.
 */
int incident_stamps_check(
    const struct incident *before, const struct incident *after, struct walltime now, struct buffer *why);
