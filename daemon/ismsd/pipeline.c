/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/pipeline.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "ismsd/recorder_stall.h"

enum { LANES_MAX = 64, WORK_OTHERS_MAX = 64 };

struct pipeline {
    const struct settings *settings;
    const struct clock *clock;
    struct program *program; /* until the threads run */
    struct queue *work;      /* to the ledger thread */
    struct recorder *recorder;
    struct lane *lanes[LANES_MAX];
    pthread_t lane_threads[LANES_MAX];
    unsigned n_lanes;
    unsigned n_running;
    pthread_t recorder_thread;
    bool recorder_running;
    int recorder_result;   /* once its thread has ended */
    struct queue *replies; /* for the main thread, which waits for one at a time */

    pthread_t loader_thread;
    bool loader_started; /* and not yet joined */
    void (*load)(void *ctx);
    void *load_ctx;
};

/* Signals are the main thread's: every other one is started with all of them blocked. */
static int
start_thread(pthread_t *thread, const char *name, void *(*fn)(void *), void *arg)
{
    sigset_t all;
    sigset_t before;
    int r;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(thread, NULL, fn, arg);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0)
        return error_origin(-r);
    (void)pthread_setname_np(*thread, name);
    return 0;
}

static void *
run_lane(void *arg)
{
    lane_run(arg);
    return NULL;
}

static void *
run_recorder(void *arg)
{
    struct pipeline *p = arg;

    p->recorder_result = recorder_run(p->recorder);
    return NULL;
}

static unsigned
count_lanes(const struct settings *settings)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = settings->lanes > 0 ? settings->lanes : cores < 1 ? 1u : (unsigned)cores;

    return n > LANES_MAX ? LANES_MAX : n;
}

static int
make_lanes(struct pipeline *p, unsigned n, const struct activation *handed)
{
    unsigned i;

    for (i = 0; i < n; i++) {
        const struct lane_settings lane = {p->settings, i, n, handed, p->clock, p->work};
        int r = lane_new(&p->lanes[i], &lane, p->program);

        if (r < 0)
            return error_trace(r);
        p->n_lanes++;
    }
    return 0;
}

static int
start_threads(struct pipeline *p)
{
    unsigned i;
    int r;

    r = start_thread(&p->recorder_thread, "ledger", run_recorder, p);
    if (r < 0)
        return error_trace(r);
    p->recorder_running = true;
    for (i = 0; i < p->n_lanes; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "lane-%u", i);
        r = start_thread(&p->lane_threads[i], name, run_lane, p->lanes[i]);
        if (r < 0)
            return error_trace(r);
        p->n_running++;
    }
    return 0;
}

int
pipeline_open(struct pipeline **out, const struct settings *settings, struct program *program,
    const struct clock *clock, const struct activation *handed)
{
    CLEANUP(pipeline_stop) struct pipeline *p = NULL;
    unsigned n = count_lanes(settings);
    int r;

    p = calloc(1, sizeof(*p));
    if (p == NULL)
        return error_origin(-ENOMEM);
    p->settings = settings;
    p->clock = clock;
    p->program = program_ref(program);
    r = queue_new(&p->replies, 1);
    if (r == 0)
        r = queue_new(&p->work, n * settings->batches_per_lane + WORK_OTHERS_MAX);
    if (r == 0)
        r = make_lanes(p, n, handed);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(p);
    return 0;
}

int
pipeline_start(struct pipeline *p)
{
    int r;

    r = recorder_new(&p->recorder, p->settings, ruleset_rules(p->program->ruleset), p->work, p->clock);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    for (unsigned i = 0; i < p->n_lanes; i++)
        lane_resume(p->lanes[i], recorder_positions(p->recorder));
    r = recorder_set_lanes(p->recorder, p->lanes, p->n_lanes);
    if (r == 0)
        r = start_threads(p);
    return r < 0 ? error_trace(r) : 0;
}

static void
join_loader(struct pipeline *p)
{
    if (p->loader_started)
        (void)pthread_join(p->loader_thread, NULL);
    p->loader_started = false;
}

/* The ledger is told first, for lanes may be waiting for batches that it cannot commit and must give up in the end. */
static void
stop_threads(struct pipeline *p)
{
    unsigned i;

    join_loader(p);
    if (p->recorder_running)
        recorder_stop(p->recorder);
    for (i = 0; i < p->n_running; i++)
        lane_stop(p->lanes[i]);
    for (i = 0; i < p->n_running; i++)
        (void)pthread_join(p->lane_threads[i], NULL);
    if (p->recorder_running) {
        queue_close(p->work);
        (void)pthread_join(p->recorder_thread, NULL);
    }
}

int
pipeline_stop(struct pipeline *p)
{
    unsigned i;
    int result;

    if (p == NULL)
        return 0;
    stop_threads(p);
    result = p->recorder_result == RECORDER_E_GAVE_UP ? PIPELINE_E_GAVE_UP : 0;
    for (i = 0; i < p->n_lanes; i++)
        lane_free(p->lanes[i]);
    recorder_free(p->recorder);
    queue_free(p->work);
    queue_free(p->replies);
    program_unref(p->program);
    free(p);
    return result;
}

int
pipeline_set_program(struct pipeline *p, struct program *program, struct slice note)
{
    struct rules_work w = {{WORK_RULES, p->replies}, ruleset_rules(program->ruleset), note};
    void *reply;
    unsigned i;

    for (i = 0; i < p->n_lanes; i++)
        lane_set_program(p->lanes[i], program);
    if (queue_give(p->work, &w) != 0)
        return error_origin(-EAGAIN);
    ASSERT(queue_take(p->replies, &reply, QUEUE_FOREVER) == 0);
    return 0;
}

void
pipeline_command(struct pipeline *p, const struct ctl_request *request, struct buffer *answer)
{
    struct command_work c = {{WORK_COMMAND, p->replies}, request, answer};
    void *reply;

    if (recorder_refuse(p->recorder, answer))
        return; /* at once, whatever the ledger thread is trying just now */
    if (queue_give(p->work, &c) != 0) {
        ctl_end(answer, "the daemon is busy; nothing was changed");
        return;
    }
    ASSERT(queue_take(p->replies, &reply, QUEUE_FOREVER) == 0);
}

static void *
run_loader(void *arg)
{
    struct pipeline *p = arg;

    p->load(p->load_ctx);
    return NULL;
}

int
pipeline_load(struct pipeline *p, void (*fn)(void *ctx), void *ctx)
{
    int r;

    join_loader(p);
    p->load = fn;
    p->load_ctx = ctx;
    r = start_thread(&p->loader_thread, "loader", run_loader, p);
    if (r < 0)
        return error_trace(r);
    p->loader_started = true;
    return 0;
}

bool
pipeline_is_alive(struct pipeline *p)
{
    unsigned n_alive = 0;

    for (unsigned i = 0; i < p->n_lanes; i++)
        n_alive += lane_is_alive(p->lanes[i]);
    return n_alive == p->n_lanes;
}

bool
pipeline_done(const struct pipeline *p)
{
    unsigned i;

    for (i = 0; i < p->n_lanes; i++)
        if (!lane_done(p->lanes[i]))
            return false;
    return true;
}

struct lane *const *
pipeline_lanes(const struct pipeline *p, unsigned *n)
{
    *n = p->n_lanes;
    return p->lanes;
}

struct recorder *
pipeline_recorder(const struct pipeline *p)
{
    return p->recorder;
}
