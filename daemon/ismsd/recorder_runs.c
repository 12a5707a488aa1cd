/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_runs.h"

#include "base/log.h"
#include "ismsd/recorder_candidates.h"
#include "ismsd/recorder_commit.h"
#include "ismsd/recorder_internal.h"
#include "ismsd/recorder_maintenance.h"
#include "store/store_runs.h"

static void
write_evidence(
    const struct store_run *previous, struct walltime down, struct walltime now, int64_t excused_ns, struct buffer *out)
{
    char since[WALLTIME_TEXT_MAX];
    char until[WALLTIME_TEXT_MAX];
    char duration[DURATION_TEXT_MAX];

    buffer_printf(out, "%s %s, started again %s: down for %s",
        previous->stopped.ns != 0 ? "stopped in order" : "ended without a stop, last known alive",
        walltime_print(down, since), walltime_print(now, until), duration_print(now.ns - down.ns, duration));
    if (excused_ns > 0)
        buffer_printf(out, ", of which %s in maintenance", duration_print(excused_ns, duration));
}

/* What lies in maintenance of all is excused; the rest is not, however short the maintenance was. */
static int
propose(struct recorder *r, const struct store_run *previous, struct walltime now)
{
    struct walltime down = previous->stopped.ns != 0 ? previous->stopped : previous->alive;
    int64_t limit = r->settings->watch.down_limit_ms * NS_PER_MS;
    int64_t excused;
    CLEANUP_BUFFER struct buffer evidence = {0};
    struct proposal p = {.trigger = TRIGGER_DOWN,
        .source = NO_SOURCE,
        .scope = SLICE("ismsd"),
        .at = now,
        .is_past = true,
        .anyway = true};
    bool told;

    if (limit == 0 || previous->started.ns == 0 || now.ns - down.ns <= limit)
        return 0;
    excused = recorder_maintenance_within(r, down, now);
    write_evidence(previous, down, now, excused, &evidence);
    p.evidence = buffer_slice(&evidence);
    if (now.ns - down.ns - excused > limit)
        return recorder_propose(r, &p, &told);
    return recorder_maintenance_note(r, NO_SOURCE, p.evidence);
}

void
recorder_note_start(struct recorder *r)
{
    struct walltime now = clock_wall(r->clock);
    struct store_run previous;
    char text[WALLTIME_TEXT_MAX];
    int result = recorder_begin(r);

    if (result == 0)
        result = store_run_begin(r->store, now, SLICE("ismsd " ISMSD_VERSION), &previous);
    if (result == 0)
        result = propose(r, &previous, now);
    if (r->failure == 0)
        r->failure = result;
    recorder_commit(r);
    if (r->stall.failure != 0)
        return;
    r->start_noted = true;
    if (previous.started.ns != 0 && previous.stopped.ns == 0)
        log_warning(
            "recorder", "the run before ended without a stop; last alive %s", walltime_print(previous.alive, text));
}
