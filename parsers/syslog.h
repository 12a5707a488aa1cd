/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Syslog: the header of one message, RFC 5424 or RFC 3164 or whatever came.
 *
 * Never refuses: what is missing or wrong is a mark, and `msg` holds what could not be read as header. The RFC 5424
 * verdict is strict and separate from the fields, which are read leniently. All slices point into the message, except
 * parameter values that had escapes, which are in the arena.
 */

#include "base/arena.h"
#include "base/clock.h"

enum { SYSLOG_PRI_MAX = 191, SYSLOG_PRI_DEFAULT = 13, SYSLOG_PARAMS_MAX = 256 };

enum syslog_mark {
    SYSLOG_NO_PRI          = 1 << 0,
    SYSLOG_BAD_PRI         = 1 << 1,  /* out of range, leading zero, unclosed: the default holds */
    SYSLOG_NO_TIMESTAMP    = 1 << 2,
    SYSLOG_BAD_TIMESTAMP   = 1 << 3,
    SYSLOG_YEAR_GUESSED    = 1 << 4,  /* the header has none: the nearest to the time of receipt */
    SYSLOG_ZONE_ASSUMED    = 1 << 5,  /* the header has none: the source's configured zone, else UTC */
    SYSLOG_TIME_FAR        = 1 << 6,  /* more than a day from the time of receipt */
    SYSLOG_NO_HOSTNAME     = 1 << 7,
    SYSLOG_BAD_STRUCTURED  = 1 << 8,  /* missing, read leniently, or, where it breaks off, left in the message */
    SYSLOG_DUPLICATE_SD_ID = 1 << 9,
    SYSLOG_PARAMS_DROPPED  = 1 << 10, /* more parameters than the limit */
    SYSLOG_NOT_UTF8        = 1 << 11, /* the message holds bytes that are not UTF-8 */
    SYSLOG_CONTROL_BYTES   = 1 << 12, /* NUL or other control characters inside */
    SYSLOG_VERSION_ODD     = 1 << 13, /* RFC 5424 shape with a version other than 1 */
    SYSLOG_EMPTY           = 1 << 14, /* nothing after the header */
};

enum syslog_format { SYSLOG_UNKNOWN, SYSLOG_RFC3164, SYSLOG_RFC5424 };

struct syslog_param {
    struct slice id;    /* SD-ID */
    struct slice name;  /* {NULL, 0}: the element `id` has no parameters, and this entry only says that it stood there */
    struct slice value; /* unescaped */
};

struct syslog_message {
    enum syslog_format format;
    uint32_t marks;     /* enum syslog_mark */
    bool rfc5424_valid; /* the standard's strict verdict */
    bool has_pri;
    uint8_t facility;
    uint8_t severity;
    struct slice timestamp_text;
    struct walltime timestamp; /* 0 where there is none */
    struct slice hostname;     /* each {NULL, 0} where absent or "-" */
    struct slice app_name;
    struct slice procid;
    struct slice msgid;
    struct slice structured_data; /* raw, {NULL, 0} where absent */
    const struct syslog_param *params;
    size_t n_params;
    struct slice msg;
    struct slice content; /* what follows the header as it stood: of RFC 3164 with the tag, else `msg` */
};

struct syslog_options {
    struct walltime received; /* for the year, and for what is far */
    int zone_minutes;         /* east of UTC, for stamps without a zone */
};

/**
 * syslog_parse() - read the header of @raw
 * @out:     all of it is set
 * @raw:     one message, without framing
 * @options: what the message cannot say
 * @arena:   for parameters and unescaped values; where it overflows they are dropped and marked
 *
 * Source: RFC 5424 section 6; RFC 3164 section 4 and what is really sent. Pure; any thread.
 */
void syslog_parse(struct syslog_message *out, struct slice raw, const struct syslog_options *options, struct arena *arena);

/** syslog_mark_name() - the name of the lowest mark in @marks, as "bad-pri"; clears it. Return: NULL when none is left. */
const char *syslog_mark_name(uint32_t *marks);

/** syslog_facility_name() - "kern" … "local7". */
const char *syslog_facility_name(unsigned facility);

/** syslog_severity_name() - "emerg" … "debug". */
const char *syslog_severity_name(unsigned severity);
