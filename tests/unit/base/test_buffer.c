/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "support/unit.h"

START_TEST(grows_as_it_is_written)
{
    CLEANUP_BUFFER struct buffer b = {0};
    int i;

    for (i = 0; i < 10000; i++) {
        buffer_add(&b, SLICE("ab"));
        buffer_add_char(&b, 'c');
        buffer_printf(&b, "%d", i % 10);
    }
    ck_assert(!b.failed);
    ck_assert_uint_eq(b.n, 40000);
    ck_slice_eq(slice_head(slice_from(buffer_slice(&b), 39996), 4), "abc9");
    buffer_reset(&b);
    ck_assert_uint_eq(b.n, 0);
}
END_TEST

START_TEST(a_failure_stays_until_the_reset)
{
    CLEANUP_BUFFER struct buffer b = {0};

    buffer_add(&b, SLICE("x"));
    ck_assert_ptr_null(buffer_reserve(&b, SIZE_MAX));
    ck_assert(b.failed);
    buffer_add(&b, SLICE("y"));
    buffer_printf(&b, "z");
    ck_slice_eq(buffer_slice(&b), "x");
    buffer_reset(&b);
    buffer_add(&b, SLICE("y"));
    ck_slice_eq(buffer_slice(&b), "y");
}
END_TEST

static void
ck_escaped(struct slice s, const char *want)
{
    CLEANUP_BUFFER struct buffer b = {0};

    buffer_add_escaped(&b, s);
    ck_slice_eq(buffer_slice(&b), want);
}

START_TEST(text_a_person_may_read_stays_as_it_is)
{
    ck_escaped(SLICE(""), "");
    ck_escaped(SLICE("C:\\Windows \"x\" {1}"), "C:\\Windows \"x\" {1}");
    ck_escaped(SLICE("M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x98\x80"), "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x98\x80");
}
END_TEST

START_TEST(what_a_terminal_might_obey_is_escaped)
{
    ck_escaped(SLICE("a\nb\rc\td\0e"), "a\\x0ab\\x0dc\\x09d\\x00e");
    ck_escaped(SLICE("\x1b[31m\x7f"), "\\x1b[31m\\x7f");
    ck_escaped(SLICE("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0"), "\\u{80}\\u{9b}\\u{9f}\xc2\xa0");
    ck_escaped(SLICE("\xe2\x80\xae\xe2\x81\xa6\xd8\x9c\xe2\x80\x8b"), "\\u{202e}\\u{2066}\\u{61c}\\u{200b}");
    ck_escaped(SLICE("\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\xf3\xa0\x80\x81"), "\\u{2028}\\u{2029}\\u{feff}\\u{e0001}");
}
END_TEST

START_TEST(broken_utf8_is_shown_byte_by_byte)
{
    ck_escaped(SLICE("a\xff\xfe"), "a\\xff\\xfe");
    ck_escaped(SLICE("\xe2\x82"), "\\xe2\\x82");
    ck_escaped(SLICE("\xc0\xaf\xed\xa0\x80x"), "\\xc0\\xaf\\xed\\xa0\\x80x");
}
END_TEST

UNIT_MAIN("buffer", grows_as_it_is_written, a_failure_stays_until_the_reset, text_a_person_may_read_stays_as_it_is,
    what_a_terminal_might_obey_is_escaped, broken_utf8_is_shown_byte_by_byte)
