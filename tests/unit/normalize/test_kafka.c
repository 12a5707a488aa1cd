/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/normalize/fixture.h"

#define STAMP ((struct walltime){INT64_C(1773500000123) * NS_PER_MS})

static struct kafka_record record;

static const struct event *
read_record(struct fixture *f, const char *value)
{
    struct frame frame = {.raw = slice_str(value), .received = RECEIVED, .kafka = &record};

    arena_reset(&f->arena);
    normalizer_event(f->normalizer, f->scratch, &frame, &f->arena, &f->event);
    return &f->event;
}

static void
begin(struct fixture *f, enum input_format format)
{
    record = (struct kafka_record){.topic = SLICE("logs"), .partition = 3, .offset = INT64_MAX};
    fixture_init(f);
    f->input.format = format;
    fixture_open(f);
}

#define ck_field(e, name, want) ck_slice_eq(event_value((e), SLICE(name)), want)
#define ck_no_field(e, name)    ck_assert_ptr_null(fields_find((e)->fields, (e)->n_fields, SLICE(name)))

START_TEST(what_stood_beside_a_value_is_fields_before_its_own)
{
    static const struct kafka_header headers[] = {{{"site", 4}, {"north", 5}}, {{"none", 4}, {NULL, 0}}};
    struct fixture f;
    const struct event *e;

    begin(&f, FORMAT_AUTO);
    record.stamp = STAMP;
    record.key = SLICE("web-1");
    record.headers = headers;
    record.n_headers = 2;
    e = read_record(&f, "{\"kafka_topic\":\"forged\",\"a\":1}");
    ck_assert(e->structured);
    ck_field(e, "kafka_topic", "logs");
    ck_field(e, "kafka_partition", "3");
    ck_field(e, "kafka_offset", "9223372036854775807");
    ck_field(e, "kafka_timestamp", "2026-03-14T14:53:20.123Z");
    ck_field(e, "kafka_key", "web-1");
    ck_field(e, "kafka_header.site", "north");
    ck_assert_int_eq(fields_find(e->fields, e->n_fields, SLICE("kafka_header.none"))->type, VALUE_NULL);
    ck_slice_eq(e->fields[e->n_fields_header].value, "forged");
    ck_no_field(e, "kafka_poison");
    fixture_close(&f);
}
END_TEST

START_TEST(what_a_record_lacks_is_no_field)
{
    struct fixture f;
    const struct event *e;

    begin(&f, FORMAT_AUTO);
    record.offset = 0;
    e = read_record(&f, "hello");
    ck_field(e, "kafka_offset", "0");
    ck_no_field(e, "kafka_timestamp");
    ck_no_field(e, "kafka_key");
    ck_field(e, "message", "hello");
    fixture_close(&f);
}
END_TEST

START_TEST(the_stamp_is_the_time_where_the_value_tells_none)
{
    struct fixture f;

    begin(&f, FORMAT_AUTO);
    record.stamp = STAMP;
    ck_assert_int_eq(read_record(&f, "hello")->time.ns, STAMP.ns);
    ck_assert(!f.event.time_given);
    ck_assert_int_eq(read_record(&f, "<13>1 2026-03-14T15:09:00Z h a - - - x")->time.ns % (60 * NS_PER_S), 0);
    ck_assert(f.event.time_given);
    fixture_close(&f);
}
END_TEST

START_TEST(what_is_no_json_where_json_was_promised_says_so_and_is_kept)
{
    struct fixture f;
    const struct event *e;

    begin(&f, FORMAT_JSON);
    e = read_record(&f, "{\"a\":");
    ck_field(e, "kafka_poison", "not a JSON object");
    ck_field(e, "message", "{\"a\":");
    ck_assert_str_eq(record.poison, "not a JSON object");
    record.poison = NULL;
    ck_no_field(read_record(&f, "{\"a\":1}"), "kafka_poison");
    ck_assert_ptr_null(record.poison);
    ck_assert_uint_eq(fixture_count(&f, "normalize_poison"), 1);
    fixture_close(&f);
    begin(&f, FORMAT_AUTO);
    ck_no_field(read_record(&f, "{\"a\":"), "kafka_poison");
    ck_assert_ptr_null(record.poison);
    fixture_close(&f);
}
END_TEST

START_TEST(a_record_without_a_value_is_an_event_that_says_so)
{
    struct fixture f;

    begin(&f, FORMAT_SYSLOG);
    record.poison = "no value";
    ck_field(read_record(&f, ""), "kafka_poison", "no value");
    ck_assert_uint_eq(f.event.n_fields_header > 0, 1);
    fixture_close(&f);
}
END_TEST

START_TEST(a_copy_keeps_the_fields_and_not_the_record)
{
    struct event *copy;
    struct arena arena;
    struct fixture f;

    begin(&f, FORMAT_AUTO);
    ck_assert_int_eq(arena_init(&arena, 0, 1 << 20), 0);
    copy = event_copy(&arena, read_record(&f, "hello"), EVENT_NAMES_SHARED);
    ck_assert_ptr_null(copy->frame.kafka);
    arena_reset(&f.arena);
    ck_field(copy, "kafka_partition", "3");
    arena_fini(&arena);
    fixture_close(&f);
}
END_TEST

UNIT_MAIN("kafka", what_stood_beside_a_value_is_fields_before_its_own, what_a_record_lacks_is_no_field,
    the_stamp_is_the_time_where_the_value_tells_none, what_is_no_json_where_json_was_promised_says_so_and_is_kept,
    a_record_without_a_value_is_an_event_that_says_so, a_copy_keeps_the_fields_and_not_the_record)
