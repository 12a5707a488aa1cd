/* SPDX-License-Identifier: Apache-2.0 */
#include "records/maintenance_moves.h"

#include "records/candidate.h"

static int
refuse(int outcome, struct buffer *why, const char *sentence)
{
    buffer_add(why, slice_str(sentence));
    return outcome;
}

int
maintenance_declare(const struct maintenance_wish *wish, struct maintenance *out, struct buffer *why)
{
    struct walltime starts = wish->starts.ns == 0 ? wish->at : wish->starts;
    char limit[DURATION_TEXT_MAX];

    ASSERT(wish->at.ns != 0);
    if (wish->actor.n == 0 || wish->reason.n == 0)
        return refuse(RECORD_E_INCOMPLETE, why, "maintenance is missing a reason");
    if (wish->until.ns == 0)
        return refuse(RECORD_E_INCOMPLETE, why, "maintenance is missing its end: --for 2h, or --until a time");
    if (wish->until.ns <= starts.ns)
        return refuse(RECORD_E_ORDER, why, "it would end before it begins");
    if (starts.ns < wish->at.ns)
        return refuse(RECORD_E_ORDER, why, "it would begin in the past: what was, cannot be excused afterwards");
    if (wish->until.ns - starts.ns > wish->length_max_ns) {
        buffer_printf(why, "it would last longer than %s", duration_print(wish->length_max_ns, limit));
        return RECORD_E_FORBIDDEN;
    }
    *out = (struct maintenance){.state = starts.ns <= wish->at.ns ? MAINTENANCE_ACTIVE : MAINTENANCE_PLANNED,
        .scope = wish->scope,
        .reason = wish->reason,
        .declared = wish->at,
        .declared_by = wish->actor,
        .starts = starts,
        .until = wish->until};
    return 0;
}

int
maintenance_end(struct maintenance *m, struct walltime at, struct buffer *why)
{
    if (!maintenance_is_live(m)) {
        buffer_printf(why, "a maintenance that is %s cannot be ended", maintenance_state_name(m->state));
        return RECORD_E_FORBIDDEN;
    }
    m->state = m->state == MAINTENANCE_PLANNED ? MAINTENANCE_CANCELLED : MAINTENANCE_OVER;
    m->ended = at;
    return 0;
}

bool
maintenance_tick(struct maintenance *m, struct walltime now)
{
    if (m->state == MAINTENANCE_PLANNED && now.ns >= m->starts.ns) {
        m->state = MAINTENANCE_ACTIVE;
        return true;
    }
    if (m->state == MAINTENANCE_ACTIVE && now.ns >= m->until.ns) {
        m->state = MAINTENANCE_OVER;
        m->ended = m->until;
        return true;
    }
    return false;
}

void
maintenance_report(const struct maintenance *m, struct slice more, struct buffer *out)
{
    const struct slice cut = SLICE("; …");

    buffer_add(out, m->report);
    if (slice_ends(m->report, cut))
        return;
    if (m->report.n + more.n > MAINTENANCE_REPORT_MAX) {
        buffer_add(out, cut);
        return;
    }
    if (m->report.n > 0)
        buffer_add(out, SLICE("; "));
    buffer_add(out, more);
}
