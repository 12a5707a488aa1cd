/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Row: one line of an answer, begun and ended, with the few shapes of value that records have.
 */

#include "base/clock.h"
#include "base/json_writer.h"

struct row_writer {
    struct json_writer json;
    struct buffer *out;
};

/** row_begin() - open a row on @out; in @section of a sheet where that is not NULL. */
void row_begin(struct row_writer *row, struct buffer *out, const char *section);
void row_end(struct row_writer *row);

/** row_time() - @t as RFC 3339; null where it is 0. */
void row_time(struct row_writer *row, const char *key, struct walltime t);

/** row_text() - @s; null where it is empty. */
void row_text(struct row_writer *row, const char *key, struct slice s);

void row_int(struct row_writer *row, const char *key, int64_t v);

/** row_duration() - @ns as people say it: "1d 2h", "3m 4s", "850ms". */
void row_duration(struct row_writer *row, const char *key, int64_t ns);
