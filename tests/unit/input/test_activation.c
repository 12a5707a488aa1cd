/* SPDX-License-Identifier: Apache-2.0 */
#include "input/activation.h"

#include "base/error.h"
#include "rig.h"

enum { FIRST = 200 };

static int
bound(int type)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, type, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    if (type == SOCK_STREAM)
        ck_assert_int_eq(listen(fd, 100), 0);
    return fd;
}

static unsigned
port_of(int fd)
{
    struct sockaddr_in a;
    socklen_t n = sizeof(a);

    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    return ntohs(a.sin_port);
}

/* What a service manager does before it starts us: the @k-th socket, and the environment for @n of them. */
static void
hand_in(int k, int fd)
{
    ck_assert_int_eq(dup2(fd, FIRST + k), FIRST + k);
}

static void
set_environment(int pid, int n, const char *names)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%d", pid);
    (void)setenv("LISTEN_PID", text, 1);
    (void)snprintf(text, sizeof(text), "%d", n);
    (void)setenv("LISTEN_FDS", text, 1);
    (void)setenv("LISTEN_FDNAMES", names, 1);
}

static struct activation *
taken(int n, const char *names)
{
    struct activation *a;

    set_environment(getpid(), n, names);
    ck_assert_int_eq(activation_take(&a, FIRST), 0);
    ck_assert_ptr_nonnull(a);
    return a;
}

START_TEST(nothing_handed_in_is_nothing)
{
    struct activation *a = (struct activation *)&a;

    (void)unsetenv("LISTEN_FDS");
    ck_assert_int_eq(activation_take(&a, FIRST), 0);
    ck_assert_ptr_null(a);
    ck_assert_uint_eq(activation_count(NULL, 0), 0);
    ck_assert_int_eq(activation_socket(NULL, 0, 0, 1), -ENOENT);
    ck_assert(!activation_is_elsewhere(NULL, 0, 0, 1));
}
END_TEST

START_TEST(the_environment_is_for_the_process_it_names_and_read_once)
{
    struct activation *a;

    hand_in(0, bound(SOCK_STREAM));
    set_environment(getpid() + 1, 1, "x");
    ck_assert_int_eq(activation_take(&a, FIRST), 0);
    ck_assert_ptr_null(a);
    a = taken(1, "x");
    ck_assert_ptr_null(getenv("LISTEN_FDS"));
    ck_assert_ptr_null(getenv("LISTEN_PID"));
    ck_assert_ptr_null(getenv("LISTEN_FDNAMES"));
    activation_free(a);
    ck_assert_int_eq(fcntl(FIRST, F_GETFD), -1);
}
END_TEST

START_TEST(an_environment_that_makes_no_sense_is_told_or_passed_over)
{
    struct activation *a;

    set_environment(getpid(), ACTIVATION_MAX + 1, "");
    ck_assert_int_eq(activation_take(&a, FIRST), -E2BIG);
    set_environment(getpid(), 3, "");
    ck_assert_int_eq(activation_take(&a, FIRST + 700), -EBADF);
    set_environment(getpid(), 1, "");
    (void)setenv("LISTEN_FDS", "1x", 1);
    ck_assert_int_eq(activation_take(&a, FIRST), 0);
    ck_assert_ptr_null(a);
    (void)setenv("LISTEN_FDS", "-1", 1);
    ck_assert_int_eq(activation_take(&a, FIRST), 0);
    ck_assert_ptr_null(a);
}
END_TEST

START_TEST(a_name_goes_before_an_address)
{
    struct activation *a;
    int first = bound(SOCK_STREAM);
    int second = bound(SOCK_STREAM);

    hand_in(0, first);
    hand_in(1, second);
    rig_add(INPUT_TCP)->name = "one";
    rig_add(INPUT_TCP)->name = "two";
    rig.input[0].port = port_of(first);
    rig.input[1].port = port_of(first);
    a = taken(2, "two:one");
    ck_assert_int_eq(activation_assign(a, &rig.settings), 0);
    ck_assert_uint_eq(activation_count(a, 0), 1);
    ck_assert_uint_eq(activation_count(a, 1), 1);
    ck_assert_uint_eq(port_of(activation_socket(a, 0, 0, 1)), port_of(second));
    ck_assert_uint_eq(port_of(activation_socket(a, 1, 0, 1)), port_of(first));
    activation_free(a);
}
END_TEST

START_TEST(another_port_address_or_type_is_not_the_input_s)
{
    struct activation *a;
    int fd = bound(SOCK_STREAM);

    hand_in(0, fd);
    rig_add(INPUT_TCP)->port = port_of(fd) + 1;
    rig_add(INPUT_UDP)->port = port_of(fd);
    rig_add(INPUT_TCP)->port = port_of(fd);
    rig.input[2].address = "127.0.0.2";
    rig_add(INPUT_TCP)->port = port_of(fd);
    rig.input[3].address = "0.0.0.0"; /* nor is a socket that hears less than it */
    a = taken(1, "");
    rig_log_begin();
    ck_assert_int_eq(activation_assign(a, &rig.settings), 0);
    ck_assert_uint_eq(rig_logged("no input takes it"), 1);
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(activation_count(a, i), 0);
    activation_free(a);
}
END_TEST

START_TEST(every_lane_accepts_from_a_shared_listener)
{
    struct inputs *lanes[2];
    struct activation *a;
    int listener = bound(SOCK_STREAM);

    hand_in(0, listener);
    rig_add(INPUT_TCP)->port = port_of(listener);
    a = taken(1, "ismsd.socket");
    ck_assert_int_eq(activation_assign(a, &rig.settings), 0);
    ck_assert_int_eq(inputs_probe(&rig.settings, a), 0);
    for (unsigned l = 0; l < 2; l++)
        ck_assert_int_eq(inputs_open_with(&lanes[l], &rig.settings, l, 2, clock_system(), a), 0);
    activation_free(a);
    for (unsigned k = 0; k < 6; k++) {
        rig.in = lanes[k % 2];
        rig_send(rig_client(SOCK_STREAM, AF_INET), "one\n");
        RIG_WAIT(rig.n_frames == k + 1);
    }
    for (unsigned l = 0; l < 2; l++) {
        ck_assert_uint_eq(atomic_load(&inputs_stats(lanes[l], 0)->n_accepted), 3);
        inputs_close(lanes[l]);
    }
}
END_TEST

START_TEST(one_lane_reads_a_datagram_socket_and_the_others_know_it_is_elsewhere)
{
    struct inputs *lanes[3];
    struct activation *a;
    int fd = bound(SOCK_DGRAM);
    unsigned n_readers = 0;

    hand_in(0, fd);
    rig_add(INPUT_UDP)->port = port_of(fd);
    a = taken(1, "");
    ck_assert_int_eq(activation_assign(a, &rig.settings), 0);
    for (unsigned l = 0; l < 3; l++) {
        ck_assert_int_eq(inputs_open_with(&lanes[l], &rig.settings, l, 3, clock_system(), a), 0);
        n_readers += inputs_stats(lanes[l], 0) != NULL;
    }
    activation_free(a);
    ck_assert_uint_eq(n_readers, 1);
    rig.in = lanes[0];
    rig_send(rig_client(SOCK_DGRAM, AF_INET), "one");
    RIG_WAIT(rig.n_frames == 1);
    for (unsigned l = 0; l < 3; l++)
        inputs_close(lanes[l]);
}
END_TEST

START_TEST(a_large_receive_buffer_that_was_handed_in_is_not_made_smaller)
{
    struct activation *a;
    int fd = bound(SOCK_DGRAM);
    int size = 400000;
    socklen_t n = sizeof(size);

    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, n), 0);
    hand_in(0, fd);
    rig_add(INPUT_UDP)->port = port_of(fd);
    rig.input[0].receive_buffer_bytes = 1 << 16;
    a = taken(1, "");
    ck_assert_int_eq(activation_assign(a, &rig.settings), 0);
    ck_assert_int_eq(inputs_open_with(&rig.in, &rig.settings, 0, 1, clock_system(), a), 0);
    ck_assert_uint_eq(RIG_STAT(receive_buffer), 400000);
    activation_free(a);
    rig_close();
}
END_TEST

START_TEST(at_a_stop_who_waits_is_left_for_the_next)
{
    struct activation *a;
    int listener = bound(SOCK_STREAM);
    int waiting;

    hand_in(0, listener);
    rig_add(INPUT_TCP)->port = port_of(listener);
    a = taken(1, "");
    ck_assert_int_eq(activation_assign(a, &rig.settings), 0);
    ck_assert_int_eq(inputs_open_with(&rig.in, &rig.settings, 0, 1, clock_system(), a), 0);
    activation_free(a);
    waiting = rig_client(SOCK_STREAM, AF_INET);
    inputs_hang_up(rig.in);
    rig.clock = clock_system();
    rig_linger(100);
    ck_assert_uint_eq(RIG_STAT(n_accepted), 0);
    rig_close();
    ck_assert_int_ge(accept(listener, NULL, NULL), 0);
    (void)close(waiting);
}
END_TEST

UNIT_MAIN("activation", nothing_handed_in_is_nothing, the_environment_is_for_the_process_it_names_and_read_once,
    an_environment_that_makes_no_sense_is_told_or_passed_over, a_name_goes_before_an_address,
    another_port_address_or_type_is_not_the_input_s, every_lane_accepts_from_a_shared_listener,
    one_lane_reads_a_datagram_socket_and_the_others_know_it_is_elsewhere,
    a_large_receive_buffer_that_was_handed_in_is_not_made_smaller, at_a_stop_who_waits_is_left_for_the_next)
