/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a lane does with every event: frame, normalize, match, hand over. By the shipped rules and mappings, over lines
 * of every kind; once it has seen them all, it asks for no memory any more.
 */
#include "support/allocations.h"

#include "detect/matcher.h"
#include "model/batch.h"
#include "parsers/frame.h"
#include "unit/normalize/fixture.h"

enum { LINES = 20000, DETECTIONS_MAX = 512, BATCH_BYTES = 1 << 20, FRAME_MAX = 64 * 1024 };

static const char *const kinds[] = {
    "<86>Mar 14 15:%02u:00 web%u sshd[%u]: Failed password for invalid user admin from 203.0.113.%u port 40022 ssh2",
    "<86>1 2026-03-14T15:%02u:00Z web%u sshd-session %u - - Accepted publickey for root from 203.0.113.%u port 22 ssh2",
    "<85>Mar 14 15:%02u:00 db%u sudo: user%u : TTY=pts/%u ; PWD=/root ; USER=root ; COMMAND=/usr/bin/cat /etc/shadow",
    "<78>Mar 14 15:%02u:00 db%u CRON[%u]: (root) CMD (run-parts /etc/cron.hourly %u)",
    "<4>Mar 14 15:%02u:00 fw%u kernel: [%u.0] DROP IN=eth0 OUT= SRC=192.0.2.%u DST=198.51.100.1 LEN=60 PROTO=TCP SPT=1 "
    "DPT=22 SYN",
    "<30>1 2026-03-14T15:%02u:00+01:00 www%u apache2 %u - - 203.0.113.%u - - [14/Mar/2026:15:00:00 +0100] \"GET "
    "/../../etc/passwd HTTP/1.1\" 404 1 \"-\" \"sqlmap/1.0\"",
    "<38>Mar 14 15:%02u:00 app%u useradd[%u]: new user: name=eve%u, UID=0, GID=0, home=/root, shell=/bin/bash",
    "<29>Mar 14 15:%02u:00 app%u systemd[%u]: auditd.service: Failed with result 'exit-code' (%u).",
    "<13>1 2026-03-14T15:%02u:00.123456Z dc%u agent %u ID%u [origin@32473 ip=\"192.0.2.1\" note=\"a \\\"quoted\\\" "
    "word\"] "
    "{\"Channel\":\"Security\",\"EventID\":4688,\"NewProcessName\":\"C:\\\\Windows\\\\cmd.exe\",\"list\":[1,{\"b\":"
    "null}]}",
    "{\"Channel\":\"Microsoft-Windows-Sysmon/Operational\",\"EventID\":1,\"Minute\":%u,\"Computer\":\"pc%u\","
    "\"ProcessId\":%u,\"CommandLine\":\"powershell -enc %u\"}",
    "<165>Mar 14 15:%02u:00 gr\xc3\xb6sse%u caf\xe9[%u]: bytes that are no text \x01\x1b[31m %u",
    "%u no header at all, only words %u %u %u",
    "<999>1 %u broken %u [unclosed sd=\"%u %u",
    "<13>Mar 14 15:09:20 a audispd: type=SYSCALL msg=audit(1773500960.001:7): arch=c000003e syscall=59 success=yes "
    "ppid=%u pid=%u uid=%u ses=%u exe=2F746D702F6120",
    "<13>Mar 14 15:09:20 a audispd: type=EXECVE msg=audit(1773500960.001:7): argc=4 a0=\"%u\" a1=\"%u\" a2=\"%u\" "
    "a3=\"%u\"",
    "<13>Mar 14 15:09:20 a audispd: type=CWD msg=audit(1773500960.001:7): cwd=\"/tmp/%u/%u/%u/%u\"",
};

struct lane {
    struct fixture f;
    struct ruleset *ruleset;
    struct matcher *matcher;
    struct batch *batch;
    struct framer framer;
    size_t n_events;
    size_t n_detections;
    size_t n_decoded;
    size_t n_refused; /* counted, since a check of Check allocates itself */
};

static void
open_lane(struct lane *l)
{
    static const char *const rules = TEST_SOURCE_DIR "/config/rules";
    CLEANUP_DIAG struct diag diag = {0};

    *l = (struct lane){0};
    fixture_init(&l->f);
    fixture_open(&l->f);
    ck_assert_int_eq(ruleset_load(&l->ruleset, &rules, 1, NULL, &diag), 0);
    ck_assert_uint_eq(diag.n_errors, 0);
    ck_assert_int_eq(matcher_new(&l->matcher, l->ruleset, NULL), 0);
    ck_assert_int_eq(batch_new(&l->batch, DETECTIONS_MAX, BATCH_BYTES), 0);
    framer_init(&l->framer, FRAMING_AUTO, FRAME_MAX);
}

static void
close_lane(struct lane *l)
{
    batch_free(l->batch);
    matcher_free(l->matcher);
    ruleset_unref(l->ruleset);
    fixture_close(&l->f);
}

/* As the ledger would have taken it and sent it home. */
static void
hand_over(struct lane *l)
{
    batch_clear(l->batch);
    l->batch->rules = rules_ref(ruleset_rules(l->ruleset));
}

static void
take_event(struct lane *l, struct slice raw)
{
    const struct rule *const *hits;
    const struct event *event = fixture_read_from(&l->f, raw, "192.0.2.1");
    size_t n = matcher_match(l->matcher, event, &hits);

    l->n_events++;
    l->n_decoded += event->decoded;
    l->n_detections += n;
    if (n > 0 && batch_add(l->batch, event, hits, n, RECEIVED) != 0) {
        hand_over(l);
        l->n_refused += batch_add(l->batch, event, hits, n, RECEIVED) != 0;
    }
}

static void
take_stream(struct lane *l, struct slice in)
{
    struct framed framed;

    hand_over(l);
    while (framer_next(&l->framer, &in, &framed))
        take_event(l, framed.bytes);
}

/* Lines and octet-counted frames in turn. */
static void
write_stream(struct buffer *out)
{
    char line[1024];
    unsigned i;

    for (i = 0; i < LINES; i++) {
        int n;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        n = snprintf(line, sizeof(line), kinds[i % ARRAY_LEN(kinds)], i % 60, i % 7, i % 30000, i % 250);
#pragma GCC diagnostic pop
        if (line[0] == '<' && i % 2 == 0)
            buffer_printf(out, "%d ", n);
        buffer_add(out, slice_of(line, (size_t)n));
        buffer_add_char(out, '\n');
    }
    ck_assert(!out->failed);
}

START_TEST(a_warm_lane_asks_for_no_memory)
{
    struct buffer stream = {0};
    struct lane lane;
    size_t before;

    write_stream(&stream);
    open_lane(&lane);
    take_stream(&lane, buffer_slice(&stream));
    ck_assert_uint_eq(lane.n_events, LINES);
    ck_assert_uint_gt(lane.n_detections, LINES / 20);
    ck_assert_uint_gt(lane.n_decoded, LINES / 2);
    before = allocations_count();
    take_stream(&lane, buffer_slice(&stream));
    ck_assert_uint_eq(allocations_count() - before, 0);
    ck_assert_uint_eq(lane.n_events, 2 * LINES);
    ck_assert_uint_eq(lane.n_refused, 0);
    close_lane(&lane);
    buffer_fini(&stream);
}
END_TEST

START_TEST(the_count_sees_what_is_allocated)
{
    size_t before = allocations_count();

    free(strdup("something"));
    ck_assert_uint_gt(allocations_count(), before);
}
END_TEST

UNIT_MAIN("allocations", a_warm_lane_asks_for_no_memory, the_count_sees_what_is_allocated)
