/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A disk that fails on demand. The functions below stand before the C library's, for us and for SQLite alike; a test
 * program includes this once. What goes to standard error stays whole: what is said there is not what is tested.
 * Where `names` is set, so do those that open, rename, cut and remove files.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
    long calls_until_failure; /* of writes and syncs, from 1; 0: none fails */
    bool for_good;            /* from that one on all fail */
    int error;
    long n_calls;
    bool full;  /* what statvfs(3) says */
    bool names; /* the calls below fail too that change a folder, or open what is in it */
} disk;

ssize_t write(int fd, const void *p, size_t n);
ssize_t pwrite64(int fd, const void *p, size_t n, off_t at);
int fsync(int fd);
int fdatasync(int fd);
int statvfs(const char *path, struct statvfs *out);
int openat(int dir, const char *name, int flags, ...);
int renameat(int dir, const char *from, int to_dir, const char *to);
int unlinkat(int dir, const char *name, int flags);
int ftruncate(int fd, off_t n);

static bool
disk_fails(int fd)
{
    if (fd <= 2)
        return false;
    disk.n_calls++;
    if (disk.calls_until_failure == 0 || disk.calls_until_failure > 1) {
        disk.calls_until_failure -= disk.calls_until_failure > 0;
        return false;
    }
    disk.calls_until_failure = disk.for_good ? 1 : 0;
    errno = disk.error;
    return true;
}

ssize_t
write(int fd, const void *p, size_t n)
{
    return disk_fails(fd) ? -1 : syscall(SYS_write, fd, p, n);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off_t at)
{
    return disk_fails(fd) ? -1 : syscall(SYS_pwrite64, fd, p, n, at);
}

int
fsync(int fd)
{
    return disk_fails(fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
    return disk_fails(fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

/* As much room as anybody may want, or none. */
int
statvfs(const char *path, struct statvfs *out)
{
    (void)path;
    *out = (struct statvfs){.f_frsize = 4096, .f_bavail = disk.full ? 0 : 1u << 20};
    return 0;
}

static bool
disk_fails_names(void)
{
    return disk.names && disk_fails(INT32_MAX);
}

int
openat(int dir, const char *name, int flags, ...)
{
    va_list args;
    int mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return disk_fails_names() ? -1 : (int)syscall(SYS_openat, dir, name, flags, mode);
}

int
renameat(int dir, const char *from, int to_dir, const char *to)
{
    return disk_fails_names() ? -1 : (int)syscall(SYS_renameat, dir, from, to_dir, to);
}

int
unlinkat(int dir, const char *name, int flags)
{
    return disk_fails_names() ? -1 : (int)syscall(SYS_unlinkat, dir, name, flags);
}

int
ftruncate(int fd, off_t n)
{
    return disk_fails_names() ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}
