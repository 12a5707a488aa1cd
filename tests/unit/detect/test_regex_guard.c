/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "detect/regex_guard.h"
#include "support/unit.h"

static const struct {
    const char *regex;
    const char *guards; /* with a + between them, | between branches; NULL: none */
} rows[] = {
    // clang-format off
    {"session opened",                 "session opened"},
    {"Failed .* from (\\d+)",          "Failed + from "},
    {"ab+cdef",                        "cdef"},
    {"abcd?",                          "abc"},
    {"abc\xc3\xa9*d",                  "abc"},
    {"abcde{0,3}xyz",                  "abcd+xyz"},
    {"abcde{2}",                       "abcd"},
    {"^/login\\.php$",                 "/login.php"},
    {"[abc]defg[[:alpha:]]hijkl",      "defg+hijkl"},
    {"[]x]abc[^]y]",                   "abc"},
    {"(one|two)three(four(five))",     "three"},
    {"(?<=password: )secret\\b",       "secret"},
    {"(?R)?nested",                    "nested"},
    {"\\d+needle\\s",                  "needle"},
    {"one|other(x|yy)then",            "one|other+then"},
    {"(a|b)one|a|other",               NULL},
    {"one|",                           NULL},
    {"ab",                             NULL},
    {"\\x41bcdef",                     NULL},
    {"\\Qa|b\\Econst",                 NULL},
    {"(?x) a b c d",                   NULL},
    {"(?i)(?sx) abcd",                 NULL},
    {"(*ACCEPT)abcd",                  NULL},
    {"x(?:a(*ACCEPT)b)yzabcd",         NULL},
    {"(abcd",                          NULL},
    {"[abcd",                          NULL},
    {"abcd\\",                         NULL},
    // clang-format on
};

START_TEST(finds_the_texts_that_no_match_can_lack)
{
    struct regex_guards guards;
    size_t i;
    size_t k;

    for (i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP_BUFFER struct buffer got = {0};

        regex_guards(slice_str(rows[i].regex), &guards);
        for (k = 0; k < guards.n; k++) {
            if (k > 0)
                buffer_add_char(&got, guards.items[k].branch == guards.items[k - 1].branch ? '+' : '|');
            buffer_add(&got, guards.items[k].text);
        }
        ck_assert_msg(slice_eq(buffer_slice(&got), slice_str(rows[i].guards)), "%s: '%.*s'", rows[i].regex, (int)got.n,
            got.n == 0 ? "" : got.p);
    }
}
END_TEST

UNIT_MAIN("regex_guard", finds_the_texts_that_no_match_can_lack)
