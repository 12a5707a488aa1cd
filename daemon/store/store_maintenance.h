/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Maintenance in the store: as store/store_incidents.h. Inside a transaction (store/store.h).
 */

#include "base/arena.h"
#include "model/maintenance.h"
#include "store/store.h"

/** store_maintenance_open() - a new one: sets its number; entry maintenance.opened. */
int store_maintenance_open(struct store *s, struct maintenance *m, const struct store_move *move);

/** store_maintenance_put() - as it stands after @move. Return: 0, STORE_E_NOT_FOUND, or negative errno. */
int store_maintenance_put(struct store *s, const struct maintenance *m, const struct store_move *move);

/** store_maintenance_load() - maintenance @number, its text in @arena. Return: likewise. */
int store_maintenance_load(struct store *s, int64_t number, struct arena *arena, struct maintenance *out);

/** store_maintenance_live() - call @fn with each that is planned or active, oldest first; valid during the call. */
int store_maintenance_live(struct store *s, int (*fn)(void *ctx, const struct maintenance *m), void *ctx);

/** store_maintenance_known() - whether there is one, live or not, of the configured @window that starts at @starts.
 * Return: 1, 0, or negative errno. */
int store_maintenance_known(struct store *s, struct slice window, struct walltime starts);
