/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Spool: a segment file is read to its end whatever it holds; numbers rise, slices are of the block, each record
 * written again has the same bytes, and reading from a later number gives what reading from the start gave from there
 * on.
 *
 * Each input is read twice: as it is, and with every sum made right, for no mutation gets past a sum by chance.
 */

#include "input/spool_segment.h"

#include <endian.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "fuzz/fuzz.h"

enum { RECORDS_MAX = 100000 };

static int
file_of(const uint8_t *data, size_t n)
{
    int fd = memfd_create("segment", MFD_CLOEXEC);

    ASSERT(fd >= 0 && write(fd, data, n) == (ssize_t)n);
    return fd;
}

/* It can be written, and comes back. */
static void
check_record(const struct spool_record *r)
{
    size_t n = spool_record_bytes(r);
    char *bytes = malloc(n);
    struct slice in = slice_of(bytes, n);
    struct spool_record again;

    ASSERT(bytes != NULL && n <= SPOOL_BLOCK_MAX);
    spool_record_write(bytes, r);
    ASSERT(spool_record_take(&again, r->number, &in) && in.n == 0 && slice_eq(again.raw, r->raw) &&
           slice_eq(again.input, r->input) && slice_eq(again.peer, r->peer) && slice_eq(again.identity, r->identity) &&
           again.marks == r->marks && again.received.ns == r->received.ns && again.process.known == r->process.known &&
           again.process.pid == r->process.pid && again.process.uid == r->process.uid &&
           again.process.gid == r->process.gid);
    in = slice_of(bytes, n);
    ASSERT(!spool_record_take(&again, r->number + 1, &in) && in.n == n);
    free(bytes);
}

/* Return: how many records there are behind @number; @last is set to the number of the last. */
static size_t
read_behind(const uint8_t *data, size_t n, uint64_t number, uint64_t *last)
{
    struct spool_segment_reader reader;
    struct spool_record r;
    size_t count = 0;

    *last = number;
    spool_segment_init(&reader);
    if (spool_segment_open(&reader, file_of(data, n), n, number) == 0)
        while (spool_segment_read(&reader, &r) == 0) {
            ASSERT(r.number > *last && count++ < RECORDS_MAX);
            check_record(&r);
            *last = r.number;
        }
    ASSERT(reader.at <= n || n < SPOOL_SEGMENT_HEADER);
    ASSERT(reader.whole <= n || n < SPOOL_SEGMENT_HEADER);
    spool_segment_fini(&reader);
    return count;
}

static uint32_t
get(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return le32toh(v);
}

static void
put(uint8_t *p, uint32_t v)
{
    v = htole32(v);
    memcpy(p, &v, sizeof(v));
}

static uint32_t
sum(const uint8_t *p, size_t n)
{
    return crc32c(0, slice_of((const char *)p, n));
}

static void
repair_records(uint8_t *p, size_t n, uint64_t number)
{
    while (n >= SPOOL_RECORD_HEADER) {
        uint32_t length = get(p) < SPOOL_RECORD_HEADER || get(p) > n ? (uint32_t)n : get(p);
        uint64_t stored = htole64(number++);

        put(p, length);
        put(p + 4, crc32c(sum((const uint8_t *)&stored, sizeof(stored)), slice_of((char *)p + 8, length - 8)));
        p += length;
        n -= length;
    }
}

/* Return: how many bytes the block takes that begins at @p. */
static size_t
repair_block(uint8_t *p, size_t n, const uint8_t *mark)
{
    size_t stored = get(p + 24) > n - SPOOL_BLOCK_HEADER ? n - SPOOL_BLOCK_HEADER : get(p + 24);
    uint64_t first;

    memcpy(p, mark, 8);
    memcpy(&first, p + 8, sizeof(first));
    put(p + 24, (uint32_t)stored);
    if (p[28] % 4 != 1) { /* as they are, more often than compressed */
        put(p + 28, SPOOL_PLAIN);
        put(p + 20, (uint32_t)stored);
        repair_records(p + SPOOL_BLOCK_HEADER, stored, le64toh(first));
    } else {
        put(p + 28, SPOOL_ZSTD);
    }
    put(p + 32, sum(p + SPOOL_BLOCK_HEADER, stored));
    put(p + 36, sum(p, 36));
    return SPOOL_BLOCK_HEADER + stored;
}

static void
repair(uint8_t *p, size_t n)
{
    const uint8_t *mark = p + 24;
    size_t at = SPOOL_SEGMENT_HEADER;

    if (n < SPOOL_SEGMENT_HEADER)
        return;
    memcpy(p, "ismspool", 8);
    put(p + 8, 1);
    put(p + 12, 0);
    put(p + 32, sum(p, 32));
    while (n - at >= SPOOL_BLOCK_HEADER && n > at)
        at += repair_block(p + at, n - at, mark);
}

static void
check(const uint8_t *data, size_t n)
{
    uint64_t last;
    uint64_t again;
    size_t count = read_behind(data, n, 0, &last);

    if (count > 0) {
        ASSERT(read_behind(data, n, last, &again) == 0);
        ASSERT(read_behind(data, n, last - 1, &again) == 1 && again == last);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t *repaired = malloc(n + (n == 0));

    ASSERT(repaired != NULL);
    check(data, n);
    if (n > 0)
        memcpy(repaired, data, n);
    repair(repaired, n);
    check(repaired, n);
    free(repaired);
    return 0;
}
