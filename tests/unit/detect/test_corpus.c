/* SPDX-License-Identifier: Apache-2.0 */
#include "support/corpus.h"
#include "support/matching.h"

/* A real rule set on real and on made-up events: verdicts from elsewhere, and the prefilter against none. */

enum { SYNTHETIC_CASES = 10550, REGRESSION_EVENTS = 238, SYSLOG_LINES = 3391 };

/* Calls @fn for each line @command prints. Return: how many there were. */
static size_t
each_line(
    const char *command, void (*fn)(struct matching *t, struct slice line, void *ctx), struct matching *t, void *ctx)
{
    FILE *f = popen(command, "r");
    char *line = NULL;
    size_t cap = 0;
    size_t n_lines = 0;
    ssize_t n;

    ck_assert_ptr_nonnull(f);
    while ((n = getline(&line, &cap, f)) > 0) {
        n_lines++;
        fn(t, slice_of(line, line[n - 1] == '\n' ? (size_t)n - 1 : (size_t)n), ctx);
    }
    free(line);
    ck_assert_int_eq(pclose(f), 0);
    return n_lines;
}

/* The object that begins at the front of @in, which goes on after it. */
static struct slice
take_object(struct slice *in)
{
    struct slice object = *in;
    size_t depth = 0;
    bool in_string = false;
    size_t i;

    for (i = 0; i < in->n; i++) {
        char c = in->p[i];

        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{') {
            depth++;
        } else if (c == '}' && --depth == 0) {
            break;
        }
    }
    ck_assert_uint_lt(i, in->n);
    *in = slice_from(*in, i + 1);
    return slice_head(object, i + 1);
}

static bool
skip_to(struct slice *in, struct slice mark)
{
    size_t at = slice_search(*in, mark);

    if (at == SIZE_MAX)
        return false;
    *in = slice_from(*in, at + mark.n);
    return true;
}

struct verdicts {
    size_t n_cases;
    size_t n_wrong;
    size_t n_unloaded;
};

static bool
hit_uid(const struct matching *t, struct slice uid)
{
    size_t i;

    for (i = 0; i < t->n_hits; i++)
        if (slice_eq(t->hits[i]->uid, uid))
            return true;
    return false;
}

/* {"rule":UID, …, "cases":[{"event":{…},"match":true|false}, …]} */
static void
try_cases(struct matching *t, struct slice line, void *ctx)
{
    struct verdicts *v = ctx;
    struct slice uid;
    struct slice event;

    ck_assert(skip_to(&line, SLICE("{\"rule\":\"")));
    uid = slice_head(line, slice_find(line, '"'));
    while (skip_to(&line, SLICE("\"event\":"))) {
        event = take_object(&line);
        ck_assert(skip_to(&line, SLICE("\"match\":")));
        v->n_cases++;
        if (rules_find(ruleset_rules(t->on), uid) == NULL) {
            v->n_unloaded++;
            continue;
        }
        (void)matching_json(t, event);
        if (hit_uid(t, uid) == slice_starts(line, SLICE("true")))
            continue;
        v->n_wrong++;
        (void)printf("%.*s should%s match %.*s\n", SLICE_ARG(uid), slice_starts(line, SLICE("true")) ? "" : " not",
            SLICE_ARG(event));
    }
}

static bool
open_rules(struct matching *t)
{
    if (!corpus_unpack("sigma/rules-all.tar.zst", "corpus_rules"))
        return false;
    matching_open(t, "corpus_rules", true);
    return true;
}

START_TEST(agrees_with_every_verdict_of_another_implementation)
{
    struct matching t;
    struct verdicts v = {0};
    char path[4096];
    char command[5000];

    if (!open_rules(&t))
        return;
    (void)snprintf(command, sizeof(command), "zstd -dc '%s'", corpus_path("sigma/synthetic.ndjson.zst", path));
    (void)each_line(command, try_cases, &t, &v);
    (void)printf("%zu cases, %zu wrong, %zu of rules that are not loaded\n", v.n_cases, v.n_wrong, v.n_unloaded);
    ck_assert_uint_eq(v.n_cases, SYNTHETIC_CASES);
    ck_assert_uint_eq(v.n_unloaded, 0);
    ck_assert_uint_eq(v.n_wrong, 0);
    matching_close(&t);
}
END_TEST

static void
try_event(struct matching *t, struct slice line, void *ctx)
{
    size_t *n_hits = ctx;

    *n_hits += matching_json(t, line);
}

START_TEST(finds_the_same_rules_with_and_without_prefilter_in_windows_events)
{
    struct matching t;
    size_t n_hits = 0;

    if (!open_rules(&t))
        return;
    ck_assert(corpus_unpack("sigma/regression.tar.zst", "corpus_regression"));
    ck_assert_uint_eq(
        each_line("cat corpus_regression/regression/events_flat/*.ndjson", try_event, &t, &n_hits), REGRESSION_EVENTS);
    (void)printf("%zu hits without routing\n", n_hits);
    ck_assert_uint_ge(n_hits, REGRESSION_EVENTS);
    matching_close(&t);
}
END_TEST

static void
try_line(struct matching *t, struct slice line, void *ctx)
{
    size_t *n_hits = ctx;

    *n_hits += matching_line(t, line);
}

START_TEST(finds_the_same_rules_with_and_without_prefilter_in_syslog)
{
    struct matching t;
    size_t n_hits = 0;
    char path[4096];
    char command[5000];

    if (!open_rules(&t))
        return;
    (void)snprintf(command, sizeof(command), "zcat '%s'/*.gz | awk 'NR %% 8 == 1'", corpus_path("logs", path));
    ck_assert_uint_eq(each_line(command, try_line, &t, &n_hits), SYSLOG_LINES);
    matching_close(&t);
}
END_TEST

UNIT_MAIN("corpus", agrees_with_every_verdict_of_another_implementation,
    finds_the_same_rules_with_and_without_prefilter_in_windows_events,
    finds_the_same_rules_with_and_without_prefilter_in_syslog)
