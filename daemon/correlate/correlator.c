/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/correlator.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/log.h"
#include "base/map.h"
#include "correlate/fold.h"
#include "correlate/window.h"

enum { ARENA_BYTES_MAX = 1 << 30 };

/* A correlation that runs. It stays from ruleset to ruleset while it counts the same. */
struct running {
    struct threshold threshold;
    const struct rule *rule;  /* in the present ruleset */
    struct key_recipe groups; /* likewise, in its arena */
    bool listed;              /* in the present ruleset */
    char uid[];
};

/* A rule of a ruleset that is being compiled and the correlation it is; no correlation: NULL. */
struct listing {
    struct running *running;
    struct key_recipe groups;
};

/* What a rule means here: one cache line, since a storm may go over thousands of rules. */
struct meaning {
    struct key_recipe fold;
    struct running **counts; /* the correlations that count its detections */
    size_t n_counts;
    bool silent;
};

/* The present ruleset, and what each of its rules means, by its number. */
struct compiled {
    struct rules *rules; /* referenced; NULL before the first */
    struct arena arena;
    struct meaning *meanings;
    struct map *by_uid;
};

struct correlator {
    struct correlator_settings settings;
    struct told told;
    struct arena kept;                /* what comes from the settings */
    const struct key_field *group_by; /* settings.group_by */
    size_t n_group_by;
    struct fold *fold;
    struct windows *windows;
    struct compiled present;
    struct running **running;
    size_t n_running;
    struct arena scratch; /* for rules of another ruleset than the present */
    struct key key;
};

const struct counter_def correlator_counter_defs[CORRELATOR_COUNTERS] = {
    // clang-format off
    [CORRELATOR_C_DETECTIONS]      = {"correlator_detections", "detections taken in, those of correlations too"},
    [CORRELATOR_C_ALERTS_OPENED]   = {"correlator_alerts_opened", "alerts opened"},
    [CORRELATOR_C_ALERTS_CLOSED]   = {"correlator_alerts_closed", "alerts closed"},
    [CORRELATOR_C_ALERTS_EVICTED]  = {"correlator_alerts_evicted", "alerts closed early because too many were open"},
    [CORRELATOR_C_WINDOWS_EVICTED] = {"correlator_windows_evicted", "correlation windows dropped because too many groups or times were kept"},
    [CORRELATOR_C_LATE]            = {"correlator_late", "events too old for their correlation window, not counted there"},
    [CORRELATOR_C_AHEAD]           = {"correlator_ahead", "events stamped later than they were received, counted among themselves"},
    [CORRELATOR_C_GROUP_ABSENT]    = {"correlator_group_absent", "events without a field that a correlation groups by, not counted there"},
    [CORRELATOR_C_GROUP_CUT]       = {"correlator_group_cut", "group values told apart by their length and first bytes only"},
    [CORRELATOR_C_FIRED]           = {"correlator_fired", "times a correlation reached its threshold"},
    [CORRELATOR_C_CHAIN_CUT]       = {"correlator_chain_cut", "correlations upon correlations beyond the limit, not counted"},
    [CORRELATOR_C_REFUSED]         = {"correlator_refused", "correlations of the present ruleset that cannot run"},
    [CORRELATOR_C_ALERTS_OPEN]     = {"correlator_alerts_open", "alerts open now"},
    [CORRELATOR_C_WINDOWS]         = {"correlator_windows", "correlation windows kept now"},
    [CORRELATOR_C_TIMES]           = {"correlator_times", "event times kept now in windows with more than one"},
    // clang-format on
};

/* Which comparisons can come true with an event, and from how many events on. The others are true of an empty group
 * too: they would have to fire when a window ends, without any event. */
static const struct {
    uint64_t more; /* events beyond the rule's number */
    const char *refusal;
} operators[] = {
    // clang-format off
    [COMPARE_GT]  = {1, NULL},
    [COMPARE_GTE] = {0, NULL},
    [COMPARE_EQ]  = {0, NULL}, /* as the count reaches it: a window that slides passes it once and starts anew */
    [COMPARE_LT]  = {0, "condition lt could only be told when a window ends, which is not supported; use gt or gte"},
    [COMPARE_LTE] = {0, "condition lte could only be told when a window ends, which is not supported; use gt or gte"},
    [COMPARE_NEQ] = {0, "condition neq could only be told when a window ends, which is not supported; use gt or gte"},
    // clang-format on
};

const char *
correlator_refusal(const struct rule *rule)
{
    const struct correlation *c = rule->correlation;

    if (c == NULL)
        return NULL;
    if (operators[c->op].refusal != NULL)
        return operators[c->op].refusal;
    if (c->threshold + operators[c->op].more == 0)
        return "the condition is true without any event; it must ask for at least one";
    if (c->threshold > CORRELATOR_THRESHOLD_MAX)
        return "the condition asks for more than 1000000 events";
    if (c->timespan_ns <= 0)
        return "timespan must be longer than nothing";
    if (rule->n_group_by > ALERT_GROUP_MAX)
        return "group-by has more than 8 fields";
    return NULL;
}

static int
copy_group_by(struct correlator *c, const struct correlator_settings *settings)
{
    c->group_by = key_default_fields(&c->kept, settings, &c->n_group_by);
    return c->group_by == NULL ? error_origin(-ENOMEM) : 0;
}

int
correlator_new(
    struct correlator **out, const struct correlator_settings *settings, const struct correlator_sink *sink, void *ctx)
{
    CLEANUP(correlator_free) struct correlator *c = NULL;
    int r;

    c = calloc(1, sizeof(*c));
    if (c == NULL)
        return error_origin(-ENOMEM);
    c->settings = *settings;
    c->told = (struct told){.sink = *sink, .ctx = ctx};
    r = arena_init(&c->scratch, 0, ARENA_BYTES_MAX);
    if (r == 0)
        r = arena_init(&c->kept, 0, ARENA_BYTES_MAX);
    if (r == 0)
        r = copy_group_by(c, settings);
    if (r == 0)
        r = counters_new(&c->told.counters, correlator_counter_defs, CORRELATOR_COUNTERS);
    if (r == 0)
        r = fold_new(&c->fold, &c->settings, &c->told);
    if (r == 0)
        r = windows_new(&c->windows, &c->settings, &c->told);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(c);
    return 0;
}

static void
compiled_fini(struct compiled *p)
{
    map_free(p->by_uid);
    arena_fini(&p->arena);
    rules_unref(p->rules);
    *p = (struct compiled){0};
}

void
correlator_free(struct correlator *c)
{
    size_t i;

    if (c == NULL)
        return;
    fold_free(c->fold);
    windows_free(c->windows);
    for (i = 0; i < c->n_running; i++)
        free(c->running[i]);
    free(c->running);
    compiled_fini(&c->present);
    arena_fini(&c->scratch);
    arena_fini(&c->kept);
    counters_free(c->told.counters);
    free(c);
}

const struct counters *
correlator_counters(const struct correlator *c)
{
    return c->told.counters;
}

/* Rules. */

static uint64_t
mix_slice(uint64_t h, struct slice s)
{
    size_t i;

    h = hash_mix(h, s.n);
    for (i = 0; i < s.n; i++)
        h = hash_mix(h, (unsigned char)s.p[i]);
    return h;
}

/* Differs when the correlation would count otherwise; the same in every process, since it is stored. */
static uint64_t
definition_of(const struct rule *rule)
{
    const struct correlation *c = rule->correlation;
    uint64_t h = 1;
    size_t i;

    h = hash_mix(h, c->threshold + operators[c->op].more);
    h = hash_mix(h, (uint64_t)c->timespan_ns);
    for (i = 0; i < rule->n_group_by; i++)
        h = mix_slice(h, rule->group_by[i]);
    h = hash_mix(h, c->n_rules);
    for (i = 0; i < c->n_rules; i++)
        h = mix_slice(h, c->rules[i]->uid);
    return h;
}

static struct running *
find_running(const struct correlator *c, struct slice uid, uint64_t definition)
{
    size_t i;

    for (i = 0; i < c->n_running; i++)
        if (c->running[i]->threshold.definition == definition && slice_eq(c->running[i]->threshold.uid, uid))
            return c->running[i];
    return NULL;
}

/* The correlation of @rule, begun where it does not run yet. */
static int
run_correlation(struct correlator *c, const struct rule *rule, struct running **out)
{
    uint64_t definition = definition_of(rule);
    struct running *n = find_running(c, rule->uid, definition);
    struct running **p;
    int r;

    *out = n;
    if (n != NULL)
        return 0;
    p = realloc(c->running, (c->n_running + 1) * sizeof(struct running *));
    if (p == NULL)
        return error_origin(-ENOMEM);
    c->running = p;
    n = calloc(1, sizeof(*n) + rule->uid.n);
    if (n == NULL)
        return error_origin(-ENOMEM);
    memcpy(n->uid, rule->uid.p, rule->uid.n);
    n->threshold = (struct threshold){.uid = slice_of(n->uid, rule->uid.n),
        .n = rule->correlation->threshold + operators[rule->correlation->op].more,
        .timespan_ns = rule->correlation->timespan_ns,
        .definition = definition,
        .seed = mix_slice(definition, rule->uid)};
    r = windows_add(c->windows, &n->threshold);
    if (r < 0) {
        free(n);
        return error_trace(r);
    }
    c->running[c->n_running++] = *out = n;
    return 0;
}

/* Ends the correlations that the present ruleset does not list. */
static int
end_unlisted(struct correlator *c)
{
    size_t i = 0;
    int r;

    while (i < c->n_running) {
        struct running *n = c->running[i];

        if (n->listed) {
            i++;
            continue;
        }
        r = windows_drop(c->windows, &n->threshold);
        if (r < 0)
            return error_trace(r);
        free(n);
        c->running[i] = c->running[--c->n_running];
    }
    return 0;
}

/* How detections of @rule fold: by its own group-by, else by the settings'; a correlation by its own alone. */
static int
fold_recipe(const struct correlator *c, struct arena *arena, const struct rule *rule, struct key_recipe *out)
{
    *out = (struct key_recipe){key_prefix(arena, rule->uid), c->group_by, c->n_group_by};
    if (rule->n_group_by > 0 || rule->correlation != NULL)
        key_own_fields(arena, rule, out);
    return arena->overflowed ? error_origin(-ENOMEM) : 0;
}

static int
compile_correlations(struct correlator *c, struct compiled *next, struct listing *listings)
{
    size_t i;
    int r;

    for (i = 0; i < next->rules->n; i++) {
        const struct rule *rule = &next->rules->items[i];

        if (rule->correlation == NULL || correlator_refusal(rule) != NULL)
            continue;
        listings[i].groups.n_fields = rule->n_group_by;
        listings[i].groups.fields = key_fields_new(&next->arena, rule->group_by, rule->n_group_by);
        if (listings[i].groups.fields == NULL)
            return error_origin(-ENOMEM);
        r = run_correlation(c, rule, &listings[i].running);
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}

static int
compile_meanings(struct correlator *c, struct compiled *next, const struct listing *listings)
{
    size_t i;
    size_t k;
    int r;

    for (i = 0; i < next->rules->n; i++) {
        const struct rule *rule = &next->rules->items[i];
        struct meaning *m = &next->meanings[i];

        m->silent = rule->silent;
        r = fold_recipe(c, &next->arena, rule, &m->fold);
        if (r < 0)
            return error_trace(r);
        m->counts = arena_alloc(&next->arena, (rule->n_counted_by + 1) * sizeof(struct running *));
        if (m->counts == NULL)
            return error_origin(-ENOMEM);
        for (k = 0; k < rule->n_counted_by; k++)
            if (listings[rule->counted_by[k]->number].running != NULL)
                m->counts[m->n_counts++] = listings[rule->counted_by[k]->number].running;
        r = map_put(next->by_uid, rule->uid, m);
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}

static int
compile(struct correlator *c, struct rules *rules, struct compiled *next, struct listing *listings)
{
    int r;

    next->rules = rules_ref(rules);
    r = arena_init(&next->arena, 0, ARENA_BYTES_MAX);
    if (r == 0)
        r = map_new(&next->by_uid, rules->n);
    if (r < 0)
        return error_trace(r);
    next->meanings = arena_zalloc(&next->arena, (rules->n + 1) * sizeof(*next->meanings));
    if (next->meanings == NULL)
        return error_origin(-ENOMEM);
    r = compile_correlations(c, next, listings);
    if (r == 0)
        r = compile_meanings(c, next, listings);
    return r < 0 ? error_trace(r) : 0;
}

/* From here on @next is what holds: each correlation learns its rule and groups there. */
static int
take_over(struct correlator *c, struct compiled *next, const struct listing *listings)
{
    size_t i;

    for (i = 0; i < c->n_running; i++)
        c->running[i]->listed = false;
    for (i = 0; i < next->rules->n; i++) {
        struct running *n = listings[i].running;

        if (n == NULL)
            continue;
        n->groups = listings[i].groups;
        n->rule = &next->rules->items[i];
        n->listed = true;
    }
    compiled_fini(&c->present);
    c->present = *next;
    *next = (struct compiled){0};
    return end_unlisted(c);
}

static void
report_refused(struct correlator *c)
{
    const struct rules *rules = c->present.rules;
    uint64_t n = 0;
    size_t i;

    for (i = 0; i < rules->n; i++) {
        const struct rule *rule = &rules->items[i];
        CLEANUP_BUFFER struct buffer title = {0};

        if (correlator_refusal(rule) == NULL)
            continue;
        n++;
        buffer_add_escaped(&title, rule->title);
        log_warning("correlate", SLICE_FMT ":%u: correlation '" SLICE_FMT "' does not run: %s", SLICE_ARG(rule->file),
            rule->line, SLICE_ARG(buffer_slice(&title)), correlator_refusal(rule));
    }
    counters_set(c->told.counters, CORRELATOR_C_REFUSED, n);
}

int
correlator_set_rules(struct correlator *c, struct rules *rules)
{
    CLEANUP_FREE struct listing *listings = NULL;
    struct compiled next = {0};
    int r;

    r = correlator_flush(c);
    if (r < 0)
        return error_trace(r);
    listings = calloc(rules->n + 1, sizeof(*listings));
    if (listings == NULL)
        return error_origin(-ENOMEM);
    r = compile(c, rules, &next, listings);
    if (r == 0)
        r = take_over(c, &next, listings);
    if (r < 0) {
        compiled_fini(&next);
        return error_trace(r);
    }
    report_refused(c);
    return 0;
}

/* Detections. */

/* A rule that the present ruleset has not, under its uid neither: a detection made just before it was taken out. It
 * still counts, in the alert of its rule; there is no correlation left that could count it. */
static int
strange(struct correlator *c, const struct rule *rule, struct meaning *m)
{
    arena_reset(&c->scratch);
    *m = (struct meaning){.silent = rule->silent};
    return fold_recipe(c, &c->scratch, rule, &m->fold);
}

static const struct meaning *
meaning_of(const struct correlator *c, const struct rule *rule)
{
    const struct rules *rules = c->present.rules;

    if (rules == NULL)
        return NULL;
    if (LIKELY(rule >= rules->items && rule < rules->items + rules->n))
        return &c->present.meanings[rule - rules->items];
    return map_get(c->present.by_uid, rule->uid);
}

static int take(struct correlator *c, struct detection *d, unsigned depth);

/* A correlation reached its threshold with @d. */
static int
fire(struct correlator *c, const struct running *n, const struct detection *d, const struct window_fired *fired,
    unsigned depth)
{
    struct detection own = {
        .rule = n->rule, .event = d->event, .detected = d->detected, .counted = fired->n, .since = fired->since};

    counters_add(c->told.counters, CORRELATOR_C_FIRED, 1);
    if (depth >= CORRELATOR_CHAIN_MAX) {
        counters_add(c->told.counters, CORRELATOR_C_CHAIN_CUT, 1);
        return 0;
    }
    return take(c, &own, depth + 1);
}

/* An event cannot have happened after it was received: such a stamp is a wrong clock's or a forged one. */
static bool
is_ahead(const struct correlator *c, const struct event *e)
{
    return e->frame.received.ns > 0 && e->time.ns > e->frame.received.ns &&
           (uint64_t)e->time.ns - (uint64_t)e->frame.received.ns > (uint64_t)c->settings.lateness_ns;
}

static int
count_in(struct correlator *c, struct running *n, const struct detection *d, unsigned depth)
{
    struct counters *counters = c->told.counters;
    struct window_fired fired = {0};
    int r;

    key_make(&c->key, &n->groups, d->event);
    if (c->key.n_absent > 0) {
        counters_add(counters, CORRELATOR_C_GROUP_ABSENT, 1);
        return 0;
    }
    counters_add(counters, CORRELATOR_C_GROUP_CUT, c->key.n_cut);
    if (UNLIKELY(is_ahead(c, d->event))) {
        counters_add(counters, CORRELATOR_C_AHEAD, 1);
        key_mark(&c->key);
    }
    r = windows_count(c->windows, &n->threshold, key_slice(&c->key), d->event->time, d->detected, &fired);
    if (r < 0)
        return error_trace(r);
    if (r == WINDOW_E_LATE)
        counters_add(counters, CORRELATOR_C_LATE, 1);
    return r == WINDOW_E_FIRED ? fire(c, n, d, &fired, depth) : 0;
}

static int
take(struct correlator *c, struct detection *d, unsigned depth)
{
    const struct meaning *m = meaning_of(c, d->rule);
    struct meaning own;
    size_t i;
    int r;

    counters_add(c->told.counters, CORRELATOR_C_DETECTIONS, 1 + d->repeats.n);
    if (UNLIKELY(m == NULL)) {
        r = strange(c, d->rule, &own);
        if (r < 0)
            return error_trace(r);
        m = &own;
    }
    if (!m->silent) {
        key_make(&c->key, &m->fold, d->event);
        counters_add(c->told.counters, CORRELATOR_C_GROUP_CUT, c->key.n_cut);
        r = fold_detection(c->fold, d, &c->key, &m->fold);
        if (r < 0)
            return error_trace(r);
    }
    for (i = 0; i < m->n_counts; i++) {
        r = count_in(c, m->counts[i], d, depth);
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}

int
correlator_detection(struct correlator *c, struct detection *d)
{
    return take(c, d, 0);
}

int
correlator_tick(struct correlator *c, struct walltime now)
{
    int r;

    r = fold_tick(c->fold, now);
    if (r < 0)
        return error_trace(r);
    r = windows_tick(c->windows, now);
    return r < 0 ? error_trace(r) : 0;
}

int
correlator_flush(struct correlator *c)
{
    struct counters *counters = c->told.counters;
    int r;

    r = fold_flush(c->fold);
    if (r < 0)
        return error_trace(r);
    r = windows_flush(c->windows);
    if (r < 0)
        return error_trace(r);
    counters_set(counters, CORRELATOR_C_ALERTS_OPEN, fold_length(c->fold));
    counters_set(counters, CORRELATOR_C_WINDOWS, windows_length(c->windows));
    counters_set(counters, CORRELATOR_C_TIMES, windows_times(c->windows));
    return 0;
}

int
correlator_settle(struct correlator *c)
{
    return fold_settle(c->fold);
}

int
correlator_restore_alert(struct correlator *c, const struct alert *alert)
{
    int r = fold_restore(c->fold, alert);

    return r < 0 ? error_trace(r) : 0;
}

int
correlator_restore_window(struct correlator *c, struct slice rule_uid, struct slice key, struct slice state)
{
    int r = WINDOW_E_STALE;
    size_t i;

    for (i = 0; i < c->n_running && r == WINDOW_E_STALE; i++)
        if (slice_eq(c->running[i]->threshold.uid, rule_uid))
            r = windows_restore(c->windows, &c->running[i]->threshold, key, state);
    if (r < 0)
        return error_trace(r);
    return r == WINDOW_E_STALE ? CORRELATOR_E_STALE : 0;
}
