/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Frame: where one message ends and the next begins in a stream of bytes (RFC 6587).
 *
 * In mode `auto` each frame is judged by itself: "[1-9][0-9]{0,6} SP <" begins an octet-counted frame, anything else a
 * line that ends with LF (a CR before it goes too). A connection may mix both. `nul` ends frames with NUL. A frame longer
 * than the limit is cut, marked and its rest skipped: never split. The result does not depend on how the stream was
 * cut into reads. In mode `octet` the count alone makes a counted frame, since no line is expected there.
 */

#include "base/slice.h"

enum framing { FRAMING_AUTO, FRAMING_LF, FRAMING_OCTET, FRAMING_NUL };

enum frame_mark {
    FRAME_OCTET_COUNTED = 1 << 0, /* its length was given, so its text may hold line ends */
    FRAME_TRUNCATED     = 1 << 1, /* longer than the limit; the rest was skipped */
    FRAME_UNFINISHED    = 1 << 2, /* the stream ended within it */
    FRAME_BAD_COUNT     = 1 << 3, /* octet counting was demanded, and what came was none: taken as a line */
};

struct framer {
    enum framing mode;
    size_t frame_max;
    uint64_t skip;    /* octets of a cut octet-counted frame still to be skipped */
    bool skip_line;   /* the rest of a cut line is to be skipped */
    size_t scanned;   /* octets at the front of what stays that hold no line end: not searched again */
    uint64_t n_skipped; /* octets skipped so far, for the counter */
};

struct framed {
    struct slice bytes;
    uint32_t marks; /* enum frame_mark */
};

/** framer_init() - begin a stream; @frame_max is the longest frame kept whole, in bytes, at least 1. */
void framer_init(struct framer *f, enum framing mode, size_t frame_max);

/**
 * framer_next() - take the next frame off the front of @in
 * @f:   the stream's state
 * @in:  what has been read and not yet taken; what stays after the last frame must be presented again with more
 *       bytes behind it
 * @out: set to the frame, a slice of @in's bytes
 *
 * An empty line is no frame (RFC 6587 allows LF after octet-counted frames); it is taken silently.
 *
 * Return: whether there was a whole frame. Where not, at most frame_max + 12 bytes stay in @in.
 */
bool framer_next(struct framer *f, struct slice *in, struct framed *out);

/**
 * framer_finish() - what is left when the stream ends, as a last frame marked unfinished
 *
 * Return: whether anything was left.
 */
bool framer_finish(struct framer *f, struct slice *in, struct framed *out);

/** framing_parse() - the framing called @name: auto, lf, octet, nul. Return: whether there is one. */
bool framing_parse(struct slice name, enum framing *mode);

/** frame_mark_name() - the name of the lowest mark in @marks, as "truncated"; clears it. Return: NULL when none is left. */
const char *frame_mark_name(uint32_t *marks);
