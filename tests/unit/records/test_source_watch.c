/* SPDX-License-Identifier: Apache-2.0 */
#include "records/source_watch.h"
#include "support/unit.h"

#define S(n) ((int64_t)(n)*NS_PER_S)

enum { N_MAX = 10 };

static const struct source_terms required = {{"fw1", 3}, true, true, S(900), S(86400)};
static const struct source_terms optional = {{"printer", 7}, false, false, S(900), S(86400)};
static const struct source_terms expected = {{"door", 4}, true, false, S(900), S(86400)};

static struct source_watch *w;
static struct walltime heard[N_MAX];
static int64_t now;
static size_t n_changes;
static const struct source_change *changes;

static void
start(const struct source_terms *terms, size_t n)
{
    now = S(1700000000);
    n_changes = 0;
    memset(heard, 0, sizeof(heard));
    ck_assert_int_eq(source_watch_new(&w, terms, n, (struct walltime){now}), 0);
}

static void
tick(int64_t seconds)
{
    now += S(seconds);
    changes = source_watch_tick(w, (struct walltime){now}, heard, &n_changes);
}

/* Ten seconds a tick until something changes, at most @seconds. Return: how many seconds it took, -1 if nothing. */
static int64_t
until_change(int64_t seconds)
{
    int64_t s;

    for (s = 10; s <= seconds; s += 10) {
        tick(10);
        if (n_changes > 0)
            return s;
    }
    return -1;
}

/* As the run before left it, a day and an hour ago. */
static void
restore(enum source_state state, bool candidate)
{
    const struct walltime before = {now - S(90000)};

    source_watch_restore(w, 0, &(struct source_past){state, before, before, candidate});
}

START_TEST(a_source_goes_from_registered_to_active_late_silent_and_back)
{
    start(&required, 1);
    tick(10);
    ck_assert_uint_eq(n_changes, 0);
    ck_assert_int_eq(source_watch_state(w, 0), SOURCE_REGISTERED);
    heard[0].ns = now;
    tick(0);
    ck_assert_uint_eq(n_changes, 1);
    ck_assert_int_eq(changes[0].from, SOURCE_REGISTERED);
    ck_assert_int_eq(changes[0].to, SOURCE_ACTIVE);
    ck_assert_int_eq(changes[0].at.ns, heard[0].ns);
    ck_assert_int_eq(until_change(10000), 460);
    ck_assert_int_eq(changes[0].to, SOURCE_LATE);
    ck_assert_int_eq(changes[0].at.ns, heard[0].ns + S(450));
    ck_assert_int_eq(until_change(10000), 910 - 460);
    ck_assert_int_eq(changes[0].to, SOURCE_SILENT);
    ck_assert_int_eq(changes[0].at.ns, heard[0].ns + S(900));
    ck_assert(!changes[0].candidate);
    heard[0].ns = now + 5;
    tick(10);
    ck_assert_int_eq(changes[0].from, SOURCE_SILENT);
    ck_assert_int_eq(changes[0].to, SOURCE_ACTIVE);
    ck_assert(!changes[0].ended);
    source_watch_free(w);
}
END_TEST

START_TEST(a_required_source_quiet_for_twice_its_limit_is_a_candidate_once_and_an_event_ends_it)
{
    start(&required, 1);
    heard[0].ns = now;
    tick(1);
    ck_assert_int_ge(until_change(10000), 0);
    ck_assert_int_ge(until_change(10000), 0);
    ck_assert_int_ge(until_change(10000), 0);
    ck_assert(changes[0].candidate);
    ck_assert_int_eq(changes[0].from, SOURCE_SILENT);
    ck_assert_int_eq(changes[0].to, SOURCE_SILENT);
    ck_assert_int_eq(changes[0].at.ns, heard[0].ns + S(1800));
    ck_assert_int_eq(until_change(100000), -1);
    heard[0].ns = now + 1;
    tick(1);
    ck_assert(changes[0].ended);
    ck_assert_int_eq(changes[0].to, SOURCE_ACTIVE);
    source_watch_free(w);
}
END_TEST

START_TEST(a_source_that_speaks_now_and_then_within_the_hold_is_no_candidate)
{
    int i;

    start(&required, 1);
    for (i = 0; i < 20; i++) {
        int k;

        heard[0].ns = now + 1;
        for (k = 0; k < 170; k++) {
            tick(10);
            ck_assert(n_changes == 0 || !changes[0].candidate);
        }
    }
    source_watch_free(w);
}
END_TEST

START_TEST(another_silence_is_told_again_for_another_occurrence)
{
    unsigned n = 0;
    int i;

    start(&required, 1);
    for (i = 0; i < 1000; i++) {
        if (i % 500 == 0)
            heard[0].ns = now + 1;
        tick(10);
        n += n_changes > 0 && changes[0].candidate;
    }
    ck_assert_uint_eq(n, 2);
    source_watch_free(w);
}
END_TEST

START_TEST(an_optional_source_and_one_without_a_limit_are_never_candidates)
{
    const struct source_terms terms[] = {optional, {SLICE("door"), true, true, 0, 0}};
    int i;

    start(terms, 2);
    heard[0].ns = heard[1].ns = now;
    for (i = 0; i < 1000; i++) {
        size_t k;

        tick(10);
        for (k = 0; k < n_changes; k++)
            ck_assert(!changes[k].candidate);
    }
    ck_assert_int_eq(source_watch_state(w, 0), SOURCE_SILENT);
    ck_assert_int_eq(source_watch_state(w, 1), SOURCE_ACTIVE);
    source_watch_free(w);
}
END_TEST

START_TEST(a_source_never_heard_is_a_candidate_too)
{
    int64_t began;

    start(&required, 1);
    began = now;
    ck_assert_int_eq(until_change(10000), 910);
    ck_assert_int_eq(changes[0].to, SOURCE_SILENT);
    ck_assert_int_eq(until_change(10000), 900);
    ck_assert(changes[0].candidate);
    ck_assert_int_eq(changes[0].at.ns, began + S(1800));
    source_watch_free(w);
}
END_TEST

START_TEST(our_own_absence_is_not_the_sources_silence)
{
    start(&required, 1);
    heard[0].ns = now;
    tick(1);
    tick(86400); /* stopped, suspended, or the clock was set */
    ck_assert_uint_eq(n_changes, 0);
    tick(-3600);
    ck_assert_uint_eq(n_changes, 0);
    ck_assert_int_eq(until_change(10000), 450);
    source_watch_free(w);
}
END_TEST

START_TEST(after_a_restart_quiet_begins_anew_and_a_known_silence_is_not_told_twice)
{
    start(&required, 1);
    restore(SOURCE_SILENT, true);
    ck_assert_int_eq(until_change(10000), -1);
    heard[0].ns = now + 1;
    tick(1);
    ck_assert_int_eq(changes[0].to, SOURCE_ACTIVE);
    ck_assert(changes[0].ended);
    source_watch_free(w);

    start(&required, 1);
    restore(SOURCE_SILENT, false);
    ck_assert_int_eq(until_change(10000), 1810);
    ck_assert(changes[0].candidate);
    source_watch_free(w);

    start(&required, 1);
    restore(SOURCE_ACTIVE, false);
    ck_assert_int_eq(until_change(10000), 460);
    ck_assert_int_eq(changes[0].to, SOURCE_LATE);
    source_watch_free(w);
}
END_TEST

static struct nonconformity
proposed(struct arena *arena)
{
    struct nonconformity n;
    size_t i;

    for (i = 0; i < n_changes && !changes[i].candidate; i++)
        ;
    ck_assert_uint_lt(i, n_changes);
    ck_assert_int_eq(source_watch_candidate(w, &changes[i], S(864000), arena, &n), 0);
    return n;
}

START_TEST(the_candidate_names_requirement_scope_and_evidence)
{
    struct arena arena;
    struct nonconformity n;

    ck_assert_int_eq(arena_init(&arena, 0, 1 << 20), 0);
    start(&required, 1);
    heard[0].ns = now;
    tick(1);
    while (n_changes == 0 || !changes[0].candidate)
        tick(10);
    n = proposed(&arena);
    ck_assert_int_eq(n.state, NONCONFORMITY_DETECTED);
    ck_assert_int_eq(n.grade, GRADE_MINOR);
    ck_slice_eq(n.trigger, "T01");
    ck_slice_eq(n.requirement, "A.8.15; NIS2 3.2.3k");
    ck_slice_eq(n.scope, "fw1");
    ck_assert(slice_starts(n.statement, SLICE("The required log source fw1 sends no events")));
    ck_slice_eq(n.evidence,
        "last event received 2023-11-14T22:13:20Z; listened in vain for 30 min 1 s; one is expected at least every "
        "15 min");
    ck_assert_uint_eq(n.occurrences, 1);
    ck_assert_int_eq(n.due.ns, n.detected.ns + S(864000));
    source_watch_free(w);
    start(&required, 1);
    while (n_changes == 0 || !changes[0].candidate)
        tick(10);
    n = proposed(&arena);
    ck_assert(slice_starts(n.evidence, SLICE("no event since the daemon began to listen at 2023-11-14T22:13:20Z; ")));
    source_watch_free(w);
    arena_fini(&arena);
}
END_TEST

/* Ten required sources, @n_dead of them with a limit of 13 hours and never a word, others speaking: after 26 hours. */
static enum nonconformity_grade
grade_with(size_t n_dead)
{
    struct source_terms terms[N_MAX];
    enum nonconformity_grade grade;
    struct arena arena;
    size_t i;

    ck_assert_int_eq(arena_init(&arena, 0, 1 << 20), 0);
    for (i = 0; i < N_MAX; i++)
        terms[i] = (struct source_terms){SLICE("x"), true, true, S(13 * 3600), 0};
    start(terms, N_MAX);
    do {
        for (i = n_dead; i < N_MAX; i++)
            heard[i].ns = now + 1;
        tick(60);
    } while (n_changes == 0 || !changes[0].candidate);
    grade = proposed(&arena).grade;
    arena_fini(&arena);
    source_watch_free(w);
    return grade;
}

START_TEST(suggests_major_only_when_more_than_a_fifth_of_the_required_are_gone_for_a_day)
{
    ck_assert_int_eq(grade_with(2), GRADE_MINOR);
    ck_assert_int_eq(grade_with(3), GRADE_MAJOR);
}
END_TEST

START_TEST(an_expected_source_never_heard_for_a_day_is_a_candidate_until_it_speaks)
{
    struct arena arena;
    struct nonconformity n;

    ck_assert_int_eq(arena_init(&arena, 0, 1 << 20), 0);
    start(&expected, 1);
    ck_assert_int_eq(until_change(86400 * 2), 910);
    ck_assert_int_eq(changes[0].to, SOURCE_SILENT);
    ck_assert(!changes[0].candidate);
    ck_assert_int_eq(until_change(86400 * 2), 86410 - 910);
    ck_assert(changes[0].candidate);
    n = proposed(&arena);
    ck_slice_eq(n.trigger, "T02");
    ck_slice_eq(n.evidence, "no event since it was registered at 2023-11-14T22:13:20Z; listened in vain for 1 d; one "
                            "is expected at least every 15 min");
    ck_assert_int_eq(until_change(86400 * 2), -1);
    heard[0].ns = now + 1;
    tick(1);
    ck_assert(changes[0].ended);
    source_watch_free(w);
    arena_fini(&arena);
}
END_TEST

START_TEST(a_restart_does_not_make_a_source_that_was_never_heard_new)
{
    start(&expected, 1);
    source_watch_restore(w, 0, &(struct source_past){.registered = {now - S(90000)}});
    ck_assert_int_eq(until_change(86400), 910);
    ck_assert_msg(changes[0].candidate, "listened in vain for its limit, a day after it was registered");
    source_watch_free(w);

    start(&expected, 1);
    source_watch_restore(w, 0, &(struct source_past){.registered = {now - S(90000)}, .candidate = true});
    ck_assert_int_eq(until_change(86400), 910);
    ck_assert_msg(!changes[0].candidate, "it was told already");
    source_watch_free(w);
}
END_TEST

START_TEST(in_maintenance_nothing_is_held_against_a_source_and_quiet_begins_anew_after_it)
{
    start(&required, 1);
    heard[0].ns = now;
    tick(1);
    source_watch_maintain(w, 0, true);
    tick(10);
    ck_assert_uint_eq(n_changes, 1);
    ck_assert_int_eq(changes[0].to, SOURCE_MAINTENANCE);
    ck_assert_int_eq(changes[0].at.ns, now);
    ck_assert_int_eq(until_change(86400), -1);
    source_watch_maintain(w, 0, false);
    tick(10);
    ck_assert_int_eq(changes[0].from, SOURCE_MAINTENANCE);
    ck_assert_int_eq(changes[0].to, SOURCE_ACTIVE);
    ck_assert_int_eq(changes[0].at.ns, now);
    ck_assert_int_eq(until_change(10000), 460);
    ck_assert_int_eq(changes[0].to, SOURCE_LATE);
    ck_assert_int_eq(until_change(10000), 450);
    ck_assert_int_eq(until_change(10000), 900);
    ck_assert(changes[0].candidate);
    source_watch_free(w);
}
END_TEST

START_TEST(an_event_in_maintenance_ends_a_silence_and_one_that_goes_on_is_not_told_again)
{
    start(&required, 1);
    restore(SOURCE_SILENT, true);
    source_watch_maintain(w, 0, true);
    tick(10);
    heard[0].ns = now + 1;
    tick(10);
    ck_assert(changes[0].ended);
    ck_assert_int_eq(changes[0].to, SOURCE_MAINTENANCE);
    source_watch_maintain(w, 0, false);
    tick(10);
    ck_assert_int_eq(changes[0].to, SOURCE_ACTIVE);
    source_watch_free(w);

    start(&required, 1);
    restore(SOURCE_SILENT, true);
    tick(10);
    source_watch_maintain(w, 0, true);
    tick(10);
    source_watch_maintain(w, 0, false);
    tick(10);
    ck_assert_int_eq(changes[0].to, SOURCE_SILENT);
    ck_assert_int_eq(until_change(100000), -1);
    source_watch_free(w);
}
END_TEST

UNIT_MAIN("source_watch", a_source_goes_from_registered_to_active_late_silent_and_back,
    a_required_source_quiet_for_twice_its_limit_is_a_candidate_once_and_an_event_ends_it,
    a_source_that_speaks_now_and_then_within_the_hold_is_no_candidate,
    another_silence_is_told_again_for_another_occurrence,
    an_optional_source_and_one_without_a_limit_are_never_candidates, a_source_never_heard_is_a_candidate_too,
    our_own_absence_is_not_the_sources_silence, after_a_restart_quiet_begins_anew_and_a_known_silence_is_not_told_twice,
    an_expected_source_never_heard_for_a_day_is_a_candidate_until_it_speaks,
    a_restart_does_not_make_a_source_that_was_never_heard_new,
    in_maintenance_nothing_is_held_against_a_source_and_quiet_begins_anew_after_it,
    an_event_in_maintenance_ends_a_silence_and_one_that_goes_on_is_not_told_again,
    the_candidate_names_requirement_scope_and_evidence,
    suggests_major_only_when_more_than_a_fifth_of_the_required_are_gone_for_a_day)
