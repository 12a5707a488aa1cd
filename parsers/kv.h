/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Key=value: the pairs of a message such as `date=2026-03-14 user="a b" action=deny`.
 */

#include "parsers/field.h"

struct kv_options {
    char assign;    /* between key and value; '=' */
    char separator; /* between pairs; ' ' stands for any run of blanks, tabs and line ends */
    bool bare_keys; /* a word without assignment is a field with an empty value; otherwise it is passed over */
};

/** kv_options_default() - `=` and blanks, bare words passed over. */
struct kv_options kv_options_default(void);

/**
 * kv_parse() - add the pairs of @text to @out
 *
 * A key or value in double or single quotes may hold separators; in a value a backslash before the quote or another
 * backslash is taken away, into the list's arena. A quote that is never closed runs to the end; one that closes in the
 * middle of a value (`"a"b`) is no quoting, and the value is taken as it stands. Where the separator is no blank,
 * blanks around keys and values do not count; where it is, `a= b=1` has an empty a. A pair without key is passed over.
 * Values are text.
 *
 * Never fails. Pure; any thread. Return: how many fields there were, those dropped by @out's limits included.
 */
size_t kv_parse(struct slice text, const struct kv_options *options, struct fields *out);
