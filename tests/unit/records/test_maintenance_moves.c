/* SPDX-License-Identifier: Apache-2.0 */
#include "records/maintenance_moves.h"
#include "support/unit.h"

#define NOW     ((struct walltime){INT64_C(1700000000) * NS_PER_S})
#define HOUR    (3600 * NS_PER_S)
#define IN(ns_) ((struct walltime){NOW.ns + (ns_)})

static struct maintenance m;

static struct maintenance_wish
wish(void)
{
    return (struct maintenance_wish){.scope = SLICE("fw1"),
        .reason = SLICE("new firmware"),
        .actor = SLICE("ana"),
        .at = NOW,
        .until = IN(2 * HOUR),
        .length_max_ns = 24 * HOUR};
}

static void
ck_refused(const struct maintenance_wish *w, int outcome, const char *part)
{
    CLEANUP_BUFFER struct buffer why = {0};

    ck_assert_int_eq(maintenance_declare(w, &m, &why), outcome);
    buffer_add_char(&why, '\0');
    ck_assert_msg(strstr(why.p, part) != NULL, "want '%s' in: %s", part, why.p);
}

START_TEST(one_that_begins_now_is_active_and_ends_by_itself)
{
    CLEANUP_BUFFER struct buffer why = {0};
    struct maintenance_wish w = wish();

    ck_assert_int_eq(maintenance_declare(&w, &m, &why), 0);
    ck_assert_int_eq(m.state, MAINTENANCE_ACTIVE);
    ck_assert_int_eq(m.starts.ns, NOW.ns);
    ck_slice_eq(m.declared_by, "ana");
    ck_assert(!maintenance_tick(&m, IN(2 * HOUR - 1)));
    ck_assert(maintenance_tick(&m, IN(3 * HOUR)));
    ck_assert_int_eq(m.state, MAINTENANCE_OVER);
    ck_assert_int_eq(m.ended.ns, m.until.ns);
    ck_assert(!maintenance_tick(&m, IN(4 * HOUR)));
}
END_TEST

START_TEST(one_that_is_planned_begins_at_its_time_or_is_cancelled)
{
    CLEANUP_BUFFER struct buffer why = {0};
    struct maintenance_wish w = wish();

    w.starts = IN(HOUR);
    ck_assert_int_eq(maintenance_declare(&w, &m, &why), 0);
    ck_assert_int_eq(m.state, MAINTENANCE_PLANNED);
    ck_assert(!maintenance_tick(&m, IN(HOUR - 1)));
    ck_assert(maintenance_tick(&m, IN(HOUR)));
    ck_assert_int_eq(m.state, MAINTENANCE_ACTIVE);
    ck_assert_int_eq(maintenance_end(&m, IN(HOUR + 1), &why), 0);
    ck_assert_int_eq(m.state, MAINTENANCE_OVER);
    ck_assert_int_eq(m.ended.ns, NOW.ns + HOUR + 1);
    ck_assert_int_eq(maintenance_end(&m, IN(HOUR + 2), &why), RECORD_E_FORBIDDEN);
    ck_slice_eq(buffer_slice(&why), "a maintenance that is over cannot be ended");
    ck_assert_int_eq(maintenance_declare(&w, &m, &why), 0);
    ck_assert_int_eq(maintenance_end(&m, IN(1), &why), 0);
    ck_assert_int_eq(m.state, MAINTENANCE_CANCELLED);
    ck_assert(!maintenance_tick(&m, IN(9 * HOUR)));
}
END_TEST

START_TEST(it_needs_a_reason_an_end_and_a_length_that_is_allowed)
{
    struct maintenance_wish w = wish();

    w.reason = (struct slice){NULL, 0};
    ck_refused(&w, RECORD_E_INCOMPLETE, "a reason");
    w = wish();
    w.until.ns = 0;
    ck_refused(&w, RECORD_E_INCOMPLETE, "its end");
    w.until = NOW;
    ck_refused(&w, RECORD_E_ORDER, "end before it begins");
    w.until = IN(25 * HOUR);
    ck_refused(&w, RECORD_E_FORBIDDEN, "longer than 1 d");
    w = wish();
    w.starts = IN(-HOUR);
    ck_refused(&w, RECORD_E_ORDER, "cannot be excused afterwards");
}
END_TEST

START_TEST(its_report_grows_to_a_limit_and_says_so)
{
    struct maintenance one = {0};
    struct buffer b[2] = {{0}, {0}};
    unsigned i;

    for (i = 0; i < 200; i++) {
        buffer_reset(&b[i % 2]);
        maintenance_report(&one, SLICE("T05 of fw1 held back"), &b[i % 2]);
        one.report = buffer_slice(&b[i % 2]);
        ck_assert_uint_le(one.report.n, MAINTENANCE_REPORT_MAX + 16);
    }
    ck_assert(slice_starts(one.report, SLICE("T05 of fw1 held back; T05 of")));
    ck_assert(slice_ends(one.report, SLICE("held back; …")));
    buffer_fini(&b[0]);
    buffer_fini(&b[1]);
}
END_TEST

UNIT_MAIN("maintenance_moves", one_that_begins_now_is_active_and_ends_by_itself,
    one_that_is_planned_begins_at_its_time_or_is_cancelled, it_needs_a_reason_an_end_and_a_length_that_is_allowed,
    its_report_grows_to_a_limit_and_says_so)
