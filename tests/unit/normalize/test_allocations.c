/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A lane that has warmed up allocates nothing. Counted where memory is the C library's own: under a sanitizer the arena
 * makes every piece an allocation on purpose.
 */
#include "fixture.h"

#include <stdio.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTED 0
#else
#define COUNTED 1

static unsigned long n_allocations;

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);

void *
malloc(size_t n)
{
    n_allocations++;
    return __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
    n_allocations++;
    return __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
    n_allocations++;
    return __libc_realloc(p, n);
}
#endif

START_TEST(an_event_costs_no_allocation_once_the_lane_is_warm)
{
#if COUNTED
    static const char *const frames[] = {
        "<38>Mar 14 15:00:02 web1 sshd[12]: Failed password for invalid user a from 203.0.113.9 port 40022 ssh2",
        "<30>1 2026-03-14T15:00:01Z w apache2 4 - - 203.0.113.9 - x [14/Mar/2026:15:00:00 +0100] \"GET /a?b HTTP/1.1\" "
        "200 1 "
        "\"-\" \"u\"",
        "<4>Mar 14 15:00:01 fw kernel: IN=eth0 OUT= SRC=192.0.2.4 DST=192.0.2.1 PROTO=ICMP [SRC=1 DST=2 ] MARK=0x7",
        "<13>1 2026-03-14T15:00:02Z h a - - [a@1 x=\"1\\\"\"] "
        "{\"Channel\":\"Security\",\"EventID\":4688,\"a\":[1,{\"b\":null}]}",
        "<13>Mar 14 15:00:01 h CEF:0|Fortinet|FortiGate|1|1|a\\|b|1|src=192.0.2.1 cs1=x\\=y cs1Label=z "
        "rt=1773500400000",
        "<189>date=2026-03-14 time=16:00:01 tz=\"+0100\" devname=fg1 devid=F type=event user=\"a \\\"b\\\"\"",
        "<14>1,2026/03/14 15:00:01,1,SYSTEM,auth,0,2026/03/14 15:00:01,,auth-fail,eve,0,0,general,medium,\"a "
        "\"\"b\"\"\"",
        "<14>1 2026-03-14T15:00:01Z h RT_FLOW - - [junos@2636.1 source-address=\"192.0.2.7\"] x",
        "type=SYSCALL msg=audit(1773500401.250:4711): arch=c000003e syscall=59 success=yes uid=0 exe=\"/bin/sh\"",
        "type=EXECVE msg=audit(1773500401.250:4711): argc=2 a0=\"sh\" a1=6C73202D6C",
        "type=CWD msg=audit(1773500401.250:4711): cwd=\"/\"",
        "type=SOCKADDR msg=audit(1773500403.000:93): saddr=0A0000350000000020010DB800000000000000000000000100000000",
        "<14>Mar 14 15:00:02 web1 sysmon: <Event><System><EventID "
        "a='b'>1</EventID><Channel>Linux-Sysmon/Operational</Channel></System>"
        "<EventData><Data Name='CommandLine'>a &amp; b</Data></EventData></Event>",
        "<13>Mar 14 15:00:01 h LEEF:2.0|Check Point|Firewall|1|Drop|^|src=192.0.2.1^dst=192.0.2.2",
    };
    struct fixture f;
    unsigned long before = 0;
    unsigned i;

    fixture_init(&f);
    fixture_open(&f);
    for (i = 0; i < 10000; i++) {
        if (i == 100)
            before = n_allocations;
        (void)fixture_read(&f, frames[i % ARRAY_LEN(frames)]);
    }
    ck_assert_uint_eq(n_allocations - before, 0);
    fixture_close(&f);
#else
    (void)printf("skipped: a sanitizer counts differently\n");
#endif
}
END_TEST

UNIT_MAIN("allocations", an_event_costs_no_allocation_once_the_lane_is_warm)
