/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Alerts in the store: opened, counted, closed; and the detections and events they keep.
 *
 * The numbers are exact: an alert's count is the sum of its alert.counted entries, plus the minute still running
 * (n_minute). These functions are what the correlator's sink calls (correlate/correlator.h), in its order. Inside a
 * transaction (store/store.h).
 */

#include "model/alert.h"
#include "model/batch.h"
#include "store/store.h"

/** store_alert_open() - a new alert: sets alert->number; entry alert.opened. Return: 0 or negative errno. */
int store_alert_open(struct store *s, struct alert *alert, struct walltime at);

/**
 * store_alert_detection() - keep @d in full: its event to the evidence, a row beside it
 * @n: which detection of the alert it is, from 1; each once
 */
int store_alert_detection(struct store *s, const struct alert *alert, uint64_t n, const struct detection *d);

/** store_alert_update() - counts and times as they stand; @latest, where not NULL, replaces the latest folded
 * detection. */
int store_alert_update(struct store *s, const struct alert *alert, const struct detection *latest);

/** store_alert_minute() - @n detections fell into @minute, which is over: entry alert.counted. */
int store_alert_minute(struct store *s, const struct alert *alert, int64_t minute, uint64_t n, struct walltime at);

/**
 * store_alert_close() - no detection comes any more: entry alert.closed
 *
 * The latest folded detection goes to the evidence as the alert's last; a minute not yet told is counted first, so that
 * the entries add up to alert->count.
 */
int store_alert_close(struct store *s, const struct alert *alert, struct walltime at);

/** store_alert_join() - the alert belongs to incident @incident: entry alert.joined. */
int store_alert_join(struct store *s, const struct alert *alert, int64_t incident, const struct store_move *move);
