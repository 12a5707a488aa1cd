/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The start of a program, told by audit records that come one by one: whoever writes process_creation rules sees it
 * once, whole, and on an event that is one of its own records.
 */
#include "fixture.h"

#include <stdio.h>

static struct fixture f;
static struct walltime now;

static void
open_fixture(void)
{
    fixture_init(&f);
    fixture_open(&f);
    now = RECEIVED;
}

static const struct event *
read_text(const char *raw)
{
    struct frame frame = {.raw = slice_str(raw), .received = now, .peer = SLICE("192.0.2.1")};

    arena_reset(&f.arena);
    normalizer_event(f.normalizer, f.scratch, &frame, &f.arena, &f.event);
    return &f.event;
}

/* The record @rest of the event @serial, as sent by @host. */
static const struct event *
read_record(const char *host, unsigned serial, const char *type, const char *rest)
{
    static char raw[512];

    (void)snprintf(raw, sizeof(raw), "<13>Mar 14 15:09:20 %s audispd: type=%s msg=audit(1773500960.001:%u): %s", host,
        type, serial, rest);
    return read_text(raw);
}

#define SYSCALL "arch=c000003e syscall=59 success=yes ppid=7 pid=8 uid=1000 ses=3 exe=\"/usr/bin/id\""

static bool
is_start(const struct event *e)
{
    bool routed = event_is_from(e, "linux", "process_creation", "auditd");

    ck_assert_int_eq(routed, event_value(e, SLICE("Image")).p != NULL);
    ck_assert_int_eq(routed, event_value(e, SLICE("CommandLine")).p != NULL);
    ck_assert(routed || event_is_from(e, "linux", NULL, "auditd"));
    return routed;
}

START_TEST(the_record_that_completes_a_start_carries_it_and_no_other_does)
{
    const struct event *e;

    open_fixture();
    ck_assert(!is_start(read_record("a", 1, "SYSCALL", SYSCALL)));
    ck_assert(!is_start(read_record("a", 1, "EXECVE", "argc=2 a0=\"id\" a1=\"-u\"")));
    e = read_record("a", 1, "CWD", "cwd=\"/tmp\"");
    ck_assert(is_start(e));
    ck_slice_eq(event_value(e, SLICE("Image")), "/usr/bin/id");
    ck_slice_eq(event_value(e, SLICE("CommandLine")), "id -u");
    ck_slice_eq(event_value(e, SLICE("CurrentDirectory")), "/tmp");
    ck_slice_eq(event_value(e, SLICE("User")), "1000");
    ck_slice_eq(event_value(e, SLICE("ParentProcessId")), "7");
    ck_slice_eq(event_value(e, SLICE("type")), "CWD");
    ck_assert(!is_start(read_record("a", 1, "PATH", "item=0 name=\"/usr/bin/id\"")));
    ck_assert(!is_start(read_record("a", 1, "PROCTITLE", "proctitle=\"id\"")));
    ck_assert(!is_start(read_record("a", 1, "EOE", "")));
    ck_assert_uint_eq(fixture_count(&f, "normalize_audit_joined"), 1);
    ck_assert_uint_eq(fixture_count(&f, "normalize_events"), 6);
    fixture_close(&f);
}
END_TEST

START_TEST(starts_are_kept_apart_by_host_and_serial_while_their_records_mix)
{
    const struct event *e;

    open_fixture();
    (void)read_record("a", 1, "SYSCALL", SYSCALL);
    (void)read_record("b", 1, "SYSCALL", SYSCALL);
    (void)read_record("a", 2, "SYSCALL", SYSCALL);
    (void)read_record("b", 1, "EXECVE", "argc=1 a0=\"bb\"");
    (void)read_record("a", 2, "EXECVE", "argc=1 a0=\"a2\"");
    (void)read_record("a", 1, "EXECVE", "argc=1 a0=\"a1\"");
    e = read_record("a", 2, "CWD", "cwd=\"/\"");
    ck_slice_eq(event_value(e, SLICE("CommandLine")), "a2");
    e = read_record("b", 1, "CWD", "cwd=\"/\"");
    ck_slice_eq(event_value(e, SLICE("CommandLine")), "bb");
    e = read_record("a", 1, "CWD", "cwd=\"/\"");
    ck_slice_eq(event_value(e, SLICE("CommandLine")), "a1");
    fixture_close(&f);
}
END_TEST

START_TEST(the_order_of_records_does_not_matter)
{
    static const char *const orders[][3] = {{"SYSCALL", "EXECVE", "EOE"}, {"EXECVE", "SYSCALL", "PATH"},
        {"SYSCALL", "CWD", "EXECVE"}, {"EXECVE", "PROCTITLE", "SYSCALL"}};
    size_t i;
    size_t k;

    open_fixture();
    for (i = 0; i < ARRAY_LEN(orders); i++) {
        for (k = 0; k < 3; k++) {
            const char *type = orders[i][k];
            const char *rest = strcmp(type, "SYSCALL") == 0  ? SYSCALL
                               : strcmp(type, "EXECVE") == 0 ? "argc=1 a0=\"id\""
                                                             : "name=\"x\"";

            ck_assert_msg(is_start(read_record("a", (unsigned)i, type, rest)) == (k == 2), "%zu %zu", i, k);
        }
    }
    fixture_close(&f);
}
END_TEST

START_TEST(a_long_command_line_comes_whole_from_several_records)
{
    open_fixture();
    (void)read_record("a", 1, "SYSCALL", SYSCALL);
    (void)read_record("a", 1, "EXECVE", "argc=3 a0=\"sh\" a1_len=9000 a1[0]=6563686F20");
    (void)read_record("a", 1, "EXECVE", "a1[1]=61626364 a2=\"end\"");
    ck_slice_eq(event_value(read_record("a", 1, "CWD", "cwd=\"/\""), SLICE("CommandLine")), "sh echo abcd end");
    fixture_close(&f);
}
END_TEST

START_TEST(names_of_users_are_those_the_sender_knows)
{
    open_fixture();
    (void)read_record("a", 1, "SYSCALL",
        SYSCALL "\x1d"
                "ARCH=x86_64 SYSCALL=execve UID=\"eve\"");
    (void)read_record("a", 1, "EXECVE", "argc=1 a0=\"id\"");
    ck_slice_eq(event_value(read_record("a", 1, "CWD", "cwd=\"/\""), SLICE("User")), "eve");
    (void)read_record("a", 2, "SYSCALL", "arch=c000003e syscall=322 success=yes uid=0 exe=\"/a\"");
    (void)read_record("a", 2, "EXECVE", "argc=1 a0=\"id\"");
    ck_slice_eq(event_value(read_record("a", 2, "CWD", "cwd=\"/\""), SLICE("User")), "root");
    fixture_close(&f);
}
END_TEST

START_TEST(what_starts_no_program_is_not_presented_as_one)
{
    open_fixture();
    (void)read_record("a", 1, "SYSCALL", "arch=c000003e syscall=2 success=yes exe=\"/bin/cat\"");
    ck_assert(!is_start(read_record("a", 1, "CWD", "cwd=\"/\"")));
    (void)read_record("a", 2, "SYSCALL", "arch=c000003e syscall=59 success=no exit=-2 exe=\"/bin/sh\"");
    ck_assert(!is_start(read_record("a", 2, "CWD", "cwd=\"/\"")));
    now.ns += 10 * NS_PER_S;
    (void)read_record("a", 3, "EOE", "");
    ck_assert_uint_eq(fixture_count(&f, "normalize_audit_joined"), 0);
    ck_assert_uint_eq(fixture_count(&f, "normalize_audit_timed_out"), 0);
    fixture_close(&f);
}
END_TEST

START_TEST(a_start_whose_records_do_not_come_is_given_up_and_counted)
{
    open_fixture();
    (void)read_record("a", 1, "SYSCALL", SYSCALL);
    (void)read_record("a", 1, "EXECVE", "argc=1 a0=\"id\"");
    now.ns += 3 * NS_PER_S;
    ck_assert(!is_start(read_record("a", 1, "CWD", "cwd=\"/\"")));
    ck_assert_uint_eq(fixture_count(&f, "normalize_audit_timed_out"), 1);
    ck_assert_uint_eq(fixture_count(&f, "normalize_audit_joined"), 0);
    fixture_close(&f);
}
END_TEST

START_TEST(the_table_is_bounded_and_the_oldest_gives_way)
{
    unsigned i;

    open_fixture();
    for (i = 0; i < 20; i++)
        (void)read_record("a", i, "SYSCALL", SYSCALL);
    ck_assert_uint_eq(fixture_count(&f, "normalize_audit_evicted"), 4);
    for (i = 0; i < 20; i++) {
        (void)read_record("a", i, "CWD", "cwd=\"/\"");
        if (i >= 4)
            ck_assert(is_start(read_record("a", i, "EXECVE", "argc=1 a0=\"id\"")));
    }
    ck_assert_uint_eq(fixture_count(&f, "normalize_audit_joined"), 16);
    fixture_close(&f);
}
END_TEST

START_TEST(a_command_line_beyond_the_limit_is_cut_and_counted)
{
    static char rest[12000];
    char head[] = "argc=2 a0=";
    char raw[13000];
    const struct event *e;

    open_fixture();
    memset(rest, 'x', sizeof(rest) - 1);
    (void)read_record("a", 1, "SYSCALL", SYSCALL);
    (void)snprintf(raw, sizeof(raw), "<13>Mar 14 15:09:20 a audispd: type=EXECVE msg=audit(1773500960.001:1): %s\"%s\"",
        head, rest);
    (void)read_text(raw);
    (void)read_text(raw);
    ck_assert_uint_eq(fixture_count(&f, "normalize_audit_cut"), 1);
    e = read_record("a", 1, "CWD", "cwd=\"/\"");
    ck_assert_uint_eq(event_value(e, SLICE("CommandLine")).n, 16 * 1024);
    fixture_close(&f);
}
END_TEST

START_TEST(a_start_under_way_survives_new_rules)
{
    struct normalizer_scratch *after;

    open_fixture();
    (void)read_record("a", 1, "SYSCALL", SYSCALL);
    (void)read_record("a", 1, "EXECVE", "argc=1 a0=\"id\"");
    ck_assert_int_eq(normalizer_scratch_new(&after, f.normalizer, NULL, NULL), 0);
    normalizer_carry(after, f.scratch);
    normalizer_scratch_free(f.scratch);
    f.scratch = after;
    ck_slice_eq(event_value(read_record("a", 1, "CWD", "cwd=\"/\""), SLICE("Image")), "/usr/bin/id");
    fixture_close(&f);
}
END_TEST

START_TEST(records_by_relay_are_known_by_the_node_they_name)
{
    open_fixture();
    (void)read_text("node=x type=SYSCALL msg=audit(1773500960.001:1): " SYSCALL);
    (void)read_text("node=y type=EXECVE msg=audit(1773500960.001:1): argc=1 a0=\"no\"");
    (void)read_text("node=x type=EXECVE msg=audit(1773500960.001:1): argc=1 a0=\"id\"");
    ck_slice_eq(event_value(read_text("node=x type=EOE msg=audit(1773500960.001:1): "), SLICE("CommandLine")), "id");
    fixture_close(&f);
}
END_TEST

UNIT_MAIN("audit", the_record_that_completes_a_start_carries_it_and_no_other_does,
    starts_are_kept_apart_by_host_and_serial_while_their_records_mix, the_order_of_records_does_not_matter,
    a_long_command_line_comes_whole_from_several_records, names_of_users_are_those_the_sender_knows,
    what_starts_no_program_is_not_presented_as_one, a_start_whose_records_do_not_come_is_given_up_and_counted,
    the_table_is_bounded_and_the_oldest_gives_way, a_command_line_beyond_the_limit_is_cut_and_counted,
    a_start_under_way_survives_new_rules, records_by_relay_are_known_by_the_node_they_name)
