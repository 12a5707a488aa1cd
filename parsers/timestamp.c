/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/timestamp.h"

#include "base/cursor.h"

enum { YEAR_MIN = 1678, YEAR_MAX = 2261, S_PER_DAY = 86400, HALF_YEAR_S = 182 * S_PER_DAY, FRACTION_DIGITS = 9 };

#define EPOCH_END_S UINT64_C(4102444800) /* 2100-01-01 */

/* What a stamp says, digit by digit, before it is known to be a real date. */
struct reading {
    bool has_year;
    bool has_zone;
    unsigned year, month, day, hour, minute, second;
    unsigned ns;
    int zone_minutes;
    uint32_t marks;
};

/* --- the calendar --- */

/* Days from 1970-01-01 to a date, by eras of 400 years of 146,097 days, each year beginning in March. */
static inline int64_t
days_of(unsigned year, unsigned month, unsigned day)
{
    unsigned y = year + 400 - (month <= 2); /* one era more, so that nothing is below zero */
    unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468 - 146097;
}

static bool
is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static inline bool
date_exists(unsigned year, unsigned month, unsigned day)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (month < 1 || month > 12 || day < 1)
        return false;
    return day <= days[month - 1] || (month == 2 && day == 29 && is_leap(year));
}

/* About the year in which the day @days after 1970-01-01 lies: right, or off by one at the turn of a year. */
static unsigned
year_about(int64_t days)
{
    return (unsigned)((days + 719528) * 400 / 146097);
}

static inline int64_t
seconds_of(const struct reading *r, unsigned year)
{
    return days_of(year, r->month, r->day) * S_PER_DAY + r->hour * 3600 + r->minute * 60 + r->second -
           (int64_t)r->zone_minutes * 60;
}

static int64_t
distance(int64_t a, int64_t b)
{
    return a < b ? b - a : a - b;
}

/* The year nearest to @now of those about @about in which the date exists, or 0. */
static unsigned
nearest_year(struct reading r, unsigned about, int64_t now)
{
    unsigned reach = r.month == 2 && r.day == 29 ? 9 : 2; /* 1900 was no leap year */
    unsigned nearest = 0;
    unsigned year;

    for (year = about - reach; year <= about + reach; year++)
        if (date_exists(year, r.month, r.day) &&
            (nearest == 0 || distance(seconds_of(&r, year), now) < distance(seconds_of(&r, nearest), now)))
            nearest = year;
    return nearest;
}

/* The year that puts a stamp without one nearest to its receipt; mostly that is the first one tried. */
static inline bool
guess_year(struct reading *r, struct walltime received)
{
    int64_t now = received.ns / NS_PER_S;

    r->year = year_about(now / S_PER_DAY);
    if (UNLIKELY(!date_exists(r->year, r->month, r->day) || distance(seconds_of(r, r->year), now) > HALF_YEAR_S))
        r->year = nearest_year(*r, r->year, now);
    r->marks |= TIMESTAMP_YEAR_GUESSED;
    return r->year != 0;
}

/* Make @r a time, with what it does not say from @options. Return: whether it is a real date and time. */
static inline bool
resolve(struct reading *r, const struct timestamp_options *options, struct timestamp *out)
{
    if (r->hour > 23 || r->minute > 59 || r->second > 59)
        return false;
    if (!r->has_zone) {
        r->zone_minutes = options->zone_minutes;
        r->marks |= TIMESTAMP_ZONE_ASSUMED | TIMESTAMP_LENIENT;
    }
    if (r->has_year ? !date_exists(r->year, r->month, r->day) : !guess_year(r, options->received))
        return false;
    out->marks = r->marks;
    if (UNLIKELY(r->year < YEAR_MIN || r->year > YEAR_MAX))
        *out = (struct timestamp){{0}, r->marks | TIMESTAMP_OUT_OF_RANGE};
    else
        out->time.ns = seconds_of(r, r->year) * NS_PER_S + r->ns;
    return true;
}

/* --- the pieces --- */

static inline bool
is_digit(char c)
{
    return (unsigned)(c - '0') < 10;
}

static inline bool
is_letter(char c)
{
    return (unsigned)((c | 0x20) - 'a') < 26;
}

/* Two digits at @p, or a number no clock or calendar has. */
static inline unsigned
two_digits(const char *p)
{
    unsigned tens = (unsigned)(p[0] - '0');
    unsigned ones = (unsigned)(p[1] - '0');

    return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/* Four digits at @p as a year. */
static inline bool
four_digits(const char *p, unsigned *year)
{
    unsigned century = two_digits(p);
    unsigned rest = two_digits(p + 2);

    *year = century * 100 + rest;
    return century < 100 && rest < 100;
}

/*
 * A year as it stands alone in a stamp: four digits before a blank, the end or a last colon ("2001:db8::7" is an
 * address), and 1970 to 2099, since it could be anything.
 */
static bool
take_year(struct slice *in, struct reading *r)
{
    bool colon = in->n > 4 && in->p[4] == ':' && (in->n == 5 || in->p[5] == ' ');
    unsigned year;

    if (in->n < 4 || (in->n > 4 && in->p[4] != ' ' && !colon))
        return false;
    if (!four_digits(in->p, &year) || year < 1970 || year > 2099)
        return false;
    r->year = year;
    r->has_year = true;
    *in = slice_from(*in, 4);
    return true;
}

/* TIME = 2DIGIT ":" 2DIGIT ":" 2DIGIT; whether the numbers are a clock's is seen later. */
static inline bool
take_time(struct slice *in, struct reading *r)
{
    const char *p = in->p;

    if (in->n < 8 || p[2] != ':' || p[5] != ':')
        return false;
    r->hour = two_digits(p);
    r->minute = two_digits(p + 3);
    r->second = two_digits(p + 6);
    *in = slice_from(*in, 8);
    return true;
}

/* Fraction digits, of which nine count. Return: how many there are. */
static inline size_t
read_fraction(struct slice in, struct reading *r)
{
    static const unsigned scale[FRACTION_DIGITS + 1] = {
        1000000000,
        100000000,
        10000000,
        1000000,
        100000,
        10000,
        1000,
        100,
        10,
        1,
    };
    unsigned ns = 0;
    size_t n = 0;

    for (; n < in.n && n < FRACTION_DIGITS && is_digit(in.p[n]); n++)
        ns = ns * 10 + (unsigned)(in.p[n] - '0');
    r->ns = ns * scale[n];
    while (n < in.n && is_digit(in.p[n]))
        n++;
    return n;
}

static size_t
take_fraction(struct slice *in, struct reading *r)
{
    size_t n = read_fraction(*in, r);

    *in = slice_from(*in, n);
    return n;
}

/* "+hh:mm", and leniently "+hhmm" and "+hh". */
static bool
take_offset(struct slice *in, struct reading *r)
{
    const char *p = in->p;
    bool colon = in->n >= 6 && p[3] == ':';
    bool minutes = colon || (in->n >= 5 && is_digit(p[3]));
    unsigned hour;
    unsigned minute = 0;

    if (in->n < 3 || (p[0] != '+' && p[0] != '-'))
        return false;
    hour = two_digits(p + 1);
    if (minutes)
        minute = two_digits(p + (colon ? 4 : 3));
    if (hour > 23 || minute > 59)
        return false;
    r->has_zone = true;
    r->zone_minutes = (int)(hour * 60 + minute) * (p[0] == '-' ? -1 : 1);
    r->marks |= colon ? 0 : TIMESTAMP_LENIENT;
    *in = slice_from(*in, colon ? 6 : minutes ? 5 : 3);
    return true;
}

/* An offset that something else does not go on from: "-12" may begin a message, too. */
static bool
take_whole_offset(struct slice *in, struct reading *r)
{
    struct slice rest = *in;

    if (!take_offset(&rest, r))
        return false;
    r->has_zone = rest.n == 0 || rest.p[0] == ' ' || rest.p[0] == ':';
    if (r->has_zone)
        *in = rest;
    return r->has_zone;
}

/* --- zones by name --- */

enum { ZONE_NAME_MAX = 5 };

/* Names that mean one thing in logs. IST (India, Israel, Ireland) and ET, CT, PT (with or without summer) do not. */
static const struct {
    char name[ZONE_NAME_MAX + 1];
    int minutes;
} zones[] = {
    // clang-format off
    {"UTC", 0},     {"GMT", 0},     {"Z", 0},       {"WET", 0},     {"WEST", 60},   {"BST", 60},
    {"CET", 60},    {"MET", 60},    {"CEST", 120},  {"MEST", 120},  {"EET", 120},   {"EEST", 180},
    {"SAST", 120},  {"MSK", 180},   {"GST", 240},   {"PKT", 300},   {"SGT", 480},   {"HKT", 480},
    {"AWST", 480},  {"JST", 540},   {"KST", 540},   {"ACST", 570},  {"ACDT", 630},  {"AEST", 600},
    {"AEDT", 660},  {"NZST", 720},  {"NZDT", 780},  {"BRT", -180},  {"NST", -210},  {"NDT", -150},
    {"AST", -240},  {"ADT", -180},  {"EST", -300},  {"EDT", -240},  {"CST", -360},  {"CDT", -300},
    {"MST", -420},  {"MDT", -360},  {"PST", -480},  {"PDT", -420},  {"AKST", -540}, {"AKDT", -480},
    {"HST", -600},
    // clang-format on
};

static bool
zone_by_name(struct slice name, int *minutes)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(zones); i++) {
        if (slice_eq(name, slice_str(zones[i].name))) {
            *minutes = zones[i].minutes;
            return true;
        }
    }
    return false;
}

static size_t
letters(struct slice in)
{
    size_t n = 0;

    while (n < in.n && is_letter(in.p[n]))
        n++;
    return n;
}

/* ("UTC" / "GMT" / "TZ") ("+" / "-") 1*2DIGIT, hours east of Greenwich. */
static bool
take_named_offset(struct slice *in, struct slice name, struct reading *r)
{
    struct slice rest = slice_from(*in, name.n);
    bool west = cursor_at(&rest, '-');
    unsigned hours;

    if (!slice_eq(name, SLICE("UTC")) && !slice_eq(name, SLICE("GMT")) && !slice_eq(name, SLICE("TZ")))
        return false;
    if (!cursor_skip(&rest, '-') && !cursor_skip(&rest, '+'))
        return false;
    if (!cursor_number(&rest, 2, &hours) || hours > 14)
        return false;
    r->zone_minutes = (int)hours * 60 * (west ? -1 : 1);
    r->has_zone = true;
    *in = rest;
    return true;
}

/* A zone's name in capitals, before a blank, a colon or the end. */
static bool
take_zone_name(struct slice *in, struct reading *r)
{
    struct slice name = slice_head(*in, letters(*in));
    struct slice rest = slice_from(*in, name.n);

    if (take_named_offset(in, name, r))
        return true;
    if (rest.n > 0 && rest.p[0] != ' ' && rest.p[0] != ':')
        return false;
    if (name.n == 0 || name.n > ZONE_NAME_MAX || !zone_by_name(name, &r->zone_minutes))
        return false;
    r->has_zone = true;
    *in = rest;
    return true;
}

/* --- RFC 3339 --- */

/* A zone behind a blank, as an offset or by name. @in is at the character after the blank. */
static bool
take_late_zone(struct slice *in, struct reading *r)
{
    return cursor_at(in, '+') || cursor_at(in, '-') ? take_whole_offset(in, r) : take_zone_name(in, r);
}

/* What stands for TIME-OFFSET where it is neither "Z" nor TIME-NUMOFFSET: perhaps nothing. */
static void
take_loose_zone(struct slice *in, struct reading *r)
{
    struct slice rest = *in;

    r->marks |= TIMESTAMP_LENIENT;
    if (cursor_skip(in, 'z'))
        r->has_zone = true;
    else if (!take_offset(in, r) && cursor_skip(&rest, ' ') && take_late_zone(&rest, r))
        *in = rest;
}

/* The same, on a copy, so that a reading with nothing odd can stay in registers. */
static inline size_t
read_loose_zone(struct slice in, struct reading *r)
{
    struct reading loose = *r;
    struct slice rest = in;

    take_loose_zone(&rest, &loose);
    *r = loose;
    return in.n - rest.n;
}

/* TIME-OFFSET = "Z" / TIME-NUMOFFSET, TIME-NUMOFFSET = ("+" / "-") 2DIGIT ":" 2DIGIT. Return: its length. */
static inline size_t
read_zone(struct slice in, struct reading *r)
{
    if (in.n > 0 && in.p[0] == 'Z') {
        r->has_zone = true;
        return 1;
    }
    if (in.n >= 6 && (in.p[0] == '+' || in.p[0] == '-') && in.p[3] == ':') {
        unsigned hour = two_digits(in.p + 1);
        unsigned minute = two_digits(in.p + 4);

        r->has_zone = hour <= 23 && minute <= 59;
        r->zone_minutes = (int)(hour * 60 + minute) * (in.p[0] == '-' ? -1 : 1);
        if (r->has_zone)
            return 6;
    }
    return read_loose_zone(in, r);
}

/*
 * TIMESTAMP = FULL-DATE "T" FULL-TIME
 * FULL-DATE = 4DIGIT "-" 2DIGIT "-" 2DIGIT
 * FULL-TIME = PARTIAL-TIME ["." 1*6DIGIT] ("Z" / ("+" / "-") 2DIGIT ":" 2DIGIT)
 *
 * RFC 5424 section 6.2.3, which is RFC 3339 without small letters and leap seconds.
 */
static inline size_t
read_rfc3339(struct slice in, struct reading *r)
{
    const char *p = in.p;
    size_t digits;
    size_t n = 19;

    if (in.n < 19 || p[4] != '-' || p[7] != '-' || p[13] != ':' || p[16] != ':' || !four_digits(p, &r->year))
        return 0;
    if (p[10] != 'T') {
        if (p[10] != 't' && p[10] != ' ')
            return 0;
        r->marks |= TIMESTAMP_LENIENT;
    }
    r->has_year = true;
    r->month = two_digits(p + 5);
    r->day = two_digits(p + 8);
    r->hour = two_digits(p + 11);
    r->minute = two_digits(p + 14);
    r->second = two_digits(p + 17);
    if (n < in.n && (p[n] == '.' || (p[n] == ',' && n + 1 < in.n && is_digit(p[n + 1])))) {
        r->marks |= p[n] == ',' ? TIMESTAMP_LENIENT : 0;
        digits = read_fraction(slice_from(in, n + 1), r);
        r->marks |= digits < 1 || digits > 6 ? TIMESTAMP_LENIENT : 0;
        n += 1 + digits;
    }
    return n + read_zone(slice_from(in, n), r);
}

size_t
timestamp_read_rfc3339(struct slice in, const struct timestamp_options *options, struct timestamp *out)
{
    struct reading r = {0};
    size_t n = read_rfc3339(in, &r);

    return n > 0 && resolve(&r, options, out) ? n : 0;
}

/* --- RFC 3164 and its kin --- */

/* The month whose three letters, in any case, stand at @p, or 0. */
static unsigned
month_at(const char *p)
{
#define MONTH(a, b, c) ((unsigned)(a) << 16 | (unsigned)(b) << 8 | (unsigned)(c))
    switch (MONTH((p[0] | 0x20) & 0xff, (p[1] | 0x20) & 0xff, (p[2] | 0x20) & 0xff)) {
    // clang-format off
    case MONTH('j', 'a', 'n'): return 1;
    case MONTH('f', 'e', 'b'): return 2;
    case MONTH('m', 'a', 'r'): return 3;
    case MONTH('a', 'p', 'r'): return 4;
    case MONTH('m', 'a', 'y'): return 5;
    case MONTH('j', 'u', 'n'): return 6;
    case MONTH('j', 'u', 'l'): return 7;
    case MONTH('a', 'u', 'g'): return 8;
    case MONTH('s', 'e', 'p'): return 9;
    case MONTH('o', 'c', 't'): return 10;
    case MONTH('n', 'o', 'v'): return 11;
    case MONTH('d', 'e', 'c'): return 12;
    default: return 0;
        // clang-format on
    }
#undef MONTH
}

/* "Mmm" SP [SP] 1*2DIGIT SP. */
static bool
take_month_day(struct slice *in, struct reading *r)
{
    struct slice rest = *in;

    if (in->n < 6 || in->p[3] != ' ')
        return false;
    r->month = month_at(in->p);
    rest = slice_from(rest, 4);
    (void)cursor_skip(&rest, ' ');
    if (r->month == 0 || !cursor_number(&rest, 2, &r->day) || !cursor_skip(&rest, ' '))
        return false;
    *in = rest;
    return true;
}

/* [("." / ",") *DIGIT] [SP ("AM" / "PM") ["." *DIGIT]] */
static void
take_subsecond(struct slice *in, struct reading *r)
{
    struct slice rest;

    if (cursor_skip(in, '.') || (in->n > 1 && is_digit(in->p[1]) && cursor_skip(in, ',')))
        (void)take_fraction(in, r);
    rest = *in;
    if (!cursor_skip(&rest, ' ') || rest.n < 2 || rest.p[1] != 'M' || (rest.p[0] != 'A' && rest.p[0] != 'P'))
        return;
    if (r->hour < 1 || r->hour > 12 || (rest.n > 2 && is_letter(rest.p[2])))
        return;
    r->hour = r->hour % 12 + (rest.p[0] == 'P' ? 12 : 0);
    *in = slice_from(rest, 2);
    if (cursor_skip(in, '.'))
        (void)take_fraction(in, r);
}

/* *(SP (year / zone)), each at most once: "2026", "UTC 2026", "+0200", and NX-OS' "UTC :" leaves its colon. */
static void
take_trailer(struct slice *in, struct reading *r)
{
    if (cursor_at(in, '+') || cursor_at(in, '-') || cursor_at(in, 'Z'))
        (void)take_late_zone(in, r);
    while (in->n > 1 && in->p[0] == ' ') {
        struct slice rest = slice_from(*in, 1);

        if (!(!r->has_year && take_year(&rest, r)) && !(!r->has_zone && take_late_zone(&rest, r)))
            return;
        *in = rest;
    }
}

/*
 * TIMESTAMP = "Mmm" SP "d"2 SP "hh:mm:ss" (RFC 3164 section 4.1.2), and around it what is sent:
 * ["*" / "."] [yyyy SP] ["Www" SP] Mmm d [SP yyyy] SP hh:mm:ss [fraction] [SP "PM"] [SP yyyy] [SP zone]
 */
static bool
take_rfc3164(struct slice *in, struct reading *r)
{
    struct slice rest = *in;

    if (cursor_skip(&rest, '*') || cursor_skip(&rest, '.'))
        r->marks |= TIMESTAMP_UNSYNCED;
    if (rest.n > 0 && is_digit(rest.p[0]) && !(take_year(&rest, r) && cursor_skip(&rest, ' ')))
        return false;
    if (rest.n > 4 && letters(rest) == 3 && is_letter(rest.p[4]) && rest.p[3] == ' ')
        rest = slice_from(rest, 4);
    if (!take_month_day(&rest, r))
        return false;
    if (!take_time(&rest, r)) {
        if (r->has_year || !take_year(&rest, r) || !cursor_skip(&rest, ' ') || !take_time(&rest, r))
            return false;
    }
    take_subsecond(&rest, r);
    take_trailer(&rest, r);
    *in = rest;
    return true;
}

/*
 * 2DIGIT "/" 2DIGIT "/" 4DIGIT ":" hh:mm:ss [SP zone]: day or month first, as the sender is configured. Where both are
 * possible, the date nearest to the receipt.
 */
static bool
take_slashed(struct slice *in, const struct timestamp_options *options, struct reading *r)
{
    struct slice rest = *in;
    unsigned swap;
    bool possible;

    if (in->n < 19 || in->p[2] != '/' || in->p[5] != '/' || in->p[10] != ':' || !four_digits(in->p + 6, &r->year))
        return false;
    r->has_year = true;
    r->day = two_digits(in->p);
    r->month = two_digits(in->p + 3);
    rest = slice_from(rest, 11);
    if (!take_time(&rest, r))
        return false;
    take_trailer(&rest, r);
    possible = date_exists(r->year, r->month, r->day);
    if (date_exists(r->year, r->day, r->month)) {
        struct reading other = *r;

        other.day = r->month;
        other.month = r->day;
        if (!possible || distance(seconds_of(&other, r->year), options->received.ns / NS_PER_S) <
                             distance(seconds_of(r, r->year), options->received.ns / NS_PER_S)) {
            swap = r->day;
            r->day = r->month;
            r->month = swap;
        }
    }
    *in = rest;
    return true;
}

/* 10DIGIT ["." 1*DIGIT], seconds since 1970 and before 2100, and a blank: cloud-managed switches and access points. */
static size_t
read_epoch(struct slice in, struct timestamp *out)
{
    struct slice rest = in;
    struct reading r = {0};
    uint64_t seconds;

    if (!cursor_digits(&rest, 10, &seconds) || in.n - rest.n != 10 || seconds >= EPOCH_END_S)
        return 0;
    if (cursor_skip(&rest, '.') && take_fraction(&rest, &r) == 0)
        return 0;
    if (!cursor_at(&rest, ' '))
        return 0;
    *out = (struct timestamp){{(int64_t)seconds * NS_PER_S + r.ns}, TIMESTAMP_LENIENT};
    return in.n - rest.n;
}

/* The same where it is just what the standard has, before a blank and a small letter: nearly all there is. */
static inline size_t
read_plain(struct slice in, struct reading *r)
{
    const char *p = in.p;

    if (in.n < 17 || p[3] != ' ' || p[6] != ' ' || p[9] != ':' || p[12] != ':' || p[15] != ' ' ||
        (unsigned)(p[16] - 'a') >= 26)
        return 0;
    r->month = month_at(p);
    r->day = p[4] == ' ' ? (unsigned)(p[5] - '0') : two_digits(p + 4);
    r->hour = two_digits(p + 7);
    r->minute = two_digits(p + 10);
    r->second = two_digits(p + 13);
    return 15;
}

static size_t
read_odd(struct slice in, const struct timestamp_options *options, struct timestamp *out)
{
    struct reading r = {.marks = TIMESTAMP_LENIENT};
    struct slice rest = in;
    bool dated = in.n > 2 && in.p[2] == '/' ? take_slashed(&rest, options, &r) : take_rfc3164(&rest, &r);

    if (dated && resolve(&r, options, out))
        return in.n - rest.n;
    return in.n > 10 && is_digit(in.p[0]) ? read_epoch(in, out) : 0;
}

size_t
timestamp_read(struct slice in, const struct timestamp_options *options, struct timestamp *out)
{
    struct reading r = {.marks = TIMESTAMP_LENIENT};
    size_t n;

    if (in.n > 4 && in.p[4] == '-')
        return timestamp_read_rfc3339(in, options, out);
    n = read_plain(in, &r);
    return n > 0 && resolve(&r, options, out) ? n : read_odd(in, options, out);
}

/* --- whole texts --- */

bool
timestamp_parse_rfc3339(struct slice text, struct walltime *out)
{
    static const struct timestamp_options none = {0};
    struct timestamp t;

    if (text.n == 0 || timestamp_read_rfc3339(text, &none, &t) != text.n)
        return false;
    if ((t.marks & (TIMESTAMP_ZONE_ASSUMED | TIMESTAMP_OUT_OF_RANGE)) != 0)
        return false;
    *out = t.time;
    return true;
}

/* 2DIGIT "/" Mmm "/" 4DIGIT ":" hh:mm:ss SP ("+" / "-") 4DIGIT: Apache httpd's %t, nginx' $time_local. */
bool
timestamp_parse_clf(struct slice text, struct walltime *out)
{
    static const struct timestamp_options none = {0};
    struct reading r = {.has_year = true};
    struct timestamp t;

    if (text.n != 26 || text.p[2] != '/' || text.p[6] != '/' || text.p[11] != ':' || text.p[20] != ' ')
        return false;
    r.day = two_digits(text.p);
    r.month = month_at(text.p + 3);
    if (!four_digits(text.p + 7, &r.year))
        return false;
    text = slice_from(text, 12);
    if (!take_time(&text, &r) || !cursor_skip(&text, ' ') || !take_offset(&text, &r) || text.n > 0)
        return false;
    if (!resolve(&r, &none, &t) || (t.marks & TIMESTAMP_OUT_OF_RANGE) != 0)
        return false;
    *out = t.time;
    return true;
}
