/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Log sources on record: what each is doing, the candidates their silence opens, and how late events come.
 *
 * Lanes count; once a tick this reads what they counted. The ledger thread.
 */

#include "base/clock.h"

struct recorder;

/**
 * recorder_watch_start() - watch the configured sources from what the store knows of them
 *
 * Ones that are new, changed or no longer configured are put on record. Return: 0, STORE_E_…, or negative errno.
 */
int recorder_watch_start(struct recorder *r);

/** recorder_watch_tick() - what sources did since the last tick, and lags, into the store. Return: likewise. */
int recorder_watch_tick(struct recorder *r, struct walltime now);
