/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/input/rig.h"

#define OFFERS   "relp_version=0\nrelp_software=test\ncommands=syslog"
#define OPEN     "1 open 49 " OFFERS "\n"
#define OPENED   "1 rsp 57 200 OK\nrelp_version=0\nrelp_software=ismsd\ncommands=syslog\n"
#define FAREWELL "0 serverclose 0\n"

/* What the sender behind @fd has been told, as @want: exactly, and within the tests' patience. */
static void
ck_told(int fd, const char *want)
{
    static char got[65536];
    int64_t until = rig_now_ms() + RIG_PATIENCE_MS;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    size_t n = 0;

    while (n < strlen(want)) {
        ssize_t k = recv(fd, got + n, strlen(want) - n, MSG_DONTWAIT);

        ck_assert_msg(k > 0 || (k < 0 && errno == EAGAIN), "closed after '%.*s', want '%s'", (int)n, got, want);
        ck_assert_msg(rig_now_ms() < until, "nothing after '%.*s', want '%s'", (int)n, got, want);
        if (k > 0) {
            n += (size_t)k;
        } else {
            (void)rig_poll(0);
            (void)poll(&p, 1, 5);
        }
    }
    ck_slice_eq(slice_of(got, n), want);
}

static void
ck_told_nothing(int fd)
{
    char c;

    for (int i = 0; i < 20; i++)
        (void)rig_poll(1);
    ck_assert_int_eq(recv(fd, &c, 1, MSG_DONTWAIT), -1);
    ck_assert_int_eq(errno, EAGAIN);
}

static int
client(void)
{
    return rig_client(SOCK_STREAM, AF_INET);
}

/* A session that is open. */
static int
session(void)
{
    int fd = client();

    rig_send(fd, OPEN);
    ck_told(fd, OPENED);
    return fd;
}

static void
send_messages(int fd, unsigned from, unsigned to)
{
    char text[64];

    for (unsigned k = from; k <= to; k++) {
        (void)snprintf(text, sizeof(text), "%u syslog 12 <13>hello %02u\n", k, k % 100);
        rig_send(fd, text);
    }
}

START_TEST(opens_a_session_by_what_both_speak)
{
    static const struct {
        const char *sent;
        const char *told;
    } senders[] = {
        {OPEN, OPENED},
        {"1 open 30 commands=syslog\nrelp_version=1\n",
            "1 rsp 57 200 OK\nrelp_version=1\nrelp_software=ismsd\ncommands=syslog\n"},
        {"1 open 32 relp_version=9\ncommands=x,syslog\n",
            "1 rsp 57 200 OK\nrelp_version=1\nrelp_software=ismsd\ncommands=syslog\n"},
    };

    (void)rig_add(INPUT_RELP);
    rig_open();
    for (size_t i = 0; i < ARRAY_LEN(senders); i++) {
        int fd = client();

        rig_send(fd, senders[i].sent);
        ck_told(fd, senders[i].told);
        (void)close(fd);
    }
    ck_assert_uint_eq(rig.n_frames, 0);
    rig_close();
}
END_TEST

START_TEST(refuses_who_offers_nothing_that_we_speak)
{
    int fd;

    (void)rig_add(INPUT_RELP);
    rig_open();
    fd = client();
    rig_send(fd, "1 open 15 commands=syslog\n");
    RIG_WAIT(RIG_STAT(n_opens_refused) == 1);
    ck_told(fd, "1 rsp 27 500 relp_version is missing\n" FAREWELL);
    ck_assert(rig_is_closed(fd));
    (void)close(fd);
    fd = client();
    rig_send(fd, "1 open 32 relp_version=0\ncommands=eventlog\n2 syslog 5 lost?\n");
    RIG_WAIT(RIG_STAT(n_opens_refused) == 2);
    ck_told(fd, "1 rsp 34 500 the command syslog is required\n" FAREWELL);
    ck_assert(rig_is_closed(fd));
    ck_assert_uint_eq(rig.n_frames, 0);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(says_nothing_before_it_is_on_record_and_then_all_of_it_in_order)
{
    int fd;

    (void)rig_add(INPUT_RELP);
    rig_open();
    fd = session();
    rig_send(fd, "2 syslog 9 <13>first\n3 syslog 11 <13>two\nend\n4 syslog 0\n");
    RIG_WAIT(rig.n_frames == 3);
    ck_told_nothing(fd);
    ck_assert_uint_eq(RIG_STAT(n_unanswered), 3);
    rig_acknowledge();
    ck_told(fd, "2 rsp 6 200 OK\n3 rsp 6 200 OK\n4 rsp 6 200 OK\n");
    ck_frame(0, "<13>first", FRAME_OCTET_COUNTED);
    ck_frame(1, "<13>two\nend", FRAME_OCTET_COUNTED);
    ck_frame(2, "", FRAME_OCTET_COUNTED);
    ck_assert_str_eq(rig.frames[0].peer, "127.0.0.1");
    ck_assert_uint_eq(RIG_STAT(n_answered), 3);
    ck_assert_uint_eq(RIG_STAT(n_unanswered), 0);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(answers_wait_for_their_own_unit)
{
    uint64_t first;
    uint64_t second;
    int fd;

    (void)rig_add(INPUT_RELP);
    rig_open();
    fd = session();
    send_messages(fd, 2, 3);
    RIG_WAIT(rig.n_frames == 2);
    first = rig_end_unit();
    send_messages(fd, 4, 4);
    RIG_WAIT(rig.n_frames == 3);
    second = rig_end_unit();
    send_messages(fd, 5, 5);
    RIG_WAIT(rig.n_frames == 4);
    ck_told_nothing(fd);
    inputs_acknowledge(rig.in, first);
    ck_told(fd, "2 rsp 6 200 OK\n3 rsp 6 200 OK\n");
    ck_told_nothing(fd);
    inputs_acknowledge(rig.in, second);
    ck_told(fd, "4 rsp 6 200 OK\n");
    ck_told_nothing(fd);
    (void)close(fd);
    rig_close();
}
END_TEST

static uint64_t ended;

static void
take_and_end_unit(void *ctx, const struct frame *frame)
{
    rig_take(ctx, frame);
    ended = rig_end_unit();
}

START_TEST(a_message_that_ends_its_unit_belongs_to_it)
{
    int64_t until = rig_now_ms() + RIG_PATIENCE_MS;
    int fd;

    (void)rig_add(INPUT_RELP);
    rig_open();
    fd = session();
    send_messages(fd, 2, 2);
    while (rig.n_frames == 0 && rig_now_ms() < until)
        (void)inputs_poll(rig.in, 10, take_and_end_unit, NULL);
    ck_assert(!inputs_receipt_due(rig.in));
    inputs_acknowledge(rig.in, ended);
    ck_told(fd, "2 rsp 6 200 OK\n");
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(a_unit_is_due_while_a_message_of_it_is_not_answered)
{
    int fd;

    (void)rig_add(INPUT_RELP);
    rig_open();
    fd = session();
    ck_assert(!inputs_receipt_due(rig.in));
    send_messages(fd, 2, 2);
    RIG_WAIT(rig.n_frames == 1);
    ck_assert(inputs_receipt_due(rig.in));
    (void)rig_end_unit();
    ck_assert(!inputs_receipt_due(rig.in));
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(an_unknown_command_is_refused_in_its_turn)
{
    int fd;

    (void)rig_add(INPUT_RELP);
    rig_open();
    fd = session();
    send_messages(fd, 2, 2);
    rig_send(fd, "3 starttls 0\n4 open 49 " OFFERS "\n0 hint 3 abc\n");
    send_messages(fd, 5, 5);
    RIG_WAIT(rig.n_frames == 2);
    ck_told_nothing(fd);
    rig_acknowledge();
    ck_told(fd, "2 rsp 6 200 OK\n3 rsp 28 500 there is no such command\n4 rsp 31 200 the session is open already\n"
                "5 rsp 6 200 OK\n");
    ck_assert_uint_eq(RIG_STAT(n_bad_frames), 1);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(a_close_is_answered_behind_all_that_came_before)
{
    int fd;

    (void)rig_add(INPUT_RELP);
    rig_open();
    fd = session();
    send_messages(fd, 2, 3);
    rig_send(fd, "4 close 0\n5 syslog 3 no!\n");
    RIG_WAIT(rig.n_frames == 2);
    ck_told_nothing(fd);
    rig_acknowledge();
    ck_told(fd, "2 rsp 6 200 OK\n3 rsp 6 200 OK\n4 rsp 6 200 OK\n" FAREWELL);
    ck_assert(rig_is_closed(fd));
    ck_assert_uint_eq(rig.n_frames, 2);
    ck_assert_uint_eq(RIG_STAT(n_connections), 0);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(it_does_not_matter_how_frames_were_cut)
{
    static const char text[] = OPEN "2 syslog 9 <13>first\n3 syslog 11 <13>two\nend\n4 close 0\n";
    int fd;

    (void)rig_add(INPUT_RELP);
    rig_open();
    fd = client();
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        ck_assert_int_eq(send(fd, &text[i], 1, 0), 1);
        (void)rig_poll(i % 3 == 0 ? 10 : 0);
    }
    RIG_WAIT(RIG_STAT(n_bytes) == sizeof(text) - 1);
    rig_acknowledge();
    ck_told(fd, OPENED "2 rsp 6 200 OK\n3 rsp 6 200 OK\n4 rsp 6 200 OK\n" FAREWELL);
    ck_frame(0, "<13>first", FRAME_OCTET_COUNTED);
    ck_frame(1, "<13>two\nend", FRAME_OCTET_COUNTED);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(what_is_no_relp_or_out_of_order_ends_the_session)
{
    static const char *const sent[] = {
        OPEN "3 syslog 1 a\n",
        OPEN "1 syslog 1 a\n",
        "2 open 49 " OFFERS "\n",
        "1 syslog 1 a\n",
        "1 close 0\n",
        "<13>a line\n",
        OPEN "2 syslog 3 four\n",
        OPEN "2 syslog 1 a\n\n",
    };

    (void)rig_add(INPUT_RELP);
    rig_open();
    for (size_t i = 0; i < ARRAY_LEN(sent); i++) {
        int fd = client();
        char told[512];
        ssize_t n;

        rig_send(fd, sent[i]);
        RIG_WAIT(RIG_STAT(n_bad_frames) == i + 1);
        ck_assert_uint_eq(RIG_STAT(n_connections), 0);
        n = recv(fd, told, sizeof(told), 0);
        ck_slice_eq(slice_of(told, n > 0 ? (size_t)n : 0), FAREWELL);
        ck_assert(rig_is_closed(fd));
        (void)close(fd);
    }
    ck_assert_uint_eq(rig.n_frames, 1);
    ck_assert_uint_eq(RIG_STAT(n_unanswered), 0);
    rig_acknowledge();
    rig_close();
}
END_TEST

START_TEST(a_message_that_is_too_long_is_cut_marked_and_answered_when_it_is_over)
{
    int fd;

    rig_add(INPUT_RELP)->frame_max_bytes = 64;
    rig_open();
    fd = session();
    rig_send(fd, "2 syslog 100 0123456789012345678901234567890123456789012345678901234567890123");
    RIG_WAIT(rig.n_frames == 1);
    rig_acknowledge();
    ck_told_nothing(fd);
    rig_send(fd, "012345678901234567890123456789012345\n3 syslog 5 after\n");
    RIG_WAIT(rig.n_frames == 2);
    ck_told_nothing(fd);
    ck_assert(inputs_receipt_due(rig.in));
    rig_acknowledge();
    ck_told(fd, "2 rsp 6 200 OK\n3 rsp 6 200 OK\n");
    ck_frame(
        0, "0123456789012345678901234567890123456789012345678901234567890123", FRAME_OCTET_COUNTED | FRAME_TRUNCATED);
    ck_frame(1, "after", FRAME_OCTET_COUNTED);
    ck_assert_uint_eq(RIG_STAT(n_truncated), 1);
    ck_assert_uint_eq(RIG_STAT(n_bytes_skipped), 36);
    rig_send(fd, "4 eventlog 70 0123456789012345678901234567890123456789012345678901234567890123456789\n");
    RIG_WAIT(RIG_STAT(n_bytes_skipped) == 42);
    ck_told(fd, "4 rsp 34 500 too much data for this command\n");
    (void)close(fd);
    rig_close();
}
END_TEST

/* Ten messages of 10 kB are more than a read brings, and more than may be unanswered. */
START_TEST(who_asks_on_and_on_is_not_read_from_until_it_is_answered)
{
    enum { N = 100, BYTES = 10000 };
    static char data[N * (BYTES + 32)];
    size_t n = 0;
    size_t sent = 0;
    int fd;

    rig_add(INPUT_RELP)->unanswered_max = 10;
    rig_open();
    fd = session();
    for (unsigned k = 2; k < 2 + N; k++) {
        n += (size_t)snprintf(data + n, sizeof(data) - n, "%u syslog %d ", k, BYTES);
        memset(data + n, 'x', BYTES);
        n += BYTES;
        data[n++] = '\n';
    }
    while (rig.n_frames < N) {
        ssize_t k;

        while ((k = send(fd, data + sent, n - sent, MSG_DONTWAIT)) > 0)
            sent += (size_t)k;
        for (int i = 0; i < 20; i++)
            (void)rig_poll(1);
        ck_assert_uint_ge(RIG_STAT(n_unanswered), 1);
        ck_assert_uint_le(RIG_STAT(n_unanswered), 10 + 65536 / BYTES);
        rig_acknowledge();
        ck_assert_uint_eq(RIG_STAT(n_unanswered), 0);
    }
    ck_assert_uint_eq(RIG_STAT(n_answered), N);
    (void)close(fd);
    rig_close();
}
END_TEST

/* Reads all answers to the messages from @*next on that are there. */
static void
read_answers(int fd, unsigned *next, struct buffer *text)
{
    char got[65536];
    char want[32];
    size_t at = 0;
    ssize_t n;

    while ((n = recv(fd, got, sizeof(got), MSG_DONTWAIT)) > 0)
        buffer_add(text, slice_of(got, (size_t)n));
    for (;;) {
        struct slice rest = slice_from(buffer_slice(text), at);
        int k = snprintf(want, sizeof(want), "%u rsp 6 200 OK\n", *next);

        if (rest.n < (size_t)k)
            break;
        ck_slice_eq(slice_head(rest, (size_t)k), want);
        at += (size_t)k;
        (*next)++;
    }
    memmove(text->p, text->p + at, text->n - at);
    text->n -= at;
}

/* The rest of a frame that was sent in part, as far as there is room. */
static void
go_on_sending(int fd, struct slice *left)
{
    ssize_t k = left->n == 0 ? 0 : send(fd, left->p, left->n, MSG_DONTWAIT);

    *left = slice_from(*left, k > 0 ? (size_t)k : 0);
}

START_TEST(who_does_not_read_its_answers_is_not_read_from_and_gets_them_all_in_the_end)
{
    CLEANUP_BUFFER struct buffer text = {0};
    const int small = 65536;
    char frame[64];
    struct slice left = {0};
    unsigned sent = 1;
    unsigned next = 2;
    int full = 0;
    int fd;

    (void)rig_add(INPUT_RELP);
    rig_open();
    fd = session();
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    while (full < 50) {
        ssize_t k;

        if (left.n == 0)
            left = slice_of(frame, (size_t)snprintf(frame, sizeof(frame), "%u syslog 2 hi\n", ++sent));
        k = send(fd, left.p, left.n, MSG_DONTWAIT);
        ck_assert(k > 0 || (k < 0 && errno == EAGAIN));
        left = slice_from(left, k > 0 ? (size_t)k : 0);
        full = k > 0 ? 0 : full + 1;
        if (k > 0 && sent % 500 != 0)
            continue;
        (void)rig_poll(k > 0 ? 0 : 1);
        rig_acknowledge();
        ck_assert_uint_le(RIG_STAT(n_unanswered), 1024 + 65536 / 14);
    }
    ck_assert_uint_gt(RIG_STAT(n_unanswered), 0);
    while (next <= sent) {
        go_on_sending(fd, &left);
        read_answers(fd, &next, &text);
        (void)rig_poll(0);
        rig_acknowledge();
    }
    ck_assert_uint_eq(rig.n_all, sent - 1);
    ck_assert_uint_eq(RIG_STAT(n_unanswered), 0);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(a_session_that_breaks_off_is_forgotten)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    int fds[2];

    (void)rig_add(INPUT_RELP);
    rig_open();
    for (int i = 0; i < 2; i++) {
        fds[i] = session();
        send_messages(fds[i], 2, 4);
        rig_send(fds[i], "5 syslog 10 hal");
    }
    RIG_WAIT(rig.n_frames == 6);
    ck_assert_uint_eq(RIG_STAT(n_unanswered), 6);
    (void)close(fds[0]);
    ck_assert_int_eq(setsockopt(fds[1], SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
    (void)close(fds[1]);
    RIG_WAIT(RIG_STAT(n_connections) == 0);
    ck_assert_uint_eq(RIG_STAT(n_unanswered), 0);
    ck_assert_uint_eq(RIG_STAT(n_unfinished), 2);
    ck_assert_uint_eq(rig.n_frames, 6);
    rig_acknowledge();
    ck_assert_uint_eq(RIG_STAT(n_answered), 0);
    rig_close();
}
END_TEST

START_TEST(a_sender_that_resets_while_nothing_is_read_from_it_is_noticed)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    int fd;

    rig_add(INPUT_RELP)->unanswered_max = 1;
    rig_open();
    fd = session();
    send_messages(fd, 2, 2);
    RIG_WAIT(rig.n_frames == 1);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
    (void)close(fd);
    RIG_WAIT(RIG_STAT(n_connections) == 0);
    ck_assert_uint_eq(RIG_STAT(n_errors), 1);
    rig_close();
}
END_TEST

START_TEST(who_waits_for_us_is_not_idle)
{
    int fd;

    rig_use_manual_clock();
    rig_add(INPUT_RELP)->idle_timeout_ms = 10000;
    rig_open();
    fd = session();
    send_messages(fd, 2, 2);
    RIG_WAIT(rig.n_frames == 1);
    for (int i = 0; i < 5; i++) {
        clock_manual_advance(&rig.manual, 9000 * NS_PER_MS);
        (void)rig_poll(0);
    }
    ck_assert_uint_eq(RIG_STAT(n_idle_closed), 0);
    rig_acknowledge();
    ck_told(fd, "2 rsp 6 200 OK\n");
    clock_manual_advance(&rig.manual, 11000 * NS_PER_MS);
    (void)rig_poll(0);
    ck_assert_uint_eq(RIG_STAT(n_idle_closed), 1);
    ck_told(fd, FAREWELL);
    ck_assert(rig_is_closed(fd));
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(a_stop_answers_what_is_on_record_before_it_closes)
{
    int quiet;
    int owed;
    int never;

    (void)rig_add(INPUT_RELP);
    rig_open();
    quiet = session();
    never = client();
    owed = session();
    send_messages(owed, 2, 4);
    RIG_WAIT(rig.n_frames == 3);
    inputs_finish(rig.in, rig_take, NULL);
    ck_told(quiet, FAREWELL);
    ck_told(never, FAREWELL);
    ck_assert_uint_eq(RIG_STAT(n_connections), 1);
    rig_acknowledge();
    ck_told(owed, "2 rsp 6 200 OK\n3 rsp 6 200 OK\n4 rsp 6 200 OK\n" FAREWELL);
    ck_assert(rig_is_closed(owed));
    (void)close(quiet);
    (void)close(never);
    (void)close(owed);
    rig_close();
}
END_TEST

START_TEST(what_a_senders_rate_leaves_no_room_for_is_dealt_with_and_counted)
{
    int fd;

    rig_use_manual_clock();
    rig_add(INPUT_RELP)->rate_max = 2;
    rig_open();
    fd = session();
    send_messages(fd, 2, 5);
    RIG_WAIT(rig.n_frames == 2 && RIG_STAT(n_suppressed) == 2);
    rig_acknowledge();
    ck_told(fd, "2 rsp 6 200 OK\n3 rsp 6 200 OK\n4 rsp 6 200 OK\n5 rsp 6 200 OK\n");
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(who_makes_us_remember_too_much_is_closed)
{
    CLEANUP_BUFFER struct buffer text = {0};
    int fd;

    rig_add(INPUT_RELP)->partial_bytes_max = 65536;
    rig_open();
    fd = session();
    for (unsigned k = 2; k < 8000; k += 2)
        buffer_printf(&text, "%u syslog 0\n%u x 0\n", k, k + 1);
    rig_log_begin();
    (void)send(fd, text.p, text.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    RIG_WAIT(RIG_STAT(n_evicted) == 1);
    ck_assert_uint_eq(rig_logged("closed at"), 1);
    RIG_WAIT(RIG_STAT(n_connections) == 0);
    ck_assert_uint_eq(RIG_STAT(n_unanswered), 0);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(sessions_do_not_wait_for_each_other)
{
    int fds[3];

    (void)rig_add(INPUT_RELP);
    rig_open();
    for (int i = 0; i < 3; i++)
        fds[i] = session();
    for (int i = 0; i < 3; i++)
        send_messages(fds[i], 2, 3);
    RIG_WAIT(rig.n_frames == 6);
    (void)close(fds[1]);
    RIG_WAIT(RIG_STAT(n_connections) == 2);
    rig_acknowledge();
    ck_told(fds[0], "2 rsp 6 200 OK\n3 rsp 6 200 OK\n");
    ck_told(fds[2], "2 rsp 6 200 OK\n3 rsp 6 200 OK\n");
    (void)close(fds[0]);
    (void)close(fds[2]);
    rig_close();
}
END_TEST

UNIT_MAIN("relp", opens_a_session_by_what_both_speak, refuses_who_offers_nothing_that_we_speak,
    says_nothing_before_it_is_on_record_and_then_all_of_it_in_order, answers_wait_for_their_own_unit,
    a_message_that_ends_its_unit_belongs_to_it, a_unit_is_due_while_a_message_of_it_is_not_answered,
    an_unknown_command_is_refused_in_its_turn, a_close_is_answered_behind_all_that_came_before,
    it_does_not_matter_how_frames_were_cut, what_is_no_relp_or_out_of_order_ends_the_session,
    a_message_that_is_too_long_is_cut_marked_and_answered_when_it_is_over,
    who_asks_on_and_on_is_not_read_from_until_it_is_answered,
    who_does_not_read_its_answers_is_not_read_from_and_gets_them_all_in_the_end, a_session_that_breaks_off_is_forgotten,
    a_sender_that_resets_while_nothing_is_read_from_it_is_noticed, who_waits_for_us_is_not_idle,
    a_stop_answers_what_is_on_record_before_it_closes, what_a_senders_rate_leaves_no_room_for_is_dealt_with_and_counted,
    who_makes_us_remember_too_much_is_closed, sessions_do_not_wait_for_each_other)
