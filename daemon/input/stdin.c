/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Standard input, to its end. Its descriptor is shared with whoever started us, so it is neither made non-blocking nor
 * closed: a pipe or terminal is read only when epoll says so, a regular file at every turn.
 */

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/error.h"
#include "base/list.h"
#include "input/stream.h"

struct stdin_input {
    struct input input;
    struct watch watch;
    struct stream stream;
};

static void
end(struct stdin_input *s)
{
    stream_finish(&s->stream, &s->input, (struct sender){0}, 0);
    if (!s->input.runnable)
        (void)epoll_ctl(s->input.set->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
    s->input.runnable = false;
    s->input.done = true;
}

static void
stdin_turn(struct input *input)
{
    struct stdin_input *s = (struct stdin_input *)input;
    struct transport t = transport_plain(STDIN_FILENO);
    ssize_t n = stream_read(&s->stream, input, &t, (struct sender){0});

    if (n > 0 || n == -EAGAIN || n == -EINTR || n == -ENOMEM)
        return;
    if (n < 0) {
        stat_add(&input->stats.n_errors, 1);
        input_warn(input, "reading ends: %s", strerror((int)-n));
    }
    end(s);
}

static void
on_readable(struct watch *w)
{
    stdin_turn(&LIST_ITEM(w, struct stdin_input, watch)->input);
}

static int
stdin_open(struct input *input)
{
    struct stdin_input *s = (struct stdin_input *)input;
    int r;

    stream_init(&s->stream, input->settings);
    s->watch = (struct watch){STDIN_FILENO, on_readable};
    r = input_watch(input, &s->watch);
    if (r == -EPERM) {
        input->runnable = true;
        return 0;
    }
    return r < 0 ? error_trace(r) : 0;
}

static void
stdin_finish(struct input *input)
{
    struct stdin_input *s = (struct stdin_input *)input;

    stream_finish(&s->stream, input, (struct sender){0}, 0);
}

static void
stdin_close(struct input *input)
{
    stream_fini(&((struct stdin_input *)input)->stream);
}

const struct input_ops input_stdin = {
    .size = sizeof(struct stdin_input),
    .open = stdin_open,
    .close = stdin_close,
    .turn = stdin_turn,
    .finish = stdin_finish,
};
