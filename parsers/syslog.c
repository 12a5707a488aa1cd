/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/syslog.h"

#include "base/utf8.h"
#include "parsers/syslog_internal.h"

enum { PRI_BYTES_MAX = 40, FACILITY_USER = 1 };

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

static const char *const facility_names[] = {
    "kern",
    "user",
    "mail",
    "daemon",
    "auth",
    "syslog",
    "lpr",
    "news",
    "uucp",
    "cron",
    "authpriv",
    "ftp",
    "ntp",
    "audit",
    "console",
    "clock",
    "local0",
    "local1",
    "local2",
    "local3",
    "local4",
    "local5",
    "local6",
    "local7",
};

static const char *const severity_names[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

/* --- the bytes --- */

/* Line ends and NULs behind a message are its framing, not its text. */
static struct slice
cut_line_end(struct slice raw)
{
    while (raw.n > 0 && (raw.p[raw.n - 1] == '\n' || raw.p[raw.n - 1] == '\r' || raw.p[raw.n - 1] == '\0'))
        raw.n--;
    return raw;
}

static bool
is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static bool
any_control(struct slice s)
{
    size_t i;

    for (i = 0; i < s.n; i++)
        if (is_control(s.p[i]))
            return true;
    return false;
}

/* What a byte could be, in eight lanes: bit 7 where it is below 20 hex (and, by the borrow, beside such), or is DEL. */
static inline uint64_t
control_lanes(uint64_t w)
{
    uint64_t del = w ^ EACH_BYTE(0x7f);

    return ((w - EACH_BYTE(0x20)) & ~w) | ((del - EACH_BYTE(0x01)) & ~del);
}

/* One pass in words over text that is nearly always plain; only what looks odd is looked at byte by byte. */
static void
mark_bytes(struct syslog_reader *r, struct slice raw)
{
    uint64_t high = 0;
    uint64_t control = 0;
    uint64_t w;
    size_t i;

    for (i = 0; i + 8 <= raw.n; i += 8) {
        memcpy(&w, raw.p + i, 8);
        high |= w;
        control |= control_lanes(w);
    }
    w = EACH_BYTE(' ');
    if (i < raw.n)
        memcpy(&w, raw.p + i, raw.n - i);
    high |= w;
    control |= control_lanes(w);
    r->utf8 = (high & EACH_BYTE(0x80)) == 0 || utf8_valid(raw);
    if (!r->utf8)
        r->out->marks |= SYSLOG_NOT_UTF8;
    if ((control & EACH_BYTE(0x80)) != 0 && any_control(raw))
        r->out->marks |= SYSLOG_CONTROL_BYTES;
}

/* --- PRI --- */

static inline bool
is_digit(char c)
{
    return (unsigned)(c - '0') < 10;
}

/* Something that was meant as PRI: digits, with a sign or blanks, up to ">". */
static bool
skip_bad_pri(struct slice *in)
{
    size_t i;

    for (i = 1; i < in->n && i < PRI_BYTES_MAX; i++) {
        char c = in->p[i];

        if (c == '>') {
            *in = slice_from(*in, i + 1);
            return true;
        }
        if (!is_digit(c) && c != '-' && c != '+' && c != ' ')
            return false;
    }
    return false;
}

/* PRI = "<" PRIVAL ">", PRIVAL = 1*3DIGIT in the range 0 to 191, no leading zeros (RFC 5424 section 6.2.1). */
static void
read_pri(struct syslog_reader *r, struct slice *in)
{
    struct slice rest = *in;
    unsigned pri;

    if (!cursor_skip(&rest, '<')) {
        r->out->marks |= SYSLOG_NO_PRI;
    } else if (!cursor_number(&rest, 3, &pri) || !cursor_skip(&rest, '>') || pri > SYSLOG_PRI_MAX ||
               (in->p[1] == '0' && in->p[2] != '>')) {
        r->out->marks |= SYSLOG_BAD_PRI;
        (void)skip_bad_pri(in);
    } else {
        r->out->has_pri = true;
        r->out->facility = (uint8_t)(pri / 8);
        r->out->severity = (uint8_t)(pri % 8);
        *in = rest;
    }
}

/* Some senders put blanks or a line end before "<"; without one behind them, blanks are the message's own. */
static struct slice
skip_lead(struct slice raw)
{
    struct slice rest = raw;

    while (rest.n > 1 && (rest.p[0] == ' ' || rest.p[0] == '\t' || rest.p[0] == '\r' || rest.p[0] == '\n'))
        rest = slice_from(rest, 1);
    return rest.n > 1 && rest.p[0] == '<' && is_digit(rest.p[1]) ? rest : raw;
}

/* --- what the formats share --- */

void
syslog_timestamp_set(struct syslog_reader *r, const struct timestamp *t)
{
    int64_t ahead = t->time.ns - r->time.received.ns;

    r->out->timestamp = t->time;
    r->out->timestamp_text = t->text;
    if (t->marks & TIMESTAMP_YEAR_GUESSED)
        r->out->marks |= SYSLOG_YEAR_GUESSED;
    if (t->marks & TIMESTAMP_ZONE_ASSUMED)
        r->out->marks |= SYSLOG_ZONE_ASSUMED;
    if (t->marks & TIMESTAMP_OUT_OF_RANGE)
        r->out->marks |= SYSLOG_BAD_TIMESTAMP | SYSLOG_TIME_FAR;
    if (ahead > 86400 * NS_PER_S || ahead < -86400 * NS_PER_S)
        r->out->marks |= SYSLOG_TIME_FAR;
}

bool
syslog_is_payload(struct slice in)
{
    size_t n = cursor_at(&in, 'C') ? 4 : 5;

    if (!slice_starts(in, SLICE("CEF:")) && !slice_starts(in, SLICE("LEEF:")))
        return false;
    n += in.n > n && in.p[n] == ' ';
    return in.n > n && is_digit(in.p[n]);
}

static bool
is_among(struct slice word, const char *const *names, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (slice_eq(word, slice_str(names[i])))
            return true;
    return false;
}

bool
syslog_severity_known(struct slice word)
{
    static const char *const old_names[] = {"error", "warn", "panic"};

    return is_among(word, severity_names, ARRAY_LEN(severity_names)) || is_among(word, old_names, ARRAY_LEN(old_names));
}

bool
syslog_facility_known(struct slice word)
{
    return is_among(word, facility_names, ARRAY_LEN(facility_names));
}

void
syslog_parse(struct syslog_message *out, struct slice raw, const struct syslog_options *options, struct arena *arena)
{
    struct syslog_reader r = {
        .out = out,
        .time = {options->received, options->zone_minutes},
        .arena = arena,
    };
    struct slice text = cut_line_end(raw);
    struct slice in = text;

    *out = (struct syslog_message){
        .facility = FACILITY_USER,
        .severity = SYSLOG_PRI_DEFAULT % 8,
    };
    r.had_line_end = text.n < raw.n;
    mark_bytes(&r, text);
    if (!cursor_at(&in, '<'))
        in = skip_lead(in);
    out->rfc5424_valid = in.n == text.n;
    read_pri(&r, &in);
    out->rfc5424_valid = out->rfc5424_valid && out->has_pri;
    if ((out->marks & SYSLOG_NO_PRI) != 0 || !syslog_rfc5424_read(&r, in)) {
        out->rfc5424_valid = false;
        syslog_rfc3164_read(&r, in);
    }
    if (out->hostname.p == NULL)
        out->marks |= SYSLOG_NO_HOSTNAME;
    if (out->msg.n == 0)
        out->marks |= SYSLOG_EMPTY;
}

/* --- names --- */

const char *
syslog_mark_name(uint32_t *marks)
{
    // clang-format off
    static const struct {
        enum syslog_mark mark;
        const char *name;
    } names[] = {
        {SYSLOG_NO_PRI,          "no-pri"},
        {SYSLOG_BAD_PRI,         "bad-pri"},
        {SYSLOG_NO_TIMESTAMP,    "no-timestamp"},
        {SYSLOG_BAD_TIMESTAMP,   "bad-timestamp"},
        {SYSLOG_YEAR_GUESSED,    "year-guessed"},
        {SYSLOG_ZONE_ASSUMED,    "zone-assumed"},
        {SYSLOG_TIME_FAR,        "time-far"},
        {SYSLOG_NO_HOSTNAME,     "no-hostname"},
        {SYSLOG_BAD_STRUCTURED,  "bad-structured-data"},
        {SYSLOG_DUPLICATE_SD_ID, "duplicate-sd-id"},
        {SYSLOG_PARAMS_DROPPED,  "params-dropped"},
        {SYSLOG_NOT_UTF8,        "not-utf8"},
        {SYSLOG_CONTROL_BYTES,   "control-bytes"},
        {SYSLOG_VERSION_ODD,     "version-odd"},
        {SYSLOG_EMPTY,           "empty"},
    };
    // clang-format on
    size_t i;

    for (i = 0; i < ARRAY_LEN(names); i++) {
        if ((*marks & names[i].mark) != 0) {
            *marks &= ~(uint32_t)names[i].mark;
            return names[i].name;
        }
    }
    *marks = 0;
    return NULL;
}

const char *
syslog_facility_name(unsigned facility)
{
    ASSERT(facility < ARRAY_LEN(facility_names));
    return facility_names[facility];
}

const char *
syslog_severity_name(unsigned severity)
{
    ASSERT(severity < ARRAY_LEN(severity_names));
    return severity_names[severity];
}
