/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Log: what the daemon says about itself, on stderr, a line each: `level room: sentence`.
 *
 * Lines are written whole by one write(2), so threads do not interleave. Under systemd each carries the level's
 * <N> prefix (sd-daemon(3)); otherwise the time. Text from outside is escaped by whoever calls. Any thread may call.
 */

#include "base/defs.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/** log_set_level() - say nothing less urgent than @level; before threads start. The default is info. */
void log_set_level(enum log_level level);

void log_line(enum log_level level, const char *room, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_error(room, ...)   log_line(LOG_LEVEL_ERROR, room, __VA_ARGS__)
#define log_warning(room, ...) log_line(LOG_LEVEL_WARNING, room, __VA_ARGS__)
#define log_notice(room, ...)  log_line(LOG_LEVEL_NOTICE, room, __VA_ARGS__)
#define log_info(room, ...)    log_line(LOG_LEVEL_INFO, room, __VA_ARGS__)
#define log_debug(room, ...)   log_line(LOG_LEVEL_DEBUG, room, __VA_ARGS__)

/** log_failure() - the error line for the failure @r, with the way it took (base/error.h). */
void log_failure(const char *room, int r, const char *what);
