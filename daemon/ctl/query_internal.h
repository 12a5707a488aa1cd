/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of queries share: one query on its way. Internal to ctl/.
 */

#include "ctl/query.h"
#include "ctl/row.h"
#include "model/maintenance.h"
#include "model/record_id.h"

enum { LIST_LIMIT = 100 };

struct query {
    struct reader *reader;
    const struct settings *settings;
    struct walltime now;
    const struct ctl_request *request;
    struct buffer *out;
    unsigned n_shown;
};

/** What went wrong, for the last line; NULL: nothing. */
typedef const char *query_fn(struct query *q);

/** row_id() - the name of record @number of @kind. */
void row_id(struct row_writer *row, const char *key, enum record_kind kind, struct walltime opened, int64_t number);

/** query_flag() - whether the flag @name was given. */
bool query_flag(const struct query *q, const char *name);

/** query_limit() - how many rows were asked for. Return: whether that is a number; where not, say query_limit_refused.
 */
bool query_limit(const struct query *q, unsigned *limit);
extern const char query_limit_refused[];

/** query_outcome() - the sentence for what reading returned. */
const char *query_outcome(int r, const char *not_found);

query_fn query_sources;
query_fn query_source_show;
query_fn query_source_adopt;
query_fn query_maintenance_list;

/** query_maintenance_row() - one row of it onto @ctx, a buffer. */
int query_maintenance_row(void *ctx, const struct maintenance *m);
