/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Clocks, volumes and losses: what lanes counted, held against what is usual, each second; and the candidates that
 * come of it (T03, T05, T06).
 *
 * Of a source's events one a second and lane tells its clock. Its events are counted by whole hours that we listened
 * through. In maintenance neither is. The ledger thread; what writes is inside a transaction, and returns 0, STORE_E_…
 * or -errno.
 */

#include "base/clock.h"

struct recorder;

int recorder_figures_new(struct recorder *r);
void recorder_figures_free(struct recorder *r);

/** recorder_figures_lanes() - the recorder's lanes are known. Return: 0 or -ENOMEM. */
int recorder_figures_lanes(struct recorder *r);

/** recorder_figures_start() - which candidates last, as the store has it; the first time, the hours before too. */
int recorder_figures_start(struct recorder *r);

/** recorder_figures_tick() - time has come to @now; before what is known of sources is written. */
int recorder_figures_tick(struct recorder *r, struct walltime now);
