/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Diag: what is wrong in text that people wrote (configuration, rules, mappings), all of it, with where.
 *
 * Readers add every problem they find and go on; who asked for the text decides afterwards. Lines and columns count
 * from 1; 0 stands for "the whole file". Kept up to a limit; what comes after is counted. One thread.
 */

#include <stdio.h>

#include "base/slice.h"

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag_place {
    const char *file; /* stays as long as the list */
    unsigned line;
    unsigned column;
};

struct diag_item {
    enum diag_level level;
    char *file; /* NULL where there is none */
    unsigned line;
    unsigned column;
    char *text; /* one sentence, without a full stop */
};

struct diag {
    struct diag_item *items;
    size_t n;
    size_t n_errors; /* of all, kept or not */
    size_t n_warnings;
    size_t n_unkept;
};

void diag_fini(struct diag *d);

/** diag_error() - note that what stands at @at is wrong, and what was expected. */
void diag_error(struct diag *d, struct diag_place at, const char *fmt, ...) PRINTF_LIKE(3, 4);

/** diag_warning() - note that what stands at @at will surprise its author. */
void diag_warning(struct diag *d, struct diag_place at, const char *fmt, ...) PRINTF_LIKE(3, 4);

/**
 * diag_print() - every item as "file:line:column: error: sentence", a line each, escaped, onto @stream
 *
 * The whole file is shown as its beginning, 1:1, so that what reads these lines finds a place in each.
 */
void diag_print(const struct diag *d, FILE *stream);

/** CLEANUP_DIAG - the list declared next, with = {0}, is freed on every way out of its scope. */
#define CLEANUP_DIAG __attribute__((cleanup(diag_fini)))
