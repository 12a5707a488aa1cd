/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sources: which configured log source an event is from.
 *
 * A source is found by its host name, else by its sender's address, else among the few that name neither; of several
 * that fit, the first in the configuration counts. Immutable; a lane brings its own cache of addresses.
 */

#include "base/diag.h"
#include "config/settings.h"
#include "model/event.h"
#include "normalize/names.h"

enum { ADDRESS_CACHE_SLOTS = 64, ADDRESS_TEXT_MAX = 48 };

struct address {
    unsigned char bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    bool known;              /* false: the text was none */
};

/** Addresses already read, so that a busy sender's is read once. */
struct address_cache {
    struct {
        char text[ADDRESS_TEXT_MAX];
        size_t n;
        struct address address;
    } slots[ADDRESS_CACHE_SLOTS];
};

struct sources;

/** sources_new() - @settings' sources indexed, in @arena; @diag gets addresses that are none. Return: NULL without
 * memory. */
struct sources *sources_new(const struct settings *settings, struct arena *arena, struct diag *diag);

/** sources_find() - the index of the source that @e, with its header and frame set, is from, or EVENT_SOURCE_UNKNOWN.
 */
uint16_t sources_find(const struct sources *s, struct address_cache *cache, const struct event *e);
