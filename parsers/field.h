/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Field: a named value of an event, and the growing list of them that parsers fill.
 *
 * The list and everything in it live in the arena handed in; names and values are slices of the input where the input
 * holds them as they are, of the arena where they had to be unescaped or joined. The same name may stand in the list
 * several times: that is how an array looks, and any of its values may match.
 */

#include "base/arena.h"
#include "base/hash.h"

enum value_type {
    VALUE_TEXT,
    VALUE_NUMBER, /* the value is the number as it was written */
    VALUE_BOOL,   /* the value is "true" or "false" */
    VALUE_NULL,   /* present and null; the value is empty */
};

struct field {
    struct slice name;
    struct slice value;
    uint32_t name_hash; /* field_hash(name) */
    enum value_type type : 8;
    bool name_lasts : 1; /* the name outlives the event: it stands in a mapping, not in the arena or the input */
};

struct fields {
    struct field *items;
    size_t n;
    size_t cap;
    size_t n_max;        /* at most this many are kept */
    size_t n_dropped;    /* what came after, counted */
    struct arena *arena;
};

/** fields_init() - an empty list of at most @n_max fields, whose memory comes from @arena. */
static inline void
fields_init(struct fields *f, struct arena *arena, size_t n_max)
{
    *f = (struct fields){.arena = arena, .n_max = n_max};
}

/**
 * field_hash() - the hash by which a field is found
 *
 * Blanks in a name do not count: an event's "Threat Name" is a rule's ThreatName (Sigma specification, Field Usage).
 */
uint32_t field_hash(struct slice name);

/**
 * field_hash_joined() - field_hash() of a nested name, for whoever joins many names with one group
 * @name:       the whole name, "group.key"
 * @group_hash: field_group_hash(@name up to and with its last dot)
 * @key:        what stands behind that dot
 */
uint32_t field_hash_joined(struct slice name, uint32_t group_hash, struct slice key);

/** field_group_hash() - the hash of what names of one group begin with, the dot included; of "" for names without. */
uint32_t field_group_hash(struct slice group);

/** field_named() - whether @f is called @name, blanks aside; @hash is field_hash(@name). */
bool field_named(const struct field *f, struct slice name, uint32_t hash);

/** fields_add() - append a field; beyond the limit, or when the arena overflows, it is counted as dropped. */
void fields_add(struct fields *f, struct slice name, struct slice value, enum value_type type);

/** fields_add_hashed() - fields_add() for a name whose field_hash() is known. */
void fields_add_hashed(struct fields *f, struct slice name, uint32_t hash, struct slice value, enum value_type type);

/** fields_find() - the first field called @name. Return: NULL where there is none. */
const struct field *fields_find(const struct field *items, size_t n, struct slice name);
