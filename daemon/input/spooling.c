/* SPDX-License-Identifier: Apache-2.0 */
#include "input/spooling.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/error.h"
#include "input/spool.h"

enum {
    EVENTS_MAX = 64,
    READ_MAX = 128 *
               1024,    /* bytes a stream reads in a turn: what they may be at the most fits a full spool's reserve */
    TURN_FRAMES = 1024, /* handed over in a poll, by each spool */
    UNIT_MS = 100,
    OPEN_AGAIN_MS = 1000,
    LANES_MAX = 65536,
};

/* The spool of a lane, this one's or one that is no more. */
struct partition {
    struct spool *spool;
    int32_t lane;
    uint64_t place; /* up to where it is handed over */
    uint64_t unit;  /* in which that was last moved on */
};

struct spooling {
    struct input input; /* the one that hands over */
    struct inputs *set;
    char *root;
    struct watch gate; /* the epoll of spooled inputs, in the set's */
    bool is_spooled;   /* whether this lane has any; otherwise there are only spools to be read out */
    bool sheds;
    bool shut;
    bool told_shut;
    bool stopping;
    bool held;
    bool opened;
    struct monotime open_due;
    struct partition *partitions; /* this lane's first, where is_spooled */
    size_t n_partitions;
    struct counters *counters;
    _Atomic int64_t oldest_ns;
    _Atomic bool waiting; /* the gate is shut, or there is no spool yet: what others see */

    /* syncing */
    struct monotime sync_due;
    uint64_t group;   /* what is appended now */
    bool group_waits; /* something was, or somebody wants to hear of it */

    /* handing over */
    uint64_t unit; /* in which something was, and since when */
    struct monotime unit_since;
    uint16_t listener; /* of the frame before */

    /* For streams that are read while one that is not spooled is being handed over. */
    char *scratch;
};

/* ---- folders of lanes ---- */

/* The lane whose spool the folder @name is. Return: whether it is any's. */
static bool
parse_lane(const char *name, unsigned *lane)
{
    char again[32];

    if (sscanf(name, "lane-%5u", lane) != 1 || *lane >= LANES_MAX)
        return false;
    (void)snprintf(again, sizeof(again), "lane-%u", *lane);
    return strcmp(name, again) == 0;
}

/* Calls @fn with each lane's number that has a spool this lane is to read. Return: 0, or what @fn returned. */
static int
each_folder(struct spooling *s, int (*fn)(struct spooling *s, unsigned lane))
{
    DIR *d = opendir(s->root);
    struct dirent *e;
    unsigned lane;
    int r = 0;

    while (d != NULL && r == 0 && (e = readdir(d)) != NULL) // NOLINT(concurrency-mt-unsafe): the stream is our own
        if (parse_lane(e->d_name, &lane) && lane % s->set->n_lanes == s->set->lane)
            r = fn(s, lane);
    if (d != NULL)
        (void)closedir(d);
    return r;
}

static int
there_is_one(struct spooling *s, unsigned lane)
{
    (void)s;
    (void)lane;
    return 1;
}

/* ---- opening ---- */

static struct slice
stream_name(void)
{
    return SLICE("spool");
}

/* Up to where the spool of @lane is on record. */
static int
find_place(struct spooling *s, unsigned lane, uint64_t *place)
{
    struct position at = {.stream = stream_name(), .partition = (int32_t)lane, .epoch = -1, .offset = POSITION_NONE};
    int r = s->set->positions == NULL ? 0 : positions_claim(s->set->positions, &at, s->set->lane + 1);

    *place = at.offset > 0 ? (uint64_t)at.offset - 1 : 0;
    if (r == POSITIONS_E_HELD)
        r = -EBUSY;
    return r < 0 ? error_trace(r) : 0;
}

/* Our own, of what is suppressed, are shorter than any limit. */
static size_t
longest_frame(const struct settings *settings)
{
    size_t max = 1024;

    for (size_t i = 0; i < settings->n_inputs; i++)
        if (settings->inputs[i].spool && settings->inputs[i].frame_max_bytes > max)
            max = settings->inputs[i].frame_max_bytes;
    return max;
}

static int
open_partition(struct spooling *s, unsigned lane)
{
    const struct settings *settings = s->set->settings;
    struct partition *p = &s->partitions[s->n_partitions];
    char name[32];
    struct spool_settings spool = {
        .root = s->root,
        .name = name,
        .bytes_max = settings->spool_bytes_max / s->set->n_lanes,
        .segment_bytes = settings->spool_segment_bytes,
        .sync_bytes = settings->spool_sync_bytes,
        .record_max = longest_frame(settings),
        .compression = settings->spool_compression,
        .clock = s->set->clock,
        .counters = s->counters,
    };
    int r;

    (void)snprintf(name, sizeof(name), "lane-%u", lane);
    *p = (struct partition){.lane = (int32_t)lane};
    r = find_place(s, lane, &p->place);
    if (r == 0)
        r = spool_open(&p->spool, &spool, p->place);
    if (r < 0)
        return error_trace(r);
    s->n_partitions++;
    return 0;
}

static int
open_other(struct spooling *s, unsigned lane)
{
    struct partition *grown;

    if (s->is_spooled && lane == s->set->lane)
        return 0;
    grown = reallocarray(s->partitions, s->n_partitions + 1, sizeof(*grown));
    if (grown == NULL)
        return error_origin(-ENOMEM);
    s->partitions = grown;
    return open_partition(s, lane);
}

static void
close_partitions(struct spooling *s)
{
    for (size_t i = 0; i < s->n_partitions; i++)
        spool_close(s->partitions[i].spool);
    s->n_partitions = 0;
}

/* As the user the daemon has become, and with the places that the store knows: so not before the first poll. */
static void
open_spools(struct spooling *s)
{
    int r = 0;

    if (s->opened || s->set->now.ns < s->open_due.ns)
        return;
    if (s->is_spooled)
        r = open_partition(s, s->set->lane);
    if (r == 0)
        r = each_folder(s, open_other);
    s->opened = r == 0;
    if (r == 0)
        return;
    log_failure("spool", r, "cannot be opened, and is tried again; spooled inputs wait");
    close_partitions(s);
    s->open_due = monotime_add(s->set->now, OPEN_AGAIN_MS * NS_PER_MS);
}

/* ---- the gate ---- */

static bool
is_full(const struct spooling *s)
{
    return !s->opened || spool_is_full(s->partitions[0].spool);
}

static bool
acknowledges(const struct input *input)
{
    return input->ops->receipts != NULL;
}

/* Files are where they are, and who waits for an answer sends again: to drop what they send would gain nothing. */
bool
spooling_makes_wait(const struct spooling *s, const struct input *input)
{
    return !s->sheds || acknowledges(input) || input->settings->type == INPUT_FILE ||
           input->settings->type == INPUT_STDIN;
}

static void
set_gate(struct spooling *s, bool shut)
{
    struct epoll_event e = {.events = shut ? 0 : EPOLLIN, .data.ptr = &s->gate};

    s->shut = shut;
    ASSERT(epoll_ctl(s->set->epoll, EPOLL_CTL_MOD, s->gate.fd, &e) == 0);
}

/* Until there is a spool it was never said to be full. */
static void
tell_gate(struct spooling *s, bool shut)
{
    if (!s->opened || shut == s->told_shut)
        return;
    s->told_shut = shut;
    counters_add(s->counters, SPOOL_C_PAUSES, shut);
    if (shut)
        log_warning("spool", "the spool of lane %u is full: %s", s->set->lane,
            s->sheds ? "what comes is dropped and counted" : "spooled inputs wait");
    else
        log_notice("spool", "the spool of lane %u has room again: spooled inputs go on", s->set->lane);
}

static void
mind_gate(struct spooling *s)
{
    bool shut;

    if (!s->is_spooled)
        return;
    shut = is_full(s);
    if (shut == s->shut)
        return;
    tell_gate(s, shut);
    set_gate(s, shut);
}

/* Who has something to read, in turn, for as long as there is room. */
static void
pass_gate(struct spooling *s)
{
    struct epoll_event events[EVENTS_MAX];
    size_t read_max = s->set->read_max;
    int n = s->shut ? 0 : epoll_wait(s->gate.fd, events, EVENTS_MAX, 0);

    s->set->read_max = READ_MAX;
    for (int i = 0; i < n; i++) {
        struct watch *w = events[i].data.ptr;

        if (w->ready != NULL)
            w->ready(w);
        mind_gate(s);
        if (s->shut)
            break;
    }
    s->set->read_max = read_max;
}

static void
on_gate(struct watch *w)
{
    pass_gate((struct spooling *)((char *)w - offsetof(struct spooling, gate)));
}

/* ---- appending and syncing ---- */

/* Who waits had read this already when the gate was shut: the spool has room for that. */
static bool
is_full_for(const struct spooling *s, const struct input *input)
{
    return !s->opened || (!spooling_makes_wait(s, input) && is_full(s));
}

void
spooling_take(struct spooling *s, struct input *input, const struct frame *frame)
{
    struct spool_record r = {
        .raw = frame->raw,
        .input = slice_str(input->settings->name),
        .peer = slice_head(frame->peer, UINT16_MAX),
        .identity = slice_head(frame->peer_identity, UINT16_MAX),
        .process = frame->process,
        .marks = frame->marks,
        .received = frame->received,
    };

    if (is_full_for(s, input) || spool_append(s->partitions[0].spool, &r) != 0) {
        counters_add(s->counters, SPOOL_C_SHED, 1);
        return;
    }
    s->group_waits = true;
}

/* Somebody waits, even where nothing comes any more. */
uint64_t
spooling_unit(struct spooling *s)
{
    s->group_waits = true;
    return s->group;
}

/* Who sent what is on the disk now may hear of it. */
static void
end_group(struct spooling *s)
{
    uint64_t number = s->group++;

    s->group_waits = false;
    for (size_t i = 0; i < s->set->settings->n_inputs; i++) {
        struct input *input = s->set->inputs[i];

        if (input != NULL && input->spooling != NULL && acknowledges(input))
            input->ops->receipts->acknowledge(input, number);
    }
}

static void
sync_if_due(struct spooling *s)
{
    struct spool *own;

    if (!s->is_spooled || !s->opened || !s->group_waits || s->set->now.ns < s->sync_due.ns)
        return;
    own = s->partitions[0].spool;
    s->sync_due = monotime_add(s->set->now, s->set->settings->spool_sync_interval_ms * NS_PER_MS);
    if (spool_sync(own) == 0)
        end_group(s);
}

/* ---- handing over ---- */

static uint16_t
listener_named(struct spooling *s, struct slice name)
{
    const struct settings *settings = s->set->settings;

    if (s->listener < settings->n_inputs && slice_eq(name, slice_str(settings->inputs[s->listener].name)))
        return s->listener;
    for (size_t i = 0; i < settings->n_inputs; i++)
        if (slice_eq(name, slice_str(settings->inputs[i].name)))
            return s->listener = (uint16_t)i;
    return FRAME_NO_LISTENER;
}

static void
hand_over(struct spooling *s, struct partition *p, const struct spool_record *r)
{
    const struct frame frame = {
        .raw = r->raw,
        .marks = r->marks,
        .listener = listener_named(s, r->input),
        .received = r->received,
        .peer = r->peer,
        .peer_identity = r->identity,
        .process = r->process,
    };

    p->place = r->number;
    p->unit = s->set->unit;
    if (s->unit != s->set->unit) {
        s->unit = s->set->unit;
        s->unit_since = s->set->now;
    }
    s->set->n_handed++;
    s->set->fn(s->set->ctx, &frame);
}

/* Return: whether there may be more. */
static bool
read_partition(struct spooling *s, struct partition *p)
{
    struct spool_record record;
    unsigned n;

    for (n = 0; n < TURN_FRAMES; n++) {
        int r = spool_read(p->spool, &record);

        if (r != 0)
            return false;
        hand_over(s, p, &record);
    }
    return true;
}

/* A spool of a lane that is no more goes once all of it is on record; what was set aside in it stays. */
static void
drop_if_read_out(struct spooling *s, size_t i)
{
    struct partition *p = &s->partitions[i];
    char path[4096];

    if ((i == 0 && s->is_spooled) || !spool_is_empty(p->spool))
        return;
    (void)snprintf(path, sizeof(path), "%s/lane-%d", s->root, p->lane);
    log_notice("spool", "%s is read out", path);
    spool_close(p->spool);
    (void)rmdir(path);
    *p = s->partitions[--s->n_partitions];
}

static void
drop_read_out(struct spooling *s)
{
    for (size_t i = s->n_partitions; i-- > 0;)
        drop_if_read_out(s, i);
}

static bool
all_are_empty(const struct spooling *s)
{
    for (size_t i = 0; i < s->n_partitions; i++)
        if (!spool_is_empty(s->partitions[i].spool))
            return false;
    return s->opened;
}

static void
show_levels(struct spooling *s)
{
    uint64_t n_set_aside = 0;
    uint64_t n_frames = 0;
    uint64_t bytes = 0;
    int64_t oldest = 0;

    for (size_t i = 0; i < s->n_partitions; i++) {
        struct spool_level l = spool_level(s->partitions[i].spool);

        bytes += l.bytes;
        n_frames += l.n_frames;
        n_set_aside += l.n_set_aside;
        if (l.oldest.ns != 0 && (oldest == 0 || l.oldest.ns < oldest))
            oldest = l.oldest.ns;
    }
    counters_set(s->counters, SPOOL_C_BYTES, bytes);
    counters_set(s->counters, SPOOL_C_WAITING, n_frames);
    counters_set(s->counters, SPOOL_C_SET_ASIDE, n_set_aside);
    atomic_store_explicit(&s->oldest_ns, oldest, memory_order_relaxed);
    atomic_store_explicit(&s->waiting, s->shut || !s->opened, memory_order_relaxed);
}

void
spooling_begin(struct spooling *s)
{
    open_spools(s);
    mind_gate(s);
}

static bool
has_more(const struct spooling *s)
{
    for (size_t i = 0; i < s->n_partitions; i++)
        if (s->partitions[i].place < spool_synced(s->partitions[i].spool))
            return true;
    return false;
}

void
spooling_end(struct spooling *s)
{
    drop_read_out(s);
    sync_if_due(s);
    mind_gate(s);
    s->input.runnable = !s->held && !s->stopping && has_more(s);
    s->input.done = all_are_empty(s);
    show_levels(s);
}

void
spooling_receive(struct spooling *s)
{
    s->set->now = clock_mono(s->set->clock);
    if (s->scratch != NULL) {
        SWAP(s->scratch, s->set->scratch);
        pass_gate(s);
        SWAP(s->scratch, s->set->scratch);
    }
    sync_if_due(s);
    mind_gate(s);
    show_levels(s);
}

int
spooling_wait_ms(const struct spooling *s)
{
    int64_t ms = (s->sync_due.ns - clock_mono(s->set->clock).ns + NS_PER_MS - 1) / NS_PER_MS;

    if (!s->opened)
        return s->open_due.ns == 0 ? 0 : -1; /* the first is at once, others come with ticks */
    return !s->group_waits ? -1 : ms < 0 ? 0 : (int)ms;
}

bool
spooling_is_shut(const struct spooling *s)
{
    return s->shut;
}

void
spooling_finish(struct spooling *s)
{
    if (!s->opened || !s->is_spooled)
        return;
    s->sync_due = (struct monotime){0};
    sync_if_due(s);
    if (spool_unsynced(s->partitions[0].spool))
        log_error("spool", "lane %u stops with frames in memory that cannot be written; they are lost", s->set->lane);
    show_levels(s);
}

/* ---- as an exact input ---- */

static struct spooling *
spooling_of(const struct input *input)
{
    return (struct spooling *)(uintptr_t)input;
}

static bool
is_due(const struct input *input)
{
    const struct spooling *s = spooling_of(input);

    return s->unit == s->set->unit && s->set->now.ns - s->unit_since.ns >= UNIT_MS * NS_PER_MS;
}

static size_t
n_positions(const struct input *input)
{
    const struct spooling *s = spooling_of(input);
    size_t n = 0;

    for (size_t i = 0; i < s->n_partitions; i++)
        n += s->partitions[i].unit == s->set->unit;
    return n;
}

static void
positions(struct input *input, struct position *out)
{
    const struct spooling *s = spooling_of(input);

    for (size_t i = 0; i < s->n_partitions; i++)
        if (s->partitions[i].unit == s->set->unit)
            *out++ = (struct position){stream_name(), s->partitions[i].lane, -1, (int64_t)s->partitions[i].place + 1};
}

static void
acknowledge(struct input *input, uint64_t number)
{
    struct spooling *s = spooling_of(input);

    (void)number;
    for (size_t i = 0; i < s->n_partitions; i++) {
        struct position at = {.stream = stream_name(), .partition = s->partitions[i].lane};

        positions_get(s->set->positions, &at); /* who acknowledges has given them */
        if (at.offset > 0)
            spool_forget(s->partitions[i].spool, (uint64_t)at.offset - 1);
    }
    s->input.done = all_are_empty(s);
    show_levels(s);
}

static void
hold(struct input *input, bool held)
{
    spooling_of(input)->held = held;
}

static const struct receipt_ops receipts = {
    .exact = true,
    .is_due = is_due,
    .n_positions = n_positions,
    .positions = positions,
    .acknowledge = acknowledge,
    .hold = hold,
};

/* At a stop what is on the disk stays there; it is handed over at the next start. */
static void
hang_up(struct input *input)
{
    spooling_of(input)->stopping = true;
}

static void
turn(struct input *input)
{
    struct spooling *s = spooling_of(input);

    input->runnable = false;
    for (size_t i = 0; i < s->n_partitions; i++)
        input->runnable |= read_partition(s, &s->partitions[i]);
}

static void
close_spooling(struct input *input)
{
    struct spooling *s = spooling_of(input);

    close_partitions(s);
    watch_close(&s->gate);
    counters_free(s->counters);
    free(s->partitions);
    free(s->scratch);
    free(s->root);
}

static const struct input_ops spool_ops = {
    .size = sizeof(struct spooling),
    .close = close_spooling,
    .turn = turn,
    .hang_up = hang_up,
    .receipts = &receipts,
};

/* ---- making it ---- */

static bool
any_is_spooled(const struct settings *settings)
{
    for (size_t i = 0; i < settings->n_inputs; i++)
        if (settings->inputs[i].spool)
            return true;
    return false;
}

static int
open_gate(struct spooling *s)
{
    struct epoll_event e = {.events = 0, .data.ptr = &s->gate}; /* shut until there is a spool */

    s->shut = true;
    s->gate.fd = epoll_create1(EPOLL_CLOEXEC);
    if (s->gate.fd < 0)
        return error_origin(-errno);
    s->gate.ready = on_gate;
    return epoll_ctl(s->set->epoll, EPOLL_CTL_ADD, s->gate.fd, &e) == 0 ? 0 : error_origin(-errno);
}

static int
make(struct spooling *s)
{
    int r = counters_new(&s->counters, spool_counter_defs, SPOOL_COUNTERS);

    if (r < 0 || !s->is_spooled)
        return r < 0 ? error_trace(r) : 0;
    s->partitions = calloc(1, sizeof(*s->partitions));
    s->scratch = malloc(s->set->scratch_bytes);
    if (s->partitions == NULL || s->scratch == NULL)
        return error_origin(-ENOMEM);
    r = open_gate(s);
    return r < 0 ? error_trace(r) : 0;
}

/* Whether the lane needs any of this; where so, s->root is the folder of spools. Return: 1, 0, or -ENOMEM. */
static int
is_needed(struct spooling *s)
{
    s->is_spooled = any_is_spooled(s->set->settings);
    if (s->set->settings->state_dir == NULL)
        return 0;
    if (asprintf(&s->root, "%s/spool", s->set->settings->state_dir) < 0)
        return error_origin(-ENOMEM);
    return s->is_spooled || each_folder(s, there_is_one) > 0;
}

static void
discard(struct spooling *s)
{
    close_spooling(&s->input);
    free(s);
}

int
spooling_new(struct spooling **out, struct inputs *set)
{
    struct spooling *s = calloc(1, sizeof(*s));
    int r;

    *out = NULL;
    if (s == NULL)
        return error_origin(-ENOMEM);
    s->input = (struct input){.ops = &spool_ops, .set = set, .epoll = set->epoll, .index = FRAME_NO_LISTENER};
    s->set = set;
    s->gate.fd = -1;
    s->group = 1;
    atomic_init(&s->waiting, true);
    s->sheds = set->settings->spool_full == SPOOL_FULL_SHED;
    r = is_needed(s);
    if (r > 0)
        r = make(s);
    else if (r == 0)
        discard(TAKE(s));
    if (r < 0) {
        discard(s);
        return error_trace(r);
    }
    *out = s;
    return 0;
}

struct input *
spooling_input(struct spooling *s)
{
    return &s->input;
}

int
spooling_epoll(const struct spooling *s, const struct input *input)
{
    return spooling_makes_wait(s, input) ? s->gate.fd : s->set->epoll;
}

struct spool_view
spooling_view(const struct spooling *s)
{
    return (struct spool_view){
        .counters = s->counters,
        .oldest.ns = atomic_load_explicit(&s->oldest_ns, memory_order_relaxed),
        .paused = atomic_load_explicit(&s->waiting, memory_order_relaxed),
    };
}
