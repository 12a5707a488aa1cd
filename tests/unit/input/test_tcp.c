/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/resource.h>
#include <sys/time.h>

#include "unit/input/rig.h"

static int
client(void)
{
    return rig_client(SOCK_STREAM, AF_INET);
}

START_TEST(keeps_frames_whole_however_they_were_cut_and_mixed)
{
    static const char stream[] = "<13>one line\n12 <13>two\nlinesplain text\r\n<14>last\n8 <15>four\n2026 was a line\n";
    int fd;

    (void)rig_add(INPUT_TCP);
    rig_open();
    fd = client();
    for (size_t i = 0; i < sizeof(stream) - 1; i++) {
        ck_assert_int_eq(send(fd, &stream[i], 1, 0), 1);
        (void)rig_poll(i % 3 == 0 ? 10 : 0);
    }
    RIG_WAIT(rig.n_frames == 6);
    ck_frame(0, "<13>one line", 0);
    ck_frame(1, "<13>two\nline", FRAME_OCTET_COUNTED);
    ck_frame(2, "splain text", 0);
    ck_frame(3, "<14>last", 0);
    ck_frame(4, "<15>four", FRAME_OCTET_COUNTED);
    ck_frame(5, "2026 was a line", 0);
    ck_assert_str_eq(rig.frames[0].peer, "127.0.0.1");
    ck_assert_uint_eq(RIG_STAT(n_bytes), sizeof(stream) - 1);
    ck_assert_uint_eq(RIG_STAT(n_frames), 6);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(carries_frames_larger_than_one_read)
{
    enum { LONG = 700000 };
    char *text = malloc(LONG + 2);
    size_t sent = 0;
    int fd;

    rig_add(INPUT_TCP)->frame_max_bytes = 1 << 20;
    rig_open();
    memset(text, 'x', LONG);
    text[LONG] = '\n';
    fd = client();
    while (sent < LONG + 1) {
        ssize_t n = send(fd, text + sent, LONG + 1 - sent, MSG_DONTWAIT);

        if (n > 0)
            sent += (size_t)n;
        (void)rig_poll(1);
    }
    rig_send(fd, "after\n");
    RIG_WAIT(rig.n_frames == 2);
    ck_assert_uint_eq(rig.frames[0].n, LONG);
    ck_assert_int_eq(memcmp(rig.frames[0].text, text, LONG), 0);
    ck_frame(1, "after", 0);
    (void)close(fd);
    rig_close();
    free(text);
}
END_TEST

START_TEST(serves_a_thousand_connections_at_once)
{
    enum { N = 1000 };
    static int fds[N];
    static bool seen[N];
    char line[32];

    (void)rig_add(INPUT_TCP);
    rig_open();
    for (int i = 0; i < N; i++) {
        fds[i] = client();
        (void)rig_poll(0);
    }
    RIG_WAIT(RIG_STAT(n_connections) == N);
    for (int i = 0; i < N; i++) {
        (void)snprintf(line, sizeof(line), "<13>from %d\n", i);
        rig_send(fds[i], line);
    }
    RIG_WAIT(rig.n_frames == N);
    for (int i = 0; i < N; i++) {
        int from;

        ck_assert_int_eq(sscanf(rig.frames[i].text, "<13>from %d", &from), 1);
        ck_assert(!seen[from]);
        seen[from] = true;
    }
    for (int i = 0; i < N; i++)
        (void)close(fds[i]);
    RIG_WAIT(RIG_STAT(n_connections) == 0);
    ck_assert_uint_eq(RIG_STAT(n_accepted), N);
    rig_close();
}
END_TEST

/* Twenty senders that keep their sockets full, and one that says a word now and then. */
START_TEST(a_flood_on_some_connections_does_not_hold_up_a_quiet_one)
{
    enum { FLOODS = 20 };
    static char block[65536];
    int floods[FLOODS];
    int quiet;
    int64_t begun;

    (void)rig_add(INPUT_TCP);
    rig_open();
    memset(block, 'x', sizeof(block));
    for (size_t i = 99; i < sizeof(block); i += 100)
        block[i] = '\n';
    for (int i = 0; i < FLOODS; i++)
        floods[i] = client();
    quiet = client();
    RIG_WAIT(RIG_STAT(n_connections) == FLOODS + 1);
    for (int word = 0; word < 10; word++) {
        bool heard = false;

        rig_send(quiet, "word\n");
        begun = rig_now_ms();
        for (int polls = 0; !heard; polls++) {
            ck_assert_int_lt(polls, 10);
            for (int i = 0; i < FLOODS; i++)
                while (send(floods[i], block, sizeof(block), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
                    ;
            rig.n_frames = 0; /* the flood itself is not looked at */
            (void)rig_poll(10);
            for (size_t i = 0; i < rig.n_frames; i++) {
                heard = heard || strcmp(rig.frames[i].text, "word") == 0;
                free(rig.frames[i].text);
            }
            rig.n_frames = 0;
        }
        ck_assert_int_lt(rig_now_ms() - begun, RIG_PATIENCE_MS / 4);
    }
    for (int i = 0; i < FLOODS; i++)
        (void)close(floods[i]);
    (void)close(quiet);
    rig_close();
}
END_TEST

START_TEST(senders_that_never_end_a_line_do_not_starve_others)
{
    enum { SLOW = 300, ROUNDS = 20 };
    static int slow[SLOW];
    int fast;

    (void)rig_add(INPUT_TCP);
    rig_open();
    for (int i = 0; i < SLOW; i++) {
        slow[i] = client();
        (void)rig_poll(0);
    }
    fast = client();
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < SLOW; i++)
            rig_send(slow[i], "x");
        rig_send(fast, "<13>whole\n");
        RIG_WAIT(rig.n_frames == (size_t)round + 1);
    }
    for (int i = 0; i < ROUNDS; i++)
        ck_frame(i, "<13>whole", 0);
    for (int i = 0; i < SLOW; i++)
        (void)close(slow[i]);
    RIG_WAIT(rig.n_frames == ROUNDS + SLOW);
    ck_frame(ROUNDS, "xxxxxxxxxxxxxxxxxxxx", FRAME_UNFINISHED);
    (void)close(fast);
    rig_close();
}
END_TEST

START_TEST(cuts_an_over_long_frame_once_and_counts_what_was_lost)
{
    int fd;

    rig_add(INPUT_TCP)->frame_max_bytes = 16;
    rig_open();
    fd = client();
    rig_send(fd, "<13>a line that is longer than sixteen\n<13>short\n30 <13>counted and longer than it\n<13>end\n");
    RIG_WAIT(rig.n_frames == 4);
    ck_frame(0, "<13>a line that ", FRAME_TRUNCATED);
    ck_frame(1, "<13>short", 0);
    ck_frame(2, "<13>counted and ", FRAME_TRUNCATED | FRAME_OCTET_COUNTED);
    ck_frame(3, "<13>end", 0);
    ck_assert_uint_eq(RIG_STAT(n_truncated), 2);
    ck_assert_uint_eq(RIG_STAT(n_bytes_skipped), strlen("is longer than sixteen") + strlen("longer than it"));
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(takes_a_line_where_octet_counting_was_demanded)
{
    int fd;

    rig_add(INPUT_TCP)->framing = FRAMING_OCTET;
    rig_open();
    fd = client();
    rig_send(fd, "<13>no count\n5 <13>a\n");
    RIG_WAIT(rig.n_frames == 2);
    ck_frame(0, "<13>no count", FRAME_BAD_COUNT);
    ck_frame(1, "<13>a", FRAME_OCTET_COUNTED);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(hands_over_an_unfinished_line_when_its_sender_goes)
{
    int fd;

    (void)rig_add(INPUT_TCP);
    rig_open();
    fd = client();
    rig_send(fd, "<13>whole\n<13>half a li");
    (void)close(fd);
    RIG_WAIT(rig.n_frames == 2);
    ck_frame(0, "<13>whole", 0);
    ck_frame(1, "<13>half a li", FRAME_UNFINISHED);
    ck_assert_uint_eq(RIG_STAT(n_unfinished), 1);
    RIG_WAIT(RIG_STAT(n_connections) == 0);
    rig_close();
}
END_TEST

START_TEST(hands_over_an_unfinished_line_when_its_sender_resets)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    int fd;

    (void)rig_add(INPUT_TCP);
    rig_open();
    fd = client();
    rig_send(fd, "<13>half");
    RIG_WAIT(RIG_STAT(n_bytes) == 8);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
    (void)close(fd);
    RIG_WAIT(rig.n_frames == 1);
    ck_frame(0, "<13>half", FRAME_UNFINISHED);
    ck_assert_uint_eq(RIG_STAT(n_errors), 1);
    rig_close();
}
END_TEST

START_TEST(hands_over_unfinished_lines_at_a_stop)
{
    int fd;

    (void)rig_add(INPUT_TCP);
    rig_open();
    fd = client();
    rig_send(fd, "<13>whole\n20 <13>half");
    RIG_WAIT(rig.n_frames == 1);
    inputs_finish(rig.in, rig_take, NULL);
    ck_assert_uint_eq(rig.n_frames, 2);
    ck_frame(1, "<13>half", FRAME_UNFINISHED | FRAME_OCTET_COUNTED);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(closes_a_connection_that_has_been_silent_too_long_and_only_that)
{
    int silent;
    int busy;

    rig_use_manual_clock();
    rig_add(INPUT_TCP)->idle_timeout_ms = 10000;
    rig_open();
    busy = client();
    silent = client();
    RIG_WAIT(RIG_STAT(n_connections) == 2);
    rig_send(silent, "<13>begun");
    RIG_WAIT(RIG_STAT(n_bytes) == 9);
    clock_manual_advance(&rig.manual, 9000 * NS_PER_MS);
    rig_send(busy, "<13>here\n");
    RIG_WAIT(rig.n_frames == 1);
    ck_assert_uint_eq(RIG_STAT(n_idle_closed), 0);
    clock_manual_advance(&rig.manual, 1001 * NS_PER_MS);
    (void)rig_poll(0);
    ck_assert_uint_eq(RIG_STAT(n_idle_closed), 1);
    ck_assert_uint_eq(RIG_STAT(n_connections), 1);
    ck_assert_uint_eq(rig.n_frames, 2);
    ck_frame(1, "<13>begun", FRAME_UNFINISHED);
    ck_assert(rig_is_closed(silent));
    ck_assert(!rig_is_closed(busy));
    (void)close(silent);
    (void)close(busy);
    rig_close();
}
END_TEST

START_TEST(does_not_take_a_sender_for_silent_whose_bytes_it_has_not_read_yet)
{
    enum { N = 100 }; /* more than one poll looks at */
    int fds[N];

    rig_use_manual_clock();
    rig_add(INPUT_TCP)->idle_timeout_ms = 10000;
    rig_open();
    for (int i = 0; i < N; i++)
        fds[i] = client();
    RIG_WAIT(RIG_STAT(n_connections) == N);
    for (int i = 0; i < N; i++)
        rig_send(fds[i], "line\n");
    clock_manual_advance(&rig.manual, 11000 * NS_PER_MS);
    RIG_WAIT(rig.n_frames == N);
    ck_assert_uint_eq(RIG_STAT(n_idle_closed), 0);
    clock_manual_advance(&rig.manual, 11000 * NS_PER_MS);
    RIG_WAIT(RIG_STAT(n_idle_closed) == N);
    for (int i = 0; i < N; i++)
        (void)close(fds[i]);
    rig_close();
}
END_TEST

START_TEST(refuses_connections_beyond_the_limit_and_keeps_those_it_has)
{
    int fds[3];

    rig_add(INPUT_TCP)->connections_max = 2;
    rig_open();
    for (int i = 0; i < 3; i++)
        fds[i] = client();
    RIG_WAIT(RIG_STAT(n_refused) == 1);
    rig_send(fds[0], "first\n");
    rig_send(fds[1], "second\n");
    RIG_WAIT(rig.n_frames == 2);
    ck_assert(rig_is_closed(fds[2]));
    (void)close(fds[0]);
    RIG_WAIT(RIG_STAT(n_connections) == 1);
    (void)close(fds[2]);
    fds[2] = client();
    RIG_WAIT(RIG_STAT(n_connections) == 2);
    for (int i = 1; i < 3; i++)
        (void)close(fds[i]);
    rig_close();
}
END_TEST

START_TEST(gives_up_the_largest_unfinished_frame_when_memory_is_short)
{
    static char text[9001];
    int small;
    int large;

    rig_add(INPUT_TCP)->frame_max_bytes = 9500;
    rig.input[0].partial_bytes_max = 10000;
    rig_open();
    memset(text, 'x', sizeof(text) - 1);
    large = client();
    small = client();
    RIG_WAIT(RIG_STAT(n_connections) == 2);
    rig_send(large, text);
    RIG_WAIT(RIG_STAT(n_bytes) == 9000);
    ck_assert_uint_eq(RIG_STAT(n_evicted), 0);
    text[2000] = '\0';
    rig_send(small, text);
    RIG_WAIT(RIG_STAT(n_evicted) == 1);
    ck_assert_uint_eq(rig.n_frames, 1);
    ck_assert_uint_eq(rig.frames[0].n, 9000);
    ck_assert_uint_eq(rig.frames[0].marks, FRAME_UNFINISHED | FRAME_TRUNCATED);
    ck_assert(rig_is_closed(large));
    rig_send(small, "end\n");
    RIG_WAIT(rig.n_frames == 2);
    ck_assert_uint_eq(rig.frames[1].n, 2003);
    ck_assert_uint_eq(rig.frames[1].marks, 0);
    (void)close(small);
    (void)close(large);
    rig_close();
}
END_TEST

START_TEST(a_lane_of_many_still_has_room_for_one_frame)
{
    static char text[65537];
    int fd;

    rig_add(INPUT_TCP)->partial_bytes_max = 65536;
    ck_assert_int_eq(inputs_open(&rig.in, &rig.settings, 0, 16, clock_system()), 0);
    rig.clock = clock_system();
    memset(text, 'x', sizeof(text) - 1);
    fd = client();
    rig_send(fd, text);
    RIG_WAIT(RIG_STAT(n_bytes) == 65536);
    rig_send(fd, "\n");
    RIG_WAIT(rig.n_frames == 1);
    ck_frame(0, text, 0);
    ck_assert_uint_eq(RIG_STAT(n_evicted), 0);
    (void)close(fd);
    rig_close();
}
END_TEST

/* Both have bytes waiting when the one is closed for the sake of the other. */
START_TEST(survives_bytes_of_a_connection_it_has_just_given_up)
{
    static char text[9001];
    int small;
    int large;

    rig_add(INPUT_TCP)->frame_max_bytes = 9500;
    rig.input[0].partial_bytes_max = 10000;
    rig_open();
    memset(text, 'x', sizeof(text) - 1);
    large = client();
    small = client();
    RIG_WAIT(RIG_STAT(n_connections) == 2);
    rig_send(large, text);
    RIG_WAIT(RIG_STAT(n_bytes) == 9000);
    (void)rig_poll(0);
    text[2000] = '\0';
    rig_send(small, text);
    rig_send(large, "more");
    RIG_WAIT(RIG_STAT(n_evicted) == 1);
    rig_linger(300);
    ck_assert_uint_eq(RIG_STAT(n_connections), 1);
    ck_assert_uint_eq(rig.n_frames, 1);
    (void)close(small);
    (void)close(large);
    rig_close();
}
END_TEST

START_TEST(memory_that_holds_nothing_is_given_back_before_anybody_is_closed)
{
    static char text[4001];
    int fds[4];

    rig_add(INPUT_TCP)->frame_max_bytes = 9500;
    rig.input[0].partial_bytes_max = 10000;
    rig_open();
    memset(text, 'x', sizeof(text) - 1);
    for (int i = 0; i < 4; i++) {
        fds[i] = client();
        rig_send(fds[i], text);
        RIG_WAIT(RIG_STAT(n_bytes) == (size_t)i * 4001 + 4000);
        rig_send(fds[i], "\n");
        RIG_WAIT(rig.n_frames == (size_t)i + 1);
    }
    ck_assert_uint_eq(RIG_STAT(n_evicted), 0);
    for (int i = 0; i < 4; i++)
        (void)close(fds[i]);
    rig_close();
}
END_TEST

START_TEST(out_of_descriptors_it_waits_says_so_once_and_loses_no_connection)
{
    struct rlimit limit;
    struct rusage before;
    struct rusage after;
    int64_t cpu_us;
    int spare;
    int fd;

    (void)rig_add(INPUT_TCP);
    rig_open();
    fd = client();
    rig_log_begin();
    spare = dup(fd);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = (rlim_t)spare + 1;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    RIG_WAIT(RIG_STAT(n_accept_pauses) == 1);
    rig_send(fd, "<13>patient\n");
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &before), 0);
    rig_linger(600);
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &after), 0);
    cpu_us = (after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1000000 + after.ru_stime.tv_usec -
             before.ru_stime.tv_usec;
    ck_assert_int_lt(cpu_us, 200000);
    ck_assert_uint_le(RIG_STAT(n_accept_pauses), 5);
    ck_assert_uint_ge(RIG_STAT(n_accept_pauses), 2);
    ck_assert_uint_eq(rig.n_frames, 0);
    (void)close(spare);
    ck_assert_uint_eq(rig_logged("accepting pauses"), 1);
    RIG_WAIT(rig.n_frames == 1);
    ck_frame(0, "<13>patient", 0);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(shows_an_ipv4_sender_as_ipv4_on_an_ipv6_listener)
{
    int v4;
    int v6;

    rig_add(INPUT_TCP)->address = "::";
    rig_open();
    v4 = rig_client(SOCK_STREAM, AF_INET);
    rig_send(v4, "four\n");
    RIG_WAIT(rig.n_frames == 1);
    v6 = rig_client(SOCK_STREAM, AF_INET6);
    rig_send(v6, "six\n");
    RIG_WAIT(rig.n_frames == 2);
    ck_assert_str_eq(rig.frames[0].peer, "127.0.0.1");
    ck_assert_str_eq(rig.frames[1].peer, "::1");
    (void)close(v4);
    (void)close(v6);
    rig_close();
}
END_TEST

START_TEST(refuses_to_open_on_what_is_no_address)
{
    rig_add(INPUT_TCP)->address = "log.example.org";
    ck_assert_int_eq(inputs_open(&rig.in, &rig.settings, 0, 1, clock_system()), -EINVAL);
    ck_assert_ptr_null(rig.in);
}
END_TEST

/* As rsyslog does: look whether the other side has ended, and write where it has not. */
START_TEST(a_stop_tells_senders_before_it_stops_reading)
{
    char byte;
    int fd;

    rig_add(INPUT_TCP);
    rig_open();
    fd = client();
    rig_send(fd, "one\n");
    RIG_WAIT(rig.n_frames == 1);
    ck_assert_int_eq(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
    inputs_hang_up(rig.in);
    ck_assert_int_eq(recv(fd, &byte, 1, 0), 0);
    rig_send(fd, "two\n");
    RIG_WAIT(rig.n_frames == 2);
    ck_assert_uint_eq(inputs_connections(rig.in), 1);
    (void)close(fd);
    RIG_WAIT(inputs_connections(rig.in) == 0);
    ck_frame(1, "two", 0);
    rig_close();
}
END_TEST

START_TEST(a_stop_lets_nobody_in_but_those_who_have_knocked)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int late = socket(AF_INET, SOCK_STREAM, 0);
    int fd;

    rig_add(INPUT_TCP);
    rig_open();
    a.sin_port = htons((uint16_t)inputs_port(rig.in, 0));
    fd = client();
    rig_send(fd, "knocked\n");
    inputs_hang_up(rig.in);
    ck_assert_int_eq(connect(late, (struct sockaddr *)&a, sizeof(a)), -1);
    RIG_WAIT(rig.n_frames == 1);
    ck_frame(0, "knocked", 0);
    (void)close(late);
    (void)close(fd);
    rig_close();
}
END_TEST

UNIT_MAIN("tcp", keeps_frames_whole_however_they_were_cut_and_mixed, carries_frames_larger_than_one_read,
    serves_a_thousand_connections_at_once, a_flood_on_some_connections_does_not_hold_up_a_quiet_one,
    senders_that_never_end_a_line_do_not_starve_others, cuts_an_over_long_frame_once_and_counts_what_was_lost,
    takes_a_line_where_octet_counting_was_demanded, hands_over_an_unfinished_line_when_its_sender_goes,
    hands_over_an_unfinished_line_when_its_sender_resets, hands_over_unfinished_lines_at_a_stop,
    closes_a_connection_that_has_been_silent_too_long_and_only_that,
    refuses_connections_beyond_the_limit_and_keeps_those_it_has,
    gives_up_the_largest_unfinished_frame_when_memory_is_short,
    does_not_take_a_sender_for_silent_whose_bytes_it_has_not_read_yet, a_lane_of_many_still_has_room_for_one_frame,
    survives_bytes_of_a_connection_it_has_just_given_up,
    memory_that_holds_nothing_is_given_back_before_anybody_is_closed,
    out_of_descriptors_it_waits_says_so_once_and_loses_no_connection, shows_an_ipv4_sender_as_ipv4_on_an_ipv6_listener,
    refuses_to_open_on_what_is_no_address, a_stop_tells_senders_before_it_stops_reading,
    a_stop_lets_nobody_in_but_those_who_have_knocked)
