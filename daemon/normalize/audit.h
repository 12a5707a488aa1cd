/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Audit: the start of a program, put together from the audit records that tell of it.
 *
 * The kernel tells of an execve in several records of one stamp and serial, each a message of its own and so an event
 * of its own: SYSCALL (which program, who), EXECVE (its arguments, in several records where they are long), CWD, PATH
 * …, PROCTITLE, EOE. The event of the record that completes the picture carries it as further fields:
 *
 *     audit_joined=execve, joined.exe, joined.cmdline, joined.cwd, joined.pid, joined.ppid, joined.user, joined.uid,
 *     joined.ses
 *
 * Complete it is with SYSCALL, EXECVE and the first of CWD, PATH, PROCTITLE, EOE, in whatever order they come. Neither
 * a last record nor silence is waited for: EOE is often missing, the others may be excluded on the sender, and no event
 * may be invented when time runs out. In the kernel's order CWD follows the last EXECVE, so nothing is missed by not
 * waiting. Sets that never become complete are dropped after AUDIT_WAIT_NS, or by age where the table is full, and
 * counted; their records are events all the same.
 *
 * A lane's, one thread; memory is taken once.
 */

#include "base/counters.h"
#include "parsers/auditd.h"

enum { AUDIT_WAIT_NS = 2 * NS_PER_S };

/** What is counted, in this order, from the number that audit_new() is given on. */
enum audit_counter {
    AUDIT_C_JOINED,
    AUDIT_C_TIMED_OUT,
    AUDIT_C_EVICTED,
    AUDIT_C_CUT, /* command lines and paths beyond what is kept of them */
    AUDIT_COUNTERS,
};

struct audit;

/** audit_new() - a table of @sets_max starts under way; 0: none is put together. Return: 0 or -ENOMEM. */
int audit_new(struct audit **out, size_t sets_max, struct counters *counters, unsigned first_counter);
void audit_free(struct audit *a);
CLEANUP_DEFINE(audit_free, struct audit *)

/** audit_carry() - let @a, not used yet, go on with the sets that @before had under way, the latest as far as they fit.
 */
void audit_carry(struct audit *a, const struct audit *before);

/**
 * audit_add() - take the record whose fields are those of @fields from @first on
 * @host:     whose record it is; serials are each host's own
 * @received: when it came
 *
 * Where it completes a set, the set's fields are added to @fields, copied into its arena.
 */
void audit_add(struct audit *a, struct slice host, const struct auditd_stamp *stamp, struct walltime received,
    struct fields *fields, size_t first);
