/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "store/reader_kpi.h"
#include "store/reader_ledger.h"
#include "store/reader_records.h"
#include "store/store_correlation.h"
#include "store/store_maintenance.h"
#include "store_fixture.h"

static struct reader *reader;

static void
begin(void)
{
    fixture_begin();
    ck_assert_int_eq(reader_open(&reader, fixture_dir), 0);
}

static void
end(void)
{
    fixture_expect("");
    reader_close(TAKE(reader));
    fixture_end();
}

/* Notes numbers of records, "3 2 1". */
static char seen[256];

static void
note(int64_t number)
{
    size_t n = strlen(seen);

    (void)snprintf(seen + n, sizeof(seen) - n, "%s%lld", n == 0 ? "" : " ", (long long)number);
}

static int
see_incident(void *ctx, const struct incident *incident)
{
    (void)ctx;
    note(incident->number);
    return 0;
}

static const char *
incidents(struct incident_filter filter)
{
    seen[0] = '\0';
    ck_assert_int_eq(reader_incidents(reader, &filter, see_incident, NULL), 0);
    return seen;
}

/* An incident with something in every field. */
static const struct incident full = {
    .state = INCIDENT_CLOSED,
    .title = {"Root on \"fw1\" \\ \xc3\xa9", 18},
    .category = {"intrusions/privileged-account-compromise", 40},
    .severity = INCIDENT_S3,
    .severity_initial = INCIDENT_S2,
    .severity_max = INCIDENT_S1,
    .verdict = VERDICT_TRUE_POSITIVE,
    .cause_class = {"human-errors", 12},
    .cause = {"weak password", 13},
    .owner = {"ana", 3},
    .criteria = {"2026-1", 6},
    .reason = {"because", 7},
    .waiver = {"none held", 9},
    .controls = {"a.8.16,a.5.26", 13},
    .group = {"Computer=fw1", 12},
    .alert = 77,
    .occurred = {11},
    .occurred_estimated = true,
    .detected = {12},
    .opened = {INT64_C(1795435200) * NS_PER_S},
    .acknowledged = {14},
    .decided = {15},
    .contained = {16},
    .recovered = {17},
    .resolved = {18},
    .closed = {19},
    .n_reopened = 2,
    .resolved_by = {"bo", 2},
};

static int
same_as_full(void *ctx, const struct incident *i)
{
    *(bool *)ctx = true;
    ck_assert_int_eq(i->state, full.state);
    ck_slice_eq(i->title, "Root on \"fw1\" \\ \xc3\xa9");
    ck_slice_eq(i->category, "intrusions/privileged-account-compromise");
    ck_assert(i->severity == INCIDENT_S3 && i->severity_initial == INCIDENT_S2 && i->severity_max == INCIDENT_S1);
    ck_assert_int_eq(i->verdict, VERDICT_TRUE_POSITIVE);
    ck_slice_eq(i->cause_class, "human-errors");
    ck_slice_eq(i->cause, "weak password");
    ck_slice_eq(i->owner, "ana");
    ck_slice_eq(i->criteria, "2026-1");
    ck_slice_eq(i->reason, "because");
    ck_slice_eq(i->waiver, "none held");
    ck_slice_eq(i->controls, "a.8.16,a.5.26");
    ck_slice_eq(i->group, "Computer=fw1");
    ck_slice_eq(i->resolved_by, "bo");
    ck_assert(i->alert == 77 && i->occurred.ns == 11 && i->occurred_estimated && i->detected.ns == 12);
    ck_assert(i->opened.ns == NOON.ns && i->acknowledged.ns == 14 && i->decided.ns == 15 && i->contained.ns == 16);
    ck_assert(i->recovered.ns == 17 && i->resolved.ns == 18 && i->closed.ns == 19 && i->n_reopened == 2);
    return 0;
}

START_TEST(an_incident_comes_back_with_every_field)
{
    struct store_move move = fixture_move("opened", "ismsd", NOON);
    struct incident incident = full;
    struct arena arena;
    bool called = false;

    begin();
    IN_TRANSACTION(NOON, ck_assert_int_eq(store_incident_open(fixture_store, &incident, &move), 0));
    ck_assert_int_eq(incident.number, 1);
    ck_assert_int_eq(reader_incident(reader, 1, same_as_full, &called), 0);
    ck_assert(called);
    ck_assert_int_eq(reader_incident(reader, 2, same_as_full, &called), STORE_E_NOT_FOUND);
    ck_assert_int_eq(arena_init(&arena, 0, 1 << 20), 0);
    IN_TRANSACTION(NOON, {
        ck_assert_int_eq(store_incident_load(fixture_store, 1, &arena, &incident), 0);
        ck_assert_int_eq(store_incident_load(fixture_store, 2, &arena, &incident), STORE_E_NOT_FOUND);
    });
    arena_fini(&arena);
    end();
}
END_TEST

static int
collect_entry(void *ctx, const struct ledger_entry *e)
{
    buffer_printf(ctx, SLICE_FMT " by " SLICE_FMT ": " SLICE_FMT "|" SLICE_FMT "|" SLICE_FMT "\n", SLICE_ARG(e->verb),
        SLICE_ARG(e->by), SLICE_ARG(e->set), SLICE_ARG(e->was), SLICE_ARG(e->text));
    return 0;
}

START_TEST(a_move_is_an_entry_with_old_and_new_values_of_what_changed_and_nothing_else)
{
    struct store_move move = fixture_move("assigned", "ana", seconds_after_noon(5));
    struct incident incident = fixture_incident();
    CLEANUP_BUFFER struct buffer got = {0};

    begin();
    IN_TRANSACTION(NOON, {
        ck_assert_int_eq(store_incident_open(fixture_store, &incident, &move), 0);
        incident.owner = SLICE("bo");
        incident.severity = INCIDENT_S1;
        ck_assert_int_eq(store_incident_put(fixture_store, &incident, &move), 0);
        incident.owner = SLICE("");
        ck_assert_int_eq(store_incident_put(fixture_store, &incident, &move), 0);
        ck_assert_int_eq(store_incident_comment(fixture_store, incident.number, SLICE("hm\xff"), &move), 0);
        incident.number = 9;
        ck_assert_int_eq(store_incident_put(fixture_store, &incident, &move), STORE_E_NOT_FOUND);
    });
    ck_assert_int_eq(reader_timeline(reader, RECORD_INCIDENT, 1, collect_entry, &got), 0);
    ck_assert(slice_search(buffer_slice(&got), SLICE("incident.assigned by ana: {\"owner\":\"bo\",\"severity\":\"S1\"}|"
                                                     "{\"owner\":null,\"severity\":\"S2\"}|\n"
                                                     "incident.assigned by ana: {\"owner\":null}|{\"owner\":\"bo\"}|\n"
                                                     "incident.commented by ana: ||hm\xef\xbf\xbd\n")) != SIZE_MAX);
    end();
}
END_TEST

START_TEST(incidents_are_listed_by_state_severity_time_and_page)
{
    struct store_move move = fixture_move("moved", "ana", NOON);
    int i;

    begin();
    IN_TRANSACTION(NOON, {
        for (i = 1; i <= 6; i++) {
            struct incident incident = fixture_incident();

            incident.opened = seconds_after_noon(i);
            incident.severity_max = i % 2 == 0 ? INCIDENT_S1 : INCIDENT_S3;
            ck_assert_int_eq(store_incident_open(fixture_store, &incident, &move), 0);
            incident.state = i <= 2 ? INCIDENT_CLOSED : INCIDENT_NEW;
            incident.closed = i <= 2 ? seconds_after_noon(10 * i) : (struct walltime){0};
            ck_assert_int_eq(store_incident_put(fixture_store, &incident, &move), 0);
        }
    });
    ck_assert_str_eq(incidents((struct incident_filter){0}), "6 5 4 3 2 1");
    ck_assert_str_eq(incidents((struct incident_filter){.open_only = true}), "6 5 4 3");
    ck_assert_str_eq(incidents((struct incident_filter){.has_state = true, .state = INCIDENT_CLOSED}), "2 1");
    ck_assert_str_eq(incidents((struct incident_filter){.severity = INCIDENT_S1, .open_only = true}), "6 4");
    ck_assert_str_eq(incidents((struct incident_filter){.limit = 2}), "6 5");
    ck_assert_str_eq(incidents((struct incident_filter){.limit = 2, .before = 5}), "4 3");
    ck_assert_str_eq(incidents((struct incident_filter){
                         .by = INCIDENT_BY_OPENED, .from = seconds_after_noon(2), .until = seconds_after_noon(4)}),
        "3 2");
    ck_assert_str_eq(incidents((struct incident_filter){
                         .by = INCIDENT_BY_CLOSED, .from = seconds_after_noon(20), .until = seconds_after_noon(21)}),
        "2");
    end();
}
END_TEST

START_TEST(a_nonconformity_is_found_by_its_kind_until_it_is_rejected_or_over)
{
    struct store_move move = fixture_move("rejected", "ana", NOON);
    struct nonconformity n = fixture_nonconformity();
    struct nonconformity found;
    struct arena arena;

    begin();
    ck_assert_int_eq(arena_init(&arena, 0, 1 << 20), 0);
    IN_TRANSACTION(NOON, {
        ck_assert_int_eq(store_nonconformity_find(fixture_store, n.trigger, n.requirement, n.scope, &arena, &found),
            STORE_E_NOT_FOUND);
        ck_assert_int_eq(store_nonconformity_open(fixture_store, &n, &move), 0);
        ck_assert_int_eq(store_nonconformity_find(fixture_store, n.trigger, n.requirement, n.scope, &arena, &found), 0);
        ck_assert_int_eq(found.number, n.number);
        ck_slice_eq(found.statement, "fw1 is silent");
        ck_assert_int_eq(
            store_nonconformity_find(fixture_store, n.trigger, n.requirement, SLICE("fw2"), &arena, &found),
            STORE_E_NOT_FOUND);
        n.state = NONCONFORMITY_REJECTED;
        ck_assert_int_eq(store_nonconformity_put(fixture_store, &n, &move), 0);
        ck_assert_int_eq(store_nonconformity_find(fixture_store, n.trigger, n.requirement, n.scope, &arena, &found),
            STORE_E_NOT_FOUND);
    });
    arena_fini(&arena);
    end();
}
END_TEST

static int
collect_detection(void *ctx, const struct detection_record *d)
{
    buffer_printf(
        ctx, "%llu in %u: " SLICE_FMT, (unsigned long long)d->n, d->segment, SLICE_ARG(slice_head(d->line, 20)));
    buffer_printf(ctx, "%s\n", slice_search(d->line, SLICE("Failed password for root")) != SIZE_MAX ? " …" : " ?");
    return 0;
}

static int
check_restored(void *ctx, const struct alert *alert)
{
    struct alert want = fixture_alert();

    *(int *)ctx += 1;
    ck_assert(slice_eq(alert->key, want.key));
    ck_assert(slice_eq(alert->rule_uid, want.rule_uid) && slice_eq(alert->rule_title, want.rule_title));
    ck_assert_uint_eq(alert->n_groups, 2);
    ck_slice_eq(alert->groups[0].name, "Computer");
    ck_slice_eq(alert->groups[0].value, "fw1");
    ck_assert(!alert->groups[0].absent && alert->groups[1].absent);
    ck_assert(alert->level == RULE_HIGH && alert->last_detected.ns == NOON.ns && alert->minute == want.minute);
    ck_assert_uint_eq(alert->count, alert->n_minute);
    return 0;
}

START_TEST(an_open_alert_is_found_again_after_a_restart)
{
    struct alert alert = fixture_alert();
    int n = 0;

    begin();
    IN_TRANSACTION(NOON, ck_assert_int_eq(store_alert_open(fixture_store, &alert, NOON), 0));
    fixture_close();
    fixture_open_at(NOON);
    ck_assert_int_eq(store_alerts_load(fixture_store, check_restored, &n), 0);
    ck_assert_int_eq(n, 1);
    ck_assert_int_eq(reader_alert(reader, alert.number, check_restored, &n), 0);
    alert.count = alert.n_minute = 3;
    IN_TRANSACTION(NOON, ck_assert_int_eq(store_alert_update(fixture_store, &alert, NULL), 0));
    ck_assert_int_eq(store_alerts_load(fixture_store, check_restored, &n), 0);
    IN_TRANSACTION(NOON, ck_assert_int_eq(store_alert_close(fixture_store, &alert, NOON), 0));
    ck_assert_int_eq(n, 3);
    ck_assert_int_eq(store_alerts_load(fixture_store, check_restored, &n), 0);
    ck_assert_int_eq(n, 3);
    end();
}
END_TEST

START_TEST(an_alert_keeps_its_first_detections_and_the_latest_with_their_events)
{
    struct event event = fixture_event();
    struct detection d = {.rule = &fixture_rule, .event = &event, .detected = NOON};
    CLEANUP_BUFFER struct buffer got = {0};
    struct alert alert = fixture_alert();

    begin();
    alert.count = alert.n_minute = 9;
    alert.n_kept = 2;
    IN_TRANSACTION(NOON, {
        ck_assert_int_eq(store_alert_open(fixture_store, &alert, NOON), 0);
        ck_assert_int_eq(store_alert_detection(fixture_store, &alert, 1, &d), 0);
        ck_assert_int_eq(store_alert_detection(fixture_store, &alert, 2, &d), 0);
        ck_assert_int_eq(store_alert_update(fixture_store, &alert, &d), 0);
    });
    ck_assert_int_eq(reader_detections(reader, 1, collect_detection, &got), 0);
    ck_slice_eq(buffer_slice(&got), "1 in 1: {\"alert\":1,\"detected …\n2 in 1: {\"alert\":1,\"detected …\n"
                                    "9 in 0: {\"alert\":1,\"detected …\n");
    IN_TRANSACTION(NOON, ck_assert_int_eq(store_alert_close(fixture_store, &alert, NOON), 0));
    buffer_reset(&got);
    ck_assert_int_eq(reader_detections(reader, 1, collect_detection, &got), 0);
    ck_assert(slice_ends(buffer_slice(&got), SLICE("9 in 1: {\"alert\":1,\"detected …\n")));
    end();
}
END_TEST

START_TEST(counts_are_exact_over_any_window)
{
    struct alert_totals totals;

    begin();
    fixture_history(21, 5);
    fixture_history(21, 5);
    ck_assert_int_eq(reader_alert_totals(reader, NOON, seconds_after_noon(3600), &totals), 0);
    ck_assert_uint_eq(totals.n_alerts, 2);
    ck_assert_uint_eq(totals.n_incidents, 2);
    ck_assert_uint_eq(totals.n_detections, 42);
    ck_assert_int_eq(reader_alert_totals(reader, NOON, seconds_after_noon(60), &totals), 0);
    ck_assert_uint_eq(totals.n_detections, 22);
    ck_assert_int_eq(reader_alert_totals(reader, seconds_after_noon(60), seconds_after_noon(120), &totals), 0);
    ck_assert_uint_eq(totals.n_alerts, 0);
    ck_assert_uint_eq(totals.n_detections, 20);
    end();
}
END_TEST

static int
collect_interval(void *ctx, const struct source_interval *i)
{
    buffer_printf(ctx, SLICE_FMT " %s%s %lld-%lld\n", SLICE_ARG(i->name), source_state_name(i->state),
        i->required ? "!" : "", (long long)((i->from.ns - NOON.ns) / NS_PER_S),
        (long long)((i->until.ns - NOON.ns) / NS_PER_S));
    return 0;
}

static void
put_source(const char *name, enum source_state state, bool required, int64_t at)
{
    struct store_move move = fixture_move("", "ismsd", seconds_after_noon(at));
    struct source_record source = {.name = slice_str(name),
        .required = required,
        .state = state,
        .since = seconds_after_noon(at),
        .silence_ns = NS_PER_S};

    IN_TRANSACTION(NOON, ck_assert_int_eq(store_source_put(fixture_store, &source, &move), 0));
}

static int
check_source(void *ctx, const struct source_record *s)
{
    (void)ctx;
    ck_slice_eq(s->name, "fw1");
    ck_assert(s->state == SOURCE_SILENT && s->required && s->n_events == 12 && s->last_time.ns == 3);
    return 0;
}

START_TEST(a_source_tells_how_long_it_was_in_which_state)
{
    struct source_record activity = {
        .name = {"fw1", 3}, .first_seen = {1}, .last_received = {2}, .last_time = {3}, .n_events = 12};
    CLEANUP_BUFFER struct buffer got = {0};

    begin();
    put_source("fw1", SOURCE_REGISTERED, true, 0);
    put_source("fw1", SOURCE_REGISTERED, true, 5); /* nothing new */
    put_source("fw1", SOURCE_ACTIVE, true, 10);
    IN_TRANSACTION(NOON, ck_assert_int_eq(store_source_activity(fixture_store, &activity), 0));
    put_source("fw1", SOURCE_SILENT, true, 100);
    ck_assert_int_eq(
        reader_source_intervals(reader, seconds_after_noon(50), seconds_after_noon(300), collect_interval, &got), 0);
    ck_slice_eq(buffer_slice(&got), "fw1 active! 50-100\nfw1 silent! 100-300\n");
    ck_assert_int_eq(reader_sources(reader, check_source, NULL), 0);
    end();
}
END_TEST

static int
see_register(void *ctx, const struct source_record *s)
{
    buffer_printf(ctx, SLICE_FMT "/" SLICE_FMT "/" SLICE_FMT "/" SLICE_FMT "/%d/%lld/%u/%lld/%lld;",
        SLICE_ARG(s->owner), SLICE_ARG(s->criticality), SLICE_ARG(s->controls), SLICE_ARG(s->zone), s->expected,
        (long long)s->retention_ns, s->skew_n, (long long)s->skew_ns, (long long)s->usual);
    return 0;
}

START_TEST(what_the_register_says_of_a_source_is_an_entry_and_what_was_seen_of_it_stays)
{
    const struct store_move move = fixture_move("", "ismsd", NOON);
    struct source_record s = {.name = SLICE("fw1"),
        .state = SOURCE_ACTIVE,
        .since = NOON,
        .registered = NOON,
        .owner = SLICE("ana"),
        .criticality = SLICE("high"),
        .controls = SLICE("A.8.15"),
        .zone = SLICE("+01:00"),
        .expected = true,
        .retention_ns = 7,
        .skew_n = 5,
        .skew_ns = -NS_PER_S,
        .usual = 11};
    CLEANUP_BUFFER struct buffer got = {0};

    begin();
    IN_TRANSACTION(NOON, {
        ck_assert_int_eq(store_source_put(fixture_store, &s, &move), 0);
        ck_assert_int_eq(store_source_activity(fixture_store, &s), 0);
    });
    s.owner = SLICE("ben");
    s.skew_n = 0;
    IN_TRANSACTION(NOON, ck_assert_int_eq(store_source_put(fixture_store, &s, &move), 0));
    ck_assert_int_eq(reader_sources(reader, see_register, &got), 0);
    ck_slice_eq(buffer_slice(&got), "ben/high/A.8.15/+01:00/1/7/5/-1000000000/11;");
    fixture_expect("");
    end();
}
END_TEST

static int
see_hour(void *ctx, struct slice source, int64_t hour, uint64_t n)
{
    buffer_printf(ctx, SLICE_FMT " %lld %llu;", SLICE_ARG(source), (long long)hour, (unsigned long long)n);
    return 0;
}

START_TEST(hours_of_a_source_are_kept_until_they_are_forgotten)
{
    CLEANUP_BUFFER struct buffer got = {0};

    begin();
    IN_TRANSACTION(NOON, {
        ck_assert_int_eq(store_hour_put(fixture_store, SLICE("fw1"), 12, 7), 0);
        ck_assert_int_eq(store_hour_put(fixture_store, SLICE("fw1"), 10, 5), 0);
        ck_assert_int_eq(store_hour_put(fixture_store, SLICE("web"), 11, 0), 0);
        ck_assert_int_eq(store_hour_put(fixture_store, SLICE("fw1"), 12, 8), 0);
        ck_assert_int_eq(store_hours_forget(fixture_store, 11), 0);
    });
    ck_assert_int_eq(store_hours_load(fixture_store, see_hour, &got), 0);
    ck_slice_eq(buffer_slice(&got), "web 11 0;fw1 12 8;");
    end();
}
END_TEST

static int
see_learned(void *ctx, const struct learned_record *l)
{
    buffer_printf(ctx, SLICE_FMT "%s " SLICE_FMT " %llu %u;", SLICE_ARG(l->name), l->is_peer ? "!" : "",
        SLICE_ARG(l->peer), (unsigned long long)l->n_events, l->skew_n);
    return 0;
}

START_TEST(hosts_of_no_source_are_kept_by_name_until_they_are_forgotten)
{
    struct learned_record web = {SLICE("web\xff"), false, SLICE("192.0.2.1"), NOON, seconds_after_noon(2), 3, 1, -5};
    const struct learned_record peer = {SLICE("192.0.2.1"), true, SLICE(""), NOON, NOON, 1, 0, 0};
    CLEANUP_BUFFER struct buffer got = {0};

    begin();
    IN_TRANSACTION(NOON, {
        ck_assert_int_eq(store_learned_put(fixture_store, &web), 0);
        ck_assert_int_eq(store_learned_put(fixture_store, &peer), 0);
        web.n_events = 4;
        ck_assert_int_eq(store_learned_put(fixture_store, &web), 0);
    });
    ck_assert_int_eq(store_learned_load(fixture_store, see_learned, &got), 0);
    ck_slice_eq(buffer_slice(&got), "192.0.2.1!  1 0;web\xef\xbf\xbd 192.0.2.1 4 1;");
    buffer_reset(&got);
    IN_TRANSACTION(NOON, {
        ck_assert_int_eq(store_learned_forget(fixture_store, SLICE("192.0.2.1"), false), 0);
        ck_assert_int_eq(store_learned_forget(fixture_store, web.name, false), 0);
    });
    ck_assert_int_eq(reader_learned(reader, see_learned, &got), 0);
    ck_slice_eq(buffer_slice(&got), "192.0.2.1!  1 0;");
    end();
}
END_TEST

static int
see_maintenance(void *ctx, const struct maintenance *m)
{
    buffer_printf(ctx, "%lld %s " SLICE_FMT " " SLICE_FMT ";", (long long)m->number, maintenance_state_name(m->state),
        SLICE_ARG(m->scope), SLICE_ARG(m->report));
    return 0;
}

START_TEST(a_maintenance_is_a_record_from_its_declaration_to_its_report)
{
    const struct store_move move = fixture_move("declared", "ana", NOON);
    const struct store_move over = fixture_move("over", "ismsd", seconds_after_noon(60));
    struct maintenance m = {.state = MAINTENANCE_ACTIVE,
        .scope = SLICE("fw1"),
        .reason = SLICE("firmware"),
        .declared = NOON,
        .declared_by = SLICE("ana"),
        .starts = NOON,
        .until = seconds_after_noon(60)};
    CLEANUP_BUFFER struct buffer got = {0};

    begin();
    IN_TRANSACTION(NOON, ck_assert_int_eq(store_maintenance_open(fixture_store, &m, &move), 0));
    ck_assert_int_eq(store_maintenance_live(fixture_store, see_maintenance, &got), 0);
    m.state = MAINTENANCE_OVER;
    m.report = SLICE("nothing came");
    IN_TRANSACTION(NOON, ck_assert_int_eq(store_maintenance_put(fixture_store, &m, &over), 0));
    ck_assert_int_eq(store_maintenance_live(fixture_store, see_maintenance, &got), 0);
    ck_assert_int_eq(reader_maintenance(reader, 1, see_maintenance, &got), 0);
    ck_slice_eq(buffer_slice(&got), "1 active fw1 ;1 over fw1 nothing came;");
    ck_assert_int_eq(reader_maintenance(reader, 2, see_maintenance, &got), STORE_E_NOT_FOUND);
    fixture_expect("");
    end();
}
END_TEST

START_TEST(lags_add_up_by_hour_and_kind)
{
    uint64_t counts[LAG_BUCKETS] = {[3] = 5, [7] = 1};
    uint64_t got[LAG_BUCKETS] = {0};

    begin();
    IN_TRANSACTION(NOON, {
        ck_assert_int_eq(store_lag_add(fixture_store, LAG_RECEIVED, NOON, counts), 0);
        ck_assert_int_eq(store_lag_add(fixture_store, LAG_RECEIVED, seconds_after_noon(3599), counts), 0);
        ck_assert_int_eq(store_lag_add(fixture_store, LAG_RECEIVED, seconds_after_noon(3600), counts), 0);
        ck_assert_int_eq(store_lag_add(fixture_store, LAG_DETECTED, NOON, counts), 0);
    });
    ck_assert_int_eq(reader_lag(reader, LAG_RECEIVED, NOON, seconds_after_noon(3600), got), 0);
    ck_assert_uint_eq(got[3], 10);
    ck_assert_uint_eq(got[7], 2);
    end();
}
END_TEST

static int
see_window(void *ctx, struct slice rule, struct slice key, struct slice state)
{
    buffer_printf(ctx, SLICE_FMT "/%zu=" SLICE_FMT ";", SLICE_ARG(rule), key.n, SLICE_ARG(state));
    return 0;
}

START_TEST(correlation_windows_are_kept_replaced_and_removed)
{
    CLEANUP_BUFFER struct buffer got = {0};

    begin();
    IN_TRANSACTION(NOON, {
        ck_assert_int_eq(store_window_put(fixture_store, SLICE("r"), SLICE("a\0b"), SLICE("1")), 0);
        ck_assert_int_eq(store_window_put(fixture_store, SLICE("r"), SLICE("a\0c"), SLICE("2")), 0);
        ck_assert_int_eq(store_window_put(fixture_store, SLICE("r"), SLICE("a\0b"), SLICE("3")), 0);
        ck_assert_int_eq(store_window_put(fixture_store, SLICE("r"), SLICE("a\0c"), SLICE("")), 0);
        ck_assert_int_eq(store_window_put(fixture_store, SLICE("r"), SLICE("none"), SLICE("")), 0);
    });
    fixture_close();
    fixture_open_at(NOON);
    ck_assert_int_eq(store_windows_load(fixture_store, see_window, &got), 0);
    ck_slice_eq(buffer_slice(&got), "r/3=3;");
    end();
}
END_TEST

static int
see_sample(void *ctx, const struct kpi_sample *k)
{
    *(int *)ctx += 1;
    ck_slice_eq(k->kpi, "K05");
    ck_slice_eq(k->stratum, "S1");
    ck_assert(fabs(k->value - 87.654321) < 1e-9 && isnan(k->p50) && k->p90 == -3);
    ck_assert(k->n == 20 && k->n_open == 3 && k->version == 2 && k->ledger_size == 4);
    ck_assert(k->from.ns == NOON.ns && k->at.ns == seconds_after_noon(60).ns);
    return 0;
}

START_TEST(a_kpi_sample_comes_back_as_it_was_put)
{
    struct kpi_sample k = {SLICE("K05"), 2, SLICE("S1"), NOON, seconds_after_noon(60), seconds_after_noon(60), 20, 3,
        87.654321, NAN, -3, SLICE("n < 20"), SLICE(""), 4, SLICE("00ff")};
    int n = 0;

    begin();
    IN_TRANSACTION(NOON, ck_assert_int_eq(store_kpi_put(fixture_store, &k), 0));
    ck_assert_int_eq(reader_kpi_samples(reader, SLICE("K05"), NOON, seconds_after_noon(61), see_sample, &n), 0);
    ck_assert_int_eq(reader_kpi_samples(reader, SLICE("K06"), NOON, seconds_after_noon(61), see_sample, &n), 0);
    ck_assert_int_eq(reader_kpi_samples(reader, SLICE(""), NOON, seconds_after_noon(60), see_sample, &n), 0);
    ck_assert_int_eq(n, 1);
    end();
}
END_TEST

static struct digest leaf_three;

static int
hash_entry(void *ctx, const struct ledger_entry *e)
{
    return hasher_leaf(ctx, e->body, &leaf_three);
}

START_TEST(an_entry_is_proved_against_the_moment_a_reader_holds)
{
    CLEANUP(hasher_free) struct hasher *h = NULL;
    struct reader_moment moment;
    struct reader_moment later;
    struct proof proof;

    begin();
    fixture_history(20, 5);
    ck_assert_int_eq(hasher_new(&h), 0);
    ck_assert_int_eq(reader_begin(reader, &moment), 0);
    fixture_history(20, 5);
    ck_assert_int_eq(reader_entries(reader, 3, 1, hash_entry, h), 0);
    ck_assert_int_eq(reader_proof(reader, 3, moment.ledger_size, &proof), 0);
    ck_assert(proof_check_inclusion(&proof, h, 3, moment.ledger_size, &leaf_three, &moment.ledger_root));
    ck_assert_int_eq(reader_proof(reader, moment.ledger_size + 3, moment.ledger_size + 4, &proof), STORE_E_NOT_FOUND);
    reader_end(reader);
    ck_assert_int_eq(reader_begin(reader, &later), 0);
    ck_assert_uint_gt(later.ledger_size, moment.ledger_size);
    reader_end(reader);
    end();
}
END_TEST

START_TEST(hostile_text_stays_the_same_in_entry_and_record)
{
    struct store_move move = fixture_move("moved", "ana", NOON);
    struct incident incident = fixture_incident();
    struct alert alert = fixture_alert();

    begin();
    incident.title = SLICE("a\0b\xff\xed\xa0\x80'; DROP TABLE ledger; -- \x7f\x1b[2J");
    alert.groups[0].value = SLICE("\xff\0x\"]");
    alert.n_kept = 0;
    IN_TRANSACTION(NOON, {
        ck_assert_int_eq(store_incident_open(fixture_store, &incident, &move), 0);
        ck_assert_int_eq(store_alert_open(fixture_store, &alert, NOON), 0);
        move.actor = SLICE("\xff");
        incident.reason = SLICE("\xff\0");
        incident.decided = NOON;
        ck_assert_int_eq(store_incident_put(fixture_store, &incident, &move), 0);
    });
    end();
}
END_TEST

START_TEST(says_where_there_is_nothing_to_read)
{
    struct reader *none = NULL;

    ck_assert_int_eq(reader_open(&none, "/nonexistent"), STORE_E_NONE);
    ck_assert_ptr_null(none);
}
END_TEST

UNIT_MAIN("records", an_incident_comes_back_with_every_field,
    a_move_is_an_entry_with_old_and_new_values_of_what_changed_and_nothing_else,
    incidents_are_listed_by_state_severity_time_and_page,
    a_nonconformity_is_found_by_its_kind_until_it_is_rejected_or_over, an_open_alert_is_found_again_after_a_restart,
    an_alert_keeps_its_first_detections_and_the_latest_with_their_events, counts_are_exact_over_any_window,
    a_source_tells_how_long_it_was_in_which_state,
    what_the_register_says_of_a_source_is_an_entry_and_what_was_seen_of_it_stays,
    hours_of_a_source_are_kept_until_they_are_forgotten, hosts_of_no_source_are_kept_by_name_until_they_are_forgotten,
    a_maintenance_is_a_record_from_its_declaration_to_its_report, lags_add_up_by_hour_and_kind,
    correlation_windows_are_kept_replaced_and_removed, a_kpi_sample_comes_back_as_it_was_put,
    an_entry_is_proved_against_the_moment_a_reader_holds, hostile_text_stays_the_same_in_entry_and_record,
    says_where_there_is_nothing_to_read)
