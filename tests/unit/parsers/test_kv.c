/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "parsers/kv.h"
#include "support/unit.h"

static struct arena arena;
static struct fields fields;
static size_t n_pairs;

/* All pairs of @text as "key=<value>;". */
static const char *
parsed(const struct kv_options *options, const char *text)
{
    static struct buffer out;
    size_t i;

    arena_fini(&arena);
    ck_assert_int_eq(arena_init(&arena, 0, 1u << 20), 0);
    fields_init(&fields, &arena, 100);
    n_pairs = kv_parse(slice_str(text), options, &fields);
    buffer_reset(&out);
    for (i = 0; i < fields.n; i++)
        buffer_printf(
            &out, SLICE_FMT "=<" SLICE_FMT ">;", SLICE_ARG(fields.items[i].name), SLICE_ARG(fields.items[i].value));
    buffer_add_char(&out, '\0');
    return out.p;
}

static const char *
plain(const char *text)
{
    struct kv_options options = kv_options_default();

    return parsed(&options, text);
}

START_TEST(reads_pairs_between_blanks)
{
    ck_assert_str_eq(plain("date=2026-03-14 action=deny\tport=22\n"), "date=<2026-03-14>;action=<deny>;port=<22>;");
    ck_assert_uint_eq(n_pairs, 3);
    ck_assert_str_eq(plain(""), "");
    ck_assert_str_eq(plain("   "), "");
}
END_TEST

START_TEST(an_empty_value_does_not_swallow_the_next_pair)
{
    ck_assert_str_eq(plain("IN=eth0 OUT= MAC= SRC=192.0.2.1"), "IN=<eth0>;OUT=<>;MAC=<>;SRC=<192.0.2.1>;");
    ck_assert_str_eq(plain("a="), "a=<>;");
    ck_assert_str_eq(plain("a=\"\" b=''"), "a=<>;b=<>;");
}
END_TEST

START_TEST(a_value_may_hold_what_assigns)
{
    ck_assert_str_eq(plain("url=http://x/?a=b&c==d x=1"), "url=<http://x/?a=b&c==d>;x=<1>;");
}
END_TEST

START_TEST(a_quoted_value_may_hold_separators_and_the_other_quote)
{
    ck_assert_str_eq(
        plain("msg=\"two words = x\" acct='it is \"he\"' n=1"), "msg=<two words = x>;acct=<it is \"he\">;n=<1>;");
}
END_TEST

START_TEST(escaped_quotes_and_backslashes_are_unescaped_and_nothing_else)
{
    ck_assert_str_eq(plain("a=\"say \\\"hi\\\" \\\\ \\t C:\\Users\" b=1"), "a=<say \"hi\" \\ \\t C:\\Users>;b=<1>;");
    ck_assert_str_eq(plain("a='it\\'s' b=\"it\\'s\""), "a=<it's>;b=<it\\'s>;");
    ck_assert_str_eq(plain("a=C:\\x\\\\y"), "a=<C:\\x\\\\y>;");
}
END_TEST

START_TEST(an_unclosed_quote_runs_to_the_end)
{
    ck_assert_str_eq(plain("a=\"x y=1"), "a=<x y=1>;");
    ck_assert_str_eq(plain("a=\"x\\"), "a=<x\\>;");
    ck_assert_str_eq(plain("a=\""), "a=<>;");
    ck_assert_str_eq(plain("a=\"x\\\""), "a=<x\">;");
}
END_TEST

START_TEST(a_quote_that_closes_inside_a_value_quotes_nothing)
{
    ck_assert_str_eq(plain("a=\"x\"y b=1"), "a=<\"x\"y>;b=<1>;");
    ck_assert_str_eq(plain("a=x\"y z\" b=1"), "a=<x\"y>;b=<1>;");
}
END_TEST

START_TEST(words_and_pairs_without_key_are_passed_over)
{
    ck_assert_str_eq(plain("kernel: dropped SRC=192.0.2.1 SYN =x ="), "SRC=<192.0.2.1>;");
    ck_assert_uint_eq(n_pairs, 1);
    ck_assert_str_eq(plain("=\"a b=1\" c=2"), "c=<2>;");
}
END_TEST

START_TEST(words_are_fields_where_that_is_asked_for)
{
    struct kv_options options = {.assign = '=', .separator = ' ', .bare_keys = true};

    ck_assert_str_eq(parsed(&options, "DF PROTO=TCP SYN"), "DF=<>;PROTO=<TCP>;SYN=<>;");
    ck_assert_uint_eq(n_pairs, 3);
}
END_TEST

START_TEST(another_separator_lets_blanks_into_keys_and_values)
{
    struct kv_options options = {.assign = ':', .separator = ',', .bare_keys = false};

    ck_assert_str_eq(parsed(&options, "user name : j weber , port:22,, note: \"a, b\" ,end:"),
        "user name=<j weber>;port=<22>;note=<a, b>;end=<>;");
    options = (struct kv_options){.assign = '=', .separator = '\n', .bare_keys = false};
    ck_assert_str_eq(parsed(&options, "To= tom\ntest= \"tom\" test\r\n"), "To=<tom>;test=<\"tom\" test>;");
}
END_TEST

START_TEST(a_key_may_be_quoted)
{
    struct kv_options options = {.assign = ':', .separator = ',', .bare_keys = false};

    ck_assert_str_eq(plain("\"user name\"=\"j weber\" 'b'=2"), "user name=<j weber>;b=<2>;");
    ck_assert_str_eq(parsed(&options, "\"a b\" : \"c, d\" , 'e':f"), "a b=<c, d>;e=<f>;");
    ck_assert_str_eq(plain("say \"a=b\" c=1"), "\"a=<b\">;c=<1>;");
    ck_assert_str_eq(plain("don't a=1 \"\"=2"), "a=<1>;");
}
END_TEST

START_TEST(keys_that_stand_twice_keep_both_values)
{
    ck_assert_str_eq(plain("cc=tom cc=bob"), "cc=<tom>;cc=<bob>;");
}
END_TEST

START_TEST(values_without_escapes_are_slices_of_the_text)
{
    const char *text = "a=\"x y\"";

    (void)plain(text);
    ck_assert_ptr_eq(fields.items[0].value.p, text + 3);
}
END_TEST

START_TEST(bytes_of_any_kind_are_kept)
{
    struct kv_options options = kv_options_default();

    arena_fini(&arena);
    ck_assert_int_eq(arena_init(&arena, 0, 1u << 20), 0);
    fields_init(&fields, &arena, 100);
    ck_assert_uint_eq(kv_parse(slice_of("a=\0\xff b=1", 8), &options, &fields), 2);
    ck_assert(slice_eq(fields.items[0].value, slice_of("\0\xff", 2)));
}
END_TEST

START_TEST(fields_that_find_no_room_are_counted)
{
    struct kv_options options = kv_options_default();
    struct arena none;

    ck_assert_int_eq(arena_init(&none, 0, 0), 0);
    fields_init(&fields, &none, 100);
    ck_assert_uint_eq(kv_parse(SLICE("a=1 b=\"\\\\\" c=3"), &options, &fields), 3);
    ck_assert_uint_eq(fields.n_dropped, 3);
    arena_fini(&none);
}
END_TEST

UNIT_MAIN("kv", reads_pairs_between_blanks, an_empty_value_does_not_swallow_the_next_pair,
    a_value_may_hold_what_assigns, a_quoted_value_may_hold_separators_and_the_other_quote,
    escaped_quotes_and_backslashes_are_unescaped_and_nothing_else, an_unclosed_quote_runs_to_the_end,
    a_quote_that_closes_inside_a_value_quotes_nothing, words_and_pairs_without_key_are_passed_over,
    words_are_fields_where_that_is_asked_for, another_separator_lets_blanks_into_keys_and_values, a_key_may_be_quoted,
    keys_that_stand_twice_keep_both_values, values_without_escapes_are_slices_of_the_text, bytes_of_any_kind_are_kept,
    fields_that_find_no_room_are_counted)
