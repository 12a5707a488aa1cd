/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_stall.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "base/log.h"
#include "ctl/ctl_proto.h"
#include "ismsd/recorder_commit.h"
#include "ismsd/recorder_internal.h"
#include "ismsd/recorder_state.h"

#define TRY_NS (1 * NS_PER_S)
#define TRY_NS_MAX \
    (60 * NS_PER_S) /* of what fails in the middle of it: that is work, and the store says why each time */
#define TELL_NS     (60 * NS_PER_S)
#define PATIENCE_NS (10 * NS_PER_S) /* at the stop; service managers kill after a minute or more */

/* ---- saying so ---- */

const char *
recorder_reason(int failure)
{
    static const char *const reasons[] = {
        // clang-format off
        [STORE_E_FULL]      = "no space left",
        [STORE_E_BUSY]      = "another process writes there",
        [STORE_E_NEWER]     = "it was written by a newer version",
        [STORE_E_KEY]       = "the signing key is unreadable, exposed or not this ledger's",
        [STORE_E_BROKEN]    = "the ledger is not what it was: the log says where, ismsctl verify shows all",
        [STORE_E_NOT_FOUND] = "a record that was there is gone",
        // clang-format on
    };

    if (failure < 0)
        return strerrordesc_np(-failure);
    return failure < (int)ARRAY_LEN(reasons) && reasons[failure] != NULL ? reasons[failure] : "the store refuses";
}

bool
recorder_stalled(struct recorder *r, struct stall_view *out)
{
    struct walltime since;
    int failure;

    pthread_mutex_lock(&r->lock);
    failure = r->stall.failure;
    since = r->stall.since;
    pthread_mutex_unlock(&r->lock);
    if (failure != 0 && out != NULL) {
        (void)snprintf(out->reason, sizeof(out->reason), "%s (%s)", recorder_reason(failure), r->settings->state_dir);
        out->since = since;
    }
    return failure != 0;
}

bool
recorder_refuse(struct recorder *r, struct buffer *answer)
{
    char text[STALL_REASON_MAX + 128];
    struct stall_view view;

    if (!recorder_stalled(r, &view))
        return false;
    (void)snprintf(text, sizeof(text), "the records cannot be written now: %s; nothing was changed", view.reason);
    ctl_end(answer, text);
    pthread_mutex_lock(&r->lock); /* the one counter that two threads add to */
    counters_add(r->counters, RECORDER_C_REFUSED, 1);
    pthread_mutex_unlock(&r->lock);
    return true;
}

/* ---- beginning and ending ---- */

static void
set_failure(struct recorder *r, int failure)
{
    pthread_mutex_lock(&r->lock);
    r->stall.failure = failure;
    pthread_mutex_unlock(&r->lock);
}

void
recorder_stall_begin(struct recorder *r, int failure)
{
    struct monotime now = clock_mono(r->clock);

    if (failure < 0)
        log_failure("recorder", failure, "a commit failed");
    pthread_mutex_lock(&r->lock);
    r->stall = (struct stall){
        .failure = failure, .since = clock_wall(r->clock), .began = now, .tried = now, .told = now, .pause_ns = TRY_NS};
    pthread_mutex_unlock(&r->lock);
    recorder_drop_state(r);
    log_error("recorder", "records cannot be written: %s (%s); input waits, moves are refused, reading goes on",
        recorder_reason(failure), r->settings->state_dir);
}

static int64_t
lasted_s(const struct recorder *r, struct monotime now)
{
    return (now.ns - r->stall.began.ns) / NS_PER_S;
}

static void
end_stall(struct recorder *r, struct monotime now)
{
    set_failure(r, 0);
    counters_add(r->counters, RECORDER_C_REDONE, 1);
    log_notice("recorder", "records are written again, after %" PRId64 " s", lasted_s(r, now));
}

/* ---- trying again ---- */

/* A transaction to do everything again in. Where more is wrong than a full disk, the store is looked at anew first. */
static int
begin_anew(struct recorder *r)
{
    int result = r->stall.failure == STORE_E_FULL ? recorder_begin(r) : r->stall.failure;

    if (result == 0 || result == STORE_E_FULL)
        return result;
    result = store_reopen(r->store, clock_wall(r->clock));
    return result == 0 ? recorder_begin(r) : result;
}

/* A disk that is still full says so at once, in silence, and is asked again soon. */
static void
try_again(struct recorder *r)
{
    struct stall *s = &r->stall;
    int failure = begin_anew(r);

    if (failure != STORE_E_FULL)
        s->pause_ns = 2 * s->pause_ns < TRY_NS_MAX ? 2 * s->pause_ns : TRY_NS_MAX;
    if (failure == 0)
        failure = recorder_redo(r);
    s->tried = clock_mono(r->clock);
    if (failure == 0)
        end_stall(r, s->tried);
    else
        set_failure(r, failure);
}

static void
remind(struct recorder *r, struct monotime now)
{
    r->stall.told = now;
    log_error("recorder", "records cannot be written for %" PRId64 " s now: %s (%s); %zu batches wait",
        lasted_s(r, now), recorder_reason(r->stall.failure), r->settings->state_dir, r->n_held);
}

/* ---- giving up ---- */

/* Counted from what was later: the stop, or that commits began to fail. FOREVER where no stop was asked for. */
static struct monotime
patience_ends(const struct recorder *r)
{
    int64_t stop_ns = r->stop_ns;

    if (stop_ns == 0)
        return QUEUE_FOREVER;
    return (struct monotime){(stop_ns > r->stall.began.ns ? stop_ns : r->stall.began.ns) + PATIENCE_NS};
}

static void
give_up(struct recorder *r)
{
    log_error("recorder", "giving up: records cannot be written, and the daemon is to stop");
    r->stall.gave_up = true;
    recorder_lose(r);
}

static struct monotime
try_due(const struct recorder *r)
{
    return monotime_add(r->stall.tried, r->stop_ns != 0 ? TRY_NS : r->stall.pause_ns);
}

/* A stop may be asked for at any time and shortens the pause: it is looked for as often as a try could be due. */
struct monotime
recorder_stall_due(const struct recorder *r)
{
    struct monotime look = monotime_add(clock_mono(r->clock), TRY_NS);
    struct monotime due = try_due(r);

    return due.ns < look.ns && !r->stall.gave_up ? due : look;
}

void
recorder_stall_pass(struct recorder *r)
{
    struct monotime now = clock_mono(r->clock);

    if (r->stall.gave_up)
        return;
    if (now.ns >= try_due(r).ns)
        try_again(r);
    if (r->stall.failure == 0)
        return;
    if (now.ns >= patience_ends(r).ns)
        give_up(r);
    else if (now.ns >= r->stall.told.ns + TELL_NS)
        remind(r, now);
}
