/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/lane.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "correlate/prefold.h"
#include "detect/matcher.h"

enum {
    BATCH_DETECTIONS = 512,
    BATCH_ARENA = 1024 * 1024,
    SCRATCH_ARENA = 256 * 1024,
    SCRATCH_ARENA_MAX = 64 * 1024 * 1024,
    IDLE_MS = 100,  /* how long to wait for input with nothing to hand over */
    PENDING_MS = 2, /* with detections waiting: they should not wait for company */
    DRAIN_MS = 2000,
    DRAIN_EMPTY_POLLS = 4,
    DRAIN_SENDERS_POLLS = 10, /* without a frame, in DRAIN_SENDERS_MS: time enough for them to hear of our end */
    DRAIN_SENDERS_MS = 300,
    FLUSH_MS = 50,
    RECEIVE_MS = 2, /* how long the kernel keeps what comes for the spool while there is no batch */
    FINDING_RULES_MAX = 64,
    UNIT_SHARE = 2, /* a unit ends with more than 1/UNIT_SHARE of all batches in it */
    HOLD_SHARE = 8, /* with fewer than 1/HOLD_SHARE of them free, what can wait elsewhere does */
    GO_ON_SHARE = 2,
};

static const struct counter_def lane_counter_defs[LANE_COUNTERS] = {
    // clang-format off
    [LANE_C_EVENTS]           = {"events", "events read, parsed and matched"},
    [LANE_C_DETECTIONS]       = {"detections", "rules that matched an event"},
    [LANE_C_COUNTED]          = {"detections_counted", "of these, counted on the lane for alerts that keep no more in full"},
    [LANE_C_BATCHES]          = {"lane_batches", "batches handed to the ledger"},
    [LANE_C_POOL_WAITS]       = {"lane_pool_waits", "times reading stopped because every batch was still uncommitted"},
    [LANE_C_HOLDS]            = {"lane_holds", "times reading of what can wait elsewhere stopped, for want of batches"},
    [LANE_C_UNITS_BROKEN]     = {"lane_units_broken", "units recorded in parts, since one event took all batches: after a crash it may count twice"},
    [LANE_C_EVENTS_TOO_LARGE] = {"lane_events_too_large", "events whose detections were recorded without their event: it does not fit a batch"},
    // clang-format on
};

struct lane {
    const struct settings *settings;
    const struct clock *clock;
    unsigned index;
    struct inputs *inputs;
    struct queue *work;
    struct queue *pool;
    struct batch_work *batches;
    size_t n_batches;
    struct batch_work *current; /* being filled; NULL: none taken */
    struct monotime current_since;
    struct batch_work *ready; /* come home and empty */
    size_t n_ready;

    /* Where an input keeps its place, the batches of a unit wait for its end. */
    bool exact;
    struct batch_work *unit; /* oldest first */
    struct batch_work **unit_end;
    size_t n_unit;
    size_t n_awaited;      /* batches under way with a receipt */
    uint64_t acknowledged; /* the newest receipt that came home committed, for the next turn to tell */
    bool held;
    bool spools;

    struct monotime flush_due; /* of what was counted and not handed over */
    struct arena arena;        /* one event's, reset for each */
    struct source_activity *sources;
    struct learned learned; /* who is of no source */
    bool *is_live;          /* of each input: what comes there was sent as it happened, by the peer it names */
    struct lag_histogram lag_received;
    struct lag_histogram lag_detected;
    struct counters *counters;
    _Atomic bool stopping;
    _Atomic bool done;
    _Atomic bool waiting; /* for a batch to come home */
    _Atomic uint64_t n_turns;
    uint64_t n_turns_seen;          /* of who asks whether it is alive */
    _Atomic(struct program *) next; /* to be taken over; NULL: none */

    /* The lock lets others count a rule's matches while the lane swaps its matcher; held for a few instructions. */
    pthread_mutex_t lock;
    struct program *program;
    struct prefold *prefold;
    struct matcher *matcher;
    struct normalizer_scratch *scratch;
};

static bool
is_live(enum input_type type)
{
    return type == INPUT_UDP || type == INPUT_TCP || type == INPUT_UNIX || type == INPUT_RELP;
}

static int
make_figures(struct lane *l)
{
    const struct settings *s = l->settings;
    size_t i;

    l->sources = calloc(s->n_sources + 1, sizeof(*l->sources));
    l->is_live = calloc(s->n_inputs + 1, sizeof(*l->is_live));
    if (l->sources == NULL || l->is_live == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < s->n_inputs; i++)
        l->is_live[i] = is_live(s->inputs[i].type);
    return learned_init(&l->learned);
}

static int
make_batches(struct lane *l)
{
    size_t i;
    int r;

    l->n_batches = l->settings->batches_per_lane;
    l->batches = calloc(l->n_batches, sizeof(*l->batches));
    if (l->batches == NULL)
        return error_origin(-ENOMEM);
    r = queue_new(&l->pool, l->n_batches);
    if (r < 0)
        return error_trace(r);
    for (i = 0; i < l->n_batches; i++) {
        l->batches[i].work = (struct work){WORK_BATCH, l->pool};
        r = batch_new(&l->batches[i].batch, BATCH_DETECTIONS, BATCH_ARENA);
        if (r < 0)
            return error_trace(r);
        l->batches[i].batch->lane = l->index;
        ASSERT(queue_give(l->pool, &l->batches[i]) == 0);
    }
    return 0;
}

/* It folds as the correlator does: by the same settings. */
static int
make_prefold(const struct lane *l, struct program *program, struct prefold **out)
{
    const struct correlator_settings settings = {
        .fold_window_ns = l->settings->alerts_fold_window_ms * NS_PER_MS,
        .group_by = l->settings->alerts_group_by,
        .n_group_by = l->settings->n_alerts_group_by,
    };

    return prefold_new(out, &settings, ruleset_rules(program->ruleset));
}

/* normalizer_asks_fn */
static bool
asks(const void *ctx, const struct logsource *logsource, const struct logsource *const *given, size_t n_given)
{
    return ruleset_asks(ctx, logsource, given, n_given);
}

/* What is counted goes on over a reload: a counter that falls breaks every rate drawn from it. */
static int
carry(const struct lane *l, struct normalizer_scratch *scratch, struct matcher *matcher)
{
    if (l->matcher == NULL)
        return 0;
    normalizer_carry(scratch, l->scratch);
    return matcher_carry(matcher, l->matcher);
}

/* Makes what matching by @program takes and lets go of what was before; on failure the lane goes on as it was. */
static int
adopt(struct lane *l, struct program *program)
{
    CLEANUP(program_unref) struct program *mine = program_ref(program);
    CLEANUP(normalizer_scratch_free) struct normalizer_scratch *scratch = NULL;
    CLEANUP(matcher_free) struct matcher *matcher = NULL;
    CLEANUP(prefold_free) struct prefold *prefold = NULL;
    int r;

    r = normalizer_scratch_new(&scratch, program->normalizer, asks, program->ruleset);
    if (r == 0)
        r = make_prefold(l, program, &prefold);
    if (r == 0)
        r = matcher_new(&matcher, program->ruleset, NULL);
    if (r == 0)
        r = carry(l, scratch, matcher);
    if (r < 0)
        return error_trace(r);
    pthread_mutex_lock(&l->lock);
    SWAP(l->program, mine);
    SWAP(l->matcher, matcher);
    SWAP(l->scratch, scratch);
    SWAP(l->prefold, prefold);
    pthread_mutex_unlock(&l->lock);
    return 0;
}

int
lane_new(struct lane **out, const struct lane_settings *settings, struct program *program)
{
    CLEANUP(lane_free) struct lane *l = NULL;
    int r;

    l = calloc(1, sizeof(*l));
    if (l == NULL)
        return error_origin(-ENOMEM);
    l->settings = settings->settings;
    l->clock = settings->clock;
    l->index = settings->index;
    l->work = settings->work;
    (void)pthread_mutex_init(&l->lock, NULL);
    r = make_figures(l);
    if (r == 0)
        r = counters_new(&l->counters, lane_counter_defs, LANE_COUNTERS);
    if (r == 0)
        r = arena_init(&l->arena, SCRATCH_ARENA, SCRATCH_ARENA_MAX);
    if (r == 0)
        r = make_batches(l);
    if (r == 0)
        r = adopt(l, program);
    if (r == 0)
        r = inputs_open_with(&l->inputs, l->settings, settings->index, settings->n_lanes, l->clock, settings->handed);
    if (r < 0)
        return error_trace(r);
    l->unit_end = &l->unit;
    l->exact = inputs_exact(l->inputs);
    l->spools = inputs_spool(l->inputs, &(struct spool_view){0});
    *out = TAKE(l);
    return 0;
}

void
lane_free(struct lane *l)
{
    size_t i;

    if (l == NULL)
        return;
    inputs_close(l->inputs);
    for (i = 0; i < l->n_batches && l->batches != NULL; i++) {
        batch_free(l->batches[i].batch);
        program_unref(l->batches[i].program);
    }
    free(l->batches);
    queue_free(l->pool);
    prefold_free(l->prefold);
    matcher_free(l->matcher);
    normalizer_scratch_free(l->scratch);
    program_unref(l->program);
    program_unref(atomic_load(&l->next));
    arena_fini(&l->arena);
    counters_free(l->counters);
    free(l->sources);
    free(l->is_live);
    learned_fini(&l->learned);
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

/* ---- batches: taken, filled, handed over, come home ---- */

static void
keep_receipt(struct lane *l, const struct batch *b)
{
    if (b->receipt.number == 0)
        return;
    l->n_awaited--;
    if (b->committed)
        l->acknowledged = b->receipt.number;
}

/* A batch that comes home tells which alerts have enough. */
static void
come_home(struct lane *l, struct batch_work *b)
{
    size_t i;

    if (b->program == l->program)
        for (i = 0; i < b->batch->n; i++)
            prefold_learn(l->prefold, &b->batch->detections[i]);
    keep_receipt(l, b->batch);
    batch_clear(b->batch);
    program_unref(b->program);
    b->program = NULL;
    b->unit = NULL;
    b->next = l->ready;
    l->ready = b;
    l->n_ready++;
}

/* Takes home what waits at the door, or the first that comes until @deadline. Return: whether one did. */
static bool
collect(struct lane *l, struct monotime deadline)
{
    void *item;

    if (queue_take(l->pool, &item, deadline) != 0)
        return false;
    do
        come_home(l, item);
    while (queue_take(l->pool, &item, QUEUE_NOW) == 0);
    return true;
}

static void
give_unit(struct lane *l)
{
    struct batch_work *unit = l->unit;

    l->unit = NULL;
    l->unit_end = &l->unit;
    l->n_unit = 0;
    if (unit != NULL)
        ASSERT(queue_give(l->work, unit) == 0); /* it has room for every batch there is */
}

/*
 * The ledger thread lives longer than the lanes, so a batch always comes home; unless all wait here. What comes for the
 * spool meanwhile goes there: that needs no batch.
 */
static void
wait_for_batch(struct lane *l)
{
    counters_add(l->counters, LANE_C_POOL_WAITS, 1);
    if (l->n_unit == l->n_batches) {
        counters_add(l->counters, LANE_C_UNITS_BROKEN, 1);
        give_unit(l);
    }
    atomic_store_explicit(&l->waiting, true, memory_order_relaxed);
    while (!collect(l, l->spools ? monotime_add(clock_mono(l->clock), RECEIVE_MS * NS_PER_MS) : QUEUE_FOREVER))
        inputs_receive(l->inputs);
    atomic_store_explicit(&l->waiting, false, memory_order_relaxed);
}

static struct batch_work *
take_batch(struct lane *l)
{
    if (l->current != NULL)
        return l->current;
    if (l->ready == NULL && !collect(l, QUEUE_NOW))
        wait_for_batch(l);
    l->current = l->ready;
    l->ready = l->current->next;
    l->n_ready--;
    l->current->program = program_ref(l->program);
    l->current->batch->rules = rules_ref(ruleset_rules(l->program->ruleset));
    l->current_since = clock_mono(l->clock);
    return l->current;
}

static void
hand_over(struct lane *l)
{
    struct batch_work *b = l->current;

    if (b == NULL)
        return;
    l->current = NULL;
    b->batch->awaited = b->batch->receipt.number == 0 && inputs_receipt_due(l->inputs);
    counters_add(l->counters, LANE_C_BATCHES, 1);
    *l->unit_end = b;
    l->unit_end = &b->unit;
    l->n_unit++;
    if (!l->exact)
        give_unit(l);
}

/* What rules found in an event and is to be handed over. */
struct finding {
    const struct event *event;
    const struct rule *rules[FINDING_RULES_MAX];
    struct prefold_ticket tickets[FINDING_RULES_MAX];
    size_t n;
    struct walltime detected;
};

/* Return: whether the batch took it. */
static bool
add_finding(struct lane *l, const struct finding *f)
{
    struct batch *b = take_batch(l)->batch;
    size_t i;

    if (batch_add(b, f->event, f->rules, f->n, f->detected) != 0)
        return false;
    for (i = 0; i < f->n; i++) {
        struct detection *d = &b->detections[b->n - f->n + i];

        d->ticket = f->tickets[i].number;
        d->repeats = f->tickets[i].repeats;
        b->n_repeats += d->repeats.n;
    }
    return true;
}

/* An event that an empty batch cannot hold is recorded by its beginning alone, and counted: no detection is lost. */
static void
add_stripped(struct lane *l, const struct finding *f)
{
    struct event small = *f->event;
    struct finding stripped = *f;

    counters_add(l->counters, LANE_C_EVENTS_TOO_LARGE, 1);
    small.frame.raw = slice_head(small.frame.raw, 4096);
    small.frame.marks |= FRAME_TRUNCATED;
    small.fields = NULL;
    small.n_fields = 0;
    small.syslog = (struct syslog_message){.facility = small.syslog.facility, .severity = small.syslog.severity};
    stripped.event = &small;
    while (!add_finding(l, &stripped))
        hand_over(l);
}

static void
add(struct lane *l, const struct finding *f)
{
    if (f->n == 0 || add_finding(l, f))
        return;
    hand_over(l);
    if (add_finding(l, f))
        return;
    hand_over(l);
    add_stripped(l, f);
}

/* Whether the detection is counted here; where not, the event is whole and can be handed over with @ticket. */
static bool
fold(struct lane *l, const struct rule *rule, struct event *event, struct walltime now, struct prefold_ticket *ticket)
{
    enum prefold_outcome outcome = prefold_count(l->prefold, rule, event, now, ticket);

    if (outcome == PREFOLD_COUNTED)
        return true;
    normalizer_decode(l->scratch, event);
    if (outcome == PREFOLD_UNDECODED)
        outcome = prefold_count(l->prefold, rule, event, now, ticket);
    if (outcome == PREFOLD_HAND_OVER)
        prefold_keep(l->prefold, ticket, event);
    return outcome == PREFOLD_COUNTED;
}

static void
detect(struct lane *l, struct event *event, const struct rule *const *rules, size_t n)
{
    struct finding f;
    size_t i;

    f.event = event;
    f.detected = clock_wall(l->clock);
    f.n = 0;
    counters_add(l->counters, LANE_C_DETECTIONS, n);
    lag_add(&l->lag_detected, f.detected.ns - event->frame.received.ns);
    for (i = 0; i < n; i++) {
        if (fold(l, rules[i], event, f.detected, &f.tickets[f.n])) {
            counters_add(l->counters, LANE_C_COUNTED, 1);
            continue;
        }
        f.rules[f.n++] = rules[i];
        if (f.n == FINDING_RULES_MAX) {
            add(l, &f);
            f.n = 0;
        }
    }
    add(l, &f);
}

/* What was counted and waits no longer, as one detection with its repeats. */
static void
add_counted(void *ctx, const struct detection *d)
{
    struct lane *l = ctx;
    struct finding f = {.event = d->event, .rules = {d->rule}, .n = 1, .detected = d->detected};
    struct batch *b;

    f.tickets[0] = (struct prefold_ticket){d->ticket, d->repeats};
    add(l, &f);
    b = take_batch(l)->batch;
    ASSERT(b->n > 0);
    b->detections[b->n - 1].stands_in = true;
}

/* Puts the unit's receipt into its last batch. Where it finds no room beside detections, that is one of its own. */
static int
add_receipt(struct lane *l)
{
    struct batch *b = take_batch(l)->batch;
    int r = inputs_receipt(l->inputs, &b->arena, &b->receipt);

    if (r == -ENOMEM) {
        hand_over(l);
        b = take_batch(l)->batch;
        r = inputs_receipt(l->inputs, &b->arena, &b->receipt);
    }
    if (r < 0)
        return error_trace(r);
    l->n_awaited += b->receipt.number != 0;
    return 0;
}

/* Everything that came so far goes to the ledger, with a receipt for whoever wants one. */
static void
end_unit(struct lane *l)
{
    int r;

    prefold_flush(l->prefold, (struct walltime){0}, add_counted, l);
    r = add_receipt(l);
    if (r < 0) {
        log_failure("lane", r, "the places of inputs do not fit a batch; the unit goes on");
        return;
    }
    hand_over(l);
    give_unit(l);
}

/* Who it is from, known or not, and how far the sender's clock is off. */
static void
notice(struct lane *l, const struct event *e)
{
    const struct frame *f = &e->frame;
    bool live = f->listener != FRAME_NO_LISTENER && l->is_live[f->listener];
    uint32_t zone = (e->syslog.marks & SYSLOG_ZONE_ASSUMED) != 0 ? f->listener : SOURCE_ZONE_STATED;

    if (e->source != EVENT_SOURCE_UNKNOWN) {
        source_saw(&l->sources[e->source], f->received, e->time);
        if (e->time_given && live)
            source_timed(&l->sources[e->source], f->received.ns - e->time.ns, zone);
    } else if (l->settings->watch.learned_max > 0) {
        const struct slice nobody = {NULL, 0};
        struct learned_seen *s = learned_saw(&l->learned, e->syslog.hostname, live ? f->peer : nobody, f->received);

        if (s != NULL && e->time_given && live)
            learned_timed(s, f->received.ns - e->time.ns, zone);
    }
}

static void
on_frame(void *ctx, const struct frame *frame)
{
    struct lane *l = ctx;
    const struct rule *const *rules;
    struct event event;
    size_t n;

    arena_reset(&l->arena);
    normalizer_event(l->program->normalizer, l->scratch, frame, &l->arena, &event);
    counters_add(l->counters, LANE_C_EVENTS, 1);
    if (event.time_given)
        lag_add(&l->lag_received, frame->received.ns - event.time.ns);
    notice(l, &event);
    n = matcher_match(l->matcher, &event, &rules);
    if (n > 0)
        detect(l, &event, rules, n);
    if (UNLIKELY(l->n_unit * UNIT_SHARE > l->n_batches))
        end_unit(l);
}

static void
take_over(struct lane *l)
{
    CLEANUP(program_unref) struct program *next = NULL;
    int r;

    if (LIKELY(atomic_load_explicit(&l->next, memory_order_relaxed) == NULL))
        return;
    next = atomic_exchange(&l->next, NULL);
    end_unit(l); /* what was found by the old rules travels with a reference to them */
    r = adopt(l, next);
    if (r < 0)
        log_failure("lane", r, "the new rules are not taken over; the old ones go on");
}

/* What was counted is due now and then. Return: whether it was now. */
static bool
flush_in_time(struct lane *l, struct monotime now)
{
    if (now.ns < l->flush_due.ns)
        return false;
    prefold_flush(l->prefold, clock_wall(l->clock), add_counted, l);
    learned_pass(&l->learned);
    l->flush_due = monotime_add(now, FLUSH_MS * NS_PER_MS);
    return true;
}

static void
hand_over_in_time(struct lane *l, int n_frames)
{
    struct monotime now = clock_mono(l->clock);
    bool flushed = flush_in_time(l, now);
    bool waiting = l->current != NULL || l->unit != NULL;

    if (inputs_receipt_due(l->inputs) || (l->exact && waiting && (flushed || n_frames == 0)))
        end_unit(l);
    else if (!l->exact && waiting && (n_frames == 0 || now.ns - l->current_since.ns > PENDING_MS * NS_PER_MS))
        hand_over(l);
}

/* What is on record is acknowledged. */
static void
tell_receipts(struct lane *l)
{
    if (l->n_awaited > 0)
        (void)collect(l, QUEUE_NOW);
    if (l->acknowledged > 0)
        inputs_acknowledge(l->inputs, l->acknowledged);
    l->acknowledged = 0;
}

/* With few batches left, what can wait elsewhere is not read. */
static void
mind_batches(struct lane *l)
{
    size_t n_free;

    if (!l->exact)
        return;
    n_free = l->n_ready + queue_length(l->pool);
    if (l->held ? n_free * GO_ON_SHARE < l->n_batches : n_free * HOLD_SHARE >= l->n_batches)
        return;
    l->held = !l->held;
    counters_add(l->counters, LANE_C_HOLDS, l->held);
    inputs_hold(l->inputs, l->held);
}

/* Who is still there hears that all of it is on record. */
static void
await_receipts(struct lane *l, struct monotime until)
{
    while (l->n_awaited > 0 && collect(l, until))
        ;
    tell_receipts(l);
}

/*
 * What senders were told has arrived is read before the sockets close, for as long as that is reasonable. A poll may
 * accept a connection, or read a part of a frame, and hand nothing over: only several in a row mean that nothing waits,
 * and while senders are connected it takes them a moment to hear that they shall send no more.
 */
static void
drain(struct lane *l)
{
    struct monotime until = monotime_add(clock_mono(l->clock), DRAIN_MS * NS_PER_MS);
    int n_empty = 0;

    inputs_hang_up(l->inputs);
    while (n_empty < (inputs_connections(l->inputs) > 0 ? DRAIN_SENDERS_POLLS : DRAIN_EMPTY_POLLS)) {
        int wait_ms = inputs_connections(l->inputs) > 0 ? DRAIN_SENDERS_MS / DRAIN_SENDERS_POLLS : 0;

        n_empty = inputs_poll(l->inputs, wait_ms, on_frame, l) > 0 ? 0 : n_empty + 1;
        if (clock_mono(l->clock).ns > until.ns) {
            log_warning("lane", "still receiving after %d ms; what comes now is not read", DRAIN_MS);
            break;
        }
    }
    inputs_finish(l->inputs, on_frame, l);
    end_unit(l);
    await_receipts(l, monotime_add(clock_mono(l->clock), DRAIN_MS * NS_PER_MS));
}

void
lane_run(struct lane *l)
{
    while (!atomic_load_explicit(&l->stopping, memory_order_relaxed)) {
        int n;

        atomic_store_explicit(
            &l->n_turns, atomic_load_explicit(&l->n_turns, memory_order_relaxed) + 1, memory_order_relaxed);
        take_over(l);
        tell_receipts(l);
        mind_batches(l);
        n = inputs_poll(l->inputs, l->current == NULL ? IDLE_MS : PENDING_MS, on_frame, l);
        if (n < 0) {
            log_failure("lane", n, "inputs cannot be polled");
            break;
        }
        hand_over_in_time(l, n);
        if (n == 0 && inputs_done(l->inputs))
            atomic_store(&l->done, true);
    }
    drain(l);
}

void
lane_stop(struct lane *l)
{
    atomic_store(&l->stopping, true);
    inputs_wake(l->inputs);
}

void
lane_set_program(struct lane *l, struct program *program)
{
    program_unref(atomic_exchange(&l->next, program_ref(program)));
    inputs_wake(l->inputs);
}

void
lane_reload_inputs(struct lane *l)
{
    inputs_reload(l->inputs);
}

void
lane_resume(struct lane *l, struct positions *positions)
{
    inputs_resume(l->inputs, positions);
}

void
lane_wake(struct lane *l)
{
    inputs_wake(l->inputs);
}

bool
lane_is_alive(struct lane *l)
{
    uint64_t n = atomic_load_explicit(&l->n_turns, memory_order_relaxed);
    bool alive = n != l->n_turns_seen || atomic_load_explicit(&l->waiting, memory_order_relaxed);

    l->n_turns_seen = n;
    return alive;
}

bool
lane_done(const struct lane *l)
{
    return atomic_load(&l->done);
}

struct lane_view
lane_view(struct lane *l)
{
    return (struct lane_view){l->sources, &l->learned, &l->lag_received, &l->lag_detected, l->inputs};
}

void
lane_visit_counters(struct lane *l, void (*fn)(void *ctx, const struct counters *set), void *ctx)
{
    struct spool_view spool;

    if (inputs_spool(l->inputs, &spool))
        fn(ctx, spool.counters);
    pthread_mutex_lock(&l->lock);
    fn(ctx, l->counters);
    fn(ctx, normalizer_counters(l->scratch));
    fn(ctx, matcher_counters(l->matcher));
    pthread_mutex_unlock(&l->lock);
}

uint64_t
lane_rule_matches(struct lane *l, uint32_t number)
{
    uint64_t n;

    pthread_mutex_lock(&l->lock);
    n = matcher_rule_matches(l->matcher, number);
    pthread_mutex_unlock(&l->lock);
    return n;
}
