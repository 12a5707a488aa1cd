/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the parts of the recorder share: recorder.c (opening, the loop), recorder_state.c (memory, from the store),
 * recorder_commit.c (transactions), recorder_alerts.c (the correlator's sink and the incidents it opens),
 * recorder_watch.c (log sources, lags), recorder_commands.c (moves people make), announce.c (what is to be published
 * once committed).
 */

#include <pthread.h>

#include "base/map.h"
#include "correlate/correlator.h"
#include "ismsd/announce.h"
#include "ismsd/recorder.h"
#include "model/incident.h"
#include "model/nonconformity.h"
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
    RECORDER_C_REDONE,
    RECORDER_C_LET_GO,
    RECORDER_C_LOST,
    RECORDER_C_KPI_FAILED,
    RECORDER_COUNTERS,
};

/** The incident that waits for somebody under an alert's key. */
struct keyed_incident {
    int64_t number;
    size_t key_bytes;
    char key[];
};

/** What a lane's figures were when they last went into the store. */
struct lag_marks {
    uint64_t received[LAG_BUCKETS];
    uint64_t detected[LAG_BUCKETS];
};

struct recorder {
    const struct settings *settings;
    const struct clock *clock;
    struct rules *rules;
    struct queue *work;

    /* The lock lets others read counters while store or correlator are replaced; held for a few instructions. */
    pthread_mutex_t lock;
    struct store *store;
    struct reader *reader;
    struct publisher *publisher; /* NULL: nothing is published */
    struct counters *counters;
    struct announcements announcements;

    /* made anew from the store whenever a commit fails */
    struct correlator *correlator;
    struct map *incidents; /* alert key → struct keyed_incident */
    struct source_watch *watch;
    struct source_record *sources; /* one for each configured source */

    struct lane *const *lanes;
    unsigned n_lanes;
    struct lag_marks *marks;           /* one for each lane */
    struct lag_marks *marks_committed; /* as they were at the last commit */
    uint64_t *source_base;     /* counted of each source in all runs before */
    struct walltime *heard;
    struct batch_work *held;   /* taken in, not yet committed; newest first */
    size_t n_held;
    uint64_t n_let_go;         /* detections in the open transaction whose batches went home already */
    struct slice rules_note;   /* of a change of rules that is being committed; empty: none */
    bool in_transaction;
    int failure;               /* of taking something in, for the commit to deal with; 0: none */
    struct monotime commit_due;
    struct monotime tick_due;
    struct monotime kpi_due;
};

/** recorder_open_store() - the store and a reader beside it. Return: 0, RECORDER_E_REFUSED (logged), or -errno. */
int recorder_open_store(struct recorder *r);
int recorder_reopen_store(struct recorder *r);

/** recorder_refused() - log why @what is refused, by the store's outcome @result. Return: RECORDER_E_REFUSED. */
int recorder_refused(int result, const char *what);

/** recorder_make_state() - everything that remembers, as the last commit left it. Return: 0, STORE_E_FULL, or -errno. */
int recorder_make_state(struct recorder *r);
void recorder_drop_state(struct recorder *r);

/** recorder_take_batch() - take @b's detections in and hold it; a failure is the next commit's to deal with. */
void recorder_take_batch(struct recorder *r, struct batch_work *b);

/** recorder_note_rules() - the entry for the change of rules being committed, where there is one. */
int recorder_note_rules(struct recorder *r);

/** recorder_let_go() - give lanes their batches back before the commit. Return: whether that could be. */
bool recorder_let_go(struct recorder *r);

/** recorder_commit() - put everything taken in on record, for as long as that takes. */
void recorder_commit(struct recorder *r);

/** recorder_commit_and_plan() - recorder_commit(), and say when the next one is due. */
void recorder_commit_and_plan(struct recorder *r);

/** recorder_begin() - a transaction is open from here on. Return: 0, STORE_E_FULL, or negative errno. */
int recorder_begin(struct recorder *r);

extern const struct correlator_sink recorder_sink;

/** recorder_load_incidents() - fill the map of incidents by key from the store. Return: 0 or negative errno. */
int recorder_load_incidents(struct recorder *r);
void recorder_forget_incidents(struct recorder *r);

/** recorder_incident_settled() - incident @number waits for nobody any more: what comes under its key opens another. */
void recorder_incident_settled(struct recorder *r, int64_t number);

/** recorder_watch_start() - watch the configured sources, as the store knows them. Return: 0 or negative errno. */
int recorder_watch_start(struct recorder *r);

/** recorder_watch_tick() - what sources did since the last tick, and lags, into the store. Return: 0 or -errno. */
int recorder_watch_tick(struct recorder *r, struct walltime now);

/** recorder_command() - carry out @c in a transaction of its own and answer it. */
void recorder_command(struct recorder *r, struct command_work *c);

/** recorder_announce_incident() - incident @number changed by @verb. */
void recorder_announce_incident(struct recorder *r, const struct incident *incident, const char *verb);
void recorder_announce_nonconformity(struct recorder *r, const struct nonconformity *n, const char *verb);
void recorder_announce_alert(struct recorder *r, const struct alert *alert, const char *verb);
