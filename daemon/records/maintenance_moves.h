/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Moves of a maintenance: what declaring one needs, and how it goes through its states. Pure.
 */

#include "base/buffer.h"
#include "model/maintenance.h"
#include "records/outcome.h"

enum { MAINTENANCE_REPORT_MAX = 2000 };

/** What somebody wants. */
struct maintenance_wish {
    struct slice scope; /* empty: all */
    struct slice reason;
    struct slice actor;
    struct walltime at;     /* now */
    struct walltime starts; /* 0: now */
    struct walltime until;
    int64_t length_max_ns;
};

/**
 * maintenance_declare() - the record that @wish makes, with the wish's text
 *
 * It needs a reason and an end, which is not past, after its begin and not too far from it. Return: 0, or RECORD_E_…
 * with the sentence in @why.
 */
int maintenance_declare(const struct maintenance_wish *wish, struct maintenance *out, struct buffer *why);

/** maintenance_end() - before its time: one that is planned is cancelled. Return: likewise. */
int maintenance_end(struct maintenance *m, struct walltime at, struct buffer *why);

/** maintenance_tick() - time has come to @now. Return: whether its state changed. */
bool maintenance_tick(struct maintenance *m, struct walltime now);

/** maintenance_report() - put the report with @more on a line of it into @out; what is too long is left out, and said.
 */
void maintenance_report(const struct maintenance *m, struct slice more, struct buffer *out);
