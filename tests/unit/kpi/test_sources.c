/* SPDX-License-Identifier: Apache-2.0 */

/*
 * K22, K23 and K24: how long required log sources were heard, how long they were silent, and how late events came.
 */
#include "kpi_fixture.h"
#include "store/store_runs.h"

static void
put_source(const char *name, bool required, enum source_state state, int64_t since_s)
{
    struct source_record s = {.name = slice_str(name),
        .required = required,
        .state = state,
        .since = ago(since_s),
        .silence_ns = 900 * NS_PER_S};
    struct store_move move = fixture_move(source_state_name(state), "ismsd", s.since);

    IN_TRANSACTION(s.since, { ck_assert_int_eq(store_source_put(fixture_store, &s, &move), 0); });
}

START_TEST(coverage_is_the_share_of_time_a_required_source_was_heard)
{
    put_source("fw", true, SOURCE_REGISTERED, 40 * HOUR);
    put_source("fw", true, SOURCE_ACTIVE, 30 * HOUR);
    put_source("fw", true, SOURCE_LATE, 21 * HOUR);
    put_source("fw", true, SOURCE_SILENT, 20 * HOUR);
    put_source("fw", true, SOURCE_ACTIVE, 10 * HOUR);
    compute();
    ck_figure("K22", "", 1, 50);
    ck_figure("K23", "", 1, 25);
}
END_TEST

START_TEST(each_source_weighs_by_how_long_it_was_required)
{
    put_source("a", true, SOURCE_ACTIVE, 30 * HOUR);
    put_source("b", true, SOURCE_SILENT, 10 * HOUR);
    compute();
    ck_figure("K22", "", 2, 75);
    ck_figure("K23", "", 2, 25);
}
END_TEST

START_TEST(what_was_before_the_window_does_not_count)
{
    put_source("fw", true, SOURCE_SILENT, WINDOW_S * 3);
    put_source("fw", true, SOURCE_ACTIVE, WINDOW_S / 2);
    compute();
    ck_figure("K22", "", 1, 50);
}
END_TEST

START_TEST(sources_that_are_not_required_or_retired_do_not_count)
{
    put_source("a", true, SOURCE_ACTIVE, 10 * HOUR);
    put_source("b", false, SOURCE_SILENT, 10 * HOUR);
    put_source("c", true, SOURCE_ACTIVE, 20 * HOUR);
    put_source("c", true, SOURCE_RETIRED, 10 * HOUR);
    compute();
    ck_figure("K22", "", 2, 100);
    ck_figure("K23", "", 2, 0);
}
END_TEST

START_TEST(a_source_counts_only_from_when_it_was_required)
{
    put_source("a", false, SOURCE_SILENT, 90 * HOUR);
    put_source("a", true, SOURCE_SILENT, 10 * HOUR);
    put_source("a", true, SOURCE_ACTIVE, 5 * HOUR);
    compute();
    ck_figure("K22", "", 1, 50);
}
END_TEST

START_TEST(maintenance_is_in_neither_part_and_said)
{
    put_source("fw", true, SOURCE_ACTIVE, 40 * HOUR);
    put_source("fw", true, SOURCE_MAINTENANCE, 30 * HOUR);
    put_source("fw", true, SOURCE_SILENT, 10 * HOUR);
    compute();
    ck_figure("K22", "", 1, 50);
    ck_figure("K23", "", 1, 50);
    ck_assert_str_eq(figure("K22", "")->note, "72000 s of maintenance are left out");
}
END_TEST

START_TEST(without_a_required_source_there_is_no_coverage_and_it_says_why)
{
    put_source("b", false, SOURCE_ACTIVE, 10 * HOUR);
    compute();
    ck_no_figure("K22", "");
    ck_no_figure("K23", "");
    ck_assert_str_eq(figure("K22", "")->note, "no log source is required");
}
END_TEST

static void
run(int64_t from_s, int64_t until_s)
{
    struct store_run previous;

    ck_assert_int_eq(store_run_start(fixture_store, ago(from_s), SLICE(""), &previous), 0);
    if (until_s != 0)
        ck_assert_int_eq(store_run_stop(fixture_store, ago(until_s)), 0);
}

/* Heard or not, nobody listened: that time is missing in what was heard, and in neither part of what was silent. */
START_TEST(while_the_daemon_was_down_nothing_was_heard_and_nobody_was_silent)
{
    put_source("heard", true, SOURCE_ACTIVE, 20 * HOUR);
    put_source("silent", true, SOURCE_SILENT, 20 * HOUR);
    run(20 * HOUR, 15 * HOUR);
    run(10 * HOUR, 0);
    compute();
    ck_figure("K22", "", 2, 100.0 * 15 / 40);
    ck_figure("K23", "", 2, 100.0 * 15 / 30);
    ck_assert_str_eq(figure("K22", "")->note, "ismsd itself was down for 18000 s");
    ck_assert_str_eq(figure("K23", "")->note, "ismsd itself was down for 18000 s");
}
END_TEST

START_TEST(a_daemon_that_was_down_all_the_time_heard_nothing_and_knows_of_no_silence)
{
    put_source("fw", true, SOURCE_SILENT, WINDOW_S * 3);
    run(WINDOW_S * 3, WINDOW_S * 2);
    compute();
    ck_figure("K22", "", 1, 0);
    ck_assert(isnan(figure("K23", "")->value));
    ck_assert_ptr_nonnull(strstr(figure("K23", "")->note, "ismsd itself was down"));
}
END_TEST

START_TEST(a_run_before_the_window_says_from_when_the_daemon_was_down)
{
    put_source("heard", true, SOURCE_ACTIVE, WINDOW_S * 3);
    run(WINDOW_S * 3, WINDOW_S * 2);
    run(WINDOW_S / 4, 0);
    compute();
    ck_figure("K22", "", 1, 25);
}
END_TEST

/* ---- lag ---- */

/* Bucket i holds lags of 2^(i-10) s up to twice that, so 10 is 1 s to 2 s. */
static void
add_lags(enum lag_kind kind, int64_t at_s, unsigned bucket, uint64_t n)
{
    uint64_t counts[LAG_BUCKETS] = {0};

    counts[bucket] = n;
    IN_TRANSACTION(ago(at_s), { ck_assert_int_eq(store_lag_add(fixture_store, kind, ago(at_s), counts), 0); });
}

START_TEST(ingest_lag_is_the_95th_percentile_by_the_upper_end_of_its_step)
{
    add_lags(LAG_RECEIVED, 5 * HOUR, 10, 90);
    add_lags(LAG_RECEIVED, 4 * HOUR, 13, 10);
    add_lags(LAG_DETECTED, 4 * HOUR, 0, 30);
    compute();
    ck_figure("K24", "received", 100, 16);
    ck_assert_double_eq(figure("K24", "received")->p50, 2);
    ck_assert_double_eq(figure("K24", "received")->p90, 2);
    ck_assert_double_eq(figure("K24", "received")->max, 16);
    ck_figure("K24", "detected", 30, 1.0 / 512);
}
END_TEST

START_TEST(only_the_hours_of_the_window_count_for_lag)
{
    add_lags(LAG_RECEIVED, WINDOW_S + HOUR, 20, 1000);
    add_lags(LAG_RECEIVED, HOUR, 10, 20);
    compute();
    ck_figure("K24", "received", 20, 2);
}
END_TEST

START_TEST(without_events_there_is_no_lag)
{
    compute();
    ck_no_figure("K24", "received");
    ck_no_figure("K24", "detected");
}
END_TEST

UNIT_MAIN_WITH("sources", fixture_begin, fixture_end, coverage_is_the_share_of_time_a_required_source_was_heard,
    each_source_weighs_by_how_long_it_was_required, what_was_before_the_window_does_not_count,
    sources_that_are_not_required_or_retired_do_not_count, a_source_counts_only_from_when_it_was_required,
    maintenance_is_in_neither_part_and_said, without_a_required_source_there_is_no_coverage_and_it_says_why,
    while_the_daemon_was_down_nothing_was_heard_and_nobody_was_silent,
    a_daemon_that_was_down_all_the_time_heard_nothing_and_knows_of_no_silence,
    a_run_before_the_window_says_from_when_the_daemon_was_down,
    ingest_lag_is_the_95th_percentile_by_the_upper_end_of_its_step, only_the_hours_of_the_window_count_for_lag,
    without_events_there_is_no_lag)
