/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "parsers/cef.h"
#include "support/unit.h"

#define HEAD "CEF:0|v|p|1|c|n|5|"

static struct arena arena;
static struct fields fields;

/* All fields of @text from the @first on as "key=<value>;", or "none". */
static const char *
parsed_from(size_t first, const char *text, size_t n_max)
{
    static struct buffer out;
    size_t i;

    arena_fini(&arena);
    ck_assert_int_eq(arena_init(&arena, 0, 1u << 20), 0);
    fields_init(&fields, &arena, n_max);
    if (cef_parse(slice_str(text), &fields) != 0) {
        ck_assert_uint_eq(fields.n, 0);
        return "none";
    }
    buffer_reset(&out);
    for (i = first; i < fields.n; i++)
        buffer_printf(
            &out, SLICE_FMT "=<" SLICE_FMT ">;", SLICE_ARG(fields.items[i].name), SLICE_ARG(fields.items[i].value));
    buffer_add_char(&out, '\0');
    return out.p;
}

static const char *
header(const char *text)
{
    return parsed_from(0, text, 100);
}

static const char *
extension(const char *text)
{
    return parsed_from(6, text, 100);
}

START_TEST(the_header_names_the_device_and_the_event)
{
    ck_assert_str_eq(header("CEF:0|Acme|Wall|1.2|42|denied a packet|High|"),
        "deviceVendor=<Acme>;deviceProduct=<Wall>;deviceVersion=<1.2>;deviceEventClassId=<42>;name=<denied a "
        "packet>;agentSeverity=<High>;");
}
END_TEST

START_TEST(pipes_and_backslashes_in_the_header_are_unescaped_and_nothing_else)
{
    ck_assert_str_eq(
        header("CEF:1|A\\|B|C\\\\|1|\\x|a=b|5|"), "deviceVendor=<A|B>;deviceProduct=<C\\>;deviceVersion=<1>;"
                                                  "deviceEventClassId=<\\x>;name=<a=b>;agentSeverity=<5>;");
}
END_TEST

START_TEST(a_header_may_lack_its_last_pipe_and_a_blank_may_follow_the_mark)
{
    ck_assert_str_eq(extension("CEF:0|v|p|1|c|n|5"), "");
    ck_assert_str_eq(extension("CEF: 0|v|p|1|c|n|5|a=1"), "a=<1>;");
}
END_TEST

START_TEST(what_breaks_off_in_the_header_adds_nothing)
{
    static const char *const texts[] = {"", "CEF", "CEF:", "CEF:0", "CEF:0|v|p|1|c|n", "CEF:x|v|p|1|c|n|5|",
        "cef:0|v|p|1|c|n|5|", "LEEF:1.0|v|p|1|c|n|5|", " CEF:0|v|p|1|c|n|5|"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(texts); i++)
        ck_assert_msg(strcmp(header(texts[i]), "none") == 0, "%s", texts[i]);
}
END_TEST

START_TEST(values_hold_blanks_and_what_assigns)
{
    ck_assert_str_eq(extension(HEAD "msg=two words act=deny"), "msg=<two words>;act=<deny>;");
    ck_assert_str_eq(
        extension(HEAD "msg=a = b request=http://x/?a=b&c=d e=1"), "msg=<a = b>;request=<http://x/?a=b&c=d>;e=<1>;");
    ck_assert_str_eq(extension(HEAD "a=b==c d=(x=1)"), "a=<b==c>;d=<(x=1)>;");
}
END_TEST

START_TEST(an_empty_value_does_not_swallow_the_next_pair)
{
    ck_assert_str_eq(extension(HEAD "src= spt=51802 dst="), "src=<>;spt=<51802>;dst=<>;");
}
END_TEST

START_TEST(blanks_around_pairs_do_not_count)
{
    ck_assert_str_eq(extension(HEAD "  a=1   b= 2 \t\nc=3  "), "a=<1>;b=<2>;c=<3>;");
}
END_TEST

START_TEST(values_are_unescaped)
{
    ck_assert_str_eq(
        extension(HEAD "a=x\\=y b=C:\\\\dir c=1\\n2\\r3 d=\\|\\t\\"), "a=<x=y>;b=<C:\\dir>;c=<1\n2\r3>;d=<\\|\\t\\>;");
    ck_assert_str_eq(extension(HEAD "a=no key\\=here"), "a=<no key=here>;");
}
END_TEST

START_TEST(keys_may_be_elements_of_arrays)
{
    ck_assert_str_eq(extension(HEAD "ad.x[0]=1 ad.x[1]=2 _k.y=3"), "ad.x[0]=<1>;ad.x[1]=<2>;_k.y=<3>;");
    ck_assert_str_eq(extension(HEAD "a=1 [b]=2 .c=3"), "a=<1 [b]=2 .c=3>;");
}
END_TEST

START_TEST(a_labelled_value_stands_under_its_label_too)
{
    ck_assert_str_eq(extension(HEAD "cs1=Web Policy cs1Label=Policy cn1Label=vlan cn1=101"),
        "cs1=<Web Policy>;cs1Label=<Policy>;cn1Label=<vlan>;cn1=<101>;Policy=<Web Policy>;vlan=<101>;");
    ck_assert_str_eq(
        extension(HEAD "cs1Label=Policy Label=x cs2=1 cs2Label="), "cs1Label=<Policy>;Label=<x>;cs2=<1>;cs2Label=<>;");
}
END_TEST

START_TEST(text_before_the_first_key_is_passed_over)
{
    ck_assert_str_eq(extension(HEAD "hello world a=1"), "a=<1>;");
    ck_assert_str_eq(extension(HEAD "hello world"), "");
}
END_TEST

START_TEST(fields_beyond_the_limit_are_counted)
{
    (void)parsed_from(0, HEAD "a=1 b=2 c=3", 7);
    ck_assert_uint_eq(fields.n, 7);
    ck_assert_uint_eq(fields.n_dropped, 2);
}
END_TEST

UNIT_MAIN("cef", the_header_names_the_device_and_the_event,
    pipes_and_backslashes_in_the_header_are_unescaped_and_nothing_else,
    a_header_may_lack_its_last_pipe_and_a_blank_may_follow_the_mark, what_breaks_off_in_the_header_adds_nothing,
    values_hold_blanks_and_what_assigns, an_empty_value_does_not_swallow_the_next_pair,
    blanks_around_pairs_do_not_count, values_are_unescaped, keys_may_be_elements_of_arrays,
    a_labelled_value_stands_under_its_label_too, text_before_the_first_key_is_passed_over,
    fields_beyond_the_limit_are_counted)
