/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Value: what a field's text means when a rule compares it as a number, an address or a time.
 *
 * The whole text must be one, without blanks; anything else is none. Pure; any thread.
 */

#include "base/slice.h"

/** value_number() - `[+-]digits[.digits][e[+-]digits]`, as JSON has it but for a leading plus or zeros. */
bool value_number(struct slice text, double *number);

/**
 * value_address() - an IPv4 or IPv6 address as 16 bytes, IPv4 as ::ffff:a.b.c.d
 * @text:    as RFC 4291 section 2.2 writes it; a zone ("%eth0") is passed over
 * @address: set
 * @v4:      set to whether it was written as IPv4
 */
bool value_address(struct slice text, unsigned char address[static 16], bool *v4);

/** A time as a calendar shows it, in whatever zone it was written. */
struct civil_time {
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int week; /* of the year, ISO 8601 */
};

/**
 * value_civil_time() - `YYYY-MM-DD`, and where a `T` or blank follows `HH:MM`; whatever stands behind is passed over
 *
 * A number is seconds, milliseconds, microseconds or nanoseconds since 1970 in UTC, told apart by their size.
 */
bool value_civil_time(struct slice text, struct civil_time *out);
