/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/table.h"

#include <stdlib.h>

#include "support/unit.h"

static const struct verb rows = {.name = "rows", .shape = VERB_ROWS, .columns = {"id", "text", "last"}};
static const struct verb lines = {.name = "lines", .shape = VERB_LINES};
static const struct verb sheet = {.name = "sheet", .shape = VERB_SHEET};

static char *printed;
static int result;

typedef int print_fn(const struct verb *verb, struct slice answer, FILE *out);

static int
pass(const struct verb *verb, struct slice answer, FILE *out)
{
    (void)verb;
    return table_pass(answer, out);
}

static void
print(print_fn *fn, const struct verb *verb, const char *answer)
{
    size_t n = 0;
    FILE *f;

    free(printed);
    printed = NULL;
    f = open_memstream(&printed, &n);
    result = fn(verb, slice_str(answer), f);
    ck_assert_int_eq(fclose(f), 0);
}

static void
end(void)
{
    free(printed);
    printed = NULL;
}

#define ck_prints(fn, verb, answer, text) \
    do {                                  \
        print(fn, verb, answer);          \
        ck_assert_int_eq(result, 0);      \
        ck_assert_str_eq(printed, text);  \
    } while (0)

#define OK "{\"ok\":true}\n"

START_TEST(rows_stand_in_the_verbs_columns)
{
    ck_prints(table_print, &rows,
        "{\"id\":\"A\",\"text\":\"one\",\"last\":1,\"other\":2}\n{\"last\":null,\"text\":\"longer\",\"id\":\"B\"}\n" OK,
        "id  text    last\n"
        "A   one     1\n"
        "B   longer  \n");
}
END_TEST

START_TEST(rows_of_a_section_stand_below_the_table_under_their_heading)
{
    ck_prints(table_print, &rows,
        "{\"id\":\"A\",\"text\":\"x\",\"last\":1}\n{\"section\":\"more\",\"name\":\"N\",\"n\":2}\n"
        "{\"section\":\"more\",\"name\":\"O\",\"n\":3}\n" OK,
        "id  text  last\n"
        "A   x     1\n"
        "\n"
        "more\n"
        "name  n\n"
        "N     2\n"
        "O     3\n");
}
END_TEST

START_TEST(lines_are_printed_as_they_are_but_escaped)
{
    ck_prints(table_print, &lines, "{\"line\":\"  - name: \\\"a b\\\"\"}\n{\"line\":\"\\u001b[31m\"}\n" OK,
        "  - name: \"a b\"\n\\x1b[31m\n");
}
END_TEST

START_TEST(no_rows_are_a_heading)
{
    ck_prints(table_print, &rows, OK, "id  text  last\n");
}
END_TEST

START_TEST(width_is_counted_in_characters)
{
    ck_prints(table_print, &rows, "{\"id\":\"Ä\",\"text\":\"\",\"last\":\"x\"}\n{\"id\":\"BB\"}\n" OK,
        "id  text  last\n"
        "Ä         x\n"
        "BB        \n");
}
END_TEST

/* An escape sequence, a bell, a right-to-left override, a zero-width space, a line separator, a C1 control. */
START_TEST(what_a_terminal_would_obey_is_shown_as_text)
{
    ck_prints(table_print, &rows,
        "{\"id\":\"a\\u001b[2Jb\",\"text\":\"\\u0007\\u202egnp.exe\",\"last\":\"x\\u200by\\u2028z\\u009b\\n\"}\n" OK,
        "id         text                 last\n"
        "a\\x1b[2Jb  \\x07\\u{202e}gnp.exe  x\\u{200b}y\\u{2028}z\\u{9b}\\x0a\n");
}
END_TEST

START_TEST(a_name_from_outside_is_escaped_too)
{
    ck_prints(table_print, &sheet, "{\"a\\u001b[31m\":\"x\"}\n" OK, "a\\x1b[31m  x\n");
}
END_TEST

START_TEST(a_long_cell_is_cut_and_says_so_but_the_last_column_is_whole)
{
    char answer[1024];
    char want[1024];
    char text[201];

    memset(text, 'x', 200);
    text[200] = '\0';
    (void)snprintf(answer, sizeof(answer), "{\"id\":\"A\",\"text\":\"%s\",\"last\":\"%s\"}\n" OK, text, text);
    (void)snprintf(want, sizeof(want), "id  text%*slast\nA   %.63s…  %s\n", 62, "", text, text);
    ck_prints(table_print, &rows, answer, want);
}
END_TEST

START_TEST(a_cell_is_cut_between_characters)
{
    char answer[1024] = "{\"id\":\"A\",\"text\":\"";
    int i;

    for (i = 0; i < 100; i++)
        strcat(answer, "€");
    strcat(answer, "\",\"last\":\"\"}\n" OK);
    print(table_print, &rows, answer);
    ck_assert_int_eq(result, 0);
    ck_assert_ptr_nonnull(strstr(printed, "€…  "));
    ck_assert_ptr_null(strstr(printed, "\xe2\x82\xe2"));
}
END_TEST

START_TEST(a_cell_of_a_megabyte_is_cut_as_fast_as_it_is_read)
{
    static const char head[] = "{\"id\":\"A\",\"text\":\"";
    static const char tail[] = "\",\"last\":1}\n" OK;
    size_t n = 1024 * 1024;
    char *answer = malloc(sizeof(head) + n + sizeof(tail));

    memcpy(answer, head, sizeof(head) - 1);
    memset(answer + sizeof(head) - 1, 'x', n);
    memcpy(answer + sizeof(head) - 1 + n, tail, sizeof(tail));
    print(table_print, &rows, answer); /* in hours, it once was: the time limit of a test is the assertion */
    free(answer);
    ck_assert_int_eq(result, 0);
    ck_assert_ptr_nonnull(strstr(printed, "xxx…  1\n"));
}
END_TEST

START_TEST(all_values_of_an_array_are_shown)
{
    ck_prints(table_print, &sheet, "{\"tags\":[\"a\",\"b\"],\"n\":1}\n" OK, "tags  a, b\nn     1\n");
}
END_TEST

START_TEST(a_sheet_is_names_and_values_then_each_section_a_table)
{
    ck_prints(table_print, &sheet,
        "{\"id\":\"I-1\",\"state\":\"new\"}\n"
        "{\"section\":\"timeline\",\"at\":\"noon\",\"verb\":\"opened\"}\n"
        "{\"section\":\"timeline\",\"at\":\"one\",\"verb\":\"ack\"}\n"
        "{\"section\":\"alerts\",\"id\":\"A-1\"}\n" OK,
        "id     I-1\nstate  new\n"
        "\ntimeline\nat    verb\nnoon  opened\none   ack\n"
        "\nalerts\nid\nA-1\n");
}
END_TEST

START_TEST(a_refusal_is_no_table)
{
    print(table_print, &rows, "{\"error\":\"no such incident\"}\n");
    ck_assert_int_eq(result, TABLE_E_REFUSED);
    ck_assert_str_eq(printed, "");
    print(pass, &rows, "{\"error\":\"no such incident\"}\n");
    ck_assert_int_eq(result, TABLE_E_REFUSED);
    ck_assert_str_eq(printed, "");
}
END_TEST

START_TEST(an_answer_without_its_last_line_is_broken_off)
{
    static const char *const broken[] = {"", "{\"id\":1}\n", "{\"id\":1}\n{\"ok\"", "{\"id\":1}\nnonsense\n", NULL};
    size_t i;

    for (i = 0; broken[i] != NULL; i++) {
        print(table_print, &rows, broken[i]);
        ck_assert_int_eq(result, TABLE_E_BROKEN);
        print(pass, &rows, broken[i]);
        ck_assert_int_eq(result, TABLE_E_BROKEN);
        ck_assert_str_eq(printed, "");
    }
}
END_TEST

START_TEST(a_row_that_has_an_error_among_other_things_is_a_row)
{
    ck_prints(table_print, &rows, "{\"id\":\"A\",\"error\":\"x\"}\n" OK, "id  text  last\nA         \n");
}
END_TEST

START_TEST(as_json_the_rows_are_passed_on_as_they_came)
{
    ck_prints(pass, &rows, "{\"id\":\"A\\u001b\"}\n{\"id\":2}\n" OK, "{\"id\":\"A\\u001b\"}\n{\"id\":2}\n");
    ck_prints(pass, &rows, OK, "");
    ck_prints(pass, &rows, "{\"id\":1}\n{\"ok\":true}", "{\"id\":1}\n");
}
END_TEST

UNIT_MAIN_WITH("table", NULL, end, rows_stand_in_the_verbs_columns,
    rows_of_a_section_stand_below_the_table_under_their_heading, lines_are_printed_as_they_are_but_escaped,
    no_rows_are_a_heading, width_is_counted_in_characters, what_a_terminal_would_obey_is_shown_as_text,
    a_name_from_outside_is_escaped_too, a_long_cell_is_cut_and_says_so_but_the_last_column_is_whole,
    a_cell_is_cut_between_characters, a_cell_of_a_megabyte_is_cut_as_fast_as_it_is_read,
    all_values_of_an_array_are_shown, a_sheet_is_names_and_values_then_each_section_a_table, a_refusal_is_no_table,
    an_answer_without_its_last_line_is_broken_off, a_row_that_has_an_error_among_other_things_is_a_row,
    as_json_the_rows_are_passed_on_as_they_came)
