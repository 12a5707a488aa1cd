/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Hosts and peers that are of no configured log source: what lanes noted of them, remembered within watch.learned_max,
 * in the store too. One that a source now names is forgotten at the start, one unheard for long whenever it is.
 *
 * The ledger thread; what writes is inside a transaction, and returns 0, STORE_E_… or -errno.
 */

#include "base/clock.h"

struct recorder;

int recorder_learned_new(struct recorder *r);
void recorder_learned_free(struct recorder *r);

/** recorder_learned_start() - what the store remembers. The first time; then everything is written again. */
int recorder_learned_start(struct recorder *r);

/** recorder_learned_tick() - what lanes passed on since the last tick. */
int recorder_learned_tick(struct recorder *r, struct walltime now);
