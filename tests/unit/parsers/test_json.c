/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "parsers/json.h"
#include "support/unit.h"

#include <stdio.h>

enum { ARENA_BYTES = 16 << 20, FIELDS_MAX = 5000 };

static struct arena arena;
static struct fields fields;
static struct json_problem problem;

static int
flatten(struct slice text)
{
    arena_fini(&arena);
    ck_assert_int_eq(arena_init(&arena, 0, ARENA_BYTES), 0);
    fields_init(&fields, &arena, FIELDS_MAX);
    problem.offset = SIZE_MAX;
    return json_flatten(text, &fields, &problem);
}

/* All fields as "name=value;", text in quotes, null as nothing. */
static const char *
shown(void)
{
    static struct buffer out;
    size_t i;

    buffer_reset(&out);
    for (i = 0; i < fields.n; i++) {
        const char *quote = fields.items[i].type == VALUE_TEXT ? "'" : "";

        buffer_printf(&out, SLICE_FMT "=%s" SLICE_FMT "%s;", SLICE_ARG(fields.items[i].name), quote,
            SLICE_ARG(fields.items[i].value), quote);
    }
    buffer_add_char(&out, '\0');
    return out.p;
}

#define ck_flat(text, want)                            \
    do {                                               \
        ck_assert_int_eq(flatten(slice_str(text)), 0); \
        ck_assert_str_eq(shown(), want);               \
    } while (0)

#define ck_refused(text, outcome, at)                                                     \
    do {                                                                                  \
        ck_assert_msg(flatten(slice_str(text)) == (int)(outcome), "outcome of %s", text); \
        ck_assert_msg(problem.offset == (at), "offset of %s: %zu", text, problem.offset); \
    } while (0)

START_TEST(values_keep_their_kind_and_their_spelling)
{
    ck_flat("{\"a\":\"x\",\"b\":1.50e+3,\"c\":true,\"d\":false,\"e\":null,\"f\":\"\"}",
        "a='x';b=1.50e+3;c=true;d=false;e=;f='';");
    ck_assert_int_eq(fields.items[1].type, VALUE_NUMBER);
    ck_assert_int_eq(fields.items[2].type, VALUE_BOOL);
    ck_assert_int_eq(fields.items[3].type, VALUE_BOOL);
    ck_assert_int_eq(fields.items[4].type, VALUE_NULL);
    ck_assert_int_eq(fields.items[5].type, VALUE_TEXT);
}
END_TEST

START_TEST(nested_names_are_joined_by_dots)
{
    ck_flat("{\"winlog\":{\"event_data\":{\"Image\":\"x\",\"Pid\":4},\"id\":1},\"b\":2}",
        "winlog.event_data.Image='x';winlog.event_data.Pid=4;winlog.id=1;b=2;");
}
END_TEST

START_TEST(every_value_of_an_array_stands_under_its_name)
{
    ck_flat("{\"a\":[1,\"x\",[2,[3]],null]}", "a=1;a='x';a=2;a=3;a=;");
    ck_flat("{\"a\":{\"b\":[{\"c\":1},{\"c\":2,\"d\":[3]},4]}}", "a.b.c=1;a.b.c=2;a.b.d=3;a.b=4;");
}
END_TEST

START_TEST(what_is_empty_leaves_nothing)
{
    ck_flat(" \t\r\n{ } \n", "");
    ck_flat("{\"a\":{},\"b\":[],\"c\":[[],{}]}", "");
}
END_TEST

START_TEST(a_key_that_stands_twice_keeps_both_values)
{
    ck_flat("{\"a\":1,\"a\":2}", "a=1;a=2;");
}
END_TEST

START_TEST(fields_are_found_by_name_wherever_their_name_was_joined)
{
    static const char *const names[] = {
        "top", "a.key", "a.b.long_key_of_many_bytes", "a.dotted.key", "a.bl ank", ".", ""};
    size_t i;

    ck_assert_int_eq(flatten(SLICE("{\"top\":1,\"a\":{\"key\":1,\"b\":{\"long_key_of_many_bytes\":1},\"dotted.key\":1,"
                                   "\"bl ank\":1},\"\":{\"\":1},\"\":1}")),
        0);
    ck_assert_uint_eq(fields.n, ARRAY_LEN(names));
    for (i = 0; i < ARRAY_LEN(names); i++)
        ck_assert_msg(fields_find(fields.items, fields.n, slice_str(names[i])) != NULL, "'%s' is lost", names[i]);
    ck_assert_ptr_nonnull(fields_find(fields.items, fields.n, SLICE("a.blank")));
    ck_assert_ptr_null(fields_find(fields.items, fields.n, SLICE("key")));
}
END_TEST

START_TEST(values_without_escapes_are_slices_of_the_input)
{
    struct slice text = SLICE("{\"a\":\"plain\"}");

    ck_assert_int_eq(flatten(text), 0);
    ck_assert_ptr_eq(fields.items[0].name.p, text.p + 2);
    ck_assert_ptr_eq(fields.items[0].value.p, text.p + 6);
}
END_TEST

START_TEST(escapes_become_what_they_stand_for)
{
    ck_flat("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "a='\"\\/\b\f\n\r\t';");
    ck_flat("{\"a\":\"C:\\\\Windows\\\\System32\\\\a.exe\",\"b\\u0041\":\"\\u00e4\\u20AC\"}",
        "a='C:\\Windows\\System32\\a.exe';bA='\xc3\xa4\xe2\x82\xac';");
    ck_flat("{\"a\":\"\\ud83d\\ude00.\"}", "a='\xf0\x9f\x98\x80.';");
}
END_TEST

START_TEST(a_lone_surrogate_becomes_the_replacement_character)
{
    ck_flat("{\"a\":\"\\ud800\"}", "a='\xef\xbf\xbd';");
    ck_flat("{\"a\":\"\\udc00x\"}", "a='\xef\xbf\xbdx';");
    ck_flat("{\"a\":\"\\ud800\\u0041\"}", "a='\xef\xbf\xbd"
                                          "A';");
    ck_flat("{\"a\":\"\\ud800\\n\"}", "a='\xef\xbf\xbd\n';");
}
END_TEST

START_TEST(a_nul_may_be_written_and_is_kept)
{
    ck_assert_int_eq(flatten(SLICE("{\"a\":\"x\\u0000y\"}")), 0);
    ck_assert(slice_eq(fields.items[0].value, slice_of("x\0y", 3)));
}
END_TEST

START_TEST(what_real_logs_hold_inside_strings_is_kept_as_it_is)
{
    ck_flat("{\"a\":\"tab\there\nand \xff\xfe\"}", "a='tab\there\nand \xff\xfe';");
    ck_assert_int_eq(flatten(slice_of("{\"a\":\"x\0y\"}", 11)), 0);
    ck_assert(slice_eq(fields.items[0].value, slice_of("x\0y", 3)));
}
END_TEST

START_TEST(what_is_no_json_is_refused_where_it_breaks)
{
    ck_refused("", JSON_E_SYNTAX, 0);
    ck_refused("{", JSON_E_SYNTAX, 1);
    ck_refused("{\"a\"", JSON_E_SYNTAX, 4);
    ck_refused("{\"a\":", JSON_E_SYNTAX, 5);
    ck_refused("{\"a\":1", JSON_E_SYNTAX, 6);
    ck_refused("{\"a\":1,", JSON_E_SYNTAX, 7);
    ck_refused("{\"a\":1,}", JSON_E_SYNTAX, 7);
    ck_refused("{\"a\":[1,]}", JSON_E_SYNTAX, 8);
    ck_refused("{\"a\":[1}", JSON_E_SYNTAX, 7);
    ck_refused("{\"a\" 1}", JSON_E_SYNTAX, 5);
    ck_refused("{\"a\":1 \"b\":2}", JSON_E_SYNTAX, 7);
    ck_refused("{a:1}", JSON_E_SYNTAX, 1);
    ck_refused("{'a':1}", JSON_E_SYNTAX, 1);
    ck_refused("{\"a\":1}x", JSON_E_SYNTAX, 7);
    ck_refused("{\"a\":1}{}", JSON_E_SYNTAX, 7);
    ck_refused("{\"a\":tru}", JSON_E_SYNTAX, 5);
    ck_refused("{\"a\":nul", JSON_E_SYNTAX, 5);
    ck_refused("{\"a\":NaN}", JSON_E_SYNTAX, 5);
    ck_refused("{\"a\":\"x", JSON_E_SYNTAX, 7);
    ck_refused("{\"a\":\"x\\", JSON_E_SYNTAX, 8);
    ck_refused("{\"a\":\"\\x41\"}", JSON_E_SYNTAX, 8);
    ck_refused("{\"a\":\"\\u12g4\"}", JSON_E_SYNTAX, 8);
    ck_refused("{\"a\":\"\\u12", JSON_E_SYNTAX, 8);
}
END_TEST

START_TEST(numbers_are_those_of_the_standard_and_no_others)
{
    static const char *const good[] = {"0", "-0", "10", "1.5", "1e5", "1E-05", "-1.25e+10", "12345678901234567890123"};
    static const char *const bad[] = {"01", "+1", ".5", "1.", "1e", "1e+", "-", "0x1", "1.e1", "Infinity", "--1"};
    char text[64];
    size_t i;

    for (i = 0; i < ARRAY_LEN(good); i++) {
        (void)snprintf(text, sizeof(text), "{\"a\":%s}", good[i]);
        ck_assert_msg(flatten(slice_str(text)) == 0, "%s", good[i]);
        ck_slice_eq(fields.items[0].value, good[i]);
    }
    for (i = 0; i < ARRAY_LEN(bad); i++) {
        (void)snprintf(text, sizeof(text), "{\"a\":%s}", bad[i]);
        ck_assert_msg(flatten(slice_str(text)) == JSON_E_SYNTAX, "%s", bad[i]);
    }
}
END_TEST

START_TEST(fields_before_the_break_stay)
{
    ck_assert_int_eq(flatten(SLICE("{\"a\":1,\"b\":{\"c\":\"x\",\"d\":!")), JSON_E_SYNTAX);
    ck_assert_str_eq(shown(), "a=1;b.c='x';");
}
END_TEST

START_TEST(json_that_is_no_object_is_told_from_what_is_no_json)
{
    static const char *const texts[] = {"1", "\"x\"", "null", "[]", "[1,{\"a\":2}]", " true "};
    size_t i;

    for (i = 0; i < ARRAY_LEN(texts); i++) {
        ck_assert_msg(flatten(slice_str(texts[i])) == JSON_E_NOT_OBJECT, "%s", texts[i]);
        ck_assert_uint_eq(fields.n, 0);
        ck_assert_uint_eq(fields.n_dropped, 0);
    }
    ck_refused("hello", JSON_E_SYNTAX, 0);
    ck_refused("[1,", JSON_E_SYNTAX, 3);
    ck_refused("1 2", JSON_E_SYNTAX, 2);
}
END_TEST

static void
nest(struct buffer *text, const char *open, const char *close, int levels)
{
    int i;

    buffer_reset(text);
    for (i = 0; i < levels; i++)
        buffer_printf(text, "%s", open);
    buffer_printf(text, "1");
    for (i = 0; i < levels; i++)
        buffer_printf(text, "%s", close);
}

START_TEST(nesting_is_followed_to_the_limit_and_no_deeper)
{
    CLEANUP_BUFFER struct buffer text = {0};

    nest(&text, "{\"a\":", "}", JSON_NESTING_MAX);
    ck_assert_int_eq(flatten(buffer_slice(&text)), 0);
    ck_assert_uint_eq(fields.items[0].name.n, 2 * JSON_NESTING_MAX - 1);
    nest(&text, "{\"a\":", "}", JSON_NESTING_MAX + 1);
    ck_assert_int_eq(flatten(buffer_slice(&text)), JSON_E_DEPTH);
    ck_assert_uint_eq(problem.offset, 5 * JSON_NESTING_MAX);
    nest(&text, "[", "]", 100000);
    ck_assert_int_eq(flatten(buffer_slice(&text)), JSON_E_DEPTH);
}
END_TEST

/* Strings of every length at every distance from the end, each in a block of its own so that an overrun is seen. */
START_TEST(strings_of_every_length_end_where_they_end)
{
    CLEANUP_BUFFER struct buffer text = {0};
    size_t n;
    size_t tail;

    for (n = 0; n < 70; n++) {
        for (tail = 0; tail < 20; tail++) {
            CLEANUP_FREE char *copy = NULL;
            size_t i;

            buffer_reset(&text);
            buffer_printf(&text, "{\"k\":{\"k\":\"");
            for (i = 0; i < n; i++)
                buffer_add_char(&text, (char)('a' + i % 26));
            buffer_printf(&text, "\",\"e\":\"\\\\%.*s\"}}%*s", (int)n,
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", (int)tail, "");
            copy = malloc(text.n);
            memcpy(copy, text.p, text.n);
            ck_assert_int_eq(flatten(slice_of(copy, text.n)), 0);
            ck_assert_uint_eq(fields.n, 2);
            ck_slice_eq(fields.items[0].name, "k.k");
            ck_assert_uint_eq(fields.items[0].value.n, n);
            ck_assert_uint_eq(fields.items[1].value.n, n + 1);
        }
    }
}
END_TEST

START_TEST(a_text_cut_anywhere_is_refused)
{
    struct slice text = SLICE("{\"a\":{\"b\":[1.5e3,\"x\\u00e4\",true,null]},\"c\":\"\\\\\"}");
    size_t n;

    for (n = 0; n < text.n; n++) {
        CLEANUP_FREE char *copy = malloc(n + 1);

        memcpy(copy, text.p, n);
        ck_assert_msg(flatten(slice_of(copy, n)) == JSON_E_SYNTAX, "cut after %zu", n);
    }
    ck_assert_int_eq(flatten(text), 0);
}
END_TEST

START_TEST(what_exceeds_the_limit_of_fields_is_counted)
{
    ck_assert_int_eq(arena_init(&arena, 0, ARENA_BYTES), 0);
    fields_init(&fields, &arena, 2);
    ck_assert_int_eq(json_flatten(SLICE("{\"a\":1,\"b\":{\"c\":2,\"d\":3,\"e\":[4,5]}}"), &fields, NULL), 0);
    ck_assert_uint_eq(fields.n, 2);
    ck_assert_uint_eq(fields.n_dropped, 3);
}
END_TEST

START_TEST(a_long_name_cannot_be_multiplied_by_what_it_holds)
{
    CLEANUP_BUFFER struct buffer text = {0};
    int i;

    buffer_printf(&text, "{\"x\":0,\"%0*d\":{", JSON_NAME_MAX, 0);
    for (i = 0; i < 1000; i++)
        buffer_printf(&text, "\"a\":%d,", i);
    buffer_printf(&text, "\"a\":1}}");
    ck_assert_int_eq(flatten(buffer_slice(&text)), 0);
    ck_assert_uint_eq(fields.n, 1);
    ck_assert_uint_eq(fields.n_dropped, 1001);
    ck_assert_uint_lt(arena.bytes_total, 65536);
}
END_TEST

START_TEST(an_arena_that_overflows_drops_fields_and_says_so)
{
    struct slice text = SLICE("{\"a\":{\"b\":\"x\\ny\",\"c\":[{\"d\":1}]},\"e\\n\":2}");
    size_t bytes;

    for (bytes = 0; bytes < 4000; bytes += 8) {
        arena_fini(&arena);
        ck_assert_int_eq(arena_init(&arena, 0, bytes), 0);
        fields_init(&fields, &arena, FIELDS_MAX);
        ck_assert_int_eq(json_flatten(text, &fields, &problem), 0);
        ck_assert_uint_eq(fields.n + fields.n_dropped, 3);
        ck_assert_int_eq(fields.n_dropped > 0, arena.overflowed);
    }
    ck_assert_uint_eq(fields.n, 3);
}
END_TEST

UNIT_MAIN("json", values_keep_their_kind_and_their_spelling, nested_names_are_joined_by_dots,
    every_value_of_an_array_stands_under_its_name, what_is_empty_leaves_nothing,
    a_key_that_stands_twice_keeps_both_values, fields_are_found_by_name_wherever_their_name_was_joined,
    values_without_escapes_are_slices_of_the_input, escapes_become_what_they_stand_for,
    a_lone_surrogate_becomes_the_replacement_character, a_nul_may_be_written_and_is_kept,
    what_real_logs_hold_inside_strings_is_kept_as_it_is, what_is_no_json_is_refused_where_it_breaks,
    numbers_are_those_of_the_standard_and_no_others, fields_before_the_break_stay,
    json_that_is_no_object_is_told_from_what_is_no_json, nesting_is_followed_to_the_limit_and_no_deeper,
    strings_of_every_length_end_where_they_end, a_text_cut_anywhere_is_refused,
    what_exceeds_the_limit_of_fields_is_counted, a_long_name_cannot_be_multiplied_by_what_it_holds,
    an_arena_that_overflows_drops_fields_and_says_so)
