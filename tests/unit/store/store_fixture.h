/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A store in a folder of its own, a clock that stands, one rule and one event: what every test of the store begins
 * with.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/store_alerts.h"
#include "store/store_incidents.h"
#include "store/store_nonconformities.h"
#include "store/store_runs.h"
#include "store/store_sources.h"
#include "store/verify.h"
#include "support/unit.h"

#define NOON ((struct walltime){INT64_C(1795435200) * NS_PER_S}) /* 2026-11-23T12:00:00Z */

static char fixture_dir[64];
static struct store *fixture_store;

static const struct rule fixture_rule = {
    .uid = {"5af54681", 8}, .title = {"SSH brute force", 15}, .level = RULE_HIGH, .sha256 = {1, 2, 3}};

static inline struct walltime
seconds_after_noon(int64_t s)
{
    return (struct walltime){NOON.ns + s * NS_PER_S};
}

static inline struct store_settings
fixture_settings(void)
{
    return (struct store_settings){fixture_dir, "test.example/isms", 60 * NS_PER_S, 1 << 20};
}

static inline void
fixture_open_at(struct walltime now)
{
    struct store_settings settings = fixture_settings();

    ck_assert_int_eq(store_open(&fixture_store, &settings, now), 0);
}

static inline void
fixture_begin(void)
{
    (void)snprintf(fixture_dir, sizeof(fixture_dir), "/tmp/isms-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fixture_dir));
    fixture_open_at(NOON);
}

static inline void
fixture_shell(const char *command)
{
    char line[4096];

    (void)snprintf(line, sizeof(line), "cd %s && %s", fixture_dir, command);
    ck_assert_msg(system(line) == 0, "%s", line);
}

/* Runs SQL from outside, as somebody with the file in hands would. */
static inline void
fixture_sql(const char *sql)
{
    char line[2048];

    (void)snprintf(line, sizeof(line), "sqlite3 records.db \"%s\" >/dev/null", sql);
    fixture_shell(line);
}

static inline void
fixture_close(void)
{
    store_close(TAKE(fixture_store));
}

static inline void
fixture_end(void)
{
    fixture_close();
    fixture_shell("rm -rf \"$PWD\"");
}

#define IN_TRANSACTION(now, ...)                               \
    do {                                                       \
        ck_assert_int_eq(store_begin(fixture_store), 0);       \
        __VA_ARGS__;                                           \
        ck_assert_int_eq(store_commit(fixture_store, now), 0); \
    } while (0)

static inline struct store_move
fixture_move(const char *verb, const char *actor, struct walltime at)
{
    return (struct store_move){verb, slice_str(actor), {NULL, 0}, at};
}

static inline struct event
fixture_event(void)
{
    static const struct slice raw = {"<86>1 2026-11-23T12:00:00Z fw1 sshd - - - Failed password for root", 67};
    struct event e = {
        .frame = {.raw = raw, .received = NOON, .peer = {"192.0.2.7", 9}}, .time = NOON, .time_given = true};

    return e;
}

static inline struct alert
fixture_alert(void)
{
    struct alert a = {.rule_uid = fixture_rule.uid,
        .rule_title = fixture_rule.title,
        .level = RULE_HIGH,
        .key = {"5af54681\0fw1", 12},
        .n_groups = 2,
        .occurred = NOON,
        .detected = NOON,
        .last_seen = NOON,
        .last_detected = NOON,
        .opened = NOON,
        .count = 1,
        .n_kept = 1,
        .kept_max = 100,
        .minute = NOON.ns / NS_PER_S / 60,
        .n_minute = 1};

    a.groups[0] = (struct alert_group){{"Computer", 8}, {"fw1", 3}, false};
    a.groups[1] = (struct alert_group){{"User", 4}, {NULL, 0}, true};
    return a;
}

static inline struct incident
fixture_incident(void)
{
    return (struct incident){.state = INCIDENT_NEW,
        .title = {"Brute force on fw1", 18},
        .severity = INCIDENT_S2,
        .severity_initial = INCIDENT_S2,
        .severity_max = INCIDENT_S2,
        .occurred = NOON,
        .detected = NOON,
        .opened = NOON,
        .alert = 1};
}

static inline struct nonconformity
fixture_nonconformity(void)
{
    return (struct nonconformity){.state = NONCONFORMITY_DETECTED,
        .grade = GRADE_MINOR,
        .trigger = {"T01", 3},
        .requirement = {"A.8.15", 6},
        .scope = {"fw1", 3},
        .statement = {"fw1 is silent", 13},
        .occurrences = 1,
        .detected = NOON,
        .last_occurred = NOON};
}

/* Findings of a verification, as one text, a line each. */
static struct buffer fixture_findings;

static inline void
fixture_found(void *ctx, const struct verify_finding *f)
{
    (void)ctx;
    buffer_printf(&fixture_findings, "%s %lld " SLICE_FMT ": " SLICE_FMT "\n", verify_subjects[f->subject].name,
        (long long)f->seq, SLICE_ARG(f->key), SLICE_ARG(f->text));
}

static inline int
fixture_verify(const struct verify_trust *trust)
{
    struct verify_summary summary;

    buffer_reset(&fixture_findings);
    return store_verify(fixture_dir, trust, fixture_found, NULL, &summary);
}

/* What a verification must say; "" stands for: all is well. */
static inline void
fixture_expect(const char *words)
{
    int r = fixture_verify(NULL);

    buffer_add_char(&fixture_findings, '\0');
    if (words[0] == '\0')
        ck_assert_msg(r == 0, "%d: %s", r, fixture_findings.p);
    else
        ck_assert_msg(r == VERIFY_E_BROKEN && strstr(fixture_findings.p, words) != NULL, "%d, want '%s' in:\n%s", r,
            words, fixture_findings.p);
    buffer_fini(&fixture_findings);
    fixture_findings = (struct buffer){0};
}

/* An alert with @n detections in two minutes, of which @kept in full and one as the latest, closed; an incident from
 * it. */
static inline void
fixture_history(uint64_t n, uint64_t kept)
{
    struct event event = fixture_event();
    struct detection d = {.rule = &fixture_rule, .event = &event, .detected = NOON};
    struct alert alert = fixture_alert();
    struct incident incident = fixture_incident();
    struct nonconformity nc = fixture_nonconformity();
    struct store_move move = fixture_move("acknowledged", "ana", seconds_after_noon(90));
    uint64_t i;

    alert.n_kept = kept;
    IN_TRANSACTION(NOON, {
        ck_assert_int_eq(store_alert_open(fixture_store, &alert, NOON), 0);
        for (i = 1; i <= kept; i++)
            ck_assert_int_eq(store_alert_detection(fixture_store, &alert, i, &d), 0);
        ck_assert_int_eq(store_incident_open(fixture_store, &incident, &move), 0);
        ck_assert_int_eq(store_alert_join(fixture_store, &alert, incident.number, &move), 0);
        ck_assert_int_eq(store_nonconformity_open(fixture_store, &nc, &move), 0);
    });
    alert.count = n;
    alert.n_minute = n / 2;
    IN_TRANSACTION(seconds_after_noon(70), {
        ck_assert_int_eq(store_alert_minute(fixture_store, &alert, alert.minute, n - n / 2, seconds_after_noon(60)), 0);
        alert.minute++;
        ck_assert_int_eq(store_alert_update(fixture_store, &alert, &d), 0);
    });
    incident.state = INCIDENT_ACKNOWLEDGED;
    incident.acknowledged = seconds_after_noon(90);
    incident.decided = seconds_after_noon(90);
    IN_TRANSACTION(seconds_after_noon(90), {
        ck_assert_int_eq(store_incident_put(fixture_store, &incident, &move), 0);
        ck_assert_int_eq(store_incident_comment(fixture_store, incident.number, SLICE("looking"), &move), 0);
    });
    IN_TRANSACTION(seconds_after_noon(200),
        { ck_assert_int_eq(store_alert_close(fixture_store, &alert, seconds_after_noon(200)), 0); });
}
