/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reader_corrections.h"

#include "base/error.h"
#include "model/record_id.h"
#include "store/reader_internal.h"

int
reader_is_corrected(struct reader *r, const struct incident *incident, const char *const times[static 2], bool *out)
{
    CLEANUP_QUERY struct query q = query_on(r->db,
        "SELECT 1 FROM ledger WHERE record = ?1 AND instr(body, '\"verb\":\"incident.corrected\"') > 0"
        " AND (json_type(body, '$.set.' || ?2) IS NOT NULL OR json_type(body, '$.set.' || ?3) IS NOT NULL)");
    char id[RECORD_ID_MAX];
    int rc;

    query_text(&q, slice_str(record_id_print(RECORD_INCIDENT, incident->opened, incident->number, id)));
    query_text(&q, slice_str(times[0]));
    query_text(&q, slice_str(times[1]));
    rc = query_row(&q);
    *out = rc == QUERY_ROW;
    return rc < 0 ? error_trace(rc) : 0;
}
