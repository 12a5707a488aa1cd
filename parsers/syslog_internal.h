/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Syslog, inside: what the two formats share. Only parsers/syslog*.c include this.
 */

#include "base/cursor.h"
#include "parsers/syslog.h"
#include "parsers/timestamp.h"

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

/** syslog_structured_take() - take STRUCTURED-DATA off the front of @in, strictly or else leniently. Return: whether.
 */
bool syslog_structured_take(struct syslog_reader *r, struct slice *in);

/** syslog_timestamp_set() - what the header's stamp says. */
void syslog_timestamp_set(struct syslog_reader *r, const struct timestamp *t);

/** syslog_is_payload() - whether @in begins with a format of its own that looks like a tag: CEF or LEEF. */
bool syslog_is_payload(struct slice in);

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
