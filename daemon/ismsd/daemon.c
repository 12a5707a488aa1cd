/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/daemon.h"

#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "ctl/query.h"
#include "ctl/server.h"
#include "ctl/verbs.h"
#include "input/activation.h"
#include "ismsd/live.h"
#include "ismsd/notify.h"
#include "ismsd/privileges.h"
#include "ismsd/recorder_stall.h"
#include "ismsd/reload.h"

enum { POLL_MS = 1000 };

struct daemon {
    const struct settings *settings;
    const struct clock *clock;
    struct pipeline *pipeline;
    struct reload *reload;
    struct activation *handed; /* NULL: no sockets were handed in */
    struct reader *reader;
    struct ctl_server *server;
    struct walltime started;
    struct notify notify;
    bool told_stalled; /* the service manager was */
    int signals;
    bool stop;
};

static int
open_signals(void)
{
    sigset_t set;
    int fd;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file at its limit is a write that fails, as on a full disk */
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return error_origin(-errno);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? error_origin(-errno) : fd;
}

static void
tell_ready(struct daemon *d)
{
    CLEANUP_BUFFER struct buffer rules = {0};

    program_describe(reload_program(d->reload), &rules);
    notify_ready(&d->notify, buffer_slice(&rules));
}

static void
begin_reload(struct daemon *d)
{
    unsigned n;
    struct lane *const *lanes = pipeline_lanes(d->pipeline, &n);
    int r = reload_begin(d->reload, d->pipeline);

    for (unsigned i = 0; i < n; i++)
        lane_reload_inputs(lanes[i]);
    if (r < 0)
        log_failure("ismsd", r, "cannot reload");
    else
        notify_reloading(&d->notify, clock_mono(d->clock));
}

static void
finish_reload(struct daemon *d)
{
    reload_finish(d->reload, d->pipeline);
    if (!reload_is_under_way(d->reload))
        tell_ready(d);
}

static void
take_signal(struct daemon *d)
{
    struct signalfd_siginfo info;

    if (read(d->signals, &info, sizeof(info)) != sizeof(info))
        return;
    if (info.ssi_signo == SIGHUP)
        begin_reload(d);
    else
        d->stop = true;
}

/* ---- control ---- */

static void
answer(void *ctx, const struct ctl_request *request, struct buffer *out)
{
    struct daemon *d = ctx;
    const struct verb *verb = verb_named(request->verb);
    const struct live live = {
        .settings = d->settings,
        .clock = d->clock,
        .pipeline = d->pipeline,
        .program = reload_program(d->reload),
        .reader = d->reader,
        .started = d->started,
        .own = {reload_counters(d->reload), ctl_server_counters(d->server)},
    };

    if (slice_eq(request->verb, SLICE("reload"))) {
        begin_reload(d);
        ctl_end(out, NULL);
    } else if (verb->where == VERB_WRITES) {
        log_info("ctl", SLICE_FMT " asks for " SLICE_FMT, SLICE_ARG(request->actor), SLICE_ARG(request->verb));
        pipeline_command(d->pipeline, request, out);
    } else if (live_answer(&live, request, out) == LIVE_E_UNKNOWN &&
               query_answer(d->reader, d->settings, clock_wall(d->clock), request, out) == QUERY_E_UNKNOWN) {
        ctl_end(out, "no such verb");
    }
}

/* ---- start ---- */

static int
load_program(struct program **out, const struct settings *settings, struct walltime now)
{
    CLEANUP_BUFFER struct buffer rules = {0};
    CLEANUP_DIAG struct diag diag = {0};
    int r;

    r = program_load(out, settings, NULL, now, &diag);
    diag_print(&diag, stderr);
    if (r < 0)
        return error_trace(r);
    if (*out == NULL)
        return error_origin(-EINVAL);
    program_describe(*out, &rules);
    log_notice("ismsd", SLICE_FMT, SLICE_ARG(buffer_slice(&rules)));
    return 0;
}

static int
take_sockets(struct daemon *d)
{
    int r = activation_take(&d->handed, ACTIVATION_FIRST);

    if (r == 0 && d->handed != NULL)
        r = activation_assign(d->handed, d->settings);
    return r < 0 ? error_trace(r) : 0;
}

/* Inputs may want a socket where the control socket is, so folders come first and the user's rights last. */
static int
open_as_root(struct daemon *d, struct program *program)
{
    CLEANUP_FREE char *socket = strdup(d->settings->control_socket);
    const char *dirs[] = {d->settings->state_dir, socket == NULL ? NULL : dirname(socket), NULL};
    int r;

    r = inputs_probe(d->settings, d->handed);
    if (r == 0)
        r = privileges_make_dirs(d->settings->user, dirs);
    if (r == 0)
        r = pipeline_open(&d->pipeline, d->settings, program, d->clock, d->handed);
    if (r == 0)
        r = privileges_drop(d->settings->user, dirs);
    return r < 0 ? error_trace(r) : 0;
}

static int
open_control(struct daemon *d)
{
    int r = ctl_server_open(&d->server, d->settings->control_socket, answer, d, d->clock);

    if (r == -EADDRINUSE)
        log_error("ismsd", "another daemon answers at %s", d->settings->control_socket);
    return r < 0 ? error_trace(r) : r;
}

/* What may need root first; then the daemon's own user; then all that writes. */
static int
start(struct daemon *d)
{
    CLEANUP(program_unref) struct program *program = NULL;
    int r;

    r = take_sockets(d);
    if (r == 0)
        r = load_program(&program, d->settings, d->started);
    if (r == 0)
        r = open_as_root(d, program);
    if (r == 0)
        r = pipeline_start(d->pipeline);
    if (r == 0)
        r = reload_new(&d->reload, d->settings, program, d->clock);
    if (r == 0)
        r = reader_open(&d->reader, d->settings->state_dir);
    if (r == 0)
        r = open_control(d);
    activation_free(d->handed);
    d->handed = NULL;
    return r < 0 ? error_trace(r) : r;
}

/* ---- at work ---- */

/* That records stand still is the one thing an operator must see wherever he looks first. */
static void
tell_stall(struct daemon *d)
{
    CLEANUP_BUFFER struct buffer text = {0};
    struct stall_view stall;

    if (recorder_stalled(pipeline_recorder(d->pipeline), &stall) == d->told_stalled)
        return;
    d->told_stalled = !d->told_stalled;
    if (d->told_stalled)
        buffer_printf(&text, "nothing can be recorded: %s", stall.reason);
    else
        program_describe(reload_program(d->reload), &text);
    notify_status(&d->notify, buffer_slice(&text));
}

static void
tell_manager(struct daemon *d)
{
    struct monotime now = clock_mono(d->clock);

    tell_stall(d);
    if (notify_sign_due(&d->notify, now) && pipeline_is_alive(d->pipeline))
        notify_sign(&d->notify, now);
}

static void
serve(struct daemon *d)
{
    struct pollfd fds[] = {
        {.fd = d->signals, .events = POLLIN},
        {.fd = ctl_server_fd(d->server), .events = POLLIN},
        {.fd = reload_fd(d->reload), .events = POLLIN},
    };

    if (poll(fds, ARRAY_LEN(fds), notify_wait_ms(&d->notify, POLL_MS)) < 0)
        return; /* EINTR: look again */
    if (fds[0].revents != 0)
        take_signal(d);
    if (fds[2].revents != 0)
        finish_reload(d);
    tell_manager(d);
    ctl_server_serve(d->server);
    if (pipeline_done(d->pipeline)) {
        log_notice("ismsd", "every input has come to its end");
        d->stop = true;
    }
}

int
daemon_run(const struct settings *settings)
{
    struct daemon d = {.settings = settings, .clock = clock_system()};
    int r;

    d.started = clock_wall(d.clock);
    notify_open(&d.notify, d.clock);
    d.signals = open_signals();
    r = d.signals < 0 ? d.signals : start(&d);
    if (r == 0) {
        log_notice("ismsd", "ready");
        tell_ready(&d);
        while (!d.stop)
            serve(&d);
        log_notice("ismsd", "stopping: reading inputs out and committing");
        notify_stopping(&d.notify);
    } else if (r < 0) {
        log_failure("ismsd", r, "cannot start");
    }
    ctl_server_close(d.server);
    reader_close(d.reader); /* before the writer, whose end then leaves all in one file */
    if (pipeline_stop(d.pipeline) == PIPELINE_E_GAVE_UP)
        r = PIPELINE_E_GAVE_UP;
    reload_free(d.reload);
    notify_close(&d.notify);
    if (d.signals >= 0)
        (void)close(d.signals);
    if (r == 0)
        log_notice("ismsd", "stopped");
    return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
