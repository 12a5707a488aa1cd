/* SPDX-License-Identifier: Apache-2.0 */
#include "records/nonconformity_moves.h"
#include "support/unit.h"

static const struct nonconformity candidate = {
    .grade = GRADE_MINOR, .occurrences = 1, .detected = {100}, .last_occurred = {100}, .due = {500}};

static struct buffer why;
static struct nonconformity after;

static struct nonconformity_move
move_of(enum nonconformity_verb verb)
{
    return (struct nonconformity_move){.verb = verb,
        .actor = SLICE("ann"),
        .at = {200},
        .reason = SLICE("checked"),
        .correct_ns = {[GRADE_OBSERVATION] = 7000, [GRADE_MINOR] = 5000, [GRADE_MAJOR] = 3000}};
}

static int
try(enum nonconformity_state state, struct nonconformity_move m)
{
    struct nonconformity before = candidate;

    before.state = state;
    buffer_reset(&why);
    return nonconformity_move(&before, &m, &after, &why);
}

START_TEST(a_candidate_is_confirmed_or_rejected_once)
{
    int verb;

    for (verb = 0; verb < NONCONFORMITY_VERBS; verb++) {
        struct nonconformity_move m = move_of((enum nonconformity_verb)verb);

        ck_assert_int_eq(try(NONCONFORMITY_DETECTED, m), 0);
        ck_assert_int_eq(
            after.state, verb == NONCONFORMITY_VERB_CONFIRM ? NONCONFORMITY_CONFIRMED : NONCONFORMITY_REJECTED);
        ck_assert_int_eq(after.decided.ns, 200);
        ck_slice_eq(after.decided_by, "ann");
        ck_slice_eq(after.reason, "checked");
        ck_assert_int_eq(try(NONCONFORMITY_CONFIRMED, m), RECORD_E_FORBIDDEN);
        ck_assert_int_eq(try(NONCONFORMITY_REJECTED, m), RECORD_E_FORBIDDEN);
        ck_assert(slice_search(buffer_slice(&why), SLICE("that is rejected cannot be")) != SIZE_MAX);
    }
}
END_TEST

START_TEST(rejecting_needs_a_reason_and_confirming_does_not)
{
    struct nonconformity_move m = move_of(NONCONFORMITY_VERB_REJECT);

    m.reason = (struct slice){NULL, 0};
    ck_assert_int_eq(try(NONCONFORMITY_DETECTED, m), RECORD_E_INCOMPLETE);
    ck_slice_eq(buffer_slice(&why), "reject is missing a reason");
    m.verb = NONCONFORMITY_VERB_CONFIRM;
    ck_assert_int_eq(try(NONCONFORMITY_DETECTED, m), 0);
    m.actor = (struct slice){NULL, 0};
    ck_assert_int_eq(try(NONCONFORMITY_DETECTED, m), RECORD_E_INCOMPLETE);
}
END_TEST

START_TEST(confirming_may_grade_and_assign)
{
    struct nonconformity_move m = move_of(NONCONFORMITY_VERB_CONFIRM);

    ck_assert_int_eq(try(NONCONFORMITY_DETECTED, m), 0);
    ck_assert_int_eq(after.grade, GRADE_MINOR);
    m.has_grade = true;
    m.grade = GRADE_MAJOR;
    m.owner = SLICE("bob");
    ck_assert_int_eq(try(NONCONFORMITY_DETECTED, m), 0);
    ck_assert_int_eq(after.grade, GRADE_MAJOR);
    ck_slice_eq(after.owner, "bob");
}
END_TEST

/* Else nothing confirmed would ever be overdue. */
START_TEST(what_is_confirmed_is_due_after_the_limit_of_its_grade)
{
    struct nonconformity_move m = move_of(NONCONFORMITY_VERB_CONFIRM);

    ck_assert_int_eq(try(NONCONFORMITY_DETECTED, m), 0);
    ck_assert_int_eq(after.due.ns, 200 + 5000);
    m.has_grade = true;
    m.grade = GRADE_MAJOR;
    ck_assert_int_eq(try(NONCONFORMITY_DETECTED, m), 0);
    ck_assert_int_eq(after.due.ns, 200 + 3000);
    m.grade = GRADE_OBSERVATION;
    ck_assert_int_eq(try(NONCONFORMITY_DETECTED, m), 0);
    ck_assert_int_eq(after.due.ns, 200 + 7000);
}
END_TEST

START_TEST(a_date_that_somebody_sets_goes_before_the_limit_but_lies_ahead)
{
    struct nonconformity_move m = move_of(NONCONFORMITY_VERB_CONFIRM);

    m.due.ns = 900;
    ck_assert_int_eq(try(NONCONFORMITY_DETECTED, m), 0);
    ck_assert_int_eq(after.due.ns, 900);
    m.due.ns = 200;
    ck_assert_int_eq(try(NONCONFORMITY_DETECTED, m), RECORD_E_ORDER);
    ck_slice_eq(buffer_slice(&why), "it would be due before it is confirmed");
}
END_TEST

START_TEST(what_is_rejected_keeps_the_time_it_was_to_be_decided_by)
{
    ck_assert_int_eq(try(NONCONFORMITY_DETECTED, move_of(NONCONFORMITY_VERB_REJECT)), 0);
    ck_assert_int_eq(after.due.ns, 500);
}
END_TEST

START_TEST(it_is_not_decided_before_it_was_detected)
{
    struct nonconformity_move m = move_of(NONCONFORMITY_VERB_CONFIRM);

    m.at.ns = 99;
    ck_assert_int_eq(try(NONCONFORMITY_DETECTED, m), RECORD_E_ORDER);
}
END_TEST

START_TEST(what_repeats_adds_an_occurrence_until_it_is_rejected)
{
    struct nonconformity n = candidate;
    struct nonconformity again = candidate;

    ck_assert(nonconformity_takes(&n));
    n.state = NONCONFORMITY_CONFIRMED;
    ck_assert(nonconformity_takes(&n));
    n.state = NONCONFORMITY_REJECTED;
    ck_assert(!nonconformity_takes(&n));
    ck_assert(!nonconformity_takes(NULL));

    n = candidate;
    nonconformity_end(&n, (struct walltime){150});
    ck_assert_int_eq(n.ended.ns, 150);
    again.last_occurred.ns = 300;
    again.evidence = SLICE("again");
    again.grade = GRADE_MAJOR;
    nonconformity_repeat(&n, &again);
    ck_assert_uint_eq(n.occurrences, 2);
    ck_assert_int_eq(n.detected.ns, 100);
    ck_assert_int_eq(n.last_occurred.ns, 300);
    ck_assert_int_eq(n.ended.ns, 0);
    ck_assert_int_eq(n.grade, GRADE_MAJOR);
    ck_slice_eq(n.evidence, "again");
    n.state = NONCONFORMITY_CONFIRMED;
    n.grade = GRADE_MINOR;
    nonconformity_repeat(&n, &again);
    ck_assert_int_eq(n.grade, GRADE_MINOR);
}
END_TEST

UNIT_MAIN("nonconformity_moves", a_candidate_is_confirmed_or_rejected_once,
    rejecting_needs_a_reason_and_confirming_does_not, confirming_may_grade_and_assign,
    what_is_confirmed_is_due_after_the_limit_of_its_grade,
    a_date_that_somebody_sets_goes_before_the_limit_but_lies_ahead,
    what_is_rejected_keeps_the_time_it_was_to_be_decided_by, it_is_not_decided_before_it_was_detected,
    what_repeats_adds_an_occurrence_until_it_is_rejected)
