/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/syslog_internal.h"

/*
 * RFC 5424 section 6:
 *
 *     SYSLOG-MSG = HEADER SP STRUCTURED-DATA [SP MSG]
 *     HEADER     = PRI VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID
 *
 * Fields are read as far as they can be; `rfc5424_valid` falls with the first breach of the grammar and stays down.
 */

#include "base/utf8.h"

#define BOM "\xef\xbb\xbf"

enum { HOSTNAME_MAX = 255, APP_NAME_MAX = 48, PROCID_MAX = 128, MSGID_MAX = 32, BAD_TIMESTAMP_MIN = 8 };

/* VERSION = NONZERO-DIGIT 0*2DIGIT, and SP. */
static inline size_t
read_version(struct syslog_reader *r, struct slice in)
{
    struct slice rest = in;
    unsigned version;

    if (LIKELY(in.n > 1 && in.p[0] == '1' && in.p[1] == ' '))
        return 2;
    if (!cursor_number(&rest, 3, &version) || !cursor_skip(&rest, ' '))
        return 0;
    r->out->marks |= SYSLOG_VERSION_ODD;
    r->out->rfc5424_valid &= in.p[0] != '0';
    return in.n - rest.n;
}

/* A stamp that is none, in a message that is version 1 all the same: something long that begins with a digit. */
static size_t
read_bad_timestamp(struct syslog_reader *r, struct slice in)
{
    size_t n = slice_find(in, ' ');
    struct timestamp t;

    if (n < BAD_TIMESTAMP_MIN || (unsigned)(in.p[0] - '0') > 9 || (r->out->marks & SYSLOG_VERSION_ODD) != 0 ||
        timestamp_read(in, &r->time, &t) > 0)
        return 0;
    r->out->marks |= SYSLOG_BAD_TIMESTAMP;
    r->out->timestamp_text = slice_head(in, n);
    r->out->rfc5424_valid = false;
    return n;
}

/* TIMESTAMP = NILVALUE / FULL-DATE "T" FULL-TIME, and SP. Return: 0 where this cannot be RFC 5424. */
static inline size_t
read_timestamp(struct syslog_reader *r, struct slice in)
{
    struct timestamp t;
    size_t n;

    if (in.n > 1 && in.p[0] == '-' && in.p[1] == ' ') {
        r->out->marks |= SYSLOG_NO_TIMESTAMP;
        return 2;
    }
    n = timestamp_read_rfc3339(in, &r->time, &t);
    if (LIKELY(n > 0 && (n == in.n || in.p[n] == ' '))) {
        syslog_timestamp_set(r, in, n, t);
        if (t.marks & TIMESTAMP_LENIENT)
            r->out->rfc5424_valid = false;
    } else {
        n = read_bad_timestamp(r, in);
    }
    return n + (n > 0 && n < in.n);
}

/* A field that the standard does not allow, @n bytes into it: it is taken whole, and costs the verdict. */
static size_t
odd_word_length(struct syslog_reader *r, struct slice in, size_t n)
{
    r->out->rfc5424_valid = false;
    return n + slice_find(slice_from(in, n), ' ');
}

/* NILVALUE / 1*@n_max PRINTUSASCII, and SP. Return: what is behind it. */
static inline struct slice
read_word(struct syslog_reader *r, struct slice in, size_t n_max, struct slice *word)
{
    size_t n = 0;

    while (n < in.n && (unsigned char)(in.p[n] - 33) < 94)
        n++;
    if (UNLIKELY(n == 0 || n > n_max || n == in.n || in.p[n] != ' '))
        n = odd_word_length(r, in, n);
    *word = syslog_present(slice_head(in, n));
    return slice_from(in, n + (n < in.n));
}

/* STRUCTURED-DATA = NILVALUE / 1*SD-ELEMENT. What is neither stays, as message. Return: what is behind it. */
static inline struct slice
read_structured(struct syslog_reader *r, struct slice in)
{
    size_t n;

    if (in.n > 0 && in.p[0] == '-' && (in.n == 1 || in.p[1] == ' '))
        return slice_from(in, 1);
    n = syslog_structured_read(r, in);
    if (n > 0) {
        r->out->structured_data = slice_head(in, n);
    } else {
        r->out->marks |= SYSLOG_BAD_STRUCTURED;
        r->out->rfc5424_valid = false;
    }
    return slice_from(in, n);
}

/* [SP MSG], MSG = MSG-ANY / BOM UTF-8-STRING. The BOM is no part of the text. */
static inline void
read_msg(struct syslog_reader *r, struct slice in)
{
    if (in.n == 0) {
        r->out->rfc5424_valid &= !r->had_line_end;
    } else if (in.p[0] == ' ') {
        in = slice_from(in, 1);
    } else {
        r->out->rfc5424_valid = false;
    }
    if (UNLIKELY(slice_starts(in, SLICE(BOM)))) {
        in = slice_from(in, sizeof(BOM) - 1);
        r->out->rfc5424_valid = r->out->rfc5424_valid && (r->utf8 || utf8_valid(in));
    }
    r->out->msg = in;
    r->out->content = in;
}

/* A message in a format of its own where APP-NAME should stand: the rest of the header is missing. */
static void
read_payload(struct syslog_reader *r, struct slice in)
{
    r->out->marks |= SYSLOG_BAD_STRUCTURED;
    r->out->rfc5424_valid = false;
    r->out->msg = in;
    r->out->content = in;
}

bool
syslog_rfc5424_read(struct syslog_reader *r, struct slice in)
{
    struct syslog_message *out = r->out;
    size_t n_version = read_version(r, in);
    size_t n_timestamp = n_version == 0 ? 0 : read_timestamp(r, slice_from(in, n_version));

    if (n_timestamp == 0) {
        out->marks &= ~(uint32_t)SYSLOG_VERSION_ODD;
        return false;
    }
    out->format = SYSLOG_RFC5424;
    in = read_word(r, slice_from(in, n_version + n_timestamp), HOSTNAME_MAX, &out->hostname);
    if (UNLIKELY(syslog_is_payload(in))) {
        read_payload(r, in);
        return true;
    }
    in = read_word(r, in, APP_NAME_MAX, &out->app_name);
    in = read_word(r, in, PROCID_MAX, &out->procid);
    in = read_word(r, in, MSGID_MAX, &out->msgid);
    read_msg(r, read_structured(r, in));
    return true;
}
