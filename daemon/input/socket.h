/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Socket: what every listening socket needs before its first byte.
 */

#include "input/input.h"

/**
 * socket_bind() - a non-blocking socket of @type, bound to the input's address and port, which it may share
 *
 * "::" takes IPv4 too. Sets input->port. Return: the descriptor, the caller's, or negative errno.
 */
int socket_bind(struct input *input, int type);

/** socket_probe() - whether a socket of @type could have the address of @s all to itself. Return: 0 or negative errno.
 */
int socket_probe(const struct input_settings *s, int type);

/**
 * socket_set_receive_buffer() - ask for the configured receive buffer of @fd and see what was given
 *
 * Past net.core.rmem_max it takes CAP_NET_ADMIN; less than asked for is a warning with both figures.
 */
void socket_set_receive_buffer(struct input *input, int fd);
