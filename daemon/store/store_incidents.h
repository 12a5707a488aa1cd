/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Incidents in the store. Which moves are allowed is decided before (records/); here each becomes one entry and the
 * record as it then stands. Inside a transaction (store/store.h).
 */

#include "base/arena.h"
#include "model/incident.h"
#include "store/store.h"

/**
 * store_incident_open() - a new incident: sets incident->number; entry incident.opened
 *
 * move->verb is not looked at. Return: 0 or negative errno.
 */
int store_incident_open(struct store *s, struct incident *incident, const struct store_move *move);

/**
 * store_incident_put() - the incident as it stands after @move
 *
 * The entry "incident.<verb>" holds each changed field's old and new value. A change of `decided` also adds a decision
 * (A.5.25): criteria, outcome, reason, by whom. Return: 0, STORE_E_NOT_FOUND, or negative errno.
 */
int store_incident_put(struct store *s, const struct incident *incident, const struct store_move *move);

/** store_incident_comment() - entry incident.commented; move->verb is not looked at. Return: as store_incident_put().
 */
int store_incident_comment(struct store *s, int64_t number, struct slice text, const struct store_move *move);

/** store_incident_load() - incident @number as it stands, its text in @arena. Return: as store_incident_put(). */
int store_incident_load(struct store *s, int64_t number, struct arena *arena, struct incident *out);

typedef int store_incident_key_fn(void *ctx, int64_t incident, struct slice key);

/**
 * store_incident_keys() - call @fn with each incident that waits for somebody and the key of the alert that opened it,
 * newest first; a result other than 0 ends it. Return: that, 0 or negative errno.
 */
int store_incident_keys(struct store *s, store_incident_key_fn *fn, void *ctx);
