/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Inputs: all sockets and files one lane reads, as one thing to wait on.
 *
 * Each lane opens its own set; sockets share their port by SO_REUSEPORT, so a connection or a sender stays on its lane.
 * Files, standard input and unix sockets belong to one lane each: configured input i to lane i modulo their number. The
 * limit of memory is shared out among the lanes; connections_max holds on each, since the kernel spreads connections
 * unevenly. Frames are handed over in place, in the receive buffer: their bytes stay only until the callback returns.
 * While the caller does not poll, nothing is read: TCP stops its sender, UDP is dropped by the kernel and counted.
 */

#include "base/counters.h"
#include "config/settings.h"
#include "model/event.h"
#include "model/positions.h"

struct activation;
struct inputs;

/** Called for each frame, in the order it came on its connection. Must not keep @frame's slices. */
typedef void frame_fn(void *ctx, const struct frame *frame);

struct input_stats {
    _Atomic uint64_t n_frames;
    _Atomic uint64_t n_bytes; /* read, framing included */
    _Atomic uint64_t n_truncated;
    _Atomic uint64_t n_unfinished;
    _Atomic uint64_t n_bytes_skipped; /* what truncated frames of streams lost */
    _Atomic uint64_t n_kernel_drops;  /* datagrams the kernel dropped for want of room (SO_MEMINFO) */
    _Atomic uint64_t n_accepted;      /* connections, since the start */
    _Atomic uint64_t n_connections;   /* connections, now */
    _Atomic uint64_t n_refused;       /* connections beyond the limit */
    _Atomic uint64_t n_accept_pauses; /* times accepting stopped for a moment, because descriptors had run out */
    _Atomic uint64_t n_idle_closed;
    _Atomic uint64_t n_evicted;         /* connections closed for memory */
    _Atomic uint64_t n_errors;          /* read errors */
    _Atomic uint64_t n_suppressed;      /* messages beyond what one sender may send; not among n_frames */
    _Atomic uint64_t n_senders_evicted; /* senders whose count made room for another's; what was suppressed is told */
    _Atomic uint64_t n_not_allowed;     /* connections and datagrams of senders that may not send here */
    _Atomic uint64_t n_proxy_refused;   /* connections with a bad PROXY header, none where one must be, or one of nobody
                                           who may send one */
    _Atomic uint64_t n_handshakes_refused; /* connections whose TLS handshake failed, or showed nobody permitted */
    _Atomic uint64_t n_handshakes_late;    /* connections closed because theirs was not done in time */
    _Atomic uint64_t n_poison;             /* records without a value, or with one that is not what `format` says */
    _Atomic uint64_t n_gap_records;        /* records that were deleted before they were read */
    _Atomic uint64_t n_rewinds;            /* times a partition's log was cut, or made anew, behind our place */
    _Atomic uint64_t n_rebalances;         /* times a group gave or took partitions */
    _Atomic uint64_t n_dead_letters;       /* delivered */
    _Atomic uint64_t n_dead_letters_lost;
    _Atomic uint64_t n_opens_refused;      /* RELP sessions that offered us nothing we speak */
    _Atomic uint64_t n_answered;           /* RELP messages whose senders were told that they are on record */
    _Atomic uint64_t n_unanswered;         /* of what RELP senders asked, now */
    _Atomic uint64_t n_bad_frames;         /* commands there are none of; what was no RELP, which closes its session */
    _Atomic uint64_t receive_buffer;       /* bytes the kernel granted, in the unit of the setting */
};

enum partition_state {
    PARTITION_RELEASED, /* others have it */
    PARTITION_CLAIMED,  /* waits for others of the same assignment, which other lanes are not done with */
    PARTITION_READING,
    PARTITION_HELD,     /* ours, and not read for want of batches */
    PARTITION_DRAINING, /* given up once everything read of it is on record */
};

/** How far one lane is with a partition of a stream. Offsets are the next record's; POSITION_NONE: not known. */
struct partition_view {
    const char *topic; /* lives as long as the set */
    int32_t partition;
    enum partition_state state;
    int64_t next;
    int64_t recorded;      /* with what it caused */
    int64_t start;         /* of the log */
    int64_t end;           /* likewise */
    struct walltime stamp; /* of the record read last; 0: none yet */
    uint64_t n_gap_records;
};

/**
 * inputs_probe() - whether every address is free, before the first lane opens it, but for those of sockets handed in
 *
 * Each that is not is logged with its input's name. Return: 0, or negative errno of the first.
 */
int inputs_probe(const struct settings *settings, const struct activation *handed);

/**
 * inputs_open() - open what @lane of @n_lanes reads
 * @out:      the set
 * @settings: the configuration, alive as long as the set
 * @lane:     0 … n_lanes-1
 * @n_lanes:  how many sets share the ports
 * @clock:    for times of receipt and time-outs
 *
 * Return: 0, or negative errno; what failed is logged with the input's name.
 */
int inputs_open(
    struct inputs **out, const struct settings *settings, unsigned lane, unsigned n_lanes, const struct clock *clock);

/** inputs_open_with() - the same, but inputs take the sockets of @handed, where it has some for them; NULL: it has
 * none.
 */
int inputs_open_with(struct inputs **out, const struct settings *settings, unsigned lane, unsigned n_lanes,
    const struct clock *clock, const struct activation *handed);
void inputs_close(struct inputs *in);
CLEANUP_DEFINE(inputs_close, struct inputs *)

/**
 * inputs_poll() - wait up to @timeout_ms for something to read, and hand over what there is
 *
 * May return earlier with nothing; 0 does not wait, -1 stands for as long as it takes. Reads a bounded amount per
 * connection and call, so that no sender starves another, and at most a few MiB in all, so that it ends soon. Time-outs
 * and the kernel's counters are looked at here, a few times a second. Return: how many frames were handed over, or
 * negative errno.
 */
int inputs_poll(struct inputs *in, int timeout_ms, frame_fn *fn, void *ctx);

/** What waits in a lane's spools. */
struct spool_view {
    const struct counters *counters; /* of spool_counter_defs (input/spool.h) */
    struct walltime oldest;          /* when the oldest frame was received whose effects are not on record; 0: none */
    bool paused;                     /* inputs wait for room, or for the spool to be opened */
};

/** inputs_spool() - what waits in the lane's spools; any thread. Return: whether it has any. */
bool inputs_spool(const struct inputs *in, struct spool_view *out);

/**
 * inputs_receive() - take what has come for the spool, without waiting, and hand nothing over
 *
 * For callers that have no room for more, also from within a frame_fn: so senders of spooled inputs do not notice.
 */
void inputs_receive(struct inputs *in);

/** inputs_wake() - make a waiting inputs_poll() return; any thread. */
void inputs_wake(struct inputs *in);

/** inputs_reload() - certificates and keys are read again at the next poll; what is wrong is logged, and the old go on.
 * Any thread. */
void inputs_reload(struct inputs *in);

/**
 * inputs_hang_up() - the beginning of a stop: nobody is let in any more, and who is connected is told to send no more
 *
 * Senders that look before they write (rsyslog and syslog-ng do) then close, and have lost nothing once it is read.
 */
void inputs_hang_up(struct inputs *in);

/** inputs_connections() - how many senders are connected. */
uint64_t inputs_connections(const struct inputs *in);

/** inputs_finish() - hand over what open connections hold unfinished, marked so; before inputs_close() at a stop. */
void inputs_finish(struct inputs *in, frame_fn *fn, void *ctx);

/*
 * Receipts: some inputs acknowledge what is on record (RELP), or keep their own place in what they read (Kafka, the
 * spool). What was handed over since the last receipt is a unit. A unit ends with a receipt, and when the caller has
 * put everything the unit caused on record, together with the receipt's positions, it says so.
 */

/** inputs_exact() - whether an input here keeps its place: each unit must be recorded whole or not at all. */
bool inputs_exact(const struct inputs *in);

/** inputs_resume() - where exact inputs find their places; before the first poll. @positions outlives the set. */
void inputs_resume(struct inputs *in, struct positions *positions);

/** inputs_receipt_due() - whether the unit should end now: somebody waits, or it has grown long. */
bool inputs_receipt_due(const struct inputs *in);

/**
 * inputs_receipt() - end the unit
 * @in:    the set
 * @arena: what the positions go into
 * @out:   the receipt; its number is 0 where nobody wants one
 *
 * Return: 0, or negative errno: -ENOMEM where the positions do not fit, and the unit has not ended.
 */
int inputs_receipt(struct inputs *in, struct arena *arena, struct receipt *out);

/** inputs_acknowledge() - everything up to the receipt @number is on record; not while polling. */
void inputs_acknowledge(struct inputs *in, uint64_t number);

/** inputs_hold() - @hold: read nothing for now that can wait elsewhere, since there is no room for what it causes. */
void inputs_hold(struct inputs *in, bool hold);

/** inputs_done() - whether nothing more can come: every input is a file read to its end, or standard input closed. */
bool inputs_done(const struct inputs *in);

/** inputs_stats() - the figures of configured input @i on this lane; any thread may read. NULL: not on this lane. */
const struct input_stats *inputs_stats(const struct inputs *in, size_t i);

/** inputs_port() - the port that configured input @i is bound to, for settings that say 0. Return: 0 where it has none.
 */
unsigned inputs_port(const struct inputs *in, size_t i);

/** inputs_partition() - partition @n, from 0, that input @i has or had on this lane; any thread. Return: false after the
 * last. */
bool inputs_partition(const struct inputs *in, size_t i, size_t n, struct partition_view *out);
