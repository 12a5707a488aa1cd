/* SPDX-License-Identifier: Apache-2.0 */
#include "input/input.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/error.h"
#include "input/spooling.h"

enum { WARNINGS_MAX = 10, WARNINGS_WINDOW_S = 60 };

static void
hand(struct input *input, const struct frame *frame)
{
    struct inputs *set = input->set;

    set->n_handed++;
    if (UNLIKELY(input->spooling != NULL))
        spooling_take(input->spooling, input, frame);
    else
        set->fn(set->ctx, frame);
}

void
input_deliver(struct input *input, struct framed framed, struct walltime received, struct sender from)
{
    const struct frame frame = {
        .raw = framed.bytes,
        .marks = framed.marks,
        .listener = input->index,
        .received = received,
        .peer = from.address,
        .peer_identity = from.identity,
        .process = from.process,
        .kafka = from.kafka,
    };
    struct inputs *set = input->set;

    if (UNLIKELY(input->limiter != NULL) && !limiter_take(input->limiter, from.address, set->now)) {
        stat_add(&input->stats.n_suppressed, 1);
        return;
    }
    stat_add(&input->stats.n_frames, 1);
    if (UNLIKELY(framed.marks & FRAME_TRUNCATED))
        stat_add(&input->stats.n_truncated, 1);
    if (UNLIKELY(framed.marks & FRAME_UNFINISHED))
        stat_add(&input->stats.n_unfinished, 1);
    hand(input, &frame);
}

uint64_t
input_unit(const struct input *input)
{
    return input->spooling != NULL ? spooling_unit(input->spooling) : input->set->unit;
}

/* As syslog (RFC 5424), since that is what events are; from no peer, for it is our word and not the sender's. */
void
input_suppressed(void *ctx, struct slice sender, uint64_t n)
{
    struct input *input = ctx;
    struct frame frame = {.listener = input->index, .received = clock_wall(input->set->clock)};
    char time[WALLTIME_TEXT_MAX];
    char text[512];
    int length = snprintf(text, sizeof(text),
        "<44>1 %s - ismsd - suppressed - %llu suppressed from " SLICE_FMT ", more than %llu a second on input %s",
        walltime_print(frame.received, time), (unsigned long long)n, SLICE_ARG(sender),
        (unsigned long long)input->settings->rate_max, input->settings->name);

    frame.raw = slice_of(text, length < (int)sizeof(text) ? (size_t)length : sizeof(text) - 1);
    stat_set(&input->stats.n_senders_evicted, limiter_evicted(input->limiter));
    stat_add(&input->stats.n_frames, 1);
    hand(input, &frame);
}

bool
input_allows(const struct input *input, const unsigned char address[static 16])
{
    return input->allow.n == 0 || networks_hold(&input->allow, address);
}

/* Ten lines a minute and input, so that nobody can fill the disk with our own log; each says how many were held back.
 */
static bool
may_warn(struct input *input)
{
    if (input->set->now.ns >= input->warn_until.ns) {
        input->warn_until = monotime_add(input->set->now, WARNINGS_WINDOW_S * NS_PER_S);
        input->n_warned = 0;
    }
    if (input->n_warned == WARNINGS_MAX) {
        input->n_warnings_held++;
        return false;
    }
    input->n_warned++;
    return true;
}

void
input_warn(struct input *input, const char *fmt, ...)
{
    char text[512];
    va_list args;

    if (!may_warn(input))
        return;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (input->n_warnings_held == 0)
        log_warning("input", "%s: %s", input->settings->name, text);
    else
        log_warning("input", "%s: %s (%llu warnings of this input held back)", input->settings->name, text,
            (unsigned long long)input->n_warnings_held);
    input->n_warnings_held = 0;
}

static int
control(struct input *input, struct watch *w, int op, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = w};

    return epoll_ctl(input->epoll, op, w->fd, &e) == 0 ? 0 : -errno;
}

int
input_watch(struct input *input, struct watch *w)
{
    int r = control(input, w, EPOLL_CTL_ADD, EPOLLIN);

    return r < 0 ? error_origin(r) : 0;
}

void
input_watch_pause(struct input *input, struct watch *w)
{
    ASSERT(control(input, w, EPOLL_CTL_MOD, 0) == 0);
}

void
input_watch_resume(struct input *input, struct watch *w)
{
    ASSERT(control(input, w, EPOLL_CTL_MOD, EPOLLIN) == 0);
}

void
input_watch_writable(struct input *input, struct watch *w)
{
    ASSERT(control(input, w, EPOLL_CTL_MOD, EPOLLOUT) == 0);
}

void
watch_close(struct watch *w)
{
    if (w->ready != NULL)
        (void)close(w->fd);
    *w = (struct watch){.fd = -1};
}
