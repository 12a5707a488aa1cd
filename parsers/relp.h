/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * RELP: frames of the Reliable Event Logging Protocol, as a sender makes them, and what it offers to open a session with.
 *
 *     RELP-FRAME = TXNR SP COMMAND SP DATALEN [ SP DATA ] LF
 *     TXNR = 1*9DIGIT    COMMAND = 1*32ALPHA    DATALEN = 1*9DIGIT ; of DATA, which is left out with its blank where 0
 *
 * (librelp's doc/relp.md.) A frame with more data than the limit comes in two parts, its head and, once the rest has
 * been passed over, its end: never split into several messages. What comes out does not depend on how the stream was
 * cut into reads. A stream that is not as above is bad from there on, for nothing in it tells where a frame begins.
 */

#include "base/slice.h"

enum {
    RELP_TXNR_MAX = 999999999,               /* the next one is 1 again; 0 is a hint's, which nobody answers */
    RELP_HEADER_MAX = 9 + 1 + 32 + 1 + 9 + 1, /* bytes in front of the data */
    RELP_VERSION_MAX = 1,
};

enum { RELP_E_MORE = 1, RELP_E_BAD };

enum relp_part {
    RELP_WHOLE,
    RELP_HEAD, /* as much of the data as is kept; the end is to follow */
    RELP_END,  /* of that frame, which alone is told */
};

struct relp_frame {
    enum relp_part part;
    uint32_t txnr;
    struct slice command;
    struct slice data;
};

struct relp_framer {
    size_t data_max;
    bool ending;        /* in the rest of a frame that was cut */
    uint32_t txnr;      /* its number */
    uint64_t skip;      /* octets of it still to be passed over */
    uint64_t n_skipped; /* so far, for the counter */
};

/** What a sender offers. */
struct relp_offers {
    bool has_version;
    unsigned version;      /* the highest it speaks */
    bool has_syslog;       /* among its commands */
    struct slice software; /* {NULL, 0} where it tells of none */
};

/** relp_framer_init() - begin a stream; @data_max is the most data kept of one frame, in bytes, at least 1. */
void relp_framer_init(struct relp_framer *f, size_t data_max);

/**
 * relp_next() - take the next frame, or part of one, off the front of @in
 * @f:   the stream's state
 * @in:  what has been read and not yet taken; what stays must be presented again with more bytes behind it
 * @out: set to the frame, slices of @in's bytes
 *
 * Return: 0, RELP_E_MORE with at most RELP_HEADER_MAX + data_max bytes left in @in, or RELP_E_BAD.
 */
int relp_next(struct relp_framer *f, struct slice *in, struct relp_frame *out);

/** relp_txnr_after() - the number that must follow @txnr. */
uint32_t relp_txnr_after(uint32_t txnr);

/** relp_offers_parse() - read the data of `open`; what is unknown or broken in it is as if it were not there. */
void relp_offers_parse(struct relp_offers *out, struct slice data);
