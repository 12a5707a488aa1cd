/* SPDX-License-Identifier: Apache-2.0 */
#include "records/nonconformity_moves.h"

#define IN(state) (1u << NONCONFORMITY_##state)

const struct nonconformity_verb_row nonconformity_verbs[NONCONFORMITY_VERBS] = {
    // clang-format off
    [NONCONFORMITY_VERB_CONFIRM] = {"confirm", "confirmed", IN(DETECTED)},
    [NONCONFORMITY_VERB_REJECT]  = {"reject",  "rejected",  IN(DETECTED)},
    // clang-format on
};

static int
refuse(const struct nonconformity *n, const struct nonconformity_verb_row *row, struct buffer *why)
{
    const char *comma = "";
    bool any = false;
    size_t i;

    buffer_printf(why, "a nonconformity that is %s cannot be %s", nonconformity_state_name(n->state), row->past);
    for (i = 0; i < NONCONFORMITY_VERBS; i++)
        if (nonconformity_verbs[i].from & 1u << n->state) {
            buffer_printf(why, "%s%s", any ? comma : "; allowed now: ", nonconformity_verbs[i].name);
            comma = ", ";
            any = true;
        }
    return RECORD_E_FORBIDDEN;
}

static int
missing(const struct nonconformity_verb_row *row, const char *what, struct buffer *why)
{
    buffer_printf(why, "%s is missing %s", row->name, what);
    return RECORD_E_INCOMPLETE;
}

/* The time to decide is over; from now on it is the time to correct. */
static int
confirm(struct nonconformity *n, const struct nonconformity_move *move, struct buffer *why)
{
    n->state = NONCONFORMITY_CONFIRMED;
    if (move->has_grade)
        n->grade = move->grade;
    if (move->owner.n > 0)
        n->owner = move->owner;
    n->due = move->due.ns != 0 ? move->due : (struct walltime){move->at.ns + move->correct_ns[n->grade]};
    if (n->due.ns > move->at.ns)
        return 0;
    buffer_add(why, SLICE("it would be due before it is confirmed"));
    return RECORD_E_ORDER;
}

int
nonconformity_move(const struct nonconformity *before, const struct nonconformity_move *move,
    struct nonconformity *after, struct buffer *why)
{
    const struct nonconformity_verb_row *row = &nonconformity_verbs[move->verb];
    struct nonconformity n = *before;
    int r = 0;

    ASSERT(move->at.ns != 0);
    if (!(row->from & 1u << before->state))
        return refuse(before, row, why);
    if (move->actor.n == 0)
        return missing(row, "who does it", why);
    if (move->verb == NONCONFORMITY_VERB_REJECT && move->reason.n == 0)
        return missing(row, "a reason", why);
    if (move->at.ns < before->detected.ns) {
        buffer_printf(why, "it would be %s before it was detected", row->past);
        return RECORD_E_ORDER;
    }
    if (move->verb == NONCONFORMITY_VERB_CONFIRM)
        r = confirm(&n, move, why);
    else
        n.state = NONCONFORMITY_REJECTED;
    if (r != 0)
        return r;
    n.decided = move->at;
    n.decided_by = move->actor;
    n.reason = move->reason;
    *after = n;
    return 0;
}

bool
nonconformity_verb_parse(struct slice name, enum nonconformity_verb *verb)
{
    size_t i;

    for (i = 0; i < NONCONFORMITY_VERBS; i++)
        if (slice_eq(name, slice_str(nonconformity_verbs[i].name))) {
            *verb = (enum nonconformity_verb)i;
            return true;
        }
    return false;
}

bool
nonconformity_takes(const struct nonconformity *n)
{
    return n != NULL && n->state != NONCONFORMITY_REJECTED;
}

void
nonconformity_repeat(struct nonconformity *n, const struct nonconformity *again)
{
    n->occurrences += again->occurrences;
    n->last_occurred = again->last_occurred;
    n->evidence = again->evidence;
    n->ended = (struct walltime){0};
    if (n->state == NONCONFORMITY_DETECTED && again->grade > n->grade)
        n->grade = again->grade;
}

void
nonconformity_end(struct nonconformity *n, struct walltime at)
{
    n->ended = at.ns > n->last_occurred.ns ? at : n->last_occurred;
}
