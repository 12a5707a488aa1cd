/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/canonical.h"

#include <signal.h>

#include "support/unit.h"

START_TEST(writes_without_blanks_in_the_order_of_keys)
{
    CLEANUP_BUFFER struct buffer out = {0};
    struct canonical c;

    canonical_begin(&c, &out);
    canonical_object(&c, NULL);
    canonical_int(&c, "at", INT64_MIN);
    canonical_object(&c, "inner");
    canonical_null(&c, "a");
    canonical_string(&c, "b", SLICE("\"\\\n\x01\xc3\xa9"));
    canonical_close(&c);
    canonical_array(&c, "list");
    canonical_int(&c, NULL, 1);
    canonical_int(&c, NULL, 2);
    canonical_close(&c);
    canonical_raw(&c, "raw", SLICE("{\"x\":1}"));
    canonical_close(&c);
    ck_slice_eq(buffer_slice(&out),
        "{\"at\":-9223372036854775808,\"inner\":{\"a\":null,\"b\":\"\\\"\\\\\\n\\u0001\xc3\xa9\"},"
        "\"list\":[1,2],\"raw\":{\"x\":1}}");
}
END_TEST

START_TEST(stops_the_program_on_a_key_out_of_order)
{
    CLEANUP_BUFFER struct buffer out = {0};
    struct canonical c;

    canonical_begin(&c, &out);
    canonical_object(&c, NULL);
    canonical_int(&c, "b", 1);
    canonical_int(&c, "a", 1);
}
END_TEST

START_TEST(stops_the_program_on_a_key_written_twice)
{
    CLEANUP_BUFFER struct buffer out = {0};
    struct canonical c;

    canonical_begin(&c, &out);
    canonical_object(&c, NULL);
    canonical_int(&c, "a", 1);
    canonical_int(&c, "a", 1);
}
END_TEST

START_TEST(makes_hostile_text_plain)
{
    CLEANUP_BUFFER struct buffer out = {0};

    ck_slice_eq(canonical_text(&out, SLICE("a\0b\xff"
                                           "c\xed\xa0\x80")),
        "a\xef\xbf\xbd"
        "b\xef\xbf\xbd"
        "c\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    ck_slice_eq(canonical_text(&out, SLICE("\xc3\xa9 plain")), "\xc3\xa9 plain");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("canonical");
    TCase *tcase = tcase_create("canonical");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, writes_without_blanks_in_the_order_of_keys);
    tcase_add_test(tcase, makes_hostile_text_plain);
    tcase_add_test_raise_signal(tcase, stops_the_program_on_a_key_out_of_order, SIGABRT);
    tcase_add_test_raise_signal(tcase, stops_the_program_on_a_key_written_twice, SIGABRT);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
