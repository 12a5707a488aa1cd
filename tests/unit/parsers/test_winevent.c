/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "parsers/winevent.h"
#include "support/unit.h"

static struct arena arena;
static struct fields fields;
static int outcome;

/* All fields of @text as "key=<value>;". */
static const char *
parsed(const char *text)
{
    static struct buffer out;
    size_t i;

    arena_fini(&arena);
    ck_assert_int_eq(arena_init(&arena, 0, 1u << 22), 0);
    fields_init(&fields, &arena, 100);
    outcome = winevent_parse(slice_str(text), &fields);
    buffer_reset(&out);
    for (i = 0; i < fields.n; i++)
        buffer_printf(
            &out, SLICE_FMT "=<" SLICE_FMT ">;", SLICE_ARG(fields.items[i].name), SLICE_ARG(fields.items[i].value));
    buffer_add_char(&out, '\0');
    return out.p;
}

START_TEST(system_and_data_become_fields_by_their_names)
{
    ck_assert_str_eq(
        parsed("<Event xmlns='u'><System><Provider Name='P' Guid='{1}'/><EventID Qualifiers='0'>1</EventID>"
               "<Correlation/></System><EventData><Data Name='Image'>/bin/sh</Data><Data Name='Hashes'/>"
               "<Data>a</Data><Data>b</Data></EventData></Event>"),
        "Provider_Name=<P>;Provider_Guid=<{1}>;EventID_Qualifiers=<0>;EventID=<1>;Image=</bin/"
        "sh>;Hashes=<>;Data=<a>;Data=<b>;");
    ck_assert_int_eq(outcome, 0);
}
END_TEST

START_TEST(user_data_and_flat_records_are_read_too)
{
    ck_assert_str_eq(
        parsed("<Event><UserData><x:A xmlns:x='u'><x:B>1</x:B><C/></x:A></UserData></Event>"), "B=<1>;C=<>;");
    ck_assert_str_eq(
        parsed("<Event><EventTime>t</EventTime>\n <Channel>c</Channel></Event>"), "EventTime=<t>;Channel=<c>;");
}
END_TEST

START_TEST(words_for_numbers_stand_apart)
{
    ck_assert_str_eq(parsed("<Event><System><Level>4</Level></System><RenderingInfo Culture='x'><Message>m</Message>"
                            "<Level>Information</Level></RenderingInfo></Event>"),
        "Level=<4>;RenderingInfo_Culture=<x>;Message=<m>;RenderingInfo_Level=<Information>;");
}
END_TEST

START_TEST(pieces_of_a_text_are_put_together)
{
    char text[40000] = "<Event><a>";
    char *at = text + strlen(text);
    size_t i;

    ck_assert_str_eq(parsed("<Event><a>x<!-- c --><![CDATA[<y>]]> z&amp;</a></Event>"), "a=<x<y> z&>;");
    for (i = 0; i < 2000; i++, at += 14)
        memcpy(at, "<![CDATA[ab]]>", 15);
    memcpy(at, "</a></Event>", 13);
    (void)parsed(text);
    ck_assert_uint_eq(fields.items[0].value.n, 4000);
    ck_assert(!arena.overflowed);
}
END_TEST

START_TEST(a_record_cut_off_keeps_what_stood_before)
{
    ck_assert_str_eq(parsed("<Event><System><EventID>1</EventID></System><EventData><Data Name='Image'>/bin/sh</Data>"
                            "<Data Name='CommandLine'>sh -c aa"),
        "EventID=<1>;Image=</bin/sh>;CommandLine=<sh -c aa>;");
    ck_assert_int_eq(outcome, WINEVENT_E_CUT);
    ck_assert_str_eq(parsed("<Event><System><EventID>1</EventID></System><EventData><Data Na"), "EventID=<1>;");
    ck_assert_int_eq(outcome, WINEVENT_E_CUT);
}
END_TEST

START_TEST(what_is_no_event_adds_nothing)
{
    static const char *const texts[] = {"", "x", "<Event", "<Other><a>1</a></Other>", "<Event><a>1</b></Event>",
        "<Event><a>1</a></Event>x", "<?xml version='1.0'?>", "<!DOCTYPE a><Event><a>1</a></Event>"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(texts); i++) {
        ck_assert_str_eq(parsed(texts[i]), "");
        ck_assert_int_eq(outcome, WINEVENT_E_SYNTAX);
    }
    ck_assert(winevent_begins(SLICE("<Event>")));
    ck_assert(winevent_begins(SLICE("<Event xmlns='x'>")));
    ck_assert(!winevent_begins(SLICE("<Events>")));
    ck_assert(!winevent_begins(SLICE("<13>Mar 14")));
}
END_TEST

UNIT_MAIN("winevent", system_and_data_become_fields_by_their_names, user_data_and_flat_records_are_read_too,
    words_for_numbers_stand_apart, pieces_of_a_text_are_put_together, a_record_cut_off_keeps_what_stood_before,
    what_is_no_event_adds_nothing)
