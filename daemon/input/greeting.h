/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Greeting: what comes before a connection's first message: who sends, by a PROXY header, a TLS certificate, or both.
 */

#include "input/connection.h"

/** greeting_begin() - decide by where @c comes from, @address, what it must begin with. Return: 0 or -ENOMEM. */
int greeting_begin(struct connection *c, const unsigned char address[static 16]);

/** greeting_close_late() - close @c, whose greeting took too long, and count it. */
void greeting_close_late(struct connection *c);

/** greeting_refuse_sender() - log and count a sender that may not send here. */
void greeting_refuse_sender(struct tcp_input *tcp, const char *peer, unsigned port);
