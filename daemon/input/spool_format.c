/* SPDX-License-Identifier: Apache-2.0 */
#include "input/spool_format.h"

#include <endian.h>

#include "base/crc32c.h"

enum { VERSION = 1, MAGIC_BYTES = 8, HAS_PROCESS = 1 };

static const char magic[] = "ismspool";

/* ---- numbers ---- */

static void
put(char **out, const void *p, size_t n)
{
    if (n > 0)
        memcpy(*out, p, n);
    *out += n;
}

static void
put_u16(char **out, uint16_t v)
{
    v = htole16(v);
    put(out, &v, sizeof(v));
}

static void
put_u32(char **out, uint32_t v)
{
    v = htole32(v);
    put(out, &v, sizeof(v));
}

static void
put_u64(char **out, uint64_t v)
{
    v = htole64(v);
    put(out, &v, sizeof(v));
}

/* Each takes its number off the front of @p; that there is one was seen to before. */
static uint16_t
take_u16(const char **p)
{
    uint16_t v;

    memcpy(&v, *p, sizeof(v));
    *p += sizeof(v);
    return le16toh(v);
}

static uint32_t
take_u32(const char **p)
{
    uint32_t v;

    memcpy(&v, *p, sizeof(v));
    *p += sizeof(v);
    return le32toh(v);
}

static uint64_t
take_u64(const char **p)
{
    uint64_t v;

    memcpy(&v, *p, sizeof(v));
    *p += sizeof(v);
    return le64toh(v);
}

/* ---- headers; the last four bytes of each are the sum of all before ---- */

static void
put_sum(char *header, size_t n)
{
    char *end = header + n - sizeof(uint32_t);

    put_u32(&end, crc32c(0, slice_of(header, n - sizeof(uint32_t))));
}

static bool
sum_is_right(const char *header, size_t n)
{
    const char *end = header + n - sizeof(uint32_t);

    return take_u32(&end) == crc32c(0, slice_of(header, n - sizeof(uint32_t)));
}

void
spool_segment_header_write(char out[static SPOOL_SEGMENT_HEADER], const struct spool_segment_header *h)
{
    char *p = out;

    put(&p, magic, MAGIC_BYTES);
    put_u32(&p, VERSION);
    put_u32(&p, 0);
    put_u64(&p, h->first);
    put_u64(&p, h->mark);
    put_sum(out, SPOOL_SEGMENT_HEADER);
}

bool
spool_segment_header_read(struct spool_segment_header *out, struct slice in)
{
    const char *p = in.p + MAGIC_BYTES;

    if (in.n < SPOOL_SEGMENT_HEADER || memcmp(in.p, magic, MAGIC_BYTES) != 0 ||
        !sum_is_right(in.p, SPOOL_SEGMENT_HEADER))
        return false;
    if (take_u32(&p) != VERSION || take_u32(&p) != 0)
        return false;
    out->first = take_u64(&p);
    out->mark = take_u64(&p);
    return out->first > 0 && out->first <= SPOOL_NUMBER_MAX;
}

void
spool_block_header_write(char out[static SPOOL_BLOCK_HEADER], uint64_t mark, const struct spool_block_header *h)
{
    char *p = out;

    put_u64(&p, mark);
    put_u64(&p, h->first);
    put_u32(&p, h->n_records);
    put_u32(&p, h->plain_bytes);
    put_u32(&p, h->stored_bytes);
    put_u32(&p, h->coding);
    put_u32(&p, h->crc);
    put_sum(out, SPOOL_BLOCK_HEADER);
}

static bool
is_sound(const struct spool_block_header *h)
{
    return h->first > 0 && h->n_records > 0 && h->first <= SPOOL_NUMBER_MAX && h->plain_bytes <= SPOOL_BLOCK_MAX &&
           h->n_records <= h->plain_bytes / SPOOL_RECORD_HEADER && h->stored_bytes > 0 &&
           h->stored_bytes <= h->plain_bytes &&
           (h->coding == SPOOL_ZSTD || (h->coding == SPOOL_PLAIN && h->stored_bytes == h->plain_bytes));
}

bool
spool_block_header_read(struct spool_block_header *out, uint64_t mark, struct slice in)
{
    const char *p = in.p;

    if (in.n < SPOOL_BLOCK_HEADER || take_u64(&p) != mark || !sum_is_right(in.p, SPOOL_BLOCK_HEADER))
        return false;
    out->first = take_u64(&p);
    out->n_records = take_u32(&p);
    out->plain_bytes = take_u32(&p);
    out->stored_bytes = take_u32(&p);
    out->coding = take_u32(&p);
    out->crc = take_u32(&p);
    return is_sound(out);
}

size_t
spool_mark_search(struct slice in, uint64_t mark)
{
    char bytes[sizeof(mark)];
    char *p = bytes;
    const char *found;

    put_u64(&p, mark);
    found = in.n == 0 ? NULL : memmem(in.p, in.n, bytes, sizeof(bytes));
    return found == NULL ? SIZE_MAX : (size_t)(found - in.p);
}

/* ---- records ---- */

/* The sum is over the record's number and all of it that follows the sum itself. */
static uint32_t
record_sum(uint64_t number, struct slice rest)
{
    char bytes[sizeof(number)];
    char *p = bytes;

    put_u64(&p, number);
    return crc32c(crc32c(0, slice_of(bytes, sizeof(bytes))), rest);
}

static void
put_process(char **out, const struct process_credentials *c)
{
    put_u32(out, (uint32_t)c->pid);
    put_u32(out, c->uid);
    put_u32(out, c->gid);
}

static struct process_credentials
take_process(const char **p)
{
    struct process_credentials c = {.known = true};

    c.pid = (int32_t)take_u32(p);
    c.uid = take_u32(p);
    c.gid = take_u32(p);
    return c;
}

void
spool_record_write(char *out, const struct spool_record *r)
{
    size_t n = spool_record_bytes(r);
    char *p = out + 8;

    put_u32(&p, r->marks);
    put_u64(&p, (uint64_t)r->received.ns);
    put_u16(&p, (uint16_t)r->input.n);
    put_u16(&p, (uint16_t)r->peer.n);
    put_u16(&p, (uint16_t)r->identity.n);
    put_u16(&p, r->process.known ? HAS_PROCESS : 0);
    if (r->process.known)
        put_process(&p, &r->process);
    put(&p, r->input.p, r->input.n);
    put(&p, r->peer.p, r->peer.n);
    put(&p, r->identity.p, r->identity.n);
    put(&p, r->raw.p, r->raw.n);
    p = out;
    put_u32(&p, (uint32_t)n);
    put_u32(&p, record_sum(r->number, slice_of(out + 8, n - 8)));
}

static struct slice
take_slice(const char **p, size_t n)
{
    struct slice s = slice_of(*p, n);

    *p += n;
    return s;
}

/* What follows a record's fixed part, of @n bytes. Return: whether it is as the lengths say. */
static bool
take_rest(struct spool_record *out, const char *p, size_t n, const uint16_t lengths[static 3], uint16_t flags)
{
    size_t used = (size_t)lengths[0] + lengths[1] + lengths[2] + (flags & HAS_PROCESS ? SPOOL_RECORD_PROCESS : 0);

    if ((flags & ~HAS_PROCESS) != 0 || used > n)
        return false;
    out->process = flags & HAS_PROCESS ? take_process(&p) : (struct process_credentials){0};
    out->input = take_slice(&p, lengths[0]);
    out->peer = take_slice(&p, lengths[1]);
    out->identity = take_slice(&p, lengths[2]);
    out->raw = take_slice(&p, n - used);
    return true;
}

bool
spool_record_take(struct spool_record *out, uint64_t number, struct slice *in)
{
    const char *p = in->p;
    uint16_t lengths[3];
    uint16_t flags;
    uint32_t n;

    if (in->n < SPOOL_RECORD_HEADER)
        return false;
    n = take_u32(&p);
    if (n < SPOOL_RECORD_HEADER || n > in->n || take_u32(&p) != record_sum(number, slice_of(in->p + 8, n - 8)))
        return false;
    out->number = number;
    out->marks = take_u32(&p);
    out->received.ns = (int64_t)take_u64(&p);
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
        lengths[i] = take_u16(&p);
    flags = take_u16(&p);
    if (!take_rest(out, p, n - SPOOL_RECORD_HEADER, lengths, flags))
        return false;
    *in = slice_from(*in, n);
    return true;
}
