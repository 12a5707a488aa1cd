/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Syslog, inside: what the two formats share. Only parsers/syslog*.c include this.
 */

#include "base/cursor.h"
#include "parsers/syslog.h"
#include "parsers/timestamp.h"

#define SYSLOG_FAR_NS (86400 * NS_PER_S)

/** A message being read. */
struct syslog_reader {
    struct syslog_message *out;
    struct timestamp_options time;
    struct arena *arena;
    bool utf8;         /* all of the message is UTF-8 */
    bool had_line_end; /* one was cut off its end */
};

/** syslog_rfc5424_read() - read @in, what follows PRI, as RFC 5424. Return: whether it has that shape at all. */
bool syslog_rfc5424_read(struct syslog_reader *r, struct slice in);

/** syslog_rfc3164_read() - read @in, what follows PRI, as RFC 3164 and its kin; takes anything. */
void syslog_rfc3164_read(struct syslog_reader *r, struct slice in);

/** syslog_structured_read() - the STRUCTURED-DATA that @in begins with, strictly or leniently. Return: its length. */
size_t syslog_structured_read(struct syslog_reader *r, struct slice in);

/**
 * syslog_structured_read_exact() - the STRUCTURED-DATA that @in begins with, where it cannot be plain text in brackets:
 * exactly as the standard has it, a parameter in each element, and a blank or nothing behind. Return: its length, or 0.
 */
size_t syslog_structured_read_exact(struct syslog_reader *r, struct slice in);

/** syslog_timestamp_set() - what the header's stamp, the first @n bytes of @in, says. */
static inline void
syslog_timestamp_set(struct syslog_reader *r, struct slice in, size_t n, struct timestamp t)
{
    int64_t received = r->time.received.ns;
    uint32_t marks = r->out->marks;

    marks |= t.marks & TIMESTAMP_YEAR_GUESSED ? SYSLOG_YEAR_GUESSED : 0;
    marks |= t.marks & TIMESTAMP_ZONE_ASSUMED ? SYSLOG_ZONE_ASSUMED : 0;
    marks |= t.marks & TIMESTAMP_OUT_OF_RANGE ? SYSLOG_BAD_TIMESTAMP | SYSLOG_TIME_FAR : 0;
    marks |= t.time.ns > received + SYSLOG_FAR_NS || t.time.ns < received - SYSLOG_FAR_NS ? SYSLOG_TIME_FAR : 0;
    r->out->marks = marks;
    r->out->timestamp = t.time;
    r->out->timestamp_text = slice_head(in, n);
}

/** syslog_is_payload() - whether @in begins with a format of its own that looks like a tag: CEF or LEEF. */
static inline bool
syslog_is_payload(struct slice in)
{
    size_t n = slice_starts(in, SLICE("CEF:")) ? 4 : slice_starts(in, SLICE("LEEF:")) ? 5 : 0;

    n += n > 0 && in.n > n && in.p[n] == ' ';
    return n > 0 && in.n > n && (unsigned)(in.p[n] - '0') < 10;
}

/** syslog_severity_known() - whether @word is a severity's name, as BSD's syslog.conf spells them. */
bool syslog_severity_known(struct slice word);

/** syslog_facility_known() - whether @word is a facility's name. */
bool syslog_facility_known(struct slice word);

/** syslog_present() - a header field, where "-" and nothing mean that it is absent. */
static inline struct slice
syslog_present(struct slice s)
{
    return s.n == 0 || (s.n == 1 && s.p[0] == '-') ? (struct slice){NULL, 0} : s;
}
