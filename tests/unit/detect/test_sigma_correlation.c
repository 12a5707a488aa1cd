/* SPDX-License-Identifier: Apache-2.0 */
#include "support/sigma.h"

#define BASE(name)                                                                                             \
    "title: " name "\nname: " name "\nid: id-" name "\nlogsource: {product: p}\ndetection:\n    sel: {f: x}\n" \
    "    condition: sel\n"
#define CORRELATION(name, rules, more)                                                                               \
    "title: " name "\nname: " name "\ncorrelation:\n    type: event_count\n    rules: " rules "\n    timespan: 1m\n" \
    "    condition: {gte: 2}\n" more
#define NEXT "---\n"

static struct sigma_test t;
static struct rule *items;
static size_t n_items;

static void
setup(void)
{
    sigma_test_init(&t);
}

static void
teardown(void)
{
    sigma_test_fini(&t);
}

/* Reads @text as one file and links it. */
static void
read_and_link(const char *text)
{
    (void)sigma_test_read(&t, "t.yml", text);
    ck_assert_int_eq(sigma_link(&t.rules, &items, &n_items, &t.diag), 0);
}

/* The @i-th document is rejected for @reason. */
static void
ck_rejected(unsigned i, const char *reason)
{
    const struct sigma_rule *rule = t.rules.first;

    while (i-- > 0)
        rule = rule->next;
    ck_assert_msg(rule->status == RULE_REJECTED && slice_search(rule->reason, slice_str(reason)) != SIZE_MAX,
        "%d: '%.*s'", (int)rule->status, (int)rule->reason.n, rule->reason.n == 0 ? "" : rule->reason.p);
}

START_TEST(counts_the_events_of_a_rule_by_name)
{
    const struct correlation *c;

    read_and_link(BASE("a") NEXT
        "title: many\nid: m\nlevel: critical\ntags: [iso27001.a.8.16]\ncorrelation:\n    type: event_count\n"
        "    rules: [a]\n    group-by: [src_ip, User]\n    timespan: 90m\n    condition: {gte: 10}\n");
    ck_assert_uint_eq(n_items, 2);
    c = items[1].correlation;
    ck_assert_ptr_nonnull(c);
    ck_assert_uint_eq(c->n_rules, 1);
    ck_assert_ptr_eq(c->rules[0], &items[0]);
    ck_assert_int_eq(c->op, COMPARE_GTE);
    ck_assert_uint_eq(c->threshold, 10);
    ck_assert_int_eq(c->timespan_ns, INT64_C(5400) * 1000000000);
    ck_assert_uint_eq(items[1].n_group_by, 2);
    ck_slice_eq(items[1].group_by[1], "User");
    ck_assert_int_eq(items[1].level, RULE_CRITICAL);
    ck_slice_eq(items[1].controls[0], "a.8.16");
    ck_assert_ptr_null(items[0].correlation);
    ck_assert_uint_eq(items[0].n_counted_by, 1);
    ck_assert_ptr_eq(items[0].counted_by[0], &items[1]);
}
END_TEST

START_TEST(finds_rules_by_id_in_other_files_and_in_any_order)
{
    (void)sigma_test_read(&t, "1.yml", CORRELATION("c", "[id-a, b]", ""));
    (void)sigma_test_read(&t, "2.yml", BASE("b"));
    (void)sigma_test_read(&t, "3.yml", BASE("a"));
    ck_assert_int_eq(sigma_link(&t.rules, &items, &n_items, &t.diag), 0);
    ck_assert_uint_eq(n_items, 3);
    ck_assert_ptr_eq(items[0].correlation->rules[0], &items[2]);
    ck_assert_ptr_eq(items[0].correlation->rules[1], &items[1]);
}
END_TEST

START_TEST(takes_one_rule_alone_and_one_named_twice_once)
{
    read_and_link(BASE("a") NEXT CORRELATION("c", "a", "") NEXT CORRELATION("d", "[a, id-a]", ""));
    ck_assert_uint_eq(n_items, 3);
    ck_assert_uint_eq(items[1].correlation->n_rules, 1);
    ck_assert_uint_eq(items[2].correlation->n_rules, 1);
    ck_assert_uint_eq(items[0].n_counted_by, 2);
}
END_TEST

START_TEST(silences_what_it_counts_unless_told_to_generate)
{
    read_and_link(BASE("a") NEXT BASE("b") NEXT BASE("d") NEXT CORRELATION("c", "[a]", "")
            NEXT CORRELATION("e", "[b]", "    generate: true\n") NEXT CORRELATION("f", "[d]", "generate: true\n"));
    ck_assert_uint_eq(n_items, 6);
    ck_assert(items[0].silent);
    ck_assert(!items[1].silent);
    ck_assert(!items[2].silent);
    ck_assert(!items[3].silent);
}
END_TEST

START_TEST(takes_rules_that_have_only_a_name)
{
    read_and_link(
        "name: bare\nlogsource: {product: p}\ndetection:\n    sel: {f: x}\n    condition: sel\n" NEXT CORRELATION(
            "c", "[bare]", ""));
    ck_assert_uint_eq(n_items, 2);
    ck_slice_eq(items[0].title, "bare");
}
END_TEST

START_TEST(reads_every_unit_of_time)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } spans[] = {{"30s", 30}, {"90m", 5400}, {"2h", 7200}, {"10d", 864000}, {"1w", 604800}, {"1M", 2629746},
        {"1y", 31556952}, {"10x", 0}, {"10", 0}, {"m", 0}, {"0s", 0}, {"1h30m", 0}, {"-5m", 0}, {"999999999y", 0}};
    char text[512];
    size_t i;

    for (i = 0; i < ARRAY_LEN(spans); i++) {
        const struct sigma_rule *rule;

        (void)snprintf(text, sizeof(text),
            "title: t%zu\ncorrelation:\n    type: event_count\n    rules: [a]\n    timespan: %s\n"
            "    condition: {gte: 2}\n",
            i, spans[i].text);
        rule = sigma_test_read(&t, "t.yml", text);
        ck_assert_msg((rule->status == RULE_LOADED) == (spans[i].seconds > 0), "%s", spans[i].text);
        if (spans[i].seconds > 0)
            ck_assert_int_eq(rule->correlation->timespan_ns, spans[i].seconds * 1000000000);
        else
            ck_assert_uint_eq(rule->at.line, 5);
    }
}
END_TEST

START_TEST(reads_every_comparison_but_not_two_of_them)
{
    static const struct {
        const char *text;
        enum compare_op op;
        const char *reason;
    } conditions[] = {{"{gt: 3}", COMPARE_GT, NULL}, {"{gte: 3}", COMPARE_GTE, NULL}, {"{lt: 3}", COMPARE_LT, NULL},
        {"{lte: 3}", COMPARE_LTE, NULL}, {"{eq: 3}", COMPARE_EQ, NULL}, {"{neq: 3}", COMPARE_NEQ, NULL},
        {"{gt: 3, lte: 9}", 0, "not supported yet: more than one"}, {"{ge: 3}", 0, "unknown comparison 'ge'"},
        {"{gte: many}", 0, "whole number"}, {"{gte: -1}", 0, "whole number"}, {"{gte: 1.5}", 0, "whole number"},
        {"{}", 0, "is a comparison"}, {"'a and b'", 0, "is a comparison"}};
    char text[512];
    size_t i;

    for (i = 0; i < ARRAY_LEN(conditions); i++) {
        const struct sigma_rule *rule;

        (void)snprintf(text, sizeof(text),
            "title: t%zu\ncorrelation:\n    type: event_count\n    rules: [a]\n    timespan: 1m\n    condition: %s\n",
            i, conditions[i].text);
        rule = sigma_test_read(&t, "t.yml", text);
        if (conditions[i].reason != NULL) {
            ck_assert_int_eq(rule->status, RULE_REJECTED);
            ck_assert(slice_search(rule->reason, slice_str(conditions[i].reason)) != SIZE_MAX);
            continue;
        }
        ck_assert_int_eq(rule->status, RULE_LOADED);
        ck_assert_int_eq(rule->correlation->op, conditions[i].op);
        ck_assert_uint_eq(rule->correlation->threshold, 3);
    }
}
END_TEST

START_TEST(says_which_types_and_keys_are_not_supported_yet)
{
    read_and_link(
        "title: v\ncorrelation: {type: value_count, rules: [a], timespan: 1m, condition: {field: f, gte: 2}}\n" NEXT
        "title: t\ncorrelation: {type: temporal_ordered, rules: [a, b], timespan: 1m}\n" NEXT CORRELATION(
            "c", "[a]", "    aliases: {x: {a: b}}\n"));
    ck_rejected(0, "not supported yet: correlation type value_count");
    ck_rejected(1, "not supported yet: correlation type temporal_ordered");
    ck_rejected(2, "not supported yet: aliases");
}
END_TEST

START_TEST(says_what_a_correlation_lacks)
{
    read_and_link("title: a\ncorrelation: {rules: [a], timespan: 1m, condition: {gte: 2}}\n" NEXT
                  "title: b\ncorrelation: {type: event_count, timespan: 1m, condition: {gte: 2}}\n" NEXT
                  "title: c\ncorrelation: {type: event_count, rules: [a], condition: {gte: 2}}\n" NEXT
                  "title: d\ncorrelation: {type: event_count, rules: [a], timespan: 1m}\n" NEXT
                  "title: e\ncorrelation: {type: event_count, rules: [], timespan: 1m, condition: {gte: 2}}\n");
    ck_rejected(0, "needs 'type'");
    ck_rejected(1, "needs 'rules'");
    ck_rejected(2, "needs 'timespan'");
    ck_rejected(3, "needs 'condition'");
    ck_rejected(4, "counts 1 to");
}
END_TEST

START_TEST(rejects_references_to_nothing_and_to_rules_that_are_not_loaded)
{
    read_and_link(CORRELATION("c", "[nobody]", "") NEXT "title: old\nstatus: deprecated\n" NEXT CORRELATION(
        "d", "[old]", "") NEXT CORRELATION("e", "[d]", "") NEXT BASE("a") NEXT CORRELATION("f", "[a, nobody]", ""));
    ck_rejected(0, "it counts nobody: there is no such rule");
    ck_assert_uint_eq(t.rules.first->at.line, 5);
    ck_rejected(2, "it counts old: that rule is not loaded");
    ck_rejected(3, "it counts d: that rule is not loaded");
    ck_rejected(5, "it counts nobody");
    ck_assert_uint_eq(n_items, 1);
    ck_assert_msg(!items[0].silent && items[0].n_counted_by == 0, "a rejected correlation must not silence a rule");
}
END_TEST

START_TEST(counts_correlations_themselves)
{
    read_and_link(CORRELATION("outer", "[inner]", "") NEXT CORRELATION("inner", "[a]", "") NEXT BASE("a"));
    ck_assert_uint_eq(n_items, 3);
    ck_assert_ptr_eq(items[0].correlation->rules[0], &items[1]);
    ck_assert_ptr_eq(items[1].counted_by[0], &items[0]);
    ck_assert(items[1].silent);
}
END_TEST

START_TEST(rejects_correlations_that_count_themselves_in_a_circle)
{
    read_and_link(CORRELATION("self", "[self]", "") NEXT CORRELATION("a", "[b]", "") NEXT CORRELATION("b", "[c]", "")
            NEXT CORRELATION("c", "[a]", ""));
    ck_rejected(0, "in a circle");
    ck_rejected(1, "not loaded");
    ck_rejected(2, "not loaded");
    ck_rejected(3, "it counts a: that leads back to this correlation in a circle");
    ck_assert_uint_eq(n_items, 0);
}
END_TEST

/* Correlations c1 … c@n, each counting the one before, as files in the order given by @step. */
static void
read_tower(int n, int from, int step)
{
    char text[512];
    int i;

    (void)sigma_test_read(&t, "t.yml", BASE("c0"));
    for (i = 0; i < n; i++, from += step) {
        (void)snprintf(text, sizeof(text),
            "title: c%d\ncorrelation: {type: event_count, rules: [c%d], timespan: 1m, condition: {gte: 2}}\n", from,
            from - 1);
        (void)sigma_test_read(&t, "t.yml", text);
    }
    ck_assert_int_eq(sigma_link(&t.rules, &items, &n_items, &t.diag), 0);
}

START_TEST(rejects_what_stands_upon_too_many_correlations_from_below)
{
    read_tower(10, 1, 1);
    ck_assert_uint_eq(n_items, 9);
}
END_TEST

START_TEST(rejects_what_stands_upon_too_many_correlations_from_above)
{
    read_tower(10, 10, -1);
    ck_assert_uint_eq(n_items, 9);
    ck_slice_eq(items[1].title, "c8");
}
END_TEST

START_TEST(warns_of_a_name_that_two_rules_have)
{
    read_and_link(BASE("a") NEXT
        "title: other\nname: a\nlogsource: {product: p}\ndetection:\n    s: {f: y}\n    condition: s\n" NEXT
            CORRELATION("c", "[a]", ""));
    ck_assert_uint_eq(n_items, 3);
    ck_assert_uint_eq(t.diag.n_warnings, 1);
    ck_assert_ptr_eq(items[2].correlation->rules[0], &items[0]);
}
END_TEST

UNIT_MAIN_WITH("sigma_correlation", setup, teardown, counts_the_events_of_a_rule_by_name,
    finds_rules_by_id_in_other_files_and_in_any_order, takes_one_rule_alone_and_one_named_twice_once,
    silences_what_it_counts_unless_told_to_generate, takes_rules_that_have_only_a_name, reads_every_unit_of_time,
    reads_every_comparison_but_not_two_of_them, says_which_types_and_keys_are_not_supported_yet,
    says_what_a_correlation_lacks, rejects_references_to_nothing_and_to_rules_that_are_not_loaded,
    counts_correlations_themselves, rejects_correlations_that_count_themselves_in_a_circle,
    rejects_what_stands_upon_too_many_correlations_from_below,
    rejects_what_stands_upon_too_many_correlations_from_above, warns_of_a_name_that_two_rules_have)
