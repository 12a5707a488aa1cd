/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Text is decoded only where a rule asks. For every shipped rule by itself, and for keywords alone of every log source
 * there is, over every line beside the shipped mappings, from inputs configured in several ways: a rule matches the
 * same events whether all text is decoded or only what the rule asks for, and an event that was decoded later has the
 * same fields.
 */
#include <stdio.h>

#include "base/cursor.h"
#include "base/file.h"
#include "detect/matcher.h"
#include "unit/normalize/fixture.h"

#define RULES    TEST_SOURCE_DIR "/config/rules"
#define MAPPINGS TEST_SOURCE_DIR "/config/mappings"
#define INPUT    "- input: '"

#define KEYWORD_RULE "on_demand_keywords.yml"

enum { FILE_MAX = 1 << 20, LINES_MAX = 1000, RULE_FILES_MIN = 60, LINES_MIN = 100, HITS_MIN = 40 };

struct reader {
    struct fixture f;
    struct matcher *matcher;
    const struct rule *const *hits;
    size_t n_hits;
};

struct both {
    struct input_settings input;
    struct reader all;   /* decodes everything */
    struct reader asked; /* what the rule asks for */
    char *lines[LINES_MAX];
    size_t n_lines;
    size_t n_files;
    size_t n_undecoded;
    size_t n_decoded;
    size_t n_hits;
};

static bool
asks(const void *ctx, const struct logsource *ls, const struct logsource *const *given, size_t n_given)
{
    return ruleset_asks(ctx, ls, given, n_given);
}

/* A line in single quotes, where '' stands for '. */
static char *
unquoted(struct slice text)
{
    char *out = calloc(1, text.n + 1);
    size_t n = 0;
    size_t i;

    for (i = 0; i < text.n; i++) {
        out[n++] = text.p[i];
        i += text.p[i] == '\'' && i + 1 < text.n && text.p[i + 1] == '\'';
    }
    return out;
}

static int
take_samples(void *ctx, const char *path)
{
    struct both *b = ctx;
    CLEANUP_BUFFER struct buffer text = {0};
    struct slice rest;

    if (!slice_ends(slice_str(path), SLICE(".samples.yaml")))
        return 0;
    ck_assert_int_eq(file_read(path, FILE_MAX, &text), 0);
    for (rest = buffer_slice(&text); rest.n > 0; (void)cursor_skip(&rest, '\n')) {
        struct slice line = cursor_until(&rest, '\n');

        if (slice_starts(line, SLICE(INPUT)) && slice_ends(line, SLICE("'")) && b->n_lines < LINES_MAX)
            b->lines[b->n_lines++] = unquoted(slice_head(slice_from(line, strlen(INPUT)), line.n - strlen(INPUT) - 1));
    }
    return 0;
}

static void
open_reader(struct reader *r, const struct input_settings *input, struct ruleset *ruleset, bool on_demand)
{
    *r = (struct reader){0};
    fixture_init(&r->f);
    r->f.input = *input;
    fixture_open(&r->f);
    if (on_demand) {
        normalizer_scratch_free(r->f.scratch);
        ck_assert_int_eq(normalizer_scratch_new(&r->f.scratch, r->f.normalizer, asks, ruleset), 0);
    }
    ck_assert_int_eq(matcher_new(&r->matcher, ruleset, NULL), 0);
}

static void
close_reader(struct reader *r)
{
    matcher_free(r->matcher);
    fixture_close(&r->f);
}

static void
read_line(struct reader *r, const char *line)
{
    (void)fixture_read(&r->f, line);
    r->n_hits = matcher_match(r->matcher, &r->f.event, &r->hits);
}

static void
same_fields(const struct event *a, const struct event *b, const char *line)
{
    size_t i;

    ck_assert_msg(a->n_fields == b->n_fields, "%zu fields, decoded later %zu: %s", a->n_fields, b->n_fields, line);
    for (i = 0; i < a->n_fields; i++)
        ck_assert_msg(
            slice_eq(a->fields[i].name, b->fields[i].name) && slice_eq(a->fields[i].value, b->fields[i].value),
            "field %zu is another one when decoded later: %s", i, line);
}

static void
compare(struct both *b, const char *line, const char *file)
{
    size_t i;

    read_line(&b->all, line);
    read_line(&b->asked, line);
    ck_assert_msg(b->all.n_hits == b->asked.n_hits,
        "%s: %zu hits with all text decoded, %zu with what is asked for: a detection is lost or invented: %s", file,
        b->all.n_hits, b->asked.n_hits, line);
    for (i = 0; i < b->all.n_hits; i++)
        ck_assert_ptr_eq(b->all.hits[i], b->asked.hits[i]);
    b->n_hits += b->all.n_hits;
    b->n_undecoded += b->asked.f.event.undecoded;
    b->n_decoded += b->asked.f.event.decoded;
    normalizer_decode(b->asked.f.scratch, &b->asked.f.event);
    same_fields(&b->all.f.event, &b->asked.f.event, line);
}

static int
try_rules(void *ctx, const char *path)
{
    struct both *b = ctx;
    CLEANUP_DIAG struct diag diag = {0};
    CLEANUP(ruleset_unref) struct ruleset *ruleset = NULL;
    size_t i;

    if (slice_ends(slice_str(path), SLICE(".samples.yaml")))
        return 0;
    ck_assert_int_eq(ruleset_load(&ruleset, &path, 1, NULL, &diag), 0);
    open_reader(&b->all, &b->input, ruleset, false);
    open_reader(&b->asked, &b->input, ruleset, true);
    for (i = 0; i < b->n_lines; i++)
        compare(b, b->lines[i], path);
    close_reader(&b->asked);
    close_reader(&b->all);
    b->n_files++;
    return 0;
}

/* A keyword that stands in most lines, for the log source with these attributes. */
static void
try_keywords(struct both *b, const char *product, const char *category, const char *service)
{
    FILE *out = fopen(KEYWORD_RULE, "w");

    ck_assert_ptr_nonnull(out);
    (void)fprintf(out,
        "title: Keywords\nid: 00000000-0000-4000-8000-000000000001\nlevel: low\nlogsource:\n%s%s%s%s%s%s%s%s%s"
        "detection:\n  keywords:\n    - or\n    - er\n  condition: keywords\n",
        product[0] == '\0' ? "" : "  product: ", product, product[0] == '\0' ? "" : "\n",
        category[0] == '\0' ? "" : "  category: ", category, category[0] == '\0' ? "" : "\n",
        service[0] == '\0' ? "" : "  service: ", service, service[0] == '\0' ? "" : "\n");
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_int_eq(try_rules(b, KEYWORD_RULE), 0);
}

static void
begin(struct both *b, const char *product, const char *category, const char *service)
{
    static const char *const suffixes[] = {".samples.yaml", NULL};

    *b = (struct both){.input = {.name = "in", .product = product, .category = category, .service = service}};
    ck_assert_int_eq(file_walk(MAPPINGS, suffixes, take_samples, b), 0);
    ck_assert_uint_ge(b->n_lines, LINES_MIN);
}

static void
end(struct both *b)
{
    size_t i;

    for (i = 0; i < b->n_lines; i++)
        free(b->lines[i]);
}

START_TEST(each_rule_matches_the_same_whether_text_is_decoded_always_or_on_demand)
{
    static const char *const suffixes[] = {".yml", NULL};
    struct both b;

    begin(&b, NULL, NULL, NULL);
    ck_assert_int_eq(file_walk(RULES, suffixes, try_rules, &b), 0);
    ck_assert_uint_ge(b.n_files, RULE_FILES_MIN);
    ck_assert_uint_gt(b.n_undecoded, b.n_files * b.n_lines / 2);
    ck_assert_uint_gt(b.n_decoded, b.n_lines);
    ck_assert_uint_ge(b.n_hits, HITS_MIN);
    end(&b);
}
END_TEST

START_TEST(keywords_of_a_log_source_that_only_the_text_tells_are_found)
{
    static const char *const products[] = {"", "linux", "windows"};
    static const char *const categories[] = {"", "webserver", "firewall"};
    static const char *const services[] = {"", "auth", "sshd", "sudo", "cron", "apache", "firewall"};
    static const struct input_settings inputs[] = {{0}, {.product = "linux"}, {.product = "bench"},
        {.category = "webserver"}, {.product = "linux", .service = "auth"}, {.service = "apache"}};
    struct both b;
    size_t i;
    size_t n;

    for (i = 0; i < ARRAY_LEN(inputs); i++) {
        begin(&b, inputs[i].product, inputs[i].category, inputs[i].service);
        for (n = 0; n < ARRAY_LEN(products) * ARRAY_LEN(categories) * ARRAY_LEN(services); n++)
            if (n > 0)
                try_keywords(&b, products[n % 3], categories[n / 3 % 3], services[n / 9]);
        ck_assert_uint_ge(b.n_hits, HITS_MIN);
        ck_assert_uint_gt(b.n_undecoded, b.n_lines);
        end(&b);
    }
}
END_TEST

UNIT_MAIN("on_demand", each_rule_matches_the_same_whether_text_is_decoded_always_or_on_demand,
    keywords_of_a_log_source_that_only_the_text_tells_are_found)
