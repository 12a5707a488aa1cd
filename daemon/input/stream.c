/* SPDX-License-Identifier: Apache-2.0 */
#include "input/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

enum {
    PARTIAL_STEP = 512,
    PARTIAL_KEEP = 4096, /* an empty buffer up to this size stays for the next partial frame */
};

void
stream_deliver(
    struct stream *s, struct input *input, struct framed framed, struct walltime received, struct sender from)
{
    s->marks_seen |= framed.marks;
    input_deliver(input, framed, received, from);
}

static void
take_frames(struct stream *s, struct input *input, struct slice *in, struct walltime received, struct sender from)
{
    uint64_t n_skipped = s->framer.n_skipped;
    struct framed framed;

    while (framer_next(&s->framer, in, &framed))
        stream_deliver(s, input, framed, received, from);
    stat_add(&input->stats.n_bytes_skipped, s->framer.n_skipped - n_skipped);
}

static void
finish_frame(struct stream *s, struct input *input, struct slice rest, struct sender from, uint32_t marks)
{
    struct framed framed;

    if (!framer_finish(&s->framer, &rest, &framed))
        return;
    framed.marks |= marks;
    stream_deliver(s, input, framed, clock_wall(input->set->clock), from);
}

static const struct cutter by_framing = {
    .read_max = INPUT_READ_MAX,
    .take = take_frames,
    .finish = finish_frame,
};

void
stream_init(struct stream *s, const struct input_settings *settings)
{
    *s = (struct stream){.cutter = &by_framing};
    framer_init(&s->framer, settings->framing, settings->frame_max_bytes);
}

void
stream_fini(struct stream *s)
{
    free(s->partial);
    *s = (struct stream){0};
}

void
stream_trim(struct stream *s)
{
    if (s->n > 0)
        return;
    free(s->partial);
    s->partial = NULL;
    s->cap = 0;
}

static size_t
rounded(size_t n)
{
    return (n + PARTIAL_STEP - 1) / PARTIAL_STEP * PARTIAL_STEP;
}

size_t
stream_partial_max(const struct input_settings *settings)
{
    return rounded(settings->frame_max_bytes + INPUT_HEADER_MAX);
}

/* Not realloc(): the bytes are in the scratch buffer anyway. */
static int
make_room(struct stream *s, size_t n)
{
    if (n <= s->cap)
        return 0;
    free(s->partial);
    s->cap = rounded(n);
    s->partial = malloc(s->cap);
    if (s->partial != NULL)
        return 0;
    s->cap = 0;
    return error_origin(-ENOMEM);
}

/* The start of the next frame, until more of it comes. */
static int
keep(struct stream *s, struct input *input, struct slice rest, struct sender from)
{
    int r = make_room(s, rest.n);

    if (r < 0) {
        s->cutter->finish(s, input, rest, from, FRAME_TRUNCATED);
        rest.n = 0;
    }
    if (rest.n > 0)
        memcpy(s->partial, rest.p, rest.n);
    s->n = rest.n;
    if (s->cap > PARTIAL_KEEP)
        stream_trim(s);
    return r < 0 ? error_trace(r) : 0;
}

ssize_t
stream_read(struct stream *s, struct input *input, struct transport *t, struct sender from)
{
    char *scratch = input->set->scratch;
    size_t n_max = input->set->read_max < s->cutter->read_max ? input->set->read_max : s->cutter->read_max;
    struct slice in;
    ssize_t n;
    int r;

    ASSERT(s->n + INPUT_READ_MAX <= input->set->scratch_bytes);
    n = transport_read(t, scratch + s->n, n_max);
    if (n <= 0)
        return n;
    if (s->n > 0)
        memcpy(scratch, s->partial, s->n);
    in = slice_of(scratch, s->n + (size_t)n);
    s->cutter->take(s, input, &in, clock_wall(input->set->clock), from);
    stat_add(&input->stats.n_bytes, (uint64_t)n);
    r = keep(s, input, in, from);
    return r < 0 ? r : n;
}

void
stream_finish(struct stream *s, struct input *input, struct sender from, uint32_t marks)
{
    s->cutter->finish(s, input, slice_of(s->partial, s->n), from, marks);
    s->n = 0;
    stream_trim(s);
    framer_init(&s->framer, s->framer.mode, s->framer.frame_max);
}
