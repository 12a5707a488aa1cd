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

enum { HOSTNAME_MAX = 255, APP_NAME_MAX = 48, PROCID_MAX = 128, MSGID_MAX = 32, BAD_TIMESTAMP_MIN = 8 };

/* VERSION = NONZERO-DIGIT 0*2DIGIT, and SP. */
static bool
take_version(struct syslog_reader *r, struct slice *in, unsigned *version)
{
    struct slice rest = *in;

    if (!cursor_number(&rest, 3, version) || !cursor_skip(&rest, ' '))
        return false;
    if (*version != 1)
        r->out->marks |= SYSLOG_VERSION_ODD;
    r->out->rfc5424_valid &= in->p[0] != '0';
    *in = rest;
    return true;
}

/* A stamp that is none, in a message that is version 1 all the same: something long that begins with a digit. */
static bool
take_bad_timestamp(struct syslog_reader *r, struct slice *in)
{
    struct slice rest = *in;
    struct timestamp t;
    struct slice text;

    if (rest.n == 0 || (unsigned)(rest.p[0] - '0') > 9 || timestamp_take(&rest, &r->time, &t))
        return false;
    text = cursor_until(in, ' ');
    if (text.n < BAD_TIMESTAMP_MIN)
        return false;
    r->out->marks |= SYSLOG_BAD_TIMESTAMP;
    r->out->timestamp_text = text;
    r->out->rfc5424_valid = false;
    (void)cursor_skip(in, ' ');
    return true;
}

/* TIMESTAMP = NILVALUE / FULL-DATE "T" FULL-TIME, and SP. Return: whether this can be RFC 5424. */
static bool
take_timestamp(struct syslog_reader *r, struct slice *in, unsigned version)
{
    struct slice rest = *in;
    struct timestamp t;

    if (cursor_skip(&rest, '-') && cursor_skip(&rest, ' ')) {
        r->out->marks |= SYSLOG_NO_TIMESTAMP;
        *in = rest;
        return true;
    }
    rest = *in;
    if (!timestamp_take_rfc3339(&rest, &r->time, &t) || (rest.n > 0 && !cursor_skip(&rest, ' ')))
        return version == 1 && take_bad_timestamp(r, in);
    syslog_timestamp_set(r, &t);
    if (t.marks & TIMESTAMP_LENIENT)
        r->out->rfc5424_valid = false;
    *in = rest;
    return true;
}

/* NILVALUE / 1*@n_max PRINTUSASCII, and SP. A longer or odd one is taken whole and costs the verdict. */
static inline struct slice
take_word(struct syslog_reader *r, struct slice *in, size_t n_max)
{
    struct slice word;
    size_t n = 0;

    while (n < in->n && (unsigned char)(in->p[n] - 33) < 94)
        n++;
    if (UNLIKELY(n == 0 || n > n_max || n == in->n || in->p[n] != ' ')) {
        r->out->rfc5424_valid = false;
        n += slice_find(slice_from(*in, n), ' ');
    }
    word = slice_head(*in, n);
    *in = slice_from(*in, n);
    (void)cursor_skip(in, ' ');
    return syslog_present(word);
}

/* STRUCTURED-DATA = NILVALUE / 1*SD-ELEMENT. What is neither stays, as message. */
static void
read_structured(struct syslog_reader *r, struct slice *in)
{
    struct slice before = *in;
    struct slice rest = *in;

    if (cursor_skip(&rest, '-') && (rest.n == 0 || cursor_at(&rest, ' '))) {
        *in = rest;
    } else if (syslog_structured_take(r, in)) {
        r->out->structured_data = slice_head(before, before.n - in->n);
    } else {
        r->out->marks |= SYSLOG_BAD_STRUCTURED;
        r->out->rfc5424_valid = false;
    }
}

/* [SP MSG], MSG = MSG-ANY / BOM UTF-8-STRING. The BOM is no part of the text. */
static void
read_msg(struct syslog_reader *r, struct slice in)
{
    if (in.n == 0) {
        r->out->rfc5424_valid &= !r->had_line_end;
    } else if (!cursor_skip(&in, ' ')) {
        r->out->rfc5424_valid = false;
    }
    if (cursor_skip_text(&in, SLICE("\xef\xbb\xbf")))
        r->out->rfc5424_valid = r->out->rfc5424_valid && (r->utf8 || utf8_valid(in));
    r->out->msg = in;
    r->out->content = in;
}

bool
syslog_rfc5424_read(struct syslog_reader *r, struct slice in)
{
    struct syslog_message *out = r->out;
    unsigned version = 0;

    if (!take_version(r, &in, &version) || !take_timestamp(r, &in, version)) {
        out->marks &= ~(uint32_t)SYSLOG_VERSION_ODD;
        return false;
    }
    out->format = SYSLOG_RFC5424;
    out->hostname = take_word(r, &in, HOSTNAME_MAX);
    if (UNLIKELY(syslog_is_payload(in))) {
        out->marks |= SYSLOG_BAD_STRUCTURED;
        out->rfc5424_valid = false;
        out->msg = in;
        out->content = in;
        return true;
    }
    out->app_name = take_word(r, &in, APP_NAME_MAX);
    out->procid = take_word(r, &in, PROCID_MAX);
    out->msgid = take_word(r, &in, MSGID_MAX);
    read_structured(r, &in);
    read_msg(r, in);
    return true;
}
