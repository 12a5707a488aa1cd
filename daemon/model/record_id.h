/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Record id: how people name a record: A-2026-000123 for an alert, I-… an incident, N-… a nonconformity,
 * M-… a maintenance.
 *
 * The number alone identifies a record of its kind; the year is that of its opening, in UTC, and says so to people.
 */

#include "base/clock.h"
#include "base/slice.h"

enum record_kind { RECORD_ALERT, RECORD_INCIDENT, RECORD_NONCONFORMITY, RECORD_MAINTENANCE };

enum { RECORD_ID_MAX = 32 };

struct record_id {
    enum record_kind kind;
    unsigned year; /* 0 where only a number was written */
    int64_t number;
};

/** record_id_print() - the name of record @number of @kind, opened at @opened. Return: @out. */
const char *record_id_print(
    enum record_kind kind, struct walltime opened, int64_t number, char out[static RECORD_ID_MAX]);

/**
 * record_id_parse() - read "I-2026-000123"; the letter's case and leading zeros do not matter
 *
 * "I-123" is taken too, with year 0. Return: whether @text is the name of a record and nothing else.
 */
bool record_id_parse(struct slice text, struct record_id *id);
