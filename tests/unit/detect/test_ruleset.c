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

/* Rules that follow one another, as at reloads: a minute apart. */
static struct ruleset *in_force;
static struct diag said;
static int64_t minute;

static void
reload(const char *text)
{
    static const char *const paths[] = {"ruleset_keep"};
    const struct ruleset_options options = {.prefilter = true, .now = {++minute * 60 * NS_PER_S}, .before = in_force};
    struct ruleset *next = NULL;

    (void)mkdir("ruleset_keep", 0700);
    if (text != NULL)
        write_file("ruleset_keep/a.yml", text);
    diag_fini(&said);
    ck_assert_int_eq(ruleset_load(&next, paths, 1, &options, &said), 0);
    ruleset_unref(in_force);
    in_force = next;
}

static void
end_reloads(void)
{
    ruleset_unref(TAKE(in_force));
    diag_fini(&said);
    (void)unlink("ruleset_keep/a.yml");
    (void)unlink("ruleset_keep/b.yml");
    (void)rmdir("ruleset_keep");
}

static bool
is_in_force(const char *uid)
{
    return rules_find(ruleset_rules(in_force), slice_str(uid)) != NULL;
}

static const struct rule_report *
kept_report(const char *uid)
{
    size_t n;
    const struct rule_report *reports = ruleset_reports(in_force, &n);
    size_t i;

    for (i = 0; i < n; i++)
        if (reports[i].status == RULE_KEPT && slice_eq(reports[i].uid, slice_str(uid)))
            return &reports[i];
    return NULL;
}

#define GOOD_A RULE(ID_A, "a", PLAIN)
#define BAD_A  RULE(ID_A, "a, changed", "  k: [x]\n  condition: kk\n")
#define GOOD_B RULE(ID_B, "b", PLAIN)

START_TEST(a_rule_whose_new_version_is_rejected_goes_on_as_it_was)
{
    reload(GOOD_A "---\n" GOOD_B);
    reload(BAD_A "---\n" GOOD_B);
    ck_assert_uint_eq(ruleset_rules(in_force)->n, 2);
    ck_slice_eq(rules_find(ruleset_rules(in_force), SLICE(ID_A))->title, "a");
    ck_assert_uint_eq(ruleset_count(in_force, RULE_LOADED), 1);
    ck_assert_uint_eq(ruleset_count(in_force, RULE_KEPT), 1);
    ck_assert_uint_eq(ruleset_count(in_force, RULE_REJECTED), 1);
    ck_slice_eq(kept_report(ID_A)->reason,
        "running as of 1970-01-01T00:01:00Z, new version rejected: ruleset_keep/a.yml:6:14: "
        "in the condition, at 'kk': there is no such identifier");
    ck_assert_uint_eq(said.n_errors, 1);
    ck_assert_uint_eq(said.n_warnings, 1);
    end_reloads();
}
END_TEST

START_TEST(it_goes_on_over_further_reloads_as_of_when_it_was_read)
{
    reload(GOOD_A);
    reload(GOOD_A);
    reload(BAD_A);
    reload("title: [\n");
    reload(BAD_A);
    ck_assert_uint_ne(slice_search(kept_report(ID_A)->reason, SLICE("as of 1970-01-01T00:02:00Z")), SIZE_MAX);
    reload(RULE(ID_A, "a, mended", PLAIN));
    ck_slice_eq(rules_find(ruleset_rules(in_force), SLICE(ID_A))->title, "a, mended");
    ck_assert_uint_eq(ruleset_count(in_force, RULE_KEPT), 0);
    end_reloads();
}
END_TEST

START_TEST(it_goes_on_whatever_is_wrong_with_its_file)
{
    static const char *const wrong[] = {"title: [\n", "\xff\n", "- a list\n", BAD_A,
        RULE(ID_A, "a", "  k: {f|re: 'a(b'}\n  condition: k\n"), RULE("another id", "a", "  k: []\n  condition: k\n")};
    size_t i;

    for (i = 0; i < ARRAY_LEN(wrong); i++) {
        reload(GOOD_A);
        reload(wrong[i]);
        ck_assert_msg(kept_report(ID_A) != NULL && is_in_force(ID_A), "%s", wrong[i]);
    }
    reload(GOOD_A);
    ck_assert_int_eq(unlink("ruleset_keep/a.yml"), 0);
    ck_assert_int_eq(symlink("nowhere", "ruleset_keep/a.yml"), 0);
    reload(NULL);
    ck_assert_ptr_nonnull(kept_report(ID_A));
    end_reloads();
}
END_TEST

START_TEST(what_was_taken_out_is_gone)
{
    static const char *const without[] = {"", "# empty\n", GOOD_B, RULE(ID_A, "a", PLAIN "status: deprecated\n")};
    size_t i;

    for (i = 0; i < ARRAY_LEN(without); i++) {
        reload(GOOD_A);
        reload(without[i]);
        ck_assert_msg(!is_in_force(ID_A) || ruleset_count(in_force, RULE_LOADED) > 1, "%s", without[i]);
        ck_assert_ptr_null(kept_report(ID_A));
    }
    reload(GOOD_A);
    ck_assert_int_eq(unlink("ruleset_keep/a.yml"), 0);
    reload(NULL);
    ck_assert_uint_eq(ruleset_rules(in_force)->n, 0);
    end_reloads();
}
END_TEST

START_TEST(a_document_that_never_could_be_loaded_keeps_nothing_else)
{
    static const char never[] = "---\n" RULE("never", "never", "  k: [x]\n  condition: no\n");
    char text[2048];

    (void)snprintf(text, sizeof(text), "%s%s", GOOD_A "---\n" GOOD_B, never);
    reload(text);
    (void)snprintf(text, sizeof(text), "%s%s", GOOD_B, never);
    reload(text);
    ck_assert(!is_in_force(ID_A));
    ck_assert(is_in_force(ID_B));
    end_reloads();
}
END_TEST

START_TEST(a_rule_that_moved_to_another_file_is_loaded_from_there)
{
    reload(GOOD_A);
    write_file("ruleset_keep/b.yml", RULE(ID_A, "a, moved", PLAIN));
    reload(BAD_A);
    ck_slice_eq(rules_find(ruleset_rules(in_force), SLICE(ID_A))->title, "a, moved");
    ck_assert_ptr_null(kept_report(ID_A));
    end_reloads();
}
END_TEST

#define COUNTING(rules)                                                                                             \
    "title: c\nid: c\ncorrelation:\n  type: event_count\n  rules: [" rules "]\n  timespan: 1m\n  condition: {gte: " \
    "3}\n"

START_TEST(a_correlation_goes_on_counting_a_rule_that_is_kept)
{
    reload(GOOD_A);
    write_file("ruleset_keep/b.yml", COUNTING(ID_A));
    reload(GOOD_A);
    reload(BAD_A);
    ck_assert(is_in_force("c"));
    ck_assert_ptr_null(kept_report("c"));
    ck_assert_uint_eq(rules_find(ruleset_rules(in_force), SLICE(ID_A))->n_counted_by, 1);
    ck_assert_uint_eq(said.n_errors, 1);
    end_reloads();
}
END_TEST

START_TEST(a_correlation_is_kept_too_but_not_without_what_it_counts)
{
    reload(GOOD_A);
    write_file("ruleset_keep/b.yml", COUNTING(ID_A));
    reload(GOOD_A);
    write_file("ruleset_keep/b.yml", COUNTING("nothing"));
    reload(GOOD_A);
    ck_assert_ptr_nonnull(kept_report("c"));
    ck_assert_ptr_eq(rules_find(ruleset_rules(in_force), SLICE("c"))->correlation->rules[0],
        rules_find(ruleset_rules(in_force), SLICE(ID_A)));
    ck_assert_int_eq(unlink("ruleset_keep/a.yml"), 0);
    reload(NULL);
    ck_assert(!is_in_force("c"));
    end_reloads();
}
END_TEST

START_TEST(the_digest_of_a_kept_rule_is_that_of_its_text)
{
    unsigned char before[32];

    reload(GOOD_A);
    memcpy(before, rules_find(ruleset_rules(in_force), SLICE(ID_A))->sha256, sizeof(before));
    reload(BAD_A);
    ck_assert_mem_eq(rules_find(ruleset_rules(in_force), SLICE(ID_A))->sha256, before, sizeof(before));
    end_reloads();
}
END_TEST

START_TEST(without_a_time_nothing_is_remembered)
{
    static const char *const paths[] = {"ruleset_a.yml"};
    const struct ruleset_options following = {.prefilter = true};
    struct ruleset_options after = following;
    struct ruleset *first;
    struct ruleset *second;

    write_file("ruleset_a.yml", GOOD_A);
    ck_assert_int_eq(ruleset_load(&first, paths, 1, &following, &said), 0);
    write_file("ruleset_a.yml", BAD_A);
    after.before = first;
    ck_assert_int_eq(ruleset_load(&second, paths, 1, &after, &said), 0);
    ck_assert_uint_eq(ruleset_rules(second)->n, 0);
    ruleset_unref(first);
    ruleset_unref(second);
    diag_fini(&said);
}
END_TEST

#define FILTER(title, logsource, rules)                                    \
    "title: " title "\nlogsource: " logsource "\nfilter:\n  rules: " rules \
    "\n  selection: [harmless]\n  sel_of_rule: [exempted]\n"               \
    "  condition: not selection and not sel_of_rule\n"

static size_t
matches(struct ruleset *rs, const char *text)
{
    static const struct logsource linux_sudo = {.product = SLICE("linux"), .service = SLICE("sudo")};
    CLEANUP(matcher_free) struct matcher *m = NULL;
    const struct event event = {.text = slice_str(text), .logsources = {&linux_sudo}, .n_logsources = 1};
    const struct rule *const *hits;

    ck_assert_int_eq(matcher_new(&m, rs, NULL), 0);
    return matcher_match(m, &event, &hits);
}

START_TEST(filters_narrow_the_rules_they_name_and_no_others)
{
    static const char *const paths[] = {"ruleset_filters.yml"};
    CLEANUP(ruleset_unref) struct ruleset *rs = NULL;
    CLEANUP_DIAG struct diag diag = {0};

    write_file(paths[0], FILTER("f", "{product: linux}", "[" ID_A "]") "---\n" RULE(ID_A, "narrowed",
                             "  sel_a: [needle]\n  condition: 1 of sel_*\n") "---\n" RULE(ID_B, "whole", PLAIN));
    ck_assert_int_eq(ruleset_load(&rs, paths, 1, NULL, &diag), 0);
    ck_assert_uint_eq(diag.n_errors + diag.n_warnings, 0);
    ck_assert_uint_eq(ruleset_rules(rs)->n, 2);
    ck_assert_int_eq(report(rs, "f")->status, RULE_LOADED);
    ck_assert_uint_eq(matches(rs, "a needle"), 2);
    ck_assert_uint_eq(matches(rs, "a harmless needle"), 1);
    ck_assert_uint_eq(matches(rs, "a needle, exempted"), 1);
    ck_assert_uint_eq(matches(rs, "exempted"), 0);
}
END_TEST

START_TEST(a_filter_of_any_rule_keeps_to_its_log_source)
{
    static const char *const paths[] = {"ruleset_filters.yml"};
    CLEANUP(ruleset_unref) struct ruleset *rs = NULL;
    CLEANUP_DIAG struct diag diag = {0};

    write_file(paths[0], FILTER("f", "{product: linux, service: sudo}", "any") "---\n" RULE(ID_A, "wider",
                             PLAIN) "---\n"
                                    "title: narrower\nid: " ID_B
                                    "\nlogsource: {product: linux, service: sudo, category: c}\ndetection:\n" PLAIN
                                    "---\ntitle: same\nlogsource: {product: linux, service: sudo}\ndetection:\n" PLAIN);
    ck_assert_int_eq(ruleset_load(&rs, paths, 1, NULL, &diag), 0);
    ck_assert_uint_eq(diag.n_errors + diag.n_warnings, 0);
    ck_assert_uint_eq(matches(rs, "a needle"), 2);
    ck_assert_uint_eq(matches(rs, "a harmless needle"), 1);
}
END_TEST

START_TEST(says_where_a_filter_names_no_rule_or_one_it_cannot_narrow)
{
    static const char *const paths[] = {"ruleset_filters.yml"};
    CLEANUP(ruleset_unref) struct ruleset *rs = NULL;
    CLEANUP_DIAG struct diag diag = {0};

    write_file(paths[0],
        FILTER("lost", "{product: linux}", "[no-such-rule]") "---\n" FILTER(
            "astray", "{product: windows}", "[" ID_A "]") "---\n" FILTER("above", "{product: linux}",
            "[many]") "---\n" RULE(ID_A, "a", PLAIN) "---\ntitle: many\ncorrelation: {type: event_count, rules: [" ID_A
                                                     "], timespan: 1m, condition: {gte: 2}}\n");
    ck_assert_int_eq(ruleset_load(&rs, paths, 1, NULL, &diag), 0);
    ck_assert_uint_eq(diag.n_errors, 0);
    ck_assert_uint_eq(diag.n_warnings, 3);
    ck_assert_int_eq(report(rs, "lost")->status, RULE_SKIPPED);
    ck_assert_int_eq(report(rs, "astray")->status, RULE_SKIPPED);
    ck_assert_int_eq(report(rs, "above")->status, RULE_SKIPPED);
    ck_assert_uint_eq(matches(rs, "a harmless needle"), 1);
}
END_TEST

START_TEST(lists_come_from_values_and_from_files)
{
    static const char *const paths[] = {"ruleset_lists.yml"};
    static const char *const values[] = {"alice"};
    static const struct rule_list lists[] = {
        {"admins", values, 1, "ruleset_list.txt"}, {"gone", NULL, 0, "ruleset_no_such_list.txt"}};
    const struct ruleset_options options = {.prefilter = true, .lists = lists, .n_lists = 2};
    CLEANUP(ruleset_unref) struct ruleset *rs = NULL;
    CLEANUP_DIAG struct diag diag = {0};

    write_file("ruleset_list.txt", "# those who may\n\n  bob \ncar*l\n#dave\n");
    write_file(paths[0], RULE(ID_A, "a", "  k:\n    '|expand': ' %admins% '\n  condition: k\n") "---\n" RULE(
                             ID_B, "b", "  k:\n    '|expand': '%gone%'\n  condition: k\n"));
    ck_assert_int_eq(ruleset_load(&rs, paths, 1, &options, &diag), 0);
    ck_assert_uint_eq(diag.n_errors, 2);
    ck_assert_str_eq(diag.items[0].file, "ruleset_no_such_list.txt");
    ck_assert_int_eq(report(rs, "b")->status, RULE_REJECTED);
    ck_assert(slice_search(report(rs, "b")->reason, SLICE("the list for %gone% is empty")) != SIZE_MAX);
    ck_assert_uint_eq(matches(rs, "su alice ok"), 1);
    ck_assert_uint_eq(matches(rs, "su bob ok"), 1);
    ck_assert_uint_eq(matches(rs, "su carol ok"), 1);
    ck_assert_uint_eq(matches(rs, "su dave ok"), 0);
}
END_TEST

UNIT_MAIN("ruleset", reports_every_document_and_loads_the_others, says_which_path_it_cannot_read_and_reads_the_rest,
    loads_no_rules_at_all_and_matches_nothing, stays_alive_as_long_as_anybody_holds_its_rules,
    never_matches_a_correlation_itself, warns_of_a_keyword_that_stands_in_nearly_every_event,
    a_rule_whose_new_version_is_rejected_goes_on_as_it_was, it_goes_on_over_further_reloads_as_of_when_it_was_read,
    it_goes_on_whatever_is_wrong_with_its_file, what_was_taken_out_is_gone,
    a_document_that_never_could_be_loaded_keeps_nothing_else, a_rule_that_moved_to_another_file_is_loaded_from_there,
    a_correlation_goes_on_counting_a_rule_that_is_kept, a_correlation_is_kept_too_but_not_without_what_it_counts,
    the_digest_of_a_kept_rule_is_that_of_its_text, without_a_time_nothing_is_remembered,
    filters_narrow_the_rules_they_name_and_no_others, a_filter_of_any_rule_keeps_to_its_log_source,
    says_where_a_filter_names_no_rule_or_one_it_cannot_narrow, lists_come_from_values_and_from_files)
