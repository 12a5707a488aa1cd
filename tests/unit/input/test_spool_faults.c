/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A spool on a disk that fails: at every single call, once or for good. Nothing is acknowledged that is not there
 * afterwards, nothing that was taken is lost while the process lives, nothing comes twice.
 */

#include "spool_rig.h"

#include "support/failing_disk.h"

enum { CALLS_MAX = 4000, ROUNDS = 12, ROUND_FRAMES = 15 };

static uint64_t appended;
static uint64_t acknowledged; /* a sync returned 0 */
static uint64_t given_out;
static uint64_t n_given_out;
static uint64_t forgotten;

static void
fail_at(long n, bool for_good, int error)
{
    disk.calls_until_failure = n;
    disk.for_good = for_good;
    disk.error = error;
    disk.names = true;
    disk.n_calls = 0;
}

static void
read_what_there_is(void)
{
    struct spool_record r;

    while (spool_read(rig_spool, &r) == 0) {
        ck_assert_uint_le(r.number, spool_synced(rig_spool));
        ck_assert_uint_gt(r.number, given_out);
        ck_assert(rig_is_right(&r));
        given_out = r.number;
        n_given_out++;
    }
}

/* What a lane does: take frames, sync, process what is on the disk, say what is on record. */
static void
work(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        rig_add(appended + 1, appended + ROUND_FRAMES);
        appended += ROUND_FRAMES;
        clock_manual_advance(&rig_clock, NS_PER_S);
        if (spool_sync(rig_spool) == 0)
            acknowledged = appended;
        ck_assert_uint_ge(spool_synced(rig_spool), acknowledged);
        read_what_there_is();
        if (i % 3 == 2) {
            forgotten = given_out;
            spool_forget(rig_spool, forgotten);
        }
    }
}

static void
begin_anew(void)
{
    appended = acknowledged = given_out = n_given_out = forgotten = 0;
}

/* After a crash now, and on a disk that works: all that was acknowledged, from the last place on record. */
static void
is_there_after_a_crash(void)
{
    uint64_t n_read;
    uint64_t last;

    rig_reopen(forgotten);
    last = rig_read_all(&n_read);
    ck_assert_uint_ge(last > forgotten ? last : forgotten, acknowledged);
    ck_assert_uint_eq(n_read, last > forgotten ? last - forgotten : 0);
    ck_assert_uint_eq(rig_count(SPOOL_C_LOST), 0);
}

static void
clear(void)
{
    fail_at(0, false, 0);
    disk.names = false;
    spool_close(TAKE(rig_spool));
    rig_empty();
}

/* Return: whether any call was left to fail. */
static bool
run_with_a_failure(long n, bool for_good, int error)
{
    bool failed;

    begin_anew();
    rig_reopen(0);
    fail_at(n, for_good, error);
    work();
    failed = disk.n_calls >= n;
    fail_at(0, false, 0);
    return failed;
}

START_TEST(a_call_that_fails_once_costs_nothing)
{
    static const int errors[] = {ENOSPC, EMFILE};
    int was = rig_quiet_begin();

    for (size_t e = 0; e < ARRAY_LEN(errors); e++) {
        long n = 1;

        while (run_with_a_failure(n, false, errors[e])) {
            clock_manual_advance(&rig_clock, NS_PER_S);
            ck_assert_int_eq(spool_sync(rig_spool), 0);
            acknowledged = appended;
            read_what_there_is();
            ck_assert_uint_eq(n_given_out, appended);
            clear();
            ck_assert_int_lt(n++, CALLS_MAX);
        }
        clear();
        ck_assert_int_gt(n, 40);
    }
    rig_quiet_end(was);
}
END_TEST

/* A file that cannot be opened for a broken disk is set aside, and reading goes on behind it. */
START_TEST(a_broken_disk_is_told_with_the_frames_it_costs)
{
    int was = rig_quiet_begin();
    uint64_t n_lost = 0;
    long n = 1;

    while (run_with_a_failure(n, false, EIO)) {
        clock_manual_advance(&rig_clock, NS_PER_S);
        ck_assert_int_eq(spool_sync(rig_spool), 0);
        read_what_there_is();
        ck_assert_uint_eq(n_given_out + rig_count(SPOOL_C_LOST), appended);
        n_lost += rig_count(SPOOL_C_LOST);
        ck_assert(rig_count(SPOOL_C_LOST) == 0 || rig_files(".bad", NULL) == 1);
        clear();
        ck_assert_int_lt(n++, CALLS_MAX);
    }
    clear();
    ck_assert_uint_gt(n_lost, 0);
    rig_quiet_end(was);
}
END_TEST

START_TEST(a_disk_that_fails_for_good_acknowledges_nothing_that_a_crash_takes)
{
    int was = rig_quiet_begin();
    long n = 1;

    while (run_with_a_failure(n, true, ENOSPC)) {
        is_there_after_a_crash();
        clear();
        ck_assert_int_lt(n++, CALLS_MAX);
    }
    clear();
    rig_quiet_end(was);
}
END_TEST

START_TEST(a_disk_that_failed_at_any_call_for_a_while_goes_on_by_itself)
{
    int was = rig_quiet_begin();
    long n = 1;

    while (run_with_a_failure(n, true, ENOSPC)) {
        fail_at(0, false, 0);
        work();
        ck_assert_uint_eq(acknowledged, appended);
        ck_assert_uint_eq(given_out, appended);
        is_there_after_a_crash();
        clear();
        ck_assert_int_lt(n++, CALLS_MAX);
    }
    clear();
    rig_quiet_end(was);
}
END_TEST

START_TEST(opening_fails_whole_or_not_at_all_and_leaves_what_is_there)
{
    int was = rig_quiet_begin();
    long n;

    begin_anew();
    rig_reopen(0);
    work();
    spool_close(TAKE(rig_spool));
    for (n = 1; n < 40; n++) {
        fail_at(n, false, EMFILE);
        if (spool_open(&rig_spool, &rig_settings, forgotten) == 0)
            spool_close(TAKE(rig_spool));
        fail_at(0, false, 0);
    }
    is_there_after_a_crash();
    rig_quiet_end(was);
}
END_TEST

START_TEST(while_it_cannot_be_written_it_takes_frames_until_memory_is_used_up_and_says_so)
{
    struct spool_record r = rig_frame(7);
    uint64_t n = 0;
    uint64_t n_read;
    int was = rig_quiet_begin();

    rig_settings.compression = 0;
    rig_reopen(0);
    fail_at(1, true, ENOSPC);
    while (!spool_is_full(rig_spool)) {
        ck_assert_int_eq(spool_append(rig_spool, &r), 0);
        n++;
        if (n % 100 == 0)
            ck_assert_int_eq(spool_sync(rig_spool), SPOOL_E_FULL);
    }
    ck_assert_uint_gt(n, 256 * 1024 / 400);
    ck_assert_uint_eq(spool_synced(rig_spool), 0);
    while (spool_append(rig_spool, &r) == 0)
        n++;
    fail_at(0, false, 0);
    ck_assert_int_eq(spool_sync(rig_spool), SPOOL_E_FULL); /* not yet: it does not try without end */
    clock_manual_advance(&rig_clock, NS_PER_S);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    ck_assert(!spool_is_full(rig_spool));
    for (n_read = 0; spool_read(rig_spool, &r) == 0; n_read++)
        ck_assert_uint_eq(r.number, n_read + 1);
    ck_assert_uint_eq(n_read, n);
    rig_quiet_end(was);
}
END_TEST

UNIT_MAIN_WITH("spool_faults", rig_begin, rig_end, a_call_that_fails_once_costs_nothing,
    a_broken_disk_is_told_with_the_frames_it_costs, a_disk_that_fails_for_good_acknowledges_nothing_that_a_crash_takes,
    a_disk_that_failed_at_any_call_for_a_while_goes_on_by_itself,
    opening_fails_whole_or_not_at_all_and_leaves_what_is_there,
    while_it_cannot_be_written_it_takes_frames_until_memory_is_used_up_and_says_so)
