/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is wrong in a mapping file is told with its place, all of it, and no normalizer is made.
 */
#include "fixture.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/isms-mapping-XXXXXX";
static char path[64];

static void
write_mapping(const char *text)
{
    FILE *f;

    if (path[0] == '\0') {
        ck_assert_ptr_nonnull(mkdtemp(folder));
        (void)snprintf(path, sizeof(path), "%s/m.yaml", folder);
    }
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

static void
load(const char *text, struct diag *diag)
{
    struct settings settings = {.fields_max = 64, .mappings_path = folder};
    struct normalizer *n;

    write_mapping(text);
    ck_assert_int_eq(normalizer_new(&n, &settings, diag), 0);
    ck_assert_int_eq(n == NULL, diag->n_errors > 0);
    normalizer_free(n);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    path[0] = '\0';
    (void)snprintf(folder, sizeof(folder), "/tmp/isms-mapping-XXXXXX");
}

static void
ck_problem(const struct diag *d, size_t i, unsigned line, unsigned column, const char *sentence)
{
    ck_assert_uint_lt(i, d->n);
    ck_assert_msg(strstr(d->items[i].text, sentence) != NULL, "got '%s', want '%s'", d->items[i].text, sentence);
    ck_assert_uint_eq(d->items[i].line, line);
    ck_assert_uint_eq(d->items[i].column, column);
}

/* One problem, and where. */
static void
ck_one(const char *text, unsigned line, unsigned column, const char *sentence)
{
    CLEANUP_DIAG struct diag d = {0};

    load(text, &d);
    diag_print(&d, stderr);
    ck_assert_uint_eq(d.n_errors, 1);
    ck_problem(&d, 0, line, column, sentence);
}

/* The first problem of @text, which has more. */
static void
ck_one_of(const char *text, unsigned line, unsigned column, const char *sentence)
{
    CLEANUP_DIAG struct diag d = {0};

    load(text, &d);
    ck_problem(&d, 0, line, column, sentence);
}

#define HEAD "name: x\nprograms: [p]\npatterns:\n"

START_TEST(a_whole_mapping_has_no_problem)
{
    CLEANUP_DIAG struct diag d = {0};

    load(HEAD "  - {name: a, starts: b, regex: '^b(?<c>.)'}\n", &d);
    ck_assert_uint_eq(d.n, 0);
}
END_TEST

START_TEST(an_unknown_key_is_refused_at_its_place)
{
    ck_one("name: x\nprogram: [p]\nprograms: [p]\nlogsources: [{product: linux}]\n", 2, 1, "no key \"program\"");
    ck_one(HEAD "  - {name: a, starts: b, regx: x, set: {a: b}}\n", 4, 26, "no key \"regx\"");
    ck_one("name: x\nprograms: [p]\nlogsources: [{produkt: linux}]\n", 3, 15, "no key \"produkt\"");
}
END_TEST

START_TEST(a_broken_regex_is_refused_at_the_byte_where_it_breaks)
{
    ck_one(HEAD "  - {name: a, starts: b, regex: '^b(?<c>.'}\n", 4, 42, "the regex breaks after 8 bytes");
    ck_one(HEAD "  - name: a\n    starts: b\n    regex: '^''(c'\n", 6, 18, "the regex breaks after 4 bytes");
}
END_TEST

START_TEST(a_pattern_without_a_literal_is_refused)
{
    ck_one(HEAD "  - {name: a, regex: x}\n", 4, 5, "needs starts or contains");
}
END_TEST

START_TEST(a_pattern_that_yields_nothing_is_refused)
{
    ck_one(HEAD "  - {name: a, starts: b}\n", 4, 5, "a regex or a set");
}
END_TEST

START_TEST(a_name_given_twice_is_refused)
{
    ck_one(HEAD "  - {name: a, starts: b, regex: b}\n  - {name: A, starts: c, regex: c}\n", 5, 5, "is taken");
    ck_one(
        "name: x\nprograms: [p]\nlogsources: [{service: s}]\n---\nname: x\nprograms: [q]\nlogsources: [{service: s}]\n",
        5, 1, "is taken by");
}
END_TEST

START_TEST(a_mapping_of_records_lacking_what_tells_them_is_refused)
{
    static const char rest[] = "key: k\nlogsources: [{product: p}]\n";
    char text[256];

    (void)snprintf(text, sizeof(text), "name: x\nkind: pairs\n%s", rest);
    ck_one(text, 1, 1, "needs starts");
    (void)snprintf(text, sizeof(text), "name: x\nkind: columns\nstarts: a\n%s", rest);
    ck_one(text, 1, 1, "needs columns");
    (void)snprintf(text, sizeof(text), "name: x\nkind: pairs\nstarts: a\nseparator: ab\n%s", rest);
    ck_one(text, 4, 12, "one byte");
    (void)snprintf(text, sizeof(text), "name: x\nkind: json\nstarts: a\n%s", rest);
    ck_one(text, 3, 1, "no key \"starts\"");
    (void)snprintf(text, sizeof(text), "name: x\nkind: table\nprograms: [p]\nlogsources: [{product: p}]\n");
    ck_one(text, 2, 7, "kind must be");
    ck_one("name: x\nkind: pairs\nstarts: a\nkey: k\n", 1, 1, "routes or logsources");
}
END_TEST

START_TEST(what_makes_fields_out_of_values_must_say_how)
{
    static const char head[] = "name: x\nkind: json\nkey: k\nlogsources: [{product: p}]\n";
    char text[256];

    (void)snprintf(text, sizeof(text), "%ssplit: {src: {by: ':'}}\n", head);
    ck_one(text, 5, 14, "by and into");
    (void)snprintf(text, sizeof(text), "%ssplit: {src: {by: '::', into: [a]}, dst: {by: ':', into: [a]}}\n", head);
    ck_one_of(text, 5, 19, "by must be one byte");
    (void)snprintf(text, sizeof(text), "%ssplit: [src]\n", head);
    ck_one(text, 5, 8, "split must be");
    (void)snprintf(text, sizeof(text), "%slines: [{names: {a: b}}]\n", head);
    ck_one(text, 5, 9, "lines need of");
    (void)snprintf(text, sizeof(text), "%sneeds: {a: b}\n", head);
    ck_one(text, 5, 8, "needs must be a text");
    ck_one("name: x\nkind: columns\nstarts: a\ncolumns: [a]\nlogsources: [{product: p}]\n", 1, 1, "needs a key");
}
END_TEST

START_TEST(programs_that_are_no_list_are_refused)
{
    ck_one("name: x\nprograms: all\nlogsources: [{product: linux}]\n", 2, 11, "list of program names");
    ck_one("name: x\nlogsources: [{product: linux}]\n", 1, 1, "nothing says which messages");
}
END_TEST

START_TEST(a_group_that_the_regex_lacks_is_refused)
{
    ck_one(HEAD "  - {name: a, starts: b, regex: '(?<t>b)', time: {u: clf}}\n", 4, 51, "no group called \"u\"");
    ck_one(HEAD "  - {name: a, starts: b, regex: '(?<t>b)', pairs: {u: ''}}\n", 4, 52, "no group called \"u\"");
    ck_one(HEAD "  - {name: a, starts: b, regex: '(?<t>b)', again: u}\n", 4, 51, "no group called \"u\"");
}
END_TEST

START_TEST(a_facility_nobody_knows_is_refused)
{
    ck_one("name: x\nfacilities: [auth, autv]\nlogsources: [{product: linux}]\n", 2, 20, "no syslog facility");
}
END_TEST

START_TEST(every_problem_is_told_at_once)
{
    CLEANUP_DIAG struct diag d = {0};

    load("name: x\nkind: json\n---\nname: y\nprograms: 3\npatterns:\n  - {name: a, regex: '('}\n  - {starts: q}\n", &d);
    ck_assert_uint_eq(d.n_errors, 6);
}
END_TEST

START_TEST(a_program_with_more_patterns_than_fit_is_refused)
{
    CLEANUP_DIAG struct diag d = {0};
    CLEANUP_BUFFER struct buffer text = {0};
    unsigned i;

    buffer_printf(&text, HEAD);
    for (i = 0; i < 65; i++)
        buffer_printf(&text, "  - {name: a%u, starts: b, regex: b}\n", i);
    buffer_add_char(&text, '\0');
    load(text.p, &d);
    ck_assert_uint_eq(d.n_errors, 1);
    ck_problem(&d, 0, 1, 1, "more than 64 patterns");
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_a_problem_of_the_configuration)
{
    CLEANUP_DIAG struct diag d = {0};
    struct settings settings = {.fields_max = 64, .mappings_path = "/nonexistent/mappings"};
    struct normalizer *n;

    ck_assert_int_eq(normalizer_new(&n, &settings, &d), 0);
    ck_assert_ptr_null(n);
    ck_problem(&d, 0, 0, 0, "No such file");
}
END_TEST

START_TEST(the_shipped_mappings_have_no_problem)
{
    CLEANUP_DIAG struct diag d = {0};
    struct settings settings = {.fields_max = 64, .mappings_path = SHIPPED_MAPPINGS};
    struct normalizer *n;

    ck_assert_int_eq(normalizer_new(&n, &settings, &d), 0);
    diag_print(&d, stderr);
    ck_assert_uint_eq(d.n, 0);
    ck_assert_ptr_nonnull(n);
    normalizer_free(n);
}
END_TEST

UNIT_MAIN("mapping", a_whole_mapping_has_no_problem, a_mapping_of_records_lacking_what_tells_them_is_refused,
    what_makes_fields_out_of_values_must_say_how, an_unknown_key_is_refused_at_its_place,
    a_broken_regex_is_refused_at_the_byte_where_it_breaks, a_pattern_without_a_literal_is_refused,
    a_pattern_that_yields_nothing_is_refused, a_name_given_twice_is_refused, programs_that_are_no_list_are_refused,
    a_group_that_the_regex_lacks_is_refused, a_facility_nobody_knows_is_refused, every_problem_is_told_at_once,
    a_program_with_more_patterns_than_fit_is_refused, a_folder_that_is_not_there_is_a_problem_of_the_configuration,
    the_shipped_mappings_have_no_problem)
