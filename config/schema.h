/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Schema: what may stand in a configuration file. The only truth for names, types, bounds, defaults and sentences; the
 * loader, the printer and the reference page all walk these rows.
 */

#include <stdio.h>

#include "config/settings.h"

enum setting_type {
    SETTING_BOOL,     /* bool */
    SETTING_INTEGER,  /* unsigned or uint64_t */
    SETTING_BYTES,    /* uint64_t; written as 64KiB */
    SETTING_DURATION, /* int64_t, milliseconds; written as 1h30m */
    SETTING_ZONE,     /* int, minutes east of UTC; written as +01:00 */
    SETTING_WORD,     /* an enum of four bytes; one of `words` */
    SETTING_TEXT,     /* const char * */
    SETTING_PATH,     /* const char *; a relative one counts from the file's folder */
    SETTING_TEXTS,    /* const char *const *, its length at `aux` */
    SETTING_PATHS,
};

struct setting_word {
    const char *text; /* NULL ends the list */
    unsigned value;
};

struct setting {
    const char *name; /* within its section; a dot goes into a mapping */
    enum setting_type type;
    size_t at;            /* of the value, in struct settings or in the section's item */
    size_t size;          /* of the value */
    size_t aux;           /* of a list's length, or of the bool that says a number was given; 0: none */
    const char *fallback; /* the default as it would be written; NULL: nothing */
    const char *fallback_tls; /* the default of an item with TLS; NULL: the same */
    int64_t min;          /* of the value; of text and lists, of their length */
    int64_t max;
    const struct setting_word *words;
    unsigned only_for;  /* kinds of item it has a meaning for, as bits; 0: all */
    unsigned needed_by; /* kinds of item that cannot be without it */
    const char *help;   /* one sentence */
};

struct setting_section {
    const char *name;
    const char *help;
    const struct setting *rows;
    size_t n_rows;
    size_t item_size; /* of a list: of each item; 0: a mapping */
    size_t items_at;  /* of a list, in struct settings: the pointer to its items */
    size_t n_at;      /* of a list, in struct settings: how many there are */
};

enum { SETTING_ITEMS_MAX = 4096, SETTING_ALWAYS = ~0u >> 1 };

extern const struct setting_section setting_sections[];
extern const size_t setting_sections_n;

/** setting_value() - where the value of @row is within @base, which is the settings or an item. */
static inline void *
setting_value(const struct setting *row, const void *base)
{
    return (char *)base + row->at;
}

/** setting_kind() - the kind of @item of @section as a bit, for only_for and needed_by. */
unsigned setting_kind(const struct setting_section *section, const void *item);
