/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Server: the daemon's end of the control socket, served from the main loop.
 *
 * Sockets never block: a client that is slow to ask or to read costs one of CTL_CLIENTS_MAX places, not the loop. Who
 * has not asked within seconds, or does not read on, is cut off; where all places are taken, the one that has been
 * silent longest gives way to who comes, and when all are being answered, who comes is told so. The socket file is for
 * the daemon's user and group only.
 */

#include "base/clock.h"
#include "base/counters.h"
#include "ctl/ctl_proto.h"

enum { CTL_CLIENTS_MAX = 64 };

struct ctl_server;

/** Answers @request by appending rows and the last line (ctl_end()) to @out. */
typedef void ctl_fn(void *ctx, const struct ctl_request *request, struct buffer *out);

/**
 * ctl_server_open() - listen on the socket file @path, replacing a dead one
 *
 * Return: 0, -EADDRINUSE when a living daemon answers there, or another negative errno.
 */
int ctl_server_open(struct ctl_server **out, const char *path, ctl_fn *fn, void *ctx, const struct clock *clock);
void ctl_server_close(struct ctl_server *s);
CLEANUP_DEFINE(ctl_server_close, struct ctl_server *)

/** ctl_server_fd() - a descriptor that is readable when ctl_server_serve() has something to do. */
int ctl_server_fd(const struct ctl_server *s);

/** ctl_server_counters() - clients, and those cut off or refused. Any thread. */
const struct counters *ctl_server_counters(const struct ctl_server *s);

/** ctl_server_serve() - do what can be done without waiting; also call it once a second for time-outs. */
void ctl_server_serve(struct ctl_server *s);
