/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/prefold.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"
#include "correlate/key.h"

enum {
    ENTRIES = 8192, /* a power of two; what finds no place is handed over, as without the table */
    WAYS = 4,
    KEY_MAX = 160,
    SAMPLE_MAX = 16 << 10, /* times ENTRIES is what senders can make a lane hold; a larger event is handed over */
    TICKET_BITS = 13,      /* of a ticket's number, which entry; the rest says which use of it */
};

#define NS_PER_MINUTE (60 * NS_PER_S)

struct entry {
    const struct rule *rule;    /* NULL: free */
    struct repeats repeats;     /* since one was last handed over */
    struct walltime handed;     /* when that was */
    struct walltime spoke;      /* when the last came, counted or handed over */
    bool enough;                /* the alert keeps no more in full */
    bool listed;                /* in `counting` */
    uint32_t use;               /* how often the entry was given away */
    const struct event *sample; /* the one last handed over, in `arena` */
    struct arena arena;
    size_t key_bytes;
    char key[KEY_MAX];
};

struct prefold {
    struct entry *entries;
    uint64_t hashes[ENTRIES];   /* of the entries: all places of a key in one cache line */
    uint16_t counting[ENTRIES]; /* entries that counted something since the last flush */
    size_t n_counting;
    struct key_recipe *recipes; /* by rule number; fields NULL: always handed over */
    size_t n_recipes;
    struct arena kept; /* what recipes point to */
    struct key key;
};

/* As the correlator folds: by the rule's own group-by, else by the settings'. */
static int
make_recipes(struct prefold *p, const struct correlator_settings *settings, const struct rules *rules)
{
    struct key_recipe common = {0};
    size_t i;

    common.fields = key_default_fields(&p->kept, settings, &common.n_fields);
    for (i = 0; i < rules->n && settings->fold_window_ns >= 2 * PREFOLD_QUIET_NS; i++) {
        const struct rule *rule = &rules->items[i];

        if (rule->silent || rule->correlation != NULL || rule->n_counted_by > 0)
            continue;
        p->recipes[i] = common;
        if (rule->n_group_by > 0)
            key_own_fields(&p->kept, rule, &p->recipes[i]);
    }
    return p->kept.overflowed ? error_origin(-ENOMEM) : 0;
}

int
prefold_new(struct prefold **out, const struct correlator_settings *settings, const struct rules *rules)
{
    CLEANUP(prefold_free) struct prefold *p = NULL;
    int r;

    p = calloc(1, sizeof(*p));
    if (p == NULL)
        return error_origin(-ENOMEM);
    r = arena_init(&p->kept, 0, SIZE_MAX);
    if (r < 0)
        return error_trace(r);
    p->entries = calloc(ENTRIES, sizeof(*p->entries));
    p->recipes = calloc(rules->n + 1, sizeof(*p->recipes));
    if (p->entries == NULL || p->recipes == NULL)
        return error_origin(-ENOMEM);
    p->n_recipes = rules->n;
    r = make_recipes(p, settings, rules);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(p);
    return 0;
}

void
prefold_free(struct prefold *p)
{
    size_t i;

    if (p == NULL)
        return;
    for (i = 0; i < ENTRIES && p->entries != NULL; i++)
        arena_fini(&p->entries[i].arena);
    free(p->entries);
    free(p->recipes);
    arena_fini(&p->kept);
    free(p);
}

static bool
is_quiet(const struct entry *e, struct walltime now)
{
    return e->repeats.n == 0 && now.ns - e->spoke.ns > PREFOLD_QUIET_NS;
}

static void
claim(struct entry *e, const struct rule *rule, struct slice key)
{
    e->rule = rule;
    e->key_bytes = key.n;
    if (key.n > 0)
        memcpy(e->key, key.p, key.n);
    e->enough = false;
    e->use++;
    e->arena.bytes_max = SAMPLE_MAX;
}

/* The entry of @rule and @key, claimed where there is none. Return: NULL where every place it could have is in use. */
static struct entry *
find(struct prefold *p, const struct rule *rule, struct slice key, struct walltime now)
{
    uint64_t hash = hash_mix(hash_keyed(key), rule->number);
    size_t first = hash & (ENTRIES - WAYS);
    size_t place = SIZE_MAX;
    size_t i;

    for (i = first; i < first + WAYS; i++) {
        struct entry *e = &p->entries[i];

        if (p->hashes[i] == hash && e->rule == rule && slice_eq(slice_of(e->key, e->key_bytes), key))
            return e;
    }
    for (i = first; i < first + WAYS && place == SIZE_MAX; i++)
        if (p->entries[i].rule == NULL || is_quiet(&p->entries[i], now))
            place = i;
    if (place == SIZE_MAX)
        return NULL;
    p->hashes[place] = hash;
    claim(&p->entries[place], rule, key);
    return &p->entries[place];
}

static bool
same_minute(struct walltime a, struct walltime b)
{
    return a.ns / NS_PER_MINUTE == b.ns / NS_PER_MINUTE;
}

/* Counts of two minutes never stand together: with a new minute one is handed over. */
static bool
may_count(const struct entry *e, struct walltime now)
{
    return e->enough && now.ns - e->handed.ns < PREFOLD_HAND_OVER_NS && now.ns >= e->handed.ns &&
           same_minute(now, e->spoke);
}

static void
count(struct prefold *p, struct entry *e, const struct event *event, struct walltime now)
{
    struct repeats *r = &e->repeats;

    if (r->n++ == 0) {
        r->first = r->last = event->time;
    } else if (event->time.ns > r->last.ns) {
        r->last = event->time;
    } else if (event->time.ns < r->first.ns) {
        r->first = event->time;
    }
    r->detected = now;
    if (!e->listed)
        p->counting[p->n_counting++] = (uint16_t)(e - p->entries);
    e->listed = true;
}

static uint32_t
ticket_of(const struct prefold *p, const struct entry *e)
{
    return (e->use << TICKET_BITS | (uint32_t)(e - p->entries)) + 1;
}

static void
hand_over(const struct prefold *p, struct entry *e, struct walltime now, struct prefold_ticket *ticket)
{
    *ticket = (struct prefold_ticket){ticket_of(p, e), e->repeats};
    e->repeats = (struct repeats){0};
    e->handed = now;
}

enum prefold_outcome
prefold_count(struct prefold *p, const struct rule *rule, const struct event *event, struct walltime now,
    struct prefold_ticket *ticket)
{
    const struct key_recipe *recipe = &p->recipes[rule->number];
    struct entry *e;
    bool counted;

    ticket->number = 0;
    ticket->repeats.n = 0;
    if (recipe->fields == NULL)
        return PREFOLD_HAND_OVER;
    key_make(&p->key, recipe, event);
    if (p->key.n_absent > 0 && event->undecoded)
        return PREFOLD_UNDECODED;
    e = p->key.n > KEY_MAX ? NULL : find(p, rule, key_slice(&p->key), now);
    if (e == NULL)
        return PREFOLD_HAND_OVER;
    if (is_quiet(e, now))
        e->enough = false;
    counted = may_count(e, now);
    if (counted)
        count(p, e, event, now);
    else
        hand_over(p, e, now, ticket);
    e->spoke = now;
    return counted ? PREFOLD_COUNTED : PREFOLD_HAND_OVER;
}

/* The entry @ticket was given for, where it still is that. */
static struct entry *
entry_of(struct prefold *p, uint32_t ticket)
{
    struct entry *e = &p->entries[(ticket - 1) & (ENTRIES - 1)];

    return ticket != 0 && ticket_of(p, e) == ticket ? e : NULL;
}

void
prefold_keep(struct prefold *p, const struct prefold_ticket *ticket, const struct event *event)
{
    struct entry *e = entry_of(p, ticket->number);

    if (e == NULL)
        return;
    arena_reset(&e->arena);
    e->sample = event_copy(&e->arena, event, EVENT_NAMES_COPIED);
    if (e->sample == NULL)
        e->enough = false; /* without one nothing can stand in for what is counted */
}

void
prefold_learn(struct prefold *p, const struct detection *d)
{
    struct entry *e = entry_of(p, d->ticket);

    if (e != NULL)
        e->enough = d->enough && e->sample != NULL;
}

/* What was counted goes over as one detection with its repeats; its event was handed over before. */
static void
stand_in(struct prefold *p, struct entry *e, struct walltime now, prefold_fn *fn, void *ctx)
{
    struct detection d = {
        .rule = e->rule,
        .event = e->sample,
        .detected = e->repeats.detected,
        .repeats = e->repeats,
        .stands_in = true,
        .ticket = ticket_of(p, e),
    };

    d.repeats.n--;
    e->repeats = (struct repeats){0};
    e->handed = now;
    fn(ctx, &d);
}

void
prefold_flush(struct prefold *p, struct walltime now, prefold_fn *fn, void *ctx)
{
    size_t n = 0;
    size_t i;

    for (i = 0; i < p->n_counting; i++) {
        struct entry *e = &p->entries[p->counting[i]];

        if (e->repeats.n > 0 && now.ns != 0 && now.ns - e->handed.ns < PREFOLD_HAND_OVER_NS && now.ns >= e->handed.ns) {
            p->counting[n++] = p->counting[i];
            continue;
        }
        e->listed = false;
        if (e->repeats.n > 0)
            stand_in(p, e, now, fn, ctx);
    }
    p->n_counting = n;
}
