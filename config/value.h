/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Value: one setting's value, from what stands in the file into memory, and back. Each row's type is served here, and
 * only here.
 */

#include "base/buffer.h"
#include "config/schema.h"
#include "parsers/yaml.h"

/**
 * value_read() - set the value of @row within @base to what @node says
 * @folder: where relative paths begin
 * @arena:  where texts go
 *
 * Return: whether @node is such a value and within the bounds. An overflow of @arena is for the caller to see there.
 */
bool value_read(
    const struct setting *row, const struct yaml_node *node, void *base, const char *folder, struct arena *arena);

/** value_expect() - what @row takes, as "a duration such as 15m, from 0 to 30d", onto @out. */
void value_expect(const struct setting *row, struct buffer *out);

/** value_is_set() - whether the value of @row within @base is there; what has no default may not be. */
bool value_is_set(const struct setting *row, const void *base);

/** value_print() - the value of @row within @base as YAML that reads back to the same, onto @out. */
void value_print(const struct setting *row, const void *base, struct buffer *out);

/** value_duration() - the milliseconds that @text is, such as 90s or 1h30m. Return: whether it is a duration. */
bool value_duration(struct slice text, int64_t *ms);
