/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_runs.h"

#include <errno.h>

#include "base/error.h"
#include "store/store_internal.h"

static int
load_previous(struct store *s, struct store_run *run)
{
    CLEANUP_QUERY struct query q = query_on(
        s->db, "SELECT number, started, alive, stopped FROM run ORDER BY number DESC LIMIT 1");
    int r;

    *run = (struct store_run){0};
    r = query_row(&q);
    if (r <= 0)
        return r < 0 ? error_trace(r) : 0;
    s->run = query_take_int(&q);
    run->started = query_take_time(&q);
    run->alive = query_take_time(&q);
    run->stopped = query_take_time(&q);
    return 0;
}

static int
insert_run(struct store *s, struct walltime now)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "INSERT INTO run (number, started, alive) VALUES (?, ?, ?)");
    int r;

    query_int(&q, s->run);
    query_int(&q, now.ns);
    query_int(&q, now.ns);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

static int
start(struct store *s, struct walltime now, struct slice about, struct store_run *previous)
{
    struct store_move move = store_daemon("started", now);
    struct canonical c;
    int r;

    r = load_previous(s, previous);
    if (r < 0)
        return error_trace(r);
    s->run++;
    canonical_begin(&c, &s->note);
    canonical_object(&c, NULL);
    canonical_int(&c, "previous_alive", previous->alive.ns);
    canonical_int(&c, "previous_stopped", previous->stopped.ns);
    canonical_string(&c, "text", store_plain(s, about));
    canonical_close(&c);
    r = store_append(s, "daemon", &move, SLICE(""));
    if (r == 0)
        r = insert_run(s, now);
    return r < 0 ? error_trace(r) : 0;
}

int
store_run_begin(struct store *s, struct walltime now, struct slice about, struct store_run *previous)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = start(s, now, about, previous);
    return store_leave(s, r);
}

int
store_run_start(struct store *s, struct walltime now, struct slice about, struct store_run *previous)
{
    int r;

    r = store_begin(s);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    (void)store_run_begin(s, now, about, previous);
    r = store_commit(s, now);
    return r < 0 ? error_trace(r) : r;
}

static int
stop(struct store *s, struct walltime now)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "UPDATE run SET stopped = ?, alive = ? WHERE number = ?");
    struct store_move move = store_daemon("stopped", now);
    int r;

    query_int(&q, now.ns);
    query_int(&q, now.ns);
    query_int(&q, s->run);
    r = query_run(&q);
    if (r == 0)
        r = store_append(s, "daemon", &move, SLICE(""));
    if (r == 0)
        r = journal_checkpoint(&s->journal, now);
    return r < 0 ? error_trace(r) : 0;
}

int
store_run_stop(struct store *s, struct walltime now)
{
    int r;

    r = store_begin(s);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    r = store_enter(s);
    if (r == 0)
        r = stop(s, now);
    (void)store_leave(s, r);
    r = store_commit(s, now);
    return r < 0 ? error_trace(r) : r;
}

int
store_note(struct store *s, const struct store_move *move, struct slice text)
{
    struct canonical c;
    int r;

    r = store_enter(s);
    if (r < 0)
        return error_trace(r);
    canonical_begin(&c, &s->note);
    canonical_object(&c, NULL);
    canonical_string(&c, "text", store_plain(s, text));
    canonical_close(&c);
    r = store_append(s, NULL, move, SLICE(""));
    return store_leave(s, r);
}
