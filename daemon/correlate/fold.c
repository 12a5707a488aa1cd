/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/fold.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/map.h"
#include "correlate/quiet.h"

#define NS_PER_MINUTE (60 * NS_PER_S)

enum { SETTLED_BYTES_MAX = 64 * 1024 * 1024 };

/* Being the longest quiet is told apart to a second: that spares moving an alert about for each detection of a storm.
 */
#define QUIET_STEP_NS NS_PER_S

/* An alert is on up to three lists: always `quiet`; `changed` from a change until it is told; `minute` while n_minute
 * counts something. A link that is on no list is a list of itself. What a detection touches stands together: the counts
 * at the end of the alert, the links, the key at the front of the text. */
struct open_alert {
    struct alert alert;
    struct list quiet;
    struct list changed;
    struct list minute;
    int64_t moved_ns; /* last_detected when it was last put at the end of `quiet` */
    bool has_latest;  /* a detection was folded that the sink does not know */
    bool is_settled;  /* its event is the table's own copy */
    struct detection latest;
    char text[]; /* everything the alert's slices point to */
};

struct fold {
    const struct correlator_settings *settings;
    const struct told *told;
    struct map *by_key;
    struct list quiet;
    struct list changed;
    struct list minute;
    int64_t minute_now;   /* the latest fold_tick()'s */
    bool unsorted;        /* restored alerts came in any order */
    struct arena settled; /* events of latest detections whose batches are gone; until the next flush */
};

static int64_t
minute_of(struct walltime t)
{
    return t.ns / NS_PER_MINUTE - (t.ns % NS_PER_MINUTE < 0);
}

int
fold_new(struct fold **out, const struct correlator_settings *settings, const struct told *told)
{
    CLEANUP(fold_free) struct fold *f = NULL;
    int r;

    f = calloc(1, sizeof(*f));
    if (f == NULL)
        return error_origin(-ENOMEM);
    f->settings = settings;
    f->told = told;
    list_init(&f->quiet);
    list_init(&f->changed);
    list_init(&f->minute);
    r = arena_init(&f->settled, 0, SETTLED_BYTES_MAX);
    if (r == 0)
        r = map_new(&f->by_key, SIZE_MAX);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(f);
    return 0;
}

static void
forget(struct fold *f, struct open_alert *o)
{
    (void)map_remove(f->by_key, o->alert.key);
    list_remove(&o->quiet);
    list_remove(&o->changed);
    list_remove(&o->minute);
    free(o);
}

void
fold_free(struct fold *f)
{
    if (f == NULL)
        return;
    LIST_EACH_SAFE(&f->quiet, link)
    free(LIST_ITEM(link, struct open_alert, quiet));
    map_free(f->by_key);
    arena_fini(&f->settled);
    free(f);
}

size_t
fold_length(const struct fold *f)
{
    return map_length(f->by_key);
}

static void
mark_changed(struct fold *f, struct open_alert *o)
{
    if (list_empty(&o->changed))
        list_append(&f->changed, &o->changed);
}

static int
tell_changed(struct fold *f, struct open_alert *o)
{
    const struct detection *latest = o->has_latest ? &o->latest : NULL;

    list_remove(&o->changed);
    o->has_latest = false;
    return f->told->sink.alert_changed(f->told->ctx, &o->alert, latest);
}

static int
tell_minute(struct fold *f, struct open_alert *o)
{
    uint64_t n = o->alert.n_minute;

    list_remove(&o->minute);
    if (n == 0)
        return 0;
    o->alert.n_minute = 0;
    mark_changed(f, o);
    return f->told->sink.alert_minute(f->told->ctx, &o->alert, o->alert.minute, n);
}

/* Tells what is left to tell of @o, then its end at @at. */
static int
close_alert(struct fold *f, struct open_alert *o, struct walltime at)
{
    int r;

    r = tell_minute(f, o);
    if (r < 0)
        return error_trace(r);
    if (!list_empty(&o->changed)) {
        r = tell_changed(f, o);
        if (r < 0)
            return error_trace(r);
    }
    o->alert.state = ALERT_CLOSED;
    o->alert.closed = at;
    r = f->told->sink.alert_closed(f->told->ctx, &o->alert);
    if (r < 0)
        return error_trace(r);
    counters_add(f->told->counters, CORRELATOR_C_ALERTS_CLOSED, 1);
    forget(f, o);
    return 0;
}

static struct walltime
end_of(const struct fold *f, const struct alert *a)
{
    return (struct walltime){a->last_detected.ns + f->settings->fold_window_ns};
}

static struct open_alert *
longest_quiet(const struct fold *f)
{
    return list_empty(&f->quiet) ? NULL : LIST_ITEM(f->quiet.next, struct open_alert, quiet);
}

static int64_t
last_detected(const struct list *link)
{
    return LIST_ITEM(link, struct open_alert, quiet)->alert.last_detected.ns;
}

static int
sort_restored(struct fold *f)
{
    int r;

    if (LIKELY(!f->unsorted))
        return 0;
    r = quiet_sort(&f->quiet, last_detected);
    if (r < 0)
        return error_trace(r);
    f->unsorted = false;
    return 0;
}

/* Closes the longest-quiet alerts until @n_max are open. */
static int
make_room(struct fold *f, size_t n_max, struct walltime now)
{
    int r;

    while (UNLIKELY(map_length(f->by_key) > n_max)) {
        counters_add(f->told->counters, CORRELATOR_C_ALERTS_EVICTED, 1);
        r = close_alert(f, longest_quiet(f), now);
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}

/* Copies text to where *@at stands and moves that on. */
static struct slice
put_text(char **at, struct slice s)
{
    char *p = *at;

    if (s.p == NULL)
        return s;
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    *at += s.n;
    return slice_of(p, s.n);
}

/* A copy of @a with text of its own, not yet in the table. Its key holds the rule's uid and the values once more: what
 * that costs in bytes it saves in rules about who points where. */
static struct open_alert *
copy_alert(const struct alert *a)
{
    size_t n = a->rule_uid.n + a->rule_title.n + a->key.n;
    struct open_alert *o;
    char *at;
    size_t i;

    for (i = 0; i < a->n_groups; i++)
        n += a->groups[i].name.n + a->groups[i].value.n;
    o = malloc(sizeof(*o) + n);
    if (o == NULL)
        return NULL;
    o->alert = *a;
    o->has_latest = false;
    list_init(&o->quiet);
    list_init(&o->changed);
    list_init(&o->minute);
    at = o->text;
    o->alert.key = put_text(&at, a->key);
    o->alert.rule_uid = put_text(&at, a->rule_uid);
    o->alert.rule_title = put_text(&at, a->rule_title);
    for (i = 0; i < a->n_groups; i++) {
        o->alert.groups[i].name = put_text(&at, a->groups[i].name);
        o->alert.groups[i].value = put_text(&at, a->groups[i].value);
    }
    return o;
}

static int
enter(struct fold *f, struct open_alert *o)
{
    int r = map_put(f->by_key, o->alert.key, o);

    if (r < 0) {
        free(o);
        return error_trace(r);
    }
    list_append(&f->quiet, &o->quiet);
    o->moved_ns = o->alert.last_detected.ns;
    if (o->alert.n_minute > 0)
        list_append(&f->minute, &o->minute);
    return 0;
}

/* When the evidence began: a correlation's with the first event it counted. */
static struct walltime
began(const struct detection *d)
{
    return d->counted > 0 ? d->since : d->event->time;
}

static void
describe(struct alert *a, const struct detection *d, const struct key *key, const struct key_recipe *recipe)
{
    size_t i;

    a->state = ALERT_OPEN;
    a->rule_uid = d->rule->uid;
    a->rule_title = d->rule->title;
    a->level = d->rule->level;
    a->key = key_slice(key);
    a->n_groups = recipe->n_fields;
    for (i = 0; i < recipe->n_fields; i++)
        a->groups[i] = (struct alert_group){recipe->fields[i].name, key->values[i], key->values[i].p == NULL};
}

static int
open_alert(struct fold *f, const struct detection *d, const struct key *key, const struct key_recipe *recipe,
    struct open_alert **out)
{
    struct alert a = {.kept_max = f->settings->kept_max, .count = 1, .n_minute = 1};
    struct open_alert *o;
    int r;

    describe(&a, d, key, recipe);
    a.occurred = began(d);
    a.last_seen = d->event->time;
    a.detected = a.opened = a.last_detected = d->detected;
    a.minute = minute_of(d->detected);
    a.n_kept = a.kept_max > 0;
    o = copy_alert(&a);
    if (o == NULL)
        return error_origin(-ENOMEM);
    r = enter(f, o);
    if (r < 0)
        return error_trace(r);
    *out = o;
    counters_add(f->told->counters, CORRELATOR_C_ALERTS_OPENED, 1);
    return f->told->sink.alert_opened(f->told->ctx, &o->alert, d);
}

/* Keeps @d in full, or as the latest of those that are not. */
static int
keep(struct fold *f, struct open_alert *o, const struct detection *d, bool kept)
{
    if (kept)
        return f->told->sink.detection_kept(f->told->ctx, &o->alert, d);
    if (!d->stands_in) {
        o->latest = *d;
        o->has_latest = true;
        o->is_settled = false;
    }
    mark_changed(f, o);
    return 0;
}

/* @r->n more detections, all of one minute. */
static int
add(struct fold *f, struct open_alert *o, const struct repeats *r)
{
    struct alert *a = &o->alert;
    int64_t minute = minute_of(r->detected);
    int result;

    if (UNLIKELY(minute > a->minute)) {
        result = tell_minute(f, o);
        if (result < 0)
            return error_trace(result);
        a->minute = minute;
    }
    a->count += r->n;
    if (a->n_minute == 0)
        list_append(&f->minute, &o->minute);
    a->n_minute += r->n;
    if (r->first.ns < a->occurred.ns)
        a->occurred = r->first;
    if (r->last.ns > a->last_seen.ns)
        a->last_seen = r->last;
    if (r->detected.ns > a->last_detected.ns)
        a->last_detected = r->detected;
    if (a->last_detected.ns - o->moved_ns >= QUIET_STEP_NS) {
        o->moved_ns = a->last_detected.ns;
        quiet_spoke(&f->quiet, &o->quiet);
    }
    mark_changed(f, o);
    return 0;
}

/* The repeats that @d carries, then @d itself. */
static int
count(struct fold *f, struct open_alert *o, const struct detection *d)
{
    const struct repeats itself = {1, began(d), d->event->time, d->detected};
    struct alert *a = &o->alert;
    bool kept = a->n_kept < a->kept_max && !d->stands_in;
    int r = 0;

    if (d->repeats.n > 0)
        r = add(f, o, &d->repeats);
    if (r == 0)
        r = add(f, o, &itself);
    if (r < 0)
        return error_trace(r);
    a->n_kept += kept;
    return keep(f, o, d, kept);
}

static int
begin(struct fold *f, const struct detection *d, const struct key *key, const struct key_recipe *recipe)
{
    struct open_alert *o;
    int r;

    r = make_room(f, f->settings->alerts_max > 0 ? f->settings->alerts_max - 1 : 0, d->detected);
    if (r < 0)
        return error_trace(r);
    r = open_alert(f, d, key, recipe, &o);
    if (r < 0)
        return error_trace(r);
    r = keep(f, o, d, o->alert.n_kept > 0);
    if (r == 0 && d->repeats.n > 0)
        r = add(f, o, &d->repeats);
    if (r < 0)
        return error_trace(r);
    return f->settings->fold_window_ns > 0 ? 0 : close_alert(f, o, d->detected);
}

int
fold_detection(struct fold *f, struct detection *d, const struct key *key, const struct key_recipe *recipe)
{
    struct open_alert *o;
    int r;

    r = sort_restored(f);
    if (r < 0)
        return error_trace(r);
    o = map_get(f->by_key, key_slice(key));
    if (o != NULL && UNLIKELY(d->detected.ns >= end_of(f, &o->alert).ns)) {
        r = close_alert(f, o, end_of(f, &o->alert));
        if (r < 0)
            return error_trace(r);
        o = NULL;
    }
    d->enough = o != NULL && o->alert.n_kept + 1 >= o->alert.kept_max; /* this one counted in */
    return o == NULL ? begin(f, d, key, recipe) : count(f, o, d);
}

static int
tell_minutes(struct fold *f, int64_t minute)
{
    int r;

    if (minute == f->minute_now)
        return 0;
    f->minute_now = minute;
    LIST_EACH_SAFE(&f->minute, link)
    {
        struct open_alert *o = LIST_ITEM(link, struct open_alert, minute);

        if (o->alert.minute >= minute)
            continue;
        r = tell_minute(f, o);
        if (r < 0)
            return error_trace(r);
        o->alert.minute = minute; /* what comes late for the one told counts from here */
    }
    return 0;
}

int
fold_tick(struct fold *f, struct walltime now)
{
    struct open_alert *o;
    int r;

    r = sort_restored(f);
    if (r < 0)
        return error_trace(r);
    r = make_room(f, f->settings->alerts_max, now);
    if (r < 0)
        return error_trace(r);
    while ((o = longest_quiet(f)) != NULL && now.ns >= end_of(f, &o->alert).ns) {
        r = close_alert(f, o, end_of(f, &o->alert));
        if (r < 0)
            return error_trace(r);
    }
    return tell_minutes(f, minute_of(now));
}

int
fold_flush(struct fold *f)
{
    int r;

    while (!list_empty(&f->changed)) {
        r = tell_changed(f, LIST_ITEM(f->changed.next, struct open_alert, changed));
        if (r < 0)
            return error_trace(r);
    }
    arena_reset(&f->settled);
    return 0;
}

int
fold_settle(struct fold *f)
{
    LIST_EACH(&f->changed, link)
    {
        struct open_alert *o = LIST_ITEM(link, struct open_alert, changed);
        const struct event *copy;

        if (!o->has_latest || o->is_settled)
            continue;
        copy = event_copy(&f->settled, o->latest.event, EVENT_NAMES_COPIED);
        if (copy == NULL)
            return CORRELATOR_E_FULL;
        o->latest.event = copy;
        o->is_settled = true;
    }
    return 0;
}

int
fold_restore(struct fold *f, const struct alert *alert)
{
    struct open_alert *o = map_get(f->by_key, alert->key);

    ASSERT(alert->state == ALERT_OPEN && alert->n_groups <= ALERT_GROUP_MAX);
    if (o != NULL)
        forget(f, o);
    o = copy_alert(alert);
    if (o == NULL)
        return error_origin(-ENOMEM);
    if (o->alert.last_detected.ns == 0)
        o->alert.last_detected = alert->detected;
    f->unsorted = true;
    return enter(f, o);
}
