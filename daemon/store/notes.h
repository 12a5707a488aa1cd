/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Notes: checkpoints as files beside the database: `checkpoint` is the latest, 2026-11-23.txt holds all of that day, an
 * empty line between two. Whoever copies them elsewhere can later show that the ledger only grew. Internal to store/.
 */

#include "base/clock.h"
#include "base/slice.h"

/**
 * notes_publish() - add @notes to the file of the day of @at in the folder @path, and make @latest the latest
 *
 * Return: 0 or negative errno.
 */
int notes_publish(const char *path, struct slice notes, struct slice latest, struct walltime at);
