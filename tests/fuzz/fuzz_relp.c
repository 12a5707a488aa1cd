/* SPDX-License-Identifier: Apache-2.0 */

/*
 * RELP frames: the first byte chooses the limit, the second how the stream is cut into reads. What comes out is the
 * same as from one read, lies inside what was read, and what waits is bounded. Data of frames is read as offers too.
 */

#include "parsers/relp.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "fuzz/fuzz.h"

struct outcome {
    struct buffer all;
    uint64_t n_bytes;
    uint64_t n_skipped;
    bool bad;
};

static void
read_offers(struct slice data)
{
    struct relp_offers offers;

    relp_offers_parse(&offers, data);
    ASSERT(offers.version <= RELP_TXNR_MAX);
    fuzz_touch(offers.software);
}

static void
note(struct outcome *out, const struct relp_frame *f, struct slice window, size_t data_max)
{
    ASSERT(f->txnr <= RELP_TXNR_MAX);
    buffer_printf(&out->all, "%d %u ", f->part, f->txnr);
    if (f->part == RELP_END)
        return;
    ASSERT(f->command.n > 0 && f->command.n <= 32 && f->data.n <= data_max);
    ASSERT(f->command.p >= window.p && f->data.p + f->data.n <= window.p + window.n);
    ASSERT(f->part == RELP_WHOLE || f->data.n == data_max);
    buffer_add(&out->all, f->command);
    buffer_printf(&out->all, " %zu ", f->data.n);
    buffer_add(&out->all, f->data);
    out->n_bytes += f->command.n + f->data.n;
    read_offers(f->data);
}

/* What one read has brought to what was left: in memory of just its size. Return: how much of it stays. */
static size_t
take_window(struct relp_framer *f, struct outcome *out, struct slice bytes)
{
    char *copy = calloc(1, bytes.n + (bytes.n == 0));
    struct slice window = slice_of(copy, bytes.n);
    struct slice in = window;
    struct relp_frame frame;
    int r;

    ASSERT(copy != NULL);
    if (bytes.n > 0)
        memcpy(copy, bytes.p, bytes.n);
    while ((r = relp_next(f, &in, &frame)) == 0)
        note(out, &frame, window, f->data_max);
    out->bad = r == RELP_E_BAD;
    ASSERT(out->bad || in.n <= RELP_HEADER_MAX + f->data_max);
    free(copy);
    return in.n;
}

static void
take_stream(struct outcome *out, size_t data_max, struct slice stream, size_t piece)
{
    struct relp_framer f;
    size_t begin = 0;
    size_t end = 0;

    relp_framer_init(&f, data_max);
    do {
        size_t n = piece == 0 ? stream.n : 1 + (begin * 7 + end * 3 + piece) % piece;

        end = stream.n - end < n ? stream.n : end + n;
        begin = end - take_window(&f, out, slice_of(stream.p + begin, end - begin));
    } while (end < stream.n && !out->bad);
    out->n_skipped = f.n_skipped;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice stream = n < 2 ? SLICE("") : slice_of((const char *)data + 2, n - 2);
    size_t data_max = n == 0 ? 1 : 1 + (size_t)data[0];
    struct outcome whole = {0};
    struct outcome cut = {0};

    take_stream(&whole, data_max, stream, 0);
    take_stream(&cut, data_max, stream, n < 2 ? 1 : 1 + data[1] % 40);
    ASSERT(slice_eq(buffer_slice(&whole.all), buffer_slice(&cut.all)));
    ASSERT(whole.bad == cut.bad);
    ASSERT(whole.n_skipped == cut.n_skipped);
    ASSERT(whole.n_bytes + whole.n_skipped <= stream.n);
    buffer_fini(&whole.all);
    buffer_fini(&cut.all);
    return 0;
}
