/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What correlation must find again after a stop: its windows and the alerts still open. Working state: no entries, and
 * each change lasts with the transaction it is part of, so a restart goes on where the last commit was.
 */

#include "model/alert.h"
#include "store/store.h"

/** store_window_put() - the state of the window of @rule_uid and @key; an empty @state removes it. */
int store_window_put(struct store *s, struct slice rule_uid, struct slice key, struct slice state);

typedef int store_window_fn(void *ctx, struct slice rule_uid, struct slice key, struct slice state);

/** store_windows_load() - call @fn with each window; a result other than 0 ends it. Return: that, 0 or negative errno.
 */
int store_windows_load(struct store *s, store_window_fn *fn, void *ctx);

typedef int store_alert_fn(void *ctx, const struct alert *alert);

/** store_alerts_load() - call @fn with each open alert, oldest first; it is valid during the call. Return: likewise. */
int store_alerts_load(struct store *s, store_alert_fn *fn, void *ctx);
