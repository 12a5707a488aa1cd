/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The control socket, both ends in one thread: clients write, the server is served, clients read.
 */
#include "ctl/server.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/unit.h"

static char dir[64];
static char path[96];
static struct clock_manual now;
static struct ctl_server *server;
static char last_actor[128];
static size_t answer_bytes;

/* Answers with the verb and the first argument, or with much where a test wants that. */
static void
answer(void *ctx, const struct ctl_request *request, struct buffer *out)
{
    size_t i;

    (void)ctx;
    (void)snprintf(last_actor, sizeof(last_actor), "%.*s", SLICE_ARG(request->actor));
    buffer_printf(
        out, "{\"verb\":\"%.*s\",\"id\":\"%.*s\"}\n", SLICE_ARG(request->verb), SLICE_ARG(ctl_arg(request, "id")));
    for (i = 0; i < answer_bytes; i += 16)
        buffer_add(out, SLICE("{\"filler\":12345}\n"));
    ctl_end(out, NULL);
}

static int
open_server(struct ctl_server **out)
{
    return ctl_server_open(out, path, answer, NULL, &now.clock);
}

static void
begin(void)
{
    (void)snprintf(dir, sizeof(dir), "/tmp/isms-ctl-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/control.sock", dir);
    clock_manual_init(&now, (struct walltime){NS_PER_S});
    answer_bytes = 0;
    ck_assert_int_eq(open_server(&server), 0);
}

static void
end(void)
{
    ctl_server_close(server);
    server = NULL;
    (void)unlink(path);
    ck_assert_int_eq(rmdir(dir), 0);
}

static uint64_t
counter(const char *name)
{
    const struct counters *c = ctl_server_counters(server);
    unsigned i;

    for (i = 0; i < c->n; i++)
        if (strcmp(c->defs[i].name, name) == 0)
            return counters_get(c, i);
    ck_abort_msg("no counter %s", name);
}

static int
dial(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    (void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

static void
say(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Serves and reads until the server closes. Return: what came, one of a few kept; NULL where it does not close. */
static const char *
hear(int fd)
{
    static char text[8192];
    size_t n = 0;
    int turn;

    for (turn = 0; turn < 200; turn++) {
        char chunk[4096];
        ssize_t k;

        ctl_server_serve(server);
        k = recv(fd, chunk, sizeof(chunk), 0);
        if (k == 0 || (k < 0 && errno == ECONNRESET)) {
            text[n] = '\0';
            (void)close(fd);
            return text;
        }
        if (k > 0 && n + (size_t)k < sizeof(text)) {
            memcpy(text + n, chunk, (size_t)k);
            n += (size_t)k;
        }
    }
    (void)close(fd);
    return NULL;
}

static const char *
ask(const char *request)
{
    int fd = dial();

    say(fd, request);
    return hear(fd);
}

#define ck_error(request, sentence) ck_assert_str_eq(ask(request), "{\"error\":\"" sentence "\"}\n")

START_TEST(a_request_is_answered_with_rows_and_a_last_line)
{
    ck_assert_str_eq(ask("{\"verb\":\"incident ack\",\"id\":\"I-1\"}\n"),
        "{\"verb\":\"incident ack\",\"id\":\"I-1\"}\n{\"ok\":true}\n");
}
END_TEST

START_TEST(a_request_may_come_in_pieces)
{
    int fd = dial();

    say(fd, "{\"verb\":");
    ctl_server_serve(server);
    ctl_server_serve(server);
    say(fd, "\"status\"}");
    ctl_server_serve(server);
    say(fd, "\n");
    ck_assert_str_eq(hear(fd), "{\"verb\":\"status\",\"id\":\"\"}\n{\"ok\":true}\n");
}
END_TEST

START_TEST(what_is_no_object_is_refused)
{
    ck_error("hello\n", "the request is not a JSON object");
    ck_error("\n", "the request is not a JSON object");
    ck_error("[1,2]\n", "the request is not a JSON object");
    ck_error("{\"verb\":\"status\"\n", "the request is not a JSON object");
    ck_error("{\"verb\":\"status\"} {}\n", "the request is not a JSON object");
}
END_TEST

START_TEST(an_unknown_verb_is_refused)
{
    ck_error("{\"verb\":\"incident shred\"}\n", "no such verb");
    ck_error("{\"id\":\"I-1\"}\n", "no such verb");
    ck_error("{\"verb\":null}\n", "no such verb");
    ck_error("{\"verb\":{\"verb\":\"status\"}}\n", "no such verb");
    ck_error("{}\n", "no such verb");
}
END_TEST

START_TEST(an_offline_verb_is_not_for_the_daemon)
{
    ck_error("{\"verb\":\"verify\"}\n", "no such verb");
    ck_error("{\"verb\":\"rules check\",\"dir\":\"/etc\"}\n", "no such verb");
}
END_TEST

START_TEST(an_argument_the_verb_does_not_take_is_refused)
{
    ck_error("{\"verb\":\"incident ack\",\"id\":\"I-1\",\"actor\":\"root\"}\n", "the verb takes no such argument");
    ck_error("{\"verb\":\"status\",\"id\":\"I-1\"}\n", "the verb takes no such argument");
    ck_error("{\"verb\":\"kpi\",\"id\":{\"x\":\"K01\"}}\n", "the verb takes no such argument");
}
END_TEST

START_TEST(who_asks_is_told_by_the_socket)
{
    const struct passwd *me = getpwuid(geteuid());

    ck_assert_ptr_nonnull(ask("{\"verb\":\"status\"}\n"));
    if (me != NULL)
        ck_assert_str_eq(last_actor, me->pw_name);
    else
        ck_assert_int_eq(strncmp(last_actor, "uid:", 4), 0);
}
END_TEST

START_TEST(a_request_that_is_too_long_is_refused_with_a_sentence)
{
    static char text[16384];
    int fd = dial();
    size_t sent = 0;

    memset(text, ' ', sizeof(text));
    while (sent <= CTL_REQUEST_BYTES_MAX) {
        ssize_t n = send(fd, text, sizeof(text), MSG_NOSIGNAL);

        ctl_server_serve(server);
        if (n < 0 && errno == EPIPE)
            break;
        sent += n > 0 ? (size_t)n : 0;
    }
    ck_assert_str_eq(hear(fd), "{\"error\":\"the request is too long\"}\n");
    ck_assert_ptr_nonnull(ask("{\"verb\":\"status\"}\n"));
}
END_TEST

START_TEST(a_request_as_long_as_allowed_is_answered)
{
    static char text[CTL_REQUEST_BYTES_MAX + 2];
    int fd = dial();
    size_t sent = 0;

    memset(text, ' ', sizeof(text));
    memcpy(text, "{\"verb\":\"status\"", 16);
    text[CTL_REQUEST_BYTES_MAX - 1] = '}';
    text[CTL_REQUEST_BYTES_MAX] = '\n';
    while (sent < CTL_REQUEST_BYTES_MAX + 1) {
        ssize_t n = send(fd, text + sent, CTL_REQUEST_BYTES_MAX + 1 - sent, MSG_NOSIGNAL);

        ctl_server_serve(server);
        sent += n > 0 ? (size_t)n : 0;
    }
    ck_assert_str_eq(hear(fd), "{\"verb\":\"status\",\"id\":\"\"}\n{\"ok\":true}\n");
}
END_TEST

START_TEST(a_client_that_is_slow_to_ask_does_not_hold_up_another)
{
    int slow = dial();

    say(slow, "{\"verb\":\"sta");
    ctl_server_serve(server);
    ck_assert_ptr_nonnull(strstr(ask("{\"verb\":\"status\"}\n"), "{\"ok\":true}"));
    say(slow, "tus\"}\n");
    ck_assert_ptr_nonnull(strstr(hear(slow), "{\"ok\":true}"));
}
END_TEST

START_TEST(a_client_that_is_slow_to_read_does_not_hold_up_another)
{
    int slow = dial();
    char chunk[65536];
    size_t n = 0;
    ssize_t k;

    answer_bytes = 8 << 20;
    say(slow, "{\"verb\":\"status\"}\n");
    ctl_server_serve(server);
    ctl_server_serve(server);
    answer_bytes = 0;
    ck_assert_ptr_nonnull(strstr(ask("{\"verb\":\"status\"}\n"), "{\"ok\":true}"));
    while ((k = recv(slow, chunk, sizeof(chunk), 0)) != 0) {
        ck_assert(k > 0 || errno == EAGAIN);
        n += k > 0 ? (size_t)k : 0;
        ctl_server_serve(server);
    }
    ck_assert_uint_gt(n, 8 << 20);
    (void)close(slow);
}
END_TEST

START_TEST(a_client_that_says_nothing_is_cut_off_after_a_while)
{
    int fd = dial();
    char byte;

    ctl_server_serve(server);
    clock_manual_advance(&now, 4 * NS_PER_S);
    ctl_server_serve(server);
    ck_assert_int_eq(recv(fd, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, EAGAIN);
    clock_manual_advance(&now, 2 * NS_PER_S);
    ctl_server_serve(server);
    ck_assert_int_eq(recv(fd, &byte, 1, 0), 0);
    ck_assert_uint_eq(counter("ctl_silent"), 1);
    (void)close(fd);
}
END_TEST

START_TEST(a_client_that_does_not_read_on_is_cut_off_after_a_while)
{
    int fd = dial();

    answer_bytes = 8 << 20;
    say(fd, "{\"verb\":\"status\"}\n");
    ctl_server_serve(server);
    ctl_server_serve(server);
    clock_manual_advance(&now, 9 * NS_PER_S);
    ctl_server_serve(server);
    ck_assert_uint_eq(counter("ctl_slow"), 0);
    clock_manual_advance(&now, 2 * NS_PER_S);
    ctl_server_serve(server);
    ck_assert_uint_eq(counter("ctl_slow"), 1);
    (void)close(fd);
}
END_TEST

START_TEST(a_client_that_reads_by_drops_is_cut_off_in_the_end)
{
    static char chunk[65536];
    int fd = dial();
    int i;

    answer_bytes = 8 << 20;
    say(fd, "{\"verb\":\"status\"}\n");
    for (i = 0; i < 14 && counter("ctl_slow") == 0; i++) {
        ctl_server_serve(server);
        ctl_server_serve(server);
        ck_assert_int_gt(recv(fd, chunk, sizeof(chunk), 0), 0);
        clock_manual_advance(&now, 9 * NS_PER_S);
    }
    ctl_server_serve(server);
    ck_assert_uint_eq(counter("ctl_slow"), 1);
    (void)close(fd);
}
END_TEST

/* Takes every place there is: with clients that say nothing, or that asked and do not read. */
static void
take_places(int fds[static CTL_CLIENTS_MAX], bool asking)
{
    size_t i;

    answer_bytes = asking ? 2 << 20 : 0;
    for (i = 0; i < CTL_CLIENTS_MAX; i++) {
        fds[i] = dial();
        if (asking)
            say(fds[i], "{\"verb\":\"status\"}\n");
        ctl_server_serve(server);
        ctl_server_serve(server);
    }
    answer_bytes = 0;
}

static void
leave_places(const int fds[static CTL_CLIENTS_MAX])
{
    size_t i;

    for (i = 0; i < CTL_CLIENTS_MAX; i++)
        (void)close(fds[i]);
    for (i = 0; i < 4; i++)
        ctl_server_serve(server);
}

START_TEST(clients_beyond_the_limit_are_told_so_and_room_comes_back)
{
    int fds[CTL_CLIENTS_MAX];

    take_places(fds, true);
    clock_manual_advance(&now, NS_PER_S);
    ck_error("{\"verb\":\"status\"}\n", "busy: 64 clients are being answered");
    ck_assert_uint_eq(counter("ctl_refused"), 1);
    ck_assert_uint_eq(counter("ctl_silent"), 0);
    leave_places(fds);
    ck_assert_ptr_nonnull(strstr(ask("{\"verb\":\"status\"}\n"), "{\"ok\":true}"));
    ck_assert_uint_eq(counter("ctl_clients"), CTL_CLIENTS_MAX + 2);
}
END_TEST

START_TEST(clients_that_say_nothing_lock_nobody_out)
{
    int fds[CTL_CLIENTS_MAX];
    char byte;

    take_places(fds, false);
    clock_manual_advance(&now, 200 * NS_PER_MS);
    ck_assert_ptr_nonnull(strstr(ask("{\"verb\":\"status\"}\n"), "{\"ok\":true}"));
    ck_assert_uint_eq(counter("ctl_silent"), 1);
    ck_assert_uint_eq(counter("ctl_refused"), 0);
    ck_assert_int_eq(recv(fds[0], &byte, 1, 0), 0);
    ck_assert_int_eq(recv(fds[1], &byte, 1, 0), -1);
    leave_places(fds);
}
END_TEST

/* How many lines of the log hold @part, while descriptors are out for three pauses. */
static unsigned
lines_while_out_of_descriptors(const char *part)
{
    FILE *log = tmpfile();
    int client = dial();
    struct rlimit before;
    struct rlimit none;
    char line[512];
    unsigned n = 0;
    int i;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){(rlim_t)client + 1, before.rlim_max};
    ck_assert_int_eq(dup2(fileno(log), STDERR_FILENO), STDERR_FILENO);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (i = 0; i < 3; i++) {
        ctl_server_serve(server);
        clock_manual_advance(&now, 300 * NS_PER_MS);
        ctl_server_serve(server);
    }
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    rewind(log);
    while (fgets(line, sizeof(line), log) != NULL)
        n += strstr(line, part) != NULL;
    (void)fclose(log);
    say(client, "{\"verb\":\"status\"}\n");
    ck_assert_ptr_nonnull(strstr(hear(client), "{\"ok\":true}"));
    return n;
}

START_TEST(being_out_of_descriptors_is_counted_and_told_once)
{
    ck_assert_uint_eq(lines_while_out_of_descriptors("no control connection can be accepted"), 1);
    ck_assert_uint_eq(counter("ctl_pauses"), 3);
}
END_TEST

START_TEST(who_came_only_just_is_not_cut_off_for_another)
{
    int fds[CTL_CLIENTS_MAX];

    take_places(fds, false);
    ck_error("{\"verb\":\"status\"}\n", "busy: 64 clients are being answered");
    say(fds[0], "{\"verb\":\"status\"}\n");
    ck_assert_ptr_nonnull(strstr(hear(fds[0]), "{\"ok\":true}"));
    fds[0] = dial();
    leave_places(fds);
}
END_TEST

START_TEST(a_client_that_goes_away_before_the_answer_harms_nobody)
{
    int fd = dial();

    answer_bytes = 1 << 20;
    say(fd, "{\"verb\":\"status\"}\n");
    (void)close(fd);
    ctl_server_serve(server);
    ctl_server_serve(server);
    answer_bytes = 0;
    ck_assert_ptr_nonnull(strstr(ask("{\"verb\":\"status\"}\n"), "{\"ok\":true}"));
}
END_TEST

START_TEST(a_living_daemon_keeps_its_socket)
{
    struct ctl_server *second = NULL;

    ck_assert_int_eq(open_server(&second), -EADDRINUSE);
    ck_assert_ptr_null(second);
    ck_assert_ptr_nonnull(strstr(ask("{\"verb\":\"status\"}\n"), "{\"ok\":true}"));
}
END_TEST

START_TEST(a_socket_file_left_by_a_dead_daemon_is_replaced)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd;

    ctl_server_close(TAKE(server));
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    (void)close(fd);
    ck_assert_int_eq(open_server(&server), 0);
    ck_assert_ptr_nonnull(strstr(ask("{\"verb\":\"status\"}\n"), "{\"ok\":true}"));
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_not_removed)
{
    struct ctl_server *second = NULL;
    FILE *f;

    ctl_server_close(TAKE(server));
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(open_server(&second), -EEXIST);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(the_socket_is_for_user_and_group_only_and_goes_with_the_daemon)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0660);
    ctl_server_close(TAKE(server));
    ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(a_path_longer_than_a_socket_may_have_is_an_error)
{
    struct ctl_server *s = NULL;
    char longer[200];

    memset(longer, 'a', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    ck_assert_int_eq(ctl_server_open(&s, longer, answer, NULL, &now.clock), -ENAMETOOLONG);
    ck_assert_ptr_null(s);
}
END_TEST

UNIT_MAIN_WITH("server", begin, end, a_request_is_answered_with_rows_and_a_last_line, a_request_may_come_in_pieces,
    what_is_no_object_is_refused, an_unknown_verb_is_refused, an_offline_verb_is_not_for_the_daemon,
    an_argument_the_verb_does_not_take_is_refused, who_asks_is_told_by_the_socket,
    a_request_that_is_too_long_is_refused_with_a_sentence, a_request_as_long_as_allowed_is_answered,
    a_client_that_is_slow_to_ask_does_not_hold_up_another, a_client_that_is_slow_to_read_does_not_hold_up_another,
    a_client_that_says_nothing_is_cut_off_after_a_while, a_client_that_does_not_read_on_is_cut_off_after_a_while,
    a_client_that_reads_by_drops_is_cut_off_in_the_end, clients_beyond_the_limit_are_told_so_and_room_comes_back,
    clients_that_say_nothing_lock_nobody_out, being_out_of_descriptors_is_counted_and_told_once,
    who_came_only_just_is_not_cut_off_for_another, a_client_that_goes_away_before_the_answer_harms_nobody,
    a_living_daemon_keeps_its_socket, a_socket_file_left_by_a_dead_daemon_is_replaced,
    a_file_that_is_no_socket_is_not_removed, the_socket_is_for_user_and_group_only_and_goes_with_the_daemon,
    a_path_longer_than_a_socket_may_have_is_an_error)
