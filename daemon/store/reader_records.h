/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reading records: by number, or in lists, newest first. See store/reader.h for what callbacks may rely on.
 *
 * A filter of zeros takes everything. Times are half open: from <= t < until.
 */

#include "model/alert.h"
#include "model/incident.h"
#include "model/maintenance.h"
#include "model/nonconformity.h"
#include "store/reader.h"
#include "store/store_learned.h"
#include "store/store_sources.h"

enum incident_time {
    INCIDENT_ANY_TIME,
    INCIDENT_BY_OPENED,
    INCIDENT_BY_DETECTED,
    INCIDENT_BY_DECIDED,
    INCIDENT_BY_RESOLVED,
    INCIDENT_BY_CLOSED,
};

struct incident_filter {
    bool open_only;
    bool has_state;
    enum incident_state state;
    enum incident_severity severity; /* the highest it had; 0: any */
    enum incident_time by;           /* which time must lie in [from, until) */
    struct walltime from;
    struct walltime until;
    int64_t before; /* only numbers below: the last one of the page before; 0: from the newest */
    unsigned limit; /* 0: all */
};

typedef int incident_fn(void *ctx, const struct incident *incident);

int reader_incidents(struct reader *r, const struct incident_filter *filter, incident_fn *fn, void *ctx);

/** reader_incident() - the one of @number. Return: what @fn returned, STORE_E_NOT_FOUND, or negative errno. */
int reader_incident(struct reader *r, int64_t number, incident_fn *fn, void *ctx);

struct nonconformity_filter {
    bool open_only; /* not rejected */
    bool has_state;
    enum nonconformity_state state;
    int64_t before;
    unsigned limit;
};

typedef int nonconformity_fn(void *ctx, const struct nonconformity *n);

int reader_nonconformities(
    struct reader *r, const struct nonconformity_filter *filter, nonconformity_fn *fn, void *ctx);
int reader_nonconformity(struct reader *r, int64_t number, nonconformity_fn *fn, void *ctx);

struct alert_filter {
    bool open_only;
    int64_t incident; /* only those of this incident; 0: any */
    int64_t before;
    unsigned limit;
};

typedef int alert_fn(void *ctx, const struct alert *alert);

int reader_alerts(struct reader *r, const struct alert_filter *filter, alert_fn *fn, void *ctx);
int reader_alert(struct reader *r, int64_t number, alert_fn *fn, void *ctx);

typedef int source_fn(void *ctx, const struct source_record *source);

/** reader_sources() - every log source by name. */
int reader_sources(struct reader *r, source_fn *fn, void *ctx);

typedef int maintenance_fn(void *ctx, const struct maintenance *m);

/** reader_maintenance_all() - the latest first, at most @limit (0: all). */
int reader_maintenance_all(struct reader *r, bool live_only, unsigned limit, maintenance_fn *fn, void *ctx);
int reader_maintenance(struct reader *r, int64_t number, maintenance_fn *fn, void *ctx);

/** reader_learned() - hosts and peers of no source, the one heard last first. */
int reader_learned(struct reader *r, learned_fn *fn, void *ctx);
