/* SPDX-License-Identifier: Apache-2.0 */
#include "store/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* Lines in memory beyond this are written at once; the sync still waits for the commit. */
enum { EVIDENCE_WRITE_BYTES = 256 * 1024 };

const char *
evidence_name(unsigned segment, char out[static EVIDENCE_NAME_MAX])
{
    (void)snprintf(out, EVIDENCE_NAME_MAX, "%06u.jsonl", segment);
    return out;
}

/* A file of which nothing is written yet holds only what a crash left, if anything. */
static int
open_segment(struct evidence *e)
{
    char name[EVIDENCE_NAME_MAX];
    bool fresh = e->now.bytes == e->complete;

    e->fd = openat(e->dir, evidence_name(e->now.segment, name),
        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (fresh ? O_TRUNC : 0), 0600);
    if (e->fd < 0)
        return error_origin(-errno);
    if (fresh && fsync(e->dir) != 0)
        return error_origin(-errno);
    return 0;
}

static int
write_bytes(int fd, struct slice s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_origin(errno == EFBIG || errno == EDQUOT ? -ENOSPC : -errno);
        s = slice_from(s, (size_t)n);
    }
    return 0;
}

static int
write_lines(struct evidence *e)
{
    int r;

    if (e->complete == 0)
        return 0;
    if (e->fd < 0) {
        r = open_segment(e);
        if (r < 0)
            return error_trace(r);
    }
    r = write_bytes(e->fd, slice_of(e->lines.p, e->complete));
    if (r < 0)
        return error_trace(r);
    buffer_reset(&e->lines);
    e->complete = 0;
    return 0;
}

int
evidence_add(struct evidence *e, struct hasher *h, struct evidence_ref *ref)
{
    struct slice line;
    int r;

    buffer_add_char(&e->lines, '\n');
    if (e->lines.failed)
        return error_origin(-ENOMEM);
    line = slice_from(buffer_slice(&e->lines), e->complete);
    r = hasher_digest(h, line, &e->now.head);
    if (r < 0)
        return error_trace(r);
    *ref = (struct evidence_ref){e->now.segment, e->now.bytes, e->now.head};
    e->now.bytes += line.n;
    e->now.records++;
    e->complete += line.n;
    if (e->complete < EVIDENCE_WRITE_BYTES)
        return 0;
    r = write_lines(e);
    return r < 0 ? error_trace(r) : 0;
}

int
evidence_sync(struct evidence *e)
{
    int r;

    r = write_lines(e);
    if (r < 0)
        return error_trace(r);
    if (e->fd >= 0 && fdatasync(e->fd) != 0)
        return error_origin(-errno);
    return 0;
}

int
evidence_rollback(struct evidence *e, const struct evidence_mark *mark)
{
    ASSERT(mark->segment == e->now.segment);
    buffer_reset(&e->lines);
    e->lines.failed = false;
    e->complete = 0;
    e->now = *mark;
    if (e->fd >= 0 && ftruncate(e->fd, (off_t)mark->bytes) != 0)
        return error_origin(-errno);
    return 0;
}

void
evidence_next(struct evidence *e)
{
    if (e->fd >= 0)
        (void)close(e->fd);
    e->fd = -1;
    e->now.segment++;
    e->now.bytes = 0;
    e->now.records = 0;
}

/* Cuts the file of @segment to @bytes; it may not be there where @bytes is 0. */
static int
cut_segment(struct evidence *e, unsigned segment, uint64_t bytes, uint64_t *cut, uint64_t *missing)
{
    char name[EVIDENCE_NAME_MAX];
    struct stat st;
    int fd;
    int r = 0;

    fd = openat(e->dir, evidence_name(segment, name), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        *missing += bytes;
        return errno == ENOENT ? 0 : error_origin(-errno);
    }
    if (fstat(fd, &st) != 0)
        r = error_origin(-errno);
    else if ((uint64_t)st.st_size < bytes)
        *missing += bytes - (uint64_t)st.st_size;
    else if ((uint64_t)st.st_size > bytes && ftruncate(fd, (off_t)bytes) != 0)
        r = error_origin(-errno);
    else
        *cut += (uint64_t)st.st_size - bytes;
    (void)close(fd);
    return r;
}

int
evidence_open(struct evidence *e, const char *path, const struct evidence_mark *at, uint64_t *cut, uint64_t *missing)
{
    int r;

    *e = (struct evidence){.now = *at, .dir = -1, .fd = -1};
    *cut = *missing = 0;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return error_origin(-errno);
    e->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (e->dir < 0)
        return error_origin(-errno);
    r = cut_segment(e, at->segment, at->bytes, cut, missing);
    if (r < 0)
        return error_trace(r);
    if (*missing > 0)
        evidence_next(e);
    return 0;
}

void
evidence_close(struct evidence *e)
{
    if (e->fd >= 0)
        (void)close(e->fd);
    if (e->dir >= 0)
        (void)close(e->dir);
    buffer_fini(&e->lines);
    *e = (struct evidence){.dir = -1, .fd = -1};
}
