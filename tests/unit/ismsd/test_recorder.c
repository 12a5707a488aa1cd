/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The ledger thread while records cannot be written, step by step on a clock that stands: nothing handed over is lost
 * or recorded twice, tries become rarer, moves are refused with the reason, and a stop gives up in the end with the
 * exact count.
 */
#include "support/failing_disk.h"

#include "ismsd/recorder_commit.h"
#include "ismsd/recorder_internal.h"
#include "ismsd/recorder_rules.h"
#include "ismsd/recorder_stall.h"
#include "store/reader_ledger.h"
#include "store/store_positions.h"
#include "unit/store/store_fixture.h"

enum { BATCHES = 4, DETECTIONS = 5, WAITS_MAX = 200 };

static void
keep_rules(struct rules *rules)
{
    (void)rules;
}

static struct rules rules = {.items = &fixture_rule, .n = 1, .refs = 1, .free = keep_rules};

static struct settings settings;
static struct clock_manual now;
static struct recorder *recorder;
static struct queue *work;
static struct queue *home;
static struct batch_work batches[BATCHES];

static void
begin(void)
{
    unsigned i;

    disk.calls_until_failure = 0;
    disk.full = false;
    (void)snprintf(fixture_dir, sizeof(fixture_dir), "/tmp/isms-recorder-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fixture_dir));
    settings = (struct settings){.state_dir = fixture_dir,
        .alerts_fold_window_ms = 900000,
        .alerts_detections_kept = 100,
        .alerts_open_max = 1000,
        .correlation_groups_max = 1000,
        .records_incident_level = RULE_HIGH,
        .store_commit_interval_ms = 200,
        .store_segment_bytes = 1 << 20,
        .ledger_origin = "test.example/isms",
        .ledger_checkpoint_interval_ms = 60000,
        .publish_address = ""};
    clock_manual_init(&now, seconds_after_noon(-1));
    clock_manual_advance(&now, NS_PER_S); /* no machine's monotonic time is 0 */
    ck_assert_int_eq(queue_new(&work, BATCHES), 0);
    ck_assert_int_eq(queue_new(&home, BATCHES), 0);
    ck_assert_int_eq(recorder_new(&recorder, &settings, &rules, work, &now.clock), 0);
    ck_assert_int_eq(recorder_set_lanes(recorder, NULL, 0), 0);
    for (i = 0; i < BATCHES; i++) {
        batches[i].work = (struct work){WORK_BATCH, home};
        ck_assert_int_eq(batch_new(&batches[i].batch, DETECTIONS, 1 << 16), 0);
        ck_assert_int_eq(queue_give(home, &batches[i]), 0);
    }
    recorder_commit(recorder);
    ck_assert(!recorder_stalled(recorder, NULL));
}

static void
end(void)
{
    void *item;
    unsigned i;

    recorder_free(TAKE(recorder));
    fixture_expect("");
    for (i = 0; i < BATCHES; i++)
        ck_assert_msg(queue_take(home, &item, QUEUE_NOW) == 0, "a batch never came home");
    for (i = 0; i < BATCHES; i++)
        batch_free(batches[i].batch);
    queue_free(home);
    queue_free(work);
    fixture_shell("rm -rf \"$PWD\"");
}

/* A lane's batch with some detections; it must be one that came home. */
static struct batch_work *
fill(void)
{
    const struct rule *rule = &fixture_rule;
    struct event event = fixture_event();
    struct batch_work *b;
    void *item;
    unsigned i;

    ck_assert_int_eq(queue_take(home, &item, QUEUE_NOW), 0);
    b = item;
    batch_clear(b->batch);
    b->unit = NULL;
    b->batch->rules = rules_ref(&rules);
    for (i = 0; i < DETECTIONS; i++)
        ck_assert_int_eq(batch_add(b->batch, &event, &rule, 1, clock_wall(&now.clock)), 0);
    return b;
}

static void
hand_over(void)
{
    recorder_take_batch(recorder, fill());
}

static const struct position start = {.stream = {"kafka/in/events", 15}, .partition = 3, .epoch = 7};

/* A unit of @n batches, after which its partition goes on by as many records as it has detections. */
static struct batch_work *
hand_over_unit(unsigned n, int64_t next)
{
    struct batch_work *first = fill();
    struct batch_work *last = first;
    struct position *at;

    while (--n > 0) {
        last->unit = fill();
        last = last->unit;
    }
    at = arena_alloc(&last->batch->arena, sizeof(*at));
    ck_assert_ptr_nonnull(at);
    *at = start;
    at->offset = next;
    last->batch->receipt = (struct receipt){.number = 1, .positions = at, .n_positions = 1};
    recorder_take_batch(recorder, first);
    return last;
}

/* From now on the disk fails with @error, beginning with the @n-th write or sync. */
static void
break_disk(long n, int error)
{
    disk.calls_until_failure = n;
    disk.for_good = true;
    disk.error = error;
}

static void
mend_disk(void)
{
    disk.calls_until_failure = 0;
    disk.full = false;
}

static void
seconds_pass(int64_t s)
{
    while (s-- > 0) {
        clock_manual_advance(&now, NS_PER_S);
        recorder_stall_pass(recorder);
    }
}

static void
until_it_records_again(void)
{
    unsigned waits = 0;

    while (recorder_stalled(recorder, NULL) && waits++ < WAITS_MAX)
        seconds_pass(1);
    ck_assert(!recorder_stalled(recorder, NULL));
}

static uint64_t
counter(enum recorder_counter id)
{
    return counters_get(recorder->counters, id);
}

static uint64_t
recorded(void)
{
    CLEANUP(reader_close) struct reader *r = NULL;
    struct reader_status status;

    ck_assert_int_eq(reader_open(&r, fixture_dir), 0);
    ck_assert_int_eq(reader_status(r, &status), 0);
    ck_assert_uint_le(status.n_alerts, 1);
    ck_assert_uint_eq(status.n_incidents, status.n_alerts);
    return status.n_detections;
}

/* store_position_fn */
static int
take_offset(void *ctx, const struct position *at)
{
    ck_assert(slice_eq(at->stream, start.stream) && at->partition == start.partition && at->epoch == start.epoch);
    *(int64_t *)ctx = at->offset;
    return 0;
}

/* Where lanes are told that the partition goes on. */
static int64_t
told_position(void)
{
    struct position told = start;

    positions_get(recorder_positions(recorder), &told);
    return told.offset == POSITION_NONE ? 0 : told.offset;
}

/* And where the store has it. */
static int64_t
position(void)
{
    int64_t stored = 0;

    ck_assert_int_eq(store_positions_load(recorder->store, take_offset, &stored), 0);
    ck_assert_int_eq(told_position(), stored);
    return stored;
}

static long
calls_of_a_commit(void)
{
    disk.n_calls = 0;
    hand_over_unit(1, DETECTIONS);
    recorder_commit(recorder);
    return disk.n_calls;
}

static void
sweep(int error)
{
    long calls;
    long n;

    begin();
    calls = calls_of_a_commit();
    ck_assert_int_gt(calls, 4);
    for (n = 1; n <= calls; n++) {
        uint64_t before = recorded();

        ck_assert_int_eq(position(), (int64_t)before);
        break_disk(n, error);
        hand_over_unit(1, (int64_t)before + DETECTIONS);
        recorder_commit(recorder);
        hand_over_unit(2, (int64_t)before + 3 * DETECTIONS);
        seconds_pass(1);
        mend_disk();
        until_it_records_again();
        recorder_commit(recorder);
        ck_assert_uint_eq(recorded(), before + 3 * DETECTIONS);
        fixture_expect("");
    }
    ck_assert_uint_eq(counter(RECORDER_C_LOST), 0);
    ck_assert_uint_eq(counter(RECORDER_C_COMMITTED), recorded());
    ck_assert_uint_eq(counter(RECORDER_C_INCIDENTS), 1);
    end();
}

START_TEST(whatever_write_fails_for_want_of_space_all_is_recorded_once)
{
    sweep(ENOSPC);
}
END_TEST

START_TEST(whatever_write_or_sync_fails_all_is_recorded_once)
{
    sweep(EIO);
}
END_TEST

START_TEST(a_full_disk_is_asked_each_second)
{
    begin();
    disk.full = true;
    hand_over();
    recorder_commit(recorder);
    seconds_pass(100);
    ck_assert(recorder_stalled(recorder, NULL));
    ck_assert_uint_eq(counter(RECORDER_C_FAILED), 1); /* asked, not tried */
    mend_disk();
    seconds_pass(1);
    ck_assert(!recorder_stalled(recorder, NULL));
    ck_assert_uint_eq(recorded(), DETECTIONS);
    ck_assert_uint_eq(counter(RECORDER_C_REDONE), 1);
    end();
}
END_TEST

/* A try takes in all that is held and makes the store say why not: not each second for a weekend. */
START_TEST(what_fails_in_the_middle_is_tried_ever_more_rarely_but_at_least_each_minute)
{
    uint64_t tries;

    begin();
    break_disk(1, ENOSPC);
    hand_over();
    recorder_commit(recorder);
    seconds_pass(3); /* at 1 and 3 */
    ck_assert_uint_eq(counter(RECORDER_C_FAILED), 3);
    seconds_pass(600);
    tries = counter(RECORDER_C_FAILED);
    ck_assert_uint_le(tries, 20);
    seconds_pass(60);
    ck_assert_uint_eq(counter(RECORDER_C_FAILED), tries + 1);
    mend_disk();
    seconds_pass(60);
    ck_assert(!recorder_stalled(recorder, NULL));
    ck_assert_uint_eq(recorded(), DETECTIONS);
    end();
}
END_TEST

START_TEST(while_stalled_moves_are_refused_with_the_reason)
{
    CLEANUP_BUFFER struct buffer answer = {0};
    struct stall_view view;

    begin();
    ck_assert(!recorder_refuse(recorder, &answer));
    ck_assert_uint_eq(answer.n, 0);
    disk.full = true;
    recorder_commit(recorder);
    ck_assert(recorder_refuse(recorder, &answer));
    ck_assert(
        slice_search(buffer_slice(&answer), SLICE("the records cannot be written now: no space left (")) != SIZE_MAX);
    ck_assert(slice_search(buffer_slice(&answer), SLICE("nothing was changed")) != SIZE_MAX);
    ck_assert_uint_eq(counter(RECORDER_C_REFUSED), 1);
    ck_assert(recorder_stalled(recorder, &view));
    ck_assert_int_eq(view.since.ns, NOON.ns);
    mend_disk();
    until_it_records_again();
    ck_assert(!recorder_refuse(recorder, &answer));
    end();
}
END_TEST

START_TEST(a_failure_of_the_machine_is_named)
{
    struct stall_view view;

    begin();
    break_disk(1, EIO);
    hand_over();
    recorder_commit(recorder);
    ck_assert(recorder_stalled(recorder, &view));
    ck_assert_msg(strstr(view.reason, "Input/output error (") == view.reason, "%s", view.reason);
    mend_disk();
    until_it_records_again();
    end();
}
END_TEST

START_TEST(after_a_stop_it_gives_up_in_ten_seconds_and_counts_what_is_lost)
{
    begin();
    disk.full = true;
    hand_over();
    recorder_commit(recorder);
    hand_over();
    seconds_pass(1000);
    recorder_stop(recorder);
    seconds_pass(9);
    ck_assert_uint_eq(counter(RECORDER_C_LOST), 0);
    seconds_pass(1);
    ck_assert_uint_eq(counter(RECORDER_C_LOST), 2 * DETECTIONS);
    ck_assert(recorder->stall.gave_up);
    hand_over(); /* of what lanes still drain */
    ck_assert_uint_eq(counter(RECORDER_C_LOST), 3 * DETECTIONS);
    mend_disk();
    seconds_pass(100);
    ck_assert_msg(recorder_stalled(recorder, NULL), "what was given up does not come back in part");
    ck_assert_uint_eq(recorded(), 0);
    end();
}
END_TEST

START_TEST(a_stop_shortens_the_pause_between_tries)
{
    begin();
    break_disk(1, ENOSPC);
    hand_over();
    recorder_commit(recorder);
    seconds_pass(130); /* the next try is most of a minute away */
    recorder_stop(recorder);
    mend_disk();
    seconds_pass(1);
    ck_assert(!recorder_stalled(recorder, NULL));
    ck_assert_uint_eq(recorded(), DETECTIONS);
    end();
}
END_TEST

START_TEST(commits_that_begin_to_fail_after_the_stop_have_their_ten_seconds_too)
{
    begin();
    recorder_stop(recorder);
    clock_manual_advance(&now, 60 * NS_PER_S);
    disk.full = true;
    hand_over();
    recorder_commit(recorder);
    seconds_pass(9);
    mend_disk();
    seconds_pass(1);
    ck_assert_uint_eq(recorded(), DETECTIONS);
    ck_assert_uint_eq(counter(RECORDER_C_LOST), 0);
    end();
}
END_TEST

static uint64_t
entries_of(const char *verb)
{
    char line[256];

    (void)snprintf(line, sizeof(line),
        "sqlite3 records.db \"SELECT count(*) FROM ledger WHERE json_extract(body, '\\$.verb') = '%s'\" > count", verb);
    fixture_shell(line);
    (void)snprintf(line, sizeof(line), "%s/count", fixture_dir);
    {
        FILE *f = fopen(line, "r");
        unsigned n = 0;

        ck_assert_int_eq(fscanf(f, "%u", &n), 1);
        (void)fclose(f);
        return n;
    }
}

START_TEST(changes_of_rules_meanwhile_are_all_on_record_afterwards)
{
    struct rules_work w = {{WORK_RULES, NULL}, &rules, SLICE("1 rules loaded")};
    void *item;
    int i;

    begin();
    ck_assert_int_eq(queue_new(&w.work.home, 1), 0);
    disk.full = true;
    recorder_commit(recorder);
    for (i = 0; i < 2; i++) {
        recorder_take_rules(recorder, &w);
        ck_assert_msg(queue_take(w.work.home, &item, QUEUE_NOW) == 0, "who changed the rules waits for a disk");
    }
    mend_disk();
    seconds_pass(1);
    ck_assert_uint_eq(entries_of("rules.loaded"), 2);
    recorder_take_rules(recorder, &w);
    ck_assert_uint_eq(entries_of("rules.loaded"), 3);
    recorder_commit(recorder);
    ck_assert_uint_eq(entries_of("rules.loaded"), 3);
    queue_free(w.work.home);
    end();
}
END_TEST

START_TEST(what_a_later_receipt_speaks_of_is_not_let_go_before_its_commit)
{
    struct batch_work *b;

    begin();
    b = fill();
    b->batch->awaited = true;
    recorder_take_batch(recorder, b);
    ck_assert(!recorder_let_go(recorder));
    recorder_commit(recorder);
    ck_assert(b->batch->committed);
    ck_assert_uint_eq(recorded(), DETECTIONS);
    end();
}
END_TEST

/* Only a disk that has no room to spare is known to be dangerous beforehand; for the rest there is the count. */
START_TEST(what_was_let_go_before_its_commit_is_lost_with_it_and_counted)
{
    begin();
    hand_over();
    ck_assert(recorder_let_go(recorder));
    break_disk(1, EIO);
    hand_over();
    recorder_commit(recorder);
    mend_disk();
    until_it_records_again();
    ck_assert_uint_eq(counter(RECORDER_C_LOST), DETECTIONS);
    ck_assert_uint_eq(recorded(), DETECTIONS);
    disk.full = true;
    recorder_commit(recorder);
    mend_disk();
    until_it_records_again();
    end();
}
END_TEST

START_TEST(on_a_disk_that_is_nearly_full_nothing_is_let_go)
{
    begin();
    hand_over();
    disk.full = true;
    ck_assert(!recorder_let_go(recorder));
    disk.full = false;
    recorder_commit(recorder);
    ck_assert_uint_eq(recorded(), DETECTIONS);
    end();
}
END_TEST

START_TEST(what_somebody_waits_for_is_not_let_go_before_its_commit)
{
    const struct batch_work *b;

    begin();
    b = hand_over_unit(1, DETECTIONS);
    ck_assert(!recorder_let_go(recorder));
    ck_assert_int_eq(told_position(), 0);
    recorder_commit(recorder);
    ck_assert(b->batch->committed);
    ck_assert_int_eq(position(), DETECTIONS);
    end();
}
END_TEST

/* Otherwise a place would move on, or a sender forget, what is not on record. */
START_TEST(what_is_given_up_comes_home_uncommitted)
{
    const struct batch_work *b;

    begin();
    disk.full = true;
    b = hand_over_unit(1, DETECTIONS);
    recorder_commit(recorder);
    recorder_stop(recorder);
    seconds_pass(12);
    ck_assert_uint_eq(counter(RECORDER_C_LOST), DETECTIONS);
    ck_assert(!b->batch->committed);
    mend_disk();
    end();
}
END_TEST

START_TEST(a_unit_that_causes_nothing_is_on_record_at_once_unless_something_is_not)
{
    struct batch_work *b;
    void *item;

    begin();
    b = fill();
    batch_clear(b->batch);
    b->batch->receipt.number = 1;
    recorder_take_batch(recorder, b);
    ck_assert(b->batch->committed);
    ck_assert_int_eq(queue_take(home, &item, QUEUE_NOW), 0);
    ck_assert_int_eq(queue_give(home, item), 0);
    hand_over();
    b = fill();
    batch_clear(b->batch);
    b->batch->receipt.number = 2;
    recorder_take_batch(recorder, b);
    ck_assert(!b->batch->committed);
    recorder_commit(recorder);
    ck_assert(b->batch->committed);
    end();
}
END_TEST

/* Of all sets of the same counters, as whoever shows them adds them up. */
static void
add_taken_in(void *ctx, const struct counters *set)
{
    if (set->defs == correlator_counter_defs)
        *(uint64_t *)ctx += counters_get(set, CORRELATOR_C_DETECTIONS);
}

static uint64_t
taken_in(void)
{
    uint64_t n = 0;

    recorder_visit_counters(recorder, add_taken_in, &n);
    return n;
}

START_TEST(no_counter_falls_while_everything_is_made_anew)
{
    begin();
    hand_over();
    recorder_commit(recorder);
    ck_assert_uint_eq(taken_in(), DETECTIONS);
    disk.full = true;
    recorder_commit(recorder);
    ck_assert_uint_eq(taken_in(), DETECTIONS);
    mend_disk();
    until_it_records_again();
    hand_over();
    recorder_commit(recorder);
    ck_assert_uint_eq(taken_in(), 2 * DETECTIONS);
    end();
}
END_TEST

UNIT_MAIN("recorder", whatever_write_fails_for_want_of_space_all_is_recorded_once,
    whatever_write_or_sync_fails_all_is_recorded_once, a_full_disk_is_asked_each_second,
    what_fails_in_the_middle_is_tried_ever_more_rarely_but_at_least_each_minute,
    while_stalled_moves_are_refused_with_the_reason, a_failure_of_the_machine_is_named,
    after_a_stop_it_gives_up_in_ten_seconds_and_counts_what_is_lost, a_stop_shortens_the_pause_between_tries,
    commits_that_begin_to_fail_after_the_stop_have_their_ten_seconds_too,
    changes_of_rules_meanwhile_are_all_on_record_afterwards,
    what_was_let_go_before_its_commit_is_lost_with_it_and_counted, on_a_disk_that_is_nearly_full_nothing_is_let_go,
    no_counter_falls_while_everything_is_made_anew, what_somebody_waits_for_is_not_let_go_before_its_commit,
    what_a_later_receipt_speaks_of_is_not_let_go_before_its_commit, what_is_given_up_comes_home_uncommitted,
    a_unit_that_causes_nothing_is_on_record_at_once_unless_something_is_not)
