/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Query: the verbs that read committed records, answered as rows of JSON.
 *
 * Everything comes from one read-only connection, so an answer shows what is on record, never what is only in memory.
 */

#include "config/settings.h"
#include "ctl/ctl_proto.h"
#include "store/reader.h"

enum { QUERY_E_UNKNOWN = 1 };

/**
 * query_answer() - answer @request whole, last line included
 * @reader:   a connection of this thread
 * @settings: for limits shown beside records
 * @now:      for ages
 *
 * Return: 0, or QUERY_E_UNKNOWN where the verb is not one of these, with nothing appended.
 */
int query_answer(struct reader *reader, const struct settings *settings, struct walltime now,
    const struct ctl_request *request, struct buffer *out);

/** query_incident() - append incident @number as one row; what a move answers with. Return: 0 or as reader_incident(). */
int query_incident(struct reader *reader, int64_t number, struct buffer *out);

/** query_nonconformity() - append nonconformity @number as one row. Return: likewise. */
int query_nonconformity(struct reader *reader, int64_t number, struct buffer *out);

/** query_maintenance() - append maintenance @number as one row. Return: likewise. */
int query_maintenance(struct reader *reader, int64_t number, struct buffer *out);
