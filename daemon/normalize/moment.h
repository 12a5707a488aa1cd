/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Moment: the time that stands inside a message or a record, in one of the forms that mapping files may name.
 */

#include "parsers/timestamp.h"

enum moment_form {
    MOMENT_RFC3339, /* 2026-03-14T15:09:26.535Z, also with a blank for T and without a zone */
    MOMENT_CLF,     /* 14/Mar/2026:15:09:26 +0100, as access logs have it */
    MOMENT_SLASHED, /* 2026/03/14 15:09:26 */
    MOMENT_EPOCH,   /* seconds since 1970 with or without a fraction, or milli-, micro- or nanoseconds, by their size */
    MOMENT_HEADER,  /* whatever log headers begin with */
};

/** moment_form_parse() - the form called @name: rfc3339, clf, slashed, epoch, header. Return: whether there is one. */
bool moment_form_parse(struct slice name, enum moment_form *form);

/** moment_parse() - the time that @text, all of it, is. Return: whether it is one of that form. */
bool moment_parse(
    struct slice text, enum moment_form form, const struct timestamp_options *options, struct walltime *out);
