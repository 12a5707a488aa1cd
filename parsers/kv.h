/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Key=value: the pairs of a message such as `date=2026-03-14 user="a b" action=deny`.
 */

#include "parsers/field.h"

struct kv_options {
    char assign;     /* between key and value; '=' */
    char separator;  /* between pairs; ' ' */
    bool bare_keys;  /* a word without assignment is a field with an empty value; otherwise it is passed over */
};

/** kv_options_default() - `=` and blanks, bare words passed over. */
struct kv_options kv_options_default(void);

/**
 * kv_parse() - add the pairs of @text to @out
 *
 * A value in double or single quotes may hold separators, and \" \\ inside are unescaped into the list's arena; an
 * unclosed quote runs to the end. Never fails. Return: how many pairs there were.
 */
size_t kv_parse(struct slice text, const struct kv_options *options, struct fields *out);
