/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Table: the daemon's answer (NDJSON) as people read it, every value escaped.
 */

#include <stdio.h>

#include "base/buffer.h"
#include "ctl/verbs.h"

enum { TABLE_E_REFUSED = 1, TABLE_E_BROKEN };

/**
 * table_print() - print @answer on @out by the columns and shape of @verb
 * @answer: rows and the last line, as ctl_proto.h has them
 *
 * A row that has a "section" goes into a table of its own under that heading, after the sheet.
 *
 * Return: 0; TABLE_E_REFUSED when the last line is an error, which is printed on stderr; TABLE_E_BROKEN when there is
 * no last line; negative errno.
 */
int table_print(const struct verb *verb, struct slice answer, FILE *out);

/** table_pass() - print the rows of @answer on @out as they are. Return: as table_print(). */
int table_pass(struct slice answer, FILE *out);
