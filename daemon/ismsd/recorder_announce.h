/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is published of a record that changed by @verb, "opened" or "confirmed": the message waits for the commit
 * (ismsd/announce.h). The ledger thread.
 */

#include "model/alert.h"
#include "model/incident.h"
#include "model/nonconformity.h"

struct recorder;

void recorder_announce_alert(struct recorder *r, const struct alert *alert, const char *verb);
void recorder_announce_incident(struct recorder *r, const struct incident *incident, const char *verb);
void recorder_announce_nonconformity(struct recorder *r, const struct nonconformity *n, const char *verb);
