/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_commands.h"

#include "base/cursor.h"
#include "base/log.h"
#include "base/nearest.h"
#include "config/value.h"
#include "ctl/query.h"
#include "ismsd/recorder_alerts.h"
#include "ismsd/recorder_announce.h"
#include "ismsd/recorder_commit.h"
#include "ismsd/recorder_internal.h"
#include "ismsd/recorder_maintenance.h"
#include "ismsd/recorder_stall.h"
#include "model/record_id.h"
#include "parsers/timestamp.h"
#include "records/incident_moves.h"
#include "records/maintenance_moves.h"
#include "records/nonconformity_moves.h"
#include "store/store_incidents.h"
#include "store/store_maintenance.h"
#include "store/store_nonconformities.h"

enum { COMMAND_ARENA_MAX = 4 * 1024 * 1024 };

/* One command on its way: what it is about, what it answers, and why it is refused where it is. */
struct execution {
    struct recorder *recorder;
    const struct ctl_request *request;
    struct slice verb; /* its second word: "ack" */
    struct arena arena;
    struct buffer why;
    int64_t number;
    bool settled; /* the incident waits for nobody any more */
};

static struct slice
arg(const struct execution *x, const char *name)
{
    return ctl_arg(x->request, name);
}

static int
refuse(struct execution *x, const char *why)
{
    buffer_add(&x->why, slice_str(why));
    return RECORD_E_BAD_VALUE;
}

static bool
read_number(struct execution *x, enum record_kind kind)
{
    struct record_id id;

    if (!record_id_parse(arg(x, "id"), &id) || id.kind != kind)
        return false;
    x->number = id.number;
    return true;
}

/* ---- incidents ---- */

/* Arguments that are words of a list or times: absent stays 0, wrong is refused by name. */
static int
read_incident_words(struct execution *x, struct incident_move *move)
{
    struct slice outcome = arg(x, "outcome");
    struct slice severity = arg(x, "severity");
    struct slice verdict = arg(x, "verdict");
    struct slice stamp = arg(x, "stamp");
    struct slice at = arg(x, "at");

    if (outcome.p != NULL && !incident_decision_parse(outcome, &move->decision))
        return refuse(x, "the outcome is declared or rejected");
    if (severity.p != NULL && !incident_severity_parse(severity, &move->severity))
        return refuse(x, "the severity is one of S1, S2, S3, S4");
    if (verdict.p != NULL && !verdict_parse(verdict, &move->verdict))
        return refuse(x, "the verdict is one of true-positive, false-positive, benign, duplicate, test");
    if (stamp.p != NULL && !incident_stamp_parse(stamp, &move->stamp))
        return refuse(x, "no such time: occurred, detected, opened, acknowledged, decided, contained, recovered, "
                         "resolved or closed");
    if (at.p != NULL && !timestamp_parse_rfc3339(at, &move->happened))
        return refuse(x, "a time is written as 2026-01-31T12:00:00Z");
    return 0;
}

static int
read_incident_move(struct execution *x, struct incident_move *move)
{
    *move = (struct incident_move){
        .actor = x->request->actor,
        .at = clock_wall(x->recorder->clock),
        .reason = arg(x, "reason"),
        .criteria = arg(x, "criteria"),
        .category = arg(x, "category"),
        .owner = arg(x, "owner"),
        .text = arg(x, "text"),
        .cause_class = arg(x, "cause-class"),
        .cause = arg(x, "cause"),
        .review = arg(x, "review"),
        .waiver = arg(x, "waiver"),
    };
    if (!incident_verb_parse(x->verb, &move->verb))
        return refuse(x, "no such move of an incident");
    if (move->criteria.n == 0 && move->verb == INCIDENT_VERB_DECIDE)
        move->criteria = slice_str(x->recorder->settings->records_criteria);
    return read_incident_words(x, move);
}

/* The word of the ledger for what @move did to the incident itself: a first comment acknowledges it. */
static const char *
past_of(const struct incident_move *move)
{
    return incident_verbs[move->verb == INCIDENT_VERB_COMMENT ? INCIDENT_VERB_ACK : move->verb].past;
}

static int
put_incident(
    struct execution *x, const struct incident *before, const struct incident *after, const struct incident_move *move)
{
    struct recorder *r = x->recorder;
    const struct incident_verb_row *row = &incident_verbs[move->verb];
    const struct store_move said = {row->past, move->actor, move->reason, move->at};
    const struct store_move moved = {past_of(move), move->actor, move->reason, move->at};
    int result = 0;

    if (move->verb == INCIDENT_VERB_COMMENT)
        result = store_incident_comment(r->store, x->number, move->text, &said);
    if (result == 0 && (move->verb != INCIDENT_VERB_COMMENT || after->state != before->state))
        result = store_incident_put(r->store, after, &moved);
    recorder_announce_incident(r, after, row->past);
    x->settled = !incident_is_open(after->state);
    return result;
}

static int
move_incident(struct execution *x)
{
    struct incident_move move;
    struct incident before;
    struct incident after;
    int result;

    if (!read_number(x, RECORD_INCIDENT))
        return refuse(x, "an incident is named as I-2026-000123");
    result = read_incident_move(x, &move);
    if (result != 0)
        return result;
    result = store_incident_load(x->recorder->store, x->number, &x->arena, &before);
    if (result == STORE_E_NOT_FOUND)
        return refuse(x, "no such incident");
    if (result == 0)
        result = incident_move(&before, &move, &after, &x->why);
    return result == 0 ? put_incident(x, &before, &after, &move) : result;
}

/* ---- nonconformities ---- */

/* A date alone is its end, in UTC: "by the 31st". Return: whether @text is a date or a time. */
static bool
read_due(struct slice text, struct walltime *due)
{
    const struct slice end_of_day = SLICE("T23:59:59Z");
    enum { DATE_BYTES = 10 };
    char whole[DATE_BYTES + 10];

    if (text.n != DATE_BYTES)
        return timestamp_parse_rfc3339(text, due);
    memcpy(whole, text.p, DATE_BYTES);
    memcpy(whole + DATE_BYTES, end_of_day.p, end_of_day.n);
    return timestamp_parse_rfc3339(slice_of(whole, sizeof(whole)), due);
}

static void
set_limits(const struct settings *settings, struct nonconformity_move *move)
{
    size_t i;

    for (i = 0; i < GRADES; i++)
        move->correct_ns[i] = settings->records_correct_limit_ms[i] * NS_PER_MS;
}

static int
read_nonconformity_move(struct execution *x, struct nonconformity_move *move)
{
    struct slice grade = arg(x, "grade");
    struct slice due = arg(x, "due");

    *move = (struct nonconformity_move){
        .actor = x->request->actor,
        .at = clock_wall(x->recorder->clock),
        .reason = arg(x, "reason"),
        .owner = arg(x, "owner"),
        .has_grade = grade.p != NULL,
    };
    set_limits(x->recorder->settings, move);
    if (!nonconformity_verb_parse(x->verb, &move->verb))
        return refuse(x, "no such move of a nonconformity");
    if (due.p != NULL && !read_due(due, &move->due))
        return refuse(x, "a due date is written as 2026-01-31 or 2026-01-31T12:00:00Z");
    if (move->has_grade && !nonconformity_grade_parse(grade, &move->grade))
        return refuse(x, "the grade is one of observation, minor, major");
    return 0;
}

static int
put_nonconformity(struct execution *x, const struct nonconformity *after, const struct nonconformity_move *move)
{
    const struct store_move stored = {nonconformity_verbs[move->verb].past, move->actor, move->reason, move->at};

    recorder_announce_nonconformity(x->recorder, after, stored.verb);
    return store_nonconformity_put(x->recorder->store, after, &stored);
}

static int
move_nonconformity(struct execution *x)
{
    struct nonconformity_move move;
    struct nonconformity before;
    struct nonconformity after;
    int result;

    if (!read_number(x, RECORD_NONCONFORMITY))
        return refuse(x, "a nonconformity is named as N-2026-000123");
    result = read_nonconformity_move(x, &move);
    if (result != 0)
        return result;
    result = store_nonconformity_load(x->recorder->store, x->number, &x->arena, &before);
    if (result == STORE_E_NOT_FOUND)
        return refuse(x, "no such nonconformity");
    if (result == 0)
        result = nonconformity_move(&before, &move, &after, &x->why);
    return result == 0 ? put_nonconformity(x, &after, &move) : result;
}

/* ---- maintenance ---- */

static int
put_maintenance(struct execution *x, struct maintenance *m, const char *verb, struct walltime at)
{
    const struct store_move move = {verb, x->request->actor, arg(x, "reason"), at};
    int result;

    recorder_maintenance_changed(x->recorder);
    if (m->number != 0)
        return store_maintenance_put(x->recorder->store, m, &move);
    result = store_maintenance_open(x->recorder->store, m, &move);
    x->number = m->number;
    return result;
}

/* "all", or the name of a source. */
static int
read_scope(struct execution *x, struct slice *scope)
{
    const struct settings *s = x->recorder->settings;
    struct nearest near = {.wrong = arg(x, "scope")};
    char hint[NEAREST_HINT_MAX];
    size_t i;

    *scope = (struct slice){NULL, 0};
    if (slice_eq(near.wrong, SLICE("all")))
        return 0;
    for (i = 0; i < s->n_sources; i++) {
        *scope = slice_str(s->sources[i].name);
        if (slice_eq(near.wrong, *scope))
            return 0;
        nearest_consider(&near, *scope);
    }
    buffer_printf(&x->why, "there is no log source of this name, and it is not 'all'%s", nearest_hint(&near, hint));
    return RECORD_E_BAD_VALUE;
}

static int
read_wish(struct execution *x, struct maintenance_wish *wish)
{
    struct slice from = arg(x, "from");
    struct slice until = arg(x, "until");
    struct slice length = arg(x, "for");
    int64_t ms = 0;

    *wish = (struct maintenance_wish){.reason = arg(x, "reason"),
        .actor = x->request->actor,
        .at = clock_wall(x->recorder->clock),
        .length_max_ns = x->recorder->settings->watch.maintenance_max_ms * NS_PER_MS};
    if ((from.p != NULL && !timestamp_parse_rfc3339(from, &wish->starts)) ||
        (until.p != NULL && !timestamp_parse_rfc3339(until, &wish->until)))
        return refuse(x, "a time is written as 2026-01-31T12:00:00Z");
    if (length.p != NULL && until.p != NULL)
        return refuse(x, "its end is told twice, by --for and by --until");
    if (length.p != NULL && (!value_duration(length, &ms) || ms > INT64_MAX / NS_PER_MS / 2))
        return refuse(x, "a duration is written as 90m or 1d12h");
    if (length.p != NULL)
        wish->until.ns = (wish->starts.ns != 0 ? wish->starts.ns : wish->at.ns) + ms * NS_PER_MS;
    return read_scope(x, &wish->scope);
}

static int
declare_maintenance(struct execution *x)
{
    struct maintenance_wish wish;
    struct maintenance m;
    int result;

    result = read_wish(x, &wish);
    if (result == 0)
        result = maintenance_declare(&wish, &m, &x->why);
    return result == 0 ? put_maintenance(x, &m, "declared", wish.at) : result;
}

static int
end_maintenance(struct execution *x)
{
    struct walltime now = clock_wall(x->recorder->clock);
    CLEANUP_BUFFER struct buffer report = {0};
    struct maintenance m;
    int result;

    if (!read_number(x, RECORD_MAINTENANCE))
        return refuse(x, "a maintenance is named as M-2026-000123");
    result = store_maintenance_load(x->recorder->store, x->number, &x->arena, &m);
    if (result == STORE_E_NOT_FOUND)
        return refuse(x, "no such maintenance");
    if (result == 0)
        result = maintenance_end(&m, now, &x->why);
    if (result == 0 && m.state == MAINTENANCE_OVER)
        result = recorder_maintenance_close(x->recorder, &m, &report);
    return result == 0 ? put_maintenance(x, &m, m.state == MAINTENANCE_CANCELLED ? "cancelled" : "ended", now) : result;
}

static int
move_maintenance(struct execution *x)
{
    if (slice_eq(x->verb, SLICE("declare")))
        return declare_maintenance(x);
    return slice_eq(x->verb, SLICE("end")) ? end_maintenance(x) : refuse(x, "no such move of a maintenance");
}

/* ---- any command ---- */

static const struct {
    const char *noun;
    int (*move)(struct execution *x);
    int (*show)(struct reader *reader, int64_t number, struct buffer *out);
} nouns[] = {
    // clang-format off
    {"incident",      move_incident,      query_incident},
    {"nonconformity", move_nonconformity, query_nonconformity},
    {"maintenance",   move_maintenance,   query_maintenance},
    // clang-format on
};

/* After the commit: what was moved, as it now stands; an incident that waits for nobody lets go of its key. */
static void
show(struct execution *x, size_t noun, struct buffer *answer)
{
    struct recorder *r = x->recorder;

    if (nouns[noun].show(r->reader, x->number, answer) < 0)
        log_warning("recorder", "a move was recorded but could not be read back");
    if (x->settled)
        recorder_incident_settled(r, x->number);
    ctl_end(answer, NULL);
}

static int
execute(struct execution *x, size_t noun)
{
    struct recorder *r = x->recorder;
    int result = recorder_begin(r);

    if (result == 0)
        result = nouns[noun].move(x);
    if (result == 0)
        result = store_commit(r->store, clock_wall(r->clock));
    else if (r->in_transaction)
        store_rollback(r->store);
    r->in_transaction = false;
    return result;
}

/* What is refused by the rules says why. Else the machine failed, as it would for any commit. */
static void
answer_refusal(struct execution *x, int result, struct buffer *answer)
{
    struct recorder *r = x->recorder;

    announcements_forget(&r->announcements);
    if (x->why.n > 0 || x->why.failed) {
        buffer_add_char(&x->why, '\0');
        ctl_end(answer, x->why.failed ? "refused" : x->why.p);
        return;
    }
    recorder_commit_failed(r, result);
    (void)recorder_refuse(r, answer);
}

static void
carry_out(struct execution *x, size_t noun, struct buffer *answer)
{
    struct recorder *r = x->recorder;
    int result = execute(x, noun);

    if (result != 0) {
        answer_refusal(x, result, answer);
        return;
    }
    announcements_send(&r->announcements, r->publisher, clock_wall(r->clock));
    r->kpi_due = clock_mono(r->clock);
    show(x, noun, answer);
}

void
recorder_command(struct recorder *r, struct command_work *c)
{
    struct execution x = {.recorder = r, .request = c->request};
    struct slice rest = c->request->verb;
    struct slice noun = cursor_until(&rest, ' ');
    size_t i = 0;

    counters_add(r->counters, RECORDER_C_COMMANDS, 1);
    x.verb = rest.n > 0 ? slice_from(rest, 1) : rest;
    while (i < ARRAY_LEN(nouns) && !slice_eq(noun, slice_str(nouns[i].noun)))
        i++;
    if (i == ARRAY_LEN(nouns))
        ctl_end(c->answer, "no such verb");
    else if (arena_init(&x.arena, 0, COMMAND_ARENA_MAX) < 0)
        ctl_end(c->answer, "no memory; nothing was changed");
    else
        carry_out(&x, i, c->answer);
    arena_fini(&x.arena);
    buffer_fini(&x.why);
}
