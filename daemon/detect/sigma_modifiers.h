/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sigma modifiers: what may stand behind a field's name, one row of the table each (Sigma appendix: Modifiers).
 *
 * They work from left to right on the values of an item. To add one: write its function in the family's file, declare
 * it in sigma_modify.h, and add its row in sigma_modifiers.c.
 */

#include "base/nearest.h"
#include "detect/sigma_item.h"

struct sigma_modifier;

/** What a modifier does to one value, or with @v NULL to the item. Problems are noted in the draft. */
typedef void sigma_modify_fn(
    struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m);

struct sigma_modifier {
    const char *name;
    const char *help; /* what it asks for, as a sentence without its subject */
    unsigned takes;   /* bits 1 << enum leaf_kind: the values it works on; 0: it works on the item */
    bool as_written;  /* only on a value that no modifier before it has changed */
    sigma_modify_fn *apply;
    int argument;
};

/** sigma_modifiers() - the whole table, in the order of the specification. */
const struct sigma_modifier *sigma_modifiers(size_t *n);

/** sigma_modifiers_find() - the modifier called @name. Return: NULL where there is none. */
const struct sigma_modifier *sigma_modifiers_find(struct slice name);

/** sigma_modifiers_hint() - which modifier may be meant by @name, as nearest_hint() says it. Return: @out. */
const char *sigma_modifiers_hint(struct slice name, char out[static NEAREST_HINT_MAX]);

/** sigma_modifiers_apply() - let @m work on @item. Return: whether every value was one it takes. */
bool sigma_modifiers_apply(struct sigma_draft *d, struct sigma_item *item, const struct sigma_modifier *m);
