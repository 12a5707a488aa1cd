/* SPDX-License-Identifier: Apache-2.0 */
#include "model/learned.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"

int
learned_init(struct learned *l)
{
    *l = (struct learned){.mine = calloc(1, sizeof(struct learned_table))};
    l->empty = calloc(1, sizeof(struct learned_table));
    return l->mine == NULL || l->empty == NULL ? error_origin(-ENOMEM) : 0;
}

void
learned_fini(struct learned *l)
{
    free(l->mine);
    free(l->full);
    free(l->empty);
    *l = (struct learned){0};
}

static bool
is(const struct learned_seen *s, struct slice name, bool is_peer)
{
    return s->n_name == name.n && s->is_peer == is_peer && memcmp(s->name, name.p, name.n) == 0;
}

static void
meet(struct learned_seen *s, struct slice name, bool is_peer, struct slice peer, struct walltime received)
{
    peer = slice_head(peer, LEARNED_PEER_MAX);
    s->n_events = 0;
    s->has_skew = false;
    s->is_peer = is_peer;
    s->first_ns = received.ns;
    s->n_name = (uint8_t)name.n;
    s->n_peer = (uint8_t)peer.n;
    memcpy(s->name, name.p, name.n);
    if (peer.n > 0)
        memcpy(s->peer, peer.p, peer.n);
}

/* The one of its set that is it, or that makes room. */
static struct learned_seen *
place_of(struct learned_table *t, uint32_t hash, struct slice name, bool is_peer, struct slice peer,
    struct walltime received)
{
    struct learned_seen *set = t->sets[hash % LEARNED_SETS];
    struct learned_seen *oldest = set;
    size_t i;

    for (i = 0; i < LEARNED_WAYS; i++) {
        if (set[i].n_events > 0 && set[i].hash == hash && is(&set[i], name, is_peer))
            return &set[i];
        if (set[i].n_events == 0) {
            oldest = &set[i];
            break; /* slots are filled from the first to the last */
        }
        if (set[i].last_ns < oldest->last_ns)
            oldest = &set[i];
    }
    t->n_forgotten += oldest->n_events > 0;
    meet(oldest, name, is_peer, peer, received);
    oldest->hash = hash;
    return oldest;
}

struct learned_seen *
learned_saw(struct learned *l, struct slice hostname, struct slice peer, struct walltime received)
{
    bool is_peer = hostname.n == 0;
    struct slice name = slice_head(is_peer ? peer : hostname, LEARNED_NAME_MAX);
    struct learned_table *t = l->mine;
    struct learned_seen *s = t->latest;

    if (name.n == 0)
        return NULL;
    if (s == NULL || !is(s, name, is_peer))
        s = t->latest = place_of(t, hash_name(name), name, is_peer, peer, received);
    s->n_events++;
    s->last_ns = received.ns;
    return s;
}

void
learned_pass(struct learned *l)
{
    struct learned_table *next;

    if (l->mine->latest == NULL)
        return;
    next = atomic_exchange(&l->empty, NULL);
    if (next == NULL)
        return;
    atomic_store(&l->full, l->mine);
    l->mine = next;
}

struct learned_table *
learned_take(struct learned *l)
{
    return atomic_exchange(&l->full, NULL);
}

void
learned_return(struct learned *l, struct learned_table *t)
{
    memset(t, 0, sizeof(*t));
    atomic_store(&l->empty, t);
}
