/* SPDX-License-Identifier: Apache-2.0 */

/*
 * K28: nonconformities open and overdue, by grade.
 */
#include "kpi_fixture.h"

static struct nonconformity
detected(int64_t s, const char *scope)
{
    struct nonconformity n = fixture_nonconformity();

    n.scope = slice_str(scope);
    n.detected = n.last_occurred = ago(s);
    return n;
}

static void
put_nonconformity(struct nonconformity n)
{
    struct store_move move = fixture_move("detected", "ismsd", n.detected);

    IN_TRANSACTION(n.detected, { ck_assert_int_eq(store_nonconformity_open(fixture_store, &n, &move), 0); });
}

START_TEST(candidates_and_confirmed_ones_are_open_and_rejected_ones_are_not)
{
    struct nonconformity confirmed = detected(HOUR, "b");
    struct nonconformity rejected = detected(HOUR, "c");

    put_nonconformity(detected(HOUR, "a"));
    confirmed.state = NONCONFORMITY_CONFIRMED;
    put_nonconformity(confirmed);
    rejected.state = NONCONFORMITY_REJECTED;
    put_nonconformity(rejected);
    compute();
    ck_figure("K28", "", 2, 2);
    ck_assert_uint_eq(figure("K28", "")->n_open, 2);
}
END_TEST

START_TEST(what_is_past_its_date_is_said_to_be_overdue)
{
    struct nonconformity late = detected(HOUR, "a");
    struct nonconformity in_time = detected(HOUR, "b");
    struct nonconformity at_this_moment = detected(HOUR, "c");

    late.due = ago(1);
    put_nonconformity(late);
    in_time.due = ago(-60);
    put_nonconformity(in_time);
    at_this_moment.due = NOW;
    put_nonconformity(at_this_moment);
    put_nonconformity(detected(HOUR, "d"));
    compute();
    ck_figure("K28", "", 4, 4);
    ck_assert_str_eq(figure("K28", "")->note, "1 overdue");
    ck_figure("K28", "overdue", 1, 1);
    ck_figure("K28", "minor/overdue", 1, 1);
    ck_figure("K28", "major/overdue", 0, 0);
}
END_TEST

START_TEST(each_grade_is_told_by_itself)
{
    struct nonconformity major = detected(HOUR, "a");

    major.grade = GRADE_MAJOR;
    major.due = ago(60);
    put_nonconformity(major);
    put_nonconformity(detected(HOUR, "b"));
    put_nonconformity(detected(HOUR, "c"));
    compute();
    ck_figure("K28", "major", 1, 1);
    ck_assert_str_eq(figure("K28", "major")->note, "1 overdue");
    ck_figure("K28", "minor", 2, 2);
    ck_assert_str_eq(figure("K28", "minor")->note, "0 overdue");
    ck_figure("K28", "observation", 0, 0);
    ck_assert_str_eq(figure("K28", "observation")->note, "0 overdue");
    ck_figure("K28", "major/overdue", 1, 1);
    ck_figure("K28", "minor/overdue", 0, 0);
}
END_TEST

START_TEST(what_was_detected_long_before_the_window_is_still_open)
{
    put_nonconformity(detected(WINDOW_S * 5, "a"));
    compute();
    ck_figure("K28", "", 1, 1);
}
END_TEST

START_TEST(none_open_is_nought)
{
    compute();
    ck_figure("K28", "", 0, 0);
    ck_assert_str_eq(figure("K28", "")->note, "0 overdue");
    ck_figure("K28", "overdue", 0, 0);
}
END_TEST

UNIT_MAIN_WITH("nonconformities", fixture_begin, fixture_end,
    candidates_and_confirmed_ones_are_open_and_rejected_ones_are_not, what_is_past_its_date_is_said_to_be_overdue,
    each_grade_is_told_by_itself, what_was_detected_long_before_the_window_is_still_open, none_open_is_nought)
