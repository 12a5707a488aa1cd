/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "support/sigma.h"

#define LOGSOURCE   "logsource: {product: linux, service: sshd}\n"
#define DETECTION   "detection:\n    sel: {f: x}\n    condition: sel\n"
#define RULE(title) "title: " title "\n" LOGSOURCE DETECTION

static struct sigma_test t;

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

static size_t
link_rules(struct rule **items)
{
    size_t n;

    ck_assert_int_eq(sigma_link(&t.rules, items, &n, &t.diag), 0);
    return n;
}

static void
ck_outcome(const struct sigma_rule *rule, enum rule_status status, const char *reason)
{
    ck_assert_ptr_nonnull(rule);
    ck_assert_msg(rule->status == status && slice_search(rule->reason, slice_str(reason)) != SIZE_MAX, "%d: '%.*s'",
        (int)rule->status, (int)rule->reason.n, rule->reason.n == 0 ? "" : rule->reason.p);
}

START_TEST(reads_who_a_rule_is)
{
    const struct rule *rule = &sigma_test_read(&t, "a.yml",
        "# a comment before\ntitle: Root login\nid: 0f2c1a3e-0000-4000-8000-000000000001\nname: root_login\n"
        "author: A. Uthor\nstatus: stable\nlevel: high\ndate: 2026-01-01\nreferences: [x]\ncustom: {a: b}\n" LOGSOURCE
            DETECTION)
                                   ->rule;

    ck_slice_eq(rule->title, "Root login");
    ck_slice_eq(rule->uid, "0f2c1a3e-0000-4000-8000-000000000001");
    ck_slice_eq(rule->name, "root_login");
    ck_slice_eq(rule->author, "A. Uthor");
    ck_slice_eq(rule->file, "a.yml");
    ck_assert_uint_eq(rule->line, 2);
    ck_assert_int_eq(rule->level, RULE_HIGH);
    ck_slice_eq(rule->logsource.product, "linux");
    ck_slice_eq(rule->logsource.service, "sshd");
    ck_slice_absent(rule->logsource.category);
    ck_assert_uint_eq(t.diag.n, 0);
}
END_TEST

START_TEST(falls_back_on_the_title_for_the_id_and_on_medium_for_the_level)
{
    const struct rule *rule = &sigma_test_read(&t, "a.yml", RULE("Plain"))->rule;

    ck_slice_eq(rule->uid, "Plain");
    ck_assert_int_eq(rule->level, RULE_MEDIUM);
}
END_TEST

START_TEST(knows_the_controls_a_rule_is_evidence_for)
{
    const struct rule *rule = &sigma_test_read(
        &t, "a.yml", "tags: [attack.t1110, iso27001.a.8.16, iso27001., iso27001.a.5.25]\n" RULE("T"))
                                   ->rule;

    ck_assert_uint_eq(rule->n_tags, 4);
    ck_slice_eq(rule->tags[0], "attack.t1110");
    ck_assert_uint_eq(rule->n_controls, 2);
    ck_slice_eq(rule->controls[0], "a.8.16");
    ck_slice_eq(rule->controls[1], "a.5.25");
}
END_TEST

START_TEST(takes_our_own_key_for_folding)
{
    const struct rule *rule = &sigma_test_read(&t, "a.yml", RULE("T") "ismsd: {group-by: [src_ip, User]}\n")->rule;

    ck_assert_uint_eq(rule->n_group_by, 2);
    ck_slice_eq(rule->group_by[0], "src_ip");
    ck_slice_eq(rule->group_by[1], "User");
    ck_outcome(sigma_test_read(&t, "b.yml", RULE("U") "ismsd: {groupby: [src_ip]}\n"), RULE_REJECTED, "no 'groupby'");
    ck_outcome(sigma_test_read(&t, "c.yml",
                   "title: c\nismsd: {group-by: [x]}\ncorrelation: {type: event_count, rules: "
                   "[T], timespan: 1m, condition: {gte: 2}}\n"),
        RULE_REJECTED, "its own 'group-by'");
}
END_TEST

START_TEST(rejects_a_rule_without_title_logsource_or_detection_at_its_place)
{
    const struct sigma_rule *rule = sigma_test_read(&t, "a.yml", "\n\n" LOGSOURCE DETECTION);

    ck_outcome(rule, RULE_REJECTED, "needs a 'title'");
    ck_assert_uint_eq(rule->at.line, 3);
    ck_outcome(sigma_test_read(&t, "b.yml", "title: t\n" DETECTION), RULE_REJECTED, "needs 'logsource'");
    ck_outcome(sigma_test_read(&t, "c.yml", "title: t\nlogsource: {definition: x}\n" DETECTION), RULE_REJECTED,
        "names no product");
    ck_outcome(sigma_test_read(&t, "d.yml", "title: t\n" LOGSOURCE), RULE_REJECTED, "no 'detection'");
    ck_outcome(sigma_test_read(&t, "e.yml", "title: t\n" LOGSOURCE "detection: {sel: {f: x}}\n"), RULE_REJECTED,
        "no 'condition'");
    ck_outcome(sigma_test_read(&t, "f.yml", "- title: t\n"), RULE_REJECTED, "a map is expected");
    ck_outcome(sigma_test_read(&t, "g.yml", "[title: t"), RULE_REJECTED, "not YAML");
}
END_TEST

START_TEST(tells_every_problem_of_a_rule_and_keeps_the_first_as_its_reason)
{
    const struct sigma_rule *rule = sigma_test_read(&t, "a.yml",
        "title: t\nlevel: grave\n" LOGSOURCE
        "detection:\n    a: {f|contian: x}\n    b: {g|cidr: y}\n    condition: a and b\n");

    ck_outcome(rule, RULE_REJECTED, "unknown level 'grave'");
    ck_assert_uint_eq(t.diag.n_errors, 3);
    ck_assert_uint_eq(t.diag.items[1].line, 5);
    ck_assert_uint_eq(t.diag.items[1].column, 11);
    ck_assert_uint_eq(t.diag.items[2].line, 6);
    ck_assert_uint_eq(t.diag.items[2].column, 17);
}
END_TEST

START_TEST(skips_deprecated_and_unsupported_rules_with_the_reason)
{
    ck_outcome(
        sigma_test_read(&t, "a.yml", "status: deprecated\n" RULE("t")), RULE_SKIPPED, "its status is deprecated");
    ck_outcome(
        sigma_test_read(&t, "b.yml", "status: unsupported\n" RULE("t")), RULE_SKIPPED, "its status is unsupported");
    ck_assert_uint_eq(t.diag.n_errors, 0);
}
END_TEST

START_TEST(reads_filters_and_says_what_they_lack)
{
    struct sigma_rule *rule = sigma_test_read(
        &t, "a.yml", "title: f\n" LOGSOURCE "filter:\n    rules: any\n    sel: {f: x}\n    condition: not sel\n");

    ck_outcome(rule, RULE_LOADED, "");
    ck_assert(rule->filter->any);
    ck_assert_uint_eq(t.diag.n_warnings, 0);
    ck_outcome(sigma_test_read(&t, "b.yml",
                   "title: f\n" LOGSOURCE "filter:\n    rules: [a]\n    sel: {f: x}\n    condition: sel\n"),
        RULE_LOADED, "");
    ck_assert_uint_eq(t.diag.n_warnings, 1);
    ck_assert_ptr_nonnull(strstr(t.diag.items[0].text, "lets only such events through"));
    ck_outcome(sigma_test_read(&t, "c.yml", "title: f\nfilter: {rules: any, sel: {f: x}, condition: not sel}\n"),
        RULE_REJECTED, "a rule needs 'logsource'");
    ck_outcome(sigma_test_read(&t, "d.yml", "title: f\n" LOGSOURCE "filter: {sel: {f: x}, condition: not sel}\n"),
        RULE_REJECTED, "a filter needs 'rules'");
    ck_outcome(sigma_test_read(&t, "e.yml", "title: f\n" LOGSOURCE "filter: {rules: any, sel: {f: x}}\n"),
        RULE_REJECTED, "'filter' has no 'condition'");
    ck_outcome(
        sigma_test_read(&t, "g.yml", "title: f\n" LOGSOURCE "filter: {rules: any, sel: {f: x}, condition: not sol}\n"),
        RULE_REJECTED, "there is no such identifier; did you mean 'sel'?");
}
END_TEST

START_TEST(warns_of_log_source_attributes_that_do_not_count)
{
    ck_outcome(sigma_test_read(&t, "a.yml", "title: t\nlogsource: {product: p, definition: d, vendor: v}\n" DETECTION),
        RULE_LOADED, "");
    ck_assert_uint_eq(t.diag.n_warnings, 1);
    ck_assert_ptr_nonnull(strstr(t.diag.items[0].text, "'vendor' does not count"));
}
END_TEST

START_TEST(rejects_old_ways_with_a_hint)
{
    ck_outcome(sigma_test_read(&t, "a.yml",
                   "title: t\n" LOGSOURCE "detection:\n    a: {f: x}\n    timeframe: 5m\n"
                   "    condition: a\n"),
        RULE_REJECTED, "write a correlation with 'timespan'");
    ck_outcome(sigma_test_read(&t, "b.yml", "action: global\n" RULE("t")), RULE_REJECTED, "write each rule out");
    ck_outcome(sigma_test_read(&t, "c.yml", "taxonomy: ecs\n" RULE("t")), RULE_REJECTED, "unknown taxonomy 'ecs'");
}
END_TEST

START_TEST(reads_every_document_of_a_file)
{
    const struct sigma_rule *rule = sigma_test_read(
        &t, "a.yml", "---\n" RULE("One") "---\n" RULE("Two") "...\n# end\n---\n---\n" RULE("Three"));

    ck_assert_uint_eq(t.rules.n, 3);
    ck_slice_eq(rule->rule.title, "One");
    ck_assert_uint_eq(rule->rule.line, 2);
    ck_slice_eq(rule->next->rule.title, "Two");
    ck_assert_uint_eq(rule->next->rule.line, 8);
    ck_slice_eq(rule->next->next->rule.title, "Three");
    ck_assert_uint_eq(rule->next->next->rule.line, 17);
    ck_assert_uint_eq(t.diag.n, 0);
}
END_TEST

/* In place of a digest: how long the text was, and its first byte. */
static int
measure(void *ctx, struct slice text, unsigned char out[32])
{
    ++*(unsigned *)ctx;
    out[0] = (unsigned char)text.n;
    out[1] = (unsigned char)text.p[0];
    return 0;
}

START_TEST(has_each_document_digested_by_itself)
{
    unsigned n_calls = 0;
    const struct sigma_rule *rule;

    t.rules.digest = measure;
    t.rules.digest_ctx = &n_calls;
    rule = sigma_test_read(&t, "a.yml", RULE("One") "---\n" RULE("Three"));
    ck_assert_uint_eq(n_calls, 2);
    ck_assert_uint_eq(rule->rule.sha256[0], strlen(RULE("One")));
    ck_assert_uint_eq(rule->rule.sha256[1], 't');
    ck_assert_uint_eq(rule->next->rule.sha256[0], strlen("---\n" RULE("Three")));
    ck_assert_uint_eq(rule->next->rule.sha256[1], '-');
}
END_TEST

START_TEST(lets_a_broken_document_harm_none_beside_it)
{
    const struct sigma_rule *rule = sigma_test_read(
        &t, "a.yml", RULE("One") "---\ntitle: [broken\n---\ntitle: x\ntitle: y\n---\n" RULE("Two"));

    ck_assert_uint_eq(t.rules.n, 4);
    ck_outcome(rule, RULE_LOADED, "");
    rule = rule->next;
    ck_outcome(rule, RULE_REJECTED, "not YAML");
    ck_assert_uint_ge(rule->at.line, 7);
    ck_assert_uint_le(rule->at.line, 8);
    rule = rule->next;
    ck_assert_int_eq(rule->status, RULE_REJECTED);
    ck_slice_eq(rule->rule.title, "x");
    ck_assert_int_eq(t.diag.items[t.diag.n - 1].line, 10);
    ck_assert_ptr_nonnull(strstr(t.diag.items[t.diag.n - 1].text, "stands twice"));
    ck_outcome(rule->next, RULE_LOADED, "");
}
END_TEST

START_TEST(finds_no_rules_in_empty_text)
{
    ck_assert_ptr_null(sigma_test_read(&t, "a.yml", ""));
    ck_assert_ptr_null(sigma_test_read(&t, "a.yml", "# nothing\n---\n---\n"));
    ck_assert_uint_eq(t.rules.n, 0);
    ck_assert_uint_eq(t.diag.n, 0);
}
END_TEST

START_TEST(rejects_the_second_rule_of_an_id)
{
    const struct sigma_rule *first = sigma_test_read(&t, "a.yml", "id: same\n" RULE("One"));
    const struct sigma_rule *second = sigma_test_read(&t, "b.yml", "id: same\n" RULE("Two"));
    struct rule *items;

    ck_assert_uint_eq(link_rules(&items), 1);
    ck_outcome(first, RULE_LOADED, "");
    ck_outcome(second, RULE_REJECTED, "the id same is that of the rule in a.yml:1 too");
    ck_slice_eq(items[0].title, "One");
}
END_TEST

START_TEST(lets_a_rule_have_the_id_of_one_that_is_not_loaded)
{
    struct rule *items;

    (void)sigma_test_read(&t, "a.yml", "id: same\nstatus: deprecated\n" RULE("One"));
    (void)sigma_test_read(&t, "b.yml", "id: same\n" RULE("Two"));
    (void)sigma_test_read(&t, "c.yml", "id: same\nstatus: deprecated\n" RULE("Three"));
    ck_assert_uint_eq(link_rules(&items), 1);
    ck_slice_eq(items[0].title, "Two");
}
END_TEST

START_TEST(numbers_what_is_loaded_in_order)
{
    const struct sigma_rule *one = sigma_test_read(&t, "a.yml", RULE("One"));
    struct sigma_rule *bad = sigma_test_read(&t, "b.yml", RULE("Two"));
    const struct sigma_rule *three = sigma_test_read(&t, "c.yml", RULE("Three"));
    struct rule *items;

    sigma_reject(&t.rules, bad, &t.diag, bad->at, "its regular expression is %s", "broken");
    ck_assert_uint_eq(link_rules(&items), 2);
    ck_outcome(bad, RULE_REJECTED, "its regular expression is broken");
    ck_assert_uint_eq(one->rule.number, 0);
    ck_assert_uint_eq(three->rule.number, 1);
    ck_slice_eq(items[1].title, "Three");
}
END_TEST

/* Sixteen aliases to sixteen aliases and so on: small as text, two hundred thousand values written out. */
START_TEST(rejects_a_rule_that_grows_beyond_its_share_of_memory_and_reads_the_next)
{
    CLEANUP_BUFFER struct buffer text = {0};
    const struct sigma_rule *rule;
    unsigned i;
    unsigned k;

    buffer_add(&text, SLICE("title: big\n" LOGSOURCE "detection:\n    a0: &a0 [{f: [x, y, z]}]\n"));
    for (i = 1; i <= 4; i++) {
        buffer_printf(&text, "    a%u: &a%u [", i, i);
        for (k = 0; k < 16; k++)
            buffer_printf(&text, "*a%u%s", i - 1, k < 15 ? ", " : "]\n");
    }
    buffer_add(&text, SLICE("    condition: 1 of them\n---\n" RULE("small")));
    buffer_add_char(&text, '\0');
    rule = sigma_test_read(&t, "a.yml", text.p);
    ck_outcome(rule, RULE_REJECTED, "too large: it would take more than 32 MiB");
    ck_outcome(rule->next, RULE_LOADED, "");
}
END_TEST

START_TEST(reports_memory_that_runs_out_and_does_not_half_read)
{
    struct arena small;
    struct sigma_rules rules;
    size_t bytes;
    int r = -1;

    for (bytes = 64; r != 0; bytes += 64) {
        ck_assert_int_eq(arena_init(&small, 0, bytes), 0);
        sigma_rules_init(&rules, &small);
        r = sigma_read(&rules,
            slice_str(RULE("One") "tags: [a, iso27001.a.5.1]\n---\ntitle: c\ncorrelation: {type: "
                                  "event_count, rules: [One], timespan: 1m, condition: {gte: 2}}\n"),
            "a.yml", &t.diag);
        ck_assert(r == 0 || r == -ENOMEM);
        if (r == 0) {
            struct rule *items;
            size_t n;

            r = sigma_link(&rules, &items, &n, &t.diag);
            ck_assert(r == 0 || r == -ENOMEM);
        }
        arena_fini(&small);
        ck_assert_uint_lt(bytes, 1 << 20);
    }
}
END_TEST

UNIT_MAIN_WITH("sigma_reader", setup, teardown, reads_who_a_rule_is,
    falls_back_on_the_title_for_the_id_and_on_medium_for_the_level, knows_the_controls_a_rule_is_evidence_for,
    takes_our_own_key_for_folding, rejects_a_rule_without_title_logsource_or_detection_at_its_place,
    tells_every_problem_of_a_rule_and_keeps_the_first_as_its_reason,
    skips_deprecated_and_unsupported_rules_with_the_reason, reads_filters_and_says_what_they_lack,
    warns_of_log_source_attributes_that_do_not_count, rejects_old_ways_with_a_hint, reads_every_document_of_a_file,
    has_each_document_digested_by_itself, lets_a_broken_document_harm_none_beside_it, finds_no_rules_in_empty_text,
    rejects_the_second_rule_of_an_id, lets_a_rule_have_the_id_of_one_that_is_not_loaded,
    numbers_what_is_loaded_in_order, rejects_a_rule_that_grows_beyond_its_share_of_memory_and_reads_the_next,
    reports_memory_that_runs_out_and_does_not_half_read)
