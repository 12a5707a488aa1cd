/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The object `ismsctl parse` prints, which other programs rely on.
 */
#include "ctl/event_view.h"

#include "unit/normalize/fixture.h"

static struct fixture f;
static struct buffer out;

static void
begin(void)
{
    fixture_init(&f);
    fixture_open(&f);
}

static void
end(void)
{
    fixture_close(&f);
    buffer_fini(&out);
}

static const char *
view_of(struct slice raw)
{
    struct json_writer w;

    (void)fixture_read_from(&f, raw, NULL);
    buffer_reset(&out);
    json_begin(&w, &out);
    event_view(&w, &f.event);
    buffer_add_char(&out, '\0');
    return out.p;
}

#define ck_holds(view, part)                                                       \
    do {                                                                           \
        const char *view_ = view;                                                  \
        ck_assert_msg(strstr(view_, part) != NULL, "want %s in\n%s", part, view_); \
    } while (0)

#define ck_lacks(view, part)                                                           \
    do {                                                                               \
        const char *view_ = view;                                                      \
        ck_assert_msg(strstr(view_, part) == NULL, "unwanted %s in\n%s", part, view_); \
    } while (0)

START_TEST(a_whole_message_has_every_member)
{
    const char *v = view_of(
        SLICE("<165>1 2026-03-14T15:00:00.003Z mymachine.example.com evntslog 42 ID47 [a@1 b=\"c\"] An event"));

    ck_holds(v, "{\"raw\":\"<165>1 2026");
    ck_holds(v, ",\"marks\":[],\"rfc5424_valid\":true,\"pri\":165,\"facility\":20,\"severity\":5,"
                "\"timestamp\":\"2026-03-14T15:00:00.003Z\",\"hostname\":\"mymachine.example.com\","
                "\"app_name\":\"evntslog\",\"procid\":\"42\",\"msgid\":\"ID47\","
                "\"structured_data\":{\"a@1\":{\"b\":\"c\"}},\"msg\":\"An event\",\"fields\":{");
    ck_holds(v, "\"logsource\":[");
    ck_lacks(v, "raw_b64");
}
END_TEST

START_TEST(what_is_absent_is_null)
{
    const char *v = view_of(SLICE("<34>1 - - - - - -"));

    ck_holds(v, "\"pri\":34,\"facility\":4,\"severity\":2,\"timestamp\":null,\"hostname\":null,\"app_name\":null,"
                "\"procid\":null,\"msgid\":null,\"structured_data\":null,\"msg\":");
}
END_TEST

START_TEST(without_a_pri_it_is_null_and_the_default_holds)
{
    const char *v = view_of(SLICE("something happened"));

    ck_holds(v, "\"rfc5424_valid\":false,\"pri\":null,\"facility\":1,\"severity\":5,\"timestamp\":null");
    ck_holds(v, "\"no-pri\"");
}
END_TEST

START_TEST(a_parameter_that_stands_twice_has_an_array)
{
    ck_holds(view_of(SLICE("<34>1 - - - - - [x@1 ip=\"192.0.2.1\" ip=\"192.0.2.2\" u=\"a\"] m")),
        "\"structured_data\":{\"x@1\":{\"ip\":[\"192.0.2.1\",\"192.0.2.2\"],\"u\":\"a\"}}");
}
END_TEST

START_TEST(an_element_without_parameters_is_an_empty_object)
{
    ck_holds(
        view_of(SLICE("<34>1 - - - - - [x@1][y@1 a=\"\"] m")), "\"structured_data\":{\"x@1\":{},\"y@1\":{\"a\":\"\"}}");
}
END_TEST

START_TEST(an_element_that_stands_twice_is_one_member)
{
    ck_holds(view_of(SLICE("<34>1 - - - - - [x@1 a=\"1\"][x@1 a=\"2\" b=\"3\"] m")),
        "\"structured_data\":{\"x@1\":{\"a\":[\"1\",\"2\"],\"b\":\"3\"}}");
}
END_TEST

START_TEST(escapes_of_structured_data_are_undone)
{
    ck_holds(view_of(SLICE("<34>1 - - - - - [x@1 a=\"q\\\"b\\\\s\\]\"] m")), "{\"a\":\"q\\\"b\\\\s]\"}");
}
END_TEST

START_TEST(bytes_that_are_not_utf8_come_whole_in_base64)
{
    const char *v = view_of(SLICE("<34>Mar 14 15:00:00 h p: caf\xe9"));

    ck_holds(v, ",\"raw_b64\":\"PDM0Pk1hciAxNCAxNTowMDowMCBoIHA6IGNhZuk=\"");
    ck_holds(v, "caf\xef\xbf\xbd");
    ck_holds(v, "\"not-utf8\"");
}
END_TEST

START_TEST(control_bytes_are_escaped_by_json)
{
    const char *v = view_of(slice_of("<34>Mar 14 15:00:00 h p: a\x1b[2J\0b", 33));

    ck_holds(v, "a\\u001b[2J\\u0000b\"");
    ck_holds(v, "\"control-bytes\"");
    ck_lacks(v, "raw_b64");
}
END_TEST

START_TEST(a_field_that_stands_several_times_has_an_array_and_null_is_null)
{
    ck_holds(view_of(SLICE("{\"a\":[1,\"two\",null],\"b\":null,\"c\":{\"d\":true}}")),
        "\"a\":[\"1\",\"two\",null],\"b\":null,\"c.d\":\"true\"");
}
END_TEST

START_TEST(decoded_fields_and_log_sources_are_shown)
{
    const char *v = view_of(
        SLICE("<38>Mar 14 15:00:02 web1 sshd[12]: Failed password for root from 203.0.113.9 port 40022 ssh2"));

    ck_holds(v, "\"hostname\":\"web1\",\"app_name\":\"sshd\",\"procid\":\"12\",\"msgid\":null,\"structured_data\":null,"
                "\"msg\":\"Failed password for root");
    ck_holds(v, "\"src_ip\":\"203.0.113.9\"");
    ck_holds(v, "{\"product\":\"linux\",\"service\":\"sshd\"}");
}
END_TEST

START_TEST(nothing_at_all_is_still_an_event)
{
    const char *v = view_of(SLICE(""));

    ck_holds(v, "{\"raw\":\"\",\"marks\":[");
    ck_holds(v, "\"pri\":null");
}
END_TEST

UNIT_MAIN_WITH("event_view", begin, end, a_whole_message_has_every_member, what_is_absent_is_null,
    without_a_pri_it_is_null_and_the_default_holds, a_parameter_that_stands_twice_has_an_array,
    an_element_without_parameters_is_an_empty_object, an_element_that_stands_twice_is_one_member,
    escapes_of_structured_data_are_undone, bytes_that_are_not_utf8_come_whole_in_base64,
    control_bytes_are_escaped_by_json, a_field_that_stands_several_times_has_an_array_and_null_is_null,
    decoded_fields_and_log_sources_are_shown, nothing_at_all_is_still_an_event)
