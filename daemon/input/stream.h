/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Stream: bytes in order from one descriptor, cut into frames; what TCP, files and standard input share.
 *
 * Between two reads a stream keeps only the bytes of the frame that is not whole yet; reading itself goes through the
 * set's one buffer, where the frames are handed over in place. So a quiet connection costs no buffer, and a busy
 * one reads INPUT_READ_MAX at a time.
 */

#include <sys/types.h>

#include "input/input.h"
#include "input/transport.h"

struct stream;

/** How bytes become frames: by the framing of the settings (stream.c), or by a protocol that says more than frames. */
struct cutter {
    size_t read_max; /* bytes a read may bring at most */

    /** Hand over every frame that is whole, taking it off the front of @in; what stays is presented again with more. */
    void (*take)(struct stream *s, struct input *input, struct slice *in, struct walltime received, struct sender from);

    /** Nothing more will come behind @rest, which is not whole: hand it over with @marks, or forget it. */
    void (*finish)(struct stream *s, struct input *input, struct slice rest, struct sender from, uint32_t marks);
};

struct stream {
    const struct cutter *cutter;
    struct framer framer;
    uint32_t marks_seen; /* of all frames so far */
    char *partial;
    size_t n;
    size_t cap; /* bytes allocated: what counts against a limit of memory */
};

/** stream_init() - begin with the framing of @settings; another cutter may be set before the first read. */
void stream_init(struct stream *s, const struct input_settings *settings);
void stream_fini(struct stream *s);

/**
 * stream_read() - one read of @t, and every frame that is whole by then handed over
 * @s:     the stream
 * @input: whose it is
 * @fd:    to read from
 * @from:  who sends
 *
 * Return: bytes read, 0 at the end, -EAGAIN, or what read(2) failed with. -ENOMEM: the unfinished frame did not fit
 * into memory and has been handed over, cut.
 */
ssize_t stream_read(struct stream *s, struct input *input, struct transport *t, struct sender from);

/** stream_deliver() - hand over @framed, as a cutter does. */
void stream_deliver(
    struct stream *s, struct input *input, struct framed framed, struct walltime received, struct sender from);

/** stream_finish() - hand over what is unfinished, with @marks added; the stream is then as at its start. */
void stream_finish(struct stream *s, struct input *input, struct sender from, uint32_t marks);

/** stream_partial_max() - the most memory that one stream with @settings may hold. */
size_t stream_partial_max(const struct input_settings *settings);

/** stream_trim() - give back memory that holds nothing. */
void stream_trim(struct stream *s);
