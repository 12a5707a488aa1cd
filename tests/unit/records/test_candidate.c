/* SPDX-License-Identifier: Apache-2.0 */
#include "records/candidate.h"
#include "support/unit.h"

static const struct walltime at = {INT64_C(1700000000) * NS_PER_S};

START_TEST(every_trigger_names_itself_its_requirement_and_what_it_is_about)
{
    struct arena arena;
    unsigned i;

    ck_assert_int_eq(arena_init(&arena, 0, 1 << 16), 0);
    for (i = 0; i < TRIGGERS; i++) {
        struct nonconformity n;

        ck_assert_int_eq(candidate_make(i, SLICE("fw1"), SLICE("because"), at, NS_PER_S, &arena, &n), 0);
        ck_assert(slice_starts(n.trigger, SLICE("T")));
        ck_assert(slice_starts(n.requirement, SLICE("A.")));
        ck_assert_uint_ne(slice_search(n.statement, SLICE("fw1")), SIZE_MAX);
        ck_slice_eq(n.evidence, "because");
        ck_assert_int_eq(n.due.ns, at.ns + NS_PER_S);
        ck_assert_int_eq(n.state, NONCONFORMITY_DETECTED);
        ck_assert_int_ne(n.grade, GRADE_MAJOR);
    }
    arena_fini(&arena);
}
END_TEST

static bool
is_tampering(const char *tag, const char *control)
{
    const struct slice tags[] = {SLICE("attack.defense-evasion"), slice_str(tag)};
    const struct slice controls[] = {slice_str(control)};
    const struct rule rule = {.tags = tags, .n_tags = 2, .controls = controls, .n_controls = 1};

    return candidate_of_rule(&rule);
}

START_TEST(a_rule_about_logs_that_are_cleared_or_stopped_is_known_by_its_tags)
{
    ck_assert(is_tampering("attack.t1070.001", ""));
    ck_assert(is_tampering("attack.t1070.002", "a.8.16"));
    ck_assert(is_tampering("attack.t1562.012", ""));
    ck_assert(is_tampering("attack.t1562.001", "a.8.15"));
    ck_assert(is_tampering("attack.t1070.003", "A.8.15"));
    ck_assert(!is_tampering("attack.t1562.001", "a.8.7")); /* a virus scanner is no log */
    ck_assert(!is_tampering("attack.t1548.003", "a.8.15"));
    ck_assert(!is_tampering("", ""));
}
END_TEST

static const char *
duration(int64_t ns)
{
    static char text[DURATION_TEXT_MAX];

    return duration_print(ns, text);
}

START_TEST(durations_are_told_in_two_units)
{
    ck_assert_str_eq(duration(0), "0 ms");
    ck_assert_str_eq(duration(NS_PER_S - 1), "999 ms");
    ck_assert_str_eq(duration(61 * NS_PER_S), "1 min 1 s");
    ck_assert_str_eq(duration(3600 * NS_PER_S), "1 h");
    ck_assert_str_eq(duration(INT64_C(90061) * NS_PER_S), "1 d 1 h");
}
END_TEST

UNIT_MAIN("candidate", every_trigger_names_itself_its_requirement_and_what_it_is_about,
    a_rule_about_logs_that_are_cleared_or_stopped_is_known_by_its_tags, durations_are_told_in_two_units)
