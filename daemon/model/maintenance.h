/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Maintenance: a time in which nothing is held against a log source, or any, or the daemon, by somebody's decision.
 *
 *   planned ──▶ active ──▶ over (at its time, or ended before)
 *          └──▶ cancelled
 *
 * Each is a record: who decided it, why, for what, from when until when, and what happened meanwhile.
 */

#include "base/clock.h"
#include "base/slice.h"

enum maintenance_state { MAINTENANCE_PLANNED, MAINTENANCE_ACTIVE, MAINTENANCE_OVER, MAINTENANCE_CANCELLED };

struct maintenance {
    int64_t number; /* shown as M-YEAR-NUMBER */
    enum maintenance_state state;
    struct slice window;  /* the configured one that it is a time of; empty: somebody declared it */
    struct slice scope;   /* the log source, or several as a list for people; empty: all, and the daemon itself */
    struct slice reason;
    struct walltime declared;
    struct slice declared_by;
    struct walltime starts;
    struct walltime until;
    struct walltime ended; /* 0: not yet */
    struct slice report;   /* what happened meanwhile */
};

const char *maintenance_state_name(enum maintenance_state s);
bool maintenance_state_parse(struct slice name, enum maintenance_state *s);

/** maintenance_is_live() - whether it is planned or active. */
static inline bool
maintenance_is_live(const struct maintenance *m)
{
    return m->state == MAINTENANCE_PLANNED || m->state == MAINTENANCE_ACTIVE;
}
