/* SPDX-License-Identifier: Apache-2.0 */
#include "input/spool_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "input/spool_format.h"

enum { NUMBER_DIGITS = 20 };

static const char suffix[] = ".spool";
static const char bad_suffix[] = ".bad";

/* ---- the folder ---- */

/* Opens @name below @parent, made where it is not there; its name is then on the disk. */
static int
open_folder(int parent, const char *name)
{
    bool is_new = mkdirat(parent, name, 0700) == 0;
    int fd;

    if (!is_new && errno != EEXIST)
        return error_origin(-errno);
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return error_origin(-errno);
    if (is_new) {
        int above = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (above >= 0) {
            (void)fsync(above); /* where it fails the first segment's own will too */
            (void)close(above);
        }
    }
    return fd;
}

int
spool_folder_open(int *dir, const char *root, const char *name)
{
    int above = open_folder(AT_FDCWD, root);

    if (above < 0)
        return error_trace(above);
    *dir = open_folder(above, name);
    (void)close(above);
    return *dir < 0 ? error_trace(*dir) : 0;
}

/* ---- names ---- */

const char *
spool_file_name(uint64_t first, char out[static SPOOL_NAME_MAX])
{
    (void)snprintf(out, SPOOL_NAME_MAX, "%0*" PRIu64 "%s", NUMBER_DIGITS, first, suffix);
    return out;
}

/* Whether @name is that of the segment @first, and nothing else. */
static bool
parse_name(const char *name, uint64_t *first)
{
    char again[SPOOL_NAME_MAX];

    if (strspn(name, "0123456789") != NUMBER_DIGITS)
        return false;
    errno = 0;
    *first = strtoull(name, NULL, 10);
    return errno == 0 && *first > 0 && *first <= SPOOL_NUMBER_MAX && strcmp(name, spool_file_name(*first, again)) == 0;
}

/* ---- listing ---- */

struct list {
    struct spool_file *files;
    size_t n;
    size_t cap;
};

static int
add_file(struct list *list, int dir, const char *name)
{
    struct spool_file f = {0};
    struct stat st;

    if (!parse_name(name, &f.first))
        return 0;
    if (list->n == list->cap) {
        size_t cap = list->cap == 0 ? 16 : 2 * list->cap;
        struct spool_file *grown = reallocarray(list->files, cap, sizeof(*grown));

        if (grown == NULL)
            return error_origin(-ENOMEM);
        list->files = grown;
        list->cap = cap;
    }
    f.bytes = SPOOL_SEGMENT_HEADER; /* of what is no file: opening it tells */
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
        f.bytes = (uint64_t)st.st_size;
    list->files[list->n++] = f;
    return 0;
}

static int
by_number(const void *a, const void *b)
{
    const struct spool_file *x = a;
    const struct spool_file *y = b;

    return x->first < y->first ? -1 : x->first > y->first;
}

static int
read_names(DIR *stream, int dir, struct list *list, unsigned *n_bad)
{
    for (;;) {
        struct dirent *e;
        int r;

        errno = 0;
        e = readdir(stream); // NOLINT(concurrency-mt-unsafe): the stream is this call's own
        if (e == NULL)
            return errno == 0 ? 0 : error_origin(-errno);
        *n_bad += slice_ends(slice_str(e->d_name), SLICE(".spool.bad"));
        r = add_file(list, dir, e->d_name);
        if (r < 0)
            return error_trace(r);
    }
}

int
spool_folder_list(int dir, struct spool_file **out, size_t *n, unsigned *n_bad)
{
    struct list list = {0};
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    int r;

    *out = NULL;
    *n = 0;
    *n_bad = 0;
    if (stream == NULL) {
        r = error_origin(-errno);
        if (fd >= 0)
            (void)close(fd);
        return r;
    }
    r = read_names(stream, dir, &list, n_bad);
    (void)closedir(stream);
    if (r < 0) {
        free(list.files);
        return error_trace(r);
    }
    if (list.n > 0)
        qsort(list.files, list.n, sizeof(*list.files), by_number);
    *out = list.files;
    *n = list.n;
    return 0;
}

/* ---- files ---- */

int
spool_file_create(int dir, uint64_t first)
{
    char name[SPOOL_NAME_MAX];
    int r;
    int fd = openat(
        dir, spool_file_name(first, name), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return error_origin(-errno);
    if (fsync(dir) == 0)
        return fd;
    r = error_origin(-errno);
    (void)close(fd);
    (void)unlinkat(dir, name, 0);
    return r;
}

int
spool_file_open(int dir, uint64_t first, uint64_t *bytes)
{
    char name[SPOOL_NAME_MAX];
    struct stat st;
    int r = 0;
    int fd = openat(dir, spool_file_name(first, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return error_origin(-errno);
    if (fstat(fd, &st) != 0)
        r = error_origin(-errno);
    else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
        r = error_origin(-EINVAL);
    if (r < 0) {
        (void)close(fd);
        return r;
    }
    *bytes = (uint64_t)st.st_size;
    return fd;
}

int
spool_file_cut(int dir, uint64_t first, uint64_t bytes)
{
    char name[SPOOL_NAME_MAX];
    int r = 0;
    int fd = openat(dir, spool_file_name(first, name), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return error_origin(-errno);
    if (ftruncate(fd, (off_t)bytes) != 0)
        r = error_origin(-errno);
    (void)close(fd);
    return r;
}

int
spool_file_remove(int dir, uint64_t first)
{
    char name[SPOOL_NAME_MAX];

    return unlinkat(dir, spool_file_name(first, name), 0) == 0 ? 0 : error_origin(-errno);
}

int
spool_file_set_aside(int dir, uint64_t first)
{
    char name[SPOOL_NAME_MAX];
    char bad[SPOOL_NAME_MAX + sizeof(bad_suffix)];

    (void)snprintf(bad, sizeof(bad), "%s%s", spool_file_name(first, name), bad_suffix);
    return renameat(dir, name, dir, bad) == 0 ? 0 : error_origin(-errno);
}
