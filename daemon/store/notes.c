/* SPDX-License-Identifier: Apache-2.0 */
#include "store/notes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

static int
write_file(int dir, const char *name, int flags, struct slice s)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0644);
    ssize_t n;
    int r = 0;

    if (fd < 0)
        return error_origin(-errno);
    n = write(fd, s.p, s.n);
    if (n != (ssize_t)s.n)
        r = error_origin(n < 0 ? -errno : -ENOSPC);
    else if (fdatasync(fd) != 0)
        r = error_origin(-errno);
    (void)close(fd);
    return r;
}

static int
publish_in(int dir, struct slice notes, struct slice latest, struct walltime at)
{
    CLEANUP_FREE char *text = NULL;
    time_t s = (time_t)(at.ns / NS_PER_S);
    char name[32];
    struct tm tm;
    int r;

    (void)strftime(name, sizeof(name), "%Y-%m-%d.txt", gmtime_r(&s, &tm));
    if (asprintf(&text, SLICE_FMT "\n", SLICE_ARG(notes)) < 0)
        return error_origin(-ENOMEM);
    r = write_file(dir, name, O_APPEND, slice_str(text));
    if (r == 0)
        r = write_file(dir, "checkpoint.new", O_TRUNC, latest);
    if (r == 0 && renameat(dir, "checkpoint.new", dir, "checkpoint") != 0)
        r = error_origin(-errno);
    return r < 0 ? error_trace(r) : 0;
}

int
notes_publish(const char *path, struct slice notes, struct slice latest, struct walltime at)
{
    int dir;
    int r;

    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return error_origin(-errno);
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return error_origin(-errno);
    r = publish_in(dir, notes, latest, at);
    (void)close(dir);
    return r < 0 ? error_trace(r) : 0;
}
