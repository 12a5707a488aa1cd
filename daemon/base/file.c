/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static int
read_all(int fd, size_t bytes_max, struct buffer *out)
{
    size_t total = 0;

    for (;;) {
        char *p = buffer_reserve(out, 65536);
        ssize_t n;

        if (p == NULL)
            return error_origin(-ENOMEM);
        n = read(fd, p, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_origin(-errno);
        if (n == 0)
            return 0;
        total += (size_t)n;
        if (total > bytes_max)
            return FILE_E_TOO_LARGE;
        out->n += (size_t)n;
    }
}

static bool
is_private(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) == 0 && (st.st_uid == geteuid() || st.st_uid == 0);
}

static int
read_file(const char *path, size_t bytes_max, struct buffer *out, bool secret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int r;

    if (fd < 0)
        return error_origin(-errno);
    r = secret && !is_private(fd) ? FILE_E_EXPOSED : read_all(fd, bytes_max, out);
    (void)close(fd);
    return r;
}

int
file_read(const char *path, size_t bytes_max, struct buffer *out)
{
    return read_file(path, bytes_max, out, false);
}

int
file_read_secret(const char *path, size_t bytes_max, struct buffer *out)
{
    return read_file(path, bytes_max, out, true);
}

static int
by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool
is_wanted(const FTSENT *e, const char *const *suffixes)
{
    if (e->fts_level == FTS_ROOTLEVEL)
        return true;
    for (; *suffixes != NULL; suffixes++)
        if (slice_ends(slice_of(e->fts_name, e->fts_namelen), slice_str(*suffixes)))
            return true;
    return false;
}

static int
visit(const FTSENT *e, const char *const *suffixes, file_fn *fn, void *ctx)
{
    switch (e->fts_info) {
    case FTS_F:
    case FTS_SLNONE: /* a link that leads nowhere: who reads it will say so */
        return is_wanted(e, suffixes) ? fn(ctx, e->fts_accpath) : 0;
    case FTS_NS:
    case FTS_DNR:
    case FTS_ERR:
        return error_origin(-e->fts_errno);
    default:
        return 0;
    }
}

int
file_walk(const char *root, const char *const *suffixes, file_fn *fn, void *ctx)
{
    char *roots[] = {(char *)root, NULL};
    FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    FTSENT *e;
    int r = 0;

    if (fts == NULL)
        return error_origin(-errno);
    while (r == 0 && (e = fts_read(fts)) != NULL)
        r = visit(e, suffixes, fn, ctx);
    (void)fts_close(fts);
    return r;
}
