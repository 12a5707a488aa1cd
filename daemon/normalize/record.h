/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Record: the fields of a JSON event under the mapping it belongs to.
 */

#include "normalize/mapping.h"
#include "parsers/field.h"
#include "parsers/timestamp.h"

/**
 * record_mapping() - the json mapping that @fields from @first on belong to, else the first one whose key they have
 *
 * Return: NULL where there is none.
 */
const struct mapping *record_mapping(const struct mappings *all, const struct fields *fields, size_t first);

/** record_belongs() - whether @m's key field is among @fields from @first on, with a value that @m sends
 * somewhere, and so are the others it needs. */
bool record_belongs(const struct mapping *m, const struct fields *fields, size_t first);

/** record_rename() - give the fields from @first on the names @m has for them. */
void record_rename(const struct mapping *m, struct fields *fields, size_t first);

/** record_split() - add the parts of the fields from @first on that @m splits. */
void record_split(const struct mapping *m, struct fields *fields, size_t first);

/** record_lines() - add what @m takes from lines inside the fields from @first on. */
void record_lines(const struct mapping *m, struct fields *fields, size_t first);

/** record_first() - the value of the first of the fields @names that is there and not empty. Return: {NULL, 0} for
 * none. */
struct slice record_first(const struct fields *fields, size_t first, struct slices names);

/**
 * record_time() - the time that the first of @m's fields for it tells
 *
 * In any form: RFC 3339, what log headers begin with, or a number since 1970 in whatever unit its size fits. Fields
 * that stand together, as date and time, are read with a blank between them. Return: whether there is one.
 */
bool record_time(const struct mapping *m, const struct fields *fields, size_t first,
    const struct timestamp_options *options, struct walltime *out);

/**
 * record_route() - what @m makes of the value of its key field: further names, and log sources
 * @give: called with the log sources of each route that fits
 */
void record_route(const struct mapping *m, struct fields *fields, size_t first,
    void (*give)(void *ctx, struct routes routes), void *ctx);
