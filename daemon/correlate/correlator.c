/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/correlator.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/map.h"
#include "correlate/condition.h"
#include "correlate/fold.h"
#include "correlate/window.h"
#include "parsers/value.h"

enum { ARENA_BYTES_MAX = 1 << 30 };

/* Where the fields that a correlation asks for stand in the events of one rule. */
struct wanted {
    struct key_recipe groups;
    struct key_recipe values;
};

/* A correlation that runs. It stays from ruleset to ruleset while it counts the same. */
struct running {
    struct threshold threshold;
    const struct rule *rule; /* in the present ruleset */
    bool listed;             /* in the present ruleset */
    struct correlation_term terms[];
};

/* A rule of a ruleset that is being compiled and the correlation it is; no correlation: NULL. */
struct listing {
    struct running *running;
    const struct wanted *wanted;
};

/* One correlation that counts a rule, and as which of its rules. */
struct counting {
    struct running *running;
    const struct wanted *wanted; /* of this rule's events */
    uint32_t rule;
};

/* What a rule means here: one cache line, since a storm may go over thousands of rules. */
struct meaning {
    struct key_recipe fold;
    struct counting *counts; /* the correlations that count its detections */
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
    struct clocks clocks;
    struct walltime now; /* of the tick that closes windows */
    struct arena made;   /* events made up, until the next flush */
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
    [CORRELATOR_C_WINDOWS_EVICTED] = {"correlator_windows_evicted", "correlation windows dropped because too many groups or bytes were kept"},
    [CORRELATOR_C_LATE]            = {"correlator_late", "events too old for their correlation window, not counted there"},
    [CORRELATOR_C_AHEAD]           = {"correlator_ahead", "events stamped later than they were received, counted among themselves"},
    [CORRELATOR_C_GROUP_ABSENT]    = {"correlator_group_absent", "events without a field that a correlation groups by, not counted there"},
    [CORRELATOR_C_GROUP_CUT]       = {"correlator_group_cut", "group values told apart by their length and first bytes only"},
    [CORRELATOR_C_VALUE_ABSENT]    = {"correlator_value_absent", "events without the value, or the number, that a correlation asks for, not counted there"},
    [CORRELATOR_C_CUT]             = {"correlator_cut", "events not kept in a correlation window because it held 1000000"},
    [CORRELATOR_C_FIRED]           = {"correlator_fired", "times the condition of a correlation came true"},
    [CORRELATOR_C_CHAIN_CUT]       = {"correlator_chain_cut", "correlations upon correlations beyond the limit, not counted"},
    [CORRELATOR_C_REFUSED]         = {"correlator_refused", "correlations of the present ruleset that cannot run"},
    [CORRELATOR_C_ALERTS_OPEN]     = {"correlator_alerts_open", "alerts open now"},
    [CORRELATOR_C_WINDOWS]         = {"correlator_windows", "correlation windows kept now"},
    [CORRELATOR_C_BYTES]           = {"correlator_bytes", "bytes that correlation windows hold now beside themselves"},
    // clang-format on
};

static bool
is_count(const struct correlation *c)
{
    return c->type == CORRELATION_EVENT_COUNT || c->type == CORRELATION_VALUE_COUNT ||
           (c->type == CORRELATION_TEMPORAL && c->n_terms == 0);
}

/* Why what it counts cannot be counted. */
static const char *
condition_refusal(const struct correlation *c)
{
    size_t i;

    for (i = 0; i < c->n_comparisons; i++)
        if (is_count(c) && c->comparisons[i].value > CORRELATOR_THRESHOLD_MAX)
            return "the condition asks for more than 1000000 events";
    if (is_count(c) && !condition_closes(c) && condition_least(c) == 0)
        return "the condition is true without any event; it must ask for at least one";
    return NULL;
}

const char *
correlator_refusal(const struct rule *rule)
{
    const struct correlation *c = rule->correlation;
    bool is_temporal;

    if (c == NULL)
        return NULL;
    is_temporal = c->type == CORRELATION_TEMPORAL || c->type == CORRELATION_TEMPORAL_ORDERED;
    if (c->timespan_ns <= 0)
        return "timespan must be longer than nothing";
    if (rule->n_group_by > ALERT_GROUP_MAX)
        return "group-by has more than 8 fields";
    if (c->n_fields > ALERT_GROUP_MAX)
        return "the condition has more than 8 fields";
    if (is_temporal && (c->n_rules > CORRELATION_TEMPORAL_MAX || c->n_terms > CORRELATION_TERMS_MAX))
        return "a temporal correlation asks for more than 64 rules";
    return condition_refusal(c);
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
        r = arena_init(&c->made, 0, ARENA_BYTES_MAX);
    if (r == 0)
        r = arena_init(&c->kept, 0, ARENA_BYTES_MAX);
    if (r == 0)
        r = copy_group_by(c, settings);
    if (r == 0)
        r = counters_new(&c->told.counters, correlator_counter_defs, CORRELATOR_COUNTERS);
    if (r == 0)
        r = fold_new(&c->fold, &c->settings, &c->told);
    if (r == 0)
        r = windows_new(&c->windows, &c->settings, &c->told, &c->clocks);
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
    clocks_fini(&c->clocks);
    arena_fini(&c->made);
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

static uint64_t
mix_slices(uint64_t h, const struct slice *items, size_t n)
{
    size_t i;

    h = hash_mix(h, n);
    for (i = 0; i < n; i++)
        h = mix_slice(h, items[i]);
    return h;
}

static uint64_t
mix_double(uint64_t h, double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof(bits));
    return hash_mix(h, bits);
}

static uint64_t
mix_condition(uint64_t h, const struct correlation *c)
{
    size_t i;

    for (i = 0; i < c->n_comparisons; i++)
        h = mix_double(hash_mix(h, c->comparisons[i].op), c->comparisons[i].value);
    for (i = 0; i < c->n_terms; i++)
        h = hash_mix(hash_mix(h, c->terms[i].kind), c->terms[i].rule);
    h = mix_slices(h, c->fields, c->n_fields);
    return mix_double(h, c->percentile);
}

/* Differs when the correlation would count otherwise; the same in every process, since it is stored. */
static uint64_t
definition_of(const struct rule *rule)
{
    const struct correlation *c = rule->correlation;
    uint64_t h = mix_condition(hash_mix(1, c->type), c);
    size_t i;

    h = hash_mix(h, (uint64_t)c->timespan_ns);
    h = mix_slices(h, rule->group_by, rule->n_group_by);
    h = hash_mix(h, c->n_rules);
    for (i = 0; i < c->n_rules; i++)
        h = mix_slice(h, c->rules[i]->uid);
    for (i = 0; i < c->n_aliases; i++)
        h = mix_slices(mix_slice(h, c->aliases[i].name), c->aliases[i].fields, c->n_rules);
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

/* What @rule asks; its uid and terms are copied behind @n. */
static void
set_threshold(struct running *n, const struct rule *rule, uint64_t definition)
{
    const struct correlation *c = rule->correlation;
    struct threshold *t = &n->threshold;
    char *uid = (char *)(n->terms + c->n_terms);

    memcpy(uid, rule->uid.p, rule->uid.n);
    if (c->n_terms > 0)
        memcpy(n->terms, c->terms, c->n_terms * sizeof(*c->terms));
    *t = (struct threshold){.uid = slice_of(uid, rule->uid.n),
        .timespan_ns = c->timespan_ns,
        .definition = definition,
        .seed = mix_slice(definition, rule->uid),
        .salt = hash_keyed(rule->uid),
        .type = c->type,
        .n_comparisons = c->n_comparisons,
        .terms = n->terms,
        .n_terms = c->n_terms,
        .percentile = c->percentile,
        .n_rules = (unsigned)c->n_rules,
        .n = condition_least(c),
        .saturates = condition_saturates(c),
        .openers = condition_openers(c),
        .closes = condition_closes(c),
        .whole = rule->n_group_by == 0};
    memcpy(t->comparisons, c->comparisons, sizeof(t->comparisons));
    t->holds_of_none = t->closes && (t->type == CORRELATION_EVENT_COUNT || t->type == CORRELATION_VALUE_COUNT) &&
                       condition_holds(t->comparisons, t->n_comparisons, 0);
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
    n = calloc(1, sizeof(*n) + rule->correlation->n_terms * sizeof(n->terms[0]) + rule->uid.n);
    if (n == NULL)
        return error_origin(-ENOMEM);
    set_threshold(n, rule, definition);
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

/* How @name is called in the events of the correlation's rule @i. */
static struct slice
called(const struct correlation *c, struct slice name, size_t i)
{
    size_t k;

    for (k = 0; k < c->n_aliases; k++)
        if (slice_eq(c->aliases[k].name, name) && c->aliases[k].fields[i].p != NULL)
            return c->aliases[k].fields[i];
    return name;
}

static bool
make_recipe(struct arena *arena, const struct correlation *c, const struct slice *names, size_t n, size_t rule,
    struct key_recipe *out)
{
    struct slice fields[ALERT_GROUP_MAX];
    size_t i;

    for (i = 0; i < n; i++)
        fields[i] = called(c, names[i], rule);
    *out = (struct key_recipe){.fields = key_fields_new(arena, fields, n), .n_fields = n};
    return out->fields != NULL;
}

/* Without aliases all rules share the fields of the first. */
static int
find_fields(struct arena *arena, const struct rule *rule, const struct wanted **out)
{
    const struct correlation *c = rule->correlation;
    struct wanted *fields = arena_zalloc(arena, (c->n_rules + 1) * sizeof(*fields));
    size_t i;

    if (fields == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < c->n_rules; i++)
        if (i > 0 && c->n_aliases == 0)
            fields[i] = fields[0];
        else if (!make_recipe(arena, c, rule->group_by, rule->n_group_by, i, &fields[i].groups) ||
                 !make_recipe(arena, c, c->fields, c->n_fields, i, &fields[i].values))
            return error_origin(-ENOMEM);
    *out = fields;
    return 0;
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
        r = find_fields(&next->arena, rule, &listings[i].wanted);
        if (r == 0)
            r = run_correlation(c, rule, &listings[i].running);
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}

static uint32_t
index_in(const struct correlation *c, const struct rule *rule)
{
    size_t i;

    for (i = 0; i < c->n_rules && c->rules[i] != rule; i++)
        continue;
    ASSERT(i < c->n_rules);
    return (uint32_t)i;
}

static struct counting
count_by(const struct listing *listing, const struct rule *correlation, const struct rule *rule)
{
    uint32_t i = index_in(correlation->correlation, rule);

    return (struct counting){listing->running, &listing->wanted[i], i};
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
        m->counts = arena_alloc(&next->arena, (rule->n_counted_by + 1) * sizeof(*m->counts));
        if (m->counts == NULL)
            return error_origin(-ENOMEM);
        for (k = 0; k < rule->n_counted_by; k++)
            if (listings[rule->counted_by[k]->number].running != NULL)
                m->counts[m->n_counts++] = count_by(&listings[rule->counted_by[k]->number], rule->counted_by[k], rule);
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

static int
fire(struct correlator *c, struct detection *own, unsigned depth)
{
    counters_add(c->told.counters, CORRELATOR_C_FIRED, 1);
    if (depth >= CORRELATOR_CHAIN_MAX) {
        counters_add(c->told.counters, CORRELATOR_C_CHAIN_CUT, 1);
        return 0;
    }
    return take(c, own, depth + 1);
}

static void
add_field(struct event *e, struct slice name, struct slice value)
{
    e->fields[e->n_fields++] = (struct field){.name = name, .name_hash = field_hash(name), .value = value};
}

/* The event with what it groups by under the names the correlation has for it, by which alerts fold and others count.
 */
static const struct event *
with_aliases(struct correlator *c, const struct rule *rule, const struct wanted *fields, const struct event *event)
{
    struct event *e = arena_alloc(&c->made, sizeof(*e));
    size_t i;

    if (e == NULL)
        return NULL;
    *e = *event;
    e->fields = arena_alloc(&c->made, (event->n_fields + rule->n_group_by) * sizeof(*e->fields));
    if (e->fields == NULL)
        return NULL;
    if (event->n_fields > 0)
        memcpy(e->fields, event->fields, event->n_fields * sizeof(*e->fields));
    for (i = 0; i < rule->n_group_by; i++)
        if (!slice_eq(fields->groups.fields[i].name, rule->group_by[i]))
            add_field(e, rule->group_by[i], key_value(event, &fields->groups.fields[i]));
    return e;
}

/* A correlation's condition came true with @d. */
static int
fire_with(struct correlator *c, const struct counting *by, const struct detection *d, const struct window_fired *fired,
    unsigned depth)
{
    const struct running *n = by->running;
    struct detection own = {
        .rule = n->rule, .event = d->event, .detected = d->detected, .counted = fired->n, .since = fired->since};

    if (n->rule->correlation->n_aliases > 0)
        own.event = with_aliases(c, n->rule, by->wanted, d->event);
    return own.event == NULL ? error_origin(-ENOMEM) : fire(c, &own, depth);
}

/* window_closed_fn: the event is what is known of the group, at the end of its window; nobody sent it. */
static int
fire_closed(void *ctx, struct threshold *t, struct slice key, const struct window_fired *fired)
{
    struct correlator *c = ctx;
    const struct rule *rule = ((const struct running *)t)->rule;
    struct event *e = arena_zalloc(&c->made, sizeof(*e));
    struct slice values[ALERT_GROUP_MAX];
    struct detection own = {.rule = rule, .event = e, .detected = c->now, .counted = fired->n, .since = fired->since};
    size_t i;

    if (e == NULL)
        return error_origin(-ENOMEM);
    if (key.n > 0)
        key = arena_copy(&c->made, key);
    *e = (struct event){.time = fired->until, .time_given = true, .structured = true, .source = EVENT_SOURCE_UNKNOWN};
    e->frame.received = c->now;
    e->fields = arena_alloc(&c->made, (rule->n_group_by + 1) * sizeof(*e->fields));
    if (c->made.overflowed)
        return error_origin(-ENOMEM);
    key_read(key, values, rule->n_group_by);
    for (i = 0; i < rule->n_group_by; i++)
        if (values[i].p != NULL)
            add_field(e, rule->group_by[i], values[i]);
    return fire(c, &own, 0);
}

/* An event cannot have happened after it was received: such a stamp is a wrong clock's or a forged one. */
static bool
is_ahead(const struct correlator *c, const struct event *e)
{
    return e->frame.received.ns > 0 && e->time.ns > e->frame.received.ns &&
           (uint64_t)e->time.ns - (uint64_t)e->frame.received.ns > (uint64_t)c->settings.lateness_ns;
}

static bool
hash_values(const struct threshold *t, const struct key_recipe *values, const struct event *e, uint64_t *hash)
{
    size_t i;

    *hash = values->n_fields;
    for (i = 0; i < values->n_fields; i++) {
        struct slice value = key_value(e, &values->fields[i]);

        if (value.p == NULL)
            return false;
        *hash = hash_mix(*hash, hash_salted(t->salt, value));
    }
    return true;
}

static bool
take_number(const struct key_recipe *values, const struct event *e, uint64_t *bits)
{
    struct slice value = values->n_fields > 0 ? key_value(e, &values->fields[0]) : (struct slice){NULL, 0};
    double number;

    if (value.p == NULL || !value_number(value, &number) || !isfinite(number))
        return false;
    memcpy(bits, &number, sizeof(*bits));
    return true;
}

/* What the event adds. Return: whether it has that. */
static bool
take_value(const struct counting *by, const struct event *e, uint64_t *value)
{
    const struct threshold *t = &by->running->threshold;
    const struct key_recipe *values = &by->wanted->values;

    switch (t->type) {
    case CORRELATION_EVENT_COUNT:
        break;
    case CORRELATION_VALUE_COUNT:
        return hash_values(t, values, e, value);
    case CORRELATION_TEMPORAL:
    case CORRELATION_TEMPORAL_ORDERED:
        *value = by->rule;
        break;
    case CORRELATION_VALUE_SUM:
    case CORRELATION_VALUE_AVG:
    case CORRELATION_VALUE_PERCENTILE:
        return take_number(values, e, value);
    }
    return true;
}

/* Late for its window, but not by the clock of its own source: that one is behind, and counts by itself. */
static bool
is_behind(const struct correlator *c, const struct threshold *t, const struct occurrence *o)
{
    int64_t newest = clocks_newest(&c->clocks, o->source);

    return !t->closes && newest != INT64_MIN &&
           (newest <= o->time ||
               (uint64_t)newest - (uint64_t)o->time <= (uint64_t)t->timespan_ns + (uint64_t)c->settings.lateness_ns);
}

static void
count_ahead(struct correlator *c, const struct threshold *t, const struct event *e, struct occurrence *o)
{
    counters_add(c->told.counters, CORRELATOR_C_AHEAD, 1);
    if (t->closes)
        o->time = e->frame.received.ns; /* no clock would ever show its end */
    else
        key_mark(&c->key);
}

/* What an event's time is worth. */
struct stamp {
    uint16_t source; /* by whose clock */
    bool is_ahead;
};

static int
count_in(struct correlator *c, const struct counting *by, const struct detection *d, const struct stamp *stamp,
    unsigned depth)
{
    struct threshold *t = &by->running->threshold;
    struct counters *counters = c->told.counters;
    struct occurrence o = {.time = d->event->time.ns, .arrived = d->detected.ns, .source = stamp->source};
    struct window_fired fired = {0};
    int r;

    key_make(&c->key, &by->wanted->groups, d->event);
    if (c->key.n_absent > 0) {
        counters_add(counters, CORRELATOR_C_GROUP_ABSENT, 1);
        return 0;
    }
    if (!take_value(by, d->event, &o.value)) {
        counters_add(counters, CORRELATOR_C_VALUE_ABSENT, 1);
        return 0;
    }
    counters_add(counters, CORRELATOR_C_GROUP_CUT, c->key.n_cut);
    if (UNLIKELY(stamp->is_ahead))
        count_ahead(c, t, d->event, &o);
    r = windows_count(c->windows, t, key_slice(&c->key), &o, &fired);
    if (UNLIKELY(r == WINDOW_E_LATE) && is_behind(c, t, &o)) {
        key_mark_source(&c->key, o.source);
        r = windows_count(c->windows, t, key_slice(&c->key), &o, &fired);
    }
    if (r < 0)
        return error_trace(r);
    if (r == WINDOW_E_LATE)
        counters_add(counters, CORRELATOR_C_LATE, 1);
    return r == WINDOW_E_FIRED ? fire_with(c, by, d, &fired, depth) : 0;
}

/* Towards the correlations that count its rule. What a source sends tells how far its clock has come; a stamp ahead of
 * its time tells nothing. */
static int
count(struct correlator *c, const struct meaning *m, const struct detection *d, unsigned depth)
{
    const struct stamp stamp = {clocks_source(d->event), is_ahead(c, d->event)};
    int r = stamp.is_ahead ? 0 : clocks_hear(&c->clocks, stamp.source, d->event->time.ns, d->detected.ns);
    size_t i;

    for (i = 0; i < m->n_counts && r == 0; i++)
        r = count_in(c, &m->counts[i], d, &stamp, depth);
    return r < 0 ? error_trace(r) : 0;
}

static int
take(struct correlator *c, struct detection *d, unsigned depth)
{
    const struct meaning *m = meaning_of(c, d->rule);
    struct meaning own;
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
    return m->n_counts > 0 ? count(c, m, d, depth) : 0;
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
    c->now = now;
    r = windows_tick(c->windows, now, fire_closed, c);
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
    counters_set(counters, CORRELATOR_C_BYTES, windows_bytes(c->windows));
    arena_reset(&c->made);
    return 0;
}

int
correlator_settle(struct correlator *c)
{
    int r = fold_settle(c->fold);

    if (r == 0)
        arena_reset(&c->made);
    return r;
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
