/* SPDX-License-Identifier: Apache-2.0 */
#include "support/allocations.h"
#include "support/matching.h"

/* Every row is put to the rules with and without the prefilter (support/matching.h). */

#define RULE(title, detection) \
    "---\ntitle: " title "\nlogsource: {product: linux}\ndetection:\n  s:\n" detection "  condition: s\nlevel: low\n"

struct row {
    const char *json;
    bool matches;
};

static void
check_rows(const char *yaml, const struct row *rows, size_t n)
{
    struct matching t;
    size_t i;

    matching_text(&t, yaml);
    for (i = 0; i < n; i++)
        ck_assert_msg(
            (matching_json(&t, slice_str(rows[i].json)) == 1) == rows[i].matches, "%s\n%s", yaml, rows[i].json);
    matching_close(&t);
}

#define CHECK_ROWS(yaml, ...)                      \
    do {                                           \
        const struct row rows_[] = {__VA_ARGS__};  \
        check_rows(yaml, rows_, ARRAY_LEN(rows_)); \
    } while (0)

START_TEST(compares_whole_values_without_case_in_every_script)
{
    CHECK_ROWS(RULE("r", "    User: 'Пароль admin'\n"), {"{\"User\":\"ПАРОЛЬ ADMIN\"}", true},
        {"{\"User\":\"пароль admin2\"}", false}, {"{\"User\":\"\"}", false}, {"{\"Other\":\"пароль admin\"}", false});
    CHECK_ROWS(RULE("r", "    User: ''\n"), {"{\"User\":\"\"}", true}, {"{\"User\":\" \"}", false},
        {"{\"User\":null}", false}, {"{}", false});
    CHECK_ROWS(RULE("r", "    User: 'sky'\n"), {"{\"User\":\"\\u017f\\u212ay\"}", true}, {"{\"User\":\"sxy\"}", false});
}
END_TEST

START_TEST(finds_parts_of_values_where_the_rule_says)
{
    CHECK_ROWS(RULE("r", "    f|contains: 'abc'\n"), {"{\"f\":\"xABCx\"}", true}, {"{\"f\":\"ab c\"}", false});
    CHECK_ROWS(RULE("r", "    f|startswith: 'abc'\n"), {"{\"f\":\"ABC abc\"}", true}, {"{\"f\":\"xabc\"}", false});
    CHECK_ROWS(RULE("r", "    f|endswith: 'abc'\n"), {"{\"f\":\"abc abc\"}", true}, {"{\"f\":\"abcx\"}", false});
    CHECK_ROWS(RULE("r", "    f|endswith: 'straße'\n"), {"{\"f\":\"die STRAßE\"}", true},
        {"{\"f\":\"die STRA\\u1e9eE\"}", true}, {"{\"f\":\"die straße.\"}", false});
    CHECK_ROWS(RULE("r", "    f|contains: 'a'\n"), {"{\"f\":\"xAx\"}", true}, {"{\"f\":\"x\"}", false});
}
END_TEST

START_TEST(lets_wildcards_and_dashes_stand_for_what_they_mean)
{
    CHECK_ROWS(RULE("r", "    f: 'prog?.exe'\n"), {"{\"f\":\"PROGA.exe\"}", true}, {"{\"f\":\"prog.exe\"}", false});
    CHECK_ROWS(RULE("r", "    f: 'one*two*three'\n"), {"{\"f\":\"One \\n two three\"}", true},
        {"{\"f\":\"one three two\"}", false});
    CHECK_ROWS(
        RULE("r", "    f: '*'\n"), {"{\"f\":\"\"}", true}, {"{\"f\":5}", true}, {"{\"f\":null}", false}, {"{}", false});
    CHECK_ROWS(RULE("r", "    f|contains|windash: ' -enc '\n"), {"{\"f\":\"x /ENC y\"}", true},
        {"{\"f\":\"x –enc y\"}", true}, {"{\"f\":\"x +enc y\"}", false});
    CHECK_ROWS(RULE("r", "    f|contains|windash: ' -a -b -c -d '\n"), {"{\"f\":\"x /a -b —c –d y\"}", true},
        {"{\"f\":\"x -a -b -c _d y\"}", false});
}
END_TEST

START_TEST(minds_case_where_the_rule_does)
{
    CHECK_ROWS(RULE("r", "    f|cased: 'Abc'\n"), {"{\"f\":\"Abc\"}", true}, {"{\"f\":\"abc\"}", false});
    CHECK_ROWS(RULE("r", "    f|contains|cased: 'AbÉ'\n"), {"{\"f\":\"xAbÉx\"}", true}, {"{\"f\":\"xabéx\"}", false},
        {"{\"f\":\"abé AbÉ\"}", true});
}
END_TEST

START_TEST(looks_for_expressions_anywhere_and_with_case)
{
    CHECK_ROWS(RULE("r", "    f|re: 'a\\d+b$'\n"), {"{\"f\":\"xa12b\"}", true}, {"{\"f\":\"xA12b\"}", false},
        {"{\"f\":\"a12bc\"}", false});
    CHECK_ROWS(
        RULE("r", "    f|re|i: 'kas.e'\n"), {"{\"f\":\"\\u212aA\\u017f\\u00e9E\"}", true}, {"{\"f\":\"KASE\"}", false});
    CHECK_ROWS(
        RULE("r", "    f|re: '^a.c$'\n"), {"{\"f\":\"a\\u00e9c\"}", true}, {"{\"f\":\"a\\u00e9\\u00e9c\"}", false});
    CHECK_ROWS(RULE("r", "    f|re: '(\\w+)=\\1'\n"), {"{\"f\":\"x ab=ab\"}", true}, {"{\"f\":\"x ab=cd\"}", false});
    CHECK_ROWS(RULE("r", "    f|re: 'call\\((?:[^()]|(?R))*\\)'\n"), {"{\"f\":\"call(call(a))\"}", true},
        {"{\"f\":\"call(a\"}", false});
    CHECK_ROWS(RULE("r", "    f|re: '.*'\n"), {"{\"f\":\"\"}", true}, {"{\"f\":null}", false}, {"{}", false});
}
END_TEST

START_TEST(compares_numbers_addresses_and_times)
{
    CHECK_ROWS(RULE("r", "    f|gte: 10\n"), {"{\"f\":10}", true}, {"{\"f\":\"10.5\"}", true}, {"{\"f\":9}", false},
        {"{\"f\":\"10x\"}", false}, {"{\"f\":\"\"}", false}, {"{}", false});
    CHECK_ROWS(
        RULE("r", "    f: 4624\n"), {"{\"f\":4624}", true}, {"{\"f\":\"4624\"}", true}, {"{\"f\":46240}", false});
    CHECK_ROWS(RULE("r", "    f|cidr: 10.0.0.0/9\n"), {"{\"f\":\"10.127.1.1\"}", true},
        {"{\"f\":\"10.128.1.1\"}", false}, {"{\"f\":\"::ffff:10.1.1.1\"}", true}, {"{\"f\":\"10.1.1\"}", false});
    CHECK_ROWS(RULE("r", "    f|cidr: 'fe80::/10'\n"), {"{\"f\":\"fe80::1%eth0\"}", true},
        {"{\"f\":\"fec0::1\"}", false}, {"{\"f\":\"10.1.1.1\"}", false});
    CHECK_ROWS(RULE("r", "    f|hour: 3\n"), {"{\"f\":\"2026-03-14T03:59:00+05:00\"}", true},
        {"{\"f\":\"2026-03-14T04:00:00Z\"}", false}, {"{\"f\":\"soon\"}", false});
}
END_TEST

START_TEST(tells_absent_null_and_empty_apart)
{
    CHECK_ROWS(RULE("r", "    f: null\n"), {"{}", true}, {"{\"f\":null}", true}, {"{\"f\":\"\"}", false},
        {"{\"f\":[1,null]}", true});
    CHECK_ROWS(RULE("r", "    f|exists: true\n"), {"{}", false}, {"{\"f\":null}", true}, {"{\"f\":\"\"}", true});
    CHECK_ROWS(RULE("r", "    f|exists: false\n"), {"{}", true}, {"{\"f\":null}", false});
}
END_TEST

START_TEST(compares_one_field_with_another)
{
    CHECK_ROWS(RULE("r", "    f|fieldref: g\n"), {"{\"f\":\"Abc\",\"g\":\"aBC\"}", true},
        {"{\"f\":\"a\",\"g\":\"b\"}", false}, {"{\"f\":\"a\"}", false}, {"{}", false},
        {"{\"f\":\"a\",\"g\":[\"b\",\"a\"]}", true});
    CHECK_ROWS(RULE("r", "    f|fieldref|startswith: g\n"), {"{\"f\":\"abc\",\"g\":\"AB\"}", true},
        {"{\"f\":\"abc\",\"g\":\"bc\"}", false});
}
END_TEST

START_TEST(lets_any_value_of_a_field_match)
{
    CHECK_ROWS(RULE("r", "    f: two\n"), {"{\"f\":[\"one\",\"two\"]}", true}, {"{\"f\":[\"one\",\"three\"]}", false});
    CHECK_ROWS(RULE("r", "    ThreatName: x\n"), {"{\"Threat Name\":\"x\"}", true}, {"{\"threatname\":\"x\"}", false});
    CHECK_ROWS(RULE("r", "    a.b: x\n"), {"{\"a.b\":\"x\"}", true}, {"{\"a\":{\"b\":\"x\"}}", true},
        {"{\"b\":\"x\"}", false});
}
END_TEST

START_TEST(follows_the_condition)
{
    struct matching t;

    matching_text(&t, "title: r\nlogsource: {product: linux}\ndetection:\n  a: {f: '1'}\n  b: {g: '1'}\n  c: {h: '1'}\n"
                      "  condition: a and not (b or not c)\n");
    ck_assert_uint_eq(matching_json(&t, SLICE("{\"f\":1,\"h\":1}")), 1);
    ck_assert_uint_eq(matching_json(&t, SLICE("{\"f\":1}")), 0);
    ck_assert_uint_eq(matching_json(&t, SLICE("{\"f\":1,\"g\":1,\"h\":1}")), 0);
    ck_assert_uint_eq(matching_json(&t, SLICE("{\"h\":1}")), 0);
    matching_close(&t);
}
END_TEST

START_TEST(evaluates_a_rule_made_of_negations_for_every_event)
{
    CHECK_ROWS("title: r\nlogsource: {product: linux}\ndetection:\n  a: {f: x}\n  condition: not a\n", {"{}", true},
        {"{\"f\":\"y\"}", true}, {"{\"f\":\"X\"}", false});
}
END_TEST

START_TEST(looks_for_keywords_in_the_text_and_in_text_values_only)
{
    struct matching t;

    matching_text(&t, RULE("one", "    - 'session opened'\n    - 'brute * force'\n")
                          RULE("all", "    '|all': [sudo, root]\n") RULE("re", "    '|re': 'uid=\\d+\\)'\n"));
    ck_assert_uint_eq(matching_line(&t, SLICE("sshd[1]: SESSION OPENED for x")), 1);
    ck_assert_uint_eq(matching_line(&t, SLICE("Brute and force")), 1);
    ck_assert_uint_eq(matching_line(&t, SLICE("root by sudo (uid=0)")), 2);
    ck_assert(matching_hit(&t, "all") && matching_hit(&t, "re"));
    ck_assert_uint_eq(matching_json(&t, SLICE("{\"a\":\"sudo\",\"b\":\"root\",\"c\":\"uid\",\"d\":\"=0)\"}")), 1);
    ck_assert_uint_eq(matching_json(&t, SLICE("{\"session opened\":1}")), 0);
    matching_close(&t);
}
END_TEST

START_TEST(finds_what_stands_beside_broken_utf8)
{
    struct matching t;

    matching_text(&t, RULE("part", "    - 'пароль'\n") RULE("expression", "    '|re': 'pa.s\\b'\n")
                          RULE("end", "    f|endswith: 'ÉÉ'\n"));
    ck_assert_uint_eq(matching_line(&t, SLICE("\xff\xd0 ПАРОЛЬ \xfe pa\xc3\xa9s \xc3")), 2);
    ck_assert_uint_eq(matching_line(&t, SLICE("pa\xffs \xd0")), 0);
    matching_close(&t);
}
END_TEST

static const struct logsource linux_sshd = {SLICE("linux"), {NULL, 0}, SLICE("sshd")};
static const struct logsource windows_process = {SLICE("windows"), SLICE("process_creation"), {NULL, 0}};

static size_t
route(struct matching *t, const struct logsource *a, const struct logsource *b)
{
    struct event event = {.text = SLICE("needle"), .logsources = {a, b}};

    event.n_logsources = (a != NULL) + (b != NULL);
    return matching_event(t, &event, "needle");
}

START_TEST(tries_a_rule_only_on_events_of_its_log_source)
{
    static const char yaml[] =
        "title: sshd\nlogsource: {product: linux, service: sshd}\ndetection: {k: [needle], condition: k}\n"
        "---\ntitle: linux\nlogsource: {product: linux}\ndetection: {k: [needle], condition: k}\n"
        "---\ntitle: cron\nlogsource: {product: linux, service: cron}\ndetection: {k: [needle], condition: k}\n"
        "---\ntitle: process\nlogsource: {category: process_creation}\ndetection: {k: [needle], condition: k}\n";
    char path[] = "routing-XXXXXX.yml";
    FILE *f = fdopen(mkstemps(path, 4), "w");
    struct matching t;

    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(yaml, f), 0);
    (void)fclose(f);
    matching_open(&t, path, false);
    (void)unlink(path);
    ck_assert_uint_eq(route(&t, &linux_sshd, NULL), 2);
    ck_assert(matching_hit(&t, "sshd") && matching_hit(&t, "linux"));
    ck_assert_uint_eq(route(&t, &windows_process, NULL), 1);
    ck_assert_uint_eq(route(&t, &windows_process, &linux_sshd), 3);
    ck_assert_uint_eq(route(&t, NULL, NULL), 0);
    ck_assert_uint_eq(counters_get(matcher_counters(t.matcher_on), MATCHER_C_UNROUTED), 1);
    ck_assert_uint_eq(counters_get(matcher_counters(t.matcher_on), MATCHER_C_EVENTS), 4);
    ck_assert_uint_eq(counters_get(matcher_counters(t.matcher_on), MATCHER_C_MATCHES), 6);
    ck_assert_uint_eq(matcher_rule_matches(t.matcher_on, 0), 2);
    matching_close(&t);
}
END_TEST

START_TEST(does_not_take_a_log_source_for_one_that_stood_at_its_address)
{
    struct logsource moving = linux_sshd;
    struct matching t;

    matching_text(&t, RULE("r", "    - needle\n"));
    matcher_free(t.matcher_on);
    ck_assert_int_eq(matcher_new(&t.matcher_on, t.on, NULL), 0);
    matcher_free(t.matcher_off);
    ck_assert_int_eq(matcher_new(&t.matcher_off, t.off, NULL), 0);
    ck_assert_uint_eq(route(&t, &moving, NULL), 1);
    moving.product = SLICE("macos");
    ck_assert_uint_eq(route(&t, &moving, NULL), 0);
    matching_close(&t);
}
END_TEST

START_TEST(gives_hits_in_the_order_of_the_rules)
{
    char yaml[40000] = "";
    struct matching t;
    size_t i;

    for (i = 0; i < 200; i++)
        (void)snprintf(yaml + strlen(yaml), sizeof(yaml) - strlen(yaml),
            "---\ntitle: r%zu\nlogsource: {product: linux}\ndetection: {k: [\"w%zu\"], condition: k}\n", i, i % 7);
    matching_text(&t, yaml);
    ck_assert_uint_eq(matching_line(&t, SLICE("w6 w5 w4 w3 w2 w1 w0")), 200);
    for (i = 0; i < 200; i++)
        ck_assert_uint_eq(t.hits[i]->number, i);
    matching_close(&t);
}
END_TEST

START_TEST(counts_an_expression_that_reaches_its_limit_under_its_rule)
{
    static char text[3000];
    struct matching t;

    memset(text, 'a', sizeof(text));
    matching_text(&t, RULE("r", "    f|re: '(a+)+(?<!x)[bc]'\n") RULE("other", "    g: x\n"));
    {
        struct field field = {.name = SLICE("f"), .value = {text, sizeof(text)}, .name_hash = field_hash(SLICE("f"))};
        struct event event = {.structured = true, .fields = &field, .n_fields = 1};

        (void)matching_event(&t, &event, "a row of a");
    }
    ck_assert_uint_eq(matcher_rule_regex_limits(t.matcher_off, 0), 1);
    ck_assert_uint_eq(matcher_rule_regex_limits(t.matcher_off, 1), 0);
    ck_assert_uint_eq(counters_get(matcher_counters(t.matcher_off), MATCHER_C_REGEX_LIMITS), 1);
    matching_close(&t);
}
END_TEST

START_TEST(allocates_nothing_once_it_has_seen_the_longest)
{
    static const struct logsource source = {SLICE("linux"), {NULL, 0}, {NULL, 0}};
    struct matching t;
    struct field fields[] = {
        {.name = SLICE("f"), .value = SLICE("C:\\Windows\\ÄÖ x"), .name_hash = field_hash(SLICE("f"))},
        {.name = SLICE("g"), .value = SLICE("10.1.2.3 \xff"), .name_hash = field_hash(SLICE("g"))},
    };
    struct event event = {
        .structured = true, .fields = fields, .n_fields = 2, .logsources = {&source}, .n_logsources = 1};
    const struct rule *const *hits;
    size_t before;
    size_t i;

    matching_text(&t, RULE("a", "    f|contains: ['äö', 'zz']\n    g|re: '3 .?'\n") RULE("b", "    - windows\n")
                          RULE("c", "    f|endswith: x\n    g: '*1?2*'\n"));
    ck_assert_uint_ge(matcher_match(t.matcher_on, &event, &hits), 2);
    before = allocations_count();
    for (i = 0; i < 1000; i++)
        (void)matcher_match(t.matcher_on, &event, &hits);
    ck_assert_uint_eq(allocations_count(), before);
    free(malloc(1));
    ck_assert_uint_gt(allocations_count(), before);
    matching_close(&t);
}
END_TEST

UNIT_MAIN("matcher", compares_whole_values_without_case_in_every_script, finds_parts_of_values_where_the_rule_says,
    lets_wildcards_and_dashes_stand_for_what_they_mean, minds_case_where_the_rule_does,
    looks_for_expressions_anywhere_and_with_case, compares_numbers_addresses_and_times,
    tells_absent_null_and_empty_apart, compares_one_field_with_another, lets_any_value_of_a_field_match,
    follows_the_condition, evaluates_a_rule_made_of_negations_for_every_event,
    looks_for_keywords_in_the_text_and_in_text_values_only, finds_what_stands_beside_broken_utf8,
    tries_a_rule_only_on_events_of_its_log_source, does_not_take_a_log_source_for_one_that_stood_at_its_address,
    gives_hits_in_the_order_of_the_rules, counts_an_expression_that_reaches_its_limit_under_its_rule,
    allocates_nothing_once_it_has_seen_the_longest)
