/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/syslog.h"

#include "base/utf8.h"
#include "parsers/syslog_internal.h"

enum { PRI_BYTES_MAX = 40, FACILITY_USER = 1 };

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

/* Sixteen bytes side by side, compared at once; in base registers of every machine we build for. */
enum { LANES = 16 };
typedef unsigned char lanes __attribute__((vector_size(LANES)));
typedef signed char signed_lanes __attribute__((vector_size(LANES)));

static inline lanes
load_lanes(const char *p)
{
    lanes v;

    memcpy(&v, p, LANES);
    return v;
}

static inline bool
any_lane(lanes v)
{
    uint64_t halves[2];

    memcpy(halves, &v, LANES);
    return (halves[0] | halves[1]) != 0;
}

/* The last lanes of @raw, with blanks behind it where it has not so many bytes. */
static inline lanes
load_tail(struct slice raw)
{
    lanes tail = (lanes){0} + ' ';

    if (raw.n >= LANES)
        return load_lanes(raw.p + raw.n - LANES);
    if (raw.n > 0)
        memcpy(&tail, raw.p, raw.n);
    return tail;
}

/*
 * Whether all of @raw is from " " to "~". As signed numbers, and one added so that DEL wraps around, only these are
 * above " ": three operations for sixteen bytes.
 */
static inline bool
is_plain(struct slice raw)
{
    lanes plain = (lanes)((signed_lanes)(load_tail(raw) + 1) > ' ');
    size_t i;

    for (i = 0; i + LANES <= raw.n; i += LANES)
        plain &= (lanes)((signed_lanes)(load_lanes(raw.p + i) + 1) > ' ');
    return !any_lane(~plain);
}

static inline lanes
control_lanes(lanes v)
{
    return (lanes)(((v < ' ') & (v != '\t')) | (v == 0x7f));
}

static bool
has_controls(struct slice raw)
{
    lanes control = control_lanes(load_tail(raw));
    size_t i;

    for (i = 0; i + LANES <= raw.n; i += LANES)
        control |= control_lanes(load_lanes(raw.p + i));
    return any_lane(control);
}

/* One pass over text that is nearly always plain; what is not, is looked at more closely. */
static inline void
mark_bytes(struct syslog_reader *r, struct slice raw)
{
    r->utf8 = true;
    if (LIKELY(is_plain(raw)))
        return;
    r->utf8 = utf8_valid(raw);
    if (!r->utf8)
        r->out->marks |= SYSLOG_NOT_UTF8;
    if (has_controls(raw))
        r->out->marks |= SYSLOG_CONTROL_BYTES;
}

/* --- PRI --- */

static inline bool
is_digit(char c)
{
    return (unsigned)(c - '0') < 10;
}

/* Something that was meant as PRI: digits, with a sign or blanks, up to ">". Return: its length, or 0. */
static size_t
bad_pri_length(struct slice in)
{
    size_t n;

    for (n = 1; n < in.n && n < PRI_BYTES_MAX; n++) {
        char c = in.p[n];

        if (c == '>')
            return n + 1;
        if (!is_digit(c) && c != '-' && c != '+' && c != ' ')
            return 0;
    }
    return 0;
}

/* PRI = "<" PRIVAL ">", PRIVAL = 1*3DIGIT in the range 0 to 191, no leading zeros (RFC 5424 section 6.2.1). */
static inline size_t
read_pri(struct syslog_reader *r, struct slice in)
{
    unsigned pri = 0;
    size_t n = 1;

    if (in.n == 0 || in.p[0] != '<') {
        r->out->marks |= SYSLOG_NO_PRI;
        return 0;
    }
    while (n < in.n && n < 4 && is_digit(in.p[n]))
        pri = pri * 10 + (unsigned)(in.p[n++] - '0');
    if (UNLIKELY(n == 1 || n == in.n || in.p[n] != '>' || pri > SYSLOG_PRI_MAX || (in.p[1] == '0' && n > 2))) {
        r->out->marks |= SYSLOG_BAD_PRI;
        return bad_pri_length(in);
    }
    r->out->has_pri = true;
    r->out->facility = (uint8_t)(pri / 8);
    r->out->severity = (uint8_t)(pri % 8);
    return n + 1;
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

/* Field by field: for a literal of this size gcc emits "rep stos", a tenth of the time a message takes. */
static void
clear(struct syslog_message *out)
{
    static const struct slice absent = {NULL, 0};

    out->format = SYSLOG_UNKNOWN;
    out->marks = 0;
    out->rfc5424_valid = false;
    out->has_pri = false;
    out->facility = FACILITY_USER;
    out->severity = SYSLOG_PRI_DEFAULT % 8;
    out->timestamp_text = absent;
    out->timestamp.ns = 0;
    out->hostname = absent;
    out->app_name = absent;
    out->procid = absent;
    out->msgid = absent;
    out->structured_data = absent;
    out->params = NULL;
    out->n_params = 0;
    out->msg = absent;
    out->content = absent;
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

    clear(out);
    r.had_line_end = text.n < raw.n;
    mark_bytes(&r, text);
    if (UNLIKELY(in.n == 0 || in.p[0] != '<'))
        in = skip_lead(in);
    out->rfc5424_valid = in.n == text.n;
    in = slice_from(in, read_pri(&r, in));
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
