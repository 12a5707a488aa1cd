/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The disk fails: every write and every sync of a piece of work, one after the other, with "no space" and with "I/O
 * error". Whatever happens, what is there afterwards is the work whole or not begun, it verifies, and the store works
 * on or says that it must be opened again.
 */
#include "support/failing_disk.h"

#include "store/reader_ledger.h"
#include "store_fixture.h"

/* One transaction with everything in it. Return: what the commit said. */
static int
work(struct walltime now)
{
    struct event event = fixture_event();
    struct detection d = {.rule = &fixture_rule, .event = &event, .detected = NOON};
    struct alert alert = fixture_alert();
    struct incident incident = fixture_incident();
    struct store_move move = fixture_move("opened", "ismsd", now);
    uint64_t i;
    int r;

    r = store_begin(fixture_store);
    if (r != 0)
        return r;
    (void)store_alert_open(fixture_store, &alert, now);
    for (i = 1; i <= 5; i++)
        (void)store_alert_detection(fixture_store, &alert, i, &d);
    (void)store_incident_open(fixture_store, &incident, &move);
    alert.count = 5;
    alert.n_kept = 5;
    (void)store_alert_close(fixture_store, &alert, now);
    return store_commit(fixture_store, now);
}

static struct reader_status
status_now(void)
{
    CLEANUP(reader_close) struct reader *r = NULL;
    struct reader_status status;

    ck_assert_int_eq(reader_open(&r, fixture_dir), 0);
    ck_assert_int_eq(reader_status(r, &status), 0);
    return status;
}

/* Whole or not begun: an alert has its incident and its five detections, or is not there. */
static void
check_whole(uint64_t n_done)
{
    struct reader_status status = status_now();

    ck_assert_uint_eq(status.n_alerts, n_done);
    ck_assert_uint_eq(status.n_incidents, n_done);
    ck_assert_uint_eq(status.n_detections, 5 * n_done);
    ck_assert_uint_eq(status.n_alerts_open, 0);
    fixture_expect("");
}

/* How many calls one piece of work makes. */
static long
count_calls(void)
{
    disk.n_calls = 0;
    ck_assert_int_eq(work(seconds_after_noon(61)), 0);
    return disk.n_calls;
}

static void
sweep(int error)
{
    uint64_t n_done = 1;
    int64_t at = 61;
    long calls;
    long n;

    fixture_begin();
    calls = count_calls();
    ck_assert_int_gt(calls, 8);
    for (n = 1; n <= calls + 2; n++) {
        int r;

        disk.calls_until_failure = n;
        disk.error = error;
        at += 61;
        r = work(seconds_after_noon(at));
        disk.calls_until_failure = 0;
        n_done += r == 0;
        if (r != 0) {
            ck_assert_msg(r == STORE_E_FULL || r < 0, "%d", r);
            at += 61;
            r = work(seconds_after_noon(at));
            if (r != 0) { /* it says that it must be opened again, and then the disk tells what was committed */
                fixture_close();
                fixture_open_at(seconds_after_noon(at));
                n_done = status_now().n_alerts;
                ck_assert_int_eq(work(seconds_after_noon(at)), 0);
            }
            n_done++;
        }
        check_whole(n_done);
    }
    fixture_close();
    fixture_open_at(seconds_after_noon(at));
    check_whole(n_done);
    fixture_end();
}

START_TEST(no_space_at_any_write_leaves_nothing_half)
{
    sweep(ENOSPC);
}
END_TEST

START_TEST(an_io_error_at_any_write_or_sync_leaves_nothing_half)
{
    sweep(EIO);
}
END_TEST

START_TEST(a_full_disk_is_an_outcome_and_the_next_try_works)
{
    fixture_begin();
    disk.calls_until_failure = 1;
    disk.error = ENOSPC;
    ck_assert_int_eq(work(NOON), STORE_E_FULL);
    ck_assert_int_eq(work(NOON), 0);
    check_whole(1);
    fixture_end();
}
END_TEST

UNIT_MAIN("failures", no_space_at_any_write_leaves_nothing_half, an_io_error_at_any_write_or_sync_leaves_nothing_half,
    a_full_disk_is_an_outcome_and_the_next_try_works)
