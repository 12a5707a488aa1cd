/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "parsers/leef.h"
#include "support/unit.h"

#define HEAD1 "LEEF:1.0|v|p|1|42|"
#define HEAD2 "LEEF:2.0|v|p|1|42|"

static struct arena arena;
static struct fields fields;

/* All fields of @text from the @first on as "key=<value>;", or "none". */
static const char *
parsed_from(size_t first, const char *text)
{
    static struct buffer out;
    size_t i;

    arena_fini(&arena);
    ck_assert_int_eq(arena_init(&arena, 0, 1u << 20), 0);
    fields_init(&fields, &arena, 100);
    if (leef_parse(slice_str(text), &fields) != 0) {
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
attributes(const char *text)
{
    return parsed_from(4, text);
}

START_TEST(the_header_names_the_device_and_the_event)
{
    ck_assert_str_eq(parsed_from(0, "LEEF:1.0|Ac\\|me|Wall|1.2 SP1|42|"),
        "deviceVendor=<Ac|me>;deviceProduct=<Wall>;deviceVersion=<1.2 SP1>;EventID=<42>;");
}
END_TEST

START_TEST(what_breaks_off_in_the_header_adds_nothing)
{
    static const char *const texts[] = {
        "", "LEEF:", "LEEF:1.0", "LEEF:1.0|v|p|1|42", "LEEF:x|v|p|1|42|", "leef:1.0|v|p|1|42|", "CEF:0|v|p|1|42|"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(texts); i++)
        ck_assert_msg(strcmp(parsed_from(0, texts[i]), "none") == 0, "%s", texts[i]);
}
END_TEST

START_TEST(tabs_part_attributes_that_hold_blanks_and_what_assigns)
{
    ck_assert_str_eq(attributes(HEAD1 "a=b c\td=e=f\tg="), "a=<b c>;d=<e=f>;g=<>;");
    ck_assert_str_eq(attributes(HEAD2 "a=b|c\td=e|"), "a=<b|c>;d=<e|>;");
}
END_TEST

START_TEST(version_two_declares_its_delimiter)
{
    ck_assert_str_eq(attributes(HEAD2 "^|a=1^b=2"), "a=<1>;b=<2>;");
    ck_assert_str_eq(attributes(HEAD2 "0x5e|a=1^b=2"), "a=<1>;b=<2>;");
    ck_assert_str_eq(attributes(HEAD2 "x5E|a=1^b=2"), "a=<1>;b=<2>;");
    ck_assert_str_eq(attributes(HEAD2 "x0009|a=1\tb=2"), "a=<1>;b=<2>;");
    ck_assert_str_eq(attributes(HEAD2 "|a=1\tb=2"), "a=<1>;b=<2>;");
}
END_TEST

START_TEST(a_wrong_declaration_loses_no_attribute)
{
    ck_assert_str_eq(attributes(HEAD2 "^|a=1\tb=2"), "a=<1>;b=<2>;");
    ck_assert_str_eq(attributes(HEAD2 "0xZZ|a=1\tb=2"), "a=<1>;b=<2>;");
    ck_assert_str_eq(attributes(HEAD2 "0x1005e|a=1\tb=2"), "a=<1>;b=<2>;");
    ck_assert_str_eq(attributes(HEAD1 "a=1|b=2"), "a=<1>;b=<2>;");
}
END_TEST

START_TEST(what_is_no_pair_is_passed_over)
{
    ck_assert_str_eq(attributes(HEAD1 "a=1\tword\t=2\t\tb=3\t"), "a=<1>;b=<3>;");
}
END_TEST

UNIT_MAIN("leef", the_header_names_the_device_and_the_event, what_breaks_off_in_the_header_adds_nothing,
    tabs_part_attributes_that_hold_blanks_and_what_assigns, version_two_declares_its_delimiter,
    a_wrong_declaration_loses_no_attribute, what_is_no_pair_is_passed_over)
