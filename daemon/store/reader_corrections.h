/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which times of a record are not as they were first written: a correction is an entry, and whoever shows a figure says
 * of how many cases it changed one.
 */

#include "model/incident.h"
#include "store/reader.h"

/**
 * reader_is_corrected() - whether somebody corrected one of two times of @incident
 * @times: their names, "detected", "contained" …
 *
 * May be called while a list is being read. Return: 0 or negative errno.
 */
int reader_is_corrected(
    struct reader *r, const struct incident *incident, const char *const times[static 2], bool *out);
