/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What indicators read besides the records as they stand: decisions, which state each source was in and since when,
 * when the daemon itself was up, and samples of indicators. Each is an entry, and a row of its own.
 */

#include "base/error.h"
#include "store/verify_internal.h"

// clang-format off
/* A decision is a move of an incident that sets when it was decided: what the incident then said, and by whom. */
static const char decisions[] =
    TOLD "SELECT 'of entry ' || seq, NULL, json_object('incident', record, 'outcome', " AS_OF("state") ","
         "  'criteria', " AS_OF("criteria") ", 'reason', " AS_OF("reason") ", 'by', nullif(by, ''), 'at', at)"
         " FROM (SELECT seq, json_extract(b, '$.record') AS record, json_extract(b, '$.by') AS by,"
         "  json_extract(b, '$.set.decided') AS at FROM " ENTRIES_WITH("\"verb\":\"incident.")
         "  WHERE instr(b, '\"verb\":\"incident.opened\"') = 0) AS e WHERE at IS NOT NULL;"
    LIVE "SELECT 'of entry ' || seq, json_object('incident',"
         "  coalesce((SELECT " INCIDENT_RECORD_SQL " FROM incident WHERE number = d.incident), 'incident ' || incident),"
         "  'outcome', outcome, 'criteria', criteria, 'reason', reason, 'by', by, 'at', at) FROM decision AS d";

static const char source_states[] =
    TOLD "SELECT 'of entry ' || seq, NULL, json_object('source', record, 'since', coalesce(" AS_OF("since") ", 0),"
         "  'state', " AS_OF("state") ", 'required', coalesce(" AS_OF("required") ", 0))"
         " FROM (SELECT DISTINCT record, seq FROM change WHERE record GLOB 'source/*') AS e;"
    LIVE "SELECT 'of entry ' || seq, json_object('source',"
         "  coalesce((SELECT " SOURCE_RECORD_SQL " FROM source WHERE number = h.source), 'source ' || source),"
         "  'since', since, 'state', state, 'required', coalesce(required, 0)) FROM source_state AS h";

/*
 * Runs are counted by their starts. When a run was last alive stands in the entry of the next start, or is when it
 * stopped; of the run that goes on, nowhere.
 */
static const char runs[] =
    TOLD "WITH mark AS (SELECT seq, json_extract(b, '$.at') AS at,"
         "  json_extract(b, '$.verb') = 'daemon.started' AS starts, json_extract(b, '$.note.previous_alive') AS before"
         "  FROM " ENTRIES_WITH("\"verb\":\"daemon.st") "),"
         " counted AS (SELECT *, sum(starts) OVER (ORDER BY seq) AS number FROM mark),"
         " began AS (SELECT number, seq, at, before FROM counted WHERE starts),"
         " ended AS (SELECT number, max(at) AS at FROM counted WHERE NOT starts GROUP BY number)"
         " SELECT b.number, b.seq, json_object('started', b.at, 'stopped', e.at, 'alive',"
         "  coalesce(n.before, e.at, (SELECT alive FROM run WHERE run.number = b.number)))"
         " FROM began AS b LEFT JOIN ended AS e ON e.number = b.number LEFT JOIN began AS n ON n.number = b.number + 1;"
    LIVE "SELECT number, json_object('started', started, 'stopped', stopped, 'alive', alive) FROM run";

#define NOTE(key)          "json_extract(b, '$.note." key "')"
#define NOTE_IF(key, none) "nullif(" NOTE(key) ", " none ")"

static const char kpi_samples[] =
    TOLD "SELECT 'of entry ' || seq, NULL, json_object('kpi', " NOTE("kpi") ", 'version', " NOTE("version") ","
         "  'stratum', " NOTE_IF("stratum", "''") ", 'from_at', " NOTE_IF("from", "0") ","
         "  'until_at', " NOTE_IF("until", "0") ", 'at', json_extract(b, '$.at'), 'n', " NOTE("n") ","
         "  'n_open', " NOTE("n_open") ", 'value', " NOTE("value_millionths") ", 'p50', " NOTE("p50_millionths") ","
         "  'p90', " NOTE("p90_millionths") ", 'extra', " NOTE_IF("extra", "''") ","
         "  'reason', json_extract(b, '$.reason'), 'ledger_size', " NOTE("ledger_size") ","
         "  'ledger_root', " NOTE_IF("ledger_root", "''") ") FROM " ENTRIES_OF("kpi.sampled") ";"
    LIVE "SELECT 'of entry ' || seq, json_object('kpi', kpi, 'version', version, 'stratum', stratum,"
         "  'from_at', from_at, 'until_at', until_at, 'at', at, 'n', n, 'n_open', n_open, 'value', value, 'p50', p50,"
         "  'p90', p90, 'extra', extra, 'reason', reason, 'ledger_size', ledger_size, 'ledger_root', ledger_root)"
         " FROM kpi_sample";
// clang-format on

int
verify_history(struct verify *v)
{
    int r;

    r = verify_compare(v, VERIFY_DECISION, decisions);
    if (r == 0)
        r = verify_compare(v, VERIFY_SOURCE_STATE, source_states);
    if (r == 0)
        r = verify_compare(v, VERIFY_RUN, runs);
    if (r == 0)
        r = verify_compare(v, VERIFY_KPI_SAMPLE, kpi_samples);
    return r < 0 ? error_trace(r) : 0;
}
