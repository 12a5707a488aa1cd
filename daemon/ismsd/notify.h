/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Notify: what the service manager is told of the daemon's life (sd_notify(3)), where it asks: datagrams of lines
 * KEY=value to the socket that NOTIFY_SOCKET names, and, where WATCHDOG_USEC asks for them, signs of life.
 *
 * Like socket activation (input/activation.h) it is a promised protocol, and shorter than calling a library for it.
 * Where nobody asks, every call does nothing. The main thread.
 */

#include "base/clock.h"
#include "base/slice.h"

struct notify {
    int fd;              /* connected; -1: nobody asks */
    int64_t watchdog_ns; /* how often a sign of life is due; 0: none is asked for */
    struct monotime next_sign;
};

/** notify_open() - from the environment, which then says nothing of it; what makes no sense is logged, and nobody asks.
 */
void notify_open(struct notify *n, const struct clock *clock);
void notify_close(struct notify *n);

/** notify_ready() - the start, or the reload, is done; @status is a line for people. */
void notify_ready(struct notify *n, struct slice status);

/** notify_reloading() - until notify_ready(). */
void notify_reloading(struct notify *n, struct monotime now);

/** notify_status() - a line for people. */
void notify_status(struct notify *n, struct slice status);

/** notify_stopping() - until the end. */
void notify_stopping(struct notify *n);

/** notify_sign_due() - whether a sign of life should be given at @now; it should be looked at every notify_wait_ms().
 */
bool notify_sign_due(const struct notify *n, struct monotime now);

/** notify_sign() - one. */
void notify_sign(struct notify *n, struct monotime now);

/** notify_wait_ms() - how long to wait for other things at most, where @wait_ms would do. */
int notify_wait_ms(const struct notify *n, int wait_ms);
