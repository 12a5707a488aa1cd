/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * TCP: what inputs over TCP share: what struct input_ops asks for, of a state that begins with a struct tcp_input. What
 * its connections speak, `session`, is set before tcp_open().
 */

#include "input/connection.h"

int tcp_open(struct input *input);
void tcp_close(struct input *input);
void tcp_tick(struct input *input);
void tcp_reload(struct input *input);

/** tcp_close_door() - let nobody in any more. */
void tcp_close_door(struct input *input);

/** tcp_finish_greetings() - close connections of which it is not known yet who sends. */
void tcp_finish_greetings(struct tcp_input *tcp);
