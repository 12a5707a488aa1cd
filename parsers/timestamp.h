/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Timestamp: the moment that a text of one of the many forms in logs speaks of.
 *
 * What a text does not say is filled in and marked: the year from the time of receipt, taking the date nearest to it,
 * and the zone from what the source is configured for. The calendar is the proleptic Gregorian one, reckoned exactly;
 * nothing here asks the C library or the system's zones. Pure; any thread.
 */

#include "base/clock.h"
#include "base/slice.h"

enum timestamp_mark {
    TIMESTAMP_LENIENT = 1 << 0, /* not written as RFC 5424 section 6.2.3 has it */
    TIMESTAMP_YEAR_GUESSED = 1 << 1,
    TIMESTAMP_ZONE_ASSUMED = 1 << 2,
    TIMESTAMP_UNSYNCED = 1 << 3,     /* the sender says that its clock is not set or out of step (Cisco's * and .) */
    TIMESTAMP_OUT_OF_RANGE = 1 << 4, /* a real date, but not between 1678 and 2261, which struct walltime can hold */
};

struct timestamp {
    struct walltime time; /* 0 where it is out of range */
    uint32_t marks;       /* enum timestamp_mark */
};

struct timestamp_options {
    struct walltime received; /* what a missing year is nearest to */
    int zone_minutes;         /* east of UTC, for stamps without a zone */
};

/**
 * timestamp_read_rfc3339() - the RFC 3339 date and time that @in begins with
 *
 * Also accepted, as TIMESTAMP_LENIENT: small t and z, a blank for T, a comma for the point, any number of fraction
 * digits (nine count), an offset without colon or after a blank, no zone at all.
 *
 * Return: how many bytes of @in it is; 0 where there is none, and @out is unchanged.
 */
size_t timestamp_read_rfc3339(struct slice in, const struct timestamp_options *options, struct timestamp *out);

/**
 * timestamp_read() - the stamp of any form that log headers begin with that @in begins with
 *
 * RFC 3339 as above; RFC 3164's "Mmm dd hh:mm:ss" with or without a weekday, a year before, within or behind, a
 * fraction, AM or PM, a zone's name or offset, Cisco's marks * and .; "dd/mm/yyyy:hh:mm:ss" or "mm/dd/yyyy:…";
 * seconds since 1970 with ten digits and a fraction. A colon behind the stamp is no part of it.
 *
 * Source: RFC 3164 section 4.1.2 and what is really sent. Return: as timestamp_read_rfc3339().
 */
size_t timestamp_read(struct slice in, const struct timestamp_options *options, struct timestamp *out);

/** timestamp_parse_rfc3339() - the time that @text is, all of it and with a zone, leniently. Return: whether it is one.
 */
bool timestamp_parse_rfc3339(struct slice text, struct walltime *out);

/** timestamp_parse_clf() - the time that @text is as in access logs, 10/Oct/2000:13:55:36 -0700. Return: whether it is.
 */
bool timestamp_parse_clf(struct slice text, struct walltime *out);
