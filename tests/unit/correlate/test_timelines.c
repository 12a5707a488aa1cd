/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Timelines: correlations as authors write them, events line by line on a clock of the test's own, and what fires.
 *
 *     "12 a user=eve ip=1"   at second 12 an event happens and is received; rule a matches it
 *     "12 a user=eve @40"    the same, received at second 40 only; "#7": by the log source 7
 *     "60 tick"              it is second 60: windows that are over close
 *     "restart"              what the sink was told is all that is left, and put back
 *
 * What fires reads "c[eve] n=3 1..12; ": the correlation, its group, how much it counted, since when and at what time.
 * Silent rules a, b, c and d stand before the correlations, and are matched by name here.
 */

#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "correlate/correlator.h"
#include "support/sigma.h"

#define S(n)       ((int64_t)(n)*NS_PER_S)
#define BASE(name) "name: " name "\nlogsource: {product: p}\ndetection:\n    sel: {f: x}\n    condition: sel\n---\n"
#define BASES      BASE("a") BASE("b") BASE("c") BASE("d")

enum { FIELDS_MAX = 6, TOLD_MAX = 512, LATENESS_S = 10 };

static const int64_t zero = S(1700000000);

struct told_window {
    char uid[64];
    char *key;
    size_t n_key;
    char *state;
    size_t n_state;
};

static struct {
    struct sigma_test sigma;
    struct rules rules;
    struct correlator_settings settings;
    struct correlator *c;
    struct arena events;
    struct buffer fired;
    struct told_window told[TOLD_MAX];
    size_t n_told;
    int64_t n_alerts;
    int fail_at; /* the sink fails at its so manieth call from now; 0: never */
    bool failed; /* it did: nothing more happens */
} t;

static int
call_sink(void)
{
    if (t.fail_at == 0 || --t.fail_at > 0)
        return 0;
    t.failed = true;
    return -EIO;
}

static int
on_opened(void *ctx, struct alert *alert, const struct detection *first)
{
    size_t i;

    (void)ctx;
    alert->number = ++t.n_alerts;
    buffer_printf(&t.fired, SLICE_FMT "[", SLICE_ARG(first->rule->title));
    for (i = 0; i < alert->n_groups; i++)
        buffer_printf(&t.fired, "%s" SLICE_FMT, i > 0 ? "," : "", SLICE_ARG(alert->groups[i].value));
    buffer_printf(&t.fired, "] n=%d %d..%d; ", (int)first->counted, (int)((first->since.ns - zero) / NS_PER_S),
        (int)((first->event->time.ns - zero) / NS_PER_S));
    return call_sink();
}

static int
on_kept(void *ctx, const struct alert *alert, const struct detection *d)
{
    (void)ctx, (void)alert, (void)d;
    return call_sink();
}

static int
on_minute(void *ctx, const struct alert *alert, int64_t minute, uint64_t n)
{
    (void)ctx, (void)alert, (void)minute, (void)n;
    return call_sink();
}

static int
on_closed(void *ctx, const struct alert *alert)
{
    (void)ctx, (void)alert;
    return call_sink();
}

static void
forget_told(struct slice uid, struct slice key)
{
    size_t i;

    for (i = 0; i < t.n_told; i++)
        if (slice_eq(slice_str(t.told[i].uid), uid) && slice_eq(slice_of(t.told[i].key, t.told[i].n_key), key)) {
            free(t.told[i].key);
            free(t.told[i].state);
            t.told[i] = t.told[--t.n_told];
            return;
        }
}

static int
on_window(void *ctx, struct slice uid, struct slice key, struct slice state)
{
    struct told_window *w;

    (void)ctx;
    forget_told(uid, key);
    if (state.n == 0)
        return call_sink();
    ck_assert_uint_lt(t.n_told, TOLD_MAX);
    w = &t.told[t.n_told++];
    *w = (struct told_window){.key = slice_dup(key), .n_key = key.n, .state = slice_dup(state), .n_state = state.n};
    (void)snprintf(w->uid, sizeof(w->uid), SLICE_FMT, SLICE_ARG(uid));
    return call_sink();
}

static const struct correlator_sink sink = {on_opened, on_kept, on_kept, on_minute, on_closed, on_window};

static void
keep_rules(struct rules *r)
{
    (void)r;
}

static void
start(void)
{
    ck_assert_int_eq(correlator_new(&t.c, &t.settings, &sink, NULL), 0);
    ck_assert_int_eq(correlator_set_rules(t.c, &t.rules), 0);
}

static void
restart(void)
{
    size_t i;

    ck_assert_int_eq(correlator_flush(t.c), 0);
    correlator_free(t.c);
    start();
    for (i = 0; i < t.n_told; i++)
        ck_assert_int_eq(correlator_restore_window(t.c, slice_str(t.told[i].uid),
                             slice_of(t.told[i].key, t.told[i].n_key), slice_of(t.told[i].state, t.told[i].n_state)),
            0);
}

static void
setup(void)
{
    sigma_test_init(&t.sigma);
    t.settings = (struct correlator_settings){.alerts_max = 10000, .groups_max = 10000, .lateness_ns = S(LATENESS_S)};
    ck_assert_int_eq(arena_init(&t.events, 0, 1 << 30), 0);
}

static void
teardown(void)
{
    while (t.n_told > 0)
        forget_told(slice_str(t.told[0].uid), slice_of(t.told[0].key, t.told[0].n_key));
    correlator_free(t.c);
    buffer_fini(&t.fired);
    arena_fini(&t.events);
    sigma_test_fini(&t.sigma);
    memset(&t, 0, sizeof(t));
}

static void
rules(const char *correlations)
{
    CLEANUP_BUFFER struct buffer text = {0};
    struct rule *items;
    size_t n;

    buffer_printf(&text, BASES "%s", correlations);
    buffer_add_char(&text, '\0');
    (void)sigma_test_read(&t.sigma, "t.yml", text.p);
    ck_assert_int_eq(sigma_link(&t.sigma.rules, &items, &n, &t.sigma.diag), 0);
    diag_print(&t.sigma.diag, stderr);
    ck_assert_uint_eq(t.sigma.diag.n_errors, 0);
    t.rules = (struct rules){.items = items, .n = n, .refs = 1, .free = keep_rules};
    start();
    ck_assert_uint_eq(counters_get(correlator_counters(t.c), CORRELATOR_C_REFUSED), 0);
}

static const struct rule *
rule_named(const char *name)
{
    size_t i;

    for (i = 0; i < t.rules.n; i++)
        if (slice_eq(t.rules.items[i].name, slice_str(name)))
            return &t.rules.items[i];
    ck_abort_msg("no rule %s", name);
}

static void
tick(int second)
{
    int r = correlator_tick(t.c, (struct walltime){zero + S(second)});

    if (r == 0)
        r = correlator_flush(t.c);
    ck_assert_msg(r == (t.failed ? -EIO : 0), "the tick at %d: %d (%s)", second, r, error_path());
    arena_reset(&t.events);
}

static void
add_field(struct event *e, char *word)
{
    char *value = strchr(word, '=');
    struct slice name = arena_copy(&t.events, slice_of(word, (size_t)(value - word)));

    ck_assert_uint_lt(e->n_fields, FIELDS_MAX);
    e->fields[e->n_fields++] = (struct field){
        .name = name, .name_hash = field_hash(name), .value = arena_copy(&t.events, slice_str(value + 1))};
}

static void
happen(int second, char *line)
{
    struct event *e = arena_zalloc(&t.events, sizeof(*e));
    struct detection d = {.event = e, .detected = {zero + S(second)}};
    int r;
    char *rest = NULL;
    char *word = strtok_r(line, " ", &rest);

    e->fields = arena_zalloc(&t.events, FIELDS_MAX * sizeof(*e->fields));
    e->time.ns = zero + S(second);
    d.rule = rule_named(word);
    while ((word = strtok_r(NULL, " ", &rest)) != NULL)
        if (word[0] == '@')
            d.detected.ns = zero + S(atoi(word + 1));
        else if (word[0] == '#')
            e->source = (uint16_t)atoi(word + 1);
        else
            add_field(e, word);
    e->frame.received = d.detected;
    r = correlator_detection(t.c, &d);
    ck_assert_msg(r == (t.failed ? -EIO : 0), "the event at %d: %d (%s)", second, r, error_path());
}

static void
play_line(const char *line)
{
    char *own = strdup(line);
    int second = 0;
    int n = 0;

    if (strcmp(line, "restart") == 0) {
        restart();
    } else {
        ck_assert_int_eq(sscanf(line, "%d %n", &second, &n), 1);
        if (strcmp(line + n, "tick") == 0)
            tick(second);
        else
            happen(second, own + n);
    }
    free(own);
}

static void
play_lines(const char *const *lines)
{
    for (; *lines != NULL && !t.failed; lines++)
        play_line(*lines);
}

#define play(...) play_lines((const char *const[]){__VA_ARGS__, NULL})

/* Everything that fired since it was last asked. */
static void
check_fired(const char *want, const char *file, int line)
{
    buffer_add_char(&t.fired, '\0');
    ck_assert_msg(strcmp(t.fired.p, want) == 0, "%s:%d: fired '%s', want '%s'", file, line, t.fired.p, want);
    buffer_reset(&t.fired);
}

#define fired(want) check_fired(want, __FILE__, __LINE__)

static uint64_t
counter(enum correlator_counter id)
{
    return counters_get(correlator_counters(t.c), id);
}

/* --- value_count --- */

#define USERS                                                                                                         \
    "title: v\ncorrelation: {type: value_count, rules: [a], group-by: [ip], timespan: 60s, condition: {field: user, " \
    "gte: 3}}\n"

START_TEST(different_values_count_and_the_same_one_again_does_not)
{
    rules(USERS);
    play("1 a ip=1 user=x", "2 a ip=1 user=y", "3 a ip=1 user=x", "4 a ip=1 user=y", "5 a ip=2 user=z");
    fired("");
    play("6 a ip=1 user=z");
    fired("v[1] n=3 3..6; ");
}
END_TEST

START_TEST(a_value_counts_where_it_was_seen_last)
{
    rules(USERS);
    play("0 a ip=1 user=x", "50 a ip=1 user=y", "55 a ip=1 user=x", "100 a ip=1 user=z");
    fired("v[1] n=3 50..100; ");
    play("200 a ip=1 user=x", "230 a ip=1 user=y", "261 a ip=1 user=z");
    fired("");
}
END_TEST

START_TEST(values_out_of_order_count_in_the_timespan_they_belong_to)
{
    rules(USERS);
    play("0 a ip=1 user=x", "65 a ip=1 user=z", "58 a ip=1 user=y @66");
    fired("");
    play("70 a ip=1 user=q @71");
    fired("v[1] n=3 58..70; ");
    play("300 a ip=1 user=x", "359 a ip=1 user=y", "364 a ip=1 user=z", "356 a ip=1 user=w @365");
    fired("v[1] n=3 356..356; ");
}
END_TEST

START_TEST(an_event_without_the_field_is_counted_as_such_and_nowhere_else)
{
    rules(USERS);
    play("1 a ip=1 user=x", "2 a ip=1", "3 a ip=1 user=y");
    fired("");
    ck_assert_uint_eq(counter(CORRELATOR_C_VALUE_ABSENT), 1);
}
END_TEST

START_TEST(several_fields_count_as_tuples)
{
    rules(
        "title: v\ncorrelation: {type: value_count, rules: [a], timespan: 60s, condition: {field: [x, y], gte: 4}}\n");
    play("1 a x=1 y=1", "2 a x=1 y=2", "3 a x=2 y=1", "4 a x=2 y=1");
    fired("");
    play("5 a x=2 y=2");
    fired("v[] n=4 1..5; ");
}
END_TEST

START_TEST(values_are_known_again_after_a_restart)
{
    rules(USERS);
    play("1 a ip=1 user=x", "2 a ip=1 user=y", "restart", "3 a ip=1 user=x", "4 a ip=1 user=y");
    fired("");
    play("restart", "5 a ip=1 user=z");
    fired("v[1] n=3 3..5; ");
}
END_TEST

enum { VALUES_MAX = 200 };

/* The slow way: the latest time of each value, every timespan that holds the new event. */
static bool
naive_values(int *latest, int n_values, int u, int at, int span, int n)
{
    int first;
    int v;

    latest[u] = at > latest[u] ? at : latest[u];
    for (first = at - span; first <= at; first++) {
        int inside = 0;

        for (v = 0; v < n_values; v++)
            inside += latest[v] >= first && latest[v] <= first + span;
        if (inside < n)
            continue;
        for (v = 0; v < n_values; v++)
            latest[v] = -1000000;
        return true;
    }
    return false;
}

static int
count_fired(void)
{
    size_t k;
    int n = 0;

    for (k = 0; k < t.fired.n; k++)
        n += t.fired.p[k] == ';';
    buffer_reset(&t.fired);
    return n;
}

static void
check_values(int round, int n_values, int span, int n, int n_events)
{
    int latest[VALUES_MAX];
    int zero_hour = 10000 * (round + 1);
    char line[64];
    int now = 0;
    int n_want = 0;
    int n_got;
    int i;

    srand((unsigned)round);
    for (i = 0; i < VALUES_MAX; i++)
        latest[i] = -1000000;
    for (i = 0; i < n_events; i++) {
        int few = i / 300 % 2 == 0 ? n_values : n_values / 10; /* now many, now few */
        int u = rand() % few;
        int at = zero_hour + now - rand() % LATENESS_S;

        (void)snprintf(line, sizeof(line), "%d a g=%d u=%d @%d", at, round, u, zero_hour + now);
        play_line(line);
        if (i % 251 == 250)
            restart();
        n_want += naive_values(latest, n_values, u, at, span, n);
        now += rand() % 3;
    }
    n_got = count_fired();
    ck_assert_msg(n_got == n_want, "round %d: fired %d times, want %d", round, n_got, n_want);
    tick(zero_hour + now);
}

START_TEST(agrees_with_counting_values_by_hand_on_random_streams)
{
    int round;

    rules("title: v\ncorrelation: {type: value_count, rules: [a], group-by: [g], timespan: 20s, condition: {field: u, "
          "gte: 5}}\n");
    for (round = 0; round < 60; round++)
        check_values(round, 12, 20, 5, 300);
}
END_TEST

START_TEST(agrees_with_counting_many_values_by_hand_on_random_streams)
{
    int round;

    rules("title: v\ncorrelation: {type: value_count, rules: [a], group-by: [g], timespan: 200s, condition: {field: u, "
          "gte: 100}}\n");
    for (round = 0; round < 4; round++)
        check_values(round, VALUES_MAX, 200, 100, 2000);
}
END_TEST

/* --- value_sum, value_avg, value_percentile --- */

START_TEST(numbers_sum_up_within_the_timespan)
{
    rules(
        "title: s\ncorrelation: {type: value_sum, rules: [a], group-by: [ip], timespan: 60s, condition: {field: bytes, "
        "gt: 100.5}}\n");
    play("0 a ip=1 bytes=60", "30 a ip=1 bytes=none", "61 a ip=1 bytes=60", "62 a ip=2 bytes=100.5");
    fired("");
    ck_assert_uint_eq(counter(CORRELATOR_C_VALUE_ABSENT), 1);
    play("70 a ip=1 bytes=40.5", "restart", "71 a ip=1 bytes=0.25");
    fired("s[1] n=3 61..71; ");
    play("72 a ip=1 bytes=100");
    fired("");
}
END_TEST

START_TEST(numbers_out_of_order_sum_up_where_they_belong)
{
    rules("title: s\ncorrelation: {type: value_sum, rules: [a], timespan: 60s, condition: {field: n, gte: 10}}\n");
    play("0 a n=6", "65 a n=5", "57 a n=4 @66");
    fired("s[] n=2 0..57; ");
}
END_TEST

START_TEST(an_average_is_told_when_its_window_closes)
{
    rules("title: m\ncorrelation: {type: value_avg, rules: [a], group-by: [h], timespan: 60s, condition: {field: ms, "
          "gt: 100}}\n");
    play("0 a h=1 ms=400", "1 a h=2 ms=90", "20 a h=1 ms=1", "40 a h=1 ms=1", "50 a h=2 ms=120", "69 tick");
    fired("");
    play("71 tick");
    fired("m[1] n=3 0..60; m[2] n=2 1..61; ");
    play("200 tick");
    fired("");
}
END_TEST

START_TEST(a_percentile_is_that_of_all_numbers_of_its_window)
{
    char line[64];
    int i;

    rules(
        "title: p\ncorrelation: {type: value_percentile, rules: [a], timespan: 60s, condition: {field: ms, percentile: "
        "95, gte: 95}}\n---\ntitle: q\ncorrelation: {type: value_median, rules: [a], timespan: 60s, condition: {field: "
        "ms, eq: 50}}\n");
    for (i = 100; i >= 0; i--) {
        (void)snprintf(line, sizeof(line), "%d a ms=%d", (100 - i) / 2, i);
        play_line(line);
    }
    play("restart", "50 tick", "71 tick");
    buffer_add_char(&t.fired, '\0');
    ck_assert_ptr_nonnull(strstr(t.fired.p, "p[] n=101 0..60; "));
    ck_assert_ptr_nonnull(strstr(t.fired.p, "q[] n=101 0..60; "));
    buffer_reset(&t.fired);
    for (i = 94; i >= 0; i--) {
        (void)snprintf(line, sizeof(line), "%d a ms=%d", 200 - i / 2, i);
        play_line(line);
    }
    play("300 tick");
    fired("");
}
END_TEST

/* --- conditions that hold when a window closes --- */

#define FEWER(more) \
    "title: f\ncorrelation: {type: event_count, rules: [a], " more "timespan: 60s, condition: {lt: 3}}\n"

START_TEST(too_few_events_are_told_when_the_window_closes_and_silence_once)
{
    rules(FEWER("group-by: [h], "));
    play("0 a h=1", "1 a h=2", "10 a h=1", "20 a h=2", "30 a h=2", "70 tick", "71 tick");
    fired("f[1] n=2 0..60; ");
    play("132 tick");
    fired("f[1] n=0 60..120; f[2] n=0 61..121; ");
    play("400 tick");
    fired("");
    play("401 a h=1", "402 a h=1", "403 a h=1", "472 tick");
    fired("");
}
END_TEST

START_TEST(without_groups_silence_is_told_each_timespan_also_before_the_first_event)
{
    rules("title: f\ncorrelation: {type: event_count, rules: [a], timespan: 60s, condition: {eq: 0}}\n");
    play("0 tick", "60 tick");
    fired("");
    play("131 tick");
    fired("f[] n=0 0..60; ");
    play("150 a", "191 tick", "251 tick");
    fired("");
    play("252 tick");
    fired("f[] n=0 181..241; ");
    play("312 tick");
    fired("f[] n=0 241..301; ");
}
END_TEST

START_TEST(however_long_it_was_silence_is_told_once_until_the_next_event)
{
    rules("title: f\ncorrelation: {type: event_count, rules: [a], timespan: 60s, condition: {eq: 0}}\n");
    play("0 a", "71 tick", "1000000 a", "1000001 tick");
    fired("f[] n=0 60..120; ");
    play("1000072 tick");
    fired("");
    play("restart", "9000000 tick", "9000001 a", "9000002 tick");
    ck_assert_uint_lt(t.fired.n, 100);
    buffer_reset(&t.fired);
}
END_TEST

START_TEST(an_exact_number_and_a_range_are_those_of_the_whole_window)
{
    rules(
        "title: e\ncorrelation: {type: event_count, rules: [a], group-by: [h], timespan: 60s, condition: {eq: "
        "2}}\n---\n"
        "title: r\ncorrelation: {type: event_count, rules: [a], group-by: [h], timespan: 60s, condition: {gt: 1, lte: "
        "3}}\n---\n"
        "title: n\ncorrelation: {type: event_count, rules: [a], group-by: [h], timespan: 60s, condition: {neq: 2, gte: "
        "1}}\n");
    play("0 a h=1", "1 a h=1", "2 a h=2", "3 a h=2", "4 a h=2", "5 a h=3", "6 a h=4", "7 a h=4", "8 a h=4", "9 a h=4");
    fired("");
    play("200 tick");
    buffer_add_char(&t.fired, '\0');
    ck_assert_ptr_nonnull(strstr(t.fired.p, "e[1] n=2 0..60; "));
    ck_assert_ptr_nonnull(strstr(t.fired.p, "r[1] n=2 0..60; "));
    ck_assert_ptr_nonnull(strstr(t.fired.p, "r[2] n=3 2..62; "));
    ck_assert_ptr_nonnull(strstr(t.fired.p, "n[2] n=3 2..62; "));
    ck_assert_ptr_nonnull(strstr(t.fired.p, "n[3] n=1 5..65; "));
    ck_assert_ptr_nonnull(strstr(t.fired.p, "n[4] n=4 6..66; "));
    ck_assert_ptr_null(strstr(t.fired.p, "e[2]"));
    ck_assert_ptr_null(strstr(t.fired.p, "r[4]"));
    ck_assert_ptr_null(strstr(t.fired.p, "n[1]"));
    buffer_reset(&t.fired);
}
END_TEST

START_TEST(too_few_different_values_are_told_when_the_window_closes)
{
    rules("title: v\ncorrelation: {type: value_count, rules: [a], group-by: [h], timespan: 60s, condition: {field: u, "
          "lt: "
          "2, gte: 1}}\n");
    play("0 a h=1 u=x", "1 a h=1 u=x", "2 a h=2 u=x", "restart", "3 a h=2 u=y", "4 a h=1 u=x", "restart", "4 tick",
        "80 tick");
    fired("v[1] n=1 0..60; ");
}
END_TEST

START_TEST(the_time_the_daemon_was_down_is_no_silence)
{
    rules(FEWER(
        "group-by: [h], ") "---\ntitle: z\ncorrelation: {type: event_count, rules: [b], timespan: 60s, condition: "
                           "{eq: 0}}\n");
    play("0 tick", "0 a h=1", "1 a h=1", "restart", "1000 tick", "2 a h=1 @1001", "1040 tick");
    fired("");
    play("1069 tick");
    fired("");
    play("1075 tick");
    fired("z[] n=0 0..60; ");
}
END_TEST

START_TEST(what_comes_behind_the_end_waits_for_the_next_window)
{
    rules("title: e\ncorrelation: {type: event_count, rules: [a], group-by: [h], timespan: 60s, condition: {eq: 2}}\n");
    play("0 a h=1", "63 a h=1", "59 a h=1 @64", "64 a h=1", "65 tick");
    fired("");
    play("restart", "65 tick", "75 tick");
    fired("e[1] n=2 0..60; ");
    play("140 tick");
    fired("e[1] n=2 63..123; ");
    ck_assert_uint_eq(counter(CORRELATOR_C_LATE), 0);
}
END_TEST

START_TEST(a_late_event_does_not_open_a_window_that_is_over)
{
    rules(FEWER("group-by: [h], "));
    play("0 a h=1", "1 a h=1", "2 a h=1", "71 a h=2", "72 tick", "40 a h=1 @73", "59 a h=3 @73");
    ck_assert_uint_eq(counter(CORRELATOR_C_LATE), 2);
    play("83 tick");
    fired("");
}
END_TEST

START_TEST(a_source_that_lags_closes_its_windows_by_its_own_clock)
{
    rules("title: e\ncorrelation: {type: event_count, rules: [a], group-by: [h], timespan: 60s, condition: {eq: 2}}\n");
    play("1000 a h=now #1", "0 a h=old @1000 #2", "1050 tick", "55 a h=old @1055 #2", "1060 tick");
    fired("");
    play("1069 tick");
    fired("");
    play("1071 tick", "1075 a h=now #1");
    fired("e[old] n=2 0..60; ");
}
END_TEST

START_TEST(a_source_that_lags_counts_by_itself_in_windows_that_slide)
{
    rules(
        "title: k\ncorrelation: {type: event_count, rules: [a], group-by: [u], timespan: 60s, condition: {gte: 3}}\n");
    play("1000 a u=x #1", "0 a u=x @1001 #2", "5 a u=x @1002 #2", "1003 a u=x #1", "9 a u=x @1004 #2");
    fired("k[x] n=3 0..9; ");
    ck_assert_uint_eq(counter(CORRELATOR_C_LATE), 0);
    play("10 a u=x @1005 #1");
    ck_assert_uint_eq(counter(CORRELATOR_C_LATE), 1);
}
END_TEST

START_TEST(a_stamp_ahead_of_its_time_does_not_keep_a_window_open)
{
    rules("title: e\ncorrelation: {type: event_count, rules: [a], group-by: [h], timespan: 60s, condition: {eq: 1}}\n");
    play("1000000 a h=1 @5", "80 tick");
    fired("e[1] n=1 5..65; ");
    ck_assert_uint_eq(counter(CORRELATOR_C_AHEAD), 1);
}
END_TEST

/* --- temporal --- */

#define TEMPORAL(type, more) \
    "title: t\ncorrelation: {type: " type ", rules: [a, b, c], group-by: [u], timespan: 60s" more "}\n"

START_TEST(all_rules_in_any_order_of_the_same_group)
{
    rules(TEMPORAL("temporal", ""));
    play("0 c u=x", "1 a u=x", "2 b u=y", "3 a u=x");
    fired("");
    play("restart", "4 b u=x");
    fired("t[x] n=3 0..4; ");
    play("100 a u=z", "161 b u=z", "162 c u=z");
    fired("");
    play("163 a u=z");
    fired("t[z] n=3 161..163; ");
}
END_TEST

START_TEST(so_many_of_the_rules_where_the_condition_is_a_number)
{
    rules(TEMPORAL("temporal", ", condition: {gte: 2}"));
    play("0 c u=x", "1 c u=x");
    fired("");
    play("2 b u=x");
    fired("t[x] n=2 1..2; ");
}
END_TEST

START_TEST(a_boolean_condition_over_rules)
{
    rules(TEMPORAL("temporal", ", condition: a and (b or c)"));
    play("0 b u=x", "1 c u=x", "2 a u=y");
    fired("");
    play("3 a u=x");
    fired("t[x] n=3 0..3; ");
    play("4 a u=z", "5 c u=z");
    fired("t[z] n=2 4..5; ");
}
END_TEST

START_TEST(a_rule_that_must_be_absent_is_told_when_the_window_closes)
{
    rules("title: t\ncorrelation: {type: temporal, rules: [a, b], group-by: [u], timespan: 60s, condition: a and not "
          "b}\n");
    play("0 a u=x", "1 a u=y", "30 b u=y", "31 b u=z", "32 a u=z", "69 tick");
    fired("");
    play("restart", "69 tick", "90 b u=x", "103 tick");
    fired("t[x] n=1 0..60; t[z] n=1 32..92; ");
    play("300 tick");
    fired("");
}
END_TEST

START_TEST(only_the_order_asked_for)
{
    rules(TEMPORAL("temporal_ordered", ""));
    play("0 a u=x", "1 c u=x", "2 b u=x", "3 a u=x");
    fired("");
    play("4 c u=x");
    fired("t[x] n=3 0..4; ");
    play("10 c u=y", "11 b u=y", "12 a u=y", "13 b u=y", "73 c u=y");
    fired("");
}
END_TEST

START_TEST(an_order_is_that_of_event_time_and_of_equal_times_that_of_arrival)
{
    rules(TEMPORAL("temporal_ordered", ""));
    play("0 a u=x", "6 c u=x", "restart", "5 b u=x @7");
    fired("t[x] n=3 0..5; ");
    play("20 a u=y", "20 b u=y", "20 c u=y");
    fired("t[y] n=3 20..20; ");
    play("30 b u=z", "30 a u=z", "30 c u=z");
    fired("");
}
END_TEST

START_TEST(an_order_survives_any_noise_between)
{
    char line[64];
    int i;

    rules(TEMPORAL("temporal_ordered", ""));
    play("0 b u=x", "1 a u=x", "2 b u=x");
    for (i = 0; i < 500; i++) {
        (void)snprintf(line, sizeof(line), "%d %c u=x", 3 + i / 20, i % 2 == 0 ? 'b' : 'a');
        play_line(line);
        if (i % 100 == 0)
            restart();
    }
    fired("");
    play("40 c u=x");
    fired("t[x] n=3 27..40; ");
}
END_TEST

START_TEST(a_rule_may_have_to_be_absent_within_an_order)
{
    rules(TEMPORAL("temporal_ordered", ", condition: a and not b and c"));
    play("0 a u=x", "1 b u=x", "2 c u=x");
    fired("");
    play("3 b u=x", "4 a u=x", "5 c u=x");
    fired("t[x] n=3 4..5; ");
}
END_TEST

START_TEST(the_same_rule_may_stand_twice_in_an_order)
{
    rules("title: t\ncorrelation: {type: temporal_ordered, rules: [a, a, b], group-by: [u], timespan: 60s}\n");
    play("0 a u=x", "1 b u=x", "2 a u=x");
    fired("");
    play("3 b u=x");
    fired("t[x] n=2 0..3; ");
}
END_TEST

/* --- aliases, chains, generate --- */

#define ALIASES "aliases: {who: {a: user, b: account}}"

START_TEST(aliases_join_what_events_of_each_rule_call_otherwise)
{
    rules("title: t\ncorrelation: {type: temporal, rules: [a, b], group-by: [who], timespan: 60s, " ALIASES "}\n");
    play("0 a user=x account=y", "1 b user=y account=z", "2 b user=y account=x");
    fired("t[x] n=2 0..2; ");
    play("3 a account=x");
    ck_assert_uint_eq(counter(CORRELATOR_C_GROUP_ABSENT), 1);
}
END_TEST

START_TEST(a_correlation_may_count_another_by_its_alias_and_by_what_closed)
{
    rules(
        "title: t\nname: inner\ncorrelation: {type: temporal, rules: [a, b], group-by: [who], timespan: 60s, " ALIASES
        "}\n---\ntitle: u\ncorrelation: {type: event_count, rules: [inner], group-by: [who], timespan: 1h, condition: "
        "{gte: 2}}\n---\ntitle: v\nname: quiet\ncorrelation: {type: event_count, rules: [c], group-by: [h], timespan: "
        "60s, condition: {lt: 1}}\n---\ntitle: w\ncorrelation: {type: value_count, rules: [quiet], timespan: 1h, "
        "condition: {field: h, gte: 2}}\n");
    play("0 a user=x", "1 b account=x", "10 a user=x");
    fired("");
    play("11 b account=x", "20 c h=1", "21 c h=2");
    fired("u[x] n=2 1..11; ");
    play("200 tick");
    fired("w[] n=2 140..141; ");
}
END_TEST

START_TEST(failures_then_success_of_the_same_user)
{
    rules("title: f\nname: many\ncorrelation: {type: event_count, rules: [a], group-by: [user, host], timespan: 60s, "
          "condition: {gte: 3}}\n---\ntitle: s\ncorrelation: {type: temporal_ordered, rules: [many, b], group-by: "
          "[user], "
          "timespan: 1h}\n");
    play("0 b user=x", "1 a user=x host=1", "2 a user=x host=1", "3 a user=x host=1", "4 b user=y");
    fired("");
    play("1000 b user=x");
    fired("s[x] n=2 3..1000; ");
}
END_TEST

/* --- bounds --- */

START_TEST(what_windows_hold_keeps_its_bound_whatever_its_kind)
{
    char line[80];
    int i;

    t.settings.bytes_max = 100000;
    rules(
        "title: v\ncorrelation: {type: value_count, rules: [a], group-by: [g], timespan: 1h, condition: {field: u, "
        "gte: "
        "100000}}\n---\ntitle: s\ncorrelation: {type: value_sum, rules: [a], group-by: [g], timespan: 1h, condition: "
        "{field: u, gte: 1e12}}\n---\ntitle: p\ncorrelation: {type: value_median, rules: [a], group-by: [g], timespan: "
        "1h, condition: {field: u, lt: 0}}\n---\ntitle: t\ncorrelation: {type: temporal_ordered, rules: [b, a], "
        "group-by: [g], timespan: 1h}\n");
    for (i = 0; i < 20000; i++) {
        (void)snprintf(line, sizeof(line), "%d a g=%d u=%d", i / 100, i / 1000, i);
        play_line(line);
        if (i % 500 == 0)
            tick(i / 100);
    }
    tick(200);
    ck_assert_uint_le(counter(CORRELATOR_C_BYTES), 100000);
    ck_assert_uint_gt(counter(CORRELATOR_C_BYTES), 1000);
    ck_assert_uint_gt(counter(CORRELATOR_C_WINDOWS_EVICTED), 10);
    fired("");
}
END_TEST

#define EVERY_KIND                                                                                                \
    USERS                                                                                                         \
    "---\ntitle: s\ncorrelation: {type: value_sum, rules: [a], group-by: [ip], timespan: 60s, condition: "        \
    "{field: user, gte: 9}}\n---\ntitle: t\ncorrelation: {type: temporal, rules: [a, b, c], group-by: [ip], "     \
    "timespan: 60s}\n---\ntitle: o\ncorrelation: {type: temporal_ordered, rules: [a, b, d, c], group-by: [ip], "  \
    "timespan: 60s, condition: a and b and not d and c}\n---\ntitle: e\ncorrelation: {type: event_count, rules: " \
    "[a], group-by: [ip], timespan: 60s, condition: {gte: 4}}\n"
#define EVERY_KIND_THAT_CLOSES                                                                                         \
    "---\ntitle: p\ncorrelation: {type: value_median, rules: [a], group-by: [ip], timespan: 60s, condition: {field: "  \
    "user, lt: 5}}\n---\ntitle: n\ncorrelation: {type: temporal, rules: [a, b], group-by: [ip], timespan: 60s, "       \
    "condition: a and not b}\n---\ntitle: q\ncorrelation: {type: event_count, rules: [b], group-by: [ip], timespan: "  \
    "60s, condition: {lt: 2}}\n---\ntitle: w\ncorrelation: {type: value_count, rules: [a], timespan: 60s, condition: " \
    "{field: user, lte: 3}}\n"

/* The same stream, with the correlator made anew from what it told at any point, or never. */
static void
random_stream(unsigned seed, bool restarts)
{
    char line[80];
    int now = 0;
    int i;

    srand(seed);
    for (i = 0; i < 400 && !t.failed; i++) {
        int what = rand() % 40;

        (void)snprintf(line, sizeof(line), "%d %c ip=%d user=%d @%d", now - rand() % (1 + rand() % 12),
            'a' + rand() % 4, rand() % 3, rand() % 5, now);
        now += rand() % 4;
        if (what > 0)
            play_line(line);
        else if (restarts)
            restart();
    }
}

START_TEST(restarts_at_any_point_change_nothing_of_windows_that_slide)
{
    CLEANUP_BUFFER struct buffer whole = {0};
    unsigned seed;

    rules(EVERY_KIND);
    for (seed = 0; seed < 40; seed++) {
        buffer_reset(&whole);
        buffer_reset(&t.fired);
        while (t.n_told > 0)
            forget_told(slice_str(t.told[0].uid), slice_of(t.told[0].key, t.told[0].n_key));
        correlator_free(t.c);
        start();
        random_stream(seed, false);
        buffer_add(&whole, buffer_slice(&t.fired));
        buffer_reset(&t.fired);
        while (t.n_told > 0)
            forget_told(slice_str(t.told[0].uid), slice_of(t.told[0].key, t.told[0].n_key));
        correlator_free(t.c);
        start();
        random_stream(seed, true);
        ck_assert_uint_gt(whole.n, 0);
        ck_assert_msg(slice_eq(buffer_slice(&whole), buffer_slice(&t.fired)), "seed %u", seed);
    }
}
END_TEST

START_TEST(a_sink_that_fails_at_any_call_is_passed_on_and_harms_nothing)
{
    int n;

    rules(EVERY_KIND EVERY_KIND_THAT_CLOSES);
    for (n = 1; n < 400; n++) {
        t.fail_at = n;
        t.failed = false;
        random_stream((unsigned)n, false);
        play("2000 tick", "4000 tick");
        correlator_free(t.c);
        arena_reset(&t.events);
        t.fail_at = 0;
        start();
    }
}
END_TEST

START_TEST(a_damaged_state_of_any_kind_is_refused_or_harmless)
{
    char line[80];
    size_t w;
    int i;

    rules(
        USERS "---\ntitle: s\ncorrelation: {type: value_sum, rules: [a], group-by: [ip], timespan: 60s, condition: "
              "{field: user, gte: 1000}}\n---\ntitle: p\ncorrelation: {type: value_median, rules: [a], group-by: [ip], "
              "timespan: 60s, condition: {field: user, lt: 5}}\n---\ntitle: t\ncorrelation: {type: temporal, rules: "
              "[a, b], group-by: [ip], timespan: 60s}\n---\ntitle: o\ncorrelation: {type: temporal, rules: [a, b], "
              "group-by: [ip], timespan: 60s, condition: a and not b}\n");
    for (i = 0; i < 2; i++)
        play("1 a ip=1 user=1", "2 a ip=1 user=2", "70 a ip=1 user=1");
    ck_assert_int_eq(correlator_flush(t.c), 0);
    ck_assert_uint_ge(t.n_told, 5);
    srand(1);
    for (i = 0; i < 3000; i++) {
        struct told_window bad;
        CLEANUP_FREE char *state = NULL;

        w = (size_t)rand() % t.n_told;
        bad = t.told[w];
        state = slice_dup(slice_of(bad.state, bad.n_state));
        state[(size_t)rand() % bad.n_state] ^= (char)(1 << rand() % 8);
        (void)snprintf(line, sizeof(line), "%d", 1000 + i);
        (void)correlator_restore_window(t.c, slice_str(bad.uid), slice_str(line),
            slice_of(state, i % 3 == 0 ? (size_t)rand() % bad.n_state : bad.n_state));
    }
    t.n_alerts = 0;
    play("75 a ip=1 user=2", "76 b ip=1", "400 tick", "100000 tick");
    buffer_reset(&t.fired);
}
END_TEST

UNIT_MAIN_WITH("timelines", setup, teardown, different_values_count_and_the_same_one_again_does_not,
    a_value_counts_where_it_was_seen_last, values_out_of_order_count_in_the_timespan_they_belong_to,
    an_event_without_the_field_is_counted_as_such_and_nowhere_else, several_fields_count_as_tuples,
    values_are_known_again_after_a_restart, agrees_with_counting_values_by_hand_on_random_streams,
    agrees_with_counting_many_values_by_hand_on_random_streams, numbers_sum_up_within_the_timespan,
    numbers_out_of_order_sum_up_where_they_belong, an_average_is_told_when_its_window_closes,
    a_percentile_is_that_of_all_numbers_of_its_window, too_few_events_are_told_when_the_window_closes_and_silence_once,
    without_groups_silence_is_told_each_timespan_also_before_the_first_event,
    however_long_it_was_silence_is_told_once_until_the_next_event,
    an_exact_number_and_a_range_are_those_of_the_whole_window, too_few_different_values_are_told_when_the_window_closes,
    the_time_the_daemon_was_down_is_no_silence, what_comes_behind_the_end_waits_for_the_next_window,
    a_late_event_does_not_open_a_window_that_is_over, a_source_that_lags_closes_its_windows_by_its_own_clock,
    a_source_that_lags_counts_by_itself_in_windows_that_slide, a_stamp_ahead_of_its_time_does_not_keep_a_window_open,
    all_rules_in_any_order_of_the_same_group, so_many_of_the_rules_where_the_condition_is_a_number,
    a_boolean_condition_over_rules, a_rule_that_must_be_absent_is_told_when_the_window_closes, only_the_order_asked_for,
    an_order_is_that_of_event_time_and_of_equal_times_that_of_arrival, an_order_survives_any_noise_between,
    a_rule_may_have_to_be_absent_within_an_order, the_same_rule_may_stand_twice_in_an_order,
    aliases_join_what_events_of_each_rule_call_otherwise,
    a_correlation_may_count_another_by_its_alias_and_by_what_closed, failures_then_success_of_the_same_user,
    what_windows_hold_keeps_its_bound_whatever_its_kind, restarts_at_any_point_change_nothing_of_windows_that_slide,
    a_sink_that_fails_at_any_call_is_passed_on_and_harms_nothing, a_damaged_state_of_any_kind_is_refused_or_harmless)
