/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Label: a field's name with its hash, ready to be added.
 */

#include "parsers/field.h"

struct label {
    struct slice name;
    uint32_t hash;
};

/** Under which names one value is kept. */
struct labels {
    const struct label *items;
    size_t n;
};

static inline struct label
label_of(struct slice name)
{
    return (struct label){name, field_hash(name)};
}

/** label_add() - append the text @value under @label; without a call where there is room. */
static inline void
label_add(struct fields *out, const struct label *label, struct slice value)
{
    if (LIKELY(out->n < out->cap && out->n < out->n_max))
        out->items[out->n++] = (struct field){label->name, value, label->hash, VALUE_TEXT, true};
    else
        fields_add_hashed(out, label->name, label->hash, value, VALUE_TEXT);
}
