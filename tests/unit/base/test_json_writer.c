/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_writer.h"
#include "support/unit.h"

#include <math.h>
#include <signal.h>

static struct buffer out;
static struct json_writer w;

static void
begin(void)
{
    buffer_reset(&out);
    json_begin(&w, &out);
}

START_TEST(commas_and_colons_come_by_themselves)
{
    begin();
    json_object(&w);
    json_field_int(&w, "a", -5);
    json_key(&w, "b");
    json_array(&w);
    json_bool(&w, true);
    json_null(&w);
    json_object(&w);
    json_close(&w);
    json_array(&w);
    json_close(&w);
    json_raw(&w, SLICE("{\"x\":1}"));
    json_close(&w);
    json_field_text(&w, "c", "d");
    json_field_bool(&w, "e", false);
    json_close(&w);
    ck_slice_eq(buffer_slice(&out), "{\"a\":-5,\"b\":[true,null,{},[],{\"x\":1}],\"c\":\"d\",\"e\":false}");
}
END_TEST

static void
ck_string(struct slice s, const char *want)
{
    begin();
    json_string(&w, s);
    ck_slice_eq(buffer_slice(&out), want);
}

START_TEST(strings_are_escaped_as_the_standard_demands)
{
    ck_string(SLICE(""), "\"\"");
    ck_string(SLICE("plain \xc3\xa4 \xf0\x9f\x98\x80 / '"), "\"plain \xc3\xa4 \xf0\x9f\x98\x80 / '\"");
    ck_string(SLICE("\"\\\b\f\n\r\t"), "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
    ck_string(SLICE("\0\x01\x1f\x7f"), "\"\\u0000\\u0001\\u001f\\u007f\"");
}
END_TEST

START_TEST(broken_utf8_becomes_the_replacement_character_byte_by_byte)
{
    ck_string(SLICE("a\xff\xc3(\xe2\x82"), "\"a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\"");
    ck_string(SLICE("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}
END_TEST

START_TEST(keys_are_escaped_too)
{
    begin();
    json_object(&w);
    json_key_slice(&w, SLICE("a\"\n"));
    json_int(&w, 1);
    json_close(&w);
    ck_slice_eq(buffer_slice(&out), "{\"a\\\"\\n\":1}");
}
END_TEST

START_TEST(numbers_are_json_numbers_or_null)
{
    begin();
    json_array(&w);
    json_int(&w, INT64_MIN);
    json_double(&w, 0.5);
    json_double(&w, 1e300);
    json_double(&w, NAN);
    json_double(&w, INFINITY);
    json_close(&w);
    ck_slice_eq(buffer_slice(&out), "[-9223372036854775808,0.5,1e+300,null,null]");
}
END_TEST

START_TEST(bytes_can_be_had_as_base64)
{
    begin();
    json_base64(&w, SLICE("\xff\x00"));
    ck_slice_eq(buffer_slice(&out), "\"/wA=\"");
}
END_TEST

START_TEST(closing_what_is_not_open_stops_the_process)
{
    begin();
    json_object(&w);
    json_close(&w);
    json_close(&w);
}
END_TEST

START_TEST(a_key_in_an_array_stops_the_process)
{
    begin();
    json_array(&w);
    json_key(&w, "a");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("json_writer");
    TCase *tcase = tcase_create("json_writer");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, commas_and_colons_come_by_themselves);
    tcase_add_test(tcase, strings_are_escaped_as_the_standard_demands);
    tcase_add_test(tcase, broken_utf8_becomes_the_replacement_character_byte_by_byte);
    tcase_add_test(tcase, keys_are_escaped_too);
    tcase_add_test(tcase, numbers_are_json_numbers_or_null);
    tcase_add_test(tcase, bytes_can_be_had_as_base64);
    tcase_add_test_raise_signal(tcase, closing_what_is_not_open_stops_the_process, SIGABRT);
    tcase_add_test_raise_signal(tcase, a_key_in_an_array_stops_the_process, SIGABRT);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
