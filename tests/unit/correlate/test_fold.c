/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/fake.h"

START_TEST(folds_detections_of_one_rule_and_group_and_counts_each)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 1000; i++)
        fake_event(&f, RULE_SEEN, "192.0.2.1", f.now);
    fake_flush(&f);
    ck_assert_uint_eq(f.n_alerts, 1);
    ck_assert_uint_eq(f.alerts[0].alert.count, 1000);
    ck_slice_eq(f.alerts[0].alert.groups[0].name, "src_ip");
    ck_slice_eq(f.alerts[0].alert.groups[0].value, "192.0.2.1");
    fake_fini(&f);
}
END_TEST

START_TEST(keeps_other_rules_other_values_and_an_absent_value_apart)
{
    struct fake f;

    fake_init(&f);
    f.items[RULE_FAIL].silent = false;
    fake_start(&f);
    fake_event(&f, RULE_SEEN, "192.0.2.1", f.now);
    fake_event(&f, RULE_FAIL, "192.0.2.1", f.now);
    fake_event(&f, RULE_SEEN, "192.0.2.2", f.now);
    fake_event(&f, RULE_SEEN, "", f.now);
    fake_event(&f, RULE_SEEN, NULL, f.now);
    fake_event(&f, RULE_SEEN, "-", f.now);
    ck_assert_uint_eq(f.n_alerts, 6);
    ck_assert(f.alerts[4].alert.groups[0].absent);
    ck_assert(!f.alerts[3].alert.groups[0].absent);
    fake_fini(&f);
}
END_TEST

START_TEST(keeps_the_first_in_full_and_of_later_ones_the_latest)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 3; i++)
        fake_event(&f, RULE_SEEN, "a", f.now + i);
    fake_flush(&f);
    ck_assert_uint_eq(f.alerts[0].n_kept, 3);
    ck_assert_int_eq(f.alerts[0].latest_time, -1);
    for (i = 3; i < 10; i++)
        fake_event(&f, RULE_SEEN, "a", f.now + i);
    fake_flush(&f);
    ck_assert_uint_eq(f.alerts[0].n_kept, 3);
    ck_assert_int_eq(f.alerts[0].latest_time, f.now + 9);
    ck_assert_uint_eq(f.alerts[0].alert.count, 10);
    ck_assert_uint_eq(f.alerts[0].alert.kept_max, 3);
    fake_fini(&f);
}
END_TEST

START_TEST(tells_a_changed_alert_once_a_flush_and_an_unchanged_one_not_at_all)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 100; i++)
        fake_event(&f, RULE_SEEN, "a", f.now);
    fake_flush(&f);
    fake_flush(&f);
    ck_assert_uint_eq(f.alerts[0].n_told, 1);
    fake_fini(&f);
}
END_TEST

/* fake_minute() asserts that each minute comes once and in order, fake_closed() that they add up. */
START_TEST(tells_each_minute_once_and_they_add_up)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    srand(1);
    for (i = 0; i < 20000; i++) {
        fake_event(&f, RULE_SEEN, i % 3 == 0 ? "a" : "b", f.now - S(rand() % 3));
        if (i % 50 == 0)
            fake_tick(&f, rand() % 20);
        if (i % 200 == 0)
            f.now -= S(1); /* another lane's detection, a little behind */
    }
    fake_tick(&f, 1000);
    ck_assert_uint_eq(fake_n_open(&f), 0);
    ck_assert_uint_eq(fake_count(&f, RULE_SEEN), 20000);
    fake_fini(&f);
}
END_TEST

START_TEST(tells_a_minute_when_it_is_over_though_nothing_more_comes)
{
    struct fake f;

    fake_init(&f);
    fake_start(&f);
    fake_event(&f, RULE_SEEN, "a", f.now);
    fake_tick(&f, 0);
    ck_assert_uint_eq(f.alerts[0].n_minutes, 0);
    fake_tick(&f, 60);
    ck_assert_uint_eq(f.alerts[0].n_minutes, 1);
    ck_assert_uint_eq(f.alerts[0].alert.n_minute, 0);
    ck_assert_int_eq(f.alerts[0].alert.state, ALERT_OPEN);
    fake_fini(&f);
}
END_TEST

START_TEST(closes_an_alert_when_its_fold_window_passes_and_opens_another)
{
    struct fake f;

    fake_init(&f);
    fake_start(&f);
    fake_event(&f, RULE_SEEN, "a", f.now);
    fake_tick(&f, 599);
    ck_assert_int_eq(f.alerts[0].alert.state, ALERT_OPEN);
    fake_event(&f, RULE_SEEN, "a", f.now);
    fake_tick(&f, 599);
    ck_assert_int_eq(f.alerts[0].alert.state, ALERT_OPEN);
    fake_tick(&f, 1);
    ck_assert_int_eq(f.alerts[0].alert.state, ALERT_CLOSED);
    ck_assert_int_eq(f.alerts[0].alert.closed.ns, f.now);
    fake_event(&f, RULE_SEEN, "a", f.now);
    ck_assert_uint_eq(f.n_alerts, 2);
    fake_fini(&f);
}
END_TEST

START_TEST(a_late_tick_changes_nothing_about_what_folds)
{
    struct fake f;

    fake_init(&f);
    fake_start(&f);
    fake_event(&f, RULE_SEEN, "a", f.now);
    f.now += S(601);
    fake_event(&f, RULE_SEEN, "a", f.now);
    fake_flush(&f);
    ck_assert_uint_eq(f.n_alerts, 2);
    ck_assert_int_eq(f.alerts[0].alert.closed.ns, f.now - S(1));
    ck_assert_uint_eq(f.alerts[0].alert.count, 1);
    fake_fini(&f);
}
END_TEST

START_TEST(without_a_fold_window_each_detection_is_an_alert_of_its_own)
{
    struct fake f;
    int i;

    fake_init(&f);
    f.settings.fold_window_ns = 0;
    fake_start(&f);
    for (i = 0; i < 50; i++)
        fake_event(&f, RULE_SEEN, "a", f.now);
    ck_assert_uint_eq(f.n_alerts, 50);
    ck_assert_uint_eq(fake_n_open(&f), 0);
    ck_assert_uint_eq(fake_count(&f, RULE_SEEN), 50);
    ck_assert_uint_eq(f.alerts[49].n_kept, 1);
    fake_fini(&f);
}
END_TEST

START_TEST(closes_the_longest_quiet_alert_when_too_many_are_open_and_counts_it)
{
    struct fake f;
    char ip[16];
    int i;

    fake_init(&f);
    f.settings.alerts_max = 10;
    fake_start(&f);
    for (i = 0; i < 10; i++) {
        (void)snprintf(ip, sizeof(ip), "%d", i);
        fake_event(&f, RULE_SEEN, ip, f.now);
    }
    f.now += S(1); /* who is the longest quiet is told apart to a second */
    fake_event(&f, RULE_SEEN, "0", f.now);
    fake_event(&f, RULE_SEEN, "new", f.now);
    fake_flush(&f);
    ck_assert_uint_eq(fake_n_open(&f), 10);
    ck_assert_int_eq(f.alerts[0].alert.state, ALERT_OPEN);
    ck_assert_int_eq(f.alerts[1].alert.state, ALERT_CLOSED);
    ck_assert_uint_eq(fake_counter(&f, CORRELATOR_C_ALERTS_EVICTED), 1);
    fake_fini(&f);
}
END_TEST

START_TEST(an_open_alert_goes_on_over_a_new_ruleset_and_detections_of_the_old_one_still_count)
{
    struct fake f;
    struct fake next;

    fake_init(&f);
    fake_init(&next);
    fake_start(&f);
    fake_event(&f, RULE_SEEN, "a", f.now);
    ck_assert_int_eq(correlator_set_rules(f.c, &next.rules), 0);
    fake_event(&f, RULE_SEEN, "a", f.now);
    next.items[RULE_SEEN].uid = SLICE("u-else");
    ck_assert_int_eq(correlator_set_rules(f.c, &next.rules), 0);
    fake_event(&f, RULE_SEEN, "a", f.now);
    fake_flush(&f);
    ck_assert_uint_eq(f.n_alerts, 1);
    ck_assert_uint_eq(f.alerts[0].alert.count, 3);
    fake_fini(&f);
    fake_fini(&next);
}
END_TEST

UNIT_MAIN("fold", folds_detections_of_one_rule_and_group_and_counts_each,
    keeps_other_rules_other_values_and_an_absent_value_apart, keeps_the_first_in_full_and_of_later_ones_the_latest,
    tells_a_changed_alert_once_a_flush_and_an_unchanged_one_not_at_all, tells_each_minute_once_and_they_add_up,
    tells_a_minute_when_it_is_over_though_nothing_more_comes,
    closes_an_alert_when_its_fold_window_passes_and_opens_another, a_late_tick_changes_nothing_about_what_folds,
    without_a_fold_window_each_detection_is_an_alert_of_its_own,
    closes_the_longest_quiet_alert_when_too_many_are_open_and_counts_it,
    an_open_alert_goes_on_over_a_new_ruleset_and_detections_of_the_old_one_still_count)
