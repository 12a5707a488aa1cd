/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/fake.h"

#include <time.h>

START_TEST(fires_with_the_nth_event_and_says_how_many_and_since_when)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 7; i++)
        fake_event(&f, RULE_FAIL, "192.0.2.1", f.now - S(70 - i));
    ck_assert_uint_eq(f.n_alerts, 0);
    fake_event(&f, RULE_FAIL, "192.0.2.1", f.now);
    ck_assert_uint_eq(f.n_alerts, 1);
    ck_slice_eq(f.alerts[0].alert.rule_uid, "u-brute");
    ck_slice_eq(f.alerts[0].alert.groups[0].value, "192.0.2.1");
    ck_assert_uint_eq(f.alerts[0].counted, 8);
    ck_assert_int_eq(f.alerts[0].since.ns, f.now - S(70));
    ck_assert_int_eq(f.alerts[0].alert.occurred.ns, f.now - S(70));
    ck_assert_int_eq(f.alerts[0].alert.last_seen.ns, f.now);
    fake_fini(&f);
}
END_TEST

START_TEST(starts_anew_after_firing_so_that_runs_give_a_whole_number_of_alerts)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 8 * 5 + 7; i++)
        fake_event(&f, RULE_FAIL, "a", f.now);
    ck_assert_uint_eq(fake_counter(&f, CORRELATOR_C_FIRED), 5 + 1); /* and once the spree */
    fake_flush(&f);
    ck_assert_uint_eq(fake_count(&f, RULE_BRUTE), 5);
    fake_fini(&f);
}
END_TEST

/* 400 addresses with 1 to 60 hits each, shuffled as several connections would deliver them. */
START_TEST(counts_the_same_whatever_the_order_of_delivery)
{
    enum { N_IPS = 400, N_MAX = N_IPS * 60 };
    static struct {
        int ip;
        int64_t time;
    } hits[N_MAX];
    struct fake f;
    char ip[16];
    uint64_t want = 0;
    int n = 0;
    int i;
    int k;

    fake_init(&f);
    f.brute.timespan_ns = S(86400);
    f.spree.timespan_ns = S(86400);
    f.settings.fold_window_ns = 0;
    fake_start(&f);
    srand(7);
    for (i = 0; i < N_IPS; i++) {
        int k_hits = 1 + rand() % 60;

        for (k = 0; k < k_hits; k++, n++) {
            hits[n].ip = i;
            hits[n].time = f.now - S(rand() % 80000);
        }
        want += (uint64_t)k_hits / 8;
    }
    for (i = n - 1; i > 0; i--) {
        __typeof__(hits[0]) h = hits[i];

        k = rand() % (i + 1);
        hits[i] = hits[k];
        hits[k] = h;
    }
    for (i = 0; i < n; i++) {
        (void)snprintf(ip, sizeof(ip), "10.0.0.%d", hits[i].ip);
        fake_event(&f, RULE_FAIL, ip, hits[i].time);
    }
    ck_assert_uint_eq(fake_count(&f, RULE_BRUTE), want);
    ck_assert_uint_eq(fake_counter(&f, CORRELATOR_C_LATE), 0);
    fake_fini(&f);
}
END_TEST

/* 12 failures each, all attackers in turn: each is reported, once. */
static void
check_attackers(int n)
{
    struct fake f;
    char ip[32];
    int i;
    int k;

    fake_init(&f);
    fake_start(&f);
    for (k = 0; k < 12; k++)
        for (i = 0; i < n; i++) {
            (void)snprintf(ip, sizeof(ip), "10.%d.%d.1", i / 256, i % 256);
            fake_event(&f, RULE_FAIL, ip, f.now + S(k));
        }
    fake_flush(&f);
    ck_assert_uint_eq(fake_count(&f, RULE_BRUTE), (uint64_t)n);
    for (i = 0; i < n; i++)
        ck_assert_uint_eq(f.alerts[i].alert.count, 1 + (f.alerts[i].alert.n_groups == 0 ? (uint64_t)n / 3 - 1 : 0));
    fake_fini(&f);
}

START_TEST(reports_each_of_many_attackers)
{
    static const int ns[] = {1, 10, 50, 200, 1000, 2000};
    size_t i;

    for (i = 0; i < ARRAY_LEN(ns); i++)
        check_attackers(ns[i]);
}
END_TEST

START_TEST(two_bursts_apart_by_their_own_stamps_are_no_alert_though_they_come_together)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 5; i++) {
        fake_event(&f, RULE_FAIL, "a", f.now - S(600) + i);
        fake_event(&f, RULE_FAIL, "a", f.now + i);
    }
    ck_assert_uint_eq(f.n_alerts, 0);
    for (i = 5; i < 8; i++)
        fake_event(&f, RULE_FAIL, "a", f.now + i);
    ck_assert_uint_eq(f.n_alerts, 1);
    fake_fini(&f);
}
END_TEST

START_TEST(the_window_slides_and_is_not_cut_at_its_own_length)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    f.now = S(1700000000) + S(200);
    for (i = 0; i < 4; i++)
        fake_event(&f, RULE_FAIL, "a", S(1700000000) - S(1));
    for (i = 0; i < 4; i++)
        fake_event(&f, RULE_FAIL, "a", S(1700000000) + S(119));
    ck_assert_uint_eq(f.n_alerts, 1);
    fake_fini(&f);
}
END_TEST

START_TEST(one_second_more_than_the_timespan_is_too_much)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 7; i++)
        fake_event(&f, RULE_FAIL, "a", f.now - S(121));
    fake_event(&f, RULE_FAIL, "a", f.now);
    ck_assert_uint_eq(f.n_alerts, 0);
    fake_fini(&f);
}
END_TEST

START_TEST(an_event_out_of_order_completes_the_window_it_belongs_to)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 7; i++)
        fake_event(&f, RULE_FAIL, "a", f.now - S(140) + i);
    fake_event(&f, RULE_FAIL, "a", f.now);
    ck_assert_uint_eq(f.n_alerts, 0);
    fake_event(&f, RULE_FAIL, "a", f.now - S(100));
    ck_assert_uint_eq(f.n_alerts, 1);
    ck_assert_int_eq(f.alerts[0].since.ns, f.now - S(140));
    fake_fini(&f);
}
END_TEST

START_TEST(an_event_beyond_the_lateness_allowed_is_counted_late_and_not_in_the_window)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    fake_event(&f, RULE_FAIL, "a", f.now);
    for (i = 0; i < 20; i++)
        fake_event(&f, RULE_FAIL, "a", f.now - S(151));
    ck_assert_uint_eq(f.n_alerts, 0);
    ck_assert_uint_eq(fake_counter(&f, CORRELATOR_C_LATE), 20);
    fake_fini(&f);
}
END_TEST

START_TEST(a_forged_stamp_far_ahead_does_not_make_the_others_late)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    fake_event(&f, RULE_FAIL, "a", f.now + S(86400));
    for (i = 0; i < 8; i++)
        fake_event(&f, RULE_FAIL, "a", f.now + i);
    ck_assert_uint_eq(f.n_alerts, 1);
    ck_assert_uint_eq(fake_counter(&f, CORRELATOR_C_AHEAD), 1);
    for (i = 0; i < 7; i++)
        fake_event(&f, RULE_FAIL, "a", f.now + S(86400) + i);
    fake_flush(&f);
    ck_assert_uint_eq(fake_count(&f, RULE_BRUTE), 2);
    fake_fini(&f);
}
END_TEST

START_TEST(stamps_at_the_ends_of_time_do_no_harm)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 20; i++) {
        fake_event(&f, RULE_FAIL, "a", INT64_MIN + i);
        fake_event(&f, RULE_FAIL, "a", INT64_MAX - i);
        fake_event(&f, RULE_FAIL, "a", 0);
    }
    fake_tick(&f, 1);
    fake_restart(&f);
    fake_fini(&f);
}
END_TEST

START_TEST(an_event_without_the_group_field_is_counted_as_such_and_nowhere_else)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 30; i++)
        fake_event(&f, RULE_FAIL, NULL, f.now);
    ck_assert_uint_eq(f.n_alerts, 0);
    ck_assert_uint_eq(fake_counter(&f, CORRELATOR_C_GROUP_ABSENT), 30);
    fake_fini(&f);
}
END_TEST

static unsigned
fires_with(enum compare_op op, uint64_t threshold, int n_events)
{
    struct fake f;
    unsigned n;
    int i;

    fake_init(&f);
    f.brute.comparisons[0].op = op;
    f.brute.comparisons[0].value = (double)threshold;
    fake_start(&f);
    for (i = 0; i < n_events; i++)
        fake_event(&f, RULE_FAIL, "a", f.now);
    fake_flush(&f);
    n = (unsigned)fake_count(&f, RULE_BRUTE);
    fake_fini(&f);
    return n;
}

START_TEST(gte_and_gt_fire_when_the_count_gets_there)
{
    ck_assert_uint_eq(fires_with(COMPARE_GTE, 3, 2), 0);
    ck_assert_uint_eq(fires_with(COMPARE_GTE, 3, 3), 1);
    ck_assert_uint_eq(fires_with(COMPARE_GT, 3, 3), 0);
    ck_assert_uint_eq(fires_with(COMPARE_GT, 3, 4), 1);
    ck_assert_uint_eq(fires_with(COMPARE_GTE, 1, 5), 5);
    ck_assert_uint_eq(fires_with(COMPARE_GT, 0, 5), 5);
}
END_TEST

START_TEST(what_is_true_of_every_event_is_refused_with_a_reason_and_counted)
{
    struct fake f;

    ck_assert_uint_eq(fires_with(COMPARE_GTE, 0, 10), 0);
    fake_init(&f);
    f.brute.comparisons[0].value = 0;
    ck_assert_ptr_nonnull(correlator_refusal(&f.items[RULE_BRUTE]));
    ck_assert_ptr_null(correlator_refusal(&f.items[RULE_SPREE]));
    ck_assert_ptr_null(correlator_refusal(&f.items[RULE_SEEN]));
    fake_start(&f);
    ck_assert_uint_eq(fake_counter(&f, CORRELATOR_C_REFUSED), 1);
    fake_fini(&f);
}
END_TEST

START_TEST(a_silent_rule_opens_no_alert_and_another_one_does_besides)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 8; i++)
        fake_event(&f, RULE_FAIL, "a", f.now);
    ck_assert_uint_eq(f.n_alerts, 1);
    fake_fini(&f);
    fake_init(&f);
    f.items[RULE_FAIL].silent = false;
    fake_start(&f);
    for (i = 0; i < 8; i++)
        fake_event(&f, RULE_FAIL, "a", f.now);
    fake_flush(&f);
    ck_assert_uint_eq(f.n_alerts, 2);
    ck_assert_uint_eq(fake_count(&f, RULE_FAIL), 8);
    ck_assert_uint_eq(fake_count(&f, RULE_BRUTE), 1);
    fake_fini(&f);
}
END_TEST

START_TEST(a_correlation_counts_another_correlation)
{
    struct fake f;
    char ip[16];
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 3 * 8; i++) {
        (void)snprintf(ip, sizeof(ip), "%d", i / 8);
        fake_event(&f, RULE_FAIL, ip, f.now);
    }
    fake_flush(&f);
    ck_assert_uint_eq(fake_count(&f, RULE_BRUTE), 3);
    ck_assert_uint_eq(fake_count(&f, RULE_SPREE), 1);
    fake_fini(&f);
}
END_TEST

START_TEST(correlations_that_count_each_other_end_at_the_limit)
{
    const struct rule *both[2];
    struct fake f;

    fake_init(&f);
    both[0] = &f.items[RULE_FAIL];
    both[1] = &f.items[RULE_SPREE];
    f.brute.rules = both;
    f.brute.n_rules = 2;
    f.brute.comparisons[0].value = 1;
    f.spree.comparisons[0].value = 1;
    f.items[RULE_SPREE].counted_by = &f.counted[0];
    f.items[RULE_SPREE].n_counted_by = 1;
    fake_start(&f);
    fake_event(&f, RULE_FAIL, "a", f.now);
    ck_assert_uint_eq(fake_counter(&f, CORRELATOR_C_CHAIN_CUT), 1);
    ck_assert_uint_eq(fake_counter(&f, CORRELATOR_C_DETECTIONS), 1 + CORRELATOR_CHAIN_MAX);
    fake_fini(&f);
}
END_TEST

START_TEST(drops_the_longest_quiet_group_when_there_are_too_many_and_counts_it)
{
    struct fake f;
    char ip[16];
    int i;

    fake_init(&f);
    f.settings.groups_max = 100;
    fake_start(&f);
    for (i = 0; i < 4; i++)
        fake_event(&f, RULE_FAIL, "steady", f.now);
    for (i = 0; i < 1000; i++) {
        (void)snprintf(ip, sizeof(ip), "%d", i);
        f.now += 1;
        fake_event(&f, RULE_FAIL, ip, f.now);
        if (i == 50 || i == 120)
            fake_event(&f, RULE_FAIL, "steady", f.now);
    }
    fake_flush(&f);
    ck_assert_uint_eq(fake_counter(&f, CORRELATOR_C_WINDOWS), 100);
    ck_assert_uint_eq(fake_counter(&f, CORRELATOR_C_WINDOWS_EVICTED), 901);
    ck_assert_uint_eq(map_length(f.windows), 100);
    fake_fini(&f);
}
END_TEST

START_TEST(keeps_the_times_of_all_windows_within_their_bound)
{
    struct fake f;
    char ip[16];
    int i;

    fake_init(&f);
    f.brute.comparisons[0].value = 1000;
    f.settings.bytes_max = 40000;
    fake_start(&f);
    for (i = 0; i < 100 * 900; i++) {
        (void)snprintf(ip, sizeof(ip), "%d", i / 900);
        f.now += 1;
        fake_event(&f, RULE_FAIL, ip, f.now);
    }
    fake_flush(&f);
    ck_assert_uint_le(fake_counter(&f, CORRELATOR_C_BYTES), 40000);
    ck_assert_uint_gt(fake_counter(&f, CORRELATOR_C_WINDOWS_EVICTED), 90);
    fake_fini(&f);
}
END_TEST

START_TEST(forgets_a_window_when_nothing_in_time_can_come_any_more)
{
    struct fake f;

    fake_init(&f);
    fake_start(&f);
    fake_event(&f, RULE_FAIL, "a", f.now);
    fake_tick(&f, 150);
    ck_assert_uint_eq(map_length(f.windows), 1);
    fake_tick(&f, 1);
    ck_assert_uint_eq(map_length(f.windows), 0);
    ck_assert_uint_eq(fake_counter(&f, CORRELATOR_C_WINDOWS), 0);
    fake_fini(&f);
}
END_TEST

START_TEST(events_of_last_month_sent_today_count_by_their_own_time)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 8; i++) {
        fake_event(&f, RULE_FAIL, "a", f.now - S(30 * 86400) + S(i));
        fake_tick(&f, 1);
    }
    ck_assert_uint_eq(f.n_alerts, 1);
    fake_fini(&f);
}
END_TEST

START_TEST(a_new_ruleset_keeps_windows_that_count_the_same_and_drops_the_others)
{
    struct fake f;
    struct fake next;
    int i;

    fake_init(&f);
    fake_init(&next);
    fake_start(&f);
    for (i = 0; i < 5; i++)
        fake_event(&f, RULE_FAIL, "a", f.now);
    ck_assert_int_eq(correlator_set_rules(f.c, &next.rules), 0);
    for (i = 0; i < 3; i++)
        fake_event(&f, RULE_FAIL, "a", f.now);
    ck_assert_uint_eq(f.n_alerts, 1);
    for (i = 0; i < 5; i++)
        fake_event(&f, RULE_FAIL, "b", f.now);
    fake_flush(&f);
    ck_assert_uint_gt(map_length(f.windows), 0);
    next.brute.comparisons[0].value = 9;
    next.items[RULE_SPREE].correlation = NULL;
    ck_assert_int_eq(correlator_set_rules(f.c, &next.rules), 0);
    ck_assert_uint_eq(map_length(f.windows), 0);
    for (i = 0; i < 8; i++)
        fake_event(&f, RULE_FAIL, "b", f.now);
    ck_assert_uint_eq(f.n_alerts, 1);
    fake_event(&f, RULE_FAIL, "b", f.now);
    ck_assert_uint_eq(f.n_alerts, 2);
    fake_fini(&f);
    fake_fini(&next);
}
END_TEST

static int64_t
cpu_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* this test measures itself, not the daemon's time */
    return S(t.tv_sec) + t.tv_nsec;
}

static int64_t
cost_of(uint64_t threshold, int direction)
{
    struct fake f;
    int64_t began;
    int i;

    fake_init(&f);
    f.brute.comparisons[0].value = (double)threshold;
    f.settings.lateness_ns = S(1000);
    fake_start(&f);
    began = cpu_ns();
    for (i = 0; i < 200000; i++)
        fake_event(&f, RULE_FAIL, "a", f.now + direction * i);
    began = cpu_ns() - began;
    fake_flush(&f);
    ck_assert_uint_eq(fake_count(&f, RULE_BRUTE), 200000 / threshold);
    fake_fini(&f);
    return began;
}

/* A window of 100,000 times costs per event what one of 100 does, in order and in reverse; 20 leaves room for noise. */
START_TEST(a_large_threshold_costs_no_more_per_event_than_a_small_one)
{
    int64_t small = cost_of(100, 1);

    ck_assert_int_lt(cost_of(100000, 1), 20 * small);
    ck_assert_int_lt(cost_of(100000, -1), 20 * small);
}
END_TEST

/* What the window does, the slow way: all times kept, each set of n tried, no ring. */
struct naive {
    int64_t times[4096];
    size_t n;
};

static int
by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static bool
naive_count(struct naive *w, int64_t t, size_t n, int64_t span, int64_t lateness)
{
    int64_t newest = t;
    size_t i;
    size_t kept = 0;

    for (i = 0; i < w->n; i++)
        if (w->times[i] > newest)
            newest = w->times[i];
    if (newest - t > span + lateness)
        return false;
    w->times[w->n++] = t;
    for (i = 0; i < w->n; i++)
        if (newest - w->times[i] <= span + lateness)
            w->times[kept++] = w->times[i];
    w->n = kept;
    qsort(w->times, w->n, sizeof(w->times[0]), by_time);
    for (i = 0; i + n <= w->n; i++)
        if (w->times[i + n - 1] - w->times[i] <= span) {
            w->n = 0;
            return true;
        }
    return false;
}

START_TEST(agrees_with_counting_by_hand_on_random_streams)
{
    static struct naive groups[3];
    static const char *const ips[] = {"x", "y", "z"};
    int round;
    int i;

    for (round = 0; round < 100; round++) {
        struct fake f;
        uint64_t want = 0;

        srand((unsigned)round);
        memset(groups, 0, sizeof(groups));
        fake_init(&f);
        f.brute.comparisons[0].value = 1 + (rand() % 12);
        f.brute.timespan_ns = S(1 + rand() % 50);
        f.settings.lateness_ns = S(rand() % 40);
        f.settings.fold_window_ns = 0;
        fake_start(&f);
        for (i = 0; i < 600; i++) {
            int g = rand() % 3;
            int64_t t = f.now - S(rand() % (1 + rand() % 100));

            fake_event(&f, RULE_FAIL, ips[g], t);
            want += naive_count(
                &groups[g], t, (size_t)f.brute.comparisons[0].value, f.brute.timespan_ns, f.settings.lateness_ns);
            f.now += NS_PER_S * (rand() % 3);
        }
        ck_assert_msg(fake_count(&f, RULE_BRUTE) == want, "round %d: got %lu, want %lu", round,
            (unsigned long)fake_count(&f, RULE_BRUTE), (unsigned long)want);
        fake_fini(&f);
    }
}
END_TEST

UNIT_MAIN("window", fires_with_the_nth_event_and_says_how_many_and_since_when,
    starts_anew_after_firing_so_that_runs_give_a_whole_number_of_alerts, counts_the_same_whatever_the_order_of_delivery,
    reports_each_of_many_attackers, two_bursts_apart_by_their_own_stamps_are_no_alert_though_they_come_together,
    the_window_slides_and_is_not_cut_at_its_own_length, one_second_more_than_the_timespan_is_too_much,
    an_event_out_of_order_completes_the_window_it_belongs_to,
    an_event_beyond_the_lateness_allowed_is_counted_late_and_not_in_the_window,
    a_forged_stamp_far_ahead_does_not_make_the_others_late, stamps_at_the_ends_of_time_do_no_harm,
    an_event_without_the_group_field_is_counted_as_such_and_nowhere_else, gte_and_gt_fire_when_the_count_gets_there,
    what_is_true_of_every_event_is_refused_with_a_reason_and_counted,
    a_silent_rule_opens_no_alert_and_another_one_does_besides, a_correlation_counts_another_correlation,
    correlations_that_count_each_other_end_at_the_limit,
    drops_the_longest_quiet_group_when_there_are_too_many_and_counts_it,
    keeps_the_times_of_all_windows_within_their_bound, forgets_a_window_when_nothing_in_time_can_come_any_more,
    events_of_last_month_sent_today_count_by_their_own_time,
    a_new_ruleset_keeps_windows_that_count_the_same_and_drops_the_others,
    a_large_threshold_costs_no_more_per_event_than_a_small_one, agrees_with_counting_by_hand_on_random_streams)
