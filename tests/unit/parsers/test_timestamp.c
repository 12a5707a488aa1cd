/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/timestamp.h"
#include "support/unit.h"

#include <stdio.h>

/* What a text becomes: the time it is, as RFC 3339 in UTC, and how much of it was read. */
struct got {
    size_t n;
    uint32_t marks;
    char time[WALLTIME_TEXT_MAX];
};

static struct walltime
moment(const char *text)
{
    struct walltime t;

    ck_assert_msg(timestamp_parse_rfc3339(slice_str(text), &t), "%s", text);
    return t;
}

static struct got
read_at(const char *text, const char *received, int zone_minutes)
{
    struct timestamp_options options = {moment(received), zone_minutes};
    struct timestamp t = {0};
    struct got got = {0};

    got.n = timestamp_read(slice_str(text), &options, &t);
    got.marks = t.marks;
    (void)walltime_print(t.time, got.time);
    return got;
}

#define ck_reads(text, received, want)                                                                 \
    do {                                                                                               \
        struct got got_ = read_at((text), (received), 0);                                              \
        ck_assert_msg(got_.n == strlen(text), "'%s': %zu bytes read", (text), got_.n);                 \
        ck_assert_msg(strcmp(got_.time, (want)) == 0, "'%s': %s, want %s", (text), got_.time, (want)); \
    } while (0)

#define ck_reads_not(text)                                                \
    do {                                                                  \
        struct got got_ = read_at((text), "2026-06-01T00:00:00Z", 0);     \
        ck_assert_msg(got_.n == 0, "'%s' read as %s", (text), got_.time); \
    } while (0)

#define RECEIVED "2026-06-01T00:00:00Z"

START_TEST(takes_what_rfc_5424_allows_as_strict)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"2026-05-04T03:02:01Z", "2026-05-04T03:02:01Z"},
        {"2026-05-04T03:02:01.5Z", "2026-05-04T03:02:01.500Z"},
        {"2026-05-04T03:02:01.000007Z", "2026-05-04T03:02:01.000007Z"},
        {"2026-05-04T03:02:01-00:00", "2026-05-04T03:02:01Z"},
        {"2026-05-04T03:02:01+05:45", "2026-05-03T21:17:01Z"},
        {"2026-05-04T03:02:01+14:00", "2026-05-03T13:02:01Z"},
        {"2026-05-04T03:02:01-12:00", "2026-05-04T15:02:01Z"},
        {"2000-02-29T23:59:59Z", "2000-02-29T23:59:59Z"},
        {"1970-01-02T00:00:00Z", "1970-01-02T00:00:00Z"},
        {"1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"},
        {"1678-01-01T00:00:00Z", "1678-01-01T00:00:00Z"},
        {"2261-12-31T23:59:59Z", "2261-12-31T23:59:59Z"},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++) {
        ck_reads(rows[i].text, RECEIVED, rows[i].want);
        ck_assert_msg(read_at(rows[i].text, RECEIVED, 0).marks == 0, "%s", rows[i].text);
    }
}
END_TEST

START_TEST(takes_what_is_written_a_little_otherwise_and_says_so)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"2026-05-04t03:02:01Z", "2026-05-04T03:02:01Z"},
        {"2026-05-04T03:02:01z", "2026-05-04T03:02:01Z"},
        {"2026-05-04 03:02:01Z", "2026-05-04T03:02:01Z"},
        {"2026-05-04T03:02:01,25Z", "2026-05-04T03:02:01.250Z"},
        {"2026-05-04T03:02:01.123456789Z", "2026-05-04T03:02:01.123456789Z"},
        {"2026-05-04T03:02:01.12345678999999999999Z", "2026-05-04T03:02:01.123456789Z"},
        {"2026-05-04T03:02:01.Z", "2026-05-04T03:02:01Z"},
        {"2026-05-04T03:02:01+0200", "2026-05-04T01:02:01Z"},
        {"2026-05-04T03:02:01-07", "2026-05-04T10:02:01Z"},
        {"2026-05-04 03:02:01.5 +0000", "2026-05-04T03:02:01.500Z"},
        {"2026-05-04 03:02:01 UTC", "2026-05-04T03:02:01Z"},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++) {
        ck_reads(rows[i].text, RECEIVED, rows[i].want);
        ck_assert_msg(read_at(rows[i].text, RECEIVED, 0).marks == TIMESTAMP_LENIENT, "%s", rows[i].text);
    }
}
END_TEST

START_TEST(refuses_dates_and_times_that_do_not_exist)
{
    static const char *const rows[] = {
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-04-00T00:00:00Z",
        "2026-04-01T24:00:00Z",
        "2026-04-01T00:60:00Z",
        "2026-04-01T00:00:60Z",
        "20260401T000000Z",
        "2026-04-01",
        "Feb 30 00:00:00",
        "Jan 32 00:00:00",
        "Jan  0 00:00:00",
        "Jan  1 24:00:00",
        "Jan  1 00:60:00",
        "Jan  1 00:00:60",
        "Foo  1 00:00:00",
        "Jan  1 0:0:0",
        "Jan",
        "",
        "32/01/2026:00:00:00",
        "177350096 x",
        "1773500966",
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++)
        ck_reads_not(rows[i]);
}
END_TEST

START_TEST(takes_the_forms_of_rfc_3164_headers)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"May  4 03:02:01", "2026-05-04T03:02:01Z"},
        {"May 4 03:02:01", "2026-05-04T03:02:01Z"},
        {"May 04 03:02:01", "2026-05-04T03:02:01Z"},
        {"MAY 14 03:02:01", "2026-05-14T03:02:01Z"},
        {"may 14 03:02:01", "2026-05-14T03:02:01Z"},
        {"Mon May  4 03:02:01", "2026-05-04T03:02:01Z"},
        {"May  4 2019 03:02:01", "2019-05-04T03:02:01Z"},
        {"May  4 03:02:01 2019", "2019-05-04T03:02:01Z"},
        {"2019 May  4 03:02:01", "2019-05-04T03:02:01Z"},
        {"2019 May  4 03:02:01.25 CEST", "2019-05-04T01:02:01.250Z"},
        {"*May  4 03:02:01.123", "2026-05-04T03:02:01.123Z"},
        {".May  4 03:02:01", "2026-05-04T03:02:01Z"},
        {"May  4 03:02:01.", "2026-05-04T03:02:01Z"},
        {"May  4 03:02:01,123", "2026-05-04T03:02:01.123Z"},
        {"May  4 03:02:01 UTC", "2026-05-04T03:02:01Z"},
        {"May  4 03:02:01 EST 2019", "2019-05-04T08:02:01Z"},
        {"May  4 03:02:01 2019 PDT", "2019-05-04T10:02:01Z"},
        {"May  4 03:02:01 +0530", "2026-05-03T21:32:01Z"},
        {"May  4 03:02:01 -12:00", "2026-05-04T15:02:01Z"},
        {"May  4 03:02:01+02:00", "2026-05-04T01:02:01Z"},
        {"May  4 03:02:01Z", "2026-05-04T03:02:01Z"},
        {"2019 May  4 03:02:01 TZ-6", "2019-05-04T09:02:01Z"},
        {"May  4 2019 03:02:01 PM.250 UTC", "2019-05-04T15:02:01.250Z"},
        {"May  4 2019 12:02:01 AM", "2019-05-04T00:02:01Z"},
        {"14/05/2019:03:02:01 GMT", "2019-05-14T03:02:01Z"},
        {"05/14/2019:03:02:01 GMT", "2019-05-14T03:02:01Z"},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++)
        ck_reads(rows[i].text, RECEIVED, rows[i].want);
}
END_TEST

START_TEST(leaves_what_is_not_the_stamps)
{
    static const struct {
        const char *text;
        size_t n;
    } rows[] = {
        {"May  4 03:02:01 host", 15},
        {"May  4 03:02:01 Host", 15},
        {"May  4 03:02:01 UTCHOST x", 15},
        {"May  4 03:02:01 est app", 15},
        {"May  4 03:02:01 EST: app", 19},
        {"May  4 03:02:01: host", 15},
        {"May  4 03:02:01 2019x", 15},
        {"May  4 03:02:01 1066 host", 15},
        {"May  4 03:02:01 -- MARK --", 15},
        {"May  4 03:02:01 -12 degrees", 19},
        {"May  4 03:02:01 PMS x", 15},
        {"2026-05-04T03:02:01Z host", 20},
        {"2026-05-04 03:02:01, host", 19},
        {"1773500966.535 host", 14},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_msg(read_at(rows[i].text, RECEIVED, 0).n == rows[i].n, "'%s': %zu bytes", rows[i].text,
            read_at(rows[i].text, RECEIVED, 0).n);
}
END_TEST

START_TEST(puts_a_stamp_without_year_nearest_to_its_receipt)
{
    ck_reads("Dec 31 23:59:58", "2026-01-01T00:00:05Z", "2025-12-31T23:59:58Z");
    ck_reads("Jan  1 00:00:03", "2025-12-31T23:59:59Z", "2026-01-01T00:00:03Z");
    ck_reads("Jan  1 00:00:00", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    ck_reads("Jan  1 00:00:00", "2025-12-31T23:59:59.9Z", "2026-01-01T00:00:00Z");
    ck_reads("Jul  1 00:00:00", "2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z");
    ck_reads("Jul  4 00:00:00", "2026-01-01T00:00:00Z", "2025-07-04T00:00:00Z");
    ck_reads("Mar  2 00:00:00", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
    ck_assert_uint_eq(read_at("Mar  2 00:00:00", RECEIVED, 0).marks & TIMESTAMP_YEAR_GUESSED, TIMESTAMP_YEAR_GUESSED);
    ck_assert_uint_eq(read_at("Mar  2 2026 00:00:00", RECEIVED, 0).marks & TIMESTAMP_YEAR_GUESSED, 0);
}
END_TEST

/* Every day of three years received on every 10th: no other year may be nearer. */
START_TEST(never_finds_a_nearer_year_than_the_one_it_guessed)
{
    static const char *const months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t first = moment("2023-01-01T12:00:00Z").ns;
    int day;
    int receipt;

    for (day = 0; day < 365; day++) {
        char text[WALLTIME_TEXT_MAX];
        char stamp[32];
        int month;

        (void)walltime_print((struct walltime){first + day * 86400 * NS_PER_S}, text);
        month = atoi(text + 5);
        (void)snprintf(stamp, sizeof(stamp), "%.3s %2d 12:00:00", months + (month - 1) * 3, atoi(text + 8));
        for (receipt = 0; receipt < 3 * 365; receipt += 10) {
            struct timestamp_options options = {{first + receipt * 86400 * NS_PER_S}, 0};
            struct timestamp t;
            int64_t off;

            if (timestamp_read(slice_str(stamp), &options, &t) != 15)
                ck_abort_msg("%s is not read", stamp);
            off = (t.time.ns - options.received.ns) / (86400 * NS_PER_S);
            if (off < -183 || off > 183)
                ck_abort_msg("%s: %lld days off", stamp, (long long)off);
        }
    }
}
END_TEST

START_TEST(puts_29_february_into_a_leap_year)
{
    ck_reads("Feb 29 12:00:00", "2024-02-29T13:00:00Z", "2024-02-29T12:00:00Z");
    ck_reads("Feb 29 12:00:00", "2025-02-01T00:00:00Z", "2024-02-29T12:00:00Z");
    ck_reads("Feb 29 12:00:00", "2027-06-01T00:00:00Z", "2028-02-29T12:00:00Z");
    ck_reads("Feb 29 12:00:00", "1899-06-01T00:00:00Z", "1896-02-29T12:00:00Z");
    ck_reads("Feb 29 12:00:00", "1901-06-01T00:00:00Z", "1904-02-29T12:00:00Z");
    ck_reads_not("Feb 29 2026 12:00:00");
}
END_TEST

START_TEST(assumes_the_sources_zone_where_the_stamp_has_none)
{
    struct got east = read_at("Jan  1 00:30:00", "2025-12-31T23:30:00Z", 60);
    struct got west = read_at("2026-05-04 03:02:01", RECEIVED, -12 * 60);
    struct got far_east = read_at("Jan  1 00:00:10", "2025-12-31T10:00:12Z", 14 * 60);

    ck_assert_str_eq(east.time, "2025-12-31T23:30:00Z");
    ck_assert_uint_eq(east.marks & TIMESTAMP_ZONE_ASSUMED, TIMESTAMP_ZONE_ASSUMED);
    ck_assert_str_eq(west.time, "2026-05-04T15:02:01Z");
    ck_assert_str_eq(far_east.time, "2025-12-31T10:00:10Z");
    ck_assert_str_eq(read_at("May  4 03:02:01 UTC", RECEIVED, 60).time, "2026-05-04T03:02:01Z");
    ck_assert_uint_eq(read_at("May  4 03:02:01 UTC", RECEIVED, 60).marks & TIMESTAMP_ZONE_ASSUMED, 0);
}
END_TEST

START_TEST(says_that_a_routers_clock_is_not_to_be_trusted)
{
    ck_assert_uint_eq(read_at("*May  4 03:02:01", RECEIVED, 0).marks & TIMESTAMP_UNSYNCED, TIMESTAMP_UNSYNCED);
    ck_assert_uint_eq(read_at(".May  4 03:02:01", RECEIVED, 0).marks & TIMESTAMP_UNSYNCED, TIMESTAMP_UNSYNCED);
    ck_assert_uint_eq(read_at("May  4 03:02:01", RECEIVED, 0).marks & TIMESTAMP_UNSYNCED, 0);
}
END_TEST

START_TEST(takes_seconds_since_1970_only_whole_and_before_a_blank)
{
    ck_assert_str_eq(read_at("1773500966.535897000 x", RECEIVED, 0).time, "2026-03-14T15:09:26.535897Z");
    ck_assert_str_eq(read_at("1773500966 x", RECEIVED, 0).time, "2026-03-14T15:09:26Z");
    ck_reads_not("17735009660 x");
    ck_reads_not("1773500966. x");
    ck_reads_not("1773500966.5");
    ck_reads_not("1773500966x ");
    ck_reads_not("9999999999 x");
}
END_TEST

START_TEST(takes_day_or_month_first_whichever_is_nearer)
{
    ck_reads("05/06/2026:00:00:00", "2026-05-07T00:00:00Z", "2026-05-06T00:00:00Z");
    ck_reads("05/06/2026:00:00:00", "2026-06-04T00:00:00Z", "2026-06-05T00:00:00Z");
}
END_TEST

START_TEST(marks_a_date_that_the_clock_type_cannot_hold)
{
    static const char *const rows[] = {
        "0000-01-01T00:00:00Z", "1677-12-31T23:59:59Z", "2262-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++) {
        ck_assert_uint_eq(read_at(rows[i], RECEIVED, 0).marks, TIMESTAMP_OUT_OF_RANGE);
        ck_assert_str_eq(read_at(rows[i], RECEIVED, 0).time, "1970-01-01T00:00:00Z");
    }
}
END_TEST

/* The calendar, day by day, against its own rules: no day is left out or counted twice from 1678 to 2261. */
START_TEST(counts_every_day_once)
{
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t expected = INT64_C(-106650) * 86400; /* 1678-01-01 */
    unsigned year;
    unsigned month;
    unsigned day;

    for (year = 1678; year <= 2261; year++) {
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

        for (month = 1; month <= 12; month++) {
            for (day = 1; day <= lengths[month - 1] + (month == 2 && leap); day++) {
                char text[40];
                struct walltime t;

                (void)snprintf(text, sizeof(text), "%04u-%02u-%02uT00:00:00Z", year, month, day);
                if (!timestamp_parse_rfc3339(slice_str(text), &t) || t.ns != expected * NS_PER_S)
                    ck_abort_msg("%s is not %lld", text, (long long)expected);
                expected += 86400;
            }
        }
    }
}
END_TEST

START_TEST(parses_rfc_3339_only_as_a_whole_and_with_a_zone)
{
    struct walltime t;

    ck_assert(timestamp_parse_rfc3339(SLICE("2026-05-04T03:02:01Z"), &t));
    ck_assert(!timestamp_parse_rfc3339(SLICE("2026-05-04T03:02:01"), &t));
    ck_assert(!timestamp_parse_rfc3339(SLICE("2026-05-04T03:02:01Z "), &t));
    ck_assert(!timestamp_parse_rfc3339(SLICE("2262-05-04T03:02:01Z"), &t));
    ck_assert(!timestamp_parse_rfc3339(SLICE(""), &t));
}
END_TEST

START_TEST(parses_the_time_of_access_logs)
{
    struct walltime t;

    ck_assert(timestamp_parse_clf(SLICE("10/Oct/2000:13:55:36 -0700"), &t));
    ck_assert_int_eq(t.ns, moment("2000-10-10T20:55:36Z").ns);
    ck_assert(!timestamp_parse_clf(SLICE("10/Oct/2000:13:55:36"), &t));
    ck_assert(!timestamp_parse_clf(SLICE("10/Oct/2000:13:55:36 -07000"), &t));
    ck_assert(!timestamp_parse_clf(SLICE("31/Apr/2000:13:55:36 +0000"), &t));
    ck_assert(!timestamp_parse_clf(SLICE("10-Oct-2000:13:55:36 -0700"), &t));
    ck_assert(!timestamp_parse_clf(SLICE(""), &t));
}
END_TEST

UNIT_MAIN("timestamp", takes_what_rfc_5424_allows_as_strict, takes_what_is_written_a_little_otherwise_and_says_so,
    refuses_dates_and_times_that_do_not_exist, takes_the_forms_of_rfc_3164_headers, leaves_what_is_not_the_stamps,
    puts_a_stamp_without_year_nearest_to_its_receipt, never_finds_a_nearer_year_than_the_one_it_guessed,
    puts_29_february_into_a_leap_year, assumes_the_sources_zone_where_the_stamp_has_none,
    says_that_a_routers_clock_is_not_to_be_trusted, takes_seconds_since_1970_only_whole_and_before_a_blank,
    takes_day_or_month_first_whichever_is_nearer, marks_a_date_that_the_clock_type_cannot_hold, counts_every_day_once,
    parses_rfc_3339_only_as_a_whole_and_with_a_zone, parses_the_time_of_access_logs)
