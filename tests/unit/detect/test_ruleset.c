/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "support/matching.h"

static void
write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

#define RULE(id, title, detection) \
    "title: " title "\nid: " id "\nlogsource: {product: linux}\ndetection:\n" detection "level: low\n"
#define PLAIN "  k: [needle]\n  condition: k\n"
#define ID_A  "11111111-1111-4111-8111-111111111111"
#define ID_B  "22222222-2222-4222-8222-222222222222"

static const struct rule_report *
report(const struct ruleset *rs, const char *title)
{
    size_t n;
    const struct rule_report *reports = ruleset_reports(rs, &n);
    size_t i;

    for (i = 0; i < n; i++)
        if (slice_eq(reports[i].title, slice_str(title)))
            return &reports[i];
    ck_abort_msg("no report of %s", title);
}

START_TEST(reports_every_document_and_loads_the_others)
{
    static const char *const paths[] = {"ruleset_a.yml"};
    CLEANUP(ruleset_unref) struct ruleset *rs = NULL;
    CLEANUP_DIAG struct diag diag = {0};

    write_file("ruleset_a.yml",
        RULE(ID_A, "good", PLAIN) "---\n" RULE(ID_A, "twin", PLAIN) "---\n" RULE(
            ID_B, "broken", "  k: {f|re: 'a(b'}\n  condition: k\n") "---\n"
                                                                    "title: old\nstatus: deprecated\nlogsource: "
                                                                    "{product: linux}\ndetection:\n" PLAIN);
    ck_assert_int_eq(ruleset_load(&rs, paths, 1, NULL, &diag), 0);
    ck_assert_uint_eq(ruleset_rules(rs)->n, 1);
    ck_assert_ptr_nonnull(rules_find(ruleset_rules(rs), SLICE(ID_A)));
    ck_assert_int_eq(report(rs, "good")->status, RULE_LOADED);
    ck_assert_int_eq(report(rs, "twin")->status, RULE_REJECTED);
    ck_assert_int_eq(report(rs, "broken")->status, RULE_REJECTED);
    ck_assert_uint_eq(report(rs, "broken")->line, 21);
    ck_assert_uint_gt(report(rs, "broken")->reason.n, 0);
    ck_assert_int_eq(report(rs, "old")->status, RULE_SKIPPED);
    ck_assert_uint_eq(diag.n_errors, 2);
}
END_TEST

START_TEST(says_which_path_it_cannot_read_and_reads_the_rest)
{
    static const char *const paths[] = {"ruleset_nowhere", "ruleset_b.yml"};
    CLEANUP(ruleset_unref) struct ruleset *rs = NULL;
    CLEANUP_DIAG struct diag diag = {0};

    write_file("ruleset_b.yml", RULE(ID_A, "good", PLAIN));
    ck_assert_int_eq(ruleset_load(&rs, paths, 2, NULL, &diag), 0);
    ck_assert_uint_eq(ruleset_rules(rs)->n, 1);
    ck_assert_uint_eq(diag.n_errors, 1);
    ck_assert_str_eq(diag.items[0].file != NULL ? diag.items[0].file : "", "ruleset_nowhere");
}
END_TEST

START_TEST(loads_no_rules_at_all_and_matches_nothing)
{
    static const char *const paths[] = {"ruleset_empty"};
    CLEANUP(ruleset_unref) struct ruleset *rs = NULL;
    CLEANUP(matcher_free) struct matcher *m = NULL;
    CLEANUP_DIAG struct diag diag = {0};
    const struct event event = {.text = SLICE("anything")};
    const struct rule *const *hits;

    (void)mkdir("ruleset_empty", 0755);
    ck_assert_int_eq(ruleset_load(&rs, paths, 1, NULL, &diag), 0);
    ck_assert_uint_eq(ruleset_rules(rs)->n, 0);
    ck_assert_int_eq(matcher_new(&m, rs, NULL), 0);
    ck_assert_uint_eq(matcher_match(m, &event, &hits), 0);
}
END_TEST

START_TEST(stays_alive_as_long_as_anybody_holds_its_rules)
{
    static const char *const paths[] = {"ruleset_c.yml"};
    CLEANUP_DIAG struct diag diag = {0};
    struct ruleset *rs = NULL;
    struct matcher *m = NULL;
    struct rules *rules;

    write_file("ruleset_c.yml", RULE(ID_A, "good", PLAIN));
    ck_assert_int_eq(ruleset_load(&rs, paths, 1, NULL, &diag), 0);
    ck_assert_int_eq(matcher_new(&m, rs, NULL), 0);
    rules = rules_ref(ruleset_rules(rs));
    ruleset_unref(rs);
    matcher_free(m);
    ck_slice_eq(rules->items[0].title, "good");
    rules_unref(rules);
}
END_TEST

START_TEST(never_matches_a_correlation_itself)
{
    struct matching t;

    matching_text(&t,
        RULE(ID_A, "base", PLAIN) "---\ntitle: many\nid: " ID_B "\ncorrelation:\n  type: event_count\n"
                                  "  rules: [" ID_A
                                  "]\n  group-by: [src_ip]\n  timespan: 5m\n  condition: {gte: 3}\nlevel: high\n");
    ck_assert_uint_eq(ruleset_rules(t.on)->n, 2);
    ck_assert_uint_eq(matching_line(&t, SLICE("a needle")), 1);
    ck_slice_eq(t.hits[0]->title, "base");
    ck_assert_uint_eq(t.hits[0]->n_counted_by, 1);
    matching_close(&t);
}
END_TEST

START_TEST(warns_of_a_keyword_that_stands_in_nearly_every_event)
{
    static const char *const paths[] = {"ruleset_d.yml"};
    CLEANUP(ruleset_unref) struct ruleset *rs = NULL;
    CLEANUP_DIAG struct diag diag = {0};
    size_t n_before;

    write_file("ruleset_d.yml", RULE(ID_A, "good", PLAIN));
    ck_assert_int_eq(ruleset_load(&rs, paths, 1, NULL, &diag), 0);
    n_before = diag.n_warnings;
    ruleset_unref(rs);
    write_file("ruleset_d.yml", RULE(ID_A, "vague", "  k: ['e']\n  condition: k\n") "---\n" RULE(
                                    ID_B, "vaguer", "  k: {'|re': '.+'}\n  condition: k\n"));
    ck_assert_int_eq(ruleset_load(&rs, paths, 1, NULL, &diag), 0);
    ck_assert_uint_eq(ruleset_rules(rs)->n, 2);
    ck_assert_uint_eq(diag.n_warnings, 2 * n_before + 2);
}
END_TEST

UNIT_MAIN("ruleset", reports_every_document_and_loads_the_others, says_which_path_it_cannot_read_and_reads_the_rest,
    loads_no_rules_at_all_and_matches_nothing, stays_alive_as_long_as_anybody_holds_its_rules,
    never_matches_a_correlation_itself, warns_of_a_keyword_that_stands_in_nearly_every_event)
