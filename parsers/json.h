/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * JSON: one event's text (RFC 8259) as flat fields, in one pass and without a tree.
 *
 * Nested names are joined by dots ("winlog.event_data.Image"); the values of an array stand each under the array's
 * name; an empty object or array leaves nothing; of a key that stands twice both values are kept. Values are slices of
 * the input where they hold no escapes. A lone surrogate becomes U+FFFD.
 *
 * Strict but for what real logs hold: control characters inside strings and bytes that are not UTF-8 stay as they are.
 * A joined name longer than JSON_NAME_MAX, which would let a small event fill the arena, is dropped with its values.
 */

#include "parsers/field.h"

enum { JSON_NESTING_MAX = 64, JSON_NAME_MAX = 1024 };

enum json_outcome {
    JSON_E_SYNTAX = 1, /* not JSON; fields read so far stay */
    JSON_E_DEPTH,      /* nested deeper than JSON_NESTING_MAX */
    JSON_E_NOT_OBJECT, /* JSON, but no object at the top */
};

struct json_problem {
    size_t offset; /* where reading stopped */
};

/**
 * json_flatten() - add the fields of the object @text to @out
 * @text:    one JSON text; blanks around it are allowed, anything else after it is JSON_E_SYNTAX
 * @out:     the list, whose arena holds joined names and unescaped values
 * @problem: set where the outcome is not 0; may be NULL
 *
 * Pure; any thread. Return: 0 or enum json_outcome.
 */
int json_flatten(struct slice text, struct fields *out, struct json_problem *problem);
