/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * KPI samples in the store: a figure with all that makes it reproducible (KPI rules R2, R7 and R10). Each is an entry:
 * put what a period ends with or what changed, not every publication. Inside a transaction (store/store.h).
 */

#include "store/store.h"

struct kpi_sample {
    struct slice kpi;     /* "K01" */
    unsigned version;     /* of its definition */
    struct slice stratum; /* "S1" …; empty for all */
    struct walltime from; /* the window, from before until */
    struct walltime until;
    struct walltime at; /* when it was computed */
    uint64_t n;
    uint64_t n_open; /* of these, still open: censored */
    double value;    /* each NaN where there is none; kept to a millionth */
    double p50;
    double p90;
    struct slice extra;       /* what the KPI says besides, for people; may be empty */
    struct slice reason;      /* why a closed period is stated again; may be empty */
    uint64_t ledger_size;     /* set by the reader: what it was computed from */
    struct slice ledger_root; /* hexadecimal; likewise */
};

/** store_kpi_put() - keep @sample; ledger size and root are given as the reader's snapshot told them. */
int store_kpi_put(struct store *s, const struct kpi_sample *sample);
