/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_learned.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "ismsd/recorder_internal.h"
#include "parsers/network.h"
#include "parsers/value.h"
#include "records/clock_watch.h"
#include "store/store_learned.h"

enum { FORGET_TICKS = 600 };

struct host {
    struct skew_window skew;
    struct learned_record record; /* its text is below */
    size_t n_key;
    char text[1 + LEARNED_NAME_MAX + LEARNED_PEER_MAX]; /* kind and name, which are its key, then the peer */
};

struct learned_register {
    struct map *hosts;
    bool loaded;
    bool write_all; /* what was written is undone */
    uint64_t n_ticks;
};

int
recorder_learned_new(struct recorder *r)
{
    struct learned_register *l = calloc(1, sizeof(*l));
    int result;

    r->learned = l;
    if (l == NULL)
        return error_origin(-ENOMEM);
    result = map_new(&l->hosts, r->settings->watch.learned_max + 1);
    return result < 0 ? error_trace(result) : 0;
}

void
recorder_learned_free(struct recorder *r)
{
    struct host *h;
    size_t cursor = 0;

    if (r->learned == NULL)
        return;
    while (r->learned->hosts != NULL && (h = map_next(r->learned->hosts, &cursor)) != NULL)
        free(h);
    map_free(r->learned->hosts);
    free(r->learned);
}

/* ---- one host ---- */

static struct slice
key_of(const struct host *h)
{
    return slice_of(h->text, h->n_key);
}

static struct host *
make_host(struct slice name, bool is_peer, struct slice peer)
{
    struct host *h = calloc(1, sizeof(*h));

    if (h == NULL)
        return NULL;
    name = slice_head(name, LEARNED_NAME_MAX);
    peer = slice_head(peer, LEARNED_PEER_MAX);
    h->n_key = 1 + name.n;
    h->text[0] = is_peer ? 'p' : 'h';
    memcpy(h->text + 1, name.p, name.n);
    if (peer.n > 0)
        memcpy(h->text + h->n_key, peer.p, peer.n);
    h->record.name = slice_of(h->text + 1, name.n);
    h->record.is_peer = is_peer;
    h->record.peer = slice_of(h->text + h->n_key, peer.n);
    return h;
}

static int
forget(struct recorder *r, struct host *h)
{
    int result = store_learned_forget(r->store, h->record.name, h->record.is_peer);

    (void)map_remove(r->learned->hosts, key_of(h));
    free(h);
    return result < 0 ? error_trace(result) : result;
}

/* The one unheard longest makes room. */
static int
forget_oldest(struct recorder *r)
{
    struct host *oldest = NULL;
    struct host *h;
    size_t cursor = 0;

    while ((h = map_next(r->learned->hosts, &cursor)) != NULL)
        if (oldest == NULL || h->record.last_seen.ns < oldest->record.last_seen.ns)
            oldest = h;
    counters_add(r->counters, RECORDER_C_LEARNED_FORGOTTEN, 1);
    return forget(r, oldest);
}

/* Takes @h over. */
static int
remember(struct recorder *r, struct host *h)
{
    int result = 0;

    if (map_length(r->learned->hosts) >= r->settings->watch.learned_max)
        result = forget_oldest(r);
    if (result == 0)
        result = map_put(r->learned->hosts, key_of(h), h);
    if (result != 0)
        free(h);
    return result < 0 ? error_trace(result) : result;
}

/* ---- start ---- */

static bool
is_within(const char *network, struct slice address)
{
    unsigned char bytes[16];
    struct network n;
    bool v4;

    return network != NULL && network_parse(&n, slice_str(network)) && value_address(address, bytes, &v4) &&
           network_holds(&n, bytes);
}

/* Whether a source names the host by now; if it is still of none it is met again. */
static bool
is_adopted(const struct settings *s, const struct learned_record *record)
{
    size_t i;

    for (i = 0; i < s->n_sources; i++) {
        const struct source_settings *source = &s->sources[i];

        if (!record->is_peer && source->hostname != NULL && slice_eq_nocase(record->name, slice_str(source->hostname)))
            return true;
        if (source->hostname == NULL && is_within(source->peer, record->is_peer ? record->name : record->peer))
            return true;
    }
    return false;
}

/* Those to be forgotten are, too: a query that is under way must not see rows go. */
static int
take_stored(void *ctx, const struct learned_record *stored)
{
    struct recorder *r = ctx;
    struct host *h = make_host(stored->name, stored->is_peer, stored->peer);
    int result;

    if (h == NULL)
        return error_origin(-ENOMEM);
    h->record.first_seen = stored->first_seen;
    h->record.last_seen = stored->last_seen;
    h->record.n_events = stored->n_events;
    h->record.skew_n = stored->skew_n;
    h->record.skew_ns = stored->skew_ns;
    result = map_put(r->learned->hosts, key_of(h), h);
    if (result != 0)
        free(h); /* full: learned_max was lowered, and the rest ages in the store until it is met again */
    return result < 0 ? error_trace(result) : 0;
}

/* Drops what @is_over says of; the map may not change while it is walked, so one at a time. */
static int
forget_all(struct recorder *r, bool (*is_over)(const struct recorder *r, const struct learned_record *record))
{
    struct host *h;
    size_t cursor = 0;
    int result = 0;

    while (result == 0 && (h = map_next(r->learned->hosts, &cursor)) != NULL)
        if (is_over(r, &h->record)) {
            result = forget(r, h);
            cursor = 0;
        }
    return result;
}

static bool
is_source_now(const struct recorder *r, const struct learned_record *record)
{
    return is_adopted(r->settings, record);
}

int
recorder_learned_start(struct recorder *r)
{
    struct learned_register *l = r->learned;
    int result;

    l->write_all = l->loaded;
    if (l->loaded)
        return 0;
    result = store_learned_load(r->store, take_stored, r);
    if (result == 0)
        result = forget_all(r, is_source_now);
    l->loaded = result == 0;
    return result < 0 ? error_trace(result) : result;
}

/* ---- tick ---- */

static void
add(struct host *h, const struct learned_seen *s)
{
    struct learned_record *record = &h->record;

    if (record->first_seen.ns == 0)
        record->first_seen.ns = s->first_ns;
    if (s->last_ns > record->last_seen.ns)
        record->last_seen.ns = s->last_ns;
    record->n_events += s->n_events;
    if (!s->has_skew)
        return;
    skew_add(&h->skew, s->skew_ns);
    record->skew_n = h->skew.n;
    record->skew_ns = skew_quantile(&h->skew, 0.5);
}

static int
take_seen(struct recorder *r, const struct learned_seen *s)
{
    struct slice name = slice_of(s->name, s->n_name);
    char key[1 + LEARNED_NAME_MAX];
    struct host *h;
    int result = 0;

    key[0] = s->is_peer ? 'p' : 'h';
    memcpy(key + 1, name.p, name.n);
    h = map_get(r->learned->hosts, slice_of(key, 1 + name.n));
    if (h == NULL) {
        h = make_host(name, s->is_peer, slice_of(s->peer, s->n_peer));
        if (h == NULL)
            return error_origin(-ENOMEM);
        result = remember(r, h);
    }
    if (result != 0)
        return result;
    add(h, s);
    return store_learned_put(r->store, &h->record);
}

static int
take_table(struct recorder *r, const struct learned_table *t)
{
    int result = 0;
    size_t i;
    size_t k;

    counters_add(r->counters, RECORDER_C_LEARNED_FORGOTTEN, t->n_forgotten);
    for (i = 0; i < LEARNED_SETS; i++)
        for (k = 0; k < LEARNED_WAYS && result == 0; k++)
            if (t->sets[i][k].n_events > 0)
                result = take_seen(r, &t->sets[i][k]);
    return result;
}

static bool
is_unheard(const struct recorder *r, const struct learned_record *record)
{
    return clock_wall(r->clock).ns - record->last_seen.ns > r->settings->watch.learned_forget_ms * NS_PER_MS;
}

static int
write_all(struct recorder *r)
{
    struct host *h;
    size_t cursor = 0;
    int result = 0;

    while (result == 0 && (h = map_next(r->learned->hosts, &cursor)) != NULL)
        result = store_learned_put(r->store, &h->record);
    r->learned->write_all = false;
    return result;
}

int
recorder_learned_tick(struct recorder *r, struct walltime now)
{
    struct learned_register *l = r->learned;
    int result = l->write_all ? write_all(r) : 0;
    unsigned k;

    (void)now;
    for (k = 0; k < r->n_lanes && result == 0; k++) {
        struct learned_table *t = r->views[k].learned == NULL ? NULL : learned_take(r->views[k].learned);

        if (t == NULL)
            continue;
        result = take_table(r, t);
        learned_return(r->views[k].learned, t);
    }
    if (result == 0 && l->n_ticks++ % FORGET_TICKS == 0)
        result = forget_all(r, is_unheard);
    counters_set(r->counters, RECORDER_C_LEARNED, map_length(l->hosts));
    return result < 0 ? error_trace(result) : result;
}
