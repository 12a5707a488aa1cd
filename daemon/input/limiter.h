/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Limiter: how many messages a second are taken from one sender, whatever others send.
 *
 * A sender may send a second's worth at once and then at the rate (a token bucket). Its table has a fixed size: where
 * too many senders hash to one place, the one heard least lately makes room, which is counted, and what was suppressed
 * of it is told first, so that no number is lost. Of one lane; nothing is allocated after limiter_new().
 */

#include "base/clock.h"
#include "base/slice.h"

enum { LIMITER_SENDER_MAX = 64 }; /* bytes of an address as text */

struct limiter;

/** Told of each sender of which something was suppressed, and how many messages. */
typedef void limiter_fn(void *ctx, struct slice sender, uint64_t n);

/** limiter_new() - @rate messages a second, at least 1; @fn is called with @ctx. Return: 0 or -ENOMEM. */
int limiter_new(struct limiter **out, uint64_t rate, limiter_fn *fn, void *ctx);
void limiter_free(struct limiter *l);

/** limiter_take() - whether a message of @sender at @now is to be taken; where not, it is counted for the report. */
bool limiter_take(struct limiter *l, struct slice sender, struct monotime now);

/** limiter_report() - tell of what was suppressed since the last report. */
void limiter_report(struct limiter *l);

/** limiter_evicted() - how many senders made room for others so far. */
uint64_t limiter_evicted(const struct limiter *l);
