/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Framing: the first byte chooses mode and limit, the second how the stream is cut into reads. The frames are the same
 * as from one read, every frame lies inside what was read, no byte is lost uncounted, and what waits is bounded.
 */

#include "parsers/frame.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "fuzz/fuzz.h"

enum { WAITING_EXTRA = 12 };

/* All frames of a stream, each with its length and marks before it. */
struct frames {
    struct buffer all;
    uint64_t n_bytes;
    uint64_t n_skipped;
};

static void
note(struct frames *out, const struct framed *f, struct slice window, size_t frame_max)
{
    ASSERT(f->bytes.n > 0 && f->bytes.n <= frame_max);
    ASSERT(f->bytes.p >= window.p && f->bytes.p + f->bytes.n <= window.p + window.n);
    buffer_printf(&out->all, "%zu %x ", f->bytes.n, f->marks);
    buffer_add(&out->all, f->bytes);
    out->n_bytes += f->bytes.n;
}

/* What one read has brought to what was left: in memory of just its size. Return: how much of it stays. */
static size_t
take_window(struct framer *f, struct frames *out, struct slice bytes, bool last)
{
    char *copy = calloc(1, bytes.n + (bytes.n == 0));
    struct slice window = slice_of(copy, bytes.n);
    struct slice in = window;
    struct framed framed;

    ASSERT(copy != NULL);
    if (bytes.n > 0)
        memcpy(copy, bytes.p, bytes.n);
    while (framer_next(f, &in, &framed))
        note(out, &framed, window, f->frame_max);
    ASSERT(in.n <= f->frame_max + WAITING_EXTRA);
    if (last && framer_finish(f, &in, &framed))
        note(out, &framed, window, f->frame_max);
    free(copy);
    return in.n;
}

static void
take_stream(struct frames *out, enum framing mode, size_t frame_max, struct slice stream, size_t piece)
{
    struct framer f;
    size_t begin = 0;
    size_t end = 0;

    framer_init(&f, mode, frame_max);
    do {
        size_t n = piece == 0 ? stream.n : 1 + (begin * 7 + end * 3 + piece) % piece;

        end = stream.n - end < n ? stream.n : end + n;
        begin = end - take_window(&f, out, slice_of(stream.p + begin, end - begin), end == stream.n);
    } while (end < stream.n);
    out->n_skipped = f.n_skipped;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice stream = n < 2 ? SLICE("") : slice_of((const char *)data + 2, n - 2);
    enum framing mode = n == 0 ? FRAMING_AUTO : (enum framing)(data[0] & 3);
    size_t frame_max = n == 0 ? 1 : 1 + (data[0] >> 2);
    struct frames whole = {0};
    struct frames cut = {0};

    take_stream(&whole, mode, frame_max, stream, 0);
    take_stream(&cut, mode, frame_max, stream, n < 2 ? 1 : 1 + data[1] % 40);
    ASSERT(slice_eq(buffer_slice(&whole.all), buffer_slice(&cut.all)));
    ASSERT(whole.n_skipped == cut.n_skipped);
    ASSERT(whole.n_bytes + whole.n_skipped <= stream.n);
    buffer_fini(&whole.all);
    buffer_fini(&cut.all);
    return 0;
}
