/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The catalogue, and what holds of every figure: reproducible, of one moment, with all that a reader needs to judge it.
 */
#include "kpi_fixture.h"
#include "parsers/json.h"

static void
put_some_records(void)
{
    struct incident acknowledged = opened(10 * HOUR);

    acknowledged.acknowledged = ago(9 * HOUR);
    put(acknowledged);
    put(opened(HOUR));
    put(closed(opened(20 * HOUR), HOUR, VERDICT_TRUE_POSITIVE));
}

START_TEST(every_row_of_the_catalogue_is_told_by_its_own_id)
{
    static const char *const ids[] = {
        "K01", "K02", "K03", "K05", "K09", "K10", "K12", "K22", "K23", "K24", "K28", NULL};
    size_t i;

    compute();
    for (i = 0; ids[i] != NULL; i++) {
        const struct kpi_def *def = kpi_catalogue(i);

        ck_assert_str_eq(def->id, ids[i]);
        ck_assert(def->formula[0] != '\0' && def->population[0] != '\0' && def->evidences[0] != '\0' &&
                  def->pitfall[0] != '\0');
        ck_assert_msg(find_figure(ids[i], "") != NULL || find_figure(ids[i], "received") != NULL, "%s", ids[i]);
    }
    ck_assert_ptr_null(kpi_catalogue(i));
}
END_TEST

/* Who reads along keeps the last figure of each stratum: one that is not told any more would stay for ever. */
START_TEST(the_strata_are_the_same_with_records_and_without)
{
    struct kpi_value before[FIGURES_MAX];
    char names[FIGURES_MAX][64];
    size_t n;
    size_t i;

    compute();
    n = n_figures;
    memcpy(before, figures, sizeof(before));
    memcpy(names, strata, sizeof(names));
    put_some_records();
    compute();
    ck_assert_uint_eq(n_figures, n);
    for (i = 0; i < n; i++) {
        ck_assert_ptr_eq(before[i].def, figures[i].def);
        ck_assert_str_eq(names[i], figures[i].stratum);
    }
}
END_TEST

START_TEST(the_same_moment_gives_the_same_figures)
{
    struct kpi_value first[FIGURES_MAX];
    size_t n;
    size_t i;

    put_some_records();
    compute();
    n = n_figures;
    memcpy(first, figures, sizeof(first));
    fixture_close();
    fixture_open_at(NOW);
    compute();
    ck_assert_uint_eq(n_figures, n);
    for (i = 0; i < n; i++) {
        ck_assert_ptr_eq(first[i].def, figures[i].def);
        ck_assert_msg(
            first[i].value == figures[i].value || (isnan(first[i].value) && isnan(figures[i].value)), "%zu", i);
        ck_assert_uint_eq(first[i].n, figures[i].n);
        ck_assert_uint_eq(first[i].ledger_size, figures[i].ledger_size);
        ck_assert_mem_eq(&first[i].ledger_root, &figures[i].ledger_root, sizeof(first[i].ledger_root));
    }
}
END_TEST

START_TEST(every_figure_names_the_ledger_it_was_computed_from)
{
    struct reader_moment before;
    struct reader *reader;
    size_t i;

    put_some_records();
    ck_assert_int_eq(reader_open(&reader, fixture_dir), 0);
    ck_assert_int_eq(reader_begin(reader, &before), 0);
    reader_end(reader);
    reader_close(reader);
    compute();
    for (i = 0; i < n_figures; i++) {
        ck_assert_uint_eq(figures[i].ledger_size, before.ledger_size);
        ck_assert_mem_eq(&figures[i].ledger_root, &before.ledger_root, sizeof(before.ledger_root));
        ck_assert_int_eq(figures[i].at.ns, NOW.ns);
        ck_assert_int_eq(figures[i].from.ns, ago(WINDOW_S).ns);
    }
    put(opened(2 * HOUR));
    compute();
    ck_assert_uint_gt(figures[0].ledger_size, before.ledger_size);
}
END_TEST

struct impatience {
    int left;
};

static int
lose_patience(void *ctx, const struct kpi_value *v)
{
    struct impatience *i = ctx;

    (void)v;
    return --i->left > 0 ? 0 : 77;
}

START_TEST(who_takes_the_figures_may_end_it)
{
    const struct kpi_terms terms = fixture_terms();
    struct impatience i = {3};
    struct reader *reader;

    ck_assert_int_eq(reader_open(&reader, fixture_dir), 0);
    ck_assert_int_eq(kpi_compute(reader, &terms, lose_patience, &i), 77);
    ck_assert_int_eq(i.left, 0);
    ck_assert_int_eq(kpi_compute(reader, &terms, keep_figure, NULL), 0);
    reader_close(reader);
}
END_TEST

static struct slice
written(struct fields *fields, struct arena *arena, struct buffer *text, const struct kpi_value *v)
{
    struct json_writer w;

    buffer_reset(text);
    json_begin(&w, text);
    json_object(&w);
    kpi_value_write(&w, v);
    json_close(&w);
    ck_assert(!text->failed);
    ck_assert_int_eq(arena_init(arena, 4096, 1 << 20), 0);
    fields_init(fields, arena, 64);
    ck_assert_int_eq(json_flatten(buffer_slice(text), fields, NULL), 0);
    return buffer_slice(text);
}

static const struct field *
member(const struct fields *fields, const char *name)
{
    const struct field *f = fields_find(fields->items, fields->n, slice_str(name));

    ck_assert_msg(f != NULL, "no member %s", name);
    return f;
}

START_TEST(a_figure_there_is_none_of_is_written_as_null)
{
    struct buffer text = {0};
    struct fields fields;
    struct arena arena;

    compute();
    (void)written(&fields, &arena, &text, figure("K01", ""));
    ck_assert_int_eq(member(&fields, "value")->type, VALUE_NULL);
    ck_assert_int_eq(member(&fields, "p50")->type, VALUE_NULL);
    ck_assert_int_eq(member(&fields, "max")->type, VALUE_NULL);
    ck_slice_eq(member(&fields, "n")->value, "0");
    arena_fini(&arena);
    buffer_fini(&text);
}
END_TEST

START_TEST(what_is_written_of_a_figure_says_all_that_makes_it_reproducible)
{
    struct buffer text = {0};
    struct fields fields;
    struct arena arena;

    put_some_records();
    compute();
    (void)written(&fields, &arena, &text, figure("K02", ""));
    ck_slice_eq(member(&fields, "id")->value, "K02");
    ck_slice_eq(member(&fields, "unit")->value, "s");
    ck_slice_eq(member(&fields, "n")->value, "3");
    ck_slice_eq(member(&fields, "open")->value, "2");
    ck_slice_eq(member(&fields, "version")->value, "2");
    ck_slice_eq(member(&fields, "until")->value, "2027-01-04T04:00:00Z");
    ck_slice_eq(member(&fields, "from")->value, "2026-12-31T00:00:00Z");
    ck_assert_uint_eq(member(&fields, "ledger_root")->value.n, 64);
    ck_assert_uint_gt(member(&fields, "ledger_size")->value.n, 0);
    arena_fini(&arena);
    buffer_fini(&text);
}
END_TEST

UNIT_MAIN_WITH("kpi", fixture_begin, fixture_end, every_row_of_the_catalogue_is_told_by_its_own_id,
    the_strata_are_the_same_with_records_and_without, the_same_moment_gives_the_same_figures,
    every_figure_names_the_ledger_it_was_computed_from, who_takes_the_figures_may_end_it,
    a_figure_there_is_none_of_is_written_as_null, what_is_written_of_a_figure_says_all_that_makes_it_reproducible)
