/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What ships: every rule of config/rules/ does what stands beside it in NAME.samples.yaml, names controls of
 * config/controls/, and the sample logs of config/samples/ tell their story. config/rules/README.md describes a sample.
 *
 * Lines go the whole way: through the normalizer with the shipped mappings, the matcher with all rules, and the
 * correlator; what counts is which rules open an alert.
 */
#include <stdio.h>
#include <time.h>

#include "base/cursor.h"
#include "base/file.h"
#include "config/load.h"
#include "correlate/correlator.h"
#include "detect/matcher.h"
#include "normalize/normalizer.h"
#include "parsers/yaml.h"
#include "records/category.h"
#include "support/unit.h"

#define RULES    TEST_SOURCE_DIR "/config/rules"
#define CONTROLS TEST_SOURCE_DIR "/config/controls/iso27001-2022.csv"
#define STORY    TEST_SOURCE_DIR "/config/samples"

enum {
    CONTROLS_TOTAL = 93,
    RULES_MIN = 45,
    CORRELATIONS_MIN = 25,
    FILE_MAX = 1 << 20,
    LINE_MAX_BYTES = 4096,
    STORY_LINES_MAX = 1000
};

/* 2026-03-14T12:00:00Z, the moment every story begins; all of it is received by the end of the day. */
static const int64_t begins = INT64_C(1773489600) * NS_PER_S;
static const int64_t received = INT64_C(1773532800) * NS_PER_S;

/* --- the way of a line --- */

struct way {
    struct settings *settings;
    struct normalizer *normalizer;
    struct normalizer_scratch *scratch;
    struct ruleset *ruleset;
    const struct rules *rules;
    struct matcher *matcher;
    struct correlator *correlator; /* NULL: none yet */
    struct arena arena;            /* of one event */
    unsigned *opened;              /* by rule number: alerts opened */
    int64_t n_alerts;
    size_t n_incidents; /* alerts of level high or above */
};

static int
on_opened(void *ctx, struct alert *alert, const struct detection *first)
{
    struct way *w = ctx;

    (void)first;
    alert->number = ++w->n_alerts;
    w->opened[rules_find(w->rules, alert->rule_uid)->number]++;
    w->n_incidents += alert->level >= RULE_HIGH;
    return 0;
}

static int
on_kept(void *ctx, const struct alert *alert, const struct detection *d)
{
    (void)ctx, (void)alert, (void)d;
    return 0;
}

static int
on_minute(void *ctx, const struct alert *alert, int64_t minute, uint64_t n)
{
    (void)ctx, (void)alert, (void)minute, (void)n;
    return 0;
}

static int
on_closed(void *ctx, const struct alert *alert)
{
    (void)ctx, (void)alert;
    return 0;
}

static int
on_window(void *ctx, struct slice uid, struct slice key, struct slice state)
{
    (void)ctx, (void)uid, (void)key, (void)state;
    return 0;
}

static const struct correlator_sink sink = {on_opened, on_kept, on_kept, on_minute, on_closed, on_window};

/* Nothing counted, no alert open. */
static void
way_restart(struct way *w)
{
    const struct correlator_settings settings = {.fold_window_ns = w->settings->alerts_fold_window_ms * NS_PER_MS,
        .kept_max = w->settings->alerts_detections_kept,
        .group_by = w->settings->alerts_group_by,
        .n_group_by = w->settings->n_alerts_group_by,
        .alerts_max = 1000,
        .groups_max = 1000,
        .bytes_max = 800000,
        .lateness_ns = w->settings->correlation_lateness_ms * NS_PER_MS};

    correlator_free(w->correlator);
    ck_assert_int_eq(correlator_new(&w->correlator, &settings, &sink, w), 0);
    ck_assert_int_eq(correlator_set_rules(w->correlator, ruleset_rules(w->ruleset)), 0);
    memset(w->opened, 0, w->rules->n * sizeof(*w->opened));
    w->n_alerts = 0;
    w->n_incidents = 0;
}

static void
way_open(struct way *w)
{
    const char *const paths[] = {RULES};
    CLEANUP_DIAG struct diag diag = {0};

    *w = (struct way){0};
    ck_assert_int_eq(settings_load(&w->settings, NULL, &diag), 0);
    ck_assert_ptr_nonnull(w->settings);
    w->settings->mappings_path = TEST_SOURCE_DIR "/config/mappings";
    ck_assert_int_eq(normalizer_new(&w->normalizer, w->settings, &diag), 0);
    ck_assert_ptr_nonnull(w->normalizer);
    ck_assert_int_eq(normalizer_scratch_new(&w->scratch, w->normalizer, NULL, NULL), 0);
    ck_assert_int_eq(ruleset_load(&w->ruleset, paths, 1, NULL, &diag), 0);
    diag_print(&diag, stderr);
    ck_assert_msg(diag.n_errors + diag.n_warnings == 0, "the shipped rules do not load without a word");
    w->rules = ruleset_rules(w->ruleset);
    w->opened = calloc(w->rules->n + 1, sizeof(*w->opened));
    ck_assert_int_eq(matcher_new(&w->matcher, w->ruleset, NULL), 0);
    ck_assert_int_eq(arena_init(&w->arena, 65536, FILE_MAX), 0);
}

static void
way_close(struct way *w)
{
    correlator_free(w->correlator);
    matcher_free(w->matcher);
    ruleset_unref(w->ruleset);
    normalizer_scratch_free(w->scratch);
    normalizer_free(w->normalizer);
    settings_free(w->settings);
    arena_fini(&w->arena);
    free(w->opened);
}

/* Sends @line through; @now is when it came. Return: whether @own matched, which a silent rule does without an alert.
 */
static bool
way_send(struct way *w, struct slice line, struct walltime now, const struct rule *own)
{
    const struct frame frame = {.raw = line, .received = now};
    const struct rule *const *hits;
    struct event event;
    bool matched = false;
    size_t n;
    size_t i;

    arena_reset(&w->arena);
    normalizer_event(w->normalizer, w->scratch, &frame, &w->arena, &event);
    n = matcher_match(w->matcher, &event, &hits);
    for (i = 0; i < n; i++) {
        struct detection d = {.rule = hits[i], .event = &event, .detected = now};

        matched |= hits[i] == own;
        ck_assert_int_eq(correlator_detection(w->correlator, &d), 0);
    }
    ck_assert_int_eq(correlator_flush(w->correlator), 0);
    return matched;
}

/* So many seconds pass after all was received. */
static void
way_wait(struct way *w, int64_t seconds)
{
    if (seconds == 0)
        return;
    ck_assert_int_eq(correlator_tick(w->correlator, (struct walltime){received + seconds * NS_PER_S}), 0);
    ck_assert_int_eq(correlator_flush(w->correlator), 0);
}

/* --- files --- */

static void
read_text(const char *path, struct buffer *text)
{
    ck_assert_msg(file_read(path, FILE_MAX, text) == 0, "%s cannot be read", path);
}

/* "…/ssh_probing.yml" is "ssh_probing" */
static struct slice
stem_of(struct slice file)
{
    struct slice name = slice_from(file, slice_find_last(file, '/') + 1);

    return slice_head(name, slice_find(name, '.'));
}

static struct slice
take_line(struct slice *in)
{
    struct slice line = cursor_until(in, '\n');

    (void)cursor_skip(in, '\n');
    return line;
}

/* --- samples --- */

/* The samples of one rule on their way. */
struct trial {
    struct way *way;
    const struct rule *rule;
    const struct yaml_node *sample;
    size_t n_of[2]; /* samples that must not match and that must */
    size_t *n_failures;
};

static bool
is_listed(const struct yaml_node *list, struct slice name)
{
    const struct yaml_node *item;

    for (item = list == NULL ? NULL : list->children; item != NULL; item = item->next)
        if (slice_eq(item->text, name))
            return true;
    return false;
}

/* Compares what fired with what the sample says; every difference is told. */
static void
judge(struct trial *t, bool wanted, const char *line, struct diag_place at)
{
    const struct yaml_node *also = yaml_get(t->sample, "also");
    size_t i;

    for (i = 0; i < t->way->rules->n; i++) {
        const struct rule *rule = &t->way->rules->items[i];
        bool want = rule == t->rule ? wanted : is_listed(also, rule->name);

        if ((t->way->opened[i] > 0) == want)
            continue;
        fprintf(stderr, "%s:%u: rule %.*s %s: %s\n", at.file, at.line, SLICE_ARG(rule->name),
            want ? "does not fire" : "fires", line);
        ++*t->n_failures;
    }
}

static void
put_text(struct buffer *out, struct slice text, const char *stamp, unsigned number)
{
    while (text.n > 0) {
        if (cursor_skip_text(&text, SLICE("{t}"))) {
            buffer_add(out, slice_str(stamp));
        } else if (cursor_skip_text(&text, SLICE("{n}"))) {
            buffer_printf(out, "%u", number);
        } else {
            buffer_add_char(out, text.p[0]);
            text = slice_from(text, 1);
        }
    }
    ck_assert(!out->failed);
}

static int64_t
number_of(const struct yaml_node *sample, const char *key, int64_t otherwise)
{
    const struct yaml_node *node = yaml_get(sample, key);
    int64_t n = otherwise;

    ck_assert_msg(node == NULL || yaml_is_int(node, &n), "'%s' takes a number", key);
    return n;
}

/* Sends @line as the @number-th of a series. */
static bool
send_sample(struct trial *t, struct slice line, unsigned number, struct buffer *text)
{
    char stamp[WALLTIME_TEXT_MAX];
    struct walltime then = {begins + (int64_t)number * number_of(t->sample, "every", 0) * NS_PER_S};

    buffer_reset(text);
    put_text(text, line, walltime_print(then, stamp), number);
    return way_send(t->way, buffer_slice(text), (struct walltime){received}, t->rule);
}

/* A plain rule is asked about each line by itself. */
static void
try_lines(struct trial *t, bool wanted, const struct yaml_node *lines)
{
    CLEANUP_BUFFER struct buffer text = {0};
    const struct yaml_node *line;

    for (line = lines->children; line != NULL; line = line->next) {
        bool matched;

        way_restart(t->way);
        matched = send_sample(t, line->text, 1, &text);
        if (t->rule->silent)
            t->way->opened[t->rule->number] += matched;
        buffer_add_char(&text, '\0');
        judge(t, wanted, text.p, line->at);
    }
}

/* A correlation is asked about all lines together, sent `times` over. */
static void
try_series(struct trial *t, bool wanted, const struct yaml_node *lines)
{
    CLEANUP_BUFFER struct buffer text = {0};
    const struct yaml_node *line;
    unsigned times = (unsigned)number_of(t->sample, "times", 1);
    unsigned i;

    way_restart(t->way);
    for (i = 1; i <= times; i++)
        for (line = lines->children; line != NULL; line = line->next)
            (void)send_sample(t, line->text, i, &text);
    way_wait(t->way, number_of(t->sample, "after", 0));
    buffer_add_char(&text, '\0');
    judge(t, wanted, text.p, lines->at);
}

static void
try_sample(struct trial *t)
{
    const struct yaml_node *lines = yaml_get(t->sample, "lines");
    bool wanted;

    ck_assert_msg(yaml_get(t->sample, "match") != NULL && yaml_is_bool(yaml_get(t->sample, "match"), &wanted) &&
                      lines != NULL && lines->n_children > 0,
        "%s:%u: a sample has 'match' and 'lines'", t->sample->at.file, t->sample->at.line);
    t->n_of[wanted]++;
    (t->rule->correlation == NULL ? try_lines : try_series)(t, wanted, lines);
}

static void
try_rule(struct way *w, const struct rule *rule, size_t *n_failures)
{
    CLEANUP_BUFFER struct buffer text = {0};
    CLEANUP_DIAG struct diag diag = {0};
    struct trial t = {.way = w, .rule = rule, .n_failures = n_failures};
    struct yaml_documents docs;
    struct arena arena;
    char path[LINE_MAX_BYTES];

    (void)snprintf(path, sizeof(path), "%.*s.samples.yaml", (int)(rule->file.n - strlen(".yml")), rule->file.p);
    read_text(path, &text);
    ck_assert_int_eq(arena_init(&arena, 0, FILE_MAX), 0);
    ck_assert_int_eq(yaml_parse(&docs, buffer_slice(&text), path, &arena, &diag), 0);
    diag_print(&diag, stderr);
    ck_assert_uint_eq(diag.n_errors, 0);
    ck_assert_uint_eq(docs.n, 1);
    for (t.sample = docs.items[0]->children; t.sample != NULL; t.sample = t.sample->next)
        try_sample(&t);
    if (t.n_of[true] == 0 || t.n_of[false] == 0) {
        fprintf(stderr, "%s: a rule has samples of both kinds\n", path);
        ++*n_failures;
    }
    arena_fini(&arena);
}

START_TEST(each_rule_fires_on_its_samples_and_no_other_rule_does)
{
    struct way w;
    size_t n_failures = 0;
    size_t i;

    way_open(&w);
    for (i = 0; i < w.rules->n; i++)
        try_rule(&w, &w.rules->items[i], &n_failures);
    ck_assert_msg(n_failures == 0, "%zu samples differ", n_failures);
    way_close(&w);
}
END_TEST

/* --- what a rule says of itself --- */

static int
count_file(void *ctx, const char *path)
{
    size_t *n = ctx;

    (void)path;
    ++*n;
    return 0;
}

START_TEST(each_rule_stands_alone_in_a_file_of_its_name)
{
    static const char *const rules[] = {".yml", NULL};
    static const char *const samples[] = {".samples.yaml", NULL};
    struct way w;
    size_t n_rules = 0;
    size_t n_samples = 0;
    size_t i;

    way_open(&w);
    ck_assert_int_eq(file_walk(RULES, rules, count_file, &n_rules), 0);
    ck_assert_int_eq(file_walk(RULES, samples, count_file, &n_samples), 0);
    ck_assert_uint_eq(n_rules, w.rules->n);
    ck_assert_uint_eq(n_samples, w.rules->n);
    ck_assert_uint_ge(n_rules, RULES_MIN);
    for (i = 0; i < w.rules->n; i++) {
        const struct rule *rule = &w.rules->items[i];

        ck_assert_msg(slice_eq(rule->name, stem_of(rule->file)), "%.*s: its name is %.*s", SLICE_ARG(rule->file),
            SLICE_ARG(rule->name));
        ck_assert_msg(
            rule->uid.n == 36 && rule->uid.p[14] == '4', "%.*s: its id is no random UUID", SLICE_ARG(rule->file));
        ck_assert_msg(slice_eq(rule->author, SLICE("ismsd")), "%.*s: its author", SLICE_ARG(rule->file));
    }
    way_close(&w);
}
END_TEST

START_TEST(no_correlation_is_refused_and_what_only_counts_is_no_alarm)
{
    struct way w;
    size_t n_correlations = 0;
    size_t i;

    way_open(&w);
    for (i = 0; i < w.rules->n; i++) {
        const struct rule *rule = &w.rules->items[i];

        n_correlations += rule->correlation != NULL;
        ck_assert_msg(correlator_refusal(rule) == NULL, "%.*s: %s", SLICE_ARG(rule->name), correlator_refusal(rule));
        ck_assert_msg(rule->silent == (rule->level == RULE_INFORMATIONAL),
            "%.*s: a rule is informational where it only counts, and nowhere else", SLICE_ARG(rule->name));
    }
    ck_assert_uint_ge(n_correlations, CORRELATIONS_MIN);
    way_close(&w);
}
END_TEST

/* --- controls --- */

struct control {
    struct slice id;
    struct slice label;
    struct slice group;
    struct slice relevance;
};

/* field = DQUOTE *<any but DQUOTE> DQUOTE / *<any but DQUOTE and comma>, RFC 4180 section 2. */
static struct slice
take_field(struct slice *in)
{
    struct slice field;

    if (cursor_skip(in, '"')) {
        field = cursor_until(in, '"');
        ck_assert(cursor_skip(in, '"'));
    } else {
        field = cursor_until(in, ',');
    }
    (void)cursor_skip(in, ',');
    return field;
}

static size_t
read_controls(struct slice text, struct control controls[static CONTROLS_TOTAL])
{
    size_t n = 0;

    ck_slice_eq(take_line(&text), "id,label,group,relevance");
    while (text.n > 0) {
        struct slice line = take_line(&text);

        ck_assert_uint_lt(n, CONTROLS_TOTAL);
        controls[n].id = take_field(&line);
        controls[n].label = take_field(&line);
        controls[n].group = take_field(&line);
        controls[n++].relevance = take_field(&line);
        ck_assert_uint_eq(line.n, 0);
    }
    return n;
}

static const struct control *
find_control(const struct control *controls, size_t n, struct slice id)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (slice_eq(controls[i].id, id))
            return &controls[i];
    return NULL;
}

START_TEST(the_catalogue_holds_each_control_of_annex_a_once)
{
    static const struct {
        const char *group;
        unsigned chapter;
        unsigned n;
    } groups[] = {{"organizational", 5, 37}, {"people", 6, 8}, {"physical", 7, 14}, {"technological", 8, 34}};
    CLEANUP_BUFFER struct buffer text = {0};
    struct control controls[CONTROLS_TOTAL];
    unsigned i;
    unsigned k;
    size_t n;

    read_text(CONTROLS, &text);
    n = read_controls(buffer_slice(&text), controls);
    ck_assert_uint_eq(n, CONTROLS_TOTAL);
    for (i = 0; i < ARRAY_LEN(groups); i++)
        for (k = 1; k <= groups[i].n; k++) {
            char id[16];
            const struct control *c;

            (void)snprintf(id, sizeof(id), "a.%u.%u", groups[i].chapter, k);
            c = find_control(controls, n, slice_str(id));
            ck_assert_msg(c != NULL, "the catalogue lacks %s", id);
            ck_assert_uint_gt(c->label.n, 0);
            ck_slice_eq(c->group, groups[i].group);
        }
}
END_TEST

START_TEST(each_rule_names_controls_and_a_category_that_exist)
{
    CLEANUP_BUFFER struct buffer text = {0};
    struct control controls[CONTROLS_TOTAL];
    struct way w;
    size_t n;
    size_t i;
    size_t k;

    read_text(CONTROLS, &text);
    n = read_controls(buffer_slice(&text), controls);
    way_open(&w);
    for (i = 0; i < w.rules->n; i++) {
        const struct rule *rule = &w.rules->items[i];
        struct slice category;

        ck_assert_msg(rule->n_controls > 0, "%.*s: no control", SLICE_ARG(rule->name));
        for (k = 0; k < rule->n_controls; k++)
            ck_assert_msg(find_control(controls, n, rule->controls[k]) != NULL, "%.*s: there is no control %.*s",
                SLICE_ARG(rule->name), SLICE_ARG(rule->controls[k]));
        arena_reset(&w.arena);
        category = category_of_tags(rule->tags, rule->n_tags, &w.arena);
        ck_assert_msg(slice_find(category, '/') < category.n, "%.*s: no category", SLICE_ARG(rule->name));
    }
    way_close(&w);
}
END_TEST

START_TEST(a_control_is_called_monitored_where_a_rule_is_evidence_for_it_and_only_there)
{
    CLEANUP_BUFFER struct buffer text = {0};
    struct control controls[CONTROLS_TOTAL];
    struct way w;
    size_t n;
    size_t i;
    size_t k;
    size_t c;

    read_text(CONTROLS, &text);
    n = read_controls(buffer_slice(&text), controls);
    way_open(&w);
    for (c = 0; c < n; c++) {
        bool monitored = false;

        for (i = 0; i < w.rules->n; i++)
            for (k = 0; k < w.rules->items[i].n_controls; k++)
                monitored |= slice_eq(w.rules->items[i].controls[k], controls[c].id);
        ck_assert_msg(slice_eq(controls[c].relevance, SLICE("monitored")) == monitored, "%.*s is %.*s",
            SLICE_ARG(controls[c].id), SLICE_ARG(controls[c].relevance));
        ck_assert(monitored || slice_eq(controls[c].relevance, SLICE("evidenced")) ||
                  slice_eq(controls[c].relevance, SLICE("listed")));
    }
    way_close(&w);
}
END_TEST

/* --- the sample logs, as contrib/play sends them --- */

struct story_line {
    unsigned offset; /* seconds since the story began */
    unsigned order;
    bool tcp;
    struct slice host;
    struct slice text;
};

struct story {
    struct buffer texts[3];
    struct story_line lines[STORY_LINES_MAX];
    unsigned n;
};

/* OFFSET SP ("udp" / "tcp") SP HOST SP TEXT */
static void
read_story_line(struct story *s, struct slice line, const char *file)
{
    struct story_line *out = &s->lines[s->n];
    bool udp;

    if (line.n == 0 || line.p[0] == '#')
        return;
    ck_assert_uint_lt(s->n, STORY_LINES_MAX);
    ck_assert_msg(cursor_number(&line, 5, &out->offset) && cursor_skip(&line, ' '), "%s: %.*s", file, SLICE_ARG(line));
    udp = cursor_skip_text(&line, SLICE("udp "));
    out->tcp = cursor_skip_text(&line, SLICE("tcp "));
    ck_assert_msg(udp != out->tcp, "%s: udp or tcp: %.*s", file, SLICE_ARG(line));
    out->host = cursor_until(&line, ' ');
    ck_assert(cursor_skip(&line, ' '));
    out->text = line;
    out->order = s->n++;
}

static int
in_time(const void *a, const void *b)
{
    const struct story_line *x = a;
    const struct story_line *y = b;

    return x->offset != y->offset ? (x->offset > y->offset) - (x->offset < y->offset)
                                  : (x->order > y->order) - (x->order < y->order);
}

static struct story *
story_read(void)
{
    static const char *const files[] = {STORY "/bastion.log", STORY "/web1.log", STORY "/fw1.log"};
    struct story *s = calloc(1, sizeof(*s));
    size_t i;

    for (i = 0; i < ARRAY_LEN(files); i++) {
        struct slice text;

        read_text(files[i], &s->texts[i]);
        text = buffer_slice(&s->texts[i]);
        while (text.n > 0)
            read_story_line(s, take_line(&text), files[i]);
    }
    qsort(s->lines, s->n, sizeof(s->lines[0]), in_time);
    return s;
}

static void
story_free(struct story *s)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(s->texts); i++)
        buffer_fini(&s->texts[i]);
    free(s);
}

static void
put_3164(struct buffer *out, const struct story_line *line, struct walltime now)
{
    char stamp[32];
    struct tm tm;
    time_t t = now.ns / NS_PER_S;

    (void)strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", gmtime_r(&t, &tm));
    buffer_printf(out, "<86>%s %.*s %.*s", stamp, SLICE_ARG(line->host), SLICE_ARG(line->text));
}

/* prog[pid]: message */
static void
put_5424(struct buffer *out, const struct story_line *line, struct walltime now)
{
    char stamp[WALLTIME_TEXT_MAX];
    struct slice rest = line->text;
    struct slice head = slice_head(rest, slice_search(rest, SLICE(": ")));
    struct slice program = slice_head(head, slice_find(head, '['));
    struct slice pid = slice_from(head, program.n);

    if (cursor_skip(&pid, '['))
        pid.n--;
    rest = slice_from(rest, head.n + 2);
    buffer_printf(out, "<86>1 %s %.*s %.*s %.*s - - %.*s", walltime_print(now, stamp), SLICE_ARG(line->host),
        SLICE_ARG(program), SLICE_ARG(pid.n > 0 ? pid : SLICE("-")), SLICE_ARG(rest));
}

/* Plays the lines before @until, of all hosts but @without, @speed times as fast as they happened. */
static void
play(struct way *w, const struct story *s, int64_t speed, unsigned until, const char *without)
{
    CLEANUP_BUFFER struct buffer text = {0};
    unsigned i;

    way_restart(w);
    for (i = 0; i < s->n && s->lines[i].offset < until; i++) {
        struct walltime now = {begins + s->lines[i].offset * NS_PER_S / speed};

        if (slice_eq(s->lines[i].host, slice_str(without)))
            continue;
        buffer_reset(&text);
        (s->lines[i].tcp ? put_5424 : put_3164)(&text, &s->lines[i], now);
        ck_assert_int_eq(correlator_tick(w->correlator, now), 0);
        (void)way_send(w, buffer_slice(&text), now, NULL);
    }
}

static void
tell_alerts(const struct way *w)
{
    size_t i;

    for (i = 0; i < w->rules->n; i++)
        if (w->opened[i] > 0)
            fprintf(stderr, "%u x %s %.*s\n", w->opened[i], rule_level_name(w->rules->items[i].level),
                SLICE_ARG(w->rules->items[i].name));
}

START_TEST(the_sample_logs_make_a_few_alerts_and_incidents)
{
    struct story *s = story_read();
    struct way w;

    way_open(&w);
    play(&w, s, 120, 3601, "");
    tell_alerts(&w);
    ck_assert_uint_ge(s->n, 250);
    ck_assert_int_ge(w.n_alerts, 8);
    ck_assert_int_le(w.n_alerts, 15);
    ck_assert_uint_ge(w.n_incidents, 3);
    ck_assert_uint_le(w.n_incidents, 7);
    way_close(&w);
    story_free(s);
}
END_TEST

START_TEST(the_sample_logs_tell_the_same_at_their_own_speed)
{
    struct story *s = story_read();
    struct way w;
    unsigned *fast;
    size_t i;

    way_open(&w);
    fast = calloc(w.rules->n, sizeof(*fast));
    play(&w, s, 120, 3601, "");
    memcpy(fast, w.opened, w.rules->n * sizeof(*fast));
    play(&w, s, 1, 3601, "");
    for (i = 0; i < w.rules->n; i++)
        ck_assert_msg((fast[i] > 0) == (w.opened[i] > 0), "%.*s", SLICE_ARG(w.rules->items[i].name));
    free(fast);
    way_close(&w);
    story_free(s);
}
END_TEST

START_TEST(the_ordinary_hours_of_the_sample_logs_make_no_alert)
{
    struct story *s = story_read();
    struct way w;

    way_open(&w);
    play(&w, s, 1, 1500, "fw1");
    tell_alerts(&w);
    ck_assert_int_eq(w.n_alerts, 0);
    way_close(&w);
    story_free(s);
}
END_TEST

UNIT_MAIN("shipped rules", each_rule_fires_on_its_samples_and_no_other_rule_does,
    each_rule_stands_alone_in_a_file_of_its_name, no_correlation_is_refused_and_what_only_counts_is_no_alarm,
    the_catalogue_holds_each_control_of_annex_a_once, each_rule_names_controls_and_a_category_that_exist,
    a_control_is_called_monitored_where_a_rule_is_evidence_for_it_and_only_there,
    the_sample_logs_make_a_few_alerts_and_incidents, the_sample_logs_tell_the_same_at_their_own_speed,
    the_ordinary_hours_of_the_sample_logs_make_no_alert)
