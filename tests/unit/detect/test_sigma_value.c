/* SPDX-License-Identifier: Apache-2.0 */
#include "support/sigma.h"

START_TEST(takes_a_text_for_the_whole_value)
{
    ck_item_reads("User: admin", "User = 'admin'");
    ck_item_reads("User: 'two words'", "User = 'two words'");
}
END_TEST

START_TEST(takes_star_for_any_characters_and_question_mark_for_one)
{
    ck_item_reads("f: 'antivirus_V*.exe'", "f = 'antivirus_V'*'.exe'");
    ck_item_reads("f: prog?.exe", "f = 'prog'?'.exe'");
    ck_item_reads("f: '*'", "f = *");
    ck_item_reads("f: 'a**b'", "f = 'a'*'b'");
    ck_item_reads("f: 'a?"
                  "?b'",
        "f = 'a'?"
        "?'b'");
}
END_TEST

START_TEST(takes_a_backslash_for_itself_unless_it_escapes_a_wildcard_or_another)
{
    ck_item_reads("f: 'C:\\Win'", "f = 'C:\\Win'");
    ck_item_reads("f: 'C:\\\\Win'", "f = 'C:\\Win'");
    ck_item_reads("f: '\\*\\?'", "f = '*?'");
    ck_item_reads("f: '\\\\*'", "f = '\\'*");
    ck_item_reads("f: '\\\\\\*'", "f = '\\*'");
    ck_item_reads("f: '\\\\\\\\'", "f = '\\\\'");
    ck_item_reads("f: 'end\\'", "f = 'end\\'");
    ck_item_reads("f: '\\\\server\\share\\*'", "f = '\\server\\share*'");
}
END_TEST

START_TEST(takes_a_list_for_any_of_its_values)
{
    ck_item_reads("EventID: [517, 1102]", "(EventID = '517' or EventID = '1102')");
    ck_item_reads("EventID: [517]", "EventID = '517'");
}
END_TEST

START_TEST(takes_numbers_and_booleans_for_their_text)
{
    ck_item_reads("EventID: 4624", "EventID = '4624'");
    ck_item_reads("ratio: 0.5", "ratio = '0.5'");
    ck_item_reads("Signed: true", "Signed = 'true'");
    ck_item_reads("Signed: False", "Signed = 'false'");
    ck_item_reads("Signed: 'False'", "Signed = 'False'");
}
END_TEST

START_TEST(tells_null_from_the_empty_text_and_the_word)
{
    ck_item_reads("f: null", "f null");
    ck_item_reads("f:", "f null");
    ck_item_reads("f: ''", "f = ''");
    ck_item_reads("f: 'null'", "f = 'null'");
}
END_TEST

START_TEST(takes_null_in_a_list_and_warns)
{
    char document[SIGMA_DOCUMENT_MAX];
    struct sigma_test t;

    ck_item_reads("f: [a, null]", "(f = 'a' or f null)");
    sigma_test_init(&t);
    (void)sigma_test_read(
        &t, "t.yml", sigma_test_document(document, "    sel:\n        f: [a, null]\n    condition: sel\n"));
    ck_assert_uint_eq(t.diag.n_warnings, 1);
    ck_assert_uint_eq(t.diag.items[0].line, 5);
    ck_assert_uint_eq(t.diag.items[0].column, 16);
    sigma_test_fini(&t);
}
END_TEST

START_TEST(keeps_names_with_dots_and_blanks_as_they_are)
{
    ck_item_reads("userIdentity.type: Root", "userIdentity.type = 'Root'");
    ck_item_reads("Threat Name|contains: x", "Threat Name = *'x'*");
}
END_TEST

START_TEST(refuses_a_value_that_is_a_list_or_map_with_its_place)
{
    ck_item_fails("f: [a, [b]]", 8, "a value must be");
    ck_item_fails("f: {g: a}", 4, "not a map");
    ck_item_fails("f: []", 4, "an empty list");
}
END_TEST

START_TEST(refuses_a_value_longer_than_the_limit)
{
    static char item[SIGMA_PATTERN_BYTES_MAX + 16];
    static char want[SIGMA_PATTERN_BYTES_MAX + 16];
    static char value[SIGMA_PATTERN_BYTES_MAX + 2];

    (void)memset(value, 'x', SIGMA_PATTERN_BYTES_MAX);
    (void)snprintf(item, sizeof(item), "f: %s", value);
    (void)snprintf(want, sizeof(want), "f = '%s'", value);
    ck_item_reads(item, want);
    value[SIGMA_PATTERN_BYTES_MAX] = 'x';
    (void)snprintf(item, sizeof(item), "f: %s", value);
    ck_item_fails(item, 4, "16385 bytes");
}
END_TEST

START_TEST(takes_a_map_for_all_of_its_entries)
{
    ck_detection_reads("    sel:\n        A: 1\n        B: 2\n    condition: sel\n", "(A = '1' and B = '2')");
}
END_TEST

START_TEST(takes_a_list_of_maps_for_any_of_them)
{
    ck_detection_reads("    sel:\n        - Image: a\n        - {B: 1, C: 2}\n    condition: sel\n",
        "(Image = 'a' or (B = '1' and C = '2'))");
    ck_detection_reads("    sel:\n        - Image: a\n        - word\n        - - B: 1\n          - C: 2\n"
                       "    condition: sel\n",
        "(Image = 'a' or ~ = *'word'* or (B = '1' or C = '2'))");
}
END_TEST

START_TEST(takes_a_list_of_texts_for_keywords_anywhere)
{
    ck_detection_reads("    sel:\n        - sudo\n        - 'wget * - http* | perl'\n        - 0\n    condition: sel\n",
        "(~ = *'sudo'* or ~ = *'wget '*' - http'*' | perl'* or ~ = *'0'*)");
    ck_detection_reads("    sel: '*foo'\n    condition: sel\n", "~ = *'foo'*");
}
END_TEST

START_TEST(takes_keywords_under_all_for_every_one_of_them)
{
    ck_item_reads("'|all': [a, b]", "(~ = *'a'* and ~ = *'b'*)");
}
END_TEST

START_TEST(takes_other_modifiers_of_keywords_at_their_word)
{
    ck_item_reads("'|contains': a", "~ = *'a'*");
    ck_item_reads("'|startswith': a", "~ = 'a'*");
    ck_item_reads("'|re': a+", "~ /a+/");
    ck_item_reads("'|cased': a", "~ cased = *'a'*");
}
END_TEST

START_TEST(refuses_keywords_that_would_fit_every_event_or_none)
{
    ck_detection_fails("    sel: ''\n    condition: sel\n", 1, 10, "an empty keyword");
    ck_detection_fails("    sel: [a, null]\n    condition: sel\n", 1, 14, "needs a field");
    ck_item_fails("'|cidr': 10.0.0.0/8", 10, "needs a field");
    ck_item_fails("'|gt': 3", 8, "needs a field");
    ck_detection_fails("    sel: {}\n    condition: sel\n", 1, 10, "asks for nothing");
    ck_detection_fails("    sel: []\n    condition: sel\n", 1, 10, "asks for nothing");
}
END_TEST

UNIT_MAIN("sigma_value", takes_a_text_for_the_whole_value, takes_star_for_any_characters_and_question_mark_for_one,
    takes_a_backslash_for_itself_unless_it_escapes_a_wildcard_or_another, takes_a_list_for_any_of_its_values,
    takes_numbers_and_booleans_for_their_text, tells_null_from_the_empty_text_and_the_word,
    takes_null_in_a_list_and_warns, keeps_names_with_dots_and_blanks_as_they_are,
    refuses_a_value_that_is_a_list_or_map_with_its_place, refuses_a_value_longer_than_the_limit,
    takes_a_map_for_all_of_its_entries, takes_a_list_of_maps_for_any_of_them,
    takes_a_list_of_texts_for_keywords_anywhere, takes_keywords_under_all_for_every_one_of_them,
    takes_other_modifiers_of_keywords_at_their_word, refuses_keywords_that_would_fit_every_event_or_none)
