/* SPDX-License-Identifier: Apache-2.0 */
#include "records/incident_moves.h"
#include "support/unit.h"

#define S(n) ((int64_t)(n)*NS_PER_S)

enum { N_STATES = INCIDENT_CLOSED + 1 };

static const int64_t now = S(1700000000);
static struct buffer why;
static struct incident after;

/* An incident as it is when it has come to @state the ordinary way, a minute from stage to stage. */
static struct incident
incident_in(enum incident_state state)
{
    struct incident i = {.number = 1,
        .state = state,
        .title = SLICE("Brute force"),
        .category = SLICE("other"),
        .severity = INCIDENT_S3,
        .severity_initial = INCIDENT_S3,
        .severity_max = INCIDENT_S3,
        .occurred = {now - S(1000)},
        .detected = {now - S(900)},
        .opened = {now - S(899)}};

    if (state == INCIDENT_NEW)
        return i;
    i.acknowledged.ns = now - S(600);
    if (state == INCIDENT_ACKNOWLEDGED)
        return i;
    i.decided.ns = now - S(540);
    i.criteria = SLICE("c1");
    i.reason = SLICE("by criterion 2");
    if (state == INCIDENT_REJECTED) {
        i.verdict = VERDICT_BENIGN;
        i.closed.ns = now - S(540);
        return i;
    }
    if (state >= INCIDENT_CONTAINED)
        i.contained.ns = now - S(480);
    if (state >= INCIDENT_RECOVERED)
        i.recovered.ns = now - S(420);
    if (state >= INCIDENT_RESOLVED) {
        i.resolved.ns = now - S(360);
        i.resolved_by = SLICE("ann");
        i.verdict = VERDICT_TRUE_POSITIVE;
        i.cause_class = SLICE("human-errors");
        i.cause = SLICE("weak password");
    }
    if (state == INCIDENT_CLOSED)
        i.closed.ns = now - S(300);
    return i;
}

/* A move with everything given that @verb may need. */
static struct incident_move
full(enum incident_verb verb)
{
    return (struct incident_move){.verb = verb,
        .actor = SLICE("bob"),
        .at = {now},
        .reason = SLICE("because"),
        .decision = INCIDENT_DECISION_DECLARED,
        .criteria = SLICE("c1"),
        .severity = verb == INCIDENT_VERB_REGRADE ? INCIDENT_S2 : 0,
        .verdict = VERDICT_TRUE_POSITIVE,
        .owner = SLICE("eve"),
        .text = SLICE("looked at it"),
        .cause_class = SLICE("malicious-actions"),
        .cause = SLICE("guessed password"),
        .review = SLICE("PIR-7"),
        .happened = {verb == INCIDENT_VERB_CORRECT ? now - S(950) : 0},
        .stamp = INCIDENT_STAMP_OCCURRED};
}

static int
try(const struct incident *before, const struct incident_move *move)
{
    buffer_reset(&why);
    after = (struct incident){.number = -1};
    return incident_move(before, move, &after, &why);
}

static int
try_in(enum incident_state state, struct incident_move move)
{
    struct incident before = incident_in(state);

    return try(&before, &move);
}

#define ck_why(text)                                                                                         \
    ck_assert_msg(slice_search(buffer_slice(&why), slice_str(text)) != SIZE_MAX, "'%.*s' does not say '%s'", \
        (int)why.n, why.n == 0 ? "" : why.p, text)

/* Rows: verbs. Columns: new, acknowledged, declared, rejected, contained, recovered, resolved, closed. A letter is the
 * state it leads to, a dot is forbidden. */
static const char *const moves[INCIDENT_VERBS] = {
    // clang-format off
    /*                             n a d x c r s e */
    [INCIDENT_VERB_ACK]     =     "a.......",
    [INCIDENT_VERB_ASSIGN]  =     "aad.crs.",
    [INCIDENT_VERB_COMMENT] =     "aadxcrse",
    [INCIDENT_VERB_DECIDE]  =     "dd......",
    [INCIDENT_VERB_CONTAIN] =     "..c.....",
    [INCIDENT_VERB_RECOVER] =     "..r.r...",
    [INCIDENT_VERB_RESOLVE] =     "..s.ss..",
    [INCIDENT_VERB_CLOSE]   =     "......e.",
    [INCIDENT_VERB_REOPEN]  =     "...a..dd",
    [INCIDENT_VERB_REGRADE] =     "aad.crs.",
    [INCIDENT_VERB_CORRECT] =     "aadxcrse",
    // clang-format on
};

START_TEST(allows_each_move_from_its_states_and_forbids_it_from_the_others)
{
    static const char letters[] = "nadxcrse";
    int verb;
    int state;

    for (verb = 0; verb < INCIDENT_VERBS; verb++)
        for (state = 0; state < N_STATES; state++) {
            char want = moves[verb][state];
            int r = try_in((enum incident_state)state, full((enum incident_verb)verb));

            ck_assert_msg(r == (want == '.' ? RECORD_E_FORBIDDEN : 0), "%s from %s: %d %.*s", incident_verbs[verb].name,
                incident_state_name((enum incident_state)state), r, (int)why.n, why.n == 0 ? "" : why.p);
            if (want != '.')
                ck_assert_msg(letters[after.state] == want, "%s from %s leads to %s", incident_verbs[verb].name,
                    incident_state_name((enum incident_state)state), incident_state_name(after.state));
            else
                ck_assert_int_eq(after.number, -1);
        }
}
END_TEST

START_TEST(a_refusal_names_the_state_the_move_and_what_is_allowed_now)
{
    ck_assert_int_eq(try_in(INCIDENT_DECLARED, full(INCIDENT_VERB_CLOSE)), RECORD_E_FORBIDDEN);
    ck_slice_eq(buffer_slice(&why), "an incident that is declared cannot be closed; allowed now: assign, comment, "
                                    "contain, recover, resolve, regrade, correct");
}
END_TEST

START_TEST(nothing_is_done_by_nobody)
{
    int verb;

    for (verb = 0; verb < INCIDENT_VERBS; verb++) {
        struct incident_move m = full((enum incident_verb)verb);
        int state;

        m.actor = SLICE("");
        for (state = 0; state < N_STATES; state++)
            if (moves[verb][state] != '.')
                ck_assert_int_eq(try_in((enum incident_state)state, m), RECORD_E_INCOMPLETE);
    }
}
END_TEST

START_TEST(the_first_thing_done_with_a_new_one_acknowledges_it)
{
    int verb;

    for (verb = 0; verb < INCIDENT_VERBS; verb++) {
        if (moves[verb][INCIDENT_NEW] == '.')
            continue;
        ck_assert_int_eq(try_in(INCIDENT_NEW, full((enum incident_verb)verb)), 0);
        ck_assert_int_eq(after.acknowledged.ns, now);
        ck_assert_int_eq(try_in(INCIDENT_ACKNOWLEDGED, full((enum incident_verb)verb)),
            verb == INCIDENT_VERB_ACK ? RECORD_E_FORBIDDEN : 0);
        if (verb != INCIDENT_VERB_ACK)
            ck_assert_int_eq(after.acknowledged.ns, now - S(600));
    }
}
END_TEST

START_TEST(a_decision_needs_outcome_reason_and_criteria_and_names_what_is_missing)
{
    struct incident_move m = full(INCIDENT_VERB_DECIDE);

    m.decision = INCIDENT_DECISION_NONE;
    ck_assert_int_eq(try_in(INCIDENT_ACKNOWLEDGED, m), RECORD_E_INCOMPLETE);
    ck_why("missing an outcome;");
    m = full(INCIDENT_VERB_DECIDE);
    m.reason = (struct slice){NULL, 0};
    m.criteria = (struct slice){NULL, 0};
    ck_assert_int_eq(try_in(INCIDENT_ACKNOWLEDGED, m), RECORD_E_INCOMPLETE);
    ck_why("missing a reason and the version of the criteria;");
    m = full(INCIDENT_VERB_DECIDE);
    ck_assert_int_eq(try_in(INCIDENT_ACKNOWLEDGED, m), 0);
    ck_assert_int_eq(after.decided.ns, now);
    ck_slice_eq(after.reason, "because");
    ck_slice_eq(after.criteria, "c1");
    ck_assert_int_eq(after.closed.ns, 0);
}
END_TEST

START_TEST(a_rejection_says_what_it_was_and_ends_the_waiting)
{
    struct incident_move m = full(INCIDENT_VERB_DECIDE);

    m.decision = INCIDENT_DECISION_REJECTED;
    m.verdict = VERDICT_NONE;
    ck_assert_int_eq(try_in(INCIDENT_ACKNOWLEDGED, m), RECORD_E_INCOMPLETE);
    ck_why("a verdict");
    m.verdict = VERDICT_TRUE_POSITIVE;
    ck_assert_int_eq(try_in(INCIDENT_ACKNOWLEDGED, m), RECORD_E_BAD_VALUE);
    m.verdict = VERDICT_FALSE_POSITIVE;
    ck_assert_int_eq(try_in(INCIDENT_ACKNOWLEDGED, m), 0);
    ck_assert_int_eq(after.state, INCIDENT_REJECTED);
    ck_assert_int_eq(after.verdict, VERDICT_FALSE_POSITIVE);
    ck_assert_int_eq(after.closed.ns, now);
    m.decision = INCIDENT_DECISION_DECLARED;
    ck_assert_int_eq(try_in(INCIDENT_ACKNOWLEDGED, m), RECORD_E_BAD_VALUE);
}
END_TEST

START_TEST(a_decision_may_grade_and_categorize_and_refuses_an_unknown_category)
{
    struct incident_move m = full(INCIDENT_VERB_DECIDE);

    m.severity = INCIDENT_S1;
    m.category = SLICE("intrusions/account-compromise");
    ck_assert_int_eq(try_in(INCIDENT_ACKNOWLEDGED, m), 0);
    ck_assert_int_eq(after.severity, INCIDENT_S1);
    ck_assert_int_eq(after.severity_initial, INCIDENT_S3);
    ck_slice_eq(after.category, "intrusions/account-compromise");
    m.category = SLICE("burglary\x1b[2J");
    ck_assert_int_eq(try_in(INCIDENT_ACKNOWLEDGED, m), RECORD_E_BAD_VALUE);
    ck_why("intrusions");
    ck_assert(slice_find(buffer_slice(&why), '\x1b') == why.n);
}
END_TEST

START_TEST(containing_takes_the_time_it_was_so_but_never_before_detection_nor_ahead)
{
    struct incident_move m = full(INCIDENT_VERB_CONTAIN);

    ck_assert_int_eq(try_in(INCIDENT_DECLARED, m), 0);
    ck_assert_int_eq(after.contained.ns, now);
    m.happened.ns = now - S(700); /* before it was acknowledged and decided: somebody pulled the plug first */
    ck_assert_int_eq(try_in(INCIDENT_DECLARED, m), 0);
    ck_assert_int_eq(after.contained.ns, now - S(700));
    m.happened.ns = now - S(901);
    ck_assert_int_eq(try_in(INCIDENT_DECLARED, m), RECORD_E_ORDER);
    ck_why("contained (2023-11-14T21:58:19Z) would be before detected (2023-11-14T21:58:20Z)");
    m.happened.ns = now + 1;
    ck_assert_int_eq(try_in(INCIDENT_DECLARED, m), RECORD_E_ORDER);
    ck_why("future");
}
END_TEST

START_TEST(a_stage_is_skipped_with_a_reason_only)
{
    static const struct {
        enum incident_verb verb;
        enum incident_state from;
        bool skips;
    } rows[] = {
        {INCIDENT_VERB_RECOVER, INCIDENT_DECLARED, true},
        {INCIDENT_VERB_RECOVER, INCIDENT_CONTAINED, false},
        {INCIDENT_VERB_RESOLVE, INCIDENT_DECLARED, true},
        {INCIDENT_VERB_RESOLVE, INCIDENT_CONTAINED, true},
        {INCIDENT_VERB_RESOLVE, INCIDENT_RECOVERED, false},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++) {
        struct incident_move m = full(rows[i].verb);

        ck_assert_int_eq(try_in(rows[i].from, m), 0);
        m.reason = (struct slice){NULL, 0};
        ck_assert_int_eq(try_in(rows[i].from, m), rows[i].skips ? RECORD_E_INCOMPLETE : 0);
        if (rows[i].skips)
            ck_why("a reason (it was n");
    }
}
END_TEST

START_TEST(resolving_needs_verdict_cause_class_and_cause)
{
    struct incident_move m = full(INCIDENT_VERB_RESOLVE);

    m.verdict = VERDICT_NONE;
    ck_assert_int_eq(try_in(INCIDENT_RECOVERED, m), RECORD_E_INCOMPLETE);
    ck_why("missing a verdict;");
    m = full(INCIDENT_VERB_RESOLVE);
    m.cause_class = (struct slice){NULL, 0};
    ck_assert_int_eq(try_in(INCIDENT_RECOVERED, m), RECORD_E_INCOMPLETE);
    ck_why("missing a cause class;");
    m = full(INCIDENT_VERB_RESOLVE);
    m.cause = (struct slice){NULL, 0};
    ck_assert_int_eq(try_in(INCIDENT_RECOVERED, m), RECORD_E_INCOMPLETE);
    ck_why("missing a cause;");
    m = full(INCIDENT_VERB_RESOLVE);
    m.cause_class = SLICE("bad luck");
    ck_assert_int_eq(try_in(INCIDENT_RECOVERED, m), RECORD_E_BAD_VALUE);
    ck_why("natural-phenomena");
    m = full(INCIDENT_VERB_RESOLVE);
    ck_assert_int_eq(try_in(INCIDENT_RECOVERED, m), 0);
    ck_assert_int_eq(after.resolved.ns, now);
    ck_slice_eq(after.resolved_by, "bob");
}
END_TEST

static int
close_as(enum incident_severity severity_max, const char *actor, const char *review, const char *waiver)
{
    struct incident before = incident_in(INCIDENT_RESOLVED);
    struct incident_move m = full(INCIDENT_VERB_CLOSE);

    before.severity_max = severity_max;
    m.actor = slice_str(actor);
    m.review = slice_str(review);
    m.waiver = slice_str(waiver);
    return try(&before, &m);
}

START_TEST(closing_what_was_grave_needs_a_review_or_a_waiver)
{
    ck_assert_int_eq(close_as(INCIDENT_S4, "ann", "", ""), 0);
    ck_assert_int_eq(close_as(INCIDENT_S3, "ann", "", ""), 0);
    ck_assert_int_eq(close_as(INCIDENT_S2, "ann", "", ""), RECORD_E_INCOMPLETE);
    ck_why("a post-incident review or a waiver");
    ck_assert_int_eq(close_as(INCIDENT_S2, "ann", "PIR-7", ""), 0);
    ck_slice_eq(after.review, "PIR-7");
    ck_assert_int_eq(close_as(INCIDENT_S2, "ann", "", "drill"), 0);
    ck_slice_eq(after.waiver, "drill");
    ck_assert_int_eq(close_as(INCIDENT_S1, "bob", "", ""), RECORD_E_INCOMPLETE);
}
END_TEST

START_TEST(closing_an_s1_needs_another_person)
{
    ck_assert_int_eq(close_as(INCIDENT_S1, "ann", "PIR-7", ""), RECORD_E_SECOND_PERSON);
    ck_why("ann resolved it");
    ck_assert_int_eq(close_as(INCIDENT_S1, "ANN", "PIR-7", ""), RECORD_E_SECOND_PERSON);
    ck_assert_int_eq(close_as(INCIDENT_S1, "bob", "PIR-7", ""), 0);
    ck_assert_int_eq(close_as(INCIDENT_S2, "ann", "PIR-7", ""), 0);
}
END_TEST

START_TEST(reopening_needs_a_reason_counts_and_takes_back_what_was_reached)
{
    struct incident_move m = full(INCIDENT_VERB_REOPEN);

    ck_assert_int_eq(try_in(INCIDENT_CLOSED, m), 0);
    ck_assert_uint_eq(after.n_reopened, 1);
    ck_assert_int_eq(after.contained.ns | after.recovered.ns | after.resolved.ns | after.closed.ns, 0);
    ck_assert_int_ne(after.decided.ns, 0);
    ck_assert_uint_eq(after.resolved_by.n, 0);
    ck_assert_int_eq(try_in(INCIDENT_REJECTED, m), 0);
    ck_assert_int_eq(after.decided.ns | after.closed.ns, 0);
    ck_assert_int_eq(after.verdict, VERDICT_NONE);
    m.reason = (struct slice){NULL, 0};
    ck_assert_int_eq(try_in(INCIDENT_CLOSED, m), RECORD_E_INCOMPLETE);
}
END_TEST

START_TEST(regrading_keeps_the_gravest_and_needs_a_change_and_a_reason)
{
    struct incident before = incident_in(INCIDENT_DECLARED);
    struct incident_move m = full(INCIDENT_VERB_REGRADE);

    m.severity = INCIDENT_S1;
    ck_assert_int_eq(try(&before, &m), 0);
    ck_assert_int_eq(after.severity, INCIDENT_S1);
    ck_assert_int_eq(after.severity_max, INCIDENT_S1);
    ck_assert_int_eq(after.severity_initial, INCIDENT_S3);
    before = after;
    m.severity = INCIDENT_S4;
    ck_assert_int_eq(try(&before, &m), 0);
    ck_assert_int_eq(after.severity, INCIDENT_S4);
    ck_assert_int_eq(after.severity_max, INCIDENT_S1);
    m.severity = INCIDENT_S1;
    ck_assert_int_eq(try(&before, &m), RECORD_E_BAD_VALUE);
    ck_why("it is S1 already");
    m.severity = INCIDENT_S2;
    m.reason = (struct slice){NULL, 0};
    ck_assert_int_eq(try(&before, &m), RECORD_E_INCOMPLETE);
    m = full(INCIDENT_VERB_REGRADE);
    m.severity = 0;
    ck_assert_int_eq(try(&before, &m), RECORD_E_INCOMPLETE);
}
END_TEST

START_TEST(a_time_is_corrected_with_a_reason_within_its_order)
{
    struct incident before = incident_in(INCIDENT_CLOSED);
    struct incident_move m = full(INCIDENT_VERB_CORRECT);

    before.occurred_estimated = true;
    ck_assert_int_eq(try(&before, &m), 0);
    ck_assert_int_eq(after.occurred.ns, now - S(950));
    ck_assert(!after.occurred_estimated);
    m.happened.ns = now - S(899);
    ck_assert_int_eq(try(&before, &m), RECORD_E_ORDER);
    m = full(INCIDENT_VERB_CORRECT);
    m.reason = (struct slice){NULL, 0};
    ck_assert_int_eq(try(&before, &m), RECORD_E_INCOMPLETE);
    m = full(INCIDENT_VERB_CORRECT);
    m.happened.ns = 0;
    ck_assert_int_eq(try(&before, &m), RECORD_E_INCOMPLETE);
    ck_why("the right time");
}
END_TEST

START_TEST(the_records_own_times_and_times_not_reached_cannot_be_corrected)
{
    struct incident before = incident_in(INCIDENT_DECLARED);
    struct incident_move m = full(INCIDENT_VERB_CORRECT);

    m.stamp = INCIDENT_STAMP_OPENED;
    ck_assert_int_eq(try(&before, &m), RECORD_E_BAD_VALUE);
    m.stamp = INCIDENT_STAMP_CLOSED;
    ck_assert_int_eq(try(&before, &m), RECORD_E_BAD_VALUE);
    m.stamp = INCIDENT_STAMP_CONTAINED;
    ck_assert_int_eq(try(&before, &m), RECORD_E_FORBIDDEN);
    ck_why("it is not contained yet");
    before.occurred.ns = 0;
    m.stamp = INCIDENT_STAMP_OCCURRED;
    ck_assert_int_eq(try(&before, &m), 0);
}
END_TEST

START_TEST(times_wrong_before_do_not_keep_people_from_going_on)
{
    struct incident before = incident_in(INCIDENT_DECLARED);
    struct incident_move m = full(INCIDENT_VERB_CONTAIN);

    before.occurred.ns = now - S(10);
    ck_assert_int_eq(try(&before, &m), 0);
}
END_TEST

START_TEST(each_pair_of_times_keeps_its_order)
{
    static const struct {
        enum incident_stamp stamp;
        int64_t ago; /* seconds; in a closed incident of incident_in() */
        bool good;
    } rows[] = {
        {INCIDENT_STAMP_OCCURRED, 5000, true},
        {INCIDENT_STAMP_OCCURRED, 900, true},
        {INCIDENT_STAMP_OCCURRED, 899, false},
        {INCIDENT_STAMP_DETECTED, 1001, false},
        {INCIDENT_STAMP_DETECTED, 899, true},
        {INCIDENT_STAMP_DETECTED, 898, false},
        {INCIDENT_STAMP_ACKNOWLEDGED, 900, false},
        {INCIDENT_STAMP_ACKNOWLEDGED, 540, true},
        {INCIDENT_STAMP_ACKNOWLEDGED, 539, false},
        {INCIDENT_STAMP_DECIDED, 601, false},
        {INCIDENT_STAMP_DECIDED, 360, true},
        {INCIDENT_STAMP_DECIDED, 359, false},
        {INCIDENT_STAMP_CONTAINED, 901, false},
        {INCIDENT_STAMP_CONTAINED, 420, true},
        {INCIDENT_STAMP_CONTAINED, 419, false},
        {INCIDENT_STAMP_RECOVERED, 481, false},
        {INCIDENT_STAMP_RECOVERED, 360, true},
        {INCIDENT_STAMP_RECOVERED, 359, false},
        {INCIDENT_STAMP_RESOLVED, 421, false},
        {INCIDENT_STAMP_RESOLVED, 300, true},
        {INCIDENT_STAMP_RESOLVED, 299, false},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++) {
        struct incident_move m = full(INCIDENT_VERB_CORRECT);

        m.stamp = rows[i].stamp;
        m.happened.ns = now - S(rows[i].ago);
        ck_assert_msg(try_in(INCIDENT_CLOSED, m) == (rows[i].good ? 0 : RECORD_E_ORDER), "%s %ld s ago: %.*s",
            incident_stamp_name(rows[i].stamp), (long)rows[i].ago, (int)why.n, why.n == 0 ? "" : why.p);
    }
}
END_TEST

START_TEST(assigning_and_commenting_need_what_they_say)
{
    struct incident_move m = full(INCIDENT_VERB_ASSIGN);

    ck_assert_int_eq(try_in(INCIDENT_DECLARED, m), 0);
    ck_slice_eq(after.owner, "eve");
    m.owner = (struct slice){NULL, 0};
    ck_assert_int_eq(try_in(INCIDENT_DECLARED, m), RECORD_E_INCOMPLETE);
    m = full(INCIDENT_VERB_COMMENT);
    m.text = (struct slice){NULL, 0};
    ck_assert_int_eq(try_in(INCIDENT_DECLARED, m), RECORD_E_INCOMPLETE);
}
END_TEST

START_TEST(names_parse_back_and_others_do_not)
{
    enum incident_verb verb;
    enum incident_stamp stamp;
    enum incident_decision decision;
    int i;

    for (i = 0; i < INCIDENT_VERBS; i++)
        ck_assert(incident_verb_parse(slice_str(incident_verbs[i].name), &verb) && (int)verb == i);
    for (i = 0; i < INCIDENT_STAMPS; i++)
        ck_assert(
            incident_stamp_parse(slice_str(incident_stamp_name((enum incident_stamp)i)), &stamp) && (int)stamp == i);
    ck_assert(incident_decision_parse(SLICE("declared"), &decision) && decision == INCIDENT_DECISION_DECLARED);
    ck_assert(incident_decision_parse(SLICE("Rejected"), &decision) && decision == INCIDENT_DECISION_REJECTED);
    ck_assert(!incident_decision_parse(SLICE("maybe"), &decision));
    ck_assert(!incident_verb_parse(SLICE("erase"), &verb));
    ck_assert(!incident_stamp_parse(SLICE(""), &stamp));
}
END_TEST

UNIT_MAIN("incident_moves", allows_each_move_from_its_states_and_forbids_it_from_the_others,
    a_refusal_names_the_state_the_move_and_what_is_allowed_now, nothing_is_done_by_nobody,
    the_first_thing_done_with_a_new_one_acknowledges_it,
    a_decision_needs_outcome_reason_and_criteria_and_names_what_is_missing,
    a_rejection_says_what_it_was_and_ends_the_waiting,
    a_decision_may_grade_and_categorize_and_refuses_an_unknown_category,
    containing_takes_the_time_it_was_so_but_never_before_detection_nor_ahead, a_stage_is_skipped_with_a_reason_only,
    resolving_needs_verdict_cause_class_and_cause, closing_what_was_grave_needs_a_review_or_a_waiver,
    closing_an_s1_needs_another_person, reopening_needs_a_reason_counts_and_takes_back_what_was_reached,
    regrading_keeps_the_gravest_and_needs_a_change_and_a_reason, a_time_is_corrected_with_a_reason_within_its_order,
    the_records_own_times_and_times_not_reached_cannot_be_corrected,
    times_wrong_before_do_not_keep_people_from_going_on, each_pair_of_times_keeps_its_order,
    assigning_and_commenting_need_what_they_say, names_parse_back_and_others_do_not)
