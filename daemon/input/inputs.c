/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The set: one epoll, and whose turn it is.
 *
 * Level-triggered on purpose. Every turn reads a bounded amount and leaves the rest in the socket; level triggering
 * puts such a socket at the end of the kernel's ready list by itself, which is the fair order and costs nothing here.
 * Edge triggering would need a ready list of our own, and a read more per turn to see EAGAIN.
 */

#include "input/inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "input/activation.h"
#include "input/spooling.h"

enum { EVENTS_MAX = 64 };

static const struct input_ops *const input_types[] = {
    // clang-format off
    [INPUT_UDP]   = &input_udp,
    [INPUT_TCP]   = &input_tcp,
    [INPUT_UNIX]  = &input_unix_datagram,
    [INPUT_FILE]  = &input_file,
    [INPUT_STDIN] = &input_stdin,
    [INPUT_KAFKA] = &input_kafka,
    [INPUT_RELP]  = &input_relp,
    // clang-format on
};

static void
on_wake(struct watch *w)
{
    uint64_t n;

    if (read(w->fd, &n, sizeof(n)) < 0)
        return; /* already read: nothing to do, we are awake */
}

static int
open_wake(struct inputs *in)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &in->wake};

    in->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (in->epoll < 0)
        return error_origin(-errno);
    in->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (in->wake.fd < 0)
        return error_origin(-errno);
    in->wake.ready = on_wake;
    if (epoll_ctl(in->epoll, EPOLL_CTL_ADD, in->wake.fd, &e) < 0)
        return error_origin(-errno);
    return 0;
}

static size_t
frame_max_of_all(const struct settings *settings)
{
    size_t max = 0;

    for (size_t i = 0; i < settings->n_inputs; i++)
        if (settings->inputs[i].frame_max_bytes > max)
            max = settings->inputs[i].frame_max_bytes;
    return max;
}

/* Whether configured input @i is read by another lane alone. */
static bool
is_elsewhere(const struct inputs *in, size_t i, const struct input_ops *ops)
{
    if (activation_count(in->activation, i) > 0)
        return activation_is_elsewhere(in->activation, i, in->lane, in->n_lanes);
    return !ops->every_lane && i % in->n_lanes != in->lane;
}

static int
open_input(struct inputs *in, size_t i)
{
    const struct input_settings *settings = &in->settings->inputs[i];
    const struct input_ops *ops = input_types[settings->type];
    struct input *input;
    int r;

    if (is_elsewhere(in, i, ops))
        return 0;
    input = calloc(1, ops->size);
    if (input == NULL)
        return error_origin(-ENOMEM);
    input->ops = ops;
    input->settings = settings;
    input->set = in;
    input->index = (uint16_t)i;
    input->spooling = settings->spool ? in->spooling : NULL;
    input->epoll = settings->spool ? spooling_epoll(in->spooling, input) : in->epoll;
    in->inputs[i] = input;
    r = networks_init(&input->allow, settings->allow, settings->n_allow);
    if (r == 0 && settings->rate_max > 0)
        r = limiter_new(&input->limiter, settings->rate_max, input_suppressed, input);
    if (r == 0)
        r = ops->open(input);
    if (r < 0)
        input_log_failure(settings, r);
    return r < 0 ? error_trace(r) : 0;
}

/* What the spools hold comes as one input more, the last. */
static int
open_spooling(struct inputs *in)
{
    int r = spooling_new(&in->spooling, in);

    if (r < 0)
        return error_trace(r);
    if (in->spooling != NULL)
        in->inputs[in->n_inputs++] = spooling_input(in->spooling);
    return 0;
}

int
inputs_open(
    struct inputs **out, const struct settings *settings, unsigned lane, unsigned n_lanes, const struct clock *clock)
{
    return inputs_open_with(out, settings, lane, n_lanes, clock, NULL);
}

int
inputs_open_with(struct inputs **out, const struct settings *settings, unsigned lane, unsigned n_lanes,
    const struct clock *clock, const struct activation *handed)
{
    CLEANUP(inputs_close) struct inputs *in = NULL;
    int r;

    ASSERT(lane < n_lanes && settings->n_inputs <= UINT16_MAX);
    in = calloc(1, sizeof(*in));
    if (in == NULL)
        return error_origin(-ENOMEM);
    *in = (struct inputs){.settings = settings, .clock = clock, .lane = lane, .n_lanes = n_lanes, .epoll = -1};
    atomic_init(&in->reload_wanted, true); /* the first poll reads keys, as the user the daemon has become by then */
    in->now = clock_mono(clock);
    in->next_tick = monotime_add(in->now, INPUT_TICK_MS * NS_PER_MS);
    in->next_report = monotime_add(in->now, INPUT_REPORT_S * NS_PER_S);
    in->unit = 1;
    in->activation = handed;
    in->scratch_bytes = frame_max_of_all(settings) + INPUT_HEADER_MAX + INPUT_READ_MAX;
    in->scratch = malloc(in->scratch_bytes);
    in->inputs = calloc(settings->n_inputs + 1, sizeof(struct input *));
    if (in->scratch == NULL || in->inputs == NULL)
        return error_origin(-ENOMEM);
    in->n_inputs = settings->n_inputs;
    r = open_wake(in);
    if (r == 0)
        r = open_spooling(in);
    for (size_t i = 0; r == 0 && i < settings->n_inputs; i++)
        r = open_input(in, i);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(in);
    return 0;
}

void
inputs_close(struct inputs *in)
{
    if (in == NULL)
        return;
    for (size_t i = 0; i < in->n_inputs; i++) {
        if (in->inputs[i] == NULL)
            continue;
        in->inputs[i]->ops->close(in->inputs[i]);
        networks_fini(&in->inputs[i]->allow);
        limiter_free(in->inputs[i]->limiter);
        free(in->inputs[i]);
    }
    watch_close(&in->wake);
    if (in->epoll >= 0)
        (void)close(in->epoll);
    free(in->inputs);
    free(in->scratch);
    free(in);
}

/* Whether @input may read: not while the spool has no room for it. */
static bool
may_read(const struct input *input)
{
    return LIKELY(input->spooling == NULL) || !spooling_is_shut(input->spooling) ||
           !spooling_makes_wait(input->spooling, input);
}

static bool
has_runnable(const struct inputs *in)
{
    for (size_t i = 0; i < in->n_inputs; i++)
        if (in->inputs[i] != NULL && in->inputs[i]->runnable && may_read(in->inputs[i]))
            return true;
    return false;
}

/* Until the caller's time is up or the next tick is due; not at all where a file has more to read. */
static int
wait_ms(const struct inputs *in, int timeout_ms)
{
    int64_t tick_ms = (in->next_tick.ns - clock_mono(in->clock).ns + NS_PER_MS - 1) / NS_PER_MS;

    if (timeout_ms == 0 || tick_ms <= 0 || has_runnable(in))
        return 0;
    if (in->spooling != NULL) {
        int spool_ms = spooling_wait_ms(in->spooling);

        tick_ms = spool_ms >= 0 && spool_ms < tick_ms ? spool_ms : tick_ms;
    }
    return timeout_ms > 0 && timeout_ms < tick_ms ? timeout_ms : (int)tick_ms;
}

/*
 * Files, which epoll does not speak of; and where so many connections are ready that not all of them were told,
 * datagrams out of turn, since their senders are the only ones that nothing holds back.
 */
static void
run_others(struct inputs *in, bool crowded)
{
    for (size_t i = 0; i < in->n_inputs; i++) {
        struct input *input = in->inputs[i];

        if (input != NULL && (input->runnable || (crowded && input->ops->cannot_wait)) && may_read(input))
            input->ops->turn(input);
    }
}

/* Large reads where few streams are ready, smaller ones where many are. */
static size_t
share(int n)
{
    return n * INPUT_READ_MAX <= INPUT_POLL_MAX ? (size_t)INPUT_READ_MAX : (size_t)(INPUT_POLL_MAX / n);
}

static void
report_suppressed(struct inputs *in)
{
    in->next_report = monotime_add(in->now, INPUT_REPORT_S * NS_PER_S);
    for (size_t i = 0; i < in->n_inputs; i++) {
        struct input *input = in->inputs[i];

        if (input == NULL || input->limiter == NULL)
            continue;
        limiter_report(input->limiter);
        stat_set(&input->stats.n_senders_evicted, limiter_evicted(input->limiter));
    }
}

static void
tick(struct inputs *in)
{
    if (in->now.ns < in->next_tick.ns)
        return;
    in->next_tick = monotime_add(in->now, INPUT_TICK_MS * NS_PER_MS);
    for (size_t i = 0; i < in->n_inputs; i++)
        if (in->inputs[i] != NULL && in->inputs[i]->ops->tick != NULL)
            in->inputs[i]->ops->tick(in->inputs[i]);
    if (in->now.ns >= in->next_report.ns)
        report_suppressed(in);
}

static void
reload(struct inputs *in)
{
    if (LIKELY(!atomic_load_explicit(&in->reload_wanted, memory_order_relaxed)))
        return;
    atomic_store(&in->reload_wanted, false);
    for (size_t i = 0; i < in->n_inputs; i++)
        if (in->inputs[i] != NULL && in->inputs[i]->ops->reload != NULL)
            in->inputs[i]->ops->reload(in->inputs[i]);
}

int
inputs_poll(struct inputs *in, int timeout_ms, frame_fn *fn, void *ctx)
{
    struct epoll_event events[EVENTS_MAX];
    int n;

    in->fn = fn;
    in->ctx = ctx;
    in->n_handed = 0;
    reload(in);
    if (UNLIKELY(in->spooling != NULL))
        spooling_begin(in->spooling);
    n = epoll_wait(in->epoll, events, EVENTS_MAX, wait_ms(in, timeout_ms));
    if (n < 0 && errno != EINTR)
        return error_origin(-errno);
    in->now = clock_mono(in->clock);
    in->read_max = share(n);
    for (int i = 0; i < n; i++) {
        struct watch *w = events[i].data.ptr;

        if (w->ready != NULL)
            w->ready(w);
    }
    if (UNLIKELY(in->spooling != NULL))
        spooling_end(in->spooling);
    run_others(in, n == EVENTS_MAX);
    tick(in);
    return in->n_handed;
}

void
inputs_wake(struct inputs *in)
{
    const uint64_t one = 1;

    if (write(in->wake.fd, &one, sizeof(one)) < 0)
        return; /* full: it has been woken often enough */
}

void
inputs_reload(struct inputs *in)
{
    atomic_store(&in->reload_wanted, true);
    inputs_wake(in);
}

void
inputs_hang_up(struct inputs *in)
{
    for (size_t i = 0; i < in->n_inputs; i++)
        if (in->inputs[i] != NULL && in->inputs[i]->ops->hang_up != NULL)
            in->inputs[i]->ops->hang_up(in->inputs[i]);
}

uint64_t
inputs_connections(const struct inputs *in)
{
    uint64_t n = 0;

    for (size_t i = 0; i < in->n_inputs; i++)
        if (in->inputs[i] != NULL)
            n += stat_get(&in->inputs[i]->stats.n_connections);
    return n;
}

void
inputs_finish(struct inputs *in, frame_fn *fn, void *ctx)
{
    in->fn = fn;
    in->ctx = ctx;
    for (size_t i = 0; i < in->n_inputs; i++)
        if (in->inputs[i] != NULL && in->inputs[i]->ops->finish != NULL)
            in->inputs[i]->ops->finish(in->inputs[i]);
    report_suppressed(in);
    if (in->spooling != NULL)
        spooling_finish(in->spooling);
}

bool
inputs_spool(const struct inputs *in, struct spool_view *out)
{
    if (in->spooling == NULL)
        return false;
    *out = spooling_view(in->spooling);
    return true;
}

void
inputs_receive(struct inputs *in)
{
    if (in->spooling != NULL)
        spooling_receive(in->spooling);
}

bool
inputs_done(const struct inputs *in)
{
    for (size_t i = 0; i < in->n_inputs; i++)
        if (in->inputs[i] != NULL && !in->inputs[i]->done)
            return false;
    return true;
}

const struct input_stats *
inputs_stats(const struct inputs *in, size_t i)
{
    return i < in->n_inputs && in->inputs[i] != NULL ? &in->inputs[i]->stats : NULL;
}

unsigned
inputs_port(const struct inputs *in, size_t i)
{
    return i < in->n_inputs && in->inputs[i] != NULL ? in->inputs[i]->port : 0;
}

bool
inputs_partition(const struct inputs *in, size_t i, size_t n, struct partition_view *out)
{
    const struct input *input = i < in->n_inputs ? in->inputs[i] : NULL;

    return input != NULL && input->ops->partition != NULL && input->ops->partition(input, n, out);
}
