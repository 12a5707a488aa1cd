/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "parsers/csv.h"
#include "support/unit.h"

/* All columns of @text as "<value>". */
static const char *
parted(const char *text, struct slice separator)
{
    static struct buffer out;
    static struct arena arena;
    struct slice column;
    struct csv csv;

    arena_fini(&arena);
    ck_assert_int_eq(arena_init(&arena, 0, 1u << 20), 0);
    buffer_reset(&out);
    for (csv = csv_begin(slice_str(text), separator, &arena); csv_next(&csv, &column);)
        buffer_printf(&out, "<" SLICE_FMT ">", SLICE_ARG(column));
    buffer_add_char(&out, '\0');
    return out.p;
}

static const char *
parsed(const char *text)
{
    return parted(text, SLICE(","));
}

START_TEST(commas_part_columns_and_empty_ones_count)
{
    ck_assert_str_eq(parsed("a,b c,,d"), "<a><b c><><d>");
    ck_assert_str_eq(parsed("a,"), "<a><>");
    ck_assert_str_eq(parsed(","), "<><>");
    ck_assert_str_eq(parsed(""), "");
}
END_TEST

START_TEST(quotes_hold_commas_and_doubled_quotes)
{
    ck_assert_str_eq(parsed("\"a,b\",\"say \"\"hi\"\"\",c"), "<a,b><say \"hi\"><c>");
    ck_assert_str_eq(parsed("\"\",\"\"\"\""), "<><\">");
    ck_assert_str_eq(parsed("a\"b,c"), "<a\"b><c>");
}
END_TEST

START_TEST(quotes_that_never_close_run_to_the_end)
{
    ck_assert_str_eq(parsed("a,\"b,c"), "<a><b,c>");
    ck_assert_str_eq(parsed("\""), "<>");
    ck_assert_str_eq(parsed("\"a\"b,c"), "<a><c>");
}
END_TEST

START_TEST(another_separator_may_be_several_bytes_and_knows_no_quotes)
{
    ck_assert_str_eq(parted("a\tb,c\t\"d\te\"", SLICE("\t")), "<a><b,c><\"d><e\">");
    ck_assert_str_eq(parted("a#011#01#011", SLICE("#011")), "<a><#01><>");
}
END_TEST

UNIT_MAIN("csv", another_separator_may_be_several_bytes_and_knows_no_quotes, commas_part_columns_and_empty_ones_count,
    quotes_hold_commas_and_doubled_quotes, quotes_that_never_close_run_to_the_end)
