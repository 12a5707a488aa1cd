/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Alerts on record: the correlator's sink, and the incidents that alerts open or join.
 *
 * An alert whose key has an incident that still waits for somebody joins it. The ledger thread.
 */

#include "correlate/correlator.h"

struct recorder;

extern const struct correlator_sink recorder_sink; /* its context is the recorder */

/** recorder_load_incidents() - know the incidents that wait for somebody by their alerts' keys. Return: 0 or -errno. */
int recorder_load_incidents(struct recorder *r);
void recorder_forget_incidents(struct recorder *r);

/** recorder_incident_settled() - incident @number waits for nobody any more: what comes under its key opens another. */
void recorder_incident_settled(struct recorder *r, int64_t number);
