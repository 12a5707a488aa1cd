/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <sys/un.h>

#include "unit/input/rig.h"

static char folder[] = "/tmp/isms-unix-XXXXXX";
static char path[64];

static struct sockaddr_un
address(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    memcpy(a.sun_path, path, strlen(path));
    return a;
}

static int
unix_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static int
client(void)
{
    struct sockaddr_un a = address();
    int fd = unix_socket();

    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

static void
prepare(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/log", folder);
    rig_add(INPUT_UNIX)->path = path;
}

static void
clean(void)
{
    rig_close();
    (void)unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

static bool
exists(void)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

START_TEST(makes_each_datagram_of_every_program_one_frame)
{
    int a;
    int b;

    prepare();
    rig_open();
    a = client();
    b = client();
    rig_send(a, "<13>one");
    rig_send(b, "<13>two\nlines\n");
    rig_send(a, "<13>three");
    RIG_WAIT(rig.n_frames == 3);
    ck_frame(0, "<13>one", 0);
    ck_frame(1, "<13>two\nlines\n", 0);
    ck_frame(2, "<13>three", 0);
    ck_assert_str_eq(rig.frames[0].peer, "");
    (void)close(a);
    (void)close(b);
    clean();
}
END_TEST

START_TEST(lets_every_program_write_whatever_the_umask)
{
    struct stat st;

    prepare();
    (void)umask(077);
    rig_open();
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0666);
    clean();
}
END_TEST

START_TEST(cuts_a_datagram_beyond_the_limit_and_keeps_one_at_it)
{
    int fd;

    prepare();
    rig.input[0].frame_max_bytes = 8;
    rig_open();
    fd = client();
    rig_send(fd, "12345678");
    rig_send(fd, "123456789");
    rig_send(fd, "12345678901234567890");
    RIG_WAIT(rig.n_frames == 3);
    ck_frame(0, "12345678", 0);
    ck_frame(1, "12345678", FRAME_TRUNCATED);
    ck_frame(2, "12345678", FRAME_TRUNCATED);
    (void)close(fd);
    clean();
}
END_TEST

START_TEST(takes_the_place_of_a_socket_that_a_dead_process_left)
{
    struct sockaddr_un a;
    int dead = unix_socket();
    int fd;

    prepare();
    a = address();
    ck_assert_int_eq(bind(dead, (struct sockaddr *)&a, sizeof(a)), 0);
    (void)close(dead);
    rig_open();
    fd = client();
    rig_send(fd, "here");
    RIG_WAIT(rig.n_frames == 1);
    (void)close(fd);
    clean();
}
END_TEST

START_TEST(leaves_a_socket_alone_that_somebody_else_reads)
{
    struct sockaddr_un a;
    int other = unix_socket();
    int fd;

    prepare();
    a = address();
    ck_assert_int_eq(bind(other, (struct sockaddr *)&a, sizeof(a)), 0);
    ck_assert_int_eq(inputs_open(&rig.in, &rig.settings, 0, 1, clock_system()), -EADDRINUSE);
    fd = client();
    rig_send(fd, "theirs");
    (void)close(fd);
    (void)close(other);
    clean();
}
END_TEST

START_TEST(never_removes_a_file_that_is_no_socket)
{
    int fd;

    prepare();
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    ck_assert_int_ge(fd, 0);
    (void)close(fd);
    ck_assert_int_eq(inputs_open(&rig.in, &rig.settings, 0, 1, clock_system()), -EEXIST);
    ck_assert(exists());
    clean();
}
END_TEST

START_TEST(removes_its_path_at_the_end_but_not_its_successors)
{
    struct sockaddr_un a;
    int successor = unix_socket();

    prepare();
    rig_open();
    ck_assert(exists());
    rig_close();
    ck_assert(!exists());

    rig_open();
    ck_assert_int_eq(unlink(path), 0);
    a = address();
    ck_assert_int_eq(bind(successor, (struct sockaddr *)&a, sizeof(a)), 0);
    rig_close();
    ck_assert(exists());
    (void)close(successor);
    clean();
}
END_TEST

START_TEST(refuses_a_path_that_is_too_long_for_a_socket)
{
    char *long_path = malloc(200);

    memset(long_path, 'x', 199);
    long_path[199] = '\0';
    rig_add(INPUT_UNIX)->path = long_path;
    ck_assert_int_eq(inputs_open(&rig.in, &rig.settings, 0, 1, clock_system()), -ENAMETOOLONG);
    free(long_path);
}
END_TEST

START_TEST(tells_which_process_wrote_where_it_is_asked)
{
    int fd;

    prepare();
    rig.input[0].credentials = true;
    rig_open();
    fd = client();
    rig_send(fd, "one");
    rig_send(fd, "");
    RIG_WAIT(rig.n_frames == 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert(rig.frames[i].process.known);
        ck_assert_int_eq(rig.frames[i].process.pid, getpid());
        ck_assert_uint_eq(rig.frames[i].process.uid, getuid());
        ck_assert_uint_eq(rig.frames[i].process.gid, getgid());
    }
    (void)close(fd);
    clean();
}
END_TEST

START_TEST(knows_no_process_where_nobody_asks)
{
    int fd;

    prepare();
    rig_open();
    fd = client();
    rig_send(fd, "one");
    RIG_WAIT(rig.n_frames == 1);
    ck_assert(!rig.frames[0].process.known);
    (void)close(fd);
    clean();
}
END_TEST

static unsigned
open_descriptors(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* A sender that would fill our table of descriptors with its own. */
START_TEST(takes_no_descriptor_that_is_passed_to_it)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(4 * sizeof(int))];
    } control = {.header = {.cmsg_len = CMSG_LEN(4 * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct iovec text = {"one", 3};
    const struct msghdr m = {
        .msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    const int passed[4] = {0, 1, 2, 2};
    unsigned before;
    int fd;

    memcpy(CMSG_DATA(&control.header), passed, sizeof(passed));
    for (int asked = 0; asked < 2; asked++) {
        prepare();
        rig.input[0].credentials = asked;
        rig_open();
        fd = client();
        before = open_descriptors();
        for (int k = 0; k < 10; k++)
            ck_assert_int_eq(sendmsg(fd, &m, 0), 3);
        RIG_WAIT(rig.n_frames == 10);
        ck_assert_uint_eq(open_descriptors(), before);
        ck_assert(rig.frames[9].process.known == asked);
        (void)close(fd);
        clean();
        rig.settings.n_inputs = 0;
        (void)snprintf(folder, sizeof(folder), "%s", "/tmp/isms-unix.XXXXXX");
    }
}
END_TEST

UNIT_MAIN("unix_datagram", makes_each_datagram_of_every_program_one_frame, lets_every_program_write_whatever_the_umask,
    cuts_a_datagram_beyond_the_limit_and_keeps_one_at_it, takes_the_place_of_a_socket_that_a_dead_process_left,
    leaves_a_socket_alone_that_somebody_else_reads, never_removes_a_file_that_is_no_socket,
    removes_its_path_at_the_end_but_not_its_successors, refuses_a_path_that_is_too_long_for_a_socket,
    tells_which_process_wrote_where_it_is_asked, knows_no_process_where_nobody_asks,
    takes_no_descriptor_that_is_passed_to_it)
