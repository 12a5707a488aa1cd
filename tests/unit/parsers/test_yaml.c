/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "parsers/yaml.h"
#include "support/unit.h"

#include <errno.h>
#include <stdio.h>

static struct arena arena;
static struct diag diag;
static struct yaml_documents docs;

static void
read_text(struct slice text)
{
    ck_assert_int_eq(arena_init(&arena, 0, 64u << 20), 0);
    ck_assert_int_eq(yaml_parse(&docs, text, "test.yml", &arena, &diag), 0);
}

static void
done(void)
{
    diag_fini(&diag);
    arena_fini(&arena);
}

/* The one document of @text, without problems. */
static const struct yaml_node *
read_clean(const char *text)
{
    read_text(slice_str(text));
    ck_assert_msg(diag.n == 0, "unexpected: %s", diag.n == 0 ? "" : diag.items[0].text);
    ck_assert_uint_eq(docs.n, 1);
    return docs.items[0];
}

static void
expect_error(const char *text, unsigned line, unsigned column, const char *part)
{
    read_text(slice_str(text));
    ck_assert_uint_ge(diag.n_errors, 1);
    ck_assert_msg(strstr(diag.items[0].text, part) != NULL, "got: %s", diag.items[0].text);
    ck_assert_uint_eq(diag.items[0].line, line);
    ck_assert_uint_eq(diag.items[0].column, column);
    ck_assert_str_eq(diag.items[0].file, "test.yml");
    done();
}

START_TEST(a_mapping_keeps_its_entries_in_order_with_their_places)
{
    const struct yaml_node *root = read_clean("title: x\nlist:\n  - a\n  - b\n");
    const struct yaml_node *list = yaml_get(root, "list");

    ck_assert_int_eq(root->kind, YAML_MAPPING);
    ck_assert_uint_eq(root->n_children, 2);
    ck_slice_eq(root->children->key, "title");
    ck_assert_uint_eq(root->children->at.line, 1);
    ck_assert_uint_eq(root->children->at.column, 8);
    ck_assert_uint_eq(list->key_at.line, 2);
    ck_assert_uint_eq(list->key_at.column, 1);
    ck_assert_uint_eq(list->n_children, 2);
    ck_slice_eq(list->children->text, "a");
    ck_slice_eq(list->children->next->text, "b");
    ck_assert_uint_eq(list->children->next->at.line, 4);
    ck_assert_uint_eq(list->children->next->at.column, 5);
    ck_assert_ptr_null(list->children->next->next);
    done();
}
END_TEST

START_TEST(documents_of_one_stream_stay_apart)
{
    read_text(SLICE("a: 1\n---\n- 2\n---\n"));
    ck_assert_uint_eq(diag.n, 0);
    ck_assert_uint_eq(docs.n, 3);
    ck_slice_eq(yaml_get(docs.items[0], "a")->text, "1");
    ck_assert_int_eq(docs.items[1]->kind, YAML_SEQUENCE);
    ck_assert(yaml_is_null(docs.items[2]));
    done();
}
END_TEST

START_TEST(an_empty_text_has_no_document)
{
    read_text((struct slice){NULL, 0});
    ck_assert_uint_eq(docs.n, 0);
    ck_assert_uint_eq(diag.n, 0);
    done();
}
END_TEST

START_TEST(quotes_and_blocks_make_text_of_what_looks_like_something_else)
{
    static const char *const texts[] = {"'true'", "\"12\"", "|-\n  null", "!!str 1.5", "! ~"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(texts); i++) {
        const struct yaml_node *node = read_clean(texts[i]);
        double number;
        int64_t integer;
        bool yes;

        ck_assert_msg(node->quoted, "%s", texts[i]);
        ck_assert(!yaml_is_null(node) && !yaml_is_bool(node, &yes));
        ck_assert(!yaml_is_int(node, &integer) && !yaml_is_number(node, &number));
        done();
    }
}
END_TEST

START_TEST(plain_words_are_read_by_the_core_schema)
{
    const struct yaml_node *root = read_clean(
        "- ~\n- null\n-\n- true\n- False\n- yes\n- -7\n- +7\n- 0x1f\n- 1e3\n- .5\n- 5.\n- 1.5.2\n- ''\n");
    // clang-format off
    static const struct { bool null, boolean, integer, number; double value; } want[] = {
        {.null = true}, {.null = true}, {.null = true},
        {.boolean = true, .value = 1}, {.boolean = true}, {0},
        {.integer = true, .number = true, .value = -7}, {.integer = true, .number = true, .value = 7},
        {0}, {.number = true, .value = 1000}, {.number = true, .value = 0.5}, {.number = true, .value = 5}, {0}, {0},
    };
    // clang-format on
    const struct yaml_node *node = root->children;
    size_t i;

    ck_assert_uint_eq(root->n_children, ARRAY_LEN(want));
    for (i = 0; i < ARRAY_LEN(want); i++, node = node->next) {
        double number = 0;
        int64_t integer = 0;
        bool yes = false;

        ck_assert_msg(yaml_is_null(node) == want[i].null, "null at %zu", i);
        ck_assert_msg(yaml_is_bool(node, &yes) == want[i].boolean, "bool at %zu", i);
        ck_assert_msg(yaml_is_int(node, &integer) == want[i].integer, "int at %zu", i);
        ck_assert_msg(yaml_is_number(node, &number) == want[i].number, "number at %zu", i);
        if (want[i].boolean)
            ck_assert_int_eq(yes, want[i].value > 0);
        if (want[i].integer)
            ck_assert_int_eq(integer, (int64_t)want[i].value);
        if (want[i].number)
            ck_assert_double_eq(number, want[i].value);
    }
    done();
}
END_TEST

START_TEST(integers_reach_to_the_ends_of_64_bits_and_no_further)
{
    const struct yaml_node *root = read_clean(
        "[9223372036854775807, -9223372036854775808, 9223372036854775808, -9223372036854775809]");
    const struct yaml_node *node = root->children;
    int64_t v;

    ck_assert(yaml_is_int(node, &v) && v == INT64_MAX);
    node = node->next;
    ck_assert(yaml_is_int(node, &v) && v == INT64_MIN);
    node = node->next;
    ck_assert(!yaml_is_int(node, &v));
    ck_assert(!yaml_is_int(node->next, &v));
    done();
}
END_TEST

START_TEST(an_alias_reads_as_what_its_anchor_holds)
{
    const struct yaml_node *root = read_clean("base: &b {x: 1, y: [2, 3]}\ncopy: *b\nword: &w hello\nagain: *w\n");
    const struct yaml_node *copy = yaml_get(root, "copy");

    ck_slice_eq(copy->key, "copy");
    ck_slice_eq(yaml_get(copy, "x")->text, "1");
    ck_assert_uint_eq(yaml_get(copy, "y")->n_children, 2);
    ck_assert_uint_eq(copy->at.line, 2);
    ck_slice_eq(yaml_get(root, "again")->text, "hello");
    ck_assert_uint_eq(root->n_children, 4);
    done();
}
END_TEST

START_TEST(merge_keys_fill_in_what_a_mapping_lacks)
{
    const struct yaml_node *root = read_clean("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\n"
                                              "c:\n  <<: [*a, *b]\n  x: 3\n"
                                              "d: {<<: *b, w: 4}\n");
    const struct yaml_node *c = yaml_get(root, "c");
    const struct yaml_node *d = yaml_get(root, "d");

    ck_assert_uint_eq(c->n_children, 3);
    ck_slice_eq(yaml_get(c, "x")->text, "3");
    ck_slice_eq(yaml_get(c, "y")->text, "1");
    ck_slice_eq(yaml_get(c, "z")->text, "2");
    ck_assert_uint_eq(d->n_children, 3);
    ck_slice_eq(yaml_get(d, "z")->text, "2");
    ck_assert_uint_eq(yaml_get(root, "a")->n_children, 2);
    ck_assert_uint_eq(yaml_get(root, "b")->n_children, 2);
    done();
}
END_TEST

START_TEST(a_quoted_merge_key_is_a_key_like_any_other)
{
    const struct yaml_node *root = read_clean("'<<': {x: 1}\n");

    ck_assert_ptr_nonnull(yaml_get(root, "<<"));
    ck_assert_ptr_null(yaml_get(root, "x"));
    done();
}
END_TEST

START_TEST(problems_come_with_line_and_column)
{
    expect_error("a: 1\nb: 2\na: 3\n", 3, 1, "stands twice");
    expect_error("a: [1, 2\nb: 3\n", 2, 2, "not YAML");
    expect_error("a: *nowhere\n", 1, 4, "names no anchor");
    expect_error("a: &a [*a]\n", 1, 8, "names no anchor");
    expect_error("[1, 2]: x\n", 1, 1, "a key must be");
    expect_error("<<: 5\n", 1, 5, "merge key");
    expect_error("a: !!int 5\n", 1, 4, "tag");
    expect_error("a: \x01\n", 1, 4, "control characters");
    expect_error("a: \xff\n", 1, 4, "UTF-8");
}
END_TEST

START_TEST(every_problem_of_a_text_is_reported_and_the_rest_is_read)
{
    read_text(SLICE("a: 1\na: 2\nb: *no\nc: 3\nc: 4\n"));
    ck_assert_uint_eq(diag.n_errors, 3);
    ck_assert_uint_eq(docs.n, 1);
    ck_slice_eq(yaml_get(docs.items[0], "a")->text, "1");
    ck_slice_eq(yaml_get(docs.items[0], "c")->text, "3");
    done();
}
END_TEST

START_TEST(documents_before_a_syntax_error_are_kept)
{
    read_text(SLICE("a: 1\n---\nb: ]\n"));
    ck_assert_uint_eq(diag.n_errors, 1);
    ck_assert_uint_eq(docs.n, 1);
    ck_slice_eq(yaml_get(docs.items[0], "a")->text, "1");
    done();
}
END_TEST

/* Ten aliases of ten aliases …: small on disk, and 10^9 nodes for whoever walks it. */
START_TEST(aliases_that_would_blow_the_tree_up_are_refused)
{
    CLEANUP_BUFFER struct buffer text = {0};
    int i;

    buffer_printf(&text, "a0: &a0 x\n");
    for (i = 1; i < 10; i++)
        buffer_printf(&text, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1,
            i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    read_text(buffer_slice(&text));
    ck_assert_uint_eq(diag.n_errors, 1);
    ck_assert_ptr_nonnull(strstr(diag.items[0].text, "too large"));
    ck_assert_uint_eq(diag.items[0].line, 7);
    done();
}
END_TEST

static void
nest(struct buffer *text, int levels)
{
    int i;

    for (i = 0; i < levels; i++)
        buffer_add_char(text, '[');
    for (i = 0; i < levels; i++)
        buffer_add_char(text, ']');
}

START_TEST(nesting_is_read_up_to_the_limit_and_refused_beyond)
{
    CLEANUP_BUFFER struct buffer text = {0};

    nest(&text, YAML_DEPTH_MAX);
    read_text(buffer_slice(&text));
    ck_assert_uint_eq(diag.n_errors, 0);
    done();
    buffer_reset(&text);
    nest(&text, YAML_DEPTH_MAX + 1);
    read_text(buffer_slice(&text));
    ck_assert_uint_eq(diag.n_errors, 1);
    ck_assert_ptr_nonnull(strstr(diag.items[0].text, "nested too deeply"));
    done();
}
END_TEST

START_TEST(nesting_cannot_be_had_through_aliases_either)
{
    CLEANUP_BUFFER struct buffer text = {0};
    int i;

    buffer_printf(&text, "a0: &a0 [[[[[[x]]]]]]\n");
    for (i = 1; i < 10; i++)
        buffer_printf(&text, "a%d: &a%d [[[[[[*a%d]]]]]]\n", i, i, i - 1);
    read_text(buffer_slice(&text));
    ck_assert_uint_eq(diag.n_errors, 1);
    ck_assert_ptr_nonnull(strstr(diag.items[0].text, "through an alias"));
    done();
}
END_TEST

START_TEST(memory_that_runs_out_is_a_failure_of_the_machine_not_of_the_text)
{
    CLEANUP_BUFFER struct buffer text = {0};
    size_t bytes;

    buffer_add(&text, SLICE("a: &a {x: 1, y: [2, 3]}\nb: {<<: *a}\n---\nc: *a\n"));
    for (bytes = 0; bytes < 4096; bytes += 32) {
        int r;

        ck_assert_int_eq(arena_init(&arena, 0, bytes), 0);
        r = yaml_parse(&docs, buffer_slice(&text), "test.yml", &arena, &diag);
        ck_assert(r == 0 || r == -ENOMEM);
        ck_assert_int_eq(r == -ENOMEM, arena.overflowed);
        done();
    }
}
END_TEST

START_TEST(asking_what_is_no_mapping_yields_nothing)
{
    const struct yaml_node *root = read_clean("[a]");

    ck_assert_ptr_null(yaml_get(root, "a"));
    ck_assert_ptr_null(yaml_get(NULL, "a"));
    ck_assert(!yaml_is_null(NULL));
    done();
}
END_TEST

/* Where the word @word of the scalar under "c" stands. */
static void
ck_word_at(const char *text, const char *word, unsigned line, unsigned column)
{
    const struct yaml_node *node = yaml_get(read_clean(text), "c");
    struct diag_place at = yaml_place(node, slice_search(node->text, slice_str(word)));

    ck_assert_msg(at.line == line && at.column == column, "%s: '%s' at %u:%u", text, word, at.line, at.column);
    done();
}

START_TEST(a_word_of_a_text_has_its_own_place)
{
    ck_word_at("c: one two\n", "one", 1, 4);
    ck_word_at("c: one two\n", "two", 1, 8);
    ck_word_at("\xc3\xa4: 1\nc: \xc3\xb6ne  two\n", "two", 2, 9);
    ck_word_at("c: 'one two'\n", "two", 1, 9);
    ck_word_at("c: \"one two\"\n", "two", 1, 9);
    ck_word_at("c: 'it''s two'\n", "two", 1, 11);
    ck_word_at("c: \"a\\\\b \\\" two\"\n", "two", 1, 13);
    ck_word_at("c: one\n  and two\n", "two", 2, 7);
    ck_word_at("c: |\n   one\n   two\n", "one", 2, 4);
    ck_word_at("c: |\n   one\n   two\n", "two", 3, 4);
    ck_word_at("c: >-\n\n   one\n   two\n", "two", 4, 4);
    ck_word_at("# x\r\nc: |\r\n one\r\n two three\r\n", "three", 4, 6);
}
END_TEST

START_TEST(a_word_that_cannot_be_told_has_the_place_of_its_text)
{
    ck_word_at("c: \"one\\ttwo\"\n", "two", 1, 4);
    ck_word_at("a: &x one two\nc: *x\n", "two", 2, 4);
    ck_word_at("c: !!str one two\n", "two", 1, 4);
    ck_word_at("c: one\n", "four", 1, 4);
}
END_TEST

START_TEST(a_part_of_a_key_has_its_own_place)
{
    const struct yaml_node *root = read_clean("a: {field|one|two: x, 'b|c': y}\n");
    const struct yaml_node *entry = yaml_get(root, "a")->children;

    ck_assert_uint_eq(yaml_key_place(entry, 10).line, 1);
    ck_assert_uint_eq(yaml_key_place(entry, 10).column, 15);
    ck_assert_uint_eq(yaml_key_place(entry->next, 2).column, 26);
    done();
}
END_TEST

START_TEST(bytes_that_are_no_text_have_their_place)
{
    expect_error("a: 1\nb: \xc3\xa4 \xff\n", 2, 6, "not YAML: invalid leading UTF-8");
    expect_error("a: T\xe4\n", 1, 5, "UTF-8");
    read_text(SLICE("a: 1\nbc: x\0y\n"));
    ck_assert_uint_eq(diag.items[0].line, 2);
    ck_assert_uint_eq(diag.items[0].column, 6);
    done();
}
END_TEST

START_TEST(an_alias_of_nothing_is_one_problem)
{
    read_text(SLICE("a: *nowhere\n"));
    ck_assert_uint_eq(diag.n, 1);
    ck_assert(!yaml_is_null(yaml_get(docs.items[0], "a")));
    done();
}
END_TEST

UNIT_MAIN("yaml", a_mapping_keeps_its_entries_in_order_with_their_places, documents_of_one_stream_stay_apart,
    an_empty_text_has_no_document, quotes_and_blocks_make_text_of_what_looks_like_something_else,
    plain_words_are_read_by_the_core_schema, integers_reach_to_the_ends_of_64_bits_and_no_further,
    an_alias_reads_as_what_its_anchor_holds, merge_keys_fill_in_what_a_mapping_lacks,
    a_quoted_merge_key_is_a_key_like_any_other, problems_come_with_line_and_column,
    every_problem_of_a_text_is_reported_and_the_rest_is_read, documents_before_a_syntax_error_are_kept,
    aliases_that_would_blow_the_tree_up_are_refused, nesting_is_read_up_to_the_limit_and_refused_beyond,
    nesting_cannot_be_had_through_aliases_either, memory_that_runs_out_is_a_failure_of_the_machine_not_of_the_text,
    asking_what_is_no_mapping_yields_nothing, a_word_of_a_text_has_its_own_place,
    a_word_that_cannot_be_told_has_the_place_of_its_text, a_part_of_a_key_has_its_own_place,
    bytes_that_are_no_text_have_their_place, an_alias_of_nothing_is_one_problem)
