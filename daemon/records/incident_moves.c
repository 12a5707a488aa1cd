/* SPDX-License-Identifier: Apache-2.0 */
#include "records/incident_moves.h"

#include "records/category.h"

#define IN(state) (1u << INCIDENT_##state)

enum {
    IN_WORK = IN(DECLARED) | IN(CONTAINED) | IN(RECOVERED),
    IN_OPEN = IN(NEW) | IN(ACKNOWLEDGED) | IN_WORK | IN(RESOLVED),
    IN_ANY = IN_OPEN | IN(REJECTED) | IN(CLOSED),
};

const struct incident_verb_row incident_verbs[INCIDENT_VERBS] = {
    // clang-format off
    [INCIDENT_VERB_ACK]     = {"ack",     "acknowledged", IN(NEW), ""},
    [INCIDENT_VERB_ASSIGN]  = {"assign",  "assigned",     IN_OPEN, "an owner"},
    [INCIDENT_VERB_COMMENT] = {"comment", "commented",    IN_ANY, "a text"},
    [INCIDENT_VERB_DECIDE]  = {"decide",  "decided",      IN(NEW) | IN(ACKNOWLEDGED),
                               "an outcome (declared or rejected), a reason and the version of the criteria; rejected also "
                               "a verdict (false-positive, benign, duplicate or test)"},
    [INCIDENT_VERB_CONTAIN] = {"contain", "contained",    IN(DECLARED), ""},
    [INCIDENT_VERB_RECOVER] = {"recover", "recovered",    IN(DECLARED) | IN(CONTAINED),
                               "a reason where it was not contained before"},
    [INCIDENT_VERB_RESOLVE] = {"resolve", "resolved",     IN_WORK,
                               "a verdict, a cause class and a cause; a reason where a stage is skipped"},
    [INCIDENT_VERB_CLOSE]   = {"close",   "closed",       IN(RESOLVED),
                               "for S1 and S2 the reference of a post-incident review, or a waiver that says why there is "
                               "none; for S1 another person than resolved it"},
    [INCIDENT_VERB_REOPEN]  = {"reopen",  "reopened",     IN(RESOLVED) | IN(CLOSED) | IN(REJECTED), "a reason"},
    [INCIDENT_VERB_REGRADE] = {"regrade", "regraded",     IN_OPEN, "a severity and a reason"},
    [INCIDENT_VERB_CORRECT] = {"correct", "corrected",    IN_ANY, "which time, the right one, and a reason"},
    // clang-format on
};

const char *const incident_cause_classes[] = {
    "system-failures",
    "human-errors",
    "malicious-actions",
    "third-party-failures",
    "natural-phenomena",
    NULL,
};

/* One move while it is tried. */
struct step {
    const struct incident *before;
    const struct incident_move *move;
    struct incident after;
    struct buffer *why;
    const char *missing[4];
    size_t n_missing;
};

/* Refusals. */

static void
list_allowed(struct buffer *why, enum incident_state state)
{
    const char *comma = "";
    size_t i;

    buffer_add(why, SLICE("; allowed now: "));
    for (i = 0; i < INCIDENT_VERBS; i++)
        if (incident_verbs[i].from & 1u << state) {
            buffer_printf(why, "%s%s", comma, incident_verbs[i].name);
            comma = ", ";
        }
}

static int
forbidden(const struct step *s)
{
    enum incident_state state = s->before->state;

    buffer_printf(
        s->why, "an incident that is %s cannot be %s", incident_state_name(state), incident_verbs[s->move->verb].past);
    list_allowed(s->why, state);
    return RECORD_E_FORBIDDEN;
}

static void
need(struct step *s, bool given, const char *what)
{
    if (!given)
        s->missing[s->n_missing++] = what;
}

/* Return: RECORD_E_INCOMPLETE where need() missed something, else 0. */
static int
check_needs(const struct step *s)
{
    const struct incident_verb_row *row = &incident_verbs[s->move->verb];
    size_t i;

    if (s->n_missing == 0)
        return 0;
    buffer_printf(s->why, "%s is missing ", row->name);
    for (i = 0; i < s->n_missing; i++)
        buffer_printf(s->why, "%s%s", i == 0 ? "" : i + 1 < s->n_missing ? ", " : " and ", s->missing[i]);
    if (row->needs[0] != '\0')
        buffer_printf(s->why, "; it needs %s", row->needs);
    return RECORD_E_INCOMPLETE;
}

static int
bad_value(const struct step *s, const char *what, struct slice given, const char *const *known)
{
    const char *comma = "";

    buffer_printf(s->why, "%s '", what);
    buffer_add_escaped(s->why, given);
    buffer_add(s->why, SLICE("' is none of "));
    for (; *known != NULL; known++) {
        buffer_printf(s->why, "%s%s", comma, *known);
        comma = ", ";
    }
    return RECORD_E_BAD_VALUE;
}

static int
contradiction(const struct step *s, const char *sentence)
{
    buffer_add(s->why, slice_str(sentence));
    return RECORD_E_BAD_VALUE;
}

/* Parts of moves. */

static void
replace(struct slice *field, struct slice with)
{
    if (with.n > 0)
        *field = with;
}

static struct walltime
happened(const struct step *s)
{
    return s->move->happened.ns != 0 ? s->move->happened : s->move->at;
}

static int
categorize(struct step *s)
{
    if (s->move->category.n > 0 && !category_valid(s->move->category))
        return bad_value(s, "category", s->move->category, category_classes);
    replace(&s->after.category, s->move->category);
    return 0;
}

static void
grade(struct step *s)
{
    if (s->move->severity == 0)
        return;
    s->after.severity = s->move->severity;
    if (s->move->severity < s->after.severity_max)
        s->after.severity_max = s->move->severity;
}

/* The stages between @s's state and the verb's, which need a reason when they are passed over. */
static const char *
skipped(const struct step *s)
{
    enum incident_state from = s->before->state;

    if (s->move->verb == INCIDENT_VERB_RECOVER)
        return from == INCIDENT_DECLARED ? "a reason (it was not contained)" : NULL;
    if (from == INCIDENT_DECLARED)
        return "a reason (it was neither contained nor recovered)";
    return from == INCIDENT_CONTAINED ? "a reason (it was not recovered)" : NULL;
}

/* The moves, each on the copy in @s, in a state that allows it and acknowledged. */

static int
do_ack(struct step *s)
{
    (void)s; /* acknowledged already, as by every move */
    return 0;
}

static int
do_assign(struct step *s)
{
    need(s, s->move->owner.n > 0, "an owner");
    s->after.owner = s->move->owner;
    return check_needs(s);
}

static int
do_comment(struct step *s)
{
    need(s, s->move->text.n > 0, "a text");
    return check_needs(s);
}

static int
check_decision(struct step *s)
{
    const struct incident_move *m = s->move;
    bool rejected = m->decision == INCIDENT_DECISION_REJECTED;
    int r;

    need(s, m->decision != INCIDENT_DECISION_NONE, "an outcome");
    need(s, m->reason.n > 0, "a reason");
    need(s, m->criteria.n > 0, "the version of the criteria");
    need(s, !rejected || m->verdict != VERDICT_NONE, "a verdict");
    r = check_needs(s);
    if (r != 0)
        return r;
    if (rejected && m->verdict == VERDICT_TRUE_POSITIVE)
        return contradiction(s, "a true positive cannot be rejected; declare it");
    if (!rejected && m->verdict != VERDICT_NONE && m->verdict != VERDICT_TRUE_POSITIVE)
        return contradiction(s, "only a true positive is declared; reject it with this verdict");
    return 0;
}

static int
do_decide(struct step *s)
{
    int r = check_decision(s);

    if (r == 0)
        r = categorize(s);
    if (r != 0)
        return r;
    grade(s);
    s->after.decided = s->move->at;
    s->after.reason = s->move->reason;
    s->after.criteria = s->move->criteria;
    if (s->move->verdict != VERDICT_NONE)
        s->after.verdict = s->move->verdict;
    s->after.state = INCIDENT_DECLARED;
    if (s->move->decision == INCIDENT_DECISION_REJECTED) {
        s->after.state = INCIDENT_REJECTED;
        s->after.closed = s->move->at;
    }
    return 0;
}

static int
do_contain(struct step *s)
{
    s->after.state = INCIDENT_CONTAINED;
    s->after.contained = happened(s);
    return 0;
}

static int
do_recover(struct step *s)
{
    const char *skips = skipped(s);

    need(s, skips == NULL || s->move->reason.n > 0, skips);
    s->after.state = INCIDENT_RECOVERED;
    s->after.recovered = happened(s);
    return check_needs(s);
}

static bool
known_cause_class(struct slice name)
{
    const char *const *c;

    for (c = incident_cause_classes; *c != NULL; c++)
        if (slice_eq(name, slice_str(*c)))
            return true;
    return false;
}

static int
do_resolve(struct step *s)
{
    struct incident *a = &s->after;
    const char *skips = skipped(s);
    int r;

    if (s->move->verdict != VERDICT_NONE)
        a->verdict = s->move->verdict;
    replace(&a->cause_class, s->move->cause_class);
    replace(&a->cause, s->move->cause);
    need(s, a->verdict != VERDICT_NONE, "a verdict");
    need(s, a->cause_class.n > 0, "a cause class");
    need(s, a->cause.n > 0, "a cause");
    need(s, skips == NULL || s->move->reason.n > 0, skips);
    r = check_needs(s);
    if (r != 0)
        return r;
    if (!known_cause_class(a->cause_class))
        return bad_value(s, "cause class", a->cause_class, incident_cause_classes);
    a->state = INCIDENT_RESOLVED;
    a->resolved = happened(s);
    a->resolved_by = s->move->actor;
    return 0;
}

/* By the gravest severity it ever had: grading down does not spare the review. */
static int
do_close(struct step *s)
{
    struct incident *a = &s->after;
    int r;

    replace(&a->review, s->move->review);
    replace(&a->waiver, s->move->waiver);
    need(s, a->severity_max > INCIDENT_S2 || a->review.n > 0 || a->waiver.n > 0,
        "a post-incident review or a waiver (it was S1 or S2)");
    r = check_needs(s);
    if (r != 0)
        return r;
    if (a->severity_max == INCIDENT_S1 && slice_eq_nocase(s->move->actor, a->resolved_by)) {
        buffer_add_escaped(s->why, s->move->actor);
        buffer_add(s->why, SLICE(" resolved it; an S1 must be closed by another person"));
        return RECORD_E_SECOND_PERSON;
    }
    a->state = INCIDENT_CLOSED;
    a->closed = s->move->at;
    return 0;
}

/* What was reached since is no longer so. It stays in the ledger; the record counts from the stage it goes back to. */
static int
do_reopen(struct step *s)
{
    struct incident *a = &s->after;

    need(s, s->move->reason.n > 0, "a reason");
    if (a->state == INCIDENT_REJECTED) {
        a->state = INCIDENT_ACKNOWLEDGED;
        a->decided = (struct walltime){0};
        a->verdict = VERDICT_NONE;
        a->reason = a->criteria = (struct slice){NULL, 0};
    } else {
        a->state = INCIDENT_DECLARED;
    }
    a->contained = a->recovered = a->resolved = a->closed = (struct walltime){0};
    a->resolved_by = a->review = a->waiver = (struct slice){NULL, 0};
    a->n_reopened++;
    return check_needs(s);
}

static int
do_regrade(struct step *s)
{
    int r;

    need(s, s->move->severity != 0, "a severity");
    need(s, s->move->reason.n > 0, "a reason");
    r = check_needs(s);
    if (r != 0)
        return r;
    if (s->move->severity == s->before->severity) {
        buffer_printf(s->why, "it is %s already", incident_severity_name(s->before->severity));
        return RECORD_E_BAD_VALUE;
    }
    grade(s);
    return categorize(s);
}

static int
do_correct(struct step *s)
{
    enum incident_stamp stamp = s->move->stamp;
    const char *name = incident_stamp_name(stamp);
    int r;

    need(s, s->move->happened.ns != 0, "the right time");
    need(s, s->move->reason.n > 0, "a reason");
    r = check_needs(s);
    if (r != 0)
        return r;
    if (!incident_stamp_is_correctable(stamp)) {
        buffer_printf(s->why, "%s is when the record itself was %s and cannot be corrected", name, name);
        return RECORD_E_BAD_VALUE;
    }
    if (incident_stamp(&s->after, stamp).ns == 0 && stamp != INCIDENT_STAMP_OCCURRED) {
        buffer_printf(s->why, "it is not %s yet, so there is no time to correct", name);
        return RECORD_E_FORBIDDEN;
    }
    incident_stamp_set(&s->after, stamp, s->move->happened);
    if (stamp == INCIDENT_STAMP_OCCURRED)
        s->after.occurred_estimated = false;
    return 0;
}

static int (*const moves[INCIDENT_VERBS])(struct step *s) = {
    // clang-format off
    [INCIDENT_VERB_ACK]     = do_ack,
    [INCIDENT_VERB_ASSIGN]  = do_assign,
    [INCIDENT_VERB_COMMENT] = do_comment,
    [INCIDENT_VERB_DECIDE]  = do_decide,
    [INCIDENT_VERB_CONTAIN] = do_contain,
    [INCIDENT_VERB_RECOVER] = do_recover,
    [INCIDENT_VERB_RESOLVE] = do_resolve,
    [INCIDENT_VERB_CLOSE]   = do_close,
    [INCIDENT_VERB_REOPEN]  = do_reopen,
    [INCIDENT_VERB_REGRADE] = do_regrade,
    [INCIDENT_VERB_CORRECT] = do_correct,
    // clang-format on
};

int
incident_move(
    const struct incident *before, const struct incident_move *move, struct incident *after, struct buffer *why)
{
    struct step s = {.before = before, .move = move, .after = *before, .why = why};
    int r;

    ASSERT(move->at.ns != 0);
    if (!(incident_verbs[move->verb].from & 1u << before->state))
        return forbidden(&s);
    if (move->actor.n == 0) {
        buffer_printf(why, "%s is missing who does it", incident_verbs[move->verb].name);
        return RECORD_E_INCOMPLETE;
    }
    if (before->state == INCIDENT_NEW) {
        s.after.state = INCIDENT_ACKNOWLEDGED;
        s.after.acknowledged = move->at;
    }
    r = moves[move->verb](&s);
    if (r == 0)
        r = incident_stamps_check(before, &s.after, move->at, why);
    if (r == 0)
        *after = s.after;
    return r;
}

/* Names. */

bool
incident_verb_parse(struct slice name, enum incident_verb *verb)
{
    size_t i;

    for (i = 0; i < INCIDENT_VERBS; i++)
        if (slice_eq(name, slice_str(incident_verbs[i].name))) {
            *verb = (enum incident_verb)i;
            return true;
        }
    return false;
}

bool
incident_decision_parse(struct slice name, enum incident_decision *decision)
{
    bool declared = slice_eq_nocase(name, SLICE("declared"));
    bool rejected = slice_eq_nocase(name, SLICE("rejected"));

    if (declared || rejected)
        *decision = declared ? INCIDENT_DECISION_DECLARED : INCIDENT_DECISION_REJECTED;
    return declared || rejected;
}
