/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Record: the fields of a JSON event under the mapping it belongs to.
 */

#include "normalize/mapping.h"
#include "parsers/field.h"

/**
 * record_mapping() - the first json mapping whose key field is among @fields from @first on
 *
 * Return: NULL where there is none.
 */
const struct mapping *record_mapping(const struct mappings *all, const struct fields *fields, size_t first);

/** record_rename() - give the fields from @first on the names @m has for them. */
void record_rename(const struct mapping *m, struct fields *fields, size_t first);

/** record_first() - the value of the first of the fields @names that is there and not empty. Return: {NULL, 0} for
 * none. */
struct slice record_first(const struct fields *fields, size_t first, struct slices names);

/**
 * record_route() - what @m makes of the value of its key field: further names, and log sources
 * @give: called with the log sources of each route that fits
 */
void record_route(const struct mapping *m, struct fields *fields, size_t first,
    void (*give)(void *ctx, struct routes routes), void *ctx);
