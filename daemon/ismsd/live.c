/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/live.h"

#include <unistd.h>

#include "ctl/row.h"
#include "detect/matcher.h"
#include "ismsd/recorder_stall.h"
#include "store/reader_ledger.h"

enum { COUNTER_SETS_MAX = 16 };

static const char *const input_type_names[] = {
    // clang-format off
    [INPUT_UDP]   = "udp",
    [INPUT_TCP]   = "tcp",
    [INPUT_UNIX]  = "unix",
    [INPUT_FILE]  = "file",
    [INPUT_STDIN] = "stdin",
    [INPUT_KAFKA] = "kafka",
    [INPUT_RELP]  = "relp",
    // clang-format on
};

/* ---- counters: the same one of every lane added up ---- */

struct sums {
    const struct counter_def *defs[COUNTER_SETS_MAX];
    size_t n[COUNTER_SETS_MAX];
    uint64_t values[COUNTER_SETS_MAX][64];
    size_t n_sets;
};

static void
add_set(void *ctx, const struct counters *set)
{
    struct sums *sums = ctx;
    size_t k = 0;
    unsigned i;

    while (k < sums->n_sets && sums->defs[k] != set->defs)
        k++;
    if (k == COUNTER_SETS_MAX)
        return;
    if (k == sums->n_sets) {
        sums->defs[k] = set->defs;
        sums->n[k] = set->n < ARRAY_LEN(sums->values[0]) ? set->n : ARRAY_LEN(sums->values[0]);
        sums->n_sets++;
    }
    for (i = 0; i < sums->n[k]; i++)
        sums->values[k][i] += counters_get(set, i);
}

static void
add_all(const struct live *live, struct sums *sums)
{
    struct lane *const *lanes;
    unsigned n;
    unsigned i;

    *sums = (struct sums){0};
    lanes = pipeline_lanes(live->pipeline, &n);
    for (i = 0; i < n; i++)
        lane_visit_counters(lanes[i], add_set, sums);
    recorder_visit_counters(pipeline_recorder(live->pipeline), add_set, sums);
    for (i = 0; i < ARRAY_LEN(live->own); i++)
        add_set(sums, live->own[i]);
}

static uint64_t
sum_named(const struct sums *sums, const char *name)
{
    size_t k;
    size_t i;

    for (k = 0; k < sums->n_sets; k++)
        for (i = 0; i < sums->n[k]; i++)
            if (strcmp(sums->defs[k][i].name, name) == 0)
                return sums->values[k][i];
    return 0;
}

static void
answer_counters(const struct live *live, const struct ctl_request *request, struct buffer *out)
{
    struct sums sums;
    size_t k;
    size_t i;

    (void)request;
    add_all(live, &sums);
    for (k = 0; k < sums.n_sets; k++)
        for (i = 0; i < sums.n[k]; i++) {
            struct row_writer row;

            row_begin(&row, out, NULL);
            json_field_text(&row.json, "name", sums.defs[k][i].name);
            row_int(&row, "value", (int64_t)sums.values[k][i]);
            json_field_text(&row.json, "help", sums.defs[k][i].help);
            row_end(&row);
        }
    ctl_end(out, NULL);
}

/* ---- inputs ---- */

/* The figures of one input, added up over the lanes; the buffer is what one socket was granted. */
struct input_sum {
    uint64_t frames, bytes, truncated, unfinished, dropped, accepted, connections, refused, pauses, idle, evicted,
        errors, handshakes_refused, handshakes_late, not_allowed, proxy_refused, suppressed, senders_evicted, poison,
        gap_records, rewinds, rebalances, dead_letters, dead_letters_lost, opens_refused,
        answered, unanswered, bad_frames, buffer;
};

static uint64_t
load_figure(const _Atomic uint64_t *v)
{
    return atomic_load_explicit(v, memory_order_relaxed);
}

static void
add_input(struct input_sum *sum, const struct input_stats *s)
{
    sum->frames += load_figure(&s->n_frames);
    sum->bytes += load_figure(&s->n_bytes);
    sum->truncated += load_figure(&s->n_truncated);
    sum->unfinished += load_figure(&s->n_unfinished);
    sum->dropped += load_figure(&s->n_kernel_drops);
    sum->accepted += load_figure(&s->n_accepted);
    sum->connections += load_figure(&s->n_connections);
    sum->refused += load_figure(&s->n_refused);
    sum->pauses += load_figure(&s->n_accept_pauses);
    sum->idle += load_figure(&s->n_idle_closed);
    sum->evicted += load_figure(&s->n_evicted);
    sum->errors += load_figure(&s->n_errors);
    sum->suppressed += load_figure(&s->n_suppressed);
    sum->senders_evicted += load_figure(&s->n_senders_evicted);
    sum->not_allowed += load_figure(&s->n_not_allowed);
    sum->proxy_refused += load_figure(&s->n_proxy_refused);
    sum->handshakes_refused += load_figure(&s->n_handshakes_refused);
    sum->handshakes_late += load_figure(&s->n_handshakes_late);
    sum->poison += load_figure(&s->n_poison);
    sum->gap_records += load_figure(&s->n_gap_records);
    sum->rewinds += load_figure(&s->n_rewinds);
    sum->rebalances += load_figure(&s->n_rebalances);
    sum->dead_letters += load_figure(&s->n_dead_letters);
    sum->dead_letters_lost += load_figure(&s->n_dead_letters_lost);
    sum->opens_refused += load_figure(&s->n_opens_refused);
    sum->answered += load_figure(&s->n_answered);
    sum->unanswered += load_figure(&s->n_unanswered);
    sum->bad_frames += load_figure(&s->n_bad_frames);
    sum->buffer = load_figure(&s->receive_buffer);
}

static struct input_sum
sum_input(const struct live *live, size_t i)
{
    struct input_sum sum = {0};
    struct lane *const *lanes;
    unsigned n;
    unsigned k;

    lanes = pipeline_lanes(live->pipeline, &n);
    for (k = 0; k < n; k++) {
        const struct input_stats *s = inputs_stats(lane_view(lanes[k]).inputs, i);

        if (s != NULL)
            add_input(&sum, s);
    }
    return sum;
}

static void
write_address(struct row_writer *row, const struct live *live, size_t i)
{
    const struct input_settings *s = &live->settings->inputs[i];
    CLEANUP_BUFFER struct buffer text = {0};
    struct lane *const *lanes;
    unsigned port;
    unsigned n;

    lanes = pipeline_lanes(live->pipeline, &n);
    port = n == 0 ? 0 : inputs_port(lane_view(lanes[0]).inputs, i);
    if (input_is_network(s))
        buffer_printf(&text, strchr(s->address, ':') != NULL ? "[%s]:%u" : "%s:%u", s->address, port);
    else if (s->path != NULL)
        buffer_add(&text, slice_str(s->path));
    for (size_t k = 0; k < s->n_brokers; k++)
        buffer_printf(&text, k == 0 ? "%s" : ",%s", s->brokers[k]);
    row_text(row, "address", buffer_slice(&text));
}

static void
answer_inputs(const struct live *live, const struct ctl_request *request, struct buffer *out)
{
    size_t i;

    (void)request;
    for (i = 0; i < live->settings->n_inputs; i++) {
        struct input_sum sum = sum_input(live, i);
        struct row_writer row;

        row_begin(&row, out, NULL);
        json_field_text(&row.json, "name", live->settings->inputs[i].name);
        json_field_text(&row.json, "type", input_type_names[live->settings->inputs[i].type]);
        write_address(&row, live, i);
        row_int(&row, "frames", (int64_t)sum.frames);
        row_int(&row, "bytes", (int64_t)sum.bytes);
        row_int(&row, "connections", (int64_t)sum.connections);
        row_int(&row, "accepted", (int64_t)sum.accepted);
        row_int(&row, "truncated", (int64_t)sum.truncated);
        row_int(&row, "unfinished", (int64_t)sum.unfinished);
        row_int(&row, "dropped", (int64_t)sum.dropped);
        row_int(&row, "refused", (int64_t)sum.refused);
        row_int(&row, "accept_pauses", (int64_t)sum.pauses);
        row_int(&row, "idle_closed", (int64_t)sum.idle);
        row_int(&row, "evicted", (int64_t)sum.evicted);
        row_int(&row, "errors", (int64_t)sum.errors);
        row_int(&row, "suppressed", (int64_t)sum.suppressed);
        row_int(&row, "senders_evicted", (int64_t)sum.senders_evicted);
        row_int(&row, "not_allowed", (int64_t)sum.not_allowed);
        row_int(&row, "proxy_refused", (int64_t)sum.proxy_refused);
        row_int(&row, "handshakes_refused", (int64_t)sum.handshakes_refused);
        row_int(&row, "handshakes_late", (int64_t)sum.handshakes_late);
        row_int(&row, "poison", (int64_t)sum.poison);
        row_int(&row, "gap_records", (int64_t)sum.gap_records);
        row_int(&row, "rewinds", (int64_t)sum.rewinds);
        row_int(&row, "rebalances", (int64_t)sum.rebalances);
        row_int(&row, "dead_letters", (int64_t)sum.dead_letters);
        row_int(&row, "dead_letters_lost", (int64_t)sum.dead_letters_lost);
        row_int(&row, "opens_refused", (int64_t)sum.opens_refused);
        row_int(&row, "answered", (int64_t)sum.answered);
        row_int(&row, "unanswered", (int64_t)sum.unanswered);
        row_int(&row, "bad_frames", (int64_t)sum.bad_frames);
        row_int(&row, "buffer", (int64_t)sum.buffer);
        row_end(&row);
    }
    ctl_end(out, NULL);
}

/* ---- partitions ---- */

static const char *const partition_state_names[] = {
    // clang-format off
    [PARTITION_RELEASED] = "released",
    [PARTITION_CLAIMED]  = "claimed",
    [PARTITION_READING]  = "reading",
    [PARTITION_HELD]     = "held",
    [PARTITION_DRAINING] = "draining",
    // clang-format on
};

/* How many records the log has that were not read. */
static int64_t
lag_of(const struct partition_view *v)
{
    int64_t next = v->next > v->start ? v->next : v->start;

    return v->end > next && next >= 0 ? v->end - next : 0;
}

static void
write_offsets(struct row_writer *row, const struct partition_view *v)
{
    if (v->next >= 0)
        row_int(row, "next", v->next);
    if (v->recorded >= 0)
        row_int(row, "recorded", v->recorded);
    if (v->end >= 0) {
        row_int(row, "end", v->end);
        row_int(row, "lag", lag_of(v));
    }
}

/* How old what is read now is; nothing where all is read. */
static void
write_time_lag(struct row_writer *row, const struct partition_view *v, struct walltime now)
{
    int64_t age = now.ns - v->stamp.ns;

    if (v->stamp.ns == 0)
        return;
    row_time(row, "stamp", v->stamp);
    row_duration(row, "time_lag", lag_of(v) > 0 && age > 0 ? age : 0);
}

/* Of those that no lane has any more, nothing is shown: who has them now knows better. */
static void
write_partition(struct buffer *out, const struct live *live, size_t i, unsigned lane, const struct partition_view *v)
{
    struct row_writer row;

    if (v->state == PARTITION_RELEASED && v->n_gap_records == 0)
        return;
    row_begin(&row, out, NULL);
    json_field_text(&row.json, "input", live->settings->inputs[i].name);
    row_text(&row, "topic", slice_str(v->topic));
    row_int(&row, "partition", v->partition);
    row_int(&row, "lane", lane);
    json_field_text(&row.json, "state", partition_state_names[v->state]);
    write_offsets(&row, v);
    write_time_lag(&row, v, clock_wall(live->clock));
    row_int(&row, "gap_records", (int64_t)v->n_gap_records);
    row_end(&row);
}

static void
answer_partitions(const struct live *live, const struct ctl_request *request, struct buffer *out)
{
    struct partition_view view;
    struct lane *const *lanes;
    unsigned n;

    (void)request;
    lanes = pipeline_lanes(live->pipeline, &n);
    for (size_t i = 0; i < live->settings->n_inputs; i++)
        for (unsigned lane = 0; lane < n; lane++)
            for (size_t k = 0; inputs_partition(lane_view(lanes[lane]).inputs, i, k, &view); k++)
                write_partition(out, live, i, lane, &view);
    ctl_end(out, NULL);
}

/* ---- status ---- */

static void
write_records(struct row_writer *row, const struct live *live)
{
    struct reader_status s;
    char hex[DIGEST_HEX + 1];

    if (reader_status(live->reader, &s) < 0) {
        json_field_text(&row->json, "records", "cannot be read");
        return;
    }
    row_int(row, "alerts_open", (int64_t)s.n_alerts_open);
    row_int(row, "alerts", (int64_t)s.n_alerts);
    row_int(row, "incidents_open", (int64_t)s.n_incidents_open);
    row_int(row, "incidents", (int64_t)s.n_incidents);
    row_int(row, "nonconformities_open", (int64_t)s.n_nonconformities_open);
    row_int(row, "detections_recorded", (int64_t)s.n_detections);
    row_int(row, "ledger_size", (int64_t)s.ledger_size);
    json_field_text(&row->json, "ledger_root", digest_hex(&s.ledger_root, hex));
    row_int(row, "checkpoint_size", (int64_t)s.checkpoint_size);
    row_time(row, "checkpoint_at", s.checkpoint_at);
    row_int(row, "evidence_bytes", (int64_t)s.evidence_bytes);
}

/* Whether records can be written, which is not seen from what they hold. */
static void
write_recording(struct row_writer *row, const struct live *live)
{
    struct stall_view stall;

    if (!recorder_stalled(pipeline_recorder(live->pipeline), &stall)) {
        json_field_text(&row->json, "recording", "yes");
        return;
    }
    json_field_text(&row->json, "recording", "no");
    row_time(row, "not_recording_since", stall.since);
    json_field_text(&row->json, "not_recording_because", stall.reason);
}

static uint64_t
kernel_drops(const struct live *live)
{
    uint64_t n = 0;
    size_t i;

    for (i = 0; i < live->settings->n_inputs; i++)
        n += sum_input(live, i).dropped;
    return n;
}

/* When the oldest message in any lane's spool was received, and whether any has inputs wait. Return: whether there are
 * spools. */
static bool
spools(const struct live *live, struct walltime *oldest, bool *paused)
{
    struct lane *const *lanes;
    struct spool_view view;
    bool any = false;
    unsigned n;
    unsigned i;

    *oldest = (struct walltime){0};
    *paused = false;
    lanes = pipeline_lanes(live->pipeline, &n);
    for (i = 0; i < n; i++) {
        if (!inputs_spool(lane_view(lanes[i]).inputs, &view))
            continue;
        any = true;
        *paused |= view.paused;
        if (view.oldest.ns != 0 && (oldest->ns == 0 || view.oldest.ns < oldest->ns))
            *oldest = view.oldest;
    }
    return any;
}

static void
write_spool(struct row_writer *row, const struct live *live, const struct sums *sums)
{
    static const char *const names[] = {"spool_bytes", "spool_waiting", "spool_appended", "spool_synced",
        "spool_write_failures", "spool_frames_lost", "spool_frames_shed", "spool_pauses", "spool_bad_segments",
        "spool_set_aside", "spool_cut_bytes"};
    struct walltime oldest;
    bool paused;
    size_t i;

    if (!spools(live, &oldest, &paused))
        return;
    json_field_text(&row->json, "spool_paused", paused ? "yes" : "no");
    row_duration(row, "spool_oldest", oldest.ns == 0 ? 0 : clock_wall(live->clock).ns - oldest.ns);
    for (i = 0; i < ARRAY_LEN(names); i++)
        row_int(row, names[i], (int64_t)sum_named(sums, names[i]));
}

static void
answer_status(const struct live *live, const struct ctl_request *request, struct buffer *out)
{
    struct row_writer row;
    struct sums sums;
    unsigned n_lanes;

    (void)request;
    add_all(live, &sums);
    (void)pipeline_lanes(live->pipeline, &n_lanes);
    row_begin(&row, out, NULL);
    json_field_text(&row.json, "version", ISMSD_VERSION);
    row_int(&row, "pid", getpid());
    row_time(&row, "started", live->started);
    row_duration(&row, "up", clock_wall(live->clock).ns - live->started.ns);
    row_int(&row, "lanes", n_lanes);
    row_int(&row, "events", (int64_t)sum_named(&sums, "events"));
    row_int(&row, "detections", (int64_t)sum_named(&sums, "detections"));
    row_int(&row, "dropped_by_kernel", (int64_t)kernel_drops(live));
    row_int(&row, "rules_loaded", (int64_t)program_count(live->program, RULE_LOADED));
    row_int(&row, "rules_rejected", (int64_t)program_count(live->program, RULE_REJECTED));
    row_int(&row, "rules_skipped", (int64_t)program_count(live->program, RULE_SKIPPED));
    row_int(&row, "rules_kept", (int64_t)program_count(live->program, RULE_KEPT));
    write_recording(&row, live);
    write_spool(&row, live, &sums);
    write_records(&row, live);
    row_text(&row, "publishes_at", slice_str(recorder_endpoint(pipeline_recorder(live->pipeline))));
    row_end(&row);
    ctl_end(out, NULL);
}

/* ---- rules ---- */

static uint64_t
rule_matches(const struct live *live, const struct rule *rule)
{
    struct lane *const *lanes;
    uint64_t total = 0;
    unsigned n;
    unsigned i;

    lanes = pipeline_lanes(live->pipeline, &n);
    for (i = 0; i < n && rule != NULL; i++)
        total += lane_rule_matches(lanes[i], rule->number);
    return total;
}

static void
answer_rules(const struct live *live, const struct ctl_request *request, struct buffer *out)
{
    bool all = ctl_arg(request, "all").p != NULL;
    size_t n;
    const struct rule_report *reports = ruleset_reports(live->program->ruleset, &n);
    size_t i;

    for (i = 0; i < n; i++) {
        bool in_force = reports[i].status == RULE_LOADED || reports[i].status == RULE_KEPT;
        const struct rule *rule = in_force ? rules_find(ruleset_rules(live->program->ruleset), reports[i].uid) : NULL;
        uint64_t matches = rule_matches(live, rule);
        struct row_writer row;

        if (!all && matches == 0 && reports[i].status == RULE_LOADED)
            continue;
        row_begin(&row, out, NULL);
        row_text(&row, "id", reports[i].uid);
        json_field_text(&row.json, "level", rule == NULL ? "" : rule_level_name(rule->level));
        json_field_text(&row.json, "status", rule_status_name(reports[i].status));
        row_int(&row, "matches", (int64_t)matches);
        row_text(&row, "title", reports[i].title);
        row_text(&row, "author", rule == NULL ? (struct slice){NULL, 0} : rule->author);
        row_text(&row, "reason", reports[i].reason);
        row_end(&row);
    }
    ctl_end(out, NULL);
}

static const struct {
    const char *verb;
    void (*answer)(const struct live *live, const struct ctl_request *request, struct buffer *out);
} answers[] = {
    // clang-format off
    {"status",       answer_status},
    {"counters",     answer_counters},
    {"inputs",       answer_inputs},
    {"partitions",   answer_partitions},
    {"rules status", answer_rules},
    // clang-format on
};

int
live_answer(const struct live *live, const struct ctl_request *request, struct buffer *out)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(answers); i++)
        if (slice_eq(request->verb, slice_str(answers[i].verb))) {
            answers[i].answer(live, request, out);
            return 0;
        }
    return LIVE_E_UNKNOWN;
}
