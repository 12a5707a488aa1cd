/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/fake.h"

START_TEST(five_failures_a_kill_and_three_more_are_one_alert)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 5; i++)
        fake_event(&f, RULE_FAIL, "192.0.2.1", f.now + S(i));
    fake_flush(&f);
    fake_restart(&f);
    for (i = 5; i < 7; i++)
        fake_event(&f, RULE_FAIL, "192.0.2.1", f.now + S(i));
    ck_assert_uint_eq(f.n_alerts, 0);
    fake_event(&f, RULE_FAIL, "192.0.2.1", f.now + S(7));
    fake_flush(&f);
    ck_assert_uint_eq(f.n_alerts, 1);
    ck_assert_uint_eq(fake_count(&f, RULE_BRUTE), 1);
    fake_restart(&f);
    for (i = 8; i < 15; i++)
        fake_event(&f, RULE_FAIL, "192.0.2.1", f.now + S(i));
    fake_flush(&f);
    ck_assert_uint_eq(fake_count(&f, RULE_BRUTE), 1);
    fake_fini(&f);
}
END_TEST

START_TEST(an_open_alert_goes_on_counting_after_a_restart)
{
    struct fake f;
    int i;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 5; i++)
        fake_event(&f, RULE_SEEN, "a", f.now);
    fake_flush(&f);
    fake_restart(&f);
    for (i = 0; i < 5; i++)
        fake_event(&f, RULE_SEEN, "a", f.now);
    fake_tick(&f, 600);
    ck_assert_uint_eq(f.n_alerts, 1);
    ck_assert_uint_eq(f.alerts[0].alert.count, 10);
    ck_assert_uint_eq(f.alerts[0].n_kept, 3);
    ck_assert_int_eq(f.alerts[0].alert.state, ALERT_CLOSED);
    fake_fini(&f);
}
END_TEST

static void
random_stream(struct fake *f, unsigned seed, bool restarts)
{
    char ip[16];
    int i;

    srand(seed);
    fake_init(f);
    f->brute.comparisons[0].value = 1 + (rand() % 9);
    f->brute.timespan_ns = S(1 + rand() % 200);
    f->settings.fold_window_ns = S(rand() % 3 * 100);
    f->settings.kept_max = (uint64_t)(rand() % 4);
    fake_start(f);
    for (i = 0; i < 500; i++) {
        int what = rand() % 20;
        int which = rand() % (1 + rand() % 8);
        int64_t time = f->now - S(rand() % (1 + rand() % 200));

        (void)snprintf(ip, sizeof(ip), "%d", which);
        if (what < 12)
            fake_event(f, RULE_FAIL, ip, time);
        else if (what < 17)
            fake_event(f, RULE_SEEN, ip, time);
        else if (what < 19)
            fake_tick(f, rand() % 40);
        else if (restarts) {
            fake_flush(f);
            fake_restart(f);
        }
    }
    fake_tick(f, 0);
}

static int
by_number(const void *a, const void *b)
{
    const struct fake_window *x = *(struct fake_window *const *)a;
    const struct fake_window *y = *(struct fake_window *const *)b;

    return slice_compare(slice_of(x->key, x->n_key), slice_of(y->key, y->n_key));
}

static size_t
sorted_windows(const struct fake *f, struct fake_window **out)
{
    size_t cursor = 0;
    size_t n = 0;

    while ((out[n] = map_next(f->windows, &cursor)) != NULL)
        n++;
    qsort(out, n, sizeof(struct fake_window *), by_number);
    return n;
}

/* The clock of its source aside, which a window that fired takes with it: behind version, definition, arrival, source.
 */
static struct slice
without_clock(struct fake_window *w)
{
    enum { BEFORE = 1 + 8 + 8 + 2, CLOCK = 8 };

    ck_assert_uint_gt(w->n_state, BEFORE + CLOCK);
    memset(w->state + BEFORE, 0, CLOCK);
    return slice_of(w->state, w->n_state);
}

static void
check_same(const struct fake *a, const struct fake *b, unsigned seed)
{
    static struct fake_window *wa[1000];
    static struct fake_window *wb[1000];
    size_t n = sorted_windows(a, wa);
    size_t i;

    ck_assert_msg(a->n_alerts == b->n_alerts, "seed %u: %zu and %zu alerts", seed, a->n_alerts, b->n_alerts);
    for (i = 0; i < a->n_alerts; i++) {
        const struct fake_alert *x = &a->alerts[i];
        const struct fake_alert *y = &b->alerts[i];

        ck_assert_msg(slice_eq(x->alert.key, y->alert.key) && x->alert.count == y->alert.count &&
                          x->n_kept == y->n_kept && x->n_minutes == y->n_minutes && x->alert.state == y->alert.state &&
                          x->alert.occurred.ns == y->alert.occurred.ns &&
                          x->alert.last_seen.ns == y->alert.last_seen.ns && x->alert.closed.ns == y->alert.closed.ns &&
                          x->latest_time == y->latest_time && x->since.ns == y->since.ns,
            "seed %u: alert %zu differs", seed, i);
    }
    ck_assert_uint_eq(sorted_windows(b, wb), n);
    for (i = 0; i < n; i++)
        ck_assert_msg(slice_eq(slice_of(wa[i]->key, wa[i]->n_key), slice_of(wb[i]->key, wb[i]->n_key)) &&
                          slice_eq(without_clock(wa[i]), without_clock(wb[i])),
            "seed %u: window %zu differs", seed, i);
}

START_TEST(restarts_at_any_point_leave_no_trace)
{
    struct fake whole;
    struct fake cut;
    unsigned seed;

    for (seed = 0; seed < 80; seed++) {
        random_stream(&whole, seed, false);
        random_stream(&cut, seed, true);
        check_same(&whole, &cut, seed);
        fake_fini(&whole);
        fake_fini(&cut);
    }
}
END_TEST

START_TEST(a_window_of_a_correlation_that_changed_is_stale)
{
    struct fake f;
    struct fake_window *w;
    size_t cursor = 0;

    fake_init(&f);
    fake_start(&f);
    fake_event(&f, RULE_FAIL, "a", f.now);
    fake_flush(&f);
    w = map_next(f.windows, &cursor);
    correlator_free(f.c);
    f.brute.timespan_ns += 1;
    fake_start(&f);
    ck_assert_int_eq(correlator_restore_window(f.c, SLICE("u-brute"), SLICE("1:a"), slice_of(w->state, w->n_state)),
        CORRELATOR_E_STALE);
    ck_assert_int_eq(correlator_restore_window(f.c, SLICE("u-gone"), SLICE("1:a"), slice_of(w->state, w->n_state)),
        CORRELATOR_E_STALE);
    fake_fini(&f);
}
END_TEST

START_TEST(a_damaged_state_is_refused_or_harmless)
{
    struct fake f;
    struct fake_window *w;
    size_t cursor = 0;
    size_t i;
    int k;

    fake_init(&f);
    fake_start(&f);
    for (i = 0; i < 6; i++)
        fake_event(&f, RULE_FAIL, "a", f.now - S(100 - (int64_t)i * 17));
    fake_flush(&f);
    w = map_next(f.windows, &cursor);
    for (i = 0; i < w->n_state; i++) {
        CLEANUP_FREE char *part = slice_dup(slice_of(w->state, i));

        ck_assert_int_eq(
            correlator_restore_window(f.c, SLICE("u-brute"), SLICE("1:b"), slice_of(part, i)), CORRELATOR_E_STALE);
    }
    for (k = 0; k < 5000; k++) {
        CLEANUP_FREE char *bad = slice_dup(slice_of(w->state, w->n_state));

        bad[(size_t)rand() % w->n_state] ^= (char)(1 << rand() % 8);
        (void)correlator_restore_window(f.c, SLICE("u-brute"), SLICE("1:b"), slice_of(bad, w->n_state));
        if (k % 10 == 0)
            fake_event(&f, RULE_FAIL, "b", f.now);
    }
    fake_fini(&f);
}
END_TEST

UNIT_MAIN("restart", five_failures_a_kill_and_three_more_are_one_alert, an_open_alert_goes_on_counting_after_a_restart,
    restarts_at_any_point_leave_no_trace, a_window_of_a_correlation_that_changed_is_stale,
    a_damaged_state_is_refused_or_harmless)
