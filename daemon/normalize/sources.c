/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/sources.h"

#include "base/cursor.h"
#include "base/hash.h"
#include "parsers/value.h"

/* What a source asks of an event, with its text read. */
struct source {
    struct slice hostname; /* empty: any */
    struct slice app_name;
    bool has_peer;
    struct address peer;
    unsigned peer_bits; /* of the 128, how many must be the same */
    uint16_t input;     /* UINT16_MAX: any */
    uint16_t next;      /* source of the same index entry; UINT16_MAX: none. Higher than this one */
};

struct sources {
    struct source *items;
    size_t n;
    struct names by_hostname;
    struct names by_peer; /* the 16 bytes; whole addresses only */
    uint16_t others;      /* the first that neither index holds */
    bool ask_peer;        /* whether any source has a peer */
};

static struct address
read_address(struct slice text)
{
    struct address a = {0};
    bool v4;

    a.known = value_address(text, a.bytes, &v4);
    return a;
}

/* An address, or address "/" bits. */
static bool
read_network(struct source *s, struct slice text)
{
    struct slice rest = text;
    struct slice address = cursor_until(&rest, '/');
    bool v4;
    unsigned bits = 128;

    if (!value_address(address, s->peer.bytes, &v4))
        return false;
    if (rest.n > 0) {
        rest = slice_from(rest, 1);
        if (!cursor_number(&rest, 3, &bits) || rest.n > 0 || bits > (v4 ? 32u : 128u))
            return false;
        bits += v4 ? 96 : 0;
    }
    s->has_peer = true;
    s->peer_bits = bits;
    return true;
}

static uint16_t
find_input(const struct settings *settings, const char *name)
{
    size_t i;

    for (i = 0; i < settings->n_inputs; i++)
        if (strcmp(settings->inputs[i].name, name) == 0)
            return (uint16_t)i;
    return UINT16_MAX;
}

static void
read_source(struct source *s, const struct settings *settings, const struct source_settings *from, struct arena *arena,
    struct diag *diag)
{
    struct diag_place at = {settings->file, 0, 0};

    *s = (struct source){.input = UINT16_MAX, .next = UINT16_MAX};
    s->hostname = arena_copy(arena, slice_str(from->hostname));
    s->app_name = arena_copy(arena, slice_str(from->app_name));
    if (from->peer != NULL && !read_network(s, slice_str(from->peer)))
        diag_error(diag, at, "source %s: peer \"%s\" is neither an address nor a network", from->name, from->peer);
    if (from->input != NULL) {
        s->input = find_input(settings, from->input);
        if (s->input == UINT16_MAX)
            diag_error(diag, at, "source %s: there is no input called \"%s\"", from->name, from->input);
    }
}

/* Where the source goes: chains are filled from the last source to the first, so that they run upwards. */
static void
index_source(struct sources *s, struct arena *arena, size_t i)
{
    struct source *it = &s->items[i];
    struct names *index = NULL;
    struct slice key = it->hostname;
    void *before;

    if (key.n > 0) {
        index = &s->by_hostname;
    } else if (it->has_peer && it->peer_bits == 128) {
        index = &s->by_peer;
        key = slice_of((const char *)it->peer.bytes, sizeof(it->peer.bytes));
    }
    if (index == NULL) {
        it->next = s->others;
        s->others = (uint16_t)i;
        return;
    }
    before = names_put(index, arena, key, it);
    it->next = before == NULL ? UINT16_MAX : (uint16_t)((struct source *)before - s->items);
}

struct sources *
sources_new(const struct settings *settings, struct arena *arena, struct diag *diag)
{
    struct sources *s = arena_zalloc(arena, sizeof(*s));
    size_t i;

    if (s == NULL)
        return NULL;
    s->others = UINT16_MAX;
    s->n = settings->n_sources;
    s->items = arena_zalloc(arena, (s->n + 1) * sizeof(*s->items));
    if (s->items == NULL)
        return NULL;
    if (s->n >= EVENT_SOURCE_UNKNOWN) {
        diag_error(diag, (struct diag_place){settings->file, 0, 0}, "more than %d sources", EVENT_SOURCE_UNKNOWN - 1);
        s->n = 0;
    }
    for (i = 0; i < s->n; i++)
        read_source(&s->items[i], settings, &settings->sources[i], arena, diag);
    for (i = 0; i < s->n; i++)
        s->ask_peer = s->ask_peer || s->items[i].has_peer;
    for (i = s->n; i-- > 0;)
        index_source(s, arena, i);
    return s;
}

static bool
within(const struct address *a, const struct source *s)
{
    unsigned whole = s->peer_bits / 8;
    unsigned rest = s->peer_bits % 8;

    if (!a->known || memcmp(a->bytes, s->peer.bytes, whole) != 0)
        return false;
    return rest == 0 || (a->bytes[whole] ^ s->peer.bytes[whole]) >> (8 - rest) == 0;
}

/* Nearly always they are written alike. */
static bool
same_name(struct slice want, struct slice name)
{
    return want.n == 0 || slice_eq(want, name) || slice_eq_nocase(want, name);
}

static bool
fits(const struct source *s, const struct event *e, const struct address *peer)
{
    return same_name(s->hostname, e->syslog.hostname) && same_name(s->app_name, e->syslog.app_name) &&
           (s->input == UINT16_MAX || s->input == e->frame.listener) && (!s->has_peer || within(peer, s));
}

/* The first of the chain from @i that fits, or @best where that comes before. */
static uint16_t
better(const struct sources *s, uint16_t i, uint16_t best, const struct event *e, const struct address *peer)
{
    for (; i < best; i = s->items[i].next)
        if (fits(&s->items[i], e, peer))
            return i;
    return best;
}

static uint16_t
first_of(const struct sources *s, const struct names *index, struct slice key)
{
    const struct source *it = names_get(index, key);

    return it == NULL ? UINT16_MAX : (uint16_t)(it - s->items);
}

static struct address
cached_address(struct address_cache *cache, struct slice text)
{
    size_t at = hash_name(text) % ADDRESS_CACHE_SLOTS;

    if (text.n == 0 || text.n > ADDRESS_TEXT_MAX)
        return (struct address){0};
    if (!slice_eq(slice_of(cache->slots[at].text, cache->slots[at].n), text)) {
        memcpy(cache->slots[at].text, text.p, text.n);
        cache->slots[at].n = text.n;
        cache->slots[at].address = read_address(text);
    }
    return cache->slots[at].address;
}

uint16_t
sources_find(const struct sources *s, struct address_cache *cache, const struct event *e)
{
    struct address peer = {.known = false};
    uint16_t best = UINT16_MAX;

    if (s->n == 0)
        return EVENT_SOURCE_UNKNOWN;
    if (s->ask_peer)
        peer = cached_address(cache, e->frame.peer);
    best = better(s, first_of(s, &s->by_hostname, e->syslog.hostname), best, e, &peer);
    if (peer.known)
        best = better(s, first_of(s, &s->by_peer, slice_of((const char *)peer.bytes, 16)), best, e, &peer);
    return better(s, s->others, best, e, &peer);
}
