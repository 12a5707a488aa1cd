/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Router: which rules an event is for, by its log sources, and so which of its fields are worth looking into.
 *
 * Few distinct log sources keep coming back: each is worked out once and remembered, in a table of fixed size where a
 * newcomer takes the place of another. An event without any log source is for the rules that ask for none. One lane's.
 */

#include "detect/ruleset_impl.h"
#include "model/event.h"

struct router;

/** router_new() - for the rules of @rs; with @everything, every event is for every rule. Return: 0 or -ENOMEM. */
int router_new(struct router **out, const struct ruleset *rs, bool everything);
void router_free(struct router *r);
CLEANUP_DEFINE(router_free, struct router *)

/** What an event is for: bitsets, valid until the next router_route(). */
struct route {
    const uint64_t *sources; /* of the rules' log sources, those that cover it */
    const uint64_t *scopes;  /* what rules of these look into */
    bool asks_fields;        /* whether they look at fields at all */
};

/** router_route() - the route of @event. */
struct route router_route(struct router *r, const struct event *event);
