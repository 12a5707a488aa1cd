/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Hosts and peers in the store that speak but are of no configured source: telemetry, which no entry covers. Inside a
 * transaction (store/store.h).
 */

#include "store/store.h"

struct learned_record {
    struct slice name;
    bool is_peer;      /* the name is the sender's address, for its events name no host */
    struct slice peer; /* the sender it was first heard from */
    struct walltime first_seen;
    struct walltime last_seen;
    uint64_t n_events;
    unsigned skew_n;
    int64_t skew_ns;
};

typedef int learned_fn(void *ctx, const struct learned_record *record);

/** store_learned_put() - as it stands. */
int store_learned_put(struct store *s, const struct learned_record *record);

/** store_learned_forget() - the one of this name. */
int store_learned_forget(struct store *s, struct slice name, bool is_peer);

/** store_learned_load() - call @fn with each, the one heard longest ago first; valid during the call. */
int store_learned_load(struct store *s, learned_fn *fn, void *ctx);
