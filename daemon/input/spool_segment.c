/* SPDX-License-Identifier: Apache-2.0 */
#include "input/spool_segment.h"

#include <errno.h>
#include <unistd.h>
#include <zstd.h>

#include "base/crc32c.h"
#include "base/error.h"

enum { SEARCH_BYTES = 64 * 1024, MARK_BYTES = 8 };

void
spool_segment_init(struct spool_segment_reader *r)
{
    *r = (struct spool_segment_reader){.fd = -1};
}

void
spool_segment_close(struct spool_segment_reader *r)
{
    if (r->fd >= 0)
        (void)close(r->fd);
    r->fd = -1;
    r->n_records = 0;
}

void
spool_segment_fini(struct spool_segment_reader *r)
{
    spool_segment_close(r);
    buffer_fini(&r->stored);
    buffer_fini(&r->plain);
    (void)ZSTD_freeDCtx(r->zstd);
    spool_segment_init(r);
}

static void
note_damage(struct spool_segment_reader *r, uint64_t at, const char *what)
{
    if (r->n_damaged++ > 0)
        return;
    r->damaged_at = at;
    r->damage = what;
}

/* @n bytes of the file from @at into @b. Return: whether all of them could be had; -ENOMEM. */
static int
load(struct spool_segment_reader *r, struct buffer *b, uint64_t at, size_t n)
{
    char *p;

    buffer_reset(b);
    if (at > r->end || n > r->end - at)
        return false;
    p = buffer_reserve(b, n);
    if (p == NULL)
        return error_origin(-ENOMEM);
    while (b->n < n) {
        ssize_t got = pread(r->fd, p + b->n, n - b->n, (off_t)(at + b->n));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false; /* an error of the disk is damage as any other */
        b->n += (size_t)got;
    }
    return true;
}

int
spool_segment_open(struct spool_segment_reader *r, int fd, uint64_t end, uint64_t number)
{
    int r_load;

    spool_segment_close(r);
    r->fd = fd;
    r->end = end;
    r->at = r->whole = SPOOL_SEGMENT_HEADER;
    r->number = number;
    r->n_damaged = 0;
    r_load = load(r, &r->stored, 0, SPOOL_SEGMENT_HEADER);
    if (r_load < 0)
        return error_trace(r_load);
    return r_load > 0 && spool_segment_header_read(&r->header, buffer_slice(&r->stored)) ? 0 : SPOOL_SEGMENT_E_BAD;
}

/* ---- where the next block is ---- */

/* Return: 1 with the header of the block at @at, 0 where there is none, or -ENOMEM. */
static int
read_header(struct spool_segment_reader *r, uint64_t at, struct spool_block_header *h)
{
    int have = load(r, &r->plain, at, SPOOL_BLOCK_HEADER);

    if (have <= 0)
        return have;
    return spool_block_header_read(h, r->header.mark, buffer_slice(&r->plain)) &&
           h->stored_bytes <= r->end - at - SPOOL_BLOCK_HEADER;
}

/* The first whole header in the chunk that r->stored holds of the file, from @from on. Return: as read_header(). */
static int
search_chunk(struct spool_segment_reader *r, uint64_t from, uint64_t *found)
{
    struct slice rest = buffer_slice(&r->stored);
    struct spool_block_header h;
    int have = 0;

    while (have == 0) {
        size_t k = spool_mark_search(rest, r->header.mark);

        if (k == SIZE_MAX)
            return 0;
        rest = slice_from(rest, k);
        *found = from + (r->stored.n - rest.n);
        have = read_header(r, *found, &h);
        rest = slice_from(rest, 1);
    }
    return have;
}

/* Goes to the next whole header behind what is damaged, or to the end. Return: 0 or -ENOMEM. */
static int
search(struct spool_segment_reader *r)
{
    uint64_t from = r->at + 1;

    while (from < r->end && r->end - from >= SPOOL_BLOCK_HEADER) {
        size_t n = r->end - from < SEARCH_BYTES ? (size_t)(r->end - from) : (size_t)SEARCH_BYTES;
        int have = load(r, &r->stored, from, n);

        if (have > 0)
            have = search_chunk(r, from, &r->at);
        if (have != 0)
            return have < 0 ? error_trace(have) : 0;
        from += n < SEARCH_BYTES ? n : n - (MARK_BYTES - 1); /* it may begin in the last bytes of these */
    }
    r->at = r->end;
    return 0;
}

/* ---- one block ---- */

static int
decompress(struct spool_segment_reader *r, const struct spool_block_header *h, struct slice *out)
{
    char *p;
    size_t n;

    if (r->zstd == NULL)
        r->zstd = ZSTD_createDCtx();
    buffer_reset(&r->plain);
    p = buffer_reserve(&r->plain, h->plain_bytes);
    if (r->zstd == NULL || p == NULL)
        return error_origin(-ENOMEM);
    n = ZSTD_decompressDCtx(r->zstd, p, h->plain_bytes, r->stored.p, r->stored.n);
    *out = slice_of(p, h->plain_bytes);
    return n == h->plain_bytes;
}

/* Return: 1 with the block's records at hand, 0 where its bytes are not those that were written, or -ENOMEM. */
static int
load_block(struct spool_segment_reader *r, const struct spool_block_header *h)
{
    int good = load(r, &r->stored, r->at + SPOOL_BLOCK_HEADER, h->stored_bytes);

    if (good <= 0)
        return good;
    if (crc32c(0, buffer_slice(&r->stored)) != h->crc)
        return 0;
    r->records = buffer_slice(&r->stored);
    good = h->coding == SPOOL_ZSTD ? decompress(r, h, &r->records) : 1;
    if (good <= 0)
        return good;
    r->next = h->first;
    r->n_records = h->n_records;
    return 1;
}

/* Goes on to the next block that has records behind r->number. Return: 0, SPOOL_SEGMENT_E_END, or -ENOMEM. */
static int
next_block(struct spool_segment_reader *r)
{
    while (r->at < r->end) {
        struct spool_block_header h;
        int good = read_header(r, r->at, &h);
        bool is_wanted = good > 0 && h.first + h.n_records - 1 > r->number;

        if (good == 0) {
            note_damage(r, r->at, "no whole block begins there");
            good = search(r);
            if (good < 0)
                return error_trace(good);
            continue;
        }
        if (is_wanted)
            good = load_block(r, &h);
        if (good < 0)
            return error_trace(good);
        if (good == 0)
            note_damage(r, r->at, "the bytes of a block are not those that were written");
        r->at += SPOOL_BLOCK_HEADER + h.stored_bytes;
        if (good > 0)
            r->whole = r->at;
        if (good > 0 && is_wanted)
            return 0;
    }
    return SPOOL_SEGMENT_E_END;
}

int
spool_segment_read(struct spool_segment_reader *r, struct spool_record *out)
{
    int result;

    for (;;) {
        while (r->n_records > 0) {
            if (!spool_record_take(out, r->next, &r->records)) {
                note_damage(r, r->at, "a record in the block that ends there is not the one that was written");
                r->n_records = 0;
                break;
            }
            r->n_records--;
            if (r->next++ <= r->number)
                continue;
            r->number = out->number;
            return 0;
        }
        result = next_block(r);
        if (result != 0)
            return result < 0 ? error_trace(result) : result;
    }
}
