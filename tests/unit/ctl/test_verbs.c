/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/verbs.h"

#include <stdarg.h>

#include "ctl/ctl_proto.h"
#include "support/unit.h"

START_TEST(every_verb_has_a_name_of_its_own_and_help)
{
    size_t i;
    size_t k;

    for (i = 0; i < n_verbs; i++) {
        ck_assert_msg(verbs[i].help != NULL && verbs[i].help[0] != '\0', "%s", verbs[i].name);
        for (k = 0; k < i; k++)
            ck_assert_str_ne(verbs[i].name, verbs[k].name);
    }
}
END_TEST

static size_t
length(const char *const *names, size_t max)
{
    size_t n = 0;

    while (n <= max && names[n] != NULL)
        n++;
    return n;
}

START_TEST(no_verb_names_more_than_there_is_room_for)
{
    size_t i;

    for (i = 0; i < n_verbs; i++) {
        ck_assert_uint_le(length(verbs[i].positionals, VERB_POSITIONALS_MAX), VERB_POSITIONALS_MAX);
        ck_assert_uint_le(length(verbs[i].options, VERB_OPTIONS_MAX), VERB_OPTIONS_MAX);
        ck_assert_uint_le(length(verbs[i].columns, VERB_COLUMNS_MAX), VERB_COLUMNS_MAX);
        ck_assert_uint_le(length(verbs[i].positionals, 99) + length(verbs[i].options, 99) + 1, CTL_ARGS_MAX);
    }
}
END_TEST

/* The name without the sign behind it. */
static struct slice
bare(const char *name)
{
    struct slice s = slice_str(name);

    if (s.n > 0 && (s.p[s.n - 1] == '?' || s.p[s.n - 1] == '!'))
        s.n--;
    return s;
}

START_TEST(an_argument_has_one_name_and_never_that_of_the_verb_itself)
{
    size_t v;
    size_t i;
    size_t k;

    for (v = 0; v < n_verbs; v++) {
        const char *names[VERB_POSITIONALS_MAX + VERB_OPTIONS_MAX];
        size_t n = 0;

        for (i = 0; verbs[v].positionals[i] != NULL; i++)
            names[n++] = verbs[v].positionals[i];
        for (i = 0; verbs[v].options[i] != NULL; i++)
            names[n++] = verbs[v].options[i];
        for (i = 0; i < n; i++) {
            ck_assert(!slice_eq(bare(names[i]), SLICE(CTL_KEY_VERB)));
            for (k = 0; k < i; k++)
                ck_assert_msg(!slice_eq(bare(names[i]), bare(names[k])), "%s %s", verbs[v].name, names[i]);
        }
    }
}
END_TEST

START_TEST(what_may_be_left_out_stands_last)
{
    size_t v;
    size_t i;

    for (v = 0; v < n_verbs; v++)
        for (i = 1; i < VERB_POSITIONALS_MAX && verbs[v].positionals[i] != NULL; i++)
            ck_assert_msg(bare(verbs[v].positionals[i - 1]).n == strlen(verbs[v].positionals[i - 1]) ||
                              bare(verbs[v].positionals[i]).n < strlen(verbs[v].positionals[i]),
                "%s", verbs[v].name);
}
END_TEST

START_TEST(a_table_has_columns)
{
    size_t i;

    for (i = 0; i < n_verbs; i++)
        ck_assert_msg(verbs[i].shape != VERB_ROWS || verbs[i].where == VERB_OFFLINE || verbs[i].columns[0] != NULL,
            "%s", verbs[i].name);
}
END_TEST

static const struct verb *
find(size_t *used, size_t n, ...)
{
    char *words[8];
    va_list args;
    size_t i;

    va_start(args, n);
    for (i = 0; i < n; i++)
        words[i] = va_arg(args, char *);
    va_end(args);
    return verb_find(words, n, used);
}

START_TEST(a_verb_is_found_by_its_words_and_what_follows_is_left)
{
    size_t used;

    ck_assert_str_eq(find(&used, 3, "incident", "ack", "I-1")->name, "incident ack");
    ck_assert_uint_eq(used, 2);
    ck_assert_str_eq(find(&used, 2, "kpi", "K01")->name, "kpi");
    ck_assert_uint_eq(used, 1);
    ck_assert_str_eq(find(&used, 3, "rules", "check", "status")->name, "rules check");
}
END_TEST

START_TEST(half_a_verb_is_none)
{
    size_t used;

    ck_assert_ptr_null(find(&used, 1, "incident"));
    ck_assert_ptr_null(find(&used, 2, "incident", "acknowledge"));
    ck_assert_ptr_null(find(&used, 2, "incident", "ac"));
    ck_assert_ptr_null(find(&used, 2, "inc", "ack"));
    ck_assert_ptr_null(find(&used, 1, ""));
    ck_assert_ptr_null(find(&used, 2, "", "ack"));
    ck_assert_ptr_null(find(&used, 0));
    ck_assert_ptr_null(verb_named(SLICE("incident")));
    ck_assert_ptr_null(verb_named(SLICE("")));
    ck_assert_ptr_nonnull(verb_named(SLICE("incident ack")));
}
END_TEST

START_TEST(every_verb_is_found_by_its_own_name)
{
    size_t i;

    for (i = 0; i < n_verbs; i++)
        ck_assert_ptr_eq(verb_named(slice_str(verbs[i].name)), &verbs[i]);
}
END_TEST

START_TEST(a_verb_takes_its_positionals_and_options_and_nothing_else)
{
    const struct verb *decide = verb_named(SLICE("incident decide"));
    const struct verb *kpi = verb_named(SLICE("kpi"));
    const struct verb *list = verb_named(SLICE("incident list"));

    ck_assert(verb_takes(decide, SLICE("id")));
    ck_assert(verb_takes(decide, SLICE("verdict")));
    ck_assert(!verb_takes(decide, SLICE("owner")));
    ck_assert(!verb_takes(decide, SLICE("")));
    ck_assert(verb_takes(kpi, SLICE("id")));
    ck_assert(!verb_takes(kpi, SLICE("id?")));
    ck_assert(verb_takes(list, SLICE("all")));
    ck_assert(!verb_takes(list, SLICE("all!")));
}
END_TEST

UNIT_MAIN("verbs", every_verb_has_a_name_of_its_own_and_help, no_verb_names_more_than_there_is_room_for,
    an_argument_has_one_name_and_never_that_of_the_verb_itself, what_may_be_left_out_stands_last, a_table_has_columns,
    a_verb_is_found_by_its_words_and_what_follows_is_left, half_a_verb_is_none, every_verb_is_found_by_its_own_name,
    a_verb_takes_its_positionals_and_options_and_nothing_else)
