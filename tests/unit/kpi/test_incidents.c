/* SPDX-License-Identifier: Apache-2.0 */

/*
 * K01, K02, K03, K05, K09, K10 and K12 over incidents of chosen times.
 */
#include "kpi_fixture.h"
#include "records/category.h"

/* ---- K01 time to detect: closed in the window, true positives ---- */

static struct incident
took_to_detect(int64_t s)
{
    struct incident i = closed(opened(20 * HOUR), 10 * HOUR, VERDICT_TRUE_POSITIVE);

    i.detected = ago(20 * HOUR);
    i.occurred = ago(20 * HOUR + s);
    return i;
}

START_TEST(time_to_detect_is_from_occurred_to_detected)
{
    put(took_to_detect(100));
    put(took_to_detect(300));
    put(took_to_detect(200));
    compute();
    ck_figure("K01", "", 3, 200);
    ck_assert_double_eq(figure("K01", "")->p90, 300);
    ck_assert_double_eq(figure("K01", "")->max, 300);
    ck_assert_uint_eq(figure("K01", "")->n_open, 0);
}
END_TEST

START_TEST(time_to_detect_is_of_true_positives_closed_in_the_window)
{
    struct incident before = took_to_detect(5000);
    struct incident still_open = took_to_detect(6000);

    put(took_to_detect(100));
    before.closed = ago(WINDOW_S + 1);
    put(before);
    still_open.state = INCIDENT_RESOLVED;
    still_open.closed = (struct walltime){0};
    put(still_open);
    put(closed(took_to_detect(7000), 10 * HOUR, VERDICT_FALSE_POSITIVE));
    put(closed(took_to_detect(8000), 10 * HOUR, VERDICT_BENIGN));
    put(closed(took_to_detect(9000), 10 * HOUR, VERDICT_TEST));
    put(closed(took_to_detect(9000), 10 * HOUR, VERDICT_DUPLICATE));
    compute();
    ck_figure("K01", "", 1, 100);
}
END_TEST

START_TEST(the_window_has_its_beginning_and_not_its_end)
{
    struct incident first = took_to_detect(100);
    struct incident next = took_to_detect(500);

    first.closed = ago(WINDOW_S);
    put(first);
    next.closed = NOW;
    put(next);
    compute();
    ck_figure("K01", "", 1, 100);
}
END_TEST

START_TEST(how_many_times_of_occurrence_are_a_guess_is_said)
{
    struct incident guess = took_to_detect(100);

    guess.occurred_estimated = true;
    put(guess);
    put(took_to_detect(300));
    put(graded(took_to_detect(300), INCIDENT_S3));
    compute();
    ck_assert_ptr_nonnull(strstr(figure("K01", "")->note, "estimated for 1 of 3"));
    ck_assert_ptr_nonnull(strstr(figure("K01", "S2")->note, "estimated for 1 of 2"));
    ck_assert_ptr_null(strstr(figure("K01", "S3")->note, "estimated"));
    ck_assert_ptr_null(strstr(figure("K02", "")->note, "estimated"));
}
END_TEST

START_TEST(durations_are_told_by_the_gravest_severity_an_incident_had)
{
    struct incident regraded = took_to_detect(100);

    regraded.severity_max = INCIDENT_S1;
    regraded.severity = INCIDENT_S4;
    put(regraded);
    put(graded(took_to_detect(900), INCIDENT_S3));
    compute();
    ck_figure("K01", "S1", 1, 100);
    ck_figure("K01", "S3", 1, 900);
    ck_no_figure("K01", "S4");
}
END_TEST

/* An incident of which somebody says later when it was acknowledged. */
static void
put_corrected(struct incident i, int64_t right_s)
{
    struct store_move move = fixture_move("opened", "ismsd", i.opened);

    IN_TRANSACTION(i.opened, {
        ck_assert_int_eq(store_incident_open(fixture_store, &i, &move), 0);
        i.acknowledged = ago(right_s);
        move = fixture_move("corrected", "ana", i.opened);
        ck_assert_int_eq(store_incident_put(fixture_store, &i, &move), 0);
    });
}

/* ---- K02 time to acknowledge: opened in the window, open ones censored ---- */

static struct incident
acknowledged_after(int64_t opened_s, int64_t took_s)
{
    struct incident i = opened(opened_s);

    i.state = INCIDENT_ACKNOWLEDGED;
    i.acknowledged = ago(opened_s - took_s);
    return i;
}

START_TEST(time_to_acknowledge_is_of_incidents_opened_in_the_window)
{
    put(acknowledged_after(10 * HOUR, 60));
    put(acknowledged_after(20 * HOUR, 120));
    put(acknowledged_after(30 * HOUR, 180));
    put(acknowledged_after(WINDOW_S + HOUR, 7000));
    compute();
    ck_figure("K02", "", 3, 120);
}
END_TEST

/* 60 s over, 100 s over, two open for 50 s and 5000 s: S(60) = 2/3, S(100) = 1/3. */
START_TEST(what_nobody_has_acknowledged_yet_has_lasted_at_least_so_long)
{
    put(acknowledged_after(10 * HOUR, 60));
    put(acknowledged_after(10 * HOUR, 100));
    put(opened(50));
    put(opened(5000));
    compute();
    ck_figure("K02", "", 4, 100);
    ck_assert_uint_eq(figure("K02", "")->n_open, 2);
    ck_assert_double_eq(figure("K02", "")->max, 5000);
    ck_assert_msg(isnan(figure("K02", "")->p90), "the open one may take for ever");
}
END_TEST

START_TEST(where_most_are_open_there_is_a_lower_bound_and_no_median)
{
    put(acknowledged_after(10 * HOUR, 60));
    put(opened(5000));
    put(opened(6000));
    compute();
    ck_assert(isnan(figure("K02", "")->value));
    ck_assert_uint_eq(figure("K02", "")->n, 3);
    ck_assert_ptr_nonnull(strstr(figure("K02", "")->note, "the median is at least 6000 s"));
}
END_TEST

START_TEST(how_many_times_were_corrected_is_said_where_they_count)
{
    struct incident i = acknowledged_after(10 * HOUR, 7000);

    i.decided = i.acknowledged;
    put_corrected(i, 10 * HOUR - 60);
    put(acknowledged_after(10 * HOUR, 180));
    put(graded(acknowledged_after(10 * HOUR, 180), INCIDENT_S3));
    compute();
    ck_figure("K02", "", 3, 180);
    ck_assert_ptr_nonnull(strstr(figure("K02", "")->note, "corrected for 1 of 3"));
    ck_assert_ptr_nonnull(strstr(figure("K02", "S2")->note, "corrected for 1 of 2"));
    ck_assert_ptr_null(strstr(figure("K02", "S3")->note, "corrected"));
    ck_assert_ptr_null(strstr(figure("K03", "")->note, "corrected"));
}
END_TEST

START_TEST(tests_and_duplicates_count_in_no_duration)
{
    put(closed(acknowledged_after(10 * HOUR, 9000), 1, VERDICT_TEST));
    put(closed(acknowledged_after(10 * HOUR, 9000), 1, VERDICT_DUPLICATE));
    put(closed(acknowledged_after(10 * HOUR, 60), 1, VERDICT_FALSE_POSITIVE));
    compute();
    ck_figure("K02", "", 1, 60);
}
END_TEST

/* ---- K03 time to decision: from detection, the undecided censored ---- */

START_TEST(time_to_decision_is_from_detected_and_the_undecided_are_open)
{
    struct incident decided = opened(10 * HOUR);
    struct incident rejected = closed(opened(10 * HOUR), 9 * HOUR, VERDICT_FALSE_POSITIVE);

    decided.state = INCIDENT_DECLARED;
    decided.decided = ago(10 * HOUR + 30 - 90);
    put(decided);
    rejected.state = INCIDENT_REJECTED;
    rejected.decided = ago(10 * HOUR + 30 - 200);
    put(rejected);
    put(opened(1000));
    compute();
    ck_figure("K03", "", 3, 200);
    ck_assert_uint_eq(figure("K03", "")->n_open, 1);
    ck_assert_double_eq(figure("K03", "")->max, 1030);
}
END_TEST

/* ---- K05 contained within the limit: due in the window ---- */

/* Detected so long ago and contained so long after; 0: not yet. */
static struct incident
contained_after(int64_t detected_s, int64_t took_s)
{
    struct incident i = opened(detected_s);

    i.occurred = i.detected = ago(detected_s);
    i.state = took_s > 0 ? INCIDENT_CONTAINED : INCIDENT_DECLARED;
    i.contained = (struct walltime){took_s > 0 ? ago(detected_s - took_s).ns : 0};
    return i;
}

START_TEST(what_is_late_stays_in_the_denominator_also_while_it_is_open)
{
    put(contained_after(10 * HOUR, HOUR));
    put(contained_after(10 * HOUR, 2 * HOUR));
    put(contained_after(10 * HOUR, 2 * HOUR + 1));
    put(contained_after(10 * HOUR, 0));
    compute();
    ck_figure("K05", "", 4, 50);
    ck_figure("K05", "S2", 4, 50);
    ck_assert_uint_eq(figure("K05", "")->n_open, 1);
    ck_assert_uint_eq(figure("K05", "S2")->n_open, 1);
    ck_no_figure("K05", "S1");
}
END_TEST

START_TEST(only_what_was_due_in_the_window_counts)
{
    put(contained_after(10 * HOUR, 3 * HOUR));
    put(contained_after(HOUR, 0));
    put(contained_after(HOUR, HOUR / 2));
    put(contained_after(WINDOW_S + 2 * HOUR + 1, 0));
    put(contained_after(WINDOW_S + 2 * HOUR, HOUR));
    compute();
    ck_figure("K05", "", 2, 50);
}
END_TEST

START_TEST(each_severity_has_its_own_limit)
{
    put(graded(contained_after(10 * HOUR, 2 * HOUR), INCIDENT_S1));
    put(graded(contained_after(10 * HOUR, 2 * HOUR), INCIDENT_S2));
    put(graded(contained_after(10 * HOUR, 4 * HOUR + 1), INCIDENT_S4));
    compute();
    ck_figure("K05", "S1", 1, 0);
    ck_figure("K05", "S2", 1, 100);
    ck_figure("K05", "S4", 1, 0);
    ck_figure("K05", "", 3, 100.0 / 3);
}
END_TEST

START_TEST(what_was_rejected_had_nothing_to_contain)
{
    struct incident rejected = closed(contained_after(10 * HOUR, 0), HOUR, VERDICT_FALSE_POSITIVE);

    rejected.state = INCIDENT_REJECTED;
    put(rejected);
    put(closed(contained_after(10 * HOUR, 0), HOUR, VERDICT_TEST));
    compute();
    ck_no_figure("K05", "");
}
END_TEST

/* ---- K09 by class and severity ---- */

static void
put_category(const char *category, enum incident_severity severity)
{
    struct incident i = graded(opened(HOUR), severity);

    i.category = slice_str(category);
    put(i);
}

START_TEST(incidents_are_counted_by_class_and_highest_severity)
{
    put_category("intrusions/system-compromise", INCIDENT_S1);
    put_category("intrusions", INCIDENT_S1);
    put_category("intrusions", INCIDENT_S3);
    put_category("availability/dos", INCIDENT_S3);
    put_category("", INCIDENT_S4);
    put(opened(WINDOW_S + 1));
    put(closed(opened(HOUR), 1, VERDICT_TEST));
    compute();
    ck_figure("K09", "", 5, 5);
    ck_figure("K09", "intrusions/S1", 2, 2);
    ck_figure("K09", "intrusions/S3", 1, 1);
    ck_figure("K09", "availability/S3", 1, 1);
    ck_figure("K09", "other/S4", 1, 1);
    ck_figure("K09", "other/S1", 0, 0);
}
END_TEST

START_TEST(each_class_of_the_taxonomy_is_told_each_time_and_what_is_of_none_counts_as_other)
{
    char stratum[64];
    size_t n = 0;
    size_t i;

    put_category("weather/rain", INCIDENT_S2);
    compute();
    for (i = 0; category_classes[i] != NULL; i++) {
        (void)snprintf(stratum, sizeof(stratum), "%s/S2", category_classes[i]);
        n += (size_t)figure("K09", stratum)->value;
    }
    ck_assert_uint_eq(i, 11);
    ck_assert_uint_eq(n, 1);
    ck_figure("K09", "other/S2", 1, 1);
    for (i = 0, n = 0; i < n_figures; i++)
        n += strcmp(figures[i].def->id, "K09") == 0;
    ck_assert_uint_eq(n, 1 + 11 * 4);
}
END_TEST

/* To look better by grading down must show. */
START_TEST(how_many_were_graded_anew_is_said)
{
    struct incident down = graded(opened(HOUR), INCIDENT_S1);
    struct incident up = graded(opened(HOUR), INCIDENT_S3);

    down.severity = INCIDENT_S4;
    put(down);
    up.severity = up.severity_max = INCIDENT_S1;
    put(up);
    put(opened(HOUR));
    compute();
    ck_assert_str_eq(figure("K09", "")->note, "2 of 3 were graded anew");
}
END_TEST

/* ---- K10 backlog ---- */

START_TEST(the_backlog_is_what_waits_for_somebody_and_how_old_it_is)
{
    struct incident rejected = closed(opened(9000), 1, VERDICT_BENIGN);
    int i;

    for (i = 1; i <= 10; i++)
        put(opened(i * 100));
    rejected.state = INCIDENT_REJECTED;
    put(rejected);
    put(closed(opened(9000), 1, VERDICT_TRUE_POSITIVE));
    compute();
    ck_figure("K10", "", 10, 10);
    ck_assert_double_eq(figure("K10", "")->p50, 500);
    ck_assert_double_eq(figure("K10", "")->p90, 900);
    ck_assert_double_eq(figure("K10", "")->max, 1000);
}
END_TEST

START_TEST(what_opened_before_the_window_is_still_backlog)
{
    put(opened(WINDOW_S * 3));
    compute();
    ck_figure("K10", "", 1, 1);
    ck_assert_double_eq(figure("K10", "")->max, WINDOW_S * 3);
}
END_TEST

START_TEST(the_backlog_is_told_by_the_gravest_severity_too)
{
    put(graded(opened(100), INCIDENT_S1));
    put(graded(opened(300), INCIDENT_S1));
    put(opened(50));
    compute();
    ck_figure("K10", "S1", 2, 2);
    ck_assert_double_eq(figure("K10", "S1")->p90, 300);
    ck_figure("K10", "S2", 1, 1);
    ck_figure("K10", "S4", 0, 0);
}
END_TEST

START_TEST(no_backlog_is_nought_of_no_age)
{
    compute();
    ck_figure("K10", "", 0, 0);
    ck_figure("K10", "S1", 0, 0);
    ck_assert(isnan(figure("K10", "")->p90));
    ck_assert_str_eq(figure("K10", "")->note, "");
}
END_TEST

/* ---- K12 precision ---- */

START_TEST(precision_is_true_positives_among_those_with_a_verdict)
{
    int i;

    for (i = 0; i < 3; i++)
        put(closed(opened(HOUR), 1, VERDICT_TRUE_POSITIVE));
    put(closed(opened(HOUR), 1, VERDICT_FALSE_POSITIVE));
    put(closed(opened(HOUR), 1, VERDICT_BENIGN));
    put(closed(opened(HOUR), 1, VERDICT_TEST));
    put(closed(opened(HOUR), 1, VERDICT_DUPLICATE));
    put(opened(HOUR));
    compute();
    ck_figure("K12", "", 5, 60);
    ck_assert_ptr_nonnull(strstr(figure("K12", "")->note, "5 of 6 have a verdict"));
}
END_TEST

START_TEST(precision_is_told_by_the_gravest_severity_too)
{
    put(graded(closed(opened(HOUR), 1, VERDICT_TRUE_POSITIVE), INCIDENT_S1));
    put(closed(opened(HOUR), 1, VERDICT_FALSE_POSITIVE));
    put(closed(opened(HOUR), 1, VERDICT_TRUE_POSITIVE));
    compute();
    ck_figure("K12", "S1", 1, 100);
    ck_figure("K12", "S2", 2, 50);
    ck_assert_ptr_nonnull(strstr(figure("K12", "S2")->note, "2 of 2 have a verdict"));
    ck_no_figure("K12", "S3");
    ck_assert_str_eq(figure("K12", "S3")->note, "");
}
END_TEST

START_TEST(without_a_verdict_there_is_no_precision)
{
    put(opened(HOUR));
    compute();
    ck_no_figure("K12", "");
    ck_assert_ptr_nonnull(strstr(figure("K12", "")->note, "0 of 1 have a verdict"));
}
END_TEST

/* ---- all of them ---- */

START_TEST(of_nothing_there_is_no_figure_rather_than_nought)
{
    compute();
    ck_no_figure("K01", "");
    ck_no_figure("K02", "");
    ck_no_figure("K03", "");
    ck_no_figure("K05", "");
    ck_no_figure("K12", "");
    ck_figure("K09", "", 0, 0);
}
END_TEST

START_TEST(a_small_number_is_said_and_a_large_one_is_not)
{
    int i;

    for (i = 0; i < 19; i++)
        put(acknowledged_after(10 * HOUR, 60));
    compute();
    ck_assert_ptr_nonnull(strstr(figure("K02", "")->note, "n < 20"));
    put(acknowledged_after(10 * HOUR, 60));
    compute();
    ck_assert_str_eq(figure("K02", "")->note, "");
}
END_TEST

START_TEST(a_clock_that_went_back_makes_no_negative_duration)
{
    put(acknowledged_after(HOUR, -100));
    compute();
    ck_figure("K02", "", 1, 0);
}
END_TEST

UNIT_MAIN_WITH("incidents", fixture_begin, fixture_end, time_to_detect_is_from_occurred_to_detected,
    time_to_detect_is_of_true_positives_closed_in_the_window, the_window_has_its_beginning_and_not_its_end,
    how_many_times_of_occurrence_are_a_guess_is_said, durations_are_told_by_the_gravest_severity_an_incident_had,
    time_to_acknowledge_is_of_incidents_opened_in_the_window,
    what_nobody_has_acknowledged_yet_has_lasted_at_least_so_long,
    where_most_are_open_there_is_a_lower_bound_and_no_median, how_many_times_were_corrected_is_said_where_they_count,
    tests_and_duplicates_count_in_no_duration, time_to_decision_is_from_detected_and_the_undecided_are_open,
    what_is_late_stays_in_the_denominator_also_while_it_is_open, only_what_was_due_in_the_window_counts,
    each_severity_has_its_own_limit, what_was_rejected_had_nothing_to_contain,
    incidents_are_counted_by_class_and_highest_severity,
    each_class_of_the_taxonomy_is_told_each_time_and_what_is_of_none_counts_as_other, how_many_were_graded_anew_is_said,
    the_backlog_is_told_by_the_gravest_severity_too, precision_is_told_by_the_gravest_severity_too,
    the_backlog_is_what_waits_for_somebody_and_how_old_it_is, what_opened_before_the_window_is_still_backlog,
    no_backlog_is_nought_of_no_age, precision_is_true_positives_among_those_with_a_verdict,
    without_a_verdict_there_is_no_precision, of_nothing_there_is_no_figure_rather_than_nought,
    a_small_number_is_said_and_a_large_one_is_not, a_clock_that_went_back_makes_no_negative_duration)
