/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Moves that people make: each in a transaction of its own, committed before it is answered. The ledger thread.
 */

#include "ismsd/work.h"

struct recorder;

/** recorder_command() - carry out @c and answer it; with no transaction open, and not while stalled. */
void recorder_command(struct recorder *r, struct command_work *c);
