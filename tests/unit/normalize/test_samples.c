/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every line of config/mappings/NAME.samples.yaml becomes the fields and log sources that stand beside it. A sample:
 *
 *     - input: the frame
 *       product, category, service: what configuration says of the input, where it says something
 *       fields: name to value, or to all values in their order
 *       without: names of fields that must not be there
 *       logsources: exactly these
 *       time: RFC 3339
 *       host: the event's, whether the header or the message names it
 */
#include "base/file.h"
#include "fixture.h"
#include "parsers/yaml.h"

#include <stdio.h>
#include <unistd.h>

static const char *
configured(const struct yaml_node *sample, const char *key, char out[static 64])
{
    const struct yaml_node *node = yaml_get(sample, key);

    if (node == NULL)
        return NULL;
    (void)snprintf(out, 64, SLICE_FMT, SLICE_ARG(node->text));
    return out;
}

static size_t n_failures;

/* Every difference is told, not the first alone. */
static void
fail_at(struct diag_place at, const char *what, struct slice name, struct slice value)
{
    fprintf(stderr, "%s:%u:%u: %s: %.*s = '%.*s'\n", at.file, at.line, at.column, what, (int)name.n, name.p,
        (int)value.n, value.n == 0 ? "" : value.p);
    n_failures++;
}

static const struct field *
nth_value(const struct event *e, struct slice name, size_t n)
{
    size_t i;

    for (i = 0; i < e->n_fields; i++)
        if (slice_eq(e->fields[i].name, name) && n-- == 0)
            return &e->fields[i];
    return NULL;
}

static void
check_value(const struct event *e, struct slice name, const struct yaml_node *want, size_t n)
{
    const struct field *f = nth_value(e, name, n);

    if (f == NULL)
        fail_at(want->at, "the event lacks", name, want->text);
    else if (!slice_eq(f->value, want->text))
        fail_at(want->at, "the event has another value", name, f->value);
}

static void
check_fields(const struct event *e, const struct yaml_node *fields)
{
    const struct yaml_node *want;
    const struct yaml_node *value;
    size_t n;

    for (want = fields == NULL ? NULL : fields->children; want != NULL; want = want->next) {
        n = 0;
        if (want->kind == YAML_SCALAR)
            check_value(e, want->key, want, n++);
        for (value = want->kind == YAML_SCALAR ? NULL : want->children; value != NULL; value = value->next)
            check_value(e, want->key, value, n++);
        if (nth_value(e, want->key, n) != NULL)
            fail_at(want->at, "the event has one more", want->key, nth_value(e, want->key, n)->value);
    }
}

static void
check_without(const struct event *e, const struct yaml_node *names)
{
    const struct yaml_node *name;

    for (name = names == NULL ? NULL : names->children; name != NULL; name = name->next)
        if (nth_value(e, name->text, 0) != NULL)
            fail_at(name->at, "the event should not have", name->text, nth_value(e, name->text, 0)->value);
}

static struct slice
text_of(const struct yaml_node *mapping, const char *key)
{
    const struct yaml_node *node = yaml_get(mapping, key);

    return node == NULL ? (struct slice){NULL, 0} : node->text;
}

static void
check_logsources(const struct event *e, const struct yaml_node *list)
{
    const struct yaml_node *want;
    unsigned i;

    for (want = list->children; want != NULL; want = want->next) {
        struct logsource ls = {text_of(want, "product"), text_of(want, "category"), text_of(want, "service")};

        for (i = 0; i < e->n_logsources && !logsource_eq(&ls, e->logsources[i]); i++)
            ;
        if (i == e->n_logsources)
            fail_at(want->at, "the event lacks this log source", SLICE("service"), ls.service);
    }
    if (e->n_logsources > list->n_children)
        fail_at(list->at, "the event has more log sources", SLICE("service"), e->logsources[0]->service);
}

static void
check_time(const struct event *e, const struct yaml_node *want)
{
    char text[WALLTIME_TEXT_MAX];

    if (want == NULL)
        return;
    if (!e->time_given || !slice_eq(want->text, slice_str(walltime_print(e->time, text))))
        fail_at(want->at, "the event has another time", SLICE("time"), slice_str(walltime_print(e->time, text)));
}

static void
check_host(const struct event *e, const struct yaml_node *want)
{
    if (want != NULL && !slice_eq(e->syslog.hostname, want->text))
        fail_at(want->at, "the event has another host", SLICE("host"), e->syslog.hostname);
}

/* Most samples need no configuration and share a normalizer; the others have one each. */
static struct fixture plain;

static void
check_event(const struct yaml_node *sample, const struct event *e)
{
    check_fields(e, yaml_get(sample, "fields"));
    check_without(e, yaml_get(sample, "without"));
    if (yaml_get(sample, "logsources") != NULL)
        check_logsources(e, yaml_get(sample, "logsources"));
    check_time(e, yaml_get(sample, "time"));
    check_host(e, yaml_get(sample, "host"));
}

static void
check_sample(const struct yaml_node *sample)
{
    char product[64];
    char category[64];
    char service[64];
    struct fixture f;

    fixture_init(&f);
    f.input.product = configured(sample, "product", product);
    f.input.category = configured(sample, "category", category);
    f.input.service = configured(sample, "service", service);
    ck_assert_ptr_nonnull(yaml_get(sample, "input"));
    if (f.input.product == NULL && f.input.category == NULL && f.input.service == NULL) {
        check_event(sample, fixture_read_from(&plain, text_of(sample, "input"), NULL));
        return;
    }
    fixture_open(&f);
    check_event(sample, fixture_read_from(&f, text_of(sample, "input"), NULL));
    fixture_close(&f);
}

static int
check_file(void *ctx, const char *path)
{
    CLEANUP_BUFFER struct buffer text = {0};
    CLEANUP_DIAG struct diag diag = {0};
    struct yaml_documents docs;
    struct arena arena;
    const struct yaml_node *sample;
    size_t *n = ctx;

    ck_assert_int_eq(arena_init(&arena, 0, 1 << 24), 0);
    ck_assert_int_eq(file_read(path, 1 << 20, &text), 0);
    ck_assert_int_eq(yaml_parse(&docs, buffer_slice(&text), path, &arena, &diag), 0);
    diag_print(&diag, stderr);
    ck_assert_uint_eq(diag.n_errors, 0);
    ck_assert_uint_eq(docs.n, 1);
    for (sample = docs.items[0]->children; sample != NULL; sample = sample->next, ++*n)
        check_sample(sample);
    arena_fini(&arena);
    return 0;
}

START_TEST(every_sample_line_becomes_the_fields_and_log_sources_beside_it)
{
    static const char *const suffixes[] = {".samples.yaml", NULL};
    size_t n = 0;

    fixture_init(&plain);
    fixture_open(&plain);
    ck_assert_int_eq(file_walk(SHIPPED_MAPPINGS, suffixes, check_file, &n), 0);
    fixture_close(&plain);
    ck_assert_uint_gt(n, 100);
    ck_assert_msg(n_failures == 0, "%zu differences in %zu samples", n_failures, n);
}
END_TEST

static int
ck_has_samples(void *ctx, const char *path)
{
    struct slice name = slice_str(path);
    char samples[4096];

    (void)ctx;
    if (slice_ends(name, SLICE(".samples.yaml")))
        return 0;
    (void)snprintf(samples, sizeof(samples), "%.*s.samples.yaml", (int)(name.n - strlen(".yaml")), path);
    ck_assert_msg(access(samples, R_OK) == 0, "%s has no samples", path);
    return 0;
}

START_TEST(every_mapping_has_samples)
{
    static const char *const suffixes[] = {".yaml", NULL};

    ck_assert_int_eq(file_walk(SHIPPED_MAPPINGS, suffixes, ck_has_samples, NULL), 0);
}
END_TEST

UNIT_MAIN("samples", every_mapping_has_samples, every_sample_line_becomes_the_fields_and_log_sources_beside_it)
