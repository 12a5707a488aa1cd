/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/crc32c.h"
#include "base/error.h"
#include "base/log.h"
#include "input/spool_internal.h"

enum {
    COMPRESS_LEAST = 256, /* below it zstd's own header eats what it saves */
    RETRY_MS = 200,
};

/* ---- appending ---- */

/* Into @to, which has room for it. Return: the bytes it is stored in, in the coding that @h is set to. */
static size_t
store_block(struct spool *s, char *to, struct spool_block_header *h)
{
    size_t n = s->block.n;

    if (s->zstd != NULL && n >= COMPRESS_LEAST) {
        size_t packed = ZSTD_compressCCtx(s->zstd, to, ZSTD_compressBound(n), s->block.p, n, s->compression);

        if (!ZSTD_isError(packed) && packed < n) {
            h->coding = SPOOL_ZSTD;
            return packed;
        }
    }
    memcpy(to, s->block.p, n);
    h->coding = SPOOL_PLAIN;
    return n;
}

/* The block being filled goes to those that wait to be written. */
static void
seal(struct spool *s)
{
    struct spool_block_header h = {
        .first = s->block.first, .n_records = s->block.n_records, .plain_bytes = (uint32_t)s->block.n};
    char *to = s->out + s->n_out;

    if (s->block.n == 0)
        return;
    if (s->n_out == 0)
        s->out_first = h.first;
    h.stored_bytes = (uint32_t)store_block(s, to + SPOOL_BLOCK_HEADER, &h);
    h.crc = crc32c(0, slice_of(to + SPOOL_BLOCK_HEADER, h.stored_bytes));
    spool_block_header_write(to, s->mark, &h);
    s->n_out += SPOOL_BLOCK_HEADER + h.stored_bytes;
    s->block.n = 0;
    s->block.n_records = 0;
}

static size_t
in_memory(const struct spool *s)
{
    return s->n_out + s->block.n;
}

uint64_t
spool_bytes(const struct spool *s)
{
    return s->segment_bytes_total + in_memory(s);
}

bool
spool_is_full(const struct spool *s)
{
    return spool_bytes(s) >= s->bytes_max || (s->failing && in_memory(s) >= s->sync_bytes);
}

static bool
has_room(const struct spool *s, size_t n)
{
    n += in_memory(s) + SPOOL_BLOCK_HEADER;
    return n <= s->sync_bytes + SPOOL_RESERVE_BYTES && s->segment_bytes_total + n <= s->bytes_max + SPOOL_RESERVE_BYTES;
}

int
spool_append(struct spool *s, struct spool_record *r)
{
    size_t n = spool_record_bytes(r);

    ASSERT(n <= s->block.cap && r->input.n <= UINT16_MAX && r->peer.n <= UINT16_MAX && r->identity.n <= UINT16_MAX);
    if (!has_room(s, n))
        return SPOOL_E_FULL;
    if (s->block.n > 0 && s->block.n + n > SPOOL_BLOCK_BYTES)
        seal(s);
    r->number = ++s->last;
    if (s->block.n == 0)
        s->block.first = r->number;
    spool_record_write(s->block.p + s->block.n, r);
    s->block.n += n;
    s->block.n_records++;
    counters_add(s->counters, SPOOL_C_APPENDED, 1);
    if (s->oldest_wanted && s->forgotten + 1 == r->number) {
        s->oldest = r->received;
        s->oldest_wanted = false;
    }
    if (s->n_out >= s->sync_bytes)
        (void)spool_sync(s);
    return 0;
}

/* ---- onto the disk ---- */

static int
write_all(int fd, struct slice rest)
{
    while (rest.n > 0) {
        ssize_t n = write(fd, rest.p, rest.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_origin(errno == EFBIG || errno == EDQUOT ? -ENOSPC : -errno);
        rest = slice_from(rest, (size_t)n);
    }
    return 0;
}

static int
begin_segment(struct spool *s)
{
    const struct spool_segment_header h = {s->out_first, s->mark};
    char bytes[SPOOL_SEGMENT_HEADER];
    int fd;
    int r;

    (void)spool_file_remove(s->dir, h.first); /* what a failure could not take away again */
    fd = spool_file_create(s->dir, h.first);
    if (fd < 0)
        return error_trace(fd);
    r = spool_add_segment(s, h.first, 0);
    if (r < 0) {
        (void)close(fd);
        return error_trace(r);
    }
    s->fd = fd;
    spool_segment_header_write(bytes, &h);
    return write_all(s->fd, slice_of(bytes, sizeof(bytes)));
}

static int
write_out(struct spool *s)
{
    int r = s->fd < 0 ? begin_segment(s) : 0;

    if (r == 0)
        r = write_all(s->fd, slice_of(s->out, s->n_out));
    if (r == 0 && fdatasync(s->fd) != 0)
        r = error_origin(errno == EDQUOT ? -ENOSPC : -errno);
    return r < 0 ? error_trace(r) : 0;
}

/* Leaves the segment at what of it is synced; one that has nothing goes. */
static void
leave_segment(struct spool *s)
{
    const struct spool_segment_entry *g;

    if (s->fd < 0)
        return;
    g = &s->segments[s->n_segments - 1];
    if (g->bytes == 0) {
        spool_drop_last(s);
        return;
    }
    if (ftruncate(s->fd, (off_t)g->bytes) != 0)
        log_debug("spool", "what was not synced stays; it is not read, for its numbers come again");
    (void)close(s->fd);
    s->fd = -1;
}

static int
failed(struct spool *s, int r)
{
    leave_segment(s);
    if (!s->failing)
        log_error(
            "spool", "%s cannot be written: %s; frames wait in memory, then inputs wait", s->path, strerrordesc_np(-r));
    s->failing = true;
    s->n_failures++;
    s->retry_due = monotime_add(clock_mono(s->clock), RETRY_MS * NS_PER_MS);
    counters_add(s->counters, SPOOL_C_FAILED, 1);
    return r == -ENOSPC ? SPOOL_E_FULL : r;
}

static void
succeeded(struct spool *s)
{
    struct spool_segment_entry *g = &s->segments[s->n_segments - 1];
    uint64_t bytes = s->n_out + (g->bytes == 0 ? SPOOL_SEGMENT_HEADER : 0);

    if (s->failing)
        log_notice("spool", "%s is written again, after %" PRIu64 " failures", s->path, s->n_failures);
    s->failing = false;
    s->n_failures = 0;
    g->bytes += bytes;
    s->segment_bytes_total += bytes;
    counters_add(s->counters, SPOOL_C_SYNCED, s->last - s->synced);
    s->synced = s->last;
    s->n_out = 0;
    if (g->bytes < s->segment_bytes)
        return;
    (void)close(s->fd);
    s->fd = -1;
}

int
spool_sync(struct spool *s)
{
    int r;

    if (s->failing && clock_mono(s->clock).ns < s->retry_due.ns)
        return SPOOL_E_FULL;
    seal(s);
    if (s->n_out == 0)
        return 0;
    counters_add(s->counters, SPOOL_C_SYNCS, 1);
    r = write_out(s);
    if (r < 0)
        return failed(s, r);
    succeeded(s);
    return 0;
}

bool
spool_unsynced(const struct spool *s)
{
    return in_memory(s) > 0;
}

uint64_t
spool_synced(const struct spool *s)
{
    return s->synced;
}
