/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/udp.h>
#include <sys/prctl.h>

#include "unit/input/rig.h"

static int
client(void)
{
    return rig_client(SOCK_DGRAM, AF_INET);
}

START_TEST(makes_each_datagram_one_frame_and_never_two)
{
    int fd;

    (void)rig_add(INPUT_UDP);
    rig_open();
    fd = client();
    rig_send(fd, "<13>plain");
    rig_send(fd, "<13>two\nlines\n");
    rig_send(fd, "12 <13>counted\r\n");
    rig_send(fd, "");
    RIG_WAIT(rig.n_frames == 4);
    ck_frame(0, "<13>plain", 0);
    ck_frame(1, "<13>two\nlines\n", 0);
    ck_frame(2, "12 <13>counted\r\n", 0);
    ck_frame(3, "", 0);
    ck_assert_str_eq(rig.frames[0].peer, "127.0.0.1");
    ck_assert_int_gt(rig.frames[0].received.ns, 0);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(carries_the_longest_datagram_whole_and_cuts_at_the_limit_of_a_frame)
{
    static char text[65508];
    int fd;

    (void)rig_add(INPUT_UDP);
    rig.input[0].receive_buffer_bytes = 1 << 20;
    rig_open();
    memset(text, 'x', sizeof(text) - 1);
    fd = client();
    rig_send(fd, text);
    RIG_WAIT(rig.n_frames == 1);
    ck_frame(0, text, 0);
    (void)close(fd);
    rig_close();

    rig.input[0].frame_max_bytes = 480;
    rig_open();
    fd = client();
    rig_send(fd, text);
    RIG_WAIT(rig.n_frames == 1);
    ck_assert_uint_eq(rig.frames[0].n, 480);
    ck_assert_uint_eq(rig.frames[0].marks, FRAME_TRUNCATED);
    ck_assert_uint_eq(RIG_STAT(n_truncated), 1);
    (void)close(fd);
    rig_close();
}
END_TEST

/* As a user who may not go beyond the machine's limit. */
START_TEST(tells_how_large_a_buffer_was_really_granted)
{
    FILE *f = fopen("/proc/sys/net/core/rmem_max", "r");
    unsigned long rmem_max;

    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fscanf(f, "%lu", &rmem_max), 1);
    (void)fclose(f);
    if (geteuid() == 0)
        ck_assert_int_eq(seteuid(65534), 0);
    rig_add(INPUT_UDP)->receive_buffer_bytes = 2 * rmem_max;
    rig_open();
    ck_assert_uint_eq(RIG_STAT(receive_buffer), rmem_max);
    rig_close();
    ck_assert_int_eq(seteuid(getuid()), 0);
    ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0); /* for the leak check, which a change of user forbids */
}
END_TEST

static void
burst(int fd, unsigned n)
{
    char text[400];

    memset(text, 'x', sizeof(text));
    for (unsigned i = 0; i < n; i++)
        ck_assert_int_eq(send(fd, text, sizeof(text), 0), sizeof(text));
}

START_TEST(counts_every_datagram_the_kernel_dropped)
{
    enum { SENT = 5000 };
    int fd;

    rig_add(INPUT_UDP)->receive_buffer_bytes = 65536;
    rig_open();
    ck_assert_uint_eq(RIG_STAT(receive_buffer), 65536);
    fd = client();
    burst(fd, SENT);
    RIG_WAIT(rig.n_all + RIG_STAT(n_kernel_drops) == SENT);
    ck_assert_uint_gt(RIG_STAT(n_kernel_drops), 0);
    burst(fd, SENT);
    RIG_WAIT(rig.n_all + RIG_STAT(n_kernel_drops) == 2 * SENT);
    rig_linger(600);
    ck_assert_uint_eq(rig.n_all + RIG_STAT(n_kernel_drops), 2 * SENT);
    ck_assert_uint_eq(RIG_STAT(n_frames), rig.n_all);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(counts_drops_after_the_last_datagram_at_a_stop)
{
    enum { SENT = 1000 };
    int fd;

    rig_add(INPUT_UDP)->receive_buffer_bytes = 65536;
    rig_use_manual_clock();
    rig_open();
    fd = client();
    burst(fd, SENT);
    while (rig_poll(0) > 0)
        ;
    inputs_finish(rig.in, rig_take, NULL);
    ck_assert_uint_gt(RIG_STAT(n_kernel_drops), 0);
    ck_assert_uint_eq(rig.n_all + RIG_STAT(n_kernel_drops), SENT);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(a_buffer_that_is_large_enough_drops_nothing)
{
    enum { SENT = 5000 };
    int fd;

    rig_add(INPUT_UDP)->receive_buffer_bytes = 16 << 20;
    rig_open();
    if (RIG_STAT(receive_buffer) < 16 << 20) {
        (void)printf("skipped: no receive buffer of that size\n");
        rig_close();
        return;
    }
    fd = client();
    burst(fd, SENT);
    RIG_WAIT(rig.n_all == SENT);
    rig_linger(300);
    ck_assert_uint_eq(RIG_STAT(n_kernel_drops), 0);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(takes_datagrams_apart_that_the_kernel_put_together)
{
    const int segment = 100;
    char text[1050];
    int fd;

    (void)rig_add(INPUT_UDP);
    rig.input[0].receive_buffer_bytes = 1 << 20;
    rig_open();
    fd = client();
    rig_send(fd, "one by itself before");
    RIG_WAIT(rig.n_frames == 1);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i / 100);
    if (setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)) < 0) {
        (void)printf("skipped: no UDP_SEGMENT\n");
        rig_close();
        return;
    }
    ck_assert_int_eq(send(fd, text, sizeof(text), 0), sizeof(text));
    RIG_WAIT(rig.n_frames == 12);
    for (size_t i = 0; i < 11; i++) {
        ck_assert_uint_eq(rig.frames[i + 1].n, i < 10 ? 100 : 50);
        ck_assert_int_eq(rig.frames[i + 1].text[0], (int)('a' + i));
        ck_assert_str_eq(rig.frames[i + 1].peer, "127.0.0.1");
    }
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(tells_senders_apart_and_shows_ipv4_as_ipv4_on_an_ipv6_listener)
{
    int v4;
    int v6;

    rig_add(INPUT_UDP)->address = "::";
    rig_open();
    v4 = rig_client(SOCK_DGRAM, AF_INET);
    v6 = rig_client(SOCK_DGRAM, AF_INET6);
    for (int i = 0; i < 3; i++) {
        rig_send(v4, "four");
        rig_send(v6, "six");
    }
    RIG_WAIT(rig.n_frames == 6);
    for (int i = 0; i < 6; i++)
        ck_assert_str_eq(rig.frames[i].peer, rig.frames[i].n == 4 ? "127.0.0.1" : "::1");
    (void)close(v4);
    (void)close(v6);
    rig_close();
}
END_TEST

UNIT_MAIN("udp", makes_each_datagram_one_frame_and_never_two,
    carries_the_longest_datagram_whole_and_cuts_at_the_limit_of_a_frame, tells_how_large_a_buffer_was_really_granted,
    counts_every_datagram_the_kernel_dropped, counts_drops_after_the_last_datagram_at_a_stop,
    a_buffer_that_is_large_enough_drops_nothing, takes_datagrams_apart_that_the_kernel_put_together,
    tells_senders_apart_and_shows_ipv4_as_ipv4_on_an_ipv6_listener)
