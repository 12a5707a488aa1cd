/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/wait.h>

#include "unit/input/rig.h"

START_TEST(wakes_a_wait_from_elsewhere)
{
    int64_t begun = rig_now_ms();
    pid_t child;
    int status;

    (void)rig_add(INPUT_UDP);
    rig_use_manual_clock(); /* whose ticks never come, so only the wake can end the wait early */
    rig.manual.mono.ns = -1000 * NS_PER_S;
    rig_open();
    rig.manual.mono.ns -= 1000 * NS_PER_S;
    child = fork();
    if (child == 0) {
        (void)usleep(50000);
        inputs_wake(rig.in);
        _exit(0);
    }
    ck_assert_int_eq(rig_poll(RIG_PATIENCE_MS), 0);
    ck_assert_int_lt(rig_now_ms() - begun, RIG_PATIENCE_MS / 2);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    rig_close();
}
END_TEST

START_TEST(does_not_forget_a_wake_that_came_before_the_wait_and_takes_it_once)
{
    int64_t begun;

    (void)rig_add(INPUT_UDP);
    rig_open();
    inputs_wake(rig.in);
    inputs_wake(rig.in);
    begun = rig_now_ms();
    (void)rig_poll(200);
    ck_assert_int_lt(rig_now_ms() - begun, 100);
    begun = rig_now_ms();
    (void)rig_poll(100);
    ck_assert_int_ge(rig_now_ms() - begun, 99);
    rig_close();
}
END_TEST

START_TEST(a_look_without_waiting_does_not_wait)
{
    int64_t begun = rig_now_ms();

    (void)rig_add(INPUT_TCP);
    rig_open();
    for (int i = 0; i < 100; i++)
        (void)rig_poll(0);
    ck_assert_int_lt(rig_now_ms() - begun, 1000);
    ck_assert(!inputs_done(rig.in));
    rig_close();
}
END_TEST

static int
client_of(size_t input, int type)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)inputs_port(rig.in, input))};
    int fd = socket(AF_INET, type, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

START_TEST(names_the_input_each_frame_came_by)
{
    int tcp;
    int udp;

    (void)rig_add(INPUT_UDP);
    (void)rig_add(INPUT_TCP);
    rig_open();
    udp = rig_client(SOCK_DGRAM, AF_INET);
    rig_send(udp, "by udp");
    RIG_WAIT(rig.n_frames == 1);
    tcp = client_of(1, SOCK_STREAM);
    rig_send(tcp, "by tcp\n");
    RIG_WAIT(rig.n_frames == 2);
    ck_assert_uint_eq(rig.frames[0].listener, 0);
    ck_assert_uint_eq(rig.frames[1].listener, 1);
    ck_assert_uint_eq(atomic_load(&inputs_stats(rig.in, 1)->n_frames), 1);
    (void)close(tcp);
    (void)close(udp);
    rig_close();
}
END_TEST

START_TEST(a_crowd_of_connections_does_not_keep_a_datagram_waiting)
{
    enum { CROWD = 100 };
    int fds[CROWD];
    int udp;
    bool heard = false;

    (void)rig_add(INPUT_TCP);
    (void)rig_add(INPUT_UDP);
    rig_open();
    for (int i = 0; i < CROWD; i++)
        fds[i] = rig_client(SOCK_STREAM, AF_INET);
    RIG_WAIT(RIG_STAT(n_connections) == CROWD);
    (void)rig_poll(0);
    for (int i = 0; i < CROWD; i++)
        rig_send(fds[i], "line\n");
    udp = client_of(1, SOCK_DGRAM);
    rig_send(udp, "datagram");
    ck_assert_int_lt(rig_poll(0), CROWD);
    for (size_t i = 0; i < rig.n_frames; i++)
        heard = heard || strcmp(rig.frames[i].text, "datagram") == 0;
    ck_assert(heard);
    RIG_WAIT(rig.n_frames == CROWD + 1);
    for (int i = 0; i < CROWD; i++)
        (void)close(fds[i]);
    (void)close(udp);
    rig_close();
}
END_TEST

START_TEST(one_poll_hands_over_a_bounded_amount_however_many_send)
{
    enum { CROWD = 60, BLOCK = 256 * 1024 };
    static char block[BLOCK];
    const int wide = BLOCK;
    int fds[CROWD];
    uint64_t sent = 0;
    uint64_t before;

    (void)rig_add(INPUT_TCP);
    rig_open();
    memset(block, '\n', sizeof(block));
    for (int i = 0; i < CROWD; i++) {
        fds[i] = rig_client(SOCK_STREAM, AF_INET);
        ck_assert_int_eq(setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &wide, sizeof(wide)), 0);
    }
    RIG_WAIT(RIG_STAT(n_connections) == CROWD);
    for (int i = 0; i < CROWD; i++) {
        ssize_t n = send(fds[i], block, sizeof(block), MSG_DONTWAIT);

        ck_assert_int_gt(n, 0);
        sent += (uint64_t)n;
    }
    ck_assert_uint_gt(sent, 5 << 20);
    while (RIG_STAT(n_bytes) < sent) {
        before = RIG_STAT(n_bytes);
        (void)rig_poll(10);
        ck_assert_uint_le(RIG_STAT(n_bytes) - before, 4 << 20);
    }
    for (int i = 0; i < CROWD; i++)
        (void)close(fds[i]);
    rig_close();
}
END_TEST

static int n_allocations;

static void
on_malloc(const volatile void *p, size_t n)
{
    (void)p;
    (void)n;
    n_allocations++;
}

static void
on_free(const volatile void *p)
{
    (void)p;
}

static void
count_only(void *ctx, const struct frame *frame)
{
    (void)frame;
    ++*(size_t *)ctx;
}

/* Return: allocations meanwhile. Nothing else is done in between: Check's own assertions allocate. */
static int
poll_until(size_t *n, size_t want)
{
    int before = n_allocations;

    while (*n < want)
        (void)inputs_poll(rig.in, 10, count_only, n);
    return n_allocations - before;
}

/* The sanitizers' own way to see allocations; absent in builds without them. */
__attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(
    void (*allocated)(const volatile void *, size_t), void (*freed)(const volatile void *));

START_TEST(allocates_nothing_for_a_frame_once_it_runs)
{
    size_t n = 0;
    int in_polls = 0;
    int tcp;
    int udp;

    if (__sanitizer_install_malloc_and_free_hooks == NULL) {
        (void)printf("skipped: no sanitizer to count allocations\n");
        return;
    }
    (void)__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
    (void)rig_add(INPUT_TCP);
    (void)rig_add(INPUT_UDP);
    rig_open();
    ck_assert_int_gt(n_allocations, 0);
    tcp = rig_client(SOCK_STREAM, AF_INET);
    udp = client_of(1, SOCK_DGRAM);
    for (int round = 0; round < 200; round++) {
        rig_send(tcp, "<13>whole\n9 <13>count<13>ha");
        rig_send(udp, "<13>datagram");
        in_polls += poll_until(&n, (size_t)round * 4 + 3);
        rig_send(tcp, "lf\n");
        in_polls += poll_until(&n, (size_t)round * 4 + 4);
        if (round == 10)
            in_polls = 0;
    }
    ck_assert_int_eq(in_polls, 0);
    (void)close(tcp);
    (void)close(udp);
    rig_close();
}
END_TEST

START_TEST(stamps_frames_with_the_clock_it_was_given)
{
    int fd;

    rig_use_manual_clock();
    (void)rig_add(INPUT_UDP);
    rig_open();
    fd = rig_client(SOCK_DGRAM, AF_INET);
    rig_send(fd, "now");
    RIG_WAIT(rig.n_frames == 1);
    ck_assert_int_eq(rig.frames[0].received.ns, rig.manual.wall.ns);
    (void)close(fd);
    rig_close();
}
END_TEST

START_TEST(lanes_share_a_port_and_every_sender_reaches_one_of_them)
{
    enum { SENDERS = 64 };
    struct inputs *lanes[2];
    int fds[SENDERS];
    size_t before;

    (void)rig_add(INPUT_TCP);
    ck_assert_int_eq(inputs_open(&lanes[0], &rig.settings, 0, 2, clock_system()), 0);
    rig.input[0].port = inputs_port(lanes[0], 0);
    ck_assert_int_eq(inputs_open(&lanes[1], &rig.settings, 1, 2, clock_system()), 0);
    rig.in = lanes[0];
    for (int i = 0; i < SENDERS; i++) {
        fds[i] = rig_client(SOCK_STREAM, AF_INET);
        rig_send(fds[i], "line\n");
    }
    for (int i = 0; i < 100; i++) {
        before = rig.n_frames;
        (void)inputs_poll(lanes[0], 1, rig_take, NULL);
        (void)inputs_poll(lanes[1], 1, rig_take, NULL);
        if (rig.n_frames == SENDERS && rig.n_frames == before)
            break;
    }
    ck_assert_uint_eq(rig.n_frames, SENDERS);
    for (int i = 0; i < 2; i++)
        ck_assert_uint_gt(atomic_load(&inputs_stats(lanes[i], 0)->n_accepted), 0);
    for (int i = 0; i < SENDERS; i++)
        (void)close(fds[i]);
    inputs_close(lanes[1]);
    rig_close();
}
END_TEST

START_TEST(a_file_belongs_to_one_lane_and_the_others_are_done)
{
    struct inputs *lanes[2];
    FILE *f = fopen("lane-file", "w");

    ck_assert_ptr_nonnull(f);
    (void)fputs("once\n", f);
    (void)fclose(f);
    rig_add(INPUT_FILE)->path = "lane-file";
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(inputs_open(&lanes[i], &rig.settings, i, 2, clock_system()), 0);
    ck_assert_ptr_nonnull(inputs_stats(lanes[0], 0));
    ck_assert_ptr_null(inputs_stats(lanes[1], 0));
    ck_assert(inputs_done(lanes[1]));
    ck_assert(!inputs_done(lanes[0]));
    while (!inputs_done(lanes[0]))
        ck_assert_int_ge(inputs_poll(lanes[0], 10, rig_take, NULL), 0);
    ck_assert_uint_eq(rig.n_frames, 1);
    inputs_close(lanes[0]);
    inputs_close(lanes[1]);
    rig_close();
    (void)unlink("lane-file");
}
END_TEST

START_TEST(a_set_that_cannot_be_opened_leaves_nothing_open)
{
    int lowest = dup(0);
    int after;

    (void)close(lowest);
    (void)rig_add(INPUT_UDP);
    (void)rig_add(INPUT_TCP);
    rig_add(INPUT_FILE)->path = "/nonexistent/file";
    ck_assert_int_eq(inputs_open(&rig.in, &rig.settings, 0, 1, clock_system()), -ENOENT);
    after = dup(0);
    ck_assert_int_eq(after, lowest);
    (void)close(after);
}
END_TEST

/* An input of @type on the port that @address and it have been given. */
static void
listen_alone(enum input_type type, const char *address)
{
    rig.settings.n_inputs = 0;
    rig_add(type)->address = address;
    rig_open();
    rig.input[0].port = inputs_port(rig.in, 0);
}

START_TEST(an_address_that_somebody_listens_on_is_refused_and_named)
{
    static const enum input_type types[] = {INPUT_UDP, INPUT_TCP};
    static const char *const addresses[] = {"127.0.0.1", "0.0.0.0", "::", "::1"};
    char named[128];

    for (size_t t = 0; t < ARRAY_LEN(types); t++)
        for (size_t a = 0; a < ARRAY_LEN(addresses); a++) {
            listen_alone(types[t], addresses[a]);
            (void)snprintf(named, sizeof(named),
                strchr(addresses[a], ':') ? "input 'test' (%s [%s]:%u)" : "input 'test' (%s %s:%u)",
                types[t] == INPUT_UDP ? "udp" : "tcp", addresses[a], rig.input[0].port);
            rig_log_begin();
            ck_assert_int_eq(inputs_probe(&rig.settings, NULL), -EADDRINUSE);
            ck_assert_msg(rig_logged(named) == 1, "nothing of %s", named);
            rig_close();
            ck_assert_int_eq(inputs_probe(&rig.settings, NULL), 0);
        }
}
END_TEST

START_TEST(every_address_that_is_taken_is_named_at_once)
{
    listen_alone(INPUT_UDP, "127.0.0.1");
    *rig_add(INPUT_UDP) = rig.input[0];
    rig.input[1].name = "second";
    rig_log_begin();
    ck_assert_int_eq(inputs_probe(&rig.settings, NULL), -EADDRINUSE);
    ck_assert_uint_eq(rig_logged("Address already in use"), 2);
    rig.settings.n_inputs = 1;
    rig_close();
}
END_TEST

START_TEST(connections_that_still_end_are_in_nobodys_way)
{
    int fd;

    listen_alone(INPUT_TCP, "127.0.0.1");
    fd = rig_client(SOCK_STREAM, AF_INET);
    RIG_WAIT(RIG_STAT(n_accepted) == 1);
    rig_close();
    ck_assert_int_eq(inputs_probe(&rig.settings, NULL), 0);
    rig_open();
    rig_close();
    (void)close(fd);
    ck_assert_int_eq(inputs_probe(&rig.settings, NULL), 0);
}
END_TEST

START_TEST(ports_the_kernel_chooses_files_and_unix_sockets_are_not_asked_for)
{
    (void)rig_add(INPUT_UDP);
    rig_add(INPUT_FILE)->path = "/nonexistent/file";
    rig_add(INPUT_UNIX)->path = "/nonexistent/socket";
    (void)rig_add(INPUT_STDIN);
    ck_assert_int_eq(inputs_probe(&rig.settings, NULL), 0);
}
END_TEST

START_TEST(what_cannot_be_opened_is_named_with_its_path)
{
    rig_add(INPUT_FILE)->path = "/nonexistent/file";
    rig_log_begin();
    ck_assert_int_eq(inputs_open(&rig.in, &rig.settings, 0, 1, clock_system()), -ENOENT);
    ck_assert_uint_eq(rig_logged("input 'test' (file /nonexistent/file): No such file"), 1);
}
END_TEST

UNIT_MAIN("inputs", wakes_a_wait_from_elsewhere, does_not_forget_a_wake_that_came_before_the_wait_and_takes_it_once,
    a_look_without_waiting_does_not_wait, names_the_input_each_frame_came_by,
    a_crowd_of_connections_does_not_keep_a_datagram_waiting, one_poll_hands_over_a_bounded_amount_however_many_send,
    allocates_nothing_for_a_frame_once_it_runs, stamps_frames_with_the_clock_it_was_given,
    lanes_share_a_port_and_every_sender_reaches_one_of_them, a_file_belongs_to_one_lane_and_the_others_are_done,
    a_set_that_cannot_be_opened_leaves_nothing_open, an_address_that_somebody_listens_on_is_refused_and_named,
    every_address_that_is_taken_is_named_at_once, connections_that_still_end_are_in_nobodys_way,
    ports_the_kernel_chooses_files_and_unix_sockets_are_not_asked_for, what_cannot_be_opened_is_named_with_its_path)
