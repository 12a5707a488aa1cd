/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Nonconformities in the store: as store/store_incidents.h. Inside a transaction (store/store.h).
 */

#include "base/arena.h"
#include "model/nonconformity.h"
#include "store/store.h"

/** store_nonconformity_open() - a new candidate: sets its number; entry nonconformity.opened. */
int store_nonconformity_open(struct store *s, struct nonconformity *n, const struct store_move *move);

/** store_nonconformity_put() - as it stands after @move. Return: 0, STORE_E_NOT_FOUND, or negative errno. */
int store_nonconformity_put(struct store *s, const struct nonconformity *n, const struct store_move *move);

/** store_nonconformity_load() - nonconformity @number, its text in @arena. Return: likewise. */
int store_nonconformity_load(struct store *s, int64_t number, struct arena *arena, struct nonconformity *out);

/**
 * store_nonconformity_find() - the one not rejected, by what makes it one of a kind
 *
 * The latest of this trigger, requirement and scope that is detected or confirmed, whether its condition still lasts or
 * has ended: one that comes back is an occurrence of the same. Return: 0,
 * STORE_E_NOT_FOUND, or negative errno.
 */
int store_nonconformity_find(struct store *s, struct slice trigger, struct slice requirement, struct slice scope,
    struct arena *arena, struct nonconformity *out);
