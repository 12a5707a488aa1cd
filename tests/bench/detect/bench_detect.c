/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What matching costs.
 *
 *     bench_detect keywords PATTERNS LINES [N …]
 *
 * The first N patterns (3000 where no N is given) as keyword rules, one each, over the messages of RFC 5424 lines:
 * matcher_match() against a bare hs_scan() of one database of the same patterns, in turn, and PCRE2-JIT one pattern
 * after the other on a sample. PATTERNS has a line each: number, i or -, kind, field, literal in hex or -, expression.
 *
 *     bench_detect events RULES EVENTS
 *
 * All rules below the folder RULES over JSON events, a line each, every rule tried: flattening and matching apart.
 */

#include <hs/hs.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/regex.h"
#include "detect/matcher.h"
#include "parsers/json.h"

enum { LINES_MAX = 1000000, PATTERNS_MAX = 100000, ROUNDS = 9, SAMPLE = 100, FIELDS_MAX = 4096 };

struct pattern {
    bool caseless;
    bool is_regex;
    char *literal; /* decoded */
    char *regex;
};

struct lines {
    struct slice *items;
    size_t n;
};

static void
need(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "bench_detect: %s\n", what);
    exit(EXIT_FAILURE);
}

static double
cpu_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double
median(double *times)
{
    for (size_t i = 1; i < ROUNDS; i++)
        for (size_t k = i; k > 0 && times[k] < times[k - 1]; k--) {
            double t = times[k];

            times[k] = times[k - 1];
            times[k - 1] = t;
        }
    return times[ROUNDS / 2];
}

/* Every line of @path, without what stands before the field number @skip of a syslog header. */
static struct lines
read_lines(const char *path, unsigned skip)
{
    struct lines out = {calloc(LINES_MAX, sizeof(*out.items)), 0};
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;

    need(f != NULL && out.items != NULL, path);
    while (out.n < LINES_MAX && (n = getline(&line, &cap, f)) > 0) {
        char *p = line;

        line[n - 1] = '\0';
        for (unsigned i = 0; i < skip && p != NULL; i++) {
            p = strchr(p, ' ');
            p = p == NULL ? NULL : p + 1;
        }
        out.items[out.n++] = slice_str(strdup(p == NULL ? line : p));
    }
    free(line);
    (void)fclose(f);
    return out;
}

static char *
decode_hex(const char *hex)
{
    size_t n = strlen(hex) / 2;
    char *out = calloc(1, n + 1);
    unsigned byte;

    for (size_t i = 0; i < n && sscanf(hex + 2 * i, "%2x", &byte) == 1; i++)
        out[i] = (char)byte;
    return out;
}

static size_t
read_patterns(const char *path, struct pattern *patterns)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    size_t n = 0;
    ssize_t len;

    need(f != NULL, path);
    while (n < PATTERNS_MAX && (len = getline(&line, &cap, f)) > 0) {
        char *rest = line;
        char *columns[6];
        size_t i;

        line[len - 1] = '\0';
        for (i = 0; i < 6 && (columns[i] = strsep(&rest, "\t")) != NULL; i++)
            ;
        if (i < 6)
            continue;
        patterns[n++] = (struct pattern){.caseless = columns[1][0] == 'i',
            .is_regex = strcmp(columns[4], "-") == 0,
            .literal = decode_hex(columns[4]),
            .regex = strdup(columns[5])};
    }
    free(line);
    (void)fclose(f);
    return n;
}

/* @text as a YAML scalar in double quotes; a literal with Sigma's wildcards escaped. */
static void
write_scalar(FILE *f, const char *text, bool is_regex)
{
    (void)fputc('"', f);
    for (const char *p = text; *p != '\0'; p++) {
        if (!is_regex && strchr("*?\\", *p) != NULL)
            (void)fputs("\\\\", f);
        if ((unsigned char)*p < ' ')
            (void)fprintf(f, "\\x%02x", (unsigned char)*p);
        else if (*p == '"' || *p == '\\')
            (void)fprintf(f, "\\%c", *p);
        else
            (void)fputc(*p, f);
    }
    (void)fputc('"', f);
}

static struct ruleset *
load_keywords(const struct pattern *patterns, size_t n)
{
    char path[] = "/tmp/bench_detect-XXXXXX.yml";
    const char *const paths[] = {path};
    FILE *f = fdopen(mkstemps(path, 4), "w");
    struct diag diag = {0};
    struct ruleset *rs;
    double start;

    need(f != NULL, path);
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(f, "---\ntitle: pattern %zu\nlogsource: {product: linux}\ndetection:\n  k:\n    ", i);
        (void)fputs(patterns[i].is_regex ? "'|re': " : "- ", f);
        write_scalar(f, patterns[i].is_regex ? patterns[i].regex : patterns[i].literal, patterns[i].is_regex);
        (void)fputs("\n  condition: k\nlevel: low\n", f);
    }
    (void)fclose(f);
    start = cpu_ns();
    need(ruleset_load(&rs, paths, 1, NULL, &diag) == 0, "the rules do not load");
    (void)printf("%zu rules of %zu loaded in %.2f s\n", ruleset_rules(rs)->n, n, (cpu_ns() - start) / 1e9);
    (void)unlink(path);
    if (ruleset_rules(rs)->n != n)
        diag_print(&diag, stdout);
    diag_fini(&diag);
    return rs;
}

static hs_database_t *
compile_bare(const struct pattern *patterns, size_t n)
{
    const char **texts = calloc(n, sizeof(*texts));
    unsigned *flags = calloc(n, sizeof(*flags));
    unsigned *ids = calloc(n, sizeof(*ids));
    hs_compile_error_t *problem;
    hs_database_t *db;
    double start = cpu_ns();

    for (size_t i = 0; i < n; i++) {
        texts[i] = patterns[i].regex;
        ids[i] = (unsigned)i;
        flags[i] = HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY | (patterns[i].caseless ? HS_FLAG_CASELESS : 0);
    }
    need(hs_compile_multi(texts, flags, ids, (unsigned)n, HS_MODE_BLOCK, NULL, &db, &problem) == HS_SUCCESS,
        "Vectorscan refuses a pattern");
    (void)printf("bare database compiled in %.2f s\n", (cpu_ns() - start) / 1e9);
    free(texts);
    free(flags);
    free(ids);
    return db;
}

static int
count_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
    uint64_t *n = ctx;

    (void)id;
    (void)from;
    (void)to;
    (void)flags;
    (*n)++;
    return 0;
}

static double
run_bare(const hs_database_t *db, hs_scratch_t *scratch, const struct lines *lines, uint64_t *n_hits)
{
    double start = cpu_ns();

    for (size_t i = 0; i < lines->n; i++)
        (void)hs_scan(db, lines->items[i].p, (unsigned)lines->items[i].n, 0, scratch, count_hit, n_hits);
    return (cpu_ns() - start) / (double)lines->n;
}

static double
run_matcher(struct matcher *m, const struct lines *lines, uint64_t *n_hits)
{
    static const struct logsource linux_source = {SLICE("linux"), {NULL, 0}, {NULL, 0}};
    struct event event = {.logsources = {&linux_source}, .n_logsources = 1};
    const struct rule *const *hits;
    double start = cpu_ns();

    for (size_t i = 0; i < lines->n; i++) {
        event.text = lines->items[i];
        *n_hits += matcher_match(m, &event, &hits);
    }
    return (cpu_ns() - start) / (double)lines->n;
}

/* Bytes, not UTF-8, which is the quicker way for PCRE2. */
static double
run_one_by_one(const struct pattern *patterns, size_t n, const struct lines *lines)
{
    struct regex **regexes = calloc(n, sizeof(struct regex *));
    struct regex_scratch *scratch;
    struct regex_problem problem;
    size_t step = lines->n / SAMPLE;
    uint64_t n_hits = 0;
    double start;

    need(regex_scratch_new(&scratch) == 0, "out of memory");
    for (size_t i = 0; i < n; i++)
        need(regex_new(&regexes[i], slice_str(patterns[i].regex),
                 REGEX_BYTES | (patterns[i].caseless ? REGEX_CASELESS : 0), &problem) == 0,
            "PCRE2 refuses a pattern");
    start = cpu_ns();
    for (size_t k = 0; k < SAMPLE; k++)
        for (size_t i = 0; i < n; i++)
            n_hits += regex_match(regexes[i], lines->items[k * step], scratch) == 0;
    start = (cpu_ns() - start) / SAMPLE;
    for (size_t i = 0; i < n; i++)
        regex_free(regexes[i]);
    regex_scratch_free(scratch);
    free(regexes);
    return start;
}

static double
bench_keywords(const struct pattern *patterns, size_t n, const struct lines *lines)
{
    struct ruleset *rs = load_keywords(patterns, n);
    hs_database_t *db = compile_bare(patterns, n);
    hs_scratch_t *scratch = NULL;
    struct matcher *m;
    double bare[ROUNDS];
    double matcher[ROUNDS];
    double one_by_one = run_one_by_one(patterns, n, lines);
    uint64_t n_bare = 0;
    uint64_t n_matcher = 0;

    need(hs_alloc_scratch(db, &scratch) == HS_SUCCESS && matcher_new(&m, rs, NULL) == 0, "out of memory");
    for (size_t i = 0; i < ROUNDS; i++) {
        bare[i] = run_bare(db, scratch, lines, &n_bare);
        matcher[i] = run_matcher(m, lines, &n_matcher);
    }
    (void)printf("%8s %12s %12s %8s %16s %10s %12s %12s\n", "patterns", "hs_scan", "matcher", "ratio",
        "PCRE2 one by one", "speed-up", "hits bare", "hits matcher");
    (void)printf("%8zu %9.0f ns %9.0f ns %8.2f %13.0f ns %9.0fx %12.3f %12.3f\n", n, median(bare), median(matcher),
        median(matcher) / median(bare), one_by_one, one_by_one / median(matcher),
        (double)n_bare / (double)lines->n / ROUNDS, (double)n_matcher / (double)lines->n / ROUNDS);
    for (unsigned i = 0; i < MATCHER_COUNTERS; i++)
        (void)printf("  %s %.4f an event\n", matcher_counter_defs[i].name,
            (double)counters_get(matcher_counters(m), i) / (double)lines->n / ROUNDS);
    matcher_free(m);
    ruleset_unref(rs);
    (void)hs_free_scratch(scratch);
    (void)hs_free_database(db);
    return median(matcher);
}

static void
keywords(int argc, char **argv)
{
    struct pattern *patterns = calloc(PATTERNS_MAX, sizeof(*patterns));
    size_t n_patterns = read_patterns(argv[2], patterns);
    struct lines lines = read_lines(argv[3], 7);

    if (argc == 4)
        (void)bench_keywords(patterns, n_patterns < 3000 ? n_patterns : 3000, &lines);
    for (int i = 4; i < argc; i++) {
        size_t n = strtoul(argv[i], NULL, 10);

        (void)bench_keywords(patterns, n < n_patterns ? n : n_patterns, &lines);
    }
    free(patterns);
}

static void
print_memory(const char *when)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];

    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0 || strncmp(line, "VmHWM:", 6) == 0)
            (void)printf("%s: %s", when, line);
    if (f != NULL)
        (void)fclose(f);
}

static double
run_events(struct matcher *m, const struct lines *lines, struct arena *arena, uint64_t *n_hits)
{
    const struct rule *const *hits;
    double start = cpu_ns();

    for (size_t i = 0; i < lines->n; i++) {
        struct event event = {.structured = true};
        struct fields fields;

        arena_reset(arena);
        fields_init(&fields, arena, FIELDS_MAX);
        (void)json_flatten(lines->items[i], &fields, NULL);
        event.fields = fields.items;
        event.n_fields = fields.n;
        if (m != NULL)
            *n_hits += matcher_match(m, &event, &hits);
    }
    return (cpu_ns() - start) / (double)lines->n;
}

static void
events(char **argv)
{
    const struct matcher_options options = {.no_routing = true};
    const char *const paths[] = {argv[2]};
    struct lines lines = read_lines(argv[3], 0);
    struct diag diag = {0};
    struct arena arena;
    struct ruleset *rs;
    struct matcher *m;
    double flatten[ROUNDS];
    double both[ROUNDS];
    uint64_t n_hits = 0;
    double start = cpu_ns();

    print_memory("before");
    need(ruleset_load(&rs, paths, 1, NULL, &diag) == 0, "the rules do not load");
    (void)printf(
        "%zu rules loaded in %.2f s, %zu errors\n", ruleset_rules(rs)->n, (cpu_ns() - start) / 1e9, diag.n_errors);
    need(matcher_new(&m, rs, &options) == 0 && arena_init(&arena, 1 << 20, 1 << 24) == 0, "out of memory");
    print_memory("after");
    for (size_t i = 0; i < ROUNDS; i++) {
        flatten[i] = run_events(NULL, &lines, &arena, &n_hits);
        both[i] = run_events(m, &lines, &arena, &n_hits);
    }
    (void)printf("%zu events: flatten %.0f ns, match %.0f ns, %.3f hits an event\n", lines.n, median(flatten),
        median(both) - median(flatten), (double)n_hits / (double)lines.n / ROUNDS);
    for (unsigned i = 0; i < MATCHER_COUNTERS; i++)
        (void)printf("  %s %.4f an event\n", matcher_counter_defs[i].name,
            (double)counters_get(matcher_counters(m), i) / (double)lines.n / ROUNDS);
    matcher_free(m);
    ruleset_unref(rs);
    arena_fini(&arena);
    diag_fini(&diag);
}

int
main(int argc, char **argv)
{
    if (argc >= 4 && strcmp(argv[1], "keywords") == 0) {
        keywords(argc, argv);
    } else if (argc == 4 && strcmp(argv[1], "events") == 0) {
        events(argv);
    } else {
        (void)fprintf(
            stderr, "usage: bench_detect keywords PATTERNS LINES [N ...]\n       bench_detect events RULES EVENTS\n");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
