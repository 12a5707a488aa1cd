/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Daemon: the main thread: signals, control socket, reload, and the order of start and stop.
 */

#include "config/load.h"

/**
 * daemon_run() - start, run until SIGTERM or SIGINT (or until every input has ended), stop in order
 *
 * SIGHUP reloads. At the stop inputs are read out, what they held is recorded and committed.
 *
 * Return: the process's exit code: 0 after an orderly stop, 1 where it could not start or not all could be recorded.
 */
int daemon_run(const struct settings *settings);
