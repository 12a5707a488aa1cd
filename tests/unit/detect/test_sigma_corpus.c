/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"
#include "base/file.h"
#include "support/corpus.h"
#include "support/sigma.h"

/* Every active rule of a real rule set is loaded, but for those that ask for lists nobody configured. */

enum { FILE_BYTES_MAX = 4 << 20, N_RULES = 3780, N_PLACEHOLDERS = 25 };

static const char *const suffixes[] = {".yml", ".yaml", NULL};

static int
read_file(void *ctx, const char *path)
{
    struct sigma_test *t = ctx;
    CLEANUP_BUFFER struct buffer text = {0};

    ck_assert_int_eq(file_read(path, FILE_BYTES_MAX, &text), 0);
    ck_assert_int_eq(sigma_read(&t->rules, buffer_slice(&text), path, &t->diag), 0);
    return 0;
}

/* Every placeholder of those rules, as a person would have to list them. */
static size_t
name_placeholders(const struct sigma_test *t, struct sigma_list *lists, size_t max)
{
    static const struct slice values[] = {SLICE("one"), SLICE("two*")};
    const struct sigma_rule *rule;
    size_t n = 0;

    for (rule = t->rules.first; rule != NULL; rule = rule->next) {
        struct slice rest = rule->reason;
        struct slice name;
        size_t i;

        if (rule->status != RULE_REJECTED)
            continue;
        (void)cursor_until(&rest, '%');
        ck_assert(cursor_skip(&rest, '%'));
        name = cursor_until(&rest, '%');
        for (i = 0; i < n && !slice_eq(lists[i].name, name); i++)
            continue;
        if (i < n)
            continue;
        ck_assert_uint_lt(n, max);
        lists[n++] = (struct sigma_list){name, values, ARRAY_LEN(values)};
    }
    return n;
}

static size_t
count_rejected(const struct sigma_test *t)
{
    const struct sigma_rule *rule;
    size_t n = 0;

    for (rule = t->rules.first; rule != NULL; rule = rule->next)
        n += rule->status == RULE_REJECTED;
    return n;
}

/* A rule with two placeholders names the second once it has the first. */
START_TEST(loads_every_rule_of_a_real_rule_set_once_its_lists_are_given)
{
    enum { LISTS_MAX = 64, ROUNDS_MAX = 4 };
    struct sigma_list lists[LISTS_MAX];
    struct sigma_test rounds[ROUNDS_MAX];
    size_t n = 0;
    int i;

    if (!corpus_unpack("sigma/rules-all.tar.zst", "sigma_corpus_rules"))
        return;
    for (i = 0; i < ROUNDS_MAX; i++) {
        sigma_test_lists = lists;
        sigma_test_n_lists = n;
        sigma_test_init(&rounds[i]);
        ck_assert_int_eq(file_walk("sigma_corpus_rules", suffixes, read_file, &rounds[i]), 0);
        n += name_placeholders(&rounds[i], lists + n, LISTS_MAX - n);
    }
    ck_assert_uint_eq(rounds[ROUNDS_MAX - 1].rules.n, N_RULES);
    ck_assert_uint_eq(count_rejected(&rounds[0]), N_PLACEHOLDERS);
    ck_assert_uint_eq(count_rejected(&rounds[ROUNDS_MAX - 1]), 0);
    for (i = 0; i < ROUNDS_MAX; i++)
        sigma_test_fini(&rounds[i]);
}
END_TEST

START_TEST(loads_every_rule_of_a_real_rule_set_but_those_with_unresolved_placeholders)
{
    const struct sigma_rule *rule;
    struct rule *items;
    struct sigma_test t;
    size_t n_rejected = 0;
    size_t n_items;

    if (!corpus_unpack("sigma/rules-all.tar.zst", "sigma_corpus_rules"))
        return;
    sigma_test_init(&t);
    ck_assert_int_eq(file_walk("sigma_corpus_rules", suffixes, read_file, &t), 0);
    ck_assert_int_eq(sigma_link(&t.rules, &items, &n_items, &t.diag), 0);
    for (rule = t.rules.first; rule != NULL; rule = rule->next) {
        if (rule->status == RULE_LOADED)
            continue;
        n_rejected++;
        ck_assert_msg(slice_starts(rule->reason, SLICE("placeholder unresolved")), "%s:%u:%u: %.*s", rule->at.file,
            rule->at.line, rule->at.column, (int)rule->reason.n, rule->reason.p);
    }
    ck_assert_uint_eq(t.rules.n, N_RULES);
    ck_assert_uint_eq(n_rejected, N_PLACEHOLDERS);
    ck_assert_uint_eq(n_items, N_RULES - N_PLACEHOLDERS);
    ck_assert_uint_eq(t.diag.n_warnings, 0);
    sigma_test_fini(&t);
}
END_TEST

UNIT_MAIN("sigma_corpus", loads_every_rule_of_a_real_rule_set_but_those_with_unresolved_placeholders,
    loads_every_rule_of_a_real_rule_set_once_its_lists_are_given)
