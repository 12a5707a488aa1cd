/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A file, to its end or followed.
 *
 *     reading ──end──▶ done                        follow: false
 *        ▲    ──end──▶ waiting                     follow: true; looked at every INPUT_TICK_MS
 *        │                │ longer than what was read ─────────────────────▶ reading
 *        │                │ shorter: truncated in place ──▶ from the start ─▶ reading
 *        └──── next ◀─────┘ the path names another file, and this one has been quiet for QUIET_MS
 *
 * Looking is chosen over inotify: it is right on every file system, there is no watch to lose or to set up again after
 * a rotation, and a quarter of a second is early enough for a file. A file that takes the path is opened as soon as it
 * is seen, so that a further rotation cannot lose it, and read when the one before it is finished. A program keeps
 * writing to the renamed file until it is told to reopen, hence the quiet. What holds the path for less than one look
 * is not seen.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "input/stream.h"

enum { QUIET_MS = 1000, NEXT_MAX = 8 };

struct opened {
    int fd;
    dev_t dev;
    ino_t ino;
};

struct file_input {
    struct input input;
    struct stream stream;
    struct opened current; /* fd < 0: there is no such file yet */
    struct monotime quiet_since;
    struct opened next[NEXT_MAX]; /* took the path since, oldest first */
    size_t n_next;
};

static struct slice
path_of(const struct file_input *f)
{
    return slice_str(f->input.settings->path);
}

/* Regular files only: on anything else a read could wait. */
static int
open_path(const char *path, struct opened *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return error_origin(-errno);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return error_origin(-EINVAL);
    }
    *out = (struct opened){fd, st.st_dev, st.st_ino};
    return 0;
}

static void
begin(struct file_input *f, struct opened o)
{
    f->current = o;
    f->quiet_since = f->input.set->now;
    f->input.runnable = true;
}

/* What the file ended with, without a line end. */
static void
finish(struct file_input *f)
{
    stream_finish(&f->stream, &f->input, (struct sender){.address = path_of(f)}, 0);
}

static int
file_open(struct input *input)
{
    struct file_input *f = (struct file_input *)input;
    const struct input_settings *settings = input->settings;
    struct opened o;
    int r;

    stream_init(&f->stream, settings);
    f->current.fd = -1;
    r = open_path(settings->path, &o);
    if (r == -ENOENT && settings->follow) {
        log_notice("input", "%s: waiting for %s to appear", settings->name, settings->path);
        return 0;
    }
    if (r < 0)
        return error_trace(r);
    begin(f, o);
    if (settings->follow && !settings->from_start && lseek(o.fd, 0, SEEK_END) < 0)
        return error_origin(-errno);
    return 0;
}

static void
on_end(struct file_input *f)
{
    f->input.runnable = false;
    if (f->input.settings->follow)
        return;
    finish(f);
    f->input.done = true;
}

static void
file_turn(struct input *input)
{
    struct file_input *f = (struct file_input *)input;
    struct transport t = transport_plain(f->current.fd);
    ssize_t n = stream_read(&f->stream, input, &t, (struct sender){.address = path_of(f)});

    if (n > 0) {
        f->quiet_since = input->set->now;
        return;
    }
    if (n == -EINTR || n == -ENOMEM)
        return;
    if (n < 0) {
        stat_add(&input->stats.n_errors, 1);
        input_warn(input, "%s: %s", input->settings->path, strerror((int)-n));
    }
    on_end(f);
}

static bool
is_same(const struct opened *o, const struct stat *st)
{
    return o->fd >= 0 && o->dev == st->st_dev && o->ino == st->st_ino;
}

static bool
is_known(const struct file_input *f, const struct stat *st)
{
    for (size_t i = 0; i < f->n_next; i++)
        if (is_same(&f->next[i], st))
            return true;
    return is_same(&f->current, st);
}

/* Between a rename and the new file there may be none for a while: that is no news. */
static void
look_at_path(struct file_input *f)
{
    const char *path = f->input.settings->path;
    struct stat st;
    int r;

    if (stat(path, &st) < 0) {
        if (errno != ENOENT)
            input_warn(&f->input, "%s: %s", path, strerror(errno));
        return;
    }
    if (is_known(f, &st))
        return;
    if (f->n_next == NEXT_MAX) {
        input_warn(&f->input, "%s: rotated %d times while one file was read; the newest waits", path, NEXT_MAX);
        return;
    }
    r = open_path(path, &f->next[f->n_next]);
    if (r == 0)
        f->n_next++;
    else if (r != -ENOENT)
        input_warn(&f->input, "%s: %s", path, strerror(-r));
}

static void
look_at_length(struct file_input *f)
{
    struct stat st;
    off_t at;

    if (f->current.fd < 0 || f->input.runnable || fstat(f->current.fd, &st) < 0)
        return;
    at = lseek(f->current.fd, 0, SEEK_CUR);
    if (st.st_size < at) {
        log_notice(
            "input", "%s: %s was truncated; reading from its start", f->input.settings->name, f->input.settings->path);
        finish(f);
        if (lseek(f->current.fd, 0, SEEK_SET) == 0)
            begin(f, f->current);
    } else if (st.st_size > at) {
        f->input.runnable = true;
    }
}

static void
turn_to_next(struct file_input *f)
{
    struct inputs *set = f->input.set;

    if (f->n_next == 0 || f->input.runnable)
        return;
    if (f->current.fd >= 0) {
        if (f->n_next == 1 && set->now.ns - f->quiet_since.ns < QUIET_MS * NS_PER_MS)
            return;
        log_info("input", "%s: %s was rotated", f->input.settings->name, f->input.settings->path);
        finish(f);
        (void)close(f->current.fd);
    }
    begin(f, f->next[0]);
    f->n_next--;
    memmove(&f->next[0], &f->next[1], f->n_next * sizeof(f->next[0]));
}

static void
file_tick(struct input *input)
{
    struct file_input *f = (struct file_input *)input;

    if (!input->settings->follow)
        return;
    look_at_path(f);
    look_at_length(f);
    turn_to_next(f);
}

static void
file_finish(struct input *input)
{
    finish((struct file_input *)input);
}

static void
file_close(struct input *input)
{
    struct file_input *f = (struct file_input *)input;

    if (f->current.fd >= 0)
        (void)close(f->current.fd);
    for (size_t i = 0; i < f->n_next; i++)
        (void)close(f->next[i].fd);
    stream_fini(&f->stream);
}

const struct input_ops input_file = {
    .size = sizeof(struct file_input),
    .open = file_open,
    .close = file_close,
    .turn = file_turn,
    .tick = file_tick,
    .finish = file_finish,
};
