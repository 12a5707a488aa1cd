/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "parsers/auditd.h"
#include "support/unit.h"

#define STAMP " msg=audit(1773500401.250:4711): "

static struct arena arena;
static struct fields fields;
static struct auditd_stamp stamp;

/* All fields of @text as "key=<value>;", or "none". */
static const char *
parsed(const char *text)
{
    static struct buffer out;
    size_t i;

    arena_fini(&arena);
    ck_assert_int_eq(arena_init(&arena, 0, 1u << 20), 0);
    fields_init(&fields, &arena, 100);
    if (auditd_parse(slice_str(text), &stamp, &fields) != 0) {
        ck_assert_uint_eq(fields.n, 0);
        return "none";
    }
    buffer_reset(&out);
    for (i = 0; i < fields.n; i++)
        buffer_printf(
            &out, SLICE_FMT "=<" SLICE_FMT ">;", SLICE_ARG(fields.items[i].name), SLICE_ARG(fields.items[i].value));
    buffer_add_char(&out, '\0');
    return out.p;
}

START_TEST(a_record_has_a_type_a_stamp_and_a_serial)
{
    ck_assert_str_eq(parsed("node=web1 type=CWD" STAMP "cwd=\"/root\""), "type=<CWD>;cwd=</root>;");
    ck_slice_eq(stamp.node, "web1");
    ck_slice_eq(stamp.serial, "4711");
    ck_assert_int_eq(stamp.time.ns, INT64_C(1773500401250) * 1000000);
    ck_assert_str_eq(parsed("type=EOE" STAMP), "type=<EOE>;");
    ck_assert_ptr_null(stamp.node.p);
}
END_TEST

START_TEST(what_is_no_record_adds_nothing)
{
    static const char *const texts[] = {"", "type=", "type=CWD", "type=CWD msg=x", "type=CWD msg=audit(1.2:3)",
        "node=a cwd=1", "type= msg=audit(1.2:3): a=1", "type=CWD msg=audit(99999999999.2:3): a=1",
        "type=CWD msg=audit(x.2:3): a=1"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(texts); i++)
        ck_assert_msg(strcmp(parsed(texts[i]), "none") == 0, "%s", texts[i]);
}
END_TEST

START_TEST(text_in_hexadecimal_is_decoded_and_numbers_are_not)
{
    ck_assert_str_eq(parsed("type=SYSCALL" STAMP "a0=9 a1=7F56 pid=1234 exe=2F746D702F612062 comm=\"AB12\""),
        "type=<SYSCALL>;a0=<9>;a1=<7F56>;pid=<1234>;exe=</tmp/a b>;comm=<AB12>;");
    ck_assert_str_eq(parsed("type=EXECVE" STAMP "argc=2 a0=\"sh\" a1=6C73202D6C a2=414G a3=4"),
        "type=<EXECVE>;argc=<2>;a0=<sh>;a1=<ls -l>;a2=<414G>;a3=<4>;");
}
END_TEST

START_TEST(words_of_a_proctitle_stand_between_blanks)
{
    ck_assert_str_eq(parsed("type=PROCTITLE" STAMP "proctitle=7373680061"), "type=<PROCTITLE>;proctitle=<ssh a>;");
}
END_TEST

START_TEST(pairs_that_user_space_sends_stand_among_the_others)
{
    ck_assert_str_eq(
        parsed("type=USER_LOGIN" STAMP
               "pid=7 uid=0 msg='op=login acct=\"eve\" exe=\"/usr/sbin/sshd\" addr=203.0.113.9 res=failed'"),
        "type=<USER_LOGIN>;pid=<7>;uid=<0>;op=<login>;acct=<eve>;exe=</usr/sbin/"
        "sshd>;addr=<203.0.113.9>;res=<failed>;");
    ck_assert_str_eq(parsed("type=USER_AUTH" STAMP "msg='acct=28756E6B6E6F776E29 res=failed'"),
        "type=<USER_AUTH>;acct=<(unknown)>;res=<failed>;");
}
END_TEST

START_TEST(what_an_enriched_record_adds_stands_under_its_own_names)
{
    ck_assert_str_eq(parsed("type=SYSCALL" STAMP "syscall=59 auid=1000\x1d"
                            "SYSCALL=execve AUID=\"eve\""),
        "type=<SYSCALL>;syscall=<59>;auid=<1000>;SYSCALL=<execve>;AUID=<eve>;");
}
END_TEST

START_TEST(types_that_come_as_numbers_get_their_names)
{
    ck_assert_str_eq(parsed("audit: type=1400 audit(1.2:3): apparmor=\"DENIED\""), "type=<AVC>;apparmor=<DENIED>;");
    ck_assert_str_eq(parsed("[ 1234.567890] audit: type=1130 audit(1.2:3): pid=1"), "type=<SERVICE_START>;pid=<1>;");
    ck_assert_str_eq(parsed("type=UNKNOWN[1334] msg=audit(1.2:3): prog-id=7"), "type=<BPF>;prog-id=<7>;");
    ck_assert_str_eq(parsed("type=1310 msg=audit(1.2:3): a=1"), "type=<1310>;a=<1>;");
    ck_assert_str_eq(parsed("type=99999 msg=audit(1.2:3): a=1"), "type=<99999>;a=<1>;");
    ck_assert_str_eq(parsed("[ 1234.567890] usb 1-1: type=1 msg=audit(1.2:3):"), "none");
    ck_assert_str_eq(parsed("[eth0] audit: type=1130 audit(1.2:3): pid=1"), "none");
}
END_TEST

START_TEST(system_calls_are_known_by_machine_and_number)
{
    ck_assert_str_eq(parsed("type=SYSCALL" STAMP "arch=c000003e syscall=319"),
        "type=<SYSCALL>;arch=<c000003e>;syscall=<319>;ARCH=<x86_64>;SYSCALL=<memfd_create>;");
    ck_assert_str_eq(parsed("type=SYSCALL" STAMP "arch=c00000b7 syscall=221"),
        "type=<SYSCALL>;arch=<c00000b7>;syscall=<221>;ARCH=<aarch64>;SYSCALL=<execve>;");
    ck_assert_str_eq(parsed("type=SYSCALL" STAMP "arch=40000003 syscall=11"),
        "type=<SYSCALL>;arch=<40000003>;syscall=<11>;ARCH=<i386>;SYSCALL=<execve>;");
    ck_assert_str_eq(parsed("type=SYSCALL" STAMP "arch=c000003e syscall=99999"),
        "type=<SYSCALL>;arch=<c000003e>;syscall=<99999>;ARCH=<x86_64>;");
    ck_assert_str_eq(
        parsed("type=SYSCALL" STAMP "arch=deadbeef syscall=1"), "type=<SYSCALL>;arch=<deadbeef>;syscall=<1>;");
}
END_TEST

START_TEST(pieces_of_a_long_argument_are_decoded_and_its_length_is_not)
{
    ck_assert_str_eq(parsed("type=EXECVE" STAMP "a1_len=8192 a1[0]=6C73 a1[1]=202D6C"),
        "type=<EXECVE>;a1_len=<8192>;a1[0]=<ls>;a1[1]=< -l>;");
}
END_TEST

START_TEST(what_selinux_decided_is_told)
{
    ck_assert_str_eq(parsed("type=AVC" STAMP "avc:  denied  { read write } for  pid=7"),
        "type=<AVC>;pid=<7>;seresult=<denied>;seperms=<read write>;");
    ck_assert_str_eq(parsed("type=AVC" STAMP "apparmor=\"DENIED\""), "type=<AVC>;apparmor=<DENIED>;");
}
END_TEST

START_TEST(keys_of_several_rules_are_several_fields)
{
    ck_assert_str_eq(
        parsed("type=SYSCALL" STAMP "key=657865630169640161"), "type=<SYSCALL>;key=<exec>;key=<id>;key=<a>;");
}
END_TEST

START_TEST(addresses_are_read_from_the_senders_memory)
{
    ck_assert_str_eq(parsed("type=SOCKADDR" STAMP "saddr=02000050CB0071090000000000000000"),
        "type=<SOCKADDR>;saddr=<02000050CB0071090000000000000000>;saddr_fam=<inet>;laddr=<203.0.113.9>;lport=<80>;");
    ck_assert_str_eq(parsed("type=SOCKADDR" STAMP "saddr=0A00003500000000200"
                            "10DB800000000000000000000000100000000"),
        "type=<SOCKADDR>;saddr=<0A0000350000000020010DB800000000000000000000000100000000>;saddr_fam=<inet6>;laddr=<"
        "2001:"
        "db8::1>;lport=<53>;");
    ck_assert_str_eq(parsed("type=SOCKADDR" STAMP "saddr=01002F72756E2F6100FF"),
        "type=<SOCKADDR>;saddr=<01002F72756E2F6100FF>;saddr_fam=<local>;path=</run/a>;");
    ck_assert_str_eq(parsed("type=SOCKADDR" STAMP "saddr=0000"), "type=<SOCKADDR>;saddr=<0000>;");
    ck_assert_str_eq(
        parsed("type=SOCKADDR" STAMP "saddr=02000050CB"), "type=<SOCKADDR>;saddr=<02000050CB>;saddr_fam=<inet>;");
    ck_assert_str_eq(parsed("type=SOCKADDR" STAMP "saddr=0200\x1d"
                            "SADDR={ saddr_fam=inet laddr=192.0.2.1 lport=53 }"),
        "type=<SOCKADDR>;saddr=<0200>;SADDR=<{>;saddr_fam=<inet>;laddr=<192.0.2.1>;lport=<53>;");
}
END_TEST

UNIT_MAIN("auditd", what_selinux_decided_is_told, types_that_come_as_numbers_get_their_names,
    system_calls_are_known_by_machine_and_number, pieces_of_a_long_argument_are_decoded_and_its_length_is_not,
    keys_of_several_rules_are_several_fields, addresses_are_read_from_the_senders_memory,
    a_record_has_a_type_a_stamp_and_a_serial, what_is_no_record_adds_nothing,
    text_in_hexadecimal_is_decoded_and_numbers_are_not, words_of_a_proctitle_stand_between_blanks,
    pairs_that_user_space_sends_stand_among_the_others, what_an_enriched_record_adds_stands_under_its_own_names)
