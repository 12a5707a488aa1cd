/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/syslog.h"
#include "parsers/timestamp.h"
#include "support/unit.h"

#include <stdio.h>

/* Received a quarter of an hour after what the messages below say. */
#define RECEIVED   "2026-03-14T15:15:00Z"
#define EVERY_MARK ((1u << 15) - 1)

static struct arena arena;

static void
set_up(void)
{
    arena_fini(&arena);
    ck_assert_int_eq(arena_init(&arena, 0, 1 << 20), 0);
}

/* The text in memory of just its size, so that reading past its end shows. */
static struct syslog_message
parse_at(struct slice text, const char *received, int zone_minutes)
{
    struct syslog_options options = {.zone_minutes = zone_minutes};
    struct syslog_message m;
    char *copy;

    set_up();
    ck_assert(timestamp_parse_rfc3339(slice_str(received), &options.received));
    copy = arena_text(&arena, text.n);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text.p, text.n);
    memset(&m, 0xa5, sizeof(m));
    syslog_parse(&m, slice_of(copy, text.n), &options, &arena);
    return m;
}

static struct syslog_message
parse(const char *text)
{
    return parse_at(slice_str(text), RECEIVED, 0);
}

#define ck_part(m, part, want)                 \
    do {                                       \
        const char *want_part_ = (want);       \
        if (want_part_ == NULL)                \
            ck_slice_absent((m).part);         \
        else                                   \
            ck_slice_eq((m).part, want_part_); \
    } while (0)

#define ck_time(m, want)                                                    \
    do {                                                                    \
        char got_time_[WALLTIME_TEXT_MAX];                                  \
        ck_assert_str_eq(walltime_print((m).timestamp, got_time_), (want)); \
    } while (0)

#define ck_marks(m, want)                                                                                 \
    do {                                                                                                  \
        uint32_t got_marks_ = (m).marks;                                                                  \
        uint32_t want_marks_ = (want);                                                                    \
        const char *first_ = NULL;                                                                        \
        uint32_t differ_ = got_marks_ ^ want_marks_;                                                      \
        first_ = syslog_mark_name(&differ_);                                                              \
        ck_assert_msg(got_marks_ == want_marks_, "marks differ in %s", first_ == NULL ? "none" : first_); \
    } while (0)

/* What the header of one message comes to; NULL: absent. */
struct row {
    const char *text;
    const char *hostname;
    const char *app_name;
    const char *procid;
    const char *msg;
};

static void
check_rows(const struct row *rows, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        struct syslog_message m = parse(rows[i].text);

        ck_assert_msg(slice_eq(m.hostname, slice_str(rows[i].hostname)), "'%s': hostname '%.*s'", rows[i].text,
            (int)m.hostname.n, m.hostname.n == 0 ? "" : m.hostname.p);
        ck_assert_msg(slice_eq(m.app_name, slice_str(rows[i].app_name)), "'%s': app_name '%.*s'", rows[i].text,
            (int)m.app_name.n, m.app_name.n == 0 ? "" : m.app_name.p);
        ck_assert_msg(slice_eq(m.procid, slice_str(rows[i].procid)), "'%s': procid '%.*s'", rows[i].text,
            (int)m.procid.n, m.procid.n == 0 ? "" : m.procid.p);
        ck_assert_msg(slice_eq(m.msg, slice_str(rows[i].msg)), "'%s': msg '%.*s'", rows[i].text, (int)m.msg.n,
            m.msg.n == 0 ? "" : m.msg.p);
    }
}

/* --- RFC 5424 --- */

START_TEST(reads_every_part_of_an_rfc_5424_message)
{
    struct syslog_message m = parse("<165>1 2026-03-14T15:09:26.5+01:00 mail.example.org queue/in 4711 ID9 "
                                    "[q@32473 id=\"A1\" size=\"20\"][origin ip=\"192.0.2.7\"] accepted \xc3\xa9");

    ck_assert_int_eq(m.format, SYSLOG_RFC5424);
    ck_assert(m.rfc5424_valid);
    ck_marks(m, 0);
    ck_assert(m.has_pri);
    ck_assert_uint_eq(m.facility, 20);
    ck_assert_uint_eq(m.severity, 5);
    ck_part(m, timestamp_text, "2026-03-14T15:09:26.5+01:00");
    ck_time(m, "2026-03-14T14:09:26.500Z");
    ck_part(m, hostname, "mail.example.org");
    ck_part(m, app_name, "queue/in");
    ck_part(m, procid, "4711");
    ck_part(m, msgid, "ID9");
    ck_part(m, structured_data, "[q@32473 id=\"A1\" size=\"20\"][origin ip=\"192.0.2.7\"]");
    ck_assert_uint_eq(m.n_params, 3);
    ck_slice_eq(m.params[1].id, "q@32473");
    ck_slice_eq(m.params[1].name, "size");
    ck_slice_eq(m.params[1].value, "20");
    ck_slice_eq(m.params[2].id, "origin");
    ck_part(m, msg, "accepted \xc3\xa9");
    ck_part(m, content, "accepted \xc3\xa9");
}
END_TEST

START_TEST(takes_a_nil_for_what_is_absent)
{
    struct syslog_message m = parse("<13>1 - - - - - -");

    ck_assert(m.rfc5424_valid);
    ck_marks(m, SYSLOG_NO_TIMESTAMP | SYSLOG_NO_HOSTNAME | SYSLOG_EMPTY);
    ck_assert_int_eq(m.timestamp.ns, 0);
    ck_part(m, hostname, NULL);
    ck_part(m, app_name, NULL);
    ck_part(m, procid, NULL);
    ck_part(m, msgid, NULL);
    ck_part(m, structured_data, NULL);
    ck_assert_ptr_null(m.params);
    ck_part(parse("<13>1 - -h -a - - -"), hostname, "-h");
}
END_TEST

/* The longest fields that are allowed, and one byte more. */
START_TEST(keeps_the_standards_limits_in_the_verdict_only)
{
    static const struct {
        const char *format;
        int n_max;
    } rows[] = {
        {"<13>1 - %.*s a p m - x", 255},
        {"<13>1 - h %.*s p m - x", 48},
        {"<13>1 - h a %.*s m - x", 128},
        {"<13>1 - h a p %.*s - x", 32},
        {"<13>1 - h a p m [%.*s] x", 32},
        {"<13>1 - h a p m [i %.*s=\"v\"] x", 32},
    };
    char long_word[300];
    char text[400];
    size_t i;

    memset(long_word, 'w', sizeof(long_word));
    for (i = 0; i < ARRAY_LEN(rows); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)snprintf(text, sizeof(text), rows[i].format, rows[i].n_max, long_word);
        ck_assert_msg(parse(text).rfc5424_valid, "%s", text);
        (void)snprintf(text, sizeof(text), rows[i].format, rows[i].n_max + 1, long_word);
#pragma GCC diagnostic pop
        ck_assert_msg(!parse(text).rfc5424_valid, "%s", text);
        ck_part(parse(text), msg, "x");
    }
}
END_TEST

START_TEST(gives_the_standards_verdict)
{
    static const char *const valid[] = {
        "<0>1 - h a p m - x",
        "<191>1 - h a p m - x",
        "<13>2 - h a p m - x",
        "<13>999 - h a p m -",
        "<13>1 2026-03-14T15:09:26Z h a p m - ",
        "<13>1 - h a p m [i] x",
        "<13>1 - h a p m [i k=\"\"]",
        "<13>1 - h a p m [i k=\"a\\\"b\\]c\\\\d\\e\"] x",
        "<13>1 - h a p m [i k=\"1\" k=\"2\"] x",
        "<13>1 - h a p m [i k=\"\xc3\xa9\"] x",
        "<13>1 - h a p m [i] [j] x",
        "<13>1 - h a p m - \xef\xbb\xbf\xc3\xa9",
        "<13>1 - h a p m - \xe9",
        "<13>1 - h a p m - x\n",
    };
    static const char *const invalid[] = {
        "",
        "<13>",
        "<13>1",
        "1 - h a p m - x",
        " <13>1 - h a p m - x",
        "<192>1 - h a p m - x",
        "<013>1 - h a p m - x",
        "<00>1 - h a p m - x",
        "<>1 - h a p m - x",
        "<13>0 - h a p m - x",
        "<13>01 - h a p m - x",
        "<13>1000 - h a p m - x",
        "<13>1  - h a p m - x",
        "<13>1 2026-03-14 15:09:26Z h a p m - x",
        "<13>1 2026-03-14T15:09:26.1234567Z h a p m - x",
        "<13>1 2026-03-14T15:09:26 h a p m - x",
        "<13>1 2026-03-14T15:09:26z h a p m - x",
        "<13>1 2026-02-29T15:09:26Z h a p m - x",
        "<13>1 -  a p m - x",
        "<13>1 - h\x01 a p m - x",
        "<13>1 - \xc3\xa9 a p m - x",
        "<13>1 - h a p m",
        "<13>1 - h a p m x",
        "<13>1 - h a p m -\n",
        "<13>1 - h a p m -x",
        "<13>1 - h a p m [] x",
        "<13>1 - h a p m [i",
        "<13>1 - h a p m [i]x",
        "<13>1 - h a p m [i][i] x",
        "<13>1 - h a p m [i ] x",
        "<13>1 - h a p m [i  k=\"v\"] x",
        "<13>1 - h a p m [i k=v] x",
        "<13>1 - h a p m [i k= \"v\"] x",
        "<13>1 - h a p m [i k=\"v]\"] x",
        "<13>1 - h a p m [i k=\"v\"\"] x",
        "<13>1 - h a p m [i k=\"v\\\"] x",
        "<13>1 - h a p m [i \xc3\xa9=\"v\"] x",
        "<13>1 - h a p m [i k=\"\xe9\"] x",
        "<13>1 - h a p m - \xef\xbb\xbf\xe9",
        "<13>Mar 14 15:09:26 h a[1]: x",
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(valid); i++)
        ck_assert_msg(parse(valid[i]).rfc5424_valid, "%s", valid[i]);
    for (i = 0; i < ARRAY_LEN(invalid); i++)
        ck_assert_msg(!parse(invalid[i]).rfc5424_valid, "%s", invalid[i]);
}
END_TEST

START_TEST(unescapes_values_and_leaves_other_backslashes)
{
    struct syslog_message m = parse("<13>1 - h a p m [i k=\"a\\\"b\\]c\\\\d\\e\\\\\"] x");

    ck_assert_uint_eq(m.n_params, 1);
    ck_slice_eq(m.params[0].value, "a\"b]c\\d\\e\\");
}
END_TEST

START_TEST(tells_of_an_element_without_parameters)
{
    struct syslog_message m = parse("<13>1 - h a p m [i][j k=\"\"] x");

    ck_assert_uint_eq(m.n_params, 2);
    ck_slice_eq(m.params[0].id, "i");
    ck_slice_absent(m.params[0].name);
    ck_slice_eq(m.params[1].name, "k");
    ck_slice_eq(m.params[1].value, "");
}
END_TEST

START_TEST(reads_structured_data_as_vendors_write_it)
{
    static const struct {
        const char *data;
        size_t n;
        const char *id;
        const char *name;
        const char *value;
    } rows[] = {
        {"[i k=v l=w]", 2, "i", "l", "w"},
        {"[ i k=\"v\" ]", 1, "i", "k", "v"},
        {"[i k = \"v\"]", 1, "i", "k", "v"},
        {"[i k=\"a \"b\" c\" l=\"d\"]", 2, "i", "l", "d"},
        {"[i k=\"a]b\"]", 1, "i", "k", "a]b"},
        {"[action:\"drop\"; port:\"22\"; ]", 2, "", "port", "22"},
        {"[Originator@6876 sub=Proxy Req 69725]", 1, "Originator@6876", "sub", "Proxy"},
        {"[i k=]", 1, "i", "k", ""},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++) {
        char text[200];
        struct syslog_message m;

        (void)snprintf(text, sizeof(text), "<13>1 - h a p m %s rest", rows[i].data);
        m = parse(text);
        ck_assert_msg(m.n_params == rows[i].n, "%s: %zu", rows[i].data, m.n_params);
        ck_slice_eq(m.params[m.n_params - 1].id, rows[i].id);
        ck_slice_eq(m.params[m.n_params - 1].name, rows[i].name);
        ck_slice_eq(m.params[m.n_params - 1].value, rows[i].value);
        ck_part(m, structured_data, rows[i].data);
        ck_part(m, msg, "rest");
        ck_assert_uint_eq(m.marks & SYSLOG_BAD_STRUCTURED, SYSLOG_BAD_STRUCTURED);
    }
}
END_TEST

START_TEST(leaves_in_the_message_what_is_no_structured_data)
{
    static const struct row rows[] = {
        {"<13>1 - h a p m [client 192.0.2.7] denied", "h", "a", "p", "[client 192.0.2.7] denied"},
        {"<13>1 - h a p m [i k=\"v", "h", "a", "p", "[i k=\"v"},
        {"<13>1 - h a p m [i k=\"v\" x", "h", "a", "p", "[i k=\"v\" x"},
        {"<13>1 - h a p m [] x", "h", "a", "p", "[] x"},
        {"<13>1 - h a p m hello", "h", "a", "p", "hello"},
        {"<13>1 - h a p m -- x", "h", "a", "p", "-- x"},
        {"<13>1 - h a p m", "h", "a", "p", ""},
    };

    check_rows(rows, ARRAY_LEN(rows));
    ck_marks(parse(rows[0].text), SYSLOG_NO_TIMESTAMP | SYSLOG_BAD_STRUCTURED);
    ck_part(parse(rows[0].text), structured_data, NULL);
}
END_TEST

START_TEST(marks_an_sd_id_that_comes_twice)
{
    ck_marks(parse("<13>1 - h a p m [i k=\"1\"][j][i k=\"2\"] x"), SYSLOG_NO_TIMESTAMP | SYSLOG_DUPLICATE_SD_ID);
    ck_assert_uint_eq(parse("<13>1 - h a p m [i k=\"1\"][j][i k=\"2\"] x").n_params, 3);
}
END_TEST

START_TEST(keeps_256_parameters_and_marks_that_there_were_more)
{
    static const char head[] = "<13>1 - h a p m [i";
    char text[sizeof(head) + (SYSLOG_PARAMS_MAX + 1) * 6 + 4];
    size_t n = sizeof(head) - 1;
    struct syslog_message m;
    size_t i;

    memcpy(text, head, n);
    for (i = 0; i <= SYSLOG_PARAMS_MAX; i++) {
        if (i == SYSLOG_PARAMS_MAX) {
            memcpy(text + n, "] x", 3);
            m = parse_at(slice_of(text, n + 3), RECEIVED, 0);
            ck_marks(m, SYSLOG_NO_TIMESTAMP);
            ck_assert_uint_eq(m.n_params, SYSLOG_PARAMS_MAX);
        }
        memcpy(text + n, " k=\"v\"", 6);
        n += 6;
    }
    memcpy(text + n, "] x", 3);
    m = parse_at(slice_of(text, n + 3), RECEIVED, 0);
    ck_marks(m, SYSLOG_NO_TIMESTAMP | SYSLOG_PARAMS_DROPPED);
    ck_assert_uint_eq(m.n_params, SYSLOG_PARAMS_MAX);
    ck_part(m, msg, "x");
}
END_TEST

START_TEST(marks_parameters_that_the_arena_has_no_room_for)
{
    struct slice text = SLICE("<13>1 - h a p m [i k=\"v\"] x");
    struct syslog_options options = {{0}, 0};
    struct syslog_message m;
    struct arena none;

    ck_assert_int_eq(arena_init(&none, 0, 16), 0);
    syslog_parse(&m, text, &options, &none);
    ck_assert_uint_eq(m.n_params, 0);
    ck_assert_uint_eq(m.marks & SYSLOG_PARAMS_DROPPED, SYSLOG_PARAMS_DROPPED);
    ck_part(m, msg, "x");
    arena_fini(&none);
}
END_TEST

START_TEST(reads_on_where_the_stamp_is_none)
{
    struct syslog_message m = parse("<13>1 14-03-2026T15:09:26Z h a p m - x");

    ck_marks(m, SYSLOG_BAD_TIMESTAMP);
    ck_part(m, timestamp_text, "14-03-2026T15:09:26Z");
    ck_assert_int_eq(m.timestamp.ns, 0);
    ck_part(m, hostname, "h");
    ck_part(m, msg, "x");
    ck_part(parse("<13>1 2026-03-14 15:09:26 h a p m - x"), hostname, "h");
}
END_TEST

START_TEST(marks_another_version)
{
    ck_marks(parse("<13>2 2026-03-14T15:09:26Z h a p m - x"), SYSLOG_VERSION_ODD);
    ck_marks(parse("<13>2 apples and 1 pear"), SYSLOG_NO_TIMESTAMP | SYSLOG_NO_HOSTNAME);
    ck_assert_int_eq(parse("<13>1 thing was done twice over today").format, SYSLOG_RFC3164);
}
END_TEST

START_TEST(takes_the_bom_off_and_keeps_the_text)
{
    ck_part(parse("<13>1 - h a p m - \xef\xbb\xbf"
                  "text"),
        msg, "text");
    ck_part(parse("<13>1 - h a p m - \xef\xbb\xbf"), msg, "");
    ck_part(parse("<13>1 - h a p m -  two"), msg, " two");
}
END_TEST

/* --- PRI --- */

START_TEST(takes_the_default_where_pri_is_missing_or_wrong_and_reads_on)
{
    static const struct {
        const char *text;
        uint32_t mark;
    } rows[] = {
        {"Mar 14 15:09:26 h a[1]: x", SYSLOG_NO_PRI},
        {"<192>Mar 14 15:09:26 h a[1]: x", SYSLOG_BAD_PRI},
        {"<3500000000>Mar 14 15:09:26 h a[1]: x", SYSLOG_BAD_PRI},
        {"<8000000000000000000000000000000>Mar 14 15:09:26 h a[1]: x", SYSLOG_BAD_PRI},
        {"<-1>Mar 14 15:09:26 h a[1]: x", SYSLOG_BAD_PRI},
        {"< 13>Mar 14 15:09:26 h a[1]: x", SYSLOG_BAD_PRI},
        {"<013>Mar 14 15:09:26 h a[1]: x", SYSLOG_BAD_PRI},
        {"<>Mar 14 15:09:26 h a[1]: x", SYSLOG_BAD_PRI},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++) {
        struct syslog_message m = parse(rows[i].text);

        ck_marks(m, rows[i].mark | SYSLOG_YEAR_GUESSED | SYSLOG_ZONE_ASSUMED);
        ck_assert(!m.has_pri);
        ck_assert_uint_eq(m.facility * 8 + m.severity, SYSLOG_PRI_DEFAULT);
        ck_part(m, hostname, "h");
        ck_part(m, procid, "1");
        ck_part(m, msg, "x");
    }
}
END_TEST

START_TEST(keeps_text_that_only_begins_like_pri)
{
    ck_part(parse("<189 Mar 14 15:09:26 h a: x"), msg, "<189 Mar 14 15:09:26 h a: x");
    ck_part(parse("<event>Mar"), msg, "<event>Mar");
    ck_part(parse("<"), msg, "<");
    ck_part(parse("<<<<"), msg, "<<<<");
    ck_marks(parse("<x"), SYSLOG_BAD_PRI | SYSLOG_NO_TIMESTAMP | SYSLOG_NO_HOSTNAME);
}
END_TEST

START_TEST(finds_pri_behind_blanks)
{
    ck_part(parse(" <13>Mar 14 15:09:26 h a: x"), hostname, "h");
    ck_part(parse("\r\n \t<13>1 - h a p m - x"), msgid, "m");
    ck_part(parse("  { \"a\": 1 }"), msg, "  { \"a\": 1 }");
}
END_TEST

/* --- RFC 3164 --- */

START_TEST(reads_every_part_of_an_rfc_3164_message)
{
    struct syslog_message m = parse("<86>Mar 14 15:09:26 gate sshd[4711]: session opened for user root");

    ck_assert_int_eq(m.format, SYSLOG_RFC3164);
    ck_marks(m, SYSLOG_YEAR_GUESSED | SYSLOG_ZONE_ASSUMED);
    ck_assert_uint_eq(m.facility, 10);
    ck_assert_uint_eq(m.severity, 6);
    ck_part(m, timestamp_text, "Mar 14 15:09:26");
    ck_time(m, "2026-03-14T15:09:26Z");
    ck_part(m, hostname, "gate");
    ck_part(m, app_name, "sshd");
    ck_part(m, procid, "4711");
    ck_part(m, msgid, NULL);
    ck_part(m, structured_data, NULL);
    ck_part(m, msg, "session opened for user root");
    ck_part(m, content, "sshd[4711]: session opened for user root");
}
END_TEST

/* rsyslog's own messages, and what it forwards in its traditional format. */
START_TEST(reads_structured_data_before_an_rfc_3164_text)
{
    struct syslog_message m = parse(
        "<46>Mar 14 15:09:26 web1 rsyslogd:  [origin software=\"rsyslogd\" x-pid=\"89\"][x b=\"\\]\"] start");

    ck_part(m, app_name, "rsyslogd");
    ck_part(m, structured_data, "[origin software=\"rsyslogd\" x-pid=\"89\"][x b=\"\\]\"]");
    ck_part(m, msg, "start");
    ck_part(m, content, "rsyslogd:  [origin software=\"rsyslogd\" x-pid=\"89\"][x b=\"\\]\"] start");
    ck_assert_uint_eq(m.n_params, 3);
    ck_slice_eq(m.params[1].id, "origin");
    ck_slice_eq(m.params[1].name, "x-pid");
    ck_slice_eq(m.params[1].value, "89");
    ck_slice_eq(m.params[2].value, "]");
    ck_assert(!m.rfc5424_valid);
    m = parse("<46>Mar 14 15:09:26 web1 rsyslogd: [origin software=\"rsyslogd\"]");
    ck_part(m, msg, "");
    ck_assert_uint_eq(m.n_params, 1);
}
END_TEST

START_TEST(keeps_other_text_in_brackets_in_an_rfc_3164_text)
{
    static const char *const texts[] = {
        "[error] it broke",
        "[  12.345678] usb 1-1: new device",
        "[12.345678] usb 1-1: new device",
        "[client 192.0.2.7] denied",
        "[a b=c] unquoted",
        "[a b=\"c\"][error] it broke",
        "[a b=\"c\"], and so on",
        "[a b=\"c\"",
        "[a b=\"c\"][a",
        " [error]  it broke",
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(texts); i++) {
        char line[200];
        struct syslog_message m;

        (void)snprintf(line, sizeof(line), "<46>Mar 14 15:09:26 web1 app: %s", texts[i]);
        m = parse(line);
        ck_part(m, msg, texts[i]);
        ck_part(m, structured_data, NULL);
        ck_assert_uint_eq(m.n_params, 0);
        ck_marks(m, SYSLOG_YEAR_GUESSED | SYSLOG_ZONE_ASSUMED);
    }
}
END_TEST

START_TEST(reads_the_host_as_it_is_really_sent)
{
    static const struct row rows[] = {
        {"<13>Mar 14 15:09:26 192.0.2.7 a: x", "192.0.2.7", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 2001:db8::7 a: x", "2001:db8::7", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 fe80::1%eth0 a: x", "fe80::1%eth0", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 2001:: a: x", "2001::", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 [2001:db8::7] a: x", "2001:db8::7", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 [192.0.2.7] a: x", "192.0.2.7", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 dom/host_1.example a: x", "dom/host_1.example", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26: host a: x", "host", "a", NULL, "x"},
        {"<13> Mar 14 15:09:26 host a: x", "host", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 host", "host", NULL, NULL, ""},
        {"<13>Mar 14 15:09:26 h\xe9st a: x", "h\xe9st", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 slot2/host a: x", "host", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 user.info host a: x", "host", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 ap7,aabbccddeeff,v1.2 a: x", "ap7", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 ap7,aabbccddeeff,v1.2: a: x", "ap7", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 lb1,rule=a,src=192.0.2.7", "lb1", NULL, NULL, "rule=a,src=192.0.2.7"},
        {"<13>Mar 14 15:09:26 Message forwarded from aix7: su: x", "aix7", "su", NULL, "x"},
        {"<13>Mar 14 15:09:26 relay Mar 14 15:09:25 host a: x", "host", "a", NULL, "x"},
        {"<13>2026-03-14T15:09:26.5Z host a[2]: x", "host", "a", "2", "x"},
        {"<13>2026-03-14 15:09:26,535 +0100 host a[2]: x", "host", "a", "2", "x"},
    };

    check_rows(rows, ARRAY_LEN(rows));
    ck_time(parse("<13>Mar 14 15:09:26 relay Mar 14 15:09:25 host a: x"), "2026-03-14T15:09:25Z");
    ck_time(parse("<13>2026-03-14 15:09:26,535 +0100 host a[2]: x"), "2026-03-14T14:09:26.535Z");
}
END_TEST

START_TEST(takes_no_tag_or_text_for_a_host)
{
    static const struct row rows[] = {
        {"<13>Mar 14 15:09:26 a: x", NULL, "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 a[1]: x", NULL, "a", "1", "x"},
        {"<13>Mar 14 15:09:26 last message repeated 3 times", NULL, NULL, NULL, "last message repeated 3 times"},
        {"<13>Mar 14 15:09:26 h last message repeated 3 times", "h", NULL, NULL, "last message repeated 3 times"},
        {"<13>Mar 14 15:09:26 CEF:0|v|p|1|2|n|3|", NULL, NULL, NULL, "CEF:0|v|p|1|2|n|3|"},
        {"<13>Mar 14 15:09:26 {\"a\":1}", NULL, NULL, NULL, "{\"a\":1}"},
        {"<13>Mar 14 15:09:26 key=value more", NULL, NULL, NULL, "key=value more"},
        {"<13>2026-03-14 15:09:26\treason=x", NULL, NULL, NULL, "\treason=x"},
        {"<13>Mar 14 15:09:26", NULL, NULL, NULL, ""},
    };

    check_rows(rows, ARRAY_LEN(rows));
    ck_assert_uint_eq(parse(rows[0].text).marks & SYSLOG_NO_HOSTNAME, SYSLOG_NO_HOSTNAME);
    ck_assert_uint_eq(parse(rows[8].text).marks & SYSLOG_EMPTY, SYSLOG_EMPTY);
}
END_TEST

START_TEST(reads_the_tag_as_it_is_really_sent)
{
    static const struct row rows[] = {
        {"<13>Mar 14 15:09:26 h postfix/smtpd[12]: x", "h", "postfix/smtpd", "12", "x"},
        {"<13>Mar 14 15:09:26 h sshd(pam_unix)[12]: x", "h", "sshd(pam_unix)", "12", "x"},
        {"<13>Mar 14 15:09:26 h (systemd)[1]: x", "h", "(systemd)", "1", "x"},
        {"<13>Mar 14 15:09:26 h a[]: x", "h", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 h a[-]: x", "h", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 h [77]: x", "h", NULL, "77", "x"},
        {"<13>Mar 14 15:09:26 h a[1] x", "h", "a", "1", "x"},
        {"<13>Mar 14 15:09:26 h a:x", "h", "a", NULL, "x"},
        {"<13>Mar 14 15:09:26 h a:  x", "h", "a", NULL, " x"},
        {"<13>Mar 14 15:09:26 h a[1]:", "h", "a", "1", ""},
        {"<13>Mar 14 15:09:26 h a x y", "h", "a", NULL, "x y"},
        {"<13>Mar 14 15:09:26 h a\tx\ty", "h", "a", NULL, "x\ty"},
        {"<13>Mar 14 15:09:26 h notice tmm[5]: x", "h", "tmm", "5", "x"},
        {"<13>Mar 14 15:09:26 h notice of change", "h", "notice", NULL, "of change"},
        {"<13>Mar 14 15:09:26 h error: disk[1]: x", "h", "error", NULL, "disk[1]: x"},
        {"<13>a[1]: x", NULL, "a", "1", "x"},
        {"<13>a: x", NULL, "a", NULL, "x"},
    };

    check_rows(rows, ARRAY_LEN(rows));
}
END_TEST

START_TEST(takes_no_text_for_a_tag)
{
    static const struct row rows[] = {
        {"<13>Mar 14 15:09:26 h 12:30 train left", "h", NULL, NULL, "12:30 train left"},
        {"<13>Mar 14 15:09:26 h http://example.org/ x", "h", NULL, NULL, "http://example.org/ x"},
        {"<13>Mar 14 15:09:26 h 1,2026/03/14 15:09:26,x", "h", NULL, NULL, "1,2026/03/14 15:09:26,x"},
        {"<13>Mar 14 15:09:26 h (root) CMD (x)", "h", NULL, NULL, "(root) CMD (x)"},
        {"<13>Mar 14 15:09:26 h [a][b] x", "h", NULL, NULL, "[a][b] x"},
        {"<13>Mar 14 15:09:26 h a[12: x", "h", NULL, NULL, "a[12: x"},
        {"<13>Mar 14 15:09:26 h user=root x", "h", NULL, NULL, "user=root x"},
        {"<13>Mar 14 15:09:26 h  two blanks", "h", NULL, NULL, " two blanks"},
        {"<13>Mar 14 15:09:26 h CEF:0|v|p|", "h", NULL, NULL, "CEF:0|v|p|"},
        {"<13>Mar 14 15:09:26 h CEF: 0|v|p|", "h", NULL, NULL, "CEF: 0|v|p|"},
        {"<13>Mar 14 15:09:26 h LEEF:1.0|v|p|", "h", NULL, NULL, "LEEF:1.0|v|p|"},
        {"<13>1 2026-03-14T15:09:26Z h LEEF:2.0|v", "h", NULL, NULL, "LEEF:2.0|v"},
        {"<13>a x y", NULL, NULL, NULL, "a x y"},
        {"<13>disk usage: 95 %full-of", NULL, NULL, NULL, "disk usage: 95 %full-of"},
        {"<13>disk: %d-1-x", NULL, "disk", NULL, "%d-1-x"},
        {"this is text: all of it", NULL, NULL, NULL, "this is text: all of it"},
    };

    check_rows(rows, ARRAY_LEN(rows));
}
END_TEST

START_TEST(reads_what_routers_and_firewalls_send)
{
    static const struct row rows[] = {
        {"<189>42: *Mar 14 15:09:26.123: %SYS-5-X: t", NULL, "%SYS-5-X", NULL, "t"},
        {"<189>42: r1: 000043: Mar 14 15:09:26.123 CET: %SYS-5-X: t", "r1", "%SYS-5-X", NULL, "t"},
        {"<189>r1: 2026 Mar 14 15:09:26.1 UTC: %SYS-5-X: t", "r1", "%SYS-5-X", NULL, "t"},
        {"<189>: 2026 Mar 14 15:09:26 CET: %SYS-5-X: t", NULL, "%SYS-5-X", NULL, "t"},
        {"<189>:Mar 14 15:09:26 UTC: %ASA-6-302015: t", NULL, "%ASA-6-302015", NULL, "t"},
        {"<189>42: Mar 14 15:09:26 ABC: %SYS-5-X: t", NULL, "%SYS-5-X", NULL, "t"},
        {"<189>42: 1w2d: %SYS-5-X: t", NULL, "%SYS-5-X", NULL, "t"},
        {"<189>42: 00:01:02: %SYS-5-X: t", NULL, "%SYS-5-X", NULL, "t"},
        {"<189>w1: *task7: Mar 14 15:09:26.123: %SYS-5-X: t", "w1", "%SYS-5-X", NULL, "t"},
        {"<189>42: *Mar 14 15:09:26: r1.example %SYS-5-X: t", "r1.example", "%SYS-5-X", NULL, "t"},
        {"<189>RP/0/RP1/CPU0:Mar 14 15:09:26: cfg[77]: %SYS-5-X : t", NULL, "cfg", "77", "%SYS-5-X : t"},
        {"<189>42: r1 RP/0/RP1/CPU0:Mar 14 15:09:26 : cfg[77]: %SYS-5-X : t", "r1", "cfg", "77", "%SYS-5-X : t"},
        {"<189>Mar 14 2026 15:09:26: %ASA-4-102030: t", NULL, "%ASA-4-102030", NULL, "t"},
        {"<189>Mar 14 2026 15:09:26 fw : %ASA-4-102030: t", "fw", "%ASA-4-102030", NULL, "t"},
        {"<189>Mar 14 2026 15:09:26 fw: %ASA-4-102030: t", "fw", "%ASA-4-102030", NULL, "t"},
        {"<189>Mar 14 15:09:26 192.0.2.7: %ACE-3-251010: t", "192.0.2.7", "%ACE-3-251010", NULL, "t"},
        {"<189>Mar 14 15:09:26 h %%10SC/6/LOGIN(l): -t", "h", "%%10SC/6/LOGIN(l)", NULL, "-t"},
        {"<189>Mar 14 15:09:26 h %LOCAL-2-MSG [a] t", "h", "%LOCAL-2-MSG", NULL, "[a] t"},
        {"<134>1 1773500966.5 ap7 flows src=192.0.2.7", "ap7", "flows", NULL, "src=192.0.2.7"},
        {"<134>14/03/2026:15:09:26 GMT lb1 0-PPE-0 : default x", "lb1", NULL, NULL, "0-PPE-0 : default x"},
    };

    check_rows(rows, ARRAY_LEN(rows));
    ck_time(parse(rows[1].text), "2026-03-14T14:09:26.123Z");
    ck_time(parse(rows[18].text), "2026-03-14T15:09:26.500Z");
    ck_assert_uint_eq(parse(rows[6].text).marks & SYSLOG_NO_TIMESTAMP, SYSLOG_NO_TIMESTAMP);
    ck_assert_uint_eq(parse(rows[5].text).marks & SYSLOG_ZONE_ASSUMED, SYSLOG_ZONE_ASSUMED);
    ck_part(parse("<189>42: r1: Mar 14 15:09:26: no mnemonic"), msg, "42: r1: Mar 14 15:09:26: no mnemonic");
}
END_TEST

START_TEST(marks_a_stamp_that_is_none_and_reads_on)
{
    struct syslog_message m = parse("<13>Feb 30 15:09:26 h a: x");

    ck_marks(m, SYSLOG_BAD_TIMESTAMP);
    ck_part(m, timestamp_text, "Feb 30 15:09:26");
    ck_part(m, hostname, "h");
    ck_part(m, msg, "x");
    ck_part(parse("<13>2026-13-14T15:09:26Z h a: x"), hostname, "h");
    ck_marks(parse("<13>2026-13-14T15:09:26Z h a: x"), SYSLOG_BAD_TIMESTAMP);
}
END_TEST

START_TEST(marks_a_stamp_more_than_a_day_from_its_receipt)
{
    struct slice text = SLICE("<13>1 2026-03-14T15:09:26Z h a p m - x");

    ck_marks(parse_at(text, "2026-03-15T15:09:26Z", 0), 0);
    ck_marks(parse_at(text, "2026-03-15T15:09:26.1Z", 0), SYSLOG_TIME_FAR);
    ck_marks(parse_at(text, "2026-03-13T15:09:26Z", 0), 0);
    ck_marks(parse_at(text, "2026-03-13T15:09:25Z", 0), SYSLOG_TIME_FAR);
    ck_marks(parse("<13>1 1678-01-01T00:00:00Z h a p m - x"), SYSLOG_TIME_FAR);
    ck_marks(parse("<13>1 9999-12-31T23:59:59Z h a p m - x"), SYSLOG_BAD_TIMESTAMP | SYSLOG_TIME_FAR);
}
END_TEST

START_TEST(guesses_the_year_over_new_year_and_in_the_sources_zone)
{
    ck_time(parse_at(SLICE("<13>Dec 31 23:59:58 h a: x"), "2026-01-01T00:00:05Z", 0), "2025-12-31T23:59:58Z");
    ck_time(parse_at(SLICE("<13>Jan  1 00:00:03 h a: x"), "2026-12-31T23:59:58Z", 0), "2027-01-01T00:00:03Z");
    ck_time(parse_at(SLICE("<13>Jan  1 13:00:03 h a: x"), "2025-12-31T23:00:05Z", 14 * 60), "2025-12-31T23:00:03Z");
    ck_time(parse_at(SLICE("<13>Dec 31 12:00:03 h a: x"), "2026-01-01T00:00:05Z", -12 * 60), "2026-01-01T00:00:03Z");
}
END_TEST

/* --- bytes --- */

START_TEST(marks_bytes_that_are_not_utf_8_and_control_characters)
{
    char text[200];
    size_t i;

    for (i = 20; i < 60; i++) { /* at every place beside the steps of sixteen */
        memset(text, 'x', sizeof(text));
        memcpy(text, "<13>1 - h a p m - ", 18);
        text[i] = '\x80';
        ck_marks(parse_at(slice_of(text, 60), RECEIVED, 0), SYSLOG_NO_TIMESTAMP | SYSLOG_NOT_UTF8);
        text[i] = '\0';
        ck_marks(parse_at(slice_of(text, 61), RECEIVED, 0), SYSLOG_NO_TIMESTAMP | SYSLOG_CONTROL_BYTES);
        text[i] = '\x7f';
        ck_marks(parse_at(slice_of(text, 62), RECEIVED, 0), SYSLOG_NO_TIMESTAMP | SYSLOG_CONTROL_BYTES);
        text[i] = '\t';
        ck_marks(parse_at(slice_of(text, 63), RECEIVED, 0), SYSLOG_NO_TIMESTAMP);
        text[i] = '~';
        ck_marks(parse_at(slice_of(text, 64), RECEIVED, 0), SYSLOG_NO_TIMESTAMP);
    }
    ck_marks(parse("\x01"), SYSLOG_NO_PRI | SYSLOG_NO_TIMESTAMP | SYSLOG_NO_HOSTNAME | SYSLOG_CONTROL_BYTES);
    ck_marks(parse("<13>1 - h a p m - \xc3\xa9"), SYSLOG_NO_TIMESTAMP);
}
END_TEST

START_TEST(cuts_line_ends_and_nuls_off_the_end_only)
{
    ck_part(parse("<13>Mar 14 15:09:26 h a: x\r\n"), msg, "x");
    ck_part(parse("<13>Mar 14 15:09:26 h a: x\ny"), msg, "x\ny");
    ck_slice_eq(parse_at(SLICE("<13>Mar 14 15:09:26 h a: x\0"), RECEIVED, 0).msg, "x");
    ck_assert_uint_eq(parse_at(SLICE("<13>Mar 14 15:09:26 h a: x\0y"), RECEIVED, 0).msg.n, 3);
    ck_marks(parse("\n"), SYSLOG_NO_PRI | SYSLOG_NO_TIMESTAMP | SYSLOG_NO_HOSTNAME | SYSLOG_EMPTY);
}
END_TEST

/* Every beginning of messages of every kind, in memory that ends where they do. */
START_TEST(reads_any_beginning_of_a_message)
{
    static const char *const texts[] = {
        "<165>1 2026-03-14T15:09:26.5+01:00 h a p m [q@1 id=\"A\\\"1\" s=\"2\"][o ip=\"1\"] \xef\xbb\xbftext",
        "<13>1 - h a p m [q@1 id=A s:\"2\"; x][o  ip=\"a\"b\" ] text",
        "<189>42: r1 RP/0/RP1/CPU0:Mar 14 15:09:26.123 CEST : cfg[77]: %SYS-5-X : text",
        "<13> Mar 14 15:09:26 2026 UTC user.info slot2/host,a,b: notice app[12]: text",
        "<13>Mar 14 15:09:26 relay Mar 14 15:09:25 [2001:db8::7] app[12]: text",
        "<13>Mar 14 2026 03:09:26 PM.5 -01:30: Message forwarded from aix: last message repeated 3 times",
    };
    size_t i;
    size_t n;

    for (i = 0; i < ARRAY_LEN(texts); i++) {
        for (n = 0; n <= strlen(texts[i]); n++) {
            struct syslog_message m = parse_at(slice_of(texts[i], n), RECEIVED, 0);

            ck_assert_uint_le(m.msg.n, n);
            ck_assert_uint_le(m.content.n, n);
        }
    }
}
END_TEST

/* --- names --- */

START_TEST(names_every_mark_once)
{
    uint32_t marks = EVERY_MARK;
    size_t n = 0;

    while (syslog_mark_name(&marks) != NULL)
        n++;
    ck_assert_uint_eq(n, 15);
    ck_assert_uint_eq(marks, 0);
    marks = SYSLOG_EMPTY | SYSLOG_BAD_PRI;
    ck_assert_str_eq(syslog_mark_name(&marks), "bad-pri");
    ck_assert_str_eq(syslog_mark_name(&marks), "empty");
}
END_TEST

START_TEST(names_facilities_and_severities)
{
    ck_assert_str_eq(syslog_facility_name(0), "kern");
    ck_assert_str_eq(syslog_facility_name(10), "authpriv");
    ck_assert_str_eq(syslog_facility_name(23), "local7");
    ck_assert_str_eq(syslog_severity_name(0), "emerg");
    ck_assert_str_eq(syslog_severity_name(7), "debug");
}
END_TEST

UNIT_MAIN("syslog", reads_every_part_of_an_rfc_5424_message, takes_a_nil_for_what_is_absent,
    keeps_the_standards_limits_in_the_verdict_only, gives_the_standards_verdict,
    unescapes_values_and_leaves_other_backslashes, tells_of_an_element_without_parameters,
    reads_structured_data_as_vendors_write_it, leaves_in_the_message_what_is_no_structured_data,
    marks_an_sd_id_that_comes_twice, keeps_256_parameters_and_marks_that_there_were_more,
    marks_parameters_that_the_arena_has_no_room_for, reads_on_where_the_stamp_is_none, marks_another_version,
    takes_the_bom_off_and_keeps_the_text, takes_the_default_where_pri_is_missing_or_wrong_and_reads_on,
    keeps_text_that_only_begins_like_pri, finds_pri_behind_blanks, reads_every_part_of_an_rfc_3164_message,
    reads_structured_data_before_an_rfc_3164_text, keeps_other_text_in_brackets_in_an_rfc_3164_text,
    reads_the_host_as_it_is_really_sent, takes_no_tag_or_text_for_a_host, reads_the_tag_as_it_is_really_sent,
    takes_no_text_for_a_tag, reads_what_routers_and_firewalls_send, marks_a_stamp_that_is_none_and_reads_on,
    marks_a_stamp_more_than_a_day_from_its_receipt, guesses_the_year_over_new_year_and_in_the_sources_zone,
    marks_bytes_that_are_not_utf_8_and_control_characters, cuts_line_ends_and_nuls_off_the_end_only,
    reads_any_beginning_of_a_message, names_every_mark_once, names_facilities_and_severities)
