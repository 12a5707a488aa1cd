/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Socket: what every listening socket needs before its first byte.
 */

#include "input/input.h"
#include "input/peer.h"

/**
 * socket_bind() - a non-blocking socket of @type, bound to the input's address and port, which it may share
 *
 * "::" takes IPv4 too. Where a socket was handed in for the input, it is that (input->handed), and a stream socket
 * listens already. Sets input->port. Return: the descriptor, the caller's, or negative errno.
 */
int socket_bind(struct input *input, int type);

/** socket_handed() - what was handed in for the input on its lane. Return: a descriptor, -ENOENT, or negative errno. */
int socket_handed(struct input *input);

/** socket_address() - the configured address and port. Return: 0, or -EINVAL for what is none, logged. */
int socket_address(const struct input_settings *s, union peer_address *out);

/** socket_probe() - whether a socket of @type could have the address of @s all to itself. Return: 0 or negative errno.
 */
int socket_probe(const struct input_settings *s, int type);

/**
 * socket_set_receive_buffer() - ask for the configured receive buffer of @fd and see what was given
 *
 * Past net.core.rmem_max it takes CAP_NET_ADMIN; less than asked for is a warning with both figures. That of a socket
 * handed in may be larger than we could ask for, and is never made smaller.
 */
void socket_set_receive_buffer(struct input *input, int fd);
