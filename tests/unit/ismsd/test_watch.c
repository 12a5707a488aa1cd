/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Log sources over days, played to the ledger thread on a clock that is set by hand: each trigger opens its candidate
 * when it must, and neither what passes soon, nor maintenance, nor our own absence does.
 */
#include <stdatomic.h>

#include "ismsd/recorder_commit.h"
#include "ismsd/recorder_internal.h"
#include "ismsd/recorder_maintenance.h"
#include "ismsd/recorder_runs.h"
#include "ismsd/recorder_watch.h"
#include "store/reader_records.h"
#include "store/store_maintenance.h"
#include "unit/store/store_fixture.h"

#define MINUTE 60
#define HOUR   3600
#define DAY    (24 * HOUR)

enum { FW, WEB, DOOR, SOURCES };

static void
keep_rules(struct rules *rules)
{
    (void)rules;
}

static struct rules rules = {.items = &fixture_rule, .n = 1, .refs = 1, .free = keep_rules};
static struct source_settings sources[SOURCES];
static struct input_settings input = {.name = "net", .zone_minutes = 60};
static struct maintenance_settings window;
static struct settings settings;
static struct clock_manual now;
static struct recorder *recorder;
static struct queue *work;
static struct source_activity activity[SOURCES];
static struct learned learned;
static struct lag_histogram lags[2];

/* What the sources do each second, until told otherwise. */
static struct {
    uint64_t events; /* a minute, in one go */
    int64_t skew_ns;
} does[SOURCES];

static void
configure(void)
{
    size_t i;

    for (i = 0; i < SOURCES; i++)
        sources[i] = (struct source_settings){
            .expected = true, .silence_ms = 900000, .skew_limit_ms = 5000, .owner = "ana"};
    sources[FW].name = "fw1";
    sources[FW].required = true;
    sources[WEB].name = "web1";
    sources[DOOR].name = "door";
    settings = (struct settings){.state_dir = fixture_dir,
        .sources = sources,
        .n_sources = SOURCES,
        .inputs = &input,
        .n_inputs = 1,
        .watch = {.never_heard_ms = DAY * 1000,
            .skew_hold_ms = HOUR * 1000,
            .zone_hold_ms = 5 * MINUTE * 1000,
            .volume_low = 10,
            .volume_high = 1000,
            .volume_hours = 2,
            .volume_least = 50,
            .loss_max = 100,
            .down_limit_ms = 5 * MINUTE * 1000,
            .learned_max = 3,
            .learned_forget_ms = 30 * (int64_t)DAY * 1000,
            .maintenance_max_ms = 7 * (int64_t)DAY * 1000},
        .alerts_fold_window_ms = 900000,
        .alerts_detections_kept = 100,
        .alerts_open_max = 1000,
        .correlation_groups_max = 1000,
        .records_incident_level = RULE_HIGH,
        .records_confirm_limit_ms = DAY * 1000,
        .store_commit_interval_ms = 200,
        .store_segment_bytes = 1 << 20,
        .ledger_origin = "test.example/isms",
        .ledger_checkpoint_interval_ms = 60000,
        .publish_address = ""};
}

/* The daemon starts at the time it is; what lanes counted begins at nought. */
static void
come_up(void)
{
    const struct lane_view view = {activity, &learned, &lags[0], &lags[1], NULL};

    memset(activity, 0, sizeof(activity));
    memset(lags, 0, sizeof(lags));
    ck_assert_int_eq(learned_init(&learned), 0);
    ck_assert_int_eq(queue_new(&work, 1), 0);
    ck_assert_int_eq(recorder_new(&recorder, &settings, &rules, work, &now.clock), 0);
    ck_assert_int_eq(recorder_set_views(recorder, &view, 1), 0);
    recorder_note_start(recorder);
    ck_assert(recorder->start_noted);
}

static void
go_down(void)
{
    recorder_free(TAKE(recorder));
    queue_free(work);
    learned_fini(&learned);
}

static void
begin(void)
{
    (void)snprintf(fixture_dir, sizeof(fixture_dir), "/tmp/isms-watch-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fixture_dir));
    configure();
    memset(does, 0, sizeof(does));
    clock_manual_init(&now, NOON);
    clock_manual_advance(&now, NS_PER_S);
    come_up();
}

static void
end(void)
{
    go_down();
    fixture_expect("");
    fixture_shell("rm -rf \"$PWD\"");
}

static void
speak(size_t i, uint64_t n, int64_t skew_ns)
{
    int64_t at = clock_wall(&now.clock).ns;

    if (n == 0)
        return;
    activity[i].n_events += n;
    activity[i].last_received_ns = at;
    activity[i].last_time_ns = at - skew_ns;
    source_timed(&activity[i], skew_ns, 0);
}

static void
commit(void)
{
    recorder_commit(recorder);
    ck_assert_int_eq(recorder->stall.failure, 0);
}

static void
tick_alone(int64_t seconds)
{
    clock_manual_advance(&now, seconds * NS_PER_S);
    ck_assert_int_eq(recorder_watch_tick(recorder, clock_wall(&now.clock)), 0);
}

static void
tick(int64_t seconds)
{
    tick_alone(seconds);
    commit();
}

/* A tick is half a minute here, which is as good as a second for what counts by minutes, and much quicker. */
static void
pass(int64_t seconds)
{
    for (; seconds > 0; seconds -= 30) {
        size_t i;

        for (i = 0; i < SOURCES; i++)
            speak(i, does[i].events, does[i].skew_ns);
        tick_alone(30);
    }
    commit();
}

/* ---- what is on record ---- */

static int
add_candidate(void *ctx, const struct nonconformity *n)
{
    buffer_printf(ctx, SLICE_FMT " " SLICE_FMT " x%llu%s;", SLICE_ARG(n->trigger), SLICE_ARG(n->scope),
        (unsigned long long)n->occurrences, n->ended.ns != 0 ? " ended" : "");
    return 0;
}

static int
add_evidence(void *ctx, const struct nonconformity *n)
{
    buffer_printf(ctx, SLICE_FMT ";", SLICE_ARG(n->evidence));
    return 0;
}

static void
ck_found(nonconformity_fn *fn, const char *want, bool whole)
{
    const struct nonconformity_filter all = {0};
    CLEANUP_BUFFER struct buffer got = {0};
    CLEANUP(reader_close) struct reader *r = NULL;

    ck_assert_int_eq(reader_open(&r, fixture_dir), 0);
    ck_assert_int_eq(reader_nonconformities(r, &all, fn, &got), 0);
    buffer_add_char(&got, '\0');
    ck_assert_msg(whole ? strcmp(got.p, want) == 0 : strstr(got.p, want) != NULL, "want '%s', got '%s'", want, got.p);
}

/* Newest first. */
#define ck_candidates(want) ck_found(add_candidate, want, true)
#define ck_evidence(want)   ck_found(add_evidence, want, false)

static int
add_report(void *ctx, const struct maintenance *m)
{
    buffer_printf(ctx, "%s " SLICE_FMT ": " SLICE_FMT ";", maintenance_state_name(m->state), SLICE_ARG(m->scope),
        SLICE_ARG(m->report));
    return 0;
}

static void
ck_reports(const char *want, bool whole)
{
    CLEANUP_BUFFER struct buffer got = {0};
    CLEANUP(reader_close) struct reader *r = NULL;

    ck_assert_int_eq(reader_open(&r, fixture_dir), 0);
    ck_assert_int_eq(reader_maintenance_all(r, false, 0, add_report, &got), 0);
    buffer_add_char(&got, '\0');
    ck_assert_msg(whole ? strcmp(got.p, want) == 0 : strstr(got.p, want) != NULL, "want '%s', got '%s'", want, got.p);
}

#define ck_maintenance(want)      ck_reports(want, true)
#define ck_maintenance_says(want) ck_reports(want, false)

static void
declare(const char *scope, int64_t seconds)
{
    const struct store_move move = fixture_move("declared", "ana", clock_wall(&now.clock));
    struct maintenance m = {.state = MAINTENANCE_ACTIVE,
        .scope = slice_str(scope),
        .reason = SLICE("test"),
        .declared = move.at,
        .declared_by = SLICE("ana"),
        .starts = move.at,
        .until = {move.at.ns + seconds * NS_PER_S}};

    ck_assert_int_eq(recorder_begin(recorder), 0);
    ck_assert_int_eq(store_maintenance_open(recorder->store, &m, &move), 0);
    recorder_maintenance_changed(recorder);
    recorder_commit(recorder);
}

/* ---- silence, and sources never heard ---- */

START_TEST(a_required_source_that_falls_silent_is_proposed_once_and_ends_with_an_event)
{
    begin();
    does[FW].events = does[WEB].events = does[DOOR].events = 1;
    pass(10 * MINUTE);
    does[FW].events = does[WEB].events = 0;
    pass(29 * MINUTE);
    ck_candidates("");
    pass(20 * MINUTE);
    ck_candidates("T01 fw1 x1;");
    pass(DAY);
    ck_candidates("T01 fw1 x1;");
    does[FW].events = 1;
    pass(MINUTE);
    ck_candidates("T01 fw1 x1 ended;");
    does[FW].events = 0;
    pass(HOUR);
    ck_candidates("T01 fw1 x2;");
    end();
}
END_TEST

START_TEST(a_source_never_heard_is_proposed_after_a_day_also_over_restarts_and_ends_with_its_first_event)
{
    begin();
    does[FW].events = does[WEB].events = 1;
    pass(20 * HOUR);
    go_down();
    clock_manual_advance(&now, 2 * MINUTE * NS_PER_S);
    come_up();
    pass(3 * HOUR);
    ck_candidates("");
    pass(2 * HOUR);
    ck_candidates("T02 door x1;");
    does[DOOR].events = 1;
    pass(MINUTE);
    ck_candidates("T02 door x1 ended;");
    end();
}
END_TEST

/* ---- our own absence ---- */

START_TEST(our_own_downtime_is_proposed_at_the_next_start_and_is_nobodys_silence)
{
    begin();
    does[FW].events = does[WEB].events = does[DOOR].events = 1;
    pass(HOUR);
    go_down();
    clock_manual_advance(&now, 4 * MINUTE * NS_PER_S);
    come_up();
    ck_candidates("");
    pass(HOUR);
    go_down();
    clock_manual_advance(&now, 3 * HOUR * NS_PER_S);
    come_up();
    ck_candidates("T21 ismsd x1 ended;");
    ck_evidence("ended without a stop, last known alive 2026-11-23T14:0");
    does[FW].events = 0;
    pass(25 * MINUTE);
    ck_candidates("T21 ismsd x1 ended;");
    go_down();
    clock_manual_advance(&now, HOUR * NS_PER_S);
    come_up();
    ck_candidates("T21 ismsd x2 ended;");
    pass(31 * MINUTE); /* silence counts from the start */
    ck_candidates("T01 fw1 x1;T21 ismsd x2 ended;");
    end();
}
END_TEST

START_TEST(downtime_in_maintenance_of_all_is_told_there_and_only_what_is_beyond_it_is_proposed)
{
    begin();
    does[FW].events = does[WEB].events = does[DOOR].events = 1;
    pass(10 * MINUTE);
    declare("", HOUR);
    pass(MINUTE);
    go_down();
    clock_manual_advance(&now, 30 * MINUTE * NS_PER_S);
    come_up();
    ck_candidates("");
    pass(40 * MINUTE);
    ck_maintenance_says("over : ended without a stop, last known alive 2026-11-23T12:1");
    ck_maintenance_says(" in maintenance; all were heard meanwhile;");
    declare("", HOUR);
    pass(MINUTE);
    go_down();
    clock_manual_advance(&now, 2 * HOUR * NS_PER_S);
    come_up();
    ck_candidates("T21 ismsd x1 ended;");
    end();
}
END_TEST

/* ---- clocks ---- */

START_TEST(a_clock_in_the_wrong_zone_is_proposed_within_minutes_with_the_zone_it_would_be)
{
    begin();
    does[FW].events = does[WEB].events = does[DOOR].events = 1;
    does[WEB].skew_ns = -2 * HOUR * NS_PER_S;
    pass(4 * MINUTE);
    ck_candidates("");
    pass(6 * MINUTE);
    ck_candidates("T05 web1 x1;");
    ck_evidence("are read as +01:00, but look like +03:00");
    ck_assert_int_eq(recorder->sources[WEB].skew_ns, -2 * HOUR * NS_PER_S);
    does[WEB].skew_ns = 0;
    pass(2 * HOUR);
    ck_candidates("T05 web1 x1 ended;");
    end();
}
END_TEST

START_TEST(a_clock_that_drifts_is_proposed_after_an_hour_and_not_twice_over_a_restart)
{
    begin();
    does[FW].events = does[WEB].events = does[DOOR].events = 1;
    does[FW].skew_ns = 7 * NS_PER_S;
    pass(55 * MINUTE);
    ck_candidates("");
    pass(10 * MINUTE);
    ck_candidates("T05 fw1 x1;");
    go_down();
    clock_manual_advance(&now, MINUTE * NS_PER_S);
    come_up();
    pass(3 * HOUR);
    ck_candidates("T05 fw1 x1;");
    end();
}
END_TEST

START_TEST(a_clock_that_is_off_now_and_then_is_not_proposed)
{
    int i;

    begin();
    does[FW].events = does[WEB].events = does[DOOR].events = 1;
    for (i = 0; i < 6; i++) {
        does[FW].skew_ns = 7 * NS_PER_S;
        pass(20 * MINUTE);
        does[FW].skew_ns = NS_PER_S;
        pass(100 * MINUTE);
    }
    ck_candidates("");
    end();
}
END_TEST

START_TEST(a_clock_that_is_off_in_maintenance_alone_is_not_proposed)
{
    begin();
    does[FW].events = does[WEB].events = does[DOOR].events = 1;
    declare("web1", 3 * HOUR);
    does[WEB].skew_ns = -2 * HOUR * NS_PER_S;
    pass(170 * MINUTE);
    does[WEB].skew_ns = 0;
    pass(2 * HOUR);
    ck_candidates("");
    end();
}
END_TEST

/* ---- volumes ---- */

/* So many hours, with so many events in each minute of them, and a tick of a minute. */
static void
hours(int n, uint64_t events)
{
    for (; n > 0; n--) {
        int k;

        for (k = 0; k < HOUR / MINUTE; k++) {
            speak(FW, events, 0);
            speak(WEB, 10, 0);
            speak(DOOR, 1, 0);
            tick_alone(MINUTE);
        }
        commit();
    }
}

/* From Monday noon to Friday noon: four days of the kind that what is usual is drawn from. */
static void
four_working_days(void)
{
    hours(4 * 24, 100);
}

START_TEST(a_volume_that_collapses_for_two_hours_is_proposed_and_one_hour_is_not)
{
    begin();
    four_working_days();
    hours(1, 5);
    hours(1, 100);
    ck_candidates("");
    hours(2, 5);
    ck_candidates("T03 fw1 x1;");
    ck_evidence("300 events in the hour from ");
    ck_evidence("where 6000 are usual");
    hours(1, 20); /* more, and still not what is usual */
    ck_candidates("T03 fw1 x1;");
    hours(1, 100);
    ck_candidates("T03 fw1 x1 ended;");
    go_down(); /* what is usual is remembered */
    clock_manual_advance(&now, MINUTE * NS_PER_S);
    come_up();
    hours(4, 2000);
    ck_candidates("T03 fw1 x2;");
    end();
}
END_TEST

START_TEST(a_volume_that_collapses_in_maintenance_or_while_we_are_down_is_not_proposed)
{
    begin();
    four_working_days();
    declare("fw1", 6 * HOUR);
    hours(6, 1);
    hours(2, 100);
    ck_candidates("");
    hours(1, 5);
    go_down();
    clock_manual_advance(&now, 2 * MINUTE * NS_PER_S);
    come_up();
    hours(1, 5);
    ck_candidates("");
    end();
}
END_TEST

/* ---- maintenance ---- */

START_TEST(silence_in_maintenance_is_told_there_and_counts_anew_after_it)
{
    begin();
    does[FW].events = does[WEB].events = does[DOOR].events = 1;
    pass(10 * MINUTE);
    declare("fw1", 3 * HOUR);
    does[FW].events = 0;
    pass(179 * MINUTE);
    ck_candidates("");
    ck_assert_int_eq(recorder->sources[FW].state, SOURCE_MAINTENANCE);
    ck_assert_int_eq(recorder->sources[WEB].state, SOURCE_ACTIVE);
    pass(2 * MINUTE);
    ck_maintenance("over fw1: nothing came from fw1;");
    ck_assert_int_eq(recorder->sources[FW].state, SOURCE_ACTIVE);
    pass(28 * MINUTE);
    ck_candidates("");
    pass(5 * MINUTE);
    ck_candidates("T01 fw1 x1;");
    end();
}
END_TEST

/* NOON is a Monday's. */
START_TEST(a_configured_window_is_a_record_each_time_it_comes_round_also_over_a_restart)
{
    static const char *const names[] = {"fw1", "web1"};

    begin();
    go_down();
    window = (struct maintenance_settings){.name = "patches",
        .sources = names,
        .n_sources = 2,
        .reason = "patch day",
        .weekly = "Mon 13:00",
        .duration_ms = HOUR * 1000,
        .minute_of_week = 13 * 60};
    settings.maintenance = &window;
    settings.n_maintenance = 1;
    come_up();
    does[WEB].events = does[DOOR].events = 1;
    pass(50 * MINUTE);
    ck_maintenance("");
    pass(20 * MINUTE);
    ck_maintenance("active fw1, web1: ;");
    go_down();
    clock_manual_advance(&now, MINUTE * NS_PER_S);
    come_up();
    pass(20 * MINUTE);
    ck_maintenance("active fw1, web1: ;");
    pass(HOUR);
    ck_maintenance("over fw1, web1: nothing came from fw1;");
    for (int day = 0; day < 7; day++)
        hours(24, 1);
    ck_maintenance("over fw1, web1: all were heard meanwhile;over fw1, web1: nothing came from fw1;");
    end();
}
END_TEST

/* ---- hosts of no source ---- */

static int
add_learned(void *ctx, const struct learned_record *l)
{
    buffer_printf(ctx, SLICE_FMT " x%llu;", SLICE_ARG(l->name), (unsigned long long)l->n_events);
    return 0;
}

static void
ck_learned(const char *want)
{
    CLEANUP_BUFFER struct buffer got = {0};
    CLEANUP(reader_close) struct reader *r = NULL;

    ck_assert_int_eq(reader_open(&r, fixture_dir), 0);
    ck_assert_int_eq(reader_learned(r, add_learned, &got), 0);
    buffer_add_char(&got, '\0');
    ck_assert_msg(strcmp(got.p, want) == 0, "want '%s', got '%s'", want, got.p);
}

static void
hear_of(const char *name)
{
    (void)learned_saw(&learned, slice_str(name), slice_str("192.0.2.9"), clock_wall(&now.clock));
    learned_pass(&learned);
    tick(1);
}

START_TEST(hosts_of_no_source_are_remembered_within_a_limit_and_over_a_restart)
{
    begin();
    hear_of("a");
    hear_of("b");
    hear_of("a");
    hear_of("c");
    ck_learned("c x1;a x2;b x1;");
    hear_of("d");
    ck_learned("d x1;c x1;a x2;");
    ck_assert_uint_eq(counters_get(recorder->counters, RECORDER_C_LEARNED_FORGOTTEN), 1);
    go_down();
    sources[DOOR].hostname = "A"; /* adopted meanwhile */
    come_up();
    hear_of("c");
    ck_learned("c x2;d x1;");
    for (int i = 0; i < 1300; i++)
        tick_alone(HOUR);
    commit();
    ck_learned("");
    end();
}
END_TEST

UNIT_MAIN("watch", a_required_source_that_falls_silent_is_proposed_once_and_ends_with_an_event,
    a_source_never_heard_is_proposed_after_a_day_also_over_restarts_and_ends_with_its_first_event,
    our_own_downtime_is_proposed_at_the_next_start_and_is_nobodys_silence,
    downtime_in_maintenance_of_all_is_told_there_and_only_what_is_beyond_it_is_proposed,
    a_clock_in_the_wrong_zone_is_proposed_within_minutes_with_the_zone_it_would_be,
    a_clock_that_drifts_is_proposed_after_an_hour_and_not_twice_over_a_restart,
    a_clock_that_is_off_now_and_then_is_not_proposed, a_clock_that_is_off_in_maintenance_alone_is_not_proposed,
    a_volume_that_collapses_for_two_hours_is_proposed_and_one_hour_is_not,
    a_volume_that_collapses_in_maintenance_or_while_we_are_down_is_not_proposed,
    silence_in_maintenance_is_told_there_and_counts_anew_after_it,
    a_configured_window_is_a_record_each_time_it_comes_round_also_over_a_restart,
    hosts_of_no_source_are_remembered_within_a_limit_and_over_a_restart)
