/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_modifiers.h"
#include "support/sigma.h"

START_TEST(lets_anything_stand_around_before_or_behind)
{
    ck_item_reads("f|contains: x", "f = *'x'*");
    ck_item_reads("f|startswith: x", "f = 'x'*");
    ck_item_reads("f|endswith: x", "f = *'x'");
    ck_item_reads("f|contains: 12", "f = *'12'*");
    ck_item_reads("f|contains: ''", "f = *");
}
END_TEST

START_TEST(keeps_wildcards_inside_and_never_doubles_them)
{
    ck_item_reads("f|contains: 'a*b?c'", "f = *'a'*'b'?'c'*");
    ck_item_reads("f|contains: '*x*'", "f = *'x'*");
    ck_item_reads("f|endswith: '*x'", "f = *'x'");
    ck_item_reads("f|startswith|endswith: x", "f = *'x'*");
}
END_TEST

START_TEST(asks_for_every_value_under_all)
{
    ck_item_reads("f|contains|all: [a, b]", "(f = *'a'* and f = *'b'*)");
    ck_item_reads("f|all|contains: [a, b]", "(f = *'a'* and f = *'b'*)");
    ck_item_reads("f|contains|all: a", "f = *'a'*");
}
END_TEST

START_TEST(tells_upper_from_lower_case_under_cased)
{
    ck_item_reads("f|cased: 'A*'", "f cased = 'A'*");
    ck_item_reads("f|contains|cased: A", "f cased = *'A'*");
}
END_TEST

START_TEST(negates_the_whole_item_under_neq)
{
    ck_item_reads("f|neq: [a, b]", "not (f = 'a' or f = 'b')");
    ck_item_reads("f|contains|neq: a", "not f = *'a'*");
    ck_item_reads("f|fieldref|neq: g", "not f = field g");
}
END_TEST

START_TEST(takes_a_regular_expression_as_it_stands)
{
    ck_item_reads("f|re: '^a\\*b\\\\c?$'", "f /^a\\*b\\\\c?$/");
    ck_item_reads("f|re: [a, b]", "(f /a/ or f /b/)");
    ck_item_reads("f|re: '(?i)abc'", "f /(?i)abc/");
    ck_item_reads("f|re: 123", "f /123/");
}
END_TEST

START_TEST(takes_flags_of_a_regular_expression_only_behind_re)
{
    ck_item_reads("f|re|i: a", "f /a/i");
    ck_item_reads("f|re|m|s: a", "f /a/ms");
    ck_item_reads("f|re|ignorecase|multiline|dotall: a", "f /a/ims");
    ck_item_fails("f|i: a", 6, "'|i' cannot be applied to text");
    ck_item_fails("f|i|re: a", 9, "'|i' cannot be applied to text");
}
END_TEST

START_TEST(binds_a_regular_expression_to_the_ends_of_the_value)
{
    ck_item_reads("f|re|contains: a|b", "f /a|b/");
    ck_item_reads("f|re|startswith: a|b", "f /\\A(?:a|b)/");
    ck_item_reads("f|re|endswith: a|b", "f /(?:a|b)\\z/");
}
END_TEST

START_TEST(refuses_re_behind_what_changed_the_text)
{
    ck_item_fails("f|contains|re: a", 12, "'|re' must stand before '|contains'");
    ck_item_fails("f|re: ''", 7, "empty regular expression");
    ck_item_fails("f|re: null", 7, "'|re' cannot be applied to null");
}
END_TEST

START_TEST(leaves_the_dash_of_an_option_open_under_windash)
{
    ck_item_reads("f|windash|contains: ' -c '", "f = *' '-'c '*");
    ck_item_reads("f|contains|windash: ' -c '", "f = *' '-'c '*");
    ck_item_reads("f|windash: /x-y", "f = -'x-y'");
    ck_item_reads("f|windash: '--foo'", "f = '-'-'foo'");
    ck_item_reads("f|windash|contains|all: [' -a', ' /b']", "(f = *' '-'a'* and f = *' '-'b'*)");
}
END_TEST

START_TEST(leaves_other_dashes_alone_under_windash)
{
    ck_item_reads("f|windash: 'a-b'", "f = 'a-b'");
    ck_item_reads("f|windash: 'x - y'", "f = 'x - y'");
    ck_item_reads("f|windash: 'end -'", "f = 'end -'");
    ck_item_reads("f|windash: 'é-b'", "f = 'é-b'");
    ck_item_reads("f|windash: '-é'", "f = -'é'");
    ck_item_reads("f|windash: '*-c*'", "f = *-'c'*");
}
END_TEST

START_TEST(encodes_as_base64)
{
    ck_item_reads("f|base64: ab", "f = 'YWI='");
    ck_item_reads("f|base64|contains: ab", "f = *'YWI='*");
    ck_item_fails("f|base64: 'a*'", 11, "without wildcards");
    ck_item_fails("f|contains|base64: ab", 20, "write it before '|contains'");
    ck_item_fails("f|base64: ''", 11, "not empty");
}
END_TEST

START_TEST(encodes_as_base64_at_three_offsets)
{
    ck_item_reads("f|base64offset|contains: foobar", "(f = *'Zm9vYmFy'* or f = *'Zvb2Jhc'* or f = *'mb29iYX'*)");
    ck_item_reads("f|base64offset|contains: /bin", "(f = *'L2Jpb'* or f = *'9iaW'* or f = *'vYmlu'*)");
    ck_item_fails("f|base64offset|contains: ab", 26, "three bytes or more");
}
END_TEST

START_TEST(cuts_base64_offsets_by_bytes_and_not_by_characters)
{
    /* "äö" is c3 a4 c3 b6; behind one and two other bytes its own digits are these. */
    ck_item_reads("f|base64offset|contains: äö", "(f = *'w6TDt'* or f = *'Okw7'* or f = *'DpMO2'*)");
}
END_TEST

START_TEST(asks_for_any_offset_of_every_value_under_all)
{
    ck_item_reads("f|base64offset|contains|all: [foobar, /bin]",
        "((f = *'Zm9vYmFy'* or f = *'Zvb2Jhc'* or f = *'mb29iYX'*) and "
        "(f = *'L2Jpb'* or f = *'9iaW'* or f = *'vYmlu'*))");
}
END_TEST

START_TEST(encodes_as_utf16_of_every_kind)
{
    ck_item_reads("f|wide: cm", "f = 'c{00}m{00}'");
    ck_item_reads("f|utf16le: cm", "f = 'c{00}m{00}'");
    ck_item_reads("f|utf16be: cm", "f = '{00}c{00}m'");
    ck_item_reads("f|utf16: c", "f = '\xff\xfe"
                                "c{00}'");
    ck_item_reads("f|wide: '\xf0\x9f\x98\x80'", "f = '=\xd8{00}\xde'");
    ck_item_reads("f|wide|contains: c*m", "f = *'c{00}'*'m{00}'*");
    ck_item_fails("f|wide: 'c?m'", 9, "cannot encode");
}
END_TEST

START_TEST(encodes_as_utf16_before_base64offset)
{
    ck_item_reads("f|wide|base64offset|contains: cmd", "(f = *'YwBtAGQA'* or f = *'MAbQBkA'* or f = *'jAG0AZA'*)");
    ck_item_fails("f|base64offset|wide|re: cmd", 21, "must stand before");
}
END_TEST

START_TEST(takes_networks_of_both_families)
{
    ck_item_reads("ip|cidr: 10.0.0.0/8", "ip in 10.0.0.0/8");
    ck_item_reads("ip|cidr: [fe80::/10, '::1/128']", "(ip in fe80::/10 or ip in ::1/128)");
    ck_item_reads("ip|cidr: 192.0.2.7", "ip in 192.0.2.7/32");
    ck_item_reads("ip|cidr: 0.0.0.0/0", "ip in 0.0.0.0/0");
    ck_item_reads("ip|cidr: 10.1.2.3/8", "ip in 10.0.0.0/8");
}
END_TEST

START_TEST(refuses_what_is_no_network)
{
    ck_item_fails("ip|cidr: 10.0.0.0/33", 10, "not a network");
    ck_item_fails("ip|cidr: fe80::/129", 10, "not a network");
    ck_item_fails("ip|cidr: 10.0.0/8", 10, "not a network");
    ck_item_fails("ip|cidr: 10.0.0.0/8x", 10, "not a network");
    ck_item_fails("ip|cidr: '10.0.0.0/'", 10, "not a network");
    ck_item_fails("ip|cidr: host", 10, "not a network");
}
END_TEST

START_TEST(compares_numbers)
{
    ck_item_reads("n|lt: 5", "n < 5");
    ck_item_reads("n|lte: -1.5", "n <= -1.5");
    ck_item_reads("n|gt: '5'", "n > 5");
    ck_item_reads("n|gte: 1e3", "n >= 1000");
    ck_item_fails("n|gte: high", 8, "'|gte' takes a number, not 'high'");
    ck_item_fails("n|contains|gt: 5", 12, "'|gt' must stand before '|contains'");
}
END_TEST

START_TEST(compares_parts_of_a_time)
{
    ck_item_reads("ts|hour: 3", "ts hour = 3");
    ck_item_reads("ts|hour|gte: 22", "ts hour >= 22");
    ck_item_reads("ts|lt|minute: 5", "ts minute < 5");
    ck_item_reads("ts|month: [1, 12]", "(ts month = 1 or ts month = 12)");
    ck_item_reads("ts|day|neq: 31", "not ts day = 31");
    ck_item_reads("ts|week: 53", "ts week = 53");
    ck_item_reads("ts|year: 2026", "ts year = 2026");
    ck_item_fails("ts|hour: 24", 10, "from 0 to 23");
    ck_item_fails("ts|month: 0", 11, "from 1 to 12");
    ck_item_fails("ts|hour: 3.5", 10, "whole number");
}
END_TEST

START_TEST(compares_with_another_field)
{
    ck_item_reads("a|fieldref: b", "a = field b");
    ck_item_reads("a|fieldref|startswith: b", "a starts field b");
    ck_item_reads("a|endswith|fieldref: b", "a ends field b");
    ck_item_reads("a|fieldref|contains: b.c", "a contains field b.c");
    ck_item_fails("a|fieldref: 'b*c'", 13, "name of a field");
    ck_item_fails("a|fieldref: ''", 13, "name of a field");
}
END_TEST

START_TEST(asks_whether_a_field_is_there)
{
    ck_item_reads("f|exists: true", "f exists");
    ck_item_reads("f|exists: false", "f missing");
    ck_item_fails("f|exists: maybe", 11, "true or false");
    ck_item_fails("f|exists: 'true'", 11, "true or false");
}
END_TEST

START_TEST(refuses_placeholders_that_nobody_resolves)
{
    ck_item_fails("f|expand: '%Admins%'", 11, "no list is configured for %Admins%");
    ck_item_fails("f|contains|expand: 'x%DC-NAME%y'", 20, "no list is configured for %DC-NAME%");
}
END_TEST

static void
give_lists(void)
{
    static const struct slice admins[] = {SLICE("alice"), SLICE("adm_*")};
    static const struct slice shares[] = {SLICE("C$"), SLICE("x\\")};
    static const struct sigma_list lists[] = {
        {SLICE("Admins"), admins, 2}, {SLICE("Shares"), shares, 2}, {SLICE("Empty"), NULL, 0}};

    sigma_test_lists = lists;
    sigma_test_n_lists = ARRAY_LEN(lists);
}

START_TEST(puts_the_values_of_a_list_where_its_placeholder_stands)
{
    give_lists();
    ck_item_reads("f|expand: '%Admins%'", "(f = 'alice' or f = 'adm_'*)");
    ck_item_reads("f|contains|expand: 'a?%Shares%*b'", "(f = *'a'?'C$'*'b'* or f = *'a'?'x\\'*'b'*)");
    ck_item_reads("f|expand|endswith: '\\%Admins%'", "f = *'%Admins%'");
    ck_item_reads("f|expand|startswith: 'x\\\\y%Shares%'", "(f = 'x\\yC$'* or f = 'x\\yx\\'*)");
    ck_item_reads("f|expand: ['%Admins%', bob]", "((f = 'alice' or f = 'adm_'*) or f = 'bob')");
    ck_item_reads("f|expand|all: ['%Admins%', bob]", "((f = 'alice' or f = 'adm_'*) and f = 'bob')");
}
END_TEST

START_TEST(puts_every_combination_where_a_value_has_several_placeholders)
{
    give_lists();
    ck_item_reads("f|expand: '%Admins%-%Shares%'",
        "(f = 'alice-C$' or f = 'alice-x\\' or f = 'adm_'*'-C$' or f = 'adm_'*'-x\\')");
}
END_TEST

START_TEST(says_which_list_is_missing_or_empty_and_which_may_be_meant)
{
    give_lists();
    ck_item_fails("f|expand: '%Admin%'", 11, "no list is configured for %Admin%; did you mean 'Admins'?");
    ck_item_fails("f|expand: 'x%Empty%'", 11, "the list for %Empty% is empty");
    ck_item_fails("f|contains|windash|expand: ' -x %Admins%'", 20, "must stand before '|windash'");
    ck_item_fails("f|expand: '%Admins%%Admins%%Admins%%Admins%%Admins%'", 11, "more than 4 placeholders");
}
END_TEST

START_TEST(takes_percent_signs_for_text_where_no_placeholder_is_meant)
{
    ck_item_reads("f: '%Admins%'", "f = '%Admins%'");
    ck_item_reads("f|expand: '\\%Admins\\%'", "f = '%Admins%'");
    ck_item_reads("f|expand: '50% of 100%'", "f = '50% of 100%'");
}
END_TEST

START_TEST(refuses_an_unknown_modifier_and_says_which_may_be_meant)
{
    ck_item_fails("f|contain: x", 3, "unknown modifier 'contain'; did you mean 'contains'?");
    ck_item_fails("f|frobnicate: x", 3, "unknown modifier 'frobnicate'");
    ck_item_fails("f|: x", 3, "unknown modifier ''");
    ck_item_fails("f|Contains: x", 3, "did you mean 'contains'?");
}
END_TEST

START_TEST(refuses_text_modifiers_on_null)
{
    ck_item_fails("f|contains: null", 13, "'|contains' cannot be applied to null");
    ck_item_reads("f|neq: null", "not f null");
}
END_TEST

START_TEST(lists_every_modifier_once_with_a_sentence)
{
    size_t n;
    const struct sigma_modifier *table = sigma_modifiers(&n);
    size_t i;

    ck_assert_uint_ge(n, 30);
    for (i = 0; i < n; i++) {
        ck_assert_ptr_eq(sigma_modifiers_find(slice_str(table[i].name)), &table[i]);
        ck_assert_uint_gt(strlen(table[i].help), 5);
    }
}
END_TEST

UNIT_MAIN("sigma_modifiers", lets_anything_stand_around_before_or_behind, keeps_wildcards_inside_and_never_doubles_them,
    asks_for_every_value_under_all, tells_upper_from_lower_case_under_cased, negates_the_whole_item_under_neq,
    takes_a_regular_expression_as_it_stands, takes_flags_of_a_regular_expression_only_behind_re,
    binds_a_regular_expression_to_the_ends_of_the_value, refuses_re_behind_what_changed_the_text,
    leaves_the_dash_of_an_option_open_under_windash, leaves_other_dashes_alone_under_windash, encodes_as_base64,
    encodes_as_base64_at_three_offsets, cuts_base64_offsets_by_bytes_and_not_by_characters,
    asks_for_any_offset_of_every_value_under_all, encodes_as_utf16_of_every_kind, encodes_as_utf16_before_base64offset,
    takes_networks_of_both_families, refuses_what_is_no_network, compares_numbers, compares_parts_of_a_time,
    compares_with_another_field, asks_whether_a_field_is_there, refuses_placeholders_that_nobody_resolves,
    puts_the_values_of_a_list_where_its_placeholder_stands,
    puts_every_combination_where_a_value_has_several_placeholders,
    says_which_list_is_missing_or_empty_and_which_may_be_meant,
    takes_percent_signs_for_text_where_no_placeholder_is_meant, refuses_an_unknown_modifier_and_says_which_may_be_meant,
    refuses_text_modifiers_on_null, lists_every_modifier_once_with_a_sentence)
