/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is known of an atom carries the number of the event it was learnt in, so that nothing has to be forgotten
 * between events. Candidates are bits by rule number, which also puts the hits in order.
 */

#include "detect/matcher.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/error.h"
#include "detect/facts.h"
#include "detect/router.h"

const struct counter_def matcher_counter_defs[MATCHER_COUNTERS] = {
    // clang-format off
    [MATCHER_C_EVENTS]       = {"detect_events",       "Events matched against the rules."},
    [MATCHER_C_UNROUTED]     = {"detect_unrouted",     "Events without a log source, tried only on rules that ask for none."},
    [MATCHER_C_CANDIDATES]   = {"detect_candidates",   "Rules evaluated."},
    [MATCHER_C_MATCHES]      = {"detect_matches",      "Rules that matched an event."},
    [MATCHER_C_CONFIRMS]     = {"detect_confirms",     "PCRE2 runs to confirm or decide a pattern."},
    [MATCHER_C_REGEX_LIMITS] = {"detect_regex_limits", "Rule evaluations in which a pattern reached a PCRE2 limit and counted as no match."},
    [MATCHER_C_MEMORY]       = {"detect_memory",       "Values and fields not compared rightly because memory ran out."},
    // clang-format on
};

/* What is known of an atom: the event in the upper bits; in the lower an enum decision, or that it may hold. */
enum { KNOWN_POSSIBLE = 3, KNOWN_BITS = 2, EPOCH_MAX = (1 << 30) - 1 };

struct matcher {
    struct ruleset *rs;
    uint32_t epoch; /* counts events, from 1 */
    struct route route;
    uint32_t *known;       /* by atom */
    uint64_t *candidate;   /* bitset by rule; clear between events */
    size_t candidate_from; /* words of it that hold any */
    size_t candidate_to;
    const struct rule **hits;
    struct facts facts;
    struct index_scratch scratch;
    struct router *router;
    struct counters *counters;
    _Atomic uint64_t *n_matches; /* by rule */
    _Atomic uint64_t *n_limits;
    uint64_t n_regex_runs; /* counted so far */
    uint64_t n_memory;
};

static int
allocate(struct matcher *m, const struct matcher_options *options)
{
    struct ruleset *rs = m->rs;
    int r;

    m->known = calloc(rs->atoms.n + 1, sizeof(*m->known));
    m->candidate = calloc(BIT_WORDS(rs->rules.n + 1), sizeof(*m->candidate));
    m->hits = calloc(rs->rules.n + 1, sizeof(*m->hits));
    m->n_matches = calloc(rs->rules.n + 1, sizeof(*m->n_matches));
    m->n_limits = calloc(rs->rules.n + 1, sizeof(*m->n_limits));
    if (m->known == NULL || m->candidate == NULL || m->hits == NULL || m->n_matches == NULL || m->n_limits == NULL)
        return error_origin(-ENOMEM);
    r = counters_new(&m->counters, matcher_counter_defs, MATCHER_COUNTERS);
    if (r == 0)
        r = facts_init(&m->facts, rs);
    if (r == 0)
        r = router_new(&m->router, rs, options != NULL && options->no_routing);
    if (r == 0 && rs->scratch != NULL)
        r = prefilter_scratch_clone(&m->scratch.prefilter, rs->scratch);
    return r < 0 ? error_trace(r) : 0;
}

int
matcher_new(struct matcher **out, struct ruleset *rs, const struct matcher_options *options)
{
    CLEANUP(matcher_free) struct matcher *m = NULL;
    int r;

    m = calloc(1, sizeof(*m));
    if (m == NULL)
        return error_origin(-ENOMEM);
    m->rs = rs;
    (void)rules_ref(&rs->rules);
    m->candidate_from = SIZE_MAX;
    r = allocate(m, options);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(m);
    return 0;
}

void
matcher_free(struct matcher *m)
{
    if (m == NULL)
        return;
    prefilter_scratch_free(m->scratch.prefilter);
    fold_buffer_fini(&m->scratch.folded);
    fold_buffer_fini(&m->scratch.cleaned);
    router_free(m->router);
    facts_fini(&m->facts);
    counters_free(m->counters);
    free(m->n_limits);
    free(m->n_matches);
    free(m->hits);
    free(m->candidate);
    free(m->known);
    ruleset_unref(m->rs);
    free(m);
}

static void
add_candidate(struct matcher *m, uint32_t rule)
{
    size_t word = rule / 64;

    bit_set(m->candidate, rule);
    m->candidate_from = word < m->candidate_from ? word : m->candidate_from;
    m->candidate_to = word >= m->candidate_to ? word + 1 : m->candidate_to;
}

/* index_fn: a value makes @atom true or possible. */
static void
learn(void *ctx, uint32_t atom, enum finding finding)
{
    struct matcher *m = ctx;
    const struct ruleset *rs = m->rs;
    bool is_new = m->known[atom] >> KNOWN_BITS != m->epoch;
    uint32_t i;

    if (is_new || finding == FINDING_TRUE)
        m->known[atom] = m->epoch << KNOWN_BITS | (finding == FINDING_TRUE ? (unsigned)DECISION_TRUE : KNOWN_POSSIBLE);
    if (!is_new)
        return;
    for (i = rs->witness_of.first[atom]; i < rs->witness_of.first[atom + 1]; i++)
        if (bit_get(m->route.sources, rs->code[rs->witness_of.items[i]].source))
            add_candidate(m, rs->witness_of.items[i]);
}

static void
scan_scope(struct matcher *m, uint32_t scope, struct slice value)
{
    if (bit_get(m->route.scopes, scope) && value.p != NULL)
        index_scan(&m->rs->indexes[scope], value, &m->scratch, learn, m);
}

static void
scan_keywords(struct matcher *m, const struct event *event)
{
    size_t i;

    if (!event->structured) {
        scan_scope(m, SCOPE_KEYWORDS, event->text);
        return;
    }
    for (i = event->n_fields_header; i < event->n_fields; i++)
        if (event->fields[i].type == VALUE_TEXT)
            scan_scope(m, SCOPE_KEYWORDS, event->fields[i].value);
}

static void
scan_fields(struct matcher *m, const struct event *event)
{
    size_t i;

    for (i = 0; i < m->facts.n_fields; i++)
        if (m->facts.fields[i].scope != SCOPE_KEYWORDS && event->fields[i].type != VALUE_NULL)
            scan_scope(m, m->facts.fields[i].scope, event->fields[i].value);
}

static void
add_always(struct matcher *m)
{
    const struct lists *always = &m->rs->always;
    uint32_t i;
    size_t source;

    for (source = 0; source < m->rs->n_sources; source++)
        if (bit_get(m->route.sources, source))
            for (i = always->first[source]; i < always->first[source + 1]; i++)
                add_candidate(m, always->items[i]);
}

static enum decision
ask(struct matcher *m, uint32_t atom)
{
    uint32_t known = m->known[atom];

    if (known >> KNOWN_BITS == m->epoch) {
        if ((known & KNOWN_POSSIBLE) != KNOWN_POSSIBLE)
            return (enum decision)(known & KNOWN_POSSIBLE);
    } else if (bit_get(m->rs->scanned, atom)) {
        return DECISION_FALSE;
    }
    known = (uint32_t)facts_decide(&m->facts, m->rs->atoms.items[atom]);
    m->known[atom] = m->epoch << KNOWN_BITS | known;
    return (enum decision)known;
}

static bool
evaluate(struct matcher *m, uint32_t rule)
{
    uint32_t at = m->rs->code[rule].entry;
    bool met_limit = false;

    while (at < STEP_FAIL) {
        const struct step *step = &m->rs->steps[at];
        enum decision d = ask(m, step->atom);

        met_limit |= d == DECISION_LIMIT;
        at = d == DECISION_TRUE ? step->on_true : step->on_false;
    }
    if (UNLIKELY(met_limit)) {
        atomic_fetch_add_explicit(&m->n_limits[rule], 1, memory_order_relaxed);
        counters_add(m->counters, MATCHER_C_REGEX_LIMITS, 1);
    }
    return at == STEP_MATCH;
}

static size_t
evaluate_candidates(struct matcher *m)
{
    size_t n_hits = 0;
    uint64_t n_candidates = 0;
    size_t word;

    for (word = m->candidate_from; word < m->candidate_to; word++) {
        uint64_t bits = m->candidate[word];

        m->candidate[word] = 0;
        for (; bits != 0; bits &= bits - 1) {
            uint32_t rule = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(bits);

            n_candidates++;
            if (!evaluate(m, rule))
                continue;
            m->hits[n_hits++] = &m->rs->rules.items[rule];
            atomic_fetch_add_explicit(&m->n_matches[rule], 1, memory_order_relaxed);
        }
    }
    m->candidate_from = SIZE_MAX;
    m->candidate_to = 0;
    counters_add(m->counters, MATCHER_C_CANDIDATES, n_candidates);
    return n_hits;
}

static void
next_epoch(struct matcher *m)
{
    if (UNLIKELY(m->epoch == EPOCH_MAX)) {
        memset(m->known, 0, m->rs->atoms.n * sizeof(*m->known));
        facts_restart(&m->facts, m->rs);
        m->epoch = 0;
    }
    m->epoch++;
}

static void
count(struct matcher *m, const struct event *event, size_t n_hits)
{
    uint64_t n_memory = m->facts.n_unseen + m->facts.folded.n_failed + m->facts.folded_other.n_failed +
                        m->scratch.folded.n_failed + m->scratch.cleaned.n_failed;

    counters_add(m->counters, MATCHER_C_EVENTS, 1);
    if (event->n_logsources == 0)
        counters_add(m->counters, MATCHER_C_UNROUTED, 1);
    if (n_hits > 0)
        counters_add(m->counters, MATCHER_C_MATCHES, n_hits);
    if (m->facts.n_regex_runs != m->n_regex_runs)
        counters_add(m->counters, MATCHER_C_CONFIRMS, m->facts.n_regex_runs - m->n_regex_runs);
    m->n_regex_runs = m->facts.n_regex_runs;
    if (UNLIKELY(n_memory != m->n_memory))
        counters_add(m->counters, MATCHER_C_MEMORY, n_memory - m->n_memory);
    m->n_memory = n_memory;
}

size_t
matcher_match(struct matcher *m, const struct event *event, const struct rule *const **hits)
{
    size_t n_hits;

    next_epoch(m);
    m->route = router_route(m->router, event);
    facts_set(&m->facts, m->rs, event, m->epoch, m->route.asks_fields);
    fold_buffer_forget(&m->scratch.folded);
    scan_fields(m, event);
    scan_keywords(m, event);
    add_always(m);
    n_hits = evaluate_candidates(m);
    count(m, event, n_hits);
    *hits = m->hits;
    return n_hits;
}

int
matcher_carry(struct matcher *m, const struct matcher *before)
{
    int r;

    counters_carry(m->counters, before->counters);
    r = rules_carry(&m->rs->rules, m->n_matches, &before->rs->rules, before->n_matches);
    if (r == 0)
        r = rules_carry(&m->rs->rules, m->n_limits, &before->rs->rules, before->n_limits);
    return r < 0 ? error_trace(r) : 0;
}

uint64_t
matcher_rule_matches(const struct matcher *m, uint32_t number)
{
    return atomic_load_explicit(&m->n_matches[number], memory_order_relaxed);
}

uint64_t
matcher_rule_regex_limits(const struct matcher *m, uint32_t number)
{
    return atomic_load_explicit(&m->n_limits[number], memory_order_relaxed);
}

const struct counters *
matcher_counters(const struct matcher *m)
{
    return m->counters;
}
