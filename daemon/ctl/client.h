/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Client: ismsctl's end of the control socket.
 */

#include "base/buffer.h"

/**
 * client_ask() - send @request (one JSON object) to the daemon at @path and append all it answers to @answer
 *
 * Return: 0 or negative errno; -ECONNREFUSED and -ENOENT say that no daemon is there.
 */
int client_ask(const char *path, struct slice request, struct buffer *answer);
