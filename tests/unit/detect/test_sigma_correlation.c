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
    ck_assert_uint_eq(c->n_comparisons, 1);
    ck_assert_int_eq(c->comparisons[0].op, COMPARE_GTE);
    ck_assert(c->comparisons[0].value == 10);
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

START_TEST(reads_every_comparison)
{
    static const struct {
        const char *text;
        enum compare_op op;
        const char *reason;
    } conditions[] = {{"{gt: 3}", COMPARE_GT, NULL}, {"{gte: 3}", COMPARE_GTE, NULL}, {"{lt: 3}", COMPARE_LT, NULL},
        {"{lte: 3}", COMPARE_LTE, NULL}, {"{eq: 3}", COMPARE_EQ, NULL}, {"{neq: 3}", COMPARE_NEQ, NULL},
        {"{gt: 3, lte: 9}", COMPARE_GT, NULL}, {"{gt: 1, gt: 1, lt: 1, lte: 1, eq: 1}", 0, ""},
        {"{ge: 3}", 0, "unknown comparison 'ge'"}, {"{gte: many}", 0, "whole number"}, {"{gte: -1}", 0, "whole number"},
        {"{gte: 1.5}", 0, "whole number"}, {"{}", 0, "is a comparison"}, {"'a and b'", 0, "is a comparison"},
        {"{field: f, gte: 2}", 0, "no 'field'"}};
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
        ck_assert_int_eq(rule->correlation->comparisons[0].op, conditions[i].op);
        ck_assert(rule->correlation->comparisons[0].value == 3);
    }
}
END_TEST

#define TYPED(type, condition) \
    "title: " type "\ncorrelation: {type: " type ", rules: [a, b], timespan: 1m, condition: " condition "}\n"

START_TEST(reads_every_type_with_what_it_needs)
{
    const struct correlation *c;

    read_and_link(BASE("a") NEXT BASE("b") NEXT TYPED("value_count", "{field: [f, g], gte: 2}")
            NEXT TYPED("value_sum", "{field: f, gt: 1.5}") NEXT TYPED("value_avg", "{field: f, lt: -2}")
                NEXT TYPED("value_percentile", "{field: f, percentile: 99.9, gte: 2}")
                    NEXT TYPED("value_median", "{field: f, gte: 2}") NEXT TYPED("temporal", "a and not b") NEXT
        "title: o\ncorrelation: {type: temporal_ordered, rules: [b, a], timespan: 1m}\n");
    ck_assert_uint_eq(t.diag.n_errors, 0);
    ck_assert_uint_eq(n_items, 9);
    c = items[2].correlation;
    ck_assert_int_eq(c->type, CORRELATION_VALUE_COUNT);
    ck_slice_eq(c->fields[1], "g");
    ck_assert(items[3].correlation->comparisons[0].value == 1.5);
    ck_assert(items[4].correlation->comparisons[0].value == -2);
    ck_assert(items[5].correlation->percentile == 99.9);
    ck_assert_int_eq(items[6].correlation->type, CORRELATION_VALUE_PERCENTILE);
    ck_assert(items[6].correlation->percentile == 50);
    c = items[7].correlation;
    ck_assert_uint_eq(c->n_terms, 4);
    ck_assert_int_eq(c->terms[2].kind, TERM_NOT);
    ck_assert_uint_eq(c->terms[1].rule, 1);
    ck_assert_int_eq(c->terms[3].kind, TERM_AND);
    c = items[8].correlation;
    ck_assert_uint_eq(c->n_terms, 2);
    ck_assert_ptr_eq(c->rules[c->terms[0].rule], &items[1]);
}
END_TEST

START_TEST(terms_and_aliases_follow_rules_that_are_named_twice)
{
    const struct correlation *c;

    read_and_link(BASE("a") NEXT BASE("b") NEXT
        "title: c\ncorrelation: {type: temporal, rules: [a, id-a, b], group-by: [x], timespan: 1m, condition: a and "
        "id-a and b, aliases: {x: {b: y}}}\n");
    ck_assert_uint_eq(t.diag.n_errors, 0);
    c = items[2].correlation;
    ck_assert_uint_eq(c->n_rules, 2);
    ck_assert_uint_eq(c->terms[1].rule, 0);
    ck_assert_uint_eq(c->terms[3].rule, 1);
    ck_assert_ptr_null(c->aliases[0].fields[0].p);
    ck_slice_eq(c->aliases[0].fields[1], "y");
}
END_TEST

START_TEST(says_where_a_type_is_not_given_what_it_needs)
{
    static const struct {
        const char *text;
        const char *reason;
    } wrong[] = {
        // clang-format off
        {TYPED("value_coutn", "{field: f, gte: 2}"),              "unknown correlation type 'value_coutn'; did you mean 'value_count'?"},
        {TYPED("value_count", "{gte: 2}"),                        "needs 'field'"},
        {TYPED("value_count", "{field: f}"),                      "is a comparison"},
        {TYPED("value_count", "{field: f, gte: 2, percentile: 3}"), "only value_percentile"},
        {TYPED("value_sum", "{field: [f, g], gte: 2}"),           "takes one field"},
        {TYPED("value_sum", "{field: f, gte: much}"),             "'gte' takes a number"},
        {TYPED("value_percentile", "{field: f, percentile: 101, gte: 2}"), "from 0 to 100"},
        {TYPED("temporal", "a and nobody"),                       "there is no such identifier"},
        {TYPED("temporal", "a and not a"),                        "does not use 'b'"},
        {TYPED("temporal_ordered", "a or b"),                     "joined with 'and'"},
        {TYPED("temporal_ordered", "a and not b"),                "absent between two others"},
        {TYPED("temporal_ordered", "{gte: 1}"),                   "asks for all of its rules"},
        {"title: c\ncorrelation: {type: temporal, rules: [a], group-by: [x], timespan: 1m, aliases: {x: {nobody: y}}}\n",
            "'nobody' is none of the correlation's 'rules'"},
        {"title: c\ncorrelation: {type: temporal, rules: [a], group-by: [x], timespan: 1m, aliases: {x: y}}\n",
            "an alias takes a map"},
        // clang-format on
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(wrong); i++) {
        const struct sigma_rule *rule = sigma_test_read(&t, "t.yml", wrong[i].text);

        ck_assert_msg(
            rule->status == RULE_REJECTED && slice_search(rule->reason, slice_str(wrong[i].reason)) != SIZE_MAX,
            "%s: '%.*s'", wrong[i].text, (int)rule->reason.n, rule->reason.n == 0 ? "" : rule->reason.p);
        ck_assert_uint_eq(rule->at.line, 2);
    }
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
    reads_every_comparison, reads_every_type_with_what_it_needs, terms_and_aliases_follow_rules_that_are_named_twice,
    says_where_a_type_is_not_given_what_it_needs, says_what_a_correlation_lacks,
    rejects_references_to_nothing_and_to_rules_that_are_not_loaded, counts_correlations_themselves,
    rejects_correlations_that_count_themselves_in_a_circle, rejects_what_stands_upon_too_many_correlations_from_below,
    rejects_what_stands_upon_too_many_correlations_from_above, warns_of_a_name_that_two_rules_have)
