/* SPDX-License-Identifier: Apache-2.0 */
#include "records/category.h"
#include "records/incident_opening.h"
#include "support/unit.h"

static struct arena arena;

static struct alert
alert_of(enum rule_level level)
{
    return (struct alert){.number = 7,
        .rule_title = SLICE("Brute force"),
        .level = level,
        .groups = {{SLICE("src_ip"), SLICE("192.0.2.1"), false}, {SLICE("user"), {NULL, 0}, true}},
        .n_groups = 2,
        .occurred = {100 * NS_PER_S},
        .detected = {110 * NS_PER_S}};
}

static struct incident
opened(const struct alert *a, const struct rule *rule)
{
    struct incident i;

    ck_assert_int_eq(arena_init(&arena, 0, 1 << 20), 0);
    ck_assert_int_eq(incident_open(&i, a, rule, (struct walltime){111 * NS_PER_S}, &arena), 0);
    return i;
}

START_TEST(an_alert_of_the_level_or_above_opens_one_and_one_below_does_not)
{
    struct alert high = alert_of(RULE_HIGH);
    struct alert medium = alert_of(RULE_MEDIUM);

    ck_assert_int_eq(incident_call(&high, RULE_HIGH, NULL), INCIDENT_CALL_OPENS);
    ck_assert_int_eq(incident_call(&medium, RULE_HIGH, NULL), INCIDENT_CALL_NONE);
    high.incident = 3;
    ck_assert_int_eq(incident_call(&high, RULE_HIGH, NULL), INCIDENT_CALL_NONE);
}
END_TEST

START_TEST(an_alert_joins_an_incident_of_its_key_that_waits_and_no_other)
{
    struct alert a = alert_of(RULE_HIGH);
    int state;

    for (state = INCIDENT_NEW; state <= INCIDENT_CLOSED; state++) {
        struct incident i = {.state = (enum incident_state)state};
        bool over = state == INCIDENT_REJECTED || state == INCIDENT_CLOSED;

        ck_assert_int_eq(incident_call(&a, RULE_HIGH, &i), over ? INCIDENT_CALL_OPENS : INCIDENT_CALL_JOINS);
    }
}
END_TEST

START_TEST(the_level_gives_the_severity)
{
    ck_assert_int_eq(incident_severity_of(RULE_CRITICAL), INCIDENT_S1);
    ck_assert_int_eq(incident_severity_of(RULE_HIGH), INCIDENT_S2);
    ck_assert_int_eq(incident_severity_of(RULE_MEDIUM), INCIDENT_S3);
    ck_assert_int_eq(incident_severity_of(RULE_LOW), INCIDENT_S4);
    ck_assert_int_eq(incident_severity_of(RULE_INFORMATIONAL), INCIDENT_S4);
}
END_TEST

START_TEST(fills_in_what_the_alert_and_its_rule_say)
{
    const struct slice tags[] = {SLICE("attack.t1110"), SLICE("rsit.intrusion-attempts.login-attempts")};
    const struct slice controls[] = {SLICE("a.8.16"), SLICE("a.8.5")};
    const struct rule rule = {.tags = tags, .n_tags = 2, .controls = controls, .n_controls = 2};
    struct alert a = alert_of(RULE_HIGH);
    struct incident i = opened(&a, &rule);

    ck_assert_int_eq(i.state, INCIDENT_NEW);
    ck_slice_eq(i.title, "Brute force");
    ck_slice_eq(i.category, "intrusion-attempts/login-attempts");
    ck_slice_eq(i.controls, "a.8.16,a.8.5");
    ck_slice_eq(i.group, "src_ip=192.0.2.1, user absent");
    ck_assert_int_eq(i.severity, INCIDENT_S2);
    ck_assert_int_eq(i.severity_initial, INCIDENT_S2);
    ck_assert_int_eq(i.severity_max, INCIDENT_S2);
    ck_assert_int_eq(i.alert, 7);
    ck_assert_int_eq(i.occurred.ns, 100 * NS_PER_S);
    ck_assert_int_eq(i.detected.ns, 110 * NS_PER_S);
    ck_assert_int_eq(i.opened.ns, 111 * NS_PER_S);
    ck_assert_int_eq(i.acknowledged.ns, 0);
    ck_assert(!i.occurred_estimated);
    arena_fini(&arena);
}
END_TEST

START_TEST(a_rule_that_is_gone_or_names_no_class_makes_it_other)
{
    const struct slice tags[] = {SLICE("rsit.burglary"), SLICE("rsit."), SLICE("rsit.fraud.")};
    const struct rule rule = {.tags = tags, .n_tags = 3};
    struct alert a = alert_of(RULE_HIGH);

    ck_slice_eq(opened(&a, NULL).category, "other");
    arena_fini(&arena);
    ck_slice_eq(opened(&a, &rule).category, "other");
    arena_fini(&arena);
}
END_TEST

START_TEST(an_event_stamped_after_its_detection_counts_as_estimated)
{
    struct alert a = alert_of(RULE_HIGH);
    struct incident i;

    a.occurred.ns = a.detected.ns + 1;
    i = opened(&a, NULL);
    ck_assert_int_eq(i.occurred.ns, a.detected.ns);
    ck_assert(i.occurred_estimated);
    arena_fini(&arena);
}
END_TEST

START_TEST(knows_the_classes_of_the_taxonomy_alone_or_with_a_type)
{
    ck_assert(category_valid(SLICE("malicious-code")));
    ck_assert(category_valid(SLICE("malicious-code/ransomware")));
    ck_assert(!category_valid(SLICE("malicious-code/")));
    ck_assert(!category_valid(SLICE("malicious")));
    ck_assert(!category_valid(SLICE("")));
}
END_TEST

UNIT_MAIN("incident_opening", an_alert_of_the_level_or_above_opens_one_and_one_below_does_not,
    an_alert_joins_an_incident_of_its_key_that_waits_and_no_other, the_level_gives_the_severity,
    fills_in_what_the_alert_and_its_rule_say, a_rule_that_is_gone_or_names_no_class_makes_it_other,
    an_event_stamped_after_its_detection_counts_as_estimated, knows_the_classes_of_the_taxonomy_alone_or_with_a_type)
