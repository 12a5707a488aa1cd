/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Error: how a failure of the machine travels: negative -errno, returned unchanged, each step noted.
 *
 * 0 is done; a positive value is an outcome the callee documents by name. The first function that sees a failure
 * returns error_origin(-errno); everyone above returns error_trace(r). The steps are kept per thread and logged at
 * debug level, so that one line in the log shows the way a failure took. Any thread may call.
 */

#include "base/defs.h"

/** error_origin() - note where the failure @r (negative) began. Return: @r. */
#define error_origin(r) error_note((r), __FILE__, __LINE__, true)

/** error_trace() - note that the failure @r (negative) passed here. Return: @r. */
#define error_trace(r) error_note((r), __FILE__, __LINE__, false)

int error_note(int r, const char *file, int line, bool origin);

/**
 * error_path() - the way the last failure of this thread took, "file:line < file:line …"
 *
 * Return: a string of this thread's, valid until its next error_note().
 */
const char *error_path(void);
