/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the recorder's files share: the recorder. Which file does what is told by its header:
 *
 *   recorder.h           opening, the loop
 *   recorder_state.h     what is remembered, made from the store
 *   recorder_commit.h    transactions, and what is held until they are committed
 *   recorder_stall.h     while nothing can be committed: saying so, trying again, giving up
 *   recorder_rules.h     changes of rules
 *   recorder_alerts.h    the correlator's sink, and the incidents that alerts open
 *   recorder_watch.h     log sources, what they do by the second, and lags
 *   recorder_figures.h   clocks, volumes and losses
 *   recorder_learned.h   hosts that are of no log source
 *   recorder_maintenance.h  when nothing is held against a log source
 *   recorder_candidates.h   nonconformities that all of these propose
 *   recorder_runs.h      the daemon's own starts
 *   recorder_commands.h  moves that people make
 *   recorder_announce.h  what is published of a record that changed
 */

#include <pthread.h>

#include "base/map.h"
#include "correlate/correlator.h"
#include "ismsd/announce.h"
#include "ismsd/recorder.h"
#include "model/positions.h"
#include "publish/publisher.h"
#include "records/source_watch.h"
#include "store/reader.h"
#include "store/store.h"
#include "store/store_sources.h"

enum recorder_counter {
    RECORDER_C_COMMITTED,
    RECORDER_C_INCIDENTS,
    RECORDER_C_CANDIDATES,
    RECORDER_C_COMMANDS,
    RECORDER_C_REFUSED,
    RECORDER_C_FAILED,
    RECORDER_C_REDONE,
    RECORDER_C_LET_GO,
    RECORDER_C_LOST,
    RECORDER_C_UNPUBLISHED,
    RECORDER_C_KPI_FAILED,
    RECORDER_C_HELD_BACK,
    RECORDER_C_LEARNED,
    RECORDER_C_LEARNED_FORGOTTEN,
    RECORDER_COUNTERS,
};

/** What a lane's figures were when they last went into the store. */
struct lag_marks {
    uint64_t received[LAG_BUCKETS];
    uint64_t detected[LAG_BUCKETS];
};

/** What counts once the open transaction is committed. */
struct uncommitted {
    uint64_t n_let_go; /* detections in it whose batches went home already */
    uint64_t n_incidents;
    uint64_t n_candidates;
};

/** Why nothing can be committed, since when, and when it is tried again. */
struct stall {
    int failure; /* STORE_E_… or negative errno; 0: there is none */
    struct walltime since;
    struct monotime began;
    struct monotime tried;
    struct monotime told;
    int64_t pause_ns; /* between two tries */
    bool gave_up;     /* at the stop: what is not on record never will be */
};

struct figures;
struct learned_register;
struct maintenance_list;

struct recorder {
    const struct settings *settings;
    const struct clock *clock;
    struct rules *rules;
    struct queue *work;

    /* The lock lets others read counters while the correlator is replaced, and `stall`; held for a few instructions. */
    pthread_mutex_t lock;
    struct store *store;
    struct reader *reader;
    struct publisher *publisher; /* NULL: nothing is published */
    struct counters *counters;
    struct counters *counted_before; /* by correlators that are no more */
    struct announcements announcements;

    /* made anew from the store whenever a commit failed; none while nothing can be committed */
    struct correlator *correlator;
    struct map *incidents; /* alert key → struct keyed_incident */
    struct source_watch *watch;
    struct source_record *sources; /* one for each configured source */

    struct lane *const *lanes;
    struct lane_view *views; /* what may be read of each */
    unsigned n_lanes;
    struct lag_marks *marks;           /* one for each lane */
    struct lag_marks *marks_committed; /* as they were at the last commit */
    uint64_t *source_base;             /* counted of each source in all runs before */
    struct walltime *heard;
    bool *unwritten;             /* what was seen of the source is not in the store yet */
    struct arena register_arena; /* text of `sources` */
    struct figures *figures;
    struct learned_register *learned;
    struct maintenance_list *maintenance;

    struct batch_work *held; /* taken in, not yet committed; newest first */
    size_t n_held;
    size_t n_receipts; /* of them, with one, or of a unit whose receipt senders wait for */
    size_t n_urgent;   /* and these are waited for */
    struct positions *positions;
    struct uncommitted uncommitted;
    struct rules_note *rules_notes; /* changes of rules not yet on record, oldest first */
    bool in_transaction;
    int failure; /* of taking something in, for the commit to deal with; 0: none */
    struct stall stall;
    _Atomic int64_t stop_ns; /* monotonic, when the stop was asked for; 0: it was not */

    bool start_noted;
    struct monotime commit_due;
    struct monotime urgent_due;
    struct monotime tick_due;
    struct monotime kpi_due;
};

/** recorder_set_views() - what it reads each tick of @n lanes; copied. Return: 0 or -ENOMEM. */
int recorder_set_views(struct recorder *r, const struct lane_view *views, unsigned n);
