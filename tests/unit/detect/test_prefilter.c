/* SPDX-License-Identifier: Apache-2.0 */
#include "base/regex.h"
#include "detect/prefilter.h"
#include "support/unit.h"

static const struct {
    const char *regex;
    enum prefilter_grade grade;
} grades[] = {
    // clang-format off
    {"user=\\w+ .*(?:failed|denied)",  PREFILTER_EXACT},
    {"(?i)^a.{0,20}b$",                PREFILTER_EXACT},
    {"\xc3\xa9t\xc3\xa9",              PREFILTER_EXACT},
    {"(?<!no )password",               PREFILTER_APPROXIMATE},
    {"(a+)b\\1",                       PREFILTER_APPROXIMATE},
    {"a++b",                           PREFILTER_APPROXIMATE},
    {"\\((?:[^()]|(?R))*\\)",          PREFILTER_REFUSED},
    {"a\\Kb",                          PREFILTER_REFUSED},
    {"x.{1,1000}y",                    PREFILTER_REFUSED},
    {"(.{60}a){3}.{60}",               PREFILTER_REFUSED},
    // clang-format on
};

START_TEST(grades_what_becomes_of_each_construct)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(grades); i++)
        ck_assert_msg(prefilter_grade(slice_str(grades[i].regex), 0) == grades[i].grade, "%s", grades[i].regex);
    ck_assert_int_eq(prefilter_grade(SLICE("a\0b"), 0), PREFILTER_REFUSED);
    ck_assert_int_eq(prefilter_grade(SLICE("ab"), REGEX_BYTES), PREFILTER_REFUSED);
}
END_TEST

struct finds {
    size_t n_patterns;
    unsigned long long ends[8][8];
    size_t n[8];
};

static int
note(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
    struct finds *f = ctx;

    (void)from;
    (void)flags;
    if (id >= f->n_patterns)
        return 0;
    ck_assert_uint_lt(f->n[id], 8);
    f->ends[id][f->n[id]++] = to;
    return 0;
}

static struct finds
scan(const struct prefilter_pattern *patterns, size_t n, enum prefilter_trust trust, struct slice text)
{
    CLEANUP(prefilter_free) struct prefilter *p = NULL;
    CLEANUP(prefilter_scratch_free) struct prefilter_scratch *first = NULL;
    CLEANUP(prefilter_scratch_free) struct prefilter_scratch *s = NULL;
    struct finds f = {.n_patterns = n};
    size_t refused;

    ck_assert_int_eq(prefilter_new(&p, patterns, n, trust, &refused), 0);
    ck_assert_int_eq(prefilter_scratch_fit(&first, p), 0);
    ck_assert_int_eq(prefilter_scratch_clone(&s, first), 0);
    prefilter_scan(p, text, s, note, &f);
    return f;
}

/* Both kinds of database must tell the same of literals. */
START_TEST(finds_literals_without_case_and_tells_where_they_end)
{
    const struct prefilter_pattern patterns[] = {
        {.text = SLICE("cmd.exe")},
        {.text = SLICE("a*b\\"), .once = true},
        {.text = SLICE("\0x")},
        {.text = SLICE("nothing matches this"), .is_regex = true, .once = true},
    };
    struct slice text = SLICE("CMD.EXE A*b\\ a*B\\ cmdxexe \0X cmd.exe");
    size_t n;

    for (n = 3; n <= 4; n++) {
        struct finds f = scan(patterns, n, PREFILTER_TRUSTED, text);

        ck_assert_uint_eq(f.n[0], 2);
        ck_assert_uint_eq(f.ends[0][0], 7);
        ck_assert_uint_eq(f.ends[0][1], text.n);
        ck_assert_uint_eq(f.n[1], 1);
        ck_assert_uint_eq(f.n[2], 1);
        ck_assert_uint_eq(f.n[3], 0);
    }
}
END_TEST

START_TEST(takes_expressions_as_utf8_with_their_own_case)
{
    const struct prefilter_pattern patterns[] = {
        {.text = SLICE("a.b"), .is_regex = true},
        {.text = SLICE("a.B"), .is_regex = true},
        {.text = SLICE("A.B"), .is_regex = true, .regex_flags = REGEX_CASELESS},
    };
    struct finds f = scan(patterns, 3, PREFILTER_TRUSTED,
        SLICE("xa\xc3\xa9"
              "b"));

    ck_assert_uint_eq(f.n[0], 1);
    ck_assert_uint_eq(f.n[1], 0);
    ck_assert_uint_eq(f.n[2], 1);
}
END_TEST

/* Whatever this build loses with accelerators (daemon/detect/trust.h), it must not lose without. */
START_TEST(loses_no_literal_where_only_literals_are_trusted)
{
    const struct prefilter_pattern patterns[] = {{.text = SLICE("xy")}, {.text = SLICE("abc")}};
    CLEANUP(prefilter_free) struct prefilter *p = NULL;
    CLEANUP(prefilter_scratch_free) struct prefilter_scratch *scratch = NULL;
    char text[300];
    size_t refused;
    size_t at;
    size_t behind;

    ck_assert_int_eq(prefilter_new(&p, patterns, 2, PREFILTER_LITERALS, &refused), 0);
    ck_assert_int_eq(prefilter_scratch_fit(&scratch, p), 0);
    for (at = 0; at < 140; at++)
        for (behind = 0; behind < 20; behind++) {
            struct finds f = {.n_patterns = 2};

            memset(text, 'm', sizeof(text));
            memcpy(text + at, at % 2 == 0 ? "xy" : "abc", 2 + at % 2);
            prefilter_scan(p, slice_of(text, at + 3 + behind), scratch, note, &f);
            ck_assert_uint_eq(f.n[at % 2], 1);
            ck_assert_uint_eq(f.n[1 - at % 2], 0);
        }
}
END_TEST

START_TEST(names_the_pattern_a_database_cannot_take)
{
    const struct prefilter_pattern patterns[] = {
        {.text = SLICE("fine"), .is_regex = true},
        {.text = SLICE("(?R)?x"), .is_regex = true},
    };
    struct prefilter *p = NULL;
    size_t refused = 0;

    ck_assert_int_eq(prefilter_new(&p, patterns, 2, PREFILTER_TRUSTED, &refused), PREFILTER_E_REFUSED);
    ck_assert_uint_eq(refused, 1);
    ck_assert_ptr_null(p);
}
END_TEST

UNIT_MAIN("prefilter", grades_what_becomes_of_each_construct, finds_literals_without_case_and_tells_where_they_end,
    takes_expressions_as_utf8_with_their_own_case, loses_no_literal_where_only_literals_are_trusted,
    names_the_pattern_a_database_cannot_take)
