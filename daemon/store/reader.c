/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "ledger/tree.h"
#include "store/reader_internal.h"
#include "store/schema.h"

enum { READER_SCRATCH_BYTES = 16 * 1024, READER_SCRATCH_MAX = 64 * 1024 * 1024 };

static int
open_database(struct reader *r, const char *state_dir)
{
    CLEANUP_FREE char *path = NULL;
    int version;
    int rc;

    if (asprintf(&path, "%s/records.db", state_dir) < 0)
        return error_origin(-ENOMEM);
    if (access(path, F_OK) != 0)
        return errno == ENOENT ? STORE_E_NONE : error_origin(-errno);
    rc = db_open(&r->db, path, DB_READER);
    if (rc < 0)
        return error_trace(rc);
    rc = schema_version(r->db, &version);
    if (rc < 0)
        return error_trace(rc);
    if (version > schema_migrations[schema_n_migrations - 1].version)
        return STORE_E_NEWER;
    return version < schema_migrations[schema_n_migrations - 1].version ? STORE_E_NONE : 0;
}

static int
open_evidence(struct reader *r, const char *state_dir)
{
    CLEANUP_FREE char *path = NULL;

    if (asprintf(&path, "%s/evidence", state_dir) < 0)
        return error_origin(-ENOMEM);
    r->evidence = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return r->evidence < 0 && errno != ENOENT ? error_origin(-errno) : 0;
}

int
reader_open(struct reader **out, const char *state_dir)
{
    CLEANUP(reader_close) struct reader *r = NULL;
    int rc;

    r = calloc(1, sizeof(*r));
    if (r == NULL)
        return error_origin(-ENOMEM);
    r->evidence = -1;
    rc = arena_init(&r->scratch, READER_SCRATCH_BYTES, READER_SCRATCH_MAX);
    if (rc == 0)
        rc = hasher_new(&r->hasher);
    if (rc == 0)
        rc = open_database(r, state_dir);
    if (rc == 0)
        rc = open_evidence(r, state_dir);
    if (rc != 0)
        return rc < 0 ? error_trace(rc) : rc;
    *out = TAKE(r);
    return 0;
}

void
reader_close(struct reader *r)
{
    if (r == NULL)
        return;
    db_close(r->db);
    hasher_free(r->hasher);
    arena_fini(&r->scratch);
    if (r->evidence >= 0)
        (void)close(r->evidence);
    free(r);
}

static int
load_moment(struct reader *r, struct reader_moment *moment)
{
    CLEANUP_QUERY struct query q = query_on(r->db, "SELECT size, slots FROM tree");
    struct tree tree = {0};
    uint64_t size;
    int rc;

    rc = query_row(&q);
    if (rc < 0)
        return error_trace(rc);
    if (rc == QUERY_ROW) {
        size = (uint64_t)query_take_int(&q);
        if (!tree_unpack(&tree, size, query_take_text(&q)))
            return error_origin(-EUCLEAN);
    }
    moment->ledger_size = tree.size;
    rc = tree_root(&tree, r->hasher, &moment->ledger_root);
    return rc < 0 ? error_trace(rc) : 0;
}

int
reader_begin(struct reader *r, struct reader_moment *moment)
{
    CLEANUP_QUERY struct query q = query_on(r->db, "BEGIN");
    struct reader_moment unasked;
    int rc;

    rc = query_run(&q);
    if (rc == 0)
        rc = load_moment(r, moment == NULL ? &unasked : moment);
    if (rc < 0)
        reader_end(r);
    return rc < 0 ? error_trace(rc) : 0;
}

void
reader_end(struct reader *r)
{
    CLEANUP_QUERY struct query q = query_on(r->db, "COMMIT");

    if (db_in_transaction(r->db))
        (void)query_run(&q);
}
