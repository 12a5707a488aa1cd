/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Regex guard: a text that must stand in whatever a regular expression matches, so that the expression need only be
 * tried where the text was found.
 */

#include "base/slice.h"

enum { REGEX_GUARD_BYTES_MIN = 3, REGEX_GUARD_BYTES_MAX = 256 };

/**
 * regex_guard() - the longest run of plain characters outside groups and alternatives of @regex
 * @regex: a pattern PCRE2 compiled
 * @out:   room for it
 *
 * Careful before clever: what it does not know for certain it refuses. Case is left as written.
 *
 * Return: its length, 0 where there is none of REGEX_GUARD_BYTES_MIN.
 */
size_t regex_guard(struct slice regex, char out[static REGEX_GUARD_BYTES_MAX]);
