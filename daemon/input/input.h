/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Input: what the types of input share inside this room; nobody else includes it.
 *
 * A type is one `struct input_ops`, one file. Its state begins with a struct input, is made by inputs.c (cleared,
 * `ops->size` bytes) and lives as long as the set. What can be waited for is a struct watch; what cannot (a regular
 * file) sets `runnable` and gets a turn at every poll. All of it belongs to the lane's thread; only `stats` is read by
 * others.
 */

#include "base/log.h"
#include "input/inputs.h"
#include "input/limiter.h"
#include "input/networks.h"

enum {
    INPUT_READ_MAX = 512 * 1024, /* bytes one stream may read in a turn: 66 ns a line, 78 with half of it */
    INPUT_POLL_MAX = 4 << 20,    /* and all streams in one poll, so that it ends soon whatever is sent */
    INPUT_REPORT_S = 10,         /* how often it is told what was suppressed, an event for each sender */
    INPUT_TICK_MS = 250,         /* how often time-outs, counters of the kernel and followed files are looked at */
    INPUT_HEADER_MAX = 64,       /* of what stands before a frame's bytes and may be left with them: a count, a header */
};

struct input;
struct spooling;

/** Who a frame is from, as far as that is known; the text is the caller's. */
struct sender {
    struct slice address;
    struct slice identity; /* proved by TLS */
    struct process_credentials process;
    struct kafka_record *kafka; /* a record's: what stood beside it */
};

/** A descriptor in the set's epoll, and what to do when there is something to read. Part of its owner's state. */
struct watch {
    int fd;
    void (*ready)(struct watch *w); /* NULL: closed meanwhile */
};

struct input_ops {
    size_t size;                      /* of the state */
    bool cannot_wait;                 /* what it does not read soon is lost */
    bool every_lane;                  /* sockets that share a port; otherwise one lane has it */
    int (*open)(struct input *input); /* 0 or negative errno; close() is called in both cases */
    void (*close)(struct input *input);
    void (*turn)(struct input *input);    /* where `runnable` or `cannot_wait`: read once */
    void (*tick)(struct input *input);    /* NULL or what is done every INPUT_TICK_MS */
    void (*hang_up)(struct input *input); /* NULL or: tell senders to send no more; what comes is still read */
    void (*finish)(struct input *input);  /* NULL or: hand over what is unfinished */
    void (*reload)(struct input *input);  /* NULL or: read files of keys; before the first poll and when asked for */
    bool (*partition)(const struct input *input, size_t n, struct partition_view *out); /* NULL or: inputs_partition() */

    /* Of inputs that want receipts (inputs.h); NULL where they do not. */
    const struct receipt_ops *receipts;
};

/*
 * What an input hands over belongs to the set's present unit, `set->unit`. One that keeps its place has moved it past a
 * frame before it hands the frame over.
 */
struct receipt_ops {
    bool exact; /* it keeps its place */

    /** Whether the unit should end now. */
    bool (*is_due)(const struct input *input);

    /** Whether its share of the unit is waited for, rather than its to do whenever it is convenient. NULL: never. */
    bool (*is_urgent)(const struct input *input);

    /** How many of its partitions moved on in this unit; and where they stand now. Streams outlive the call. NULL: none. */
    size_t (*n_positions)(const struct input *input);
    void (*positions)(struct input *input, struct position *out);

    /** Everything of unit @number and of those before it is on record; places are in `set->positions`. */
    void (*acknowledge)(struct input *input, uint64_t number);

    /** Stop, or go on, reading what can wait elsewhere. NULL: it always waits by itself. */
    void (*hold)(struct input *input, bool hold);
};

extern const struct input_ops input_udp;
extern const struct input_ops input_tcp;
extern const struct input_ops input_relp;
extern const struct input_ops input_unix_datagram;
extern const struct input_ops input_file;
extern const struct input_ops input_stdin;
extern const struct input_ops input_kafka;

struct input {
    const struct input_ops *ops;
    const struct input_settings *settings;
    struct inputs *set;
    struct spooling *spooling; /* frames go there; NULL: to the lane */
    int epoll;                 /* the set's, or the gate's of those that wait for the spool */
    uint16_t index;            /* among the configured inputs */
    unsigned port;  /* bound */
    bool handed;    /* its socket was; others have it too */
    bool runnable;
    bool done;
    struct input_stats stats;
    struct networks allow;   /* none: all */
    struct limiter *limiter; /* NULL: no limit */

    /* Warnings that outsiders can cause: a few a minute are logged, the rest are counted. */
    struct monotime warn_until;
    unsigned n_warned;
    uint64_t n_warnings_held;
};

struct inputs {
    const struct settings *settings;
    const struct clock *clock;
    unsigned lane;
    unsigned n_lanes;
    const struct activation *activation; /* NULL: nothing was handed in; alive while inputs are opened */
    int epoll;
    struct watch wake;
    _Atomic bool reload_wanted; /* any thread's to set */
    struct monotime now;        /* of this poll */
    size_t read_max;            /* of each stream in this poll */
    struct monotime next_tick;
    struct monotime next_report; /* of what was suppressed */
    uint64_t unit;               /* the number of the receipt that will end it */
    struct positions *positions; /* NULL: not yet known */

    /* Who gets the frames of this poll, and how many it has had. */
    frame_fn *fn;
    void *ctx;
    int n_handed;

    /* Streams are read into this one buffer, behind what is left of their last frame: an idle connection needs none. */
    char *scratch;
    size_t scratch_bytes;

    struct input **inputs; /* as configured; NULL: another lane's; behind them the spool's, where there is one */
    size_t n_inputs;
    struct spooling *spooling; /* NULL: nothing is spooled */
};

/** input_deliver() - hand one frame to the lane and count it; its bytes stay the caller's. */
void input_deliver(struct input *input, struct framed framed, struct walltime received, struct sender from);

/**
 * input_unit() - by this number what @input hands over now will be acknowledged: of a spooled input once it is on the
 * disk, otherwise once what it caused is on record
 */
uint64_t input_unit(const struct input *input);

/** input_suppressed() - a limiter_fn: hand over an event of our own that tells of it. */
void input_suppressed(void *input, struct slice sender, uint64_t n);

/** input_allows() - whether who has @address may send: as `allow` says. */
bool input_allows(const struct input *input, const unsigned char address[static 16]);

/** input_warn() - log a warning that begins with the input's name, unless there were too many lately. */
void input_warn(struct input *input, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** input_log_failure() - log @r, naming the input and its address or path. */
void input_log_failure(const struct input_settings *s, int r);

/** input_watch() - wait for @w, whose fd and ready are set. Return: 0 or negative errno, -EPERM for a regular file. */
int input_watch(struct input *input, struct watch *w);

/** input_watch_pause(), input_watch_resume() - stop and go on waiting for @w; it stays registered. */
void input_watch_pause(struct input *input, struct watch *w);
void input_watch_resume(struct input *input, struct watch *w);

/** input_watch_writable() - wait for room to write to @w instead, until input_watch_resume(). */
void input_watch_writable(struct input *input, struct watch *w);

/** watch_close() - close the descriptor of @w, if it has one; an event of it that is still on its way is ignored. */
void watch_close(struct watch *w);

/** stat_add() - add @k to a figure of this lane's; the lane's thread only. */
static inline void
stat_add(_Atomic uint64_t *stat, uint64_t k)
{
    atomic_store_explicit(stat, atomic_load_explicit(stat, memory_order_relaxed) + k, memory_order_relaxed);
}

static inline void
stat_set(_Atomic uint64_t *stat, uint64_t v)
{
    atomic_store_explicit(stat, v, memory_order_relaxed);
}

static inline uint64_t
stat_get(const _Atomic uint64_t *stat)
{
    return atomic_load_explicit(stat, memory_order_relaxed);
}
