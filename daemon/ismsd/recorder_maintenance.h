/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Maintenance on record: configured windows as they come round, what people declare, and what happened meanwhile.
 *
 * The ledger thread. What begins or changes something is inside a transaction, and returns 0, STORE_E_… or -errno.
 */

#include "base/clock.h"
#include "base/slice.h"

struct recorder;

int recorder_maintenance_new(struct recorder *r);
void recorder_maintenance_free(struct recorder *r);

/** recorder_maintenance_changed() - what is live was moved: it is read again from the store at the next tick. */
void recorder_maintenance_changed(struct recorder *r);

/** recorder_maintenance_tick() - begin and end what is due, and tell the watch which sources are in it. */
int recorder_maintenance_tick(struct recorder *r, struct walltime now);

/** recorder_in_maintenance() - whether source @i is, as of the last tick; NO_SOURCE: all are, and the daemon. */
bool recorder_in_maintenance(const struct recorder *r, size_t i);

/** recorder_maintenance_note() - @text into the report of what has begun and covers source @i. */
int recorder_maintenance_note(struct recorder *r, size_t i, struct slice text);

struct maintenance;
struct buffer;

/** recorder_maintenance_close() - @m ends: its report with who was not heard in it, into @out and @m. Return: 0 or
 * -ENOMEM. */
int recorder_maintenance_close(struct recorder *r, struct maintenance *m, struct buffer *out);

/** recorder_maintenance_within() - how much of [from, until) lay in maintenance of all. */
int64_t recorder_maintenance_within(struct recorder *r, struct walltime from, struct walltime until);
