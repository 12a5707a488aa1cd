/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Activation: sockets that were open before the daemon was: systemd's socket activation (systemd.socket(5)).
 *
 * The service manager binds, so the daemon needs no right to; and it keeps the sockets while the daemon is away, with
 * what comes meanwhile. An input takes the sockets that bear its name (FileDescriptorName=), and those at its address
 * that no input is named for; what it does not bind it does not remove either.
 *
 * Lanes: a listening socket is shared by all of them, whoever is free accepts. A datagram socket is read by one lane,
 * so that what one sender sends stays in order; to have more of them read, as many sockets must be handed in for the
 * same address (ReusePort=yes), and the kernel deals the senders out.
 *
 * The protocol is three variables of the environment, LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, and descriptors from 3
 * on, and is promised to stay (sd_listen_fds(3)): less code than to call a library for it.
 */

#include "config/settings.h"

enum { ACTIVATION_FIRST = 3, ACTIVATION_MAX = 256 };

struct activation;

/**
 * activation_take() - take over what was handed to this process, from descriptor @first on; the environment forgets it
 *
 * Before any thread is started. Return: 0, with *@out NULL where there is nothing; or negative errno, logged.
 */
int activation_take(struct activation **out, int first);

/** activation_free() - close them; the inputs' own descriptors stay open. */
void activation_free(struct activation *a);
CLEANUP_DEFINE(activation_free, struct activation *)

/**
 * activation_assign() - decide which input takes which socket; what nobody takes is warned about, and closed
 *
 * Return: 0, or -EINVAL where what is meant for an input is of another kind, logged.
 */
int activation_assign(struct activation *a, const struct settings *settings);

/** activation_count() - how many sockets the configured input @i takes; 0 where @a is NULL. */
size_t activation_count(const struct activation *a, size_t i);

/** activation_is_elsewhere() - whether input @i takes sockets, and none of them is for @lane of @n_lanes. */
bool activation_is_elsewhere(const struct activation *a, size_t i, unsigned lane, unsigned n_lanes);

/**
 * activation_socket() - that of input @i for @lane of @n_lanes
 *
 * Return: a descriptor of the caller's; -ENOENT where there is none; -E2BIG where there are more than lanes to read
 * them; another negative errno.
 */
int activation_socket(const struct activation *a, size_t i, unsigned lane, unsigned n_lanes);
