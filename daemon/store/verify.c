/* SPDX-License-Identifier: Apache-2.0 */
#include "store/verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "store/verify_internal.h"

const struct verify_subject_row verify_subjects[VERIFY_SUBJECTS] = {
    // clang-format off
    [VERIFY_DATABASE]           = {"database", "schema", NULL, NULL},
    [VERIFY_MIGRATION]          = {"migration", "schema", "at", NULL},
    [VERIFY_LEDGER]             = {"ledger", "hashes and signed roots", NULL, NULL},
    [VERIFY_TREE]               = {"tree", "entries", NULL, NULL},
    [VERIFY_CHECKPOINT]         = {"checkpoint", "signature, heartbeat and files", NULL, NULL},
    [VERIFY_EVIDENCE]           = {"evidence", "hashes and entries", NULL, NULL},
    [VERIFY_SEGMENT]            = {"segment", "entries", NULL, NULL},
    [VERIFY_DETECTION]          = {"detection", "evidence", NULL, NULL},
    [VERIFY_RULE]               = {"rule", "evidence", NULL, "rows without a detection in the evidence"},
    [VERIFY_ALERT]              = {"alert", "entries", "key, minute",
                                   "count, last_detected, last_seen, n_minute, occurred"},
    [VERIFY_ALERT_MINUTE]       = {"alert_minute", "entries", NULL, NULL},
    [VERIFY_ALERT_LATEST]       = {"alert_latest", "its alert", NULL, "all"},
    [VERIFY_INCIDENT]           = {"incident", "entries", NULL, NULL},
    [VERIFY_DECISION]           = {"decision", "entries", NULL, NULL},
    [VERIFY_NONCONFORMITY]      = {"nonconformity", "entries", NULL, NULL},
    [VERIFY_SOURCE]             = {"source", "entries", "first_seen, last_received, last_time, n_events, skew_n, skew_ns, usual",
                                   NULL},
    [VERIFY_SOURCE_STATE]       = {"source_state", "entries", NULL, NULL},
    [VERIFY_MAINTENANCE]        = {"maintenance", "entries", NULL, NULL},
    [VERIFY_RUN]                = {"run", "entries", NULL, "alive"},
    [VERIFY_KPI_SAMPLE]         = {"kpi_sample", "entries", NULL, NULL},
    [VERIFY_CORRELATION_WINDOW] = {"correlation_window", "bounds", "all", NULL},
    [VERIFY_POSITION]           = {"position", "bounds", "all", NULL},
    [VERIFY_LAG]                = {"lag", "bounds", "all", NULL},
    [VERIFY_SOURCE_HOUR]        = {"source_hour", "bounds", "all", NULL},
    [VERIFY_LEARNED]            = {"learned", "bounds", "all", NULL},
    // clang-format on
};

/* Rows of tables that no walk counts. */
static const char *const counts[VERIFY_SUBJECTS] = {
    // clang-format off
    [VERIFY_MIGRATION]          = "SELECT count(*) FROM migration",
    [VERIFY_TREE]               = "SELECT count(*) FROM tree",
    [VERIFY_SEGMENT]            = "SELECT count(*) FROM segment",
    [VERIFY_DETECTION]          = "SELECT count(*) FROM detection",
    [VERIFY_RULE]               = "SELECT count(*) FROM rule",
    [VERIFY_ALERT]              = "SELECT count(*) FROM alert",
    [VERIFY_ALERT_MINUTE]       = "SELECT count(*) FROM alert_minute",
    [VERIFY_ALERT_LATEST]       = "SELECT count(*) FROM alert_latest",
    [VERIFY_INCIDENT]           = "SELECT count(*) FROM incident",
    [VERIFY_DECISION]           = "SELECT count(*) FROM decision",
    [VERIFY_NONCONFORMITY]      = "SELECT count(*) FROM nonconformity",
    [VERIFY_SOURCE]             = "SELECT count(*) FROM source",
    [VERIFY_SOURCE_STATE]       = "SELECT count(*) FROM source_state",
    [VERIFY_MAINTENANCE]        = "SELECT count(*) FROM maintenance",
    [VERIFY_RUN]                = "SELECT count(*) FROM run",
    [VERIFY_KPI_SAMPLE]         = "SELECT count(*) FROM kpi_sample",
    [VERIFY_CORRELATION_WINDOW] = "SELECT count(*) FROM correlation_window",
    [VERIFY_POSITION]           = "SELECT count(*) FROM position",
    [VERIFY_LAG]                = "SELECT count(*) FROM lag",
    [VERIFY_SOURCE_HOUR]        = "SELECT count(*) FROM source_hour",
    [VERIFY_LEARNED]            = "SELECT count(*) FROM learned",
    // clang-format on
};

void
verify_find(struct verify *v, enum verify_subject subject, int64_t seq, struct slice key, const char *fmt, ...)
{
    struct verify_finding f = {subject, seq, key, {NULL, 0}};
    char text[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    f.text = slice_str(text);
    v->summary->n_found[subject]++;
    v->summary->n_findings++;
    v->fn(v->ctx, &f);
}

static int
count_table(struct verify *v, enum verify_subject subject)
{
    CLEANUP_QUERY struct query q = query_on(v->db, counts[subject]);
    int r;

    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    v->summary->n_rows[subject] = (uint64_t)query_take_int(&q);
    return 0;
}

static int
count_rows(struct verify *v)
{
    size_t i;
    int r = 0;

    for (i = 0; i < VERIFY_SUBJECTS && r == 0; i++)
        if (counts[i] != NULL)
            r = count_table(v, (enum verify_subject)i);
    return r < 0 ? error_trace(r) : 0;
}

/* Takes name and key from @line. Return: whether it is a verifier key. */
static bool
adopt_key(struct verify *v, struct slice line)
{
    struct slice name;

    if (!verifier_parse(line, v->hasher, &name, &v->key))
        return false;
    buffer_reset(&v->origin);
    buffer_add(&v->origin, name);
    v->has_key = true;
    (void)snprintf(v->summary->verifier, sizeof(v->summary->verifier), SLICE_FMT, SLICE_ARG(line));
    return true;
}

/* The key by which all is checked: the one brought along, else the one the ledger began with. */
static int
choose_key(struct verify *v, const struct verify_trust *trust)
{
    CLEANUP_QUERY struct query q = query_on(v->db,
        "SELECT CASE WHEN json_valid(body) THEN json_extract(body, '$.note.verifier') END FROM ledger WHERE seq = 0");
    struct slice first = {NULL, 0};
    int r;

    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    if (r == QUERY_ROW)
        first = query_take_text(&q);
    if (trust != NULL && trust->verifier.n > 0) {
        if (!adopt_key(v, trust->verifier))
            return VERIFY_E_KEY;
        if (!slice_eq(first, trust->verifier))
            verify_find(v, VERIFY_LEDGER, 0, SLICE(""), "the ledger does not begin with the key brought along");
        return 0;
    }
    if (!adopt_key(v, first))
        verify_find(
            v, VERIFY_LEDGER, 0, SLICE(""), "the first entry, which names the ledger's key, is missing or altered");
    return 0;
}

/* What was read before the snapshot was taken, so that all of it is known to the snapshot. */
struct files {
    struct verify_notes notes;
    struct buffer evidence; /* names, a line each */
};

static int
verify_all(struct verify *v, const struct verify_trust *trust, const struct files *files)
{
    int r;

    r = verify_schema(v);
    if (r == 0)
        r = choose_key(v, trust);
    if (r == 0)
        r = verify_ledger(v);
    if (r == 0)
        r = verify_notes(v, &files->notes);
    if (r == 0 && trust != NULL && trust->checkpoint.n > 0)
        r = verify_note(v, trust->checkpoint, "the checkpoint brought along");
    if (r == 0)
        r = verify_evidence(v, buffer_slice(&files->evidence));
    if (r == 0)
        r = verify_records(v);
    if (r == 0)
        r = verify_alerts(v);
    if (r == 0)
        r = verify_history(v);
    if (r == 0)
        r = verify_state(v);
    if (r == 0)
        r = count_rows(v);
    return r < 0 ? error_trace(r) : r;
}

/* What is laid out on the way grows with the ledger: it goes to temporary files. */
static int
open_snapshot(struct verify *v)
{
    CLEANUP_FREE char *path = NULL;
    int r;

    if (asprintf(&path, "%s/records.db", v->state_dir) < 0)
        return error_origin(-ENOMEM);
    if (access(path, F_OK) != 0)
        return errno == ENOENT ? VERIFY_E_NONE : error_origin(-errno);
    r = db_open(&v->db, path, DB_READER);
    if (r == 0)
        r = hasher_new(&v->hasher);
    if (r == 0)
        r = db_script(v->db, "PRAGMA temp_store=FILE; PRAGMA temp.cache_size=-16384; BEGIN");
    return r < 0 ? error_trace(r) : 0;
}

static int
look(struct verify *v, const struct verify_trust *trust)
{
    struct files files = {{NULL, 0}, {0}};
    int r;

    r = verify_notes_list(v->state_dir, &files.notes);
    if (r == 0)
        r = verify_list_evidence(v->state_dir, &files.evidence);
    if (r == 0)
        r = open_snapshot(v);
    if (r == 0)
        r = verify_all(v, trust, &files);
    verify_notes_fini(&files.notes);
    buffer_fini(&files.evidence);
    return r;
}

/* A failure to read on is what a damaged file leads to, and a schema that somebody changed. */
static bool
is_damage(const struct verify *v, int r)
{
    return r == -EUCLEAN || (r < 0 && r != -ENOMEM && v->summary->n_found[VERIFY_DATABASE] > 0);
}

int
store_verify(
    const char *state_dir, const struct verify_trust *trust, verify_fn *fn, void *ctx, struct verify_summary *summary)
{
    struct verify v = {.state_dir = state_dir, .fn = fn, .ctx = ctx, .summary = summary};
    int r;

    *summary = (struct verify_summary){0};
    r = look(&v, trust);
    if (is_damage(&v, r)) {
        verify_find(&v, VERIFY_DATABASE, -1, SLICE("records.db"), "is damaged and cannot be read whole");
        r = 0;
    }
    buffer_fini(&v.origin);
    hasher_free(v.hasher);
    db_close(v.db);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    return summary->n_findings > 0 ? VERIFY_E_BROKEN : 0;
}
