/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Key: a rule and the values of its group-by fields as one string of bytes: "36:RULE-UID 11:192.0.2.129 -".
 *
 * Each part is its length, a colon and its bytes; "-" is a field the event has not, which is another group than an
 * empty value. No two different tuples have the same key, and a key of UTF-8 values is UTF-8. A value longer than
 * CORRELATOR_VALUE_MAX goes in with its length and its first bytes. Internal to this room.
 */

#include "correlate/correlator.h"

enum {
    KEY_PART_MAX = CORRELATOR_VALUE_MAX + 24,
    KEY_BYTES_MAX = (ALERT_GROUP_MAX + 2) * KEY_PART_MAX,
};

struct key_field {
    struct slice name;
    uint32_t hash; /* field_hash(name) */
};

/** How to make the keys of one rule. */
struct key_recipe {
    struct slice prefix; /* the rule's part; empty for a window's key */
    const struct key_field *fields;
    size_t n_fields; /* at most ALERT_GROUP_MAX */
};

/** The key last made, and where in it the values stand. */
struct key {
    size_t n;
    size_t n_cut;                         /* values longer than their limit */
    size_t n_absent;                      /* fields the event has not */
    struct slice values[ALERT_GROUP_MAX]; /* slices of `bytes`; {NULL, 0} where absent */
    char bytes[KEY_BYTES_MAX];
};

/** key_fields_new() - the fields called @names, copied into @arena. Return: NULL once that overflowed. */
const struct key_field *key_fields_new(struct arena *arena, const struct slice *names, size_t n);

/** key_default_fields() - the settings' group-by, in @arena; @n is set to how many. Return: as key_fields_new(). */
const struct key_field *key_default_fields(struct arena *arena, const struct correlator_settings *settings, size_t *n);

/** key_own_fields() - let @recipe group by what @rule itself says, as far as a key goes, in @arena. */
void key_own_fields(struct arena *arena, const struct rule *rule, struct key_recipe *recipe);

/** key_prefix() - the key's part for the rule @uid, in @arena. Return: {NULL, 0} once that overflowed. */
struct slice key_prefix(struct arena *arena, struct slice uid);

/** key_make() - the key of @event by @recipe. */
void key_make(struct key *key, const struct key_recipe *recipe, const struct event *event);

/** key_mark() - make @key another one than any key_make() makes: of events stamped ahead of their time. */
void key_mark(struct key *key);

/** key_mark_source() - likewise: of events of @source alone. */
void key_mark_source(struct key *key, uint16_t source);

/** key_read() - the first @n values of @key as key_make() put them in; {NULL, 0} where absent. */
void key_read(struct slice key, struct slice *values, size_t n);

/** key_value() - the value of the field @want of @event. Return: {NULL, 0} where there is none or it is null. */
struct slice key_value(const struct event *event, const struct key_field *want);

static inline struct slice
key_slice(const struct key *key)
{
    return slice_of(key->bytes, key->n);
}
