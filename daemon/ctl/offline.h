/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Offline: the verbs that need no daemon. Each reads its command line, works, prints, and returns an exit code.
 */

#include "config/load.h"
#include "ctl/invocation.h"

/** offline_parse() - `parse`: standard input as syslog, one JSON object a frame. */
int offline_parse(const struct invocation *inv, const struct settings *settings);

/** offline_rules_check() - `rules check DIR`: every problem as file:line:col, then counts. */
int offline_rules_check(const struct invocation *inv, const struct settings *settings);

/** offline_rules_match() - `rules match --rules DIR`: which rules match each JSON event of standard input. */
int offline_rules_match(const struct invocation *inv, const struct settings *settings);

/** offline_verify() - `verify`: the ledger and all that hangs on it, recomputed from the files. */
int offline_verify(const struct invocation *inv, const struct settings *settings);
