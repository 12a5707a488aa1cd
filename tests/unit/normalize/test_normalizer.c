/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What an event is made of, whatever the frame holds. What the shipped decoders find stands in their sample files.
 */
#include "fixture.h"

#include <malloc.h>
#include <stdio.h>

static const char failed[] =
    "<38>Mar 14 15:00:02 web1 sshd[1202]: Failed password for root from 203.0.113.9 port 40022 ssh2";

#define ck_field(e, name, want) ck_slice_eq(event_value((e), slice_str(name)), want)

/* --- the header --- */

START_TEST(header_fields_stand_under_stable_names)
{
    struct fixture f;
    const struct event *e;

    fixture_init(&f);
    fixture_open(&f);
    e = fixture_read(&f, "<86>1 2026-03-14T15:00:02Z web1 app 42 ID7 [a@1 x=\"1\" y=\"q\\\"r\"][b] hello");
    ck_field(e, "hostname", "web1");
    ck_field(e, "app_name", "app");
    ck_field(e, "procid", "42");
    ck_field(e, "msgid", "ID7");
    ck_field(e, "facility", "authpriv");
    ck_field(e, "severity", "info");
    ck_field(e, "a@1.x", "1");
    ck_field(e, "a@1.y", "q\"r");
    ck_field(e, "message", "hello");
    ck_assert_uint_eq(e->n_fields, 9);
    ck_assert_uint_eq(e->n_fields_header, 8);
    fixture_close(&f);
}
END_TEST

START_TEST(what_the_header_lacks_is_no_field)
{
    struct fixture f;
    const struct event *e;

    fixture_init(&f);
    fixture_open(&f);
    e = fixture_read(&f, "<86>1 - - - - - - hello");
    ck_assert_uint_eq(e->n_fields, 3);
    ck_field(e, "message", "hello");
    fixture_close(&f);
}
END_TEST

START_TEST(text_begins_with_the_program_in_both_formats)
{
    struct fixture f;
    const struct event *e;

    fixture_init(&f);
    fixture_open(&f);
    e = fixture_read(&f, "<86>Mar 14 15:00:02 web1 pkexec[42]: hello");
    ck_slice_eq(e->text, "pkexec[42]: hello");
    ck_assert(e->text.p >= e->frame.raw.p && e->text.p < e->frame.raw.p + e->frame.raw.n);
    ck_slice_eq(fixture_read(&f, "<86>1 - web1 pkexec 42 - - hello")->text, "pkexec[42]: hello");
    ck_slice_eq(fixture_read(&f, "<86>1 - web1 pkexec - - - hello")->text, "pkexec: hello");
    ck_slice_eq(fixture_read(&f, "<86>1 - web1 - - - - hello")->text, "hello");
    fixture_close(&f);
}
END_TEST

/* --- every frame, one event --- */

START_TEST(a_cef_header_that_breaks_off_is_a_text_and_is_counted)
{
    struct fixture f;
    const struct event *e;

    fixture_init(&f);
    fixture_open(&f);
    e = fixture_read(&f, "<13>Mar 14 15:00:01 h CEF:0|Acme|Wall");
    ck_assert(!e->structured);
    ck_field(e, "message", "CEF:0|Acme|Wall");
    ck_assert_uint_eq(fixture_count(&f, "normalize_cef_broken"), 1);
    ck_assert(fixture_read(&f, "<13>Mar 14 15:00:01 h CEF:0|Acme|Wall|1|1|n|1|a=b")->structured);
    ck_assert_uint_eq(fixture_count(&f, "normalize_cef_broken"), 1);
    fixture_close(&f);
}
END_TEST

START_TEST(the_device_that_a_record_names_is_the_host_and_the_sender_its_relay)
{
    struct fixture f;
    const struct event *e;

    fixture_init(&f);
    fixture_open(&f);
    e = fixture_read(&f, "CEF:0|v|p|1|1|n|1|dvchost=fw9");
    ck_slice_eq(e->syslog.hostname, "fw9");
    ck_field(e, "hostname", "fw9");
    e = fixture_read(&f, "<13>Mar 14 15:00:01 h1 CEF:0|v|p|1|1|n|1|dvchost=fw9");
    ck_slice_eq(e->syslog.hostname, "fw9");
    ck_field(e, "hostname", "fw9");
    ck_field(e, "relay", "h1");
    e = fixture_read(&f, "<13>Mar 14 15:00:01 FW9 CEF:0|v|p|1|1|n|1|dvchost=fw9");
    ck_field(e, "hostname", "FW9");
    ck_assert_ptr_null(event_value(e, SLICE("relay")).p);
    e = fixture_read(&f, "<13>Mar 14 15:00:01 h1 CEF:0|v|p|1|1|n|1|dvc=192.0.2.1");
    ck_field(e, "hostname", "h1");
    e = fixture_read(&f, "<13>Mar 14 15:00:01 192.0.2.254 CEF:0|v|p|1|1|n|1|dvchost=fw9");
    ck_field(e, "hostname", "fw9");
    fixture_close(&f);
}
END_TEST

START_TEST(a_records_time_is_read_in_any_unit)
{
    static const char *const times[] = {"1773500400", "1773500400.000", "1773500400000", "1773500400000000",
        "1773500400000000000", "Mar 14 2026 15:00:00", "2026-03-14T15:00:00Z"};
    struct fixture f;
    char line[256];
    size_t i;

    fixture_init(&f);
    fixture_open(&f);
    for (i = 0; i < ARRAY_LEN(times); i++) {
        const struct event *e;

        (void)snprintf(line, sizeof(line), "CEF:0|v|p|1|1|n|1|rt=%s", times[i]);
        e = fixture_read(&f, line);
        ck_assert_msg(e->time_given && e->time.ns == INT64_C(1773500400) * NS_PER_S, "%s", times[i]);
    }
    ck_assert(!fixture_read(&f, "CEF:0|v|p|1|1|n|1|rt=99999999999999999999 a=1")->time_given);
    ck_assert(!fixture_read(&f, "CEF:0|v|p|1|1|n|1|rt=1773500400x")->time_given);
    fixture_close(&f);
}
END_TEST

START_TEST(any_bytes_become_one_event_with_the_bytes_in_it)
{
    static const char *const frames[] = {"", " ", "\n", "<", "<999>", "{", "{}", "{\"a\":", "[1]", "<13>", "\xff\xfe",
        "@cee:", "<13>1 - - - - - [", "<13>app: @cee:{\"a\":1", "message repeated 2 times: [ ]", "- - - [", "\"",
        "sshd: "};
    struct fixture f;
    size_t i;

    fixture_init(&f);
    fixture_open(&f);
    for (i = 0; i < ARRAY_LEN(frames); i++) {
        const struct event *e = fixture_read(&f, frames[i]);

        ck_slice_eq(e->frame.raw, frames[i]);
        ck_assert(!e->time_given);
        ck_assert_int_eq(e->time.ns, RECEIVED.ns);
        ck_assert_uint_eq(e->source, EVENT_SOURCE_UNKNOWN);
    }
    ck_assert_uint_eq(fixture_count(&f, "normalize_events"), ARRAY_LEN(frames));
    fixture_close(&f);
}
END_TEST

/* Cheap pseudo-random bytes; the same each run. */
static uint32_t
next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

START_TEST(damaged_lines_become_events_without_harm)
{
    static const char *const lines[] = {failed,
        "<30>Mar 14 15:00:01 w apache2[4]: 203.0.113.9 - x [14/Mar/2026:15:00:00 +0100] \"GET /a?b HTTP/1.1\" 200 1 "
        "\"-\" \"u\"",
        "<4>Mar 14 15:00:01 fw kernel: IN=eth0 OUT= SRC=192.0.2.4 DST=192.0.2.1 PROTO=ICMP [SRC=1 DST=2 ] MARK=0x7",
        "<85>Mar 14 15:00:01 w sudo: a : TTY=p ; PWD=/ ; USER=root ; COMMAND=/bin/id",
        "<13>1 2026-03-14T15:00:02Z h a - - [a@1 x=\"1\"] @cee: {\"EventID\": 1, \"Channel\": \"Security\", \"a\": [1, "
        "{\"b\": null}]}"};
    struct fixture f;
    uint32_t state = 7;
    char line[256];
    unsigned i;

    fixture_init(&f);
    fixture_open(&f);
    for (i = 0; i < 20000; i++) {
        size_t n = strlen(lines[i % ARRAY_LEN(lines)]);
        unsigned k;

        memcpy(line, lines[i % ARRAY_LEN(lines)], n);
        for (k = next_random(&state) % 6; k > 0; k--)
            line[next_random(&state) % n] = (char)next_random(&state);
        n -= next_random(&state) % 4 == 0 ? next_random(&state) % n : 0;
        (void)fixture_read_from(&f, slice_of(line, n), "203.0.113.9");
    }
    ck_assert_uint_eq(fixture_count(&f, "normalize_events"), 20000);
    fixture_close(&f);
}
END_TEST

START_TEST(a_full_arena_costs_fields_and_is_counted_but_not_the_event)
{
    struct fixture f;
    const struct event *e;

    fixture_init(&f);
    fixture_open(&f);
    arena_fini(&f.arena);
    ck_assert_int_eq(arena_init(&f.arena, 16, 16), 0);
    e = fixture_read(&f, failed);
    ck_slice_eq(e->syslog.hostname, "web1");
    ck_slice_eq(e->text, "sshd[1202]: Failed password for root from 203.0.113.9 port 40022 ssh2");
    ck_assert_uint_eq(e->n_fields, 0);
    ck_assert_uint_gt(e->n_fields_dropped, 0);
    ck_assert_uint_eq(fixture_count(&f, "normalize_arena_full"), 1);
    fixture_close(&f);
}
END_TEST

START_TEST(fields_beyond_the_limit_are_counted)
{
    struct fixture f;
    const struct event *e;

    fixture_init(&f);
    f.settings.fields_max = 4;
    fixture_open(&f);
    e = fixture_read(&f, failed);
    ck_assert_uint_eq(e->n_fields, 4);
    ck_assert_uint_eq(e->n_fields_dropped, fixture_count(&f, "normalize_fields_dropped"));
    ck_assert_uint_gt(e->n_fields_dropped, 0);
    fixture_close(&f);
}
END_TEST

/* --- JSON --- */

START_TEST(a_frame_that_is_an_object_is_a_structured_event)
{
    struct fixture f;
    const struct event *e;

    fixture_init(&f);
    fixture_open(&f);
    e = fixture_read(&f, " {\"a\":{\"b\":\"x\"},\"c\":[1,2],\"d\":null} ");
    ck_assert(e->structured);
    ck_field(e, "a.b", "x");
    ck_field(e, "c", "1");
    ck_assert_uint_eq(e->n_fields, 4);
    ck_assert_uint_eq(e->n_fields_header, 0);
    ck_slice_absent(e->syslog.hostname);
    fixture_close(&f);
}
END_TEST

START_TEST(an_object_behind_a_header_is_structured_with_the_header_kept_apart)
{
    struct fixture f;
    const struct event *e;

    fixture_init(&f);
    fixture_open(&f);
    e = fixture_read(&f, "<13>Mar 14 15:00:02 web1 app[7]: @cee: {\"message\":\"x\",\"hostname\":\"other\"}");
    ck_assert(e->structured);
    ck_field(e, "message", "x");
    ck_field(e, "hostname", "web1");
    ck_slice_eq(e->fields[e->n_fields_header].value, "x");
    e = fixture_read(&f, "<13>1 2026-03-14T15:00:02Z web1 app - - - {\"k\":\"v\"}");
    ck_assert(e->structured);
    ck_field(e, "k", "v");
    fixture_close(&f);
}
END_TEST

START_TEST(a_broken_object_is_text_with_nothing_left_of_it)
{
    struct fixture f;
    const struct event *e;

    fixture_init(&f);
    fixture_open(&f);
    e = fixture_read(&f, "<13>Mar 14 15:00:02 web1 app[7]: {\"User\":\"root\",");
    ck_assert(!e->structured);
    ck_slice_absent(event_value(e, SLICE("User")));
    ck_field(e, "message", "{\"User\":\"root\",");
    ck_assert_uint_eq(fixture_count(&f, "normalize_json_broken"), 1);
    fixture_close(&f);
}
END_TEST

START_TEST(an_input_of_syslog_format_takes_no_json_and_all_else)
{
    struct fixture f;

    fixture_init(&f);
    f.input.format = FORMAT_SYSLOG;
    fixture_open(&f);
    ck_assert(!fixture_read(&f, "{\"a\":1}")->structured);
    ck_assert(!fixture_read(&f, "<13>Mar 14 15:00:01 h app: {\"a\":1}")->structured);
    ck_assert(fixture_read(&f, "<13>Mar 14 15:00:01 h CEF:0|Acme|Wall|1|1|n|1|a=b")->structured);
    fixture_close(&f);
}
END_TEST

/* --- time --- */

START_TEST(the_header_tells_the_time_else_the_message_else_the_clock)
{
    struct fixture f;
    const struct event *e;
    char text[WALLTIME_TEXT_MAX];

    fixture_init(&f);
    f.input.category = "webserver";
    fixture_open(&f);
    e = fixture_read(&f, "<13>1 2026-03-13T15:00:02Z h apache2 - - - 192.0.2.1 - - [14/Mar/2026:15:00:00 +0100] \"GET "
                         "/ HTTP/1.1\" 200 1");
    ck_assert_str_eq(walltime_print(e->time, text), "2026-03-13T15:00:02Z");
    ck_assert(e->time_given);
    e = fixture_read(&f, "192.0.2.1 - - [14/Mar/2026:15:00:00 +0100] \"GET / HTTP/1.1\" 200 1");
    ck_assert_str_eq(walltime_print(e->time, text), "2026-03-14T14:00:00Z");
    ck_assert(e->time_given);
    e = fixture_read(&f, "<13>app: hello");
    ck_assert_int_eq(e->time.ns, RECEIVED.ns);
    ck_assert(!e->time_given);
    fixture_close(&f);
}
END_TEST

START_TEST(a_stamp_without_zone_is_in_the_sources_zone_before_the_inputs)
{
    struct source_settings source = {.name = "s", .hostname = "WEB1", .has_zone = true, .zone_minutes = -300};
    struct fixture f;
    char text[WALLTIME_TEXT_MAX];

    fixture_init(&f);
    f.input.zone_minutes = 60;
    f.settings.sources = &source;
    f.settings.n_sources = 1;
    fixture_open(&f);
    ck_assert_str_eq(
        walltime_print(fixture_read(&f, "<13>Mar 14 10:00:00 web1 a: x")->time, text), "2026-03-14T15:00:00Z");
    ck_assert_str_eq(
        walltime_print(fixture_read(&f, "<13>Mar 14 10:00:00 web2 a: x")->time, text), "2026-03-14T09:00:00Z");
    ck_assert_str_eq(walltime_print(fixture_read(&f, "<13>2026-03-14T10:00:00+02:00 web1 a: x")->time, text),
        "2026-03-14T08:00:00Z");
    fixture_close(&f);
}
END_TEST

START_TEST(how_far_a_time_is_from_receipt_is_told_in_the_sources_zone)
{
    struct source_settings source = {.name = "s", .hostname = "web1", .has_zone = true, .zone_minutes = 600};
    struct fixture f;

    fixture_init(&f);
    f.settings.sources = &source;
    f.settings.n_sources = 1;
    fixture_open(&f);
    ck_assert_uint_ne(fixture_read(&f, "<13>Mar 13 20:00:00 web1 a: x")->syslog.marks & SYSLOG_TIME_FAR, 0);
    ck_assert_uint_eq(fixture_read(&f, "<13>Mar 13 20:00:00 web2 a: x")->syslog.marks & SYSLOG_TIME_FAR, 0);
    ck_assert_uint_eq(fixture_read(&f, "<13>Mar 15 21:00:00 web1 a: x")->syslog.marks & SYSLOG_TIME_FAR, 0);
    fixture_close(&f);
}
END_TEST

/* --- sources --- */

START_TEST(a_source_is_found_by_host_address_program_and_input_the_first_that_fits)
{
    struct input_settings inputs[] = {{.name = "one"}, {.name = "two"}};
    struct source_settings sources[] = {
        {.name = "0", .hostname = "web1", .app_name = "nginx"},
        {.name = "1", .hostname = "web1"},
        {.name = "2", .peer = "192.0.2.7"},
        {.name = "3", .peer = "192.0.2.0/24", .input = "one"},
        {.name = "4", .peer = "2001:db8::/33"},
        {.name = "5", .hostname = "web2", .peer = "198.51.100.1"},
        {.name = "6", .app_name = "postgres"},
    };
    static const struct {
        const char *raw;
        const char *peer;
        uint16_t listener;
        uint16_t source;
    } cases[] = {
        {"<13>Mar 14 10:00:00 WEB1 nginx: x", "192.0.2.7", 0, 0},
        {"<13>Mar 14 10:00:00 web1 app: x", "192.0.2.7", 0, 1},
        {"<13>Mar 14 10:00:00 web3 app: x", "192.0.2.7", 1, 2},
        {"<13>Mar 14 10:00:00 web3 app: x", "192.0.2.8", 0, 3},
        {"<13>Mar 14 10:00:00 web3 app: x", "192.0.2.8", 1, EVENT_SOURCE_UNKNOWN},
        {"<13>Mar 14 10:00:00 web3 app: x", "192.0.3.8", 0, EVENT_SOURCE_UNKNOWN},
        {"<13>Mar 14 10:00:00 web3 app: x", "2001:db8:7fff::1", 0, 4},
        {"<13>Mar 14 10:00:00 web3 app: x", "2001:db8:8000::1", 0, EVENT_SOURCE_UNKNOWN},
        {"<13>Mar 14 10:00:00 web2 app: x", "198.51.100.1", 0, 5},
        {"<13>Mar 14 10:00:00 web2 app: x", "198.51.100.2", 0, EVENT_SOURCE_UNKNOWN},
        {"<13>Mar 14 10:00:00 web2 postgres[1]: x", "198.51.100.2", 0, 6},
        {"<13>Mar 14 10:00:00 web2 app: x", "/var/log/x", 0, EVENT_SOURCE_UNKNOWN},
        {"<13>app: x", NULL, 9, EVENT_SOURCE_UNKNOWN},
    };
    struct fixture f;
    size_t i;

    fixture_init(&f);
    f.settings.inputs = inputs;
    f.settings.n_inputs = ARRAY_LEN(inputs);
    f.settings.sources = sources;
    f.settings.n_sources = ARRAY_LEN(sources);
    fixture_open(&f);
    for (i = 0; i < 2 * ARRAY_LEN(cases); i++) {
        size_t k = i % ARRAY_LEN(cases);
        struct frame frame = {.raw = slice_str(cases[k].raw),
            .peer = slice_str(cases[k].peer),
            .listener = cases[k].listener,
            .received = RECEIVED};

        normalizer_event(f.normalizer, f.scratch, &frame, &f.arena, &f.event);
        ck_assert_msg(f.event.source == cases[k].source, "case %zu: got %u", k, f.event.source);
    }
    fixture_close(&f);
}
END_TEST

START_TEST(an_address_that_is_none_is_a_problem_of_the_configuration)
{
    struct source_settings sources[] = {
        {.name = "a", .peer = "192.0.2.0/33"}, {.name = "b", .peer = "host"}, {.name = "c", .input = "nowhere"}};
    struct settings settings = {.sources = sources, .n_sources = 3, .fields_max = 8};
    CLEANUP_DIAG struct diag d = {0};
    struct normalizer *n;

    ck_assert_int_eq(normalizer_new(&n, &settings, &d), 0);
    ck_assert_ptr_null(n);
    ck_assert_uint_eq(d.n_errors, 3);
}
END_TEST

/* --- log sources --- */

START_TEST(what_a_source_says_of_its_log_counts_before_the_input)
{
    struct source_settings source = {.name = "s", .hostname = "fw1", .product = "opnsense"};
    struct fixture f;
    const struct event *e;

    fixture_init(&f);
    f.input.product = "linux";
    f.input.service = "edge";
    f.settings.sources = &source;
    f.settings.n_sources = 1;
    fixture_open(&f);
    e = fixture_read(&f, "<38>Mar 14 15:00:02 fw1 sshd[1]: x");
    ck_assert(event_is_from(e, "opnsense", "", "sshd"));
    ck_assert(event_is_from(e, "opnsense", "", "auth"));
    ck_assert(event_is_from(e, "opnsense", "", "edge"));
    ck_assert_uint_eq(e->n_logsources, 3);
    e = fixture_read(&f, "<38>Mar 14 15:00:02 fw2 sshd[1]: x");
    ck_assert(event_is_from(e, "linux", "", "sshd"));
    ck_assert(event_is_from(e, "linux", "", "edge"));
    fixture_close(&f);
}
END_TEST

START_TEST(log_sources_stay_at_one_address)
{
    struct fixture f;
    const struct logsource *before;

    fixture_init(&f);
    fixture_open(&f);
    before = fixture_read(&f, failed)->logsources[0];
    ck_assert_ptr_eq(fixture_read(&f, "<38>1 - h sshd-session 7 - - x")->logsources[0], before);
    fixture_close(&f);
}
END_TEST

START_TEST(without_mappings_an_event_has_its_header_and_what_configuration_says)
{
    struct fixture f;
    const struct event *e;

    fixture_init(&f);
    f.settings.mappings_path = NULL;
    f.input.product = "linux";
    fixture_open(&f);
    e = fixture_read(&f, failed);
    ck_assert(!e->decoded);
    ck_field(e, "hostname", "web1");
    ck_assert(event_is_from(e, "linux", "", ""));
    ck_assert_uint_eq(e->n_logsources, 1);
    fixture_close(&f);
}
END_TEST

START_TEST(an_event_nobody_can_route_is_counted)
{
    struct fixture f;

    fixture_init(&f);
    fixture_open(&f);
    ck_assert_uint_eq(fixture_read(&f, "<30>Mar 14 15:00:01 web1 ourdaemon[42]: hello")->n_logsources, 0);
    ck_assert_uint_eq(fixture_count(&f, "normalize_unrouted"), 1);
    (void)fixture_read(&f, failed);
    ck_assert_uint_eq(fixture_count(&f, "normalize_unrouted"), 1);
    fixture_close(&f);
}
END_TEST

/* --- cost --- */

START_TEST(a_line_made_to_be_slow_is_over_quickly_and_not_lost)
{
    CLEANUP_BUFFER struct buffer line = {0};
    struct fixture f;
    const struct event *e;
    unsigned i;

    buffer_printf(&line, "<38>Mar 14 15:00:02 web1 sshd[1202]: Failed publickey for ");
    for (i = 0; i < 4000; i++)
        buffer_printf(&line, " from 1 port 2 ssh2: a");
    fixture_init(&f);
    fixture_open(&f);
    e = fixture_read_from(&f, buffer_slice(&line), NULL);
    ck_slice_absent(event_value(e, SLICE("src_ip")));
    ck_assert(event_is_from(e, "linux", "", "sshd"));
    fixture_close(&f);
}
END_TEST

UNIT_MAIN("normalizer", header_fields_stand_under_stable_names, what_the_header_lacks_is_no_field,
    text_begins_with_the_program_in_both_formats, a_cef_header_that_breaks_off_is_a_text_and_is_counted,
    the_device_that_a_record_names_is_the_host_and_the_sender_its_relay, a_records_time_is_read_in_any_unit,
    any_bytes_become_one_event_with_the_bytes_in_it, damaged_lines_become_events_without_harm,
    a_full_arena_costs_fields_and_is_counted_but_not_the_event, fields_beyond_the_limit_are_counted,
    a_frame_that_is_an_object_is_a_structured_event, an_object_behind_a_header_is_structured_with_the_header_kept_apart,
    a_broken_object_is_text_with_nothing_left_of_it, an_input_of_syslog_format_takes_no_json_and_all_else,
    the_header_tells_the_time_else_the_message_else_the_clock,
    a_stamp_without_zone_is_in_the_sources_zone_before_the_inputs,
    how_far_a_time_is_from_receipt_is_told_in_the_sources_zone,
    a_source_is_found_by_host_address_program_and_input_the_first_that_fits,
    an_address_that_is_none_is_a_problem_of_the_configuration, what_a_source_says_of_its_log_counts_before_the_input,
    log_sources_stay_at_one_address, without_mappings_an_event_has_its_header_and_what_configuration_says,
    an_event_nobody_can_route_is_counted, a_line_made_to_be_slow_is_over_quickly_and_not_lost)
