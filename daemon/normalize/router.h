/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Router: every log source an event may be given, each once and at a fixed address.
 *
 * Mapping files name log sources; configuration names one per input and source, and its product takes the place of
 * a mapping's (an sshd on FreeBSD is freebsd/sshd where configuration says so). All combinations are built when the
 * mappings are loaded, so that routing an event is copying pointers, and whoever matches may cache by pointer.
 */

#include "model/event.h"
#include "normalize/names.h"

enum { ROUTER_LOGSOURCES_MAX = 60000, ROUTER_OVERLAYS_MAX = 16384 };

/** Numbers of log sources, as mappings hold them. */
struct routes {
    const uint16_t *items;
    size_t n;
};

/** What configuration says of everything from one input and source. */
struct overlay {
    struct logsource own;              /* as configured; attributes empty where it says nothing */
    const struct logsource *added;     /* its own log source; NULL where nothing is configured */
    bool product_only;                 /* nothing but a product: every other log source has it, too */
    const struct logsource **resolved; /* by number: the mapping's log source under this overlay */
};

struct router {
    struct arena *arena;
    struct logsource *items; /* by number */
    size_t n;
    size_t cap;
    struct names numbers; /* "product\0category\0service" to number + 1 */
    struct names overlay_numbers;
    struct overlay **overlays;
    size_t n_overlays;
    size_t overlays_cap;
    const struct logsource *final; /* what events point to */
};

void router_init(struct router *r, struct arena *arena);

/** router_add() - the number of @ls. Return: UINT16_MAX beyond the limit or without memory. */
uint16_t router_add(struct router *r, const struct logsource *ls);

/** router_add_overlay() - the number of the overlay @own. Return: UINT16_MAX beyond the limit or without memory. */
uint16_t router_add_overlay(struct router *r, const struct logsource *own);

/** router_finish() - build what events point to; nothing is added afterwards. Return: whether all fitted. */
bool router_finish(struct router *r);

/**
 * router_give() - add the log sources @routes, under @overlay, to @event
 *
 * Return: how many found no room.
 */
size_t router_give(const struct overlay *overlay, struct routes routes, struct event *event);

/** router_give_uncovered() - as router_give(), without those that a log source of the event stands for already. */
size_t router_give_uncovered(const struct overlay *overlay, struct routes routes, struct event *event);

/** router_give_own() - add what configuration says, in the same way. Return: as router_give(). */
size_t router_give_own(const struct overlay *overlay, struct event *event);
