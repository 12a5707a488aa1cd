/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Item: one entry of a detection, "field|modifier|modifier: values", while its modifiers work on it.
 *
 * A value is a leaf of the tree from the beginning: text or null as it was written, whatever the modifiers make of it
 * in the end. A modifier that yields several alternatives puts more values behind the one it was given, with the same
 * ordinal; any alternative will do, also under `all`.
 */

#include "detect/sigma_draft.h"

struct sigma_value {
    struct leaf leaf;
    const struct yaml_node *node; /* as it was written */
    unsigned ordinal;             /* which of the written values */
    const char *shaped_by;        /* the last modifier that changed its text; NULL: as written */
    struct sigma_value *next;
};

/** What modifiers say of the item as a whole. */
enum {
    ITEM_ALL = 1 << 0, /* every value must fit, not any */
    ITEM_NEGATED = 1 << 1,
    ITEM_CASED = 1 << 2,
    ITEM_ANCHORED = 1 << 3, /* startswith or endswith: also a keyword stands there and not anywhere */
};

struct sigma_item {
    struct slice field; /* empty: keywords */
    struct diag_place at;
    struct diag_place modifier_at; /* of the modifier at work */
    struct sigma_value *values;
    unsigned marks;
};

/**
 * sigma_item_read() - the tree for "@field|@modifiers: @values"
 * @d:         the draft
 * @field:     empty for keywords
 * @modifiers: what stands behind the field, from its first `|`; may be empty
 * @values:    a scalar or a sequence of scalars, the entry whose key @modifiers is part of where there are some
 * @at:        of the key
 *
 * Return: NULL where there was a problem, which is noted.
 */
struct node *sigma_item_read(struct sigma_draft *d, struct slice field, struct slice modifiers,
    const struct yaml_node *values, struct diag_place at);

/** sigma_value_new() - @node as a value: null, or the text pattern it stands for. Return: NULL after a problem. */
struct sigma_value *sigma_value_new(struct sigma_draft *d, const struct yaml_node *node);

/** sigma_value_also() - an alternative to @v, put behind it: a copy. Return: NULL where there are too many. */
struct sigma_value *sigma_value_also(struct sigma_draft *d, struct sigma_value *v);

/** sigma_value_widen() - let anything stand before or after @v's pattern. */
void sigma_value_widen(struct sigma_draft *d, struct sigma_value *v, bool before, bool after);

/** sigma_value_plain() - the text of a pattern without wildcards. Return: false where it has some. */
bool sigma_value_plain(const struct sigma_value *v, struct slice *text);

/** sigma_value_set() - @v's pattern becomes exactly @text, which lives as long as the rule. */
void sigma_value_set(struct sigma_draft *d, struct sigma_value *v, struct slice text);

/** sigma_value_pattern() - @v's pattern becomes what @text, as it would be written, stands for; @text is copied. */
void sigma_value_pattern(struct sigma_draft *d, struct sigma_value *v, struct slice text);

/** sigma_value_number() - whether @v was written as a number, in quotes or not, and which. */
bool sigma_value_number(const struct sigma_value *v, double *number);
