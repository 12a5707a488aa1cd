/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/input/rig.h"

/* Every test is a process of its own, so it may change its standard input. Return: the end to write to. */
static int
pipe_to_stdin(void)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    (void)close(ends[0]);
    return ends[1];
}

static void
say(int fd, const char *text)
{
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

START_TEST(reads_a_pipe_as_it_fills_and_is_done_when_it_closes)
{
    int fd = pipe_to_stdin();
    int64_t begun;

    (void)rig_add(INPUT_STDIN);
    rig_open();
    say(fd, "one\ntw");
    RIG_WAIT(rig.n_frames == 1);
    ck_assert_int_eq(rig_poll(0), 0);
    say(fd, "o\n9 <13>a\nb\nc");
    RIG_WAIT(rig.n_frames == 3);
    ck_assert(!inputs_done(rig.in));
    say(fd, "end");
    (void)close(fd);
    RIG_WAIT(inputs_done(rig.in));
    ck_assert_uint_eq(rig.n_frames, 4);
    ck_frame(0, "one", 0);
    ck_frame(1, "two", 0);
    ck_frame(2, "<13>a\nb\nc", FRAME_OCTET_COUNTED);
    ck_frame(3, "end", FRAME_UNFINISHED);
    begun = rig_now_ms();
    (void)rig_poll(100);
    ck_assert_int_ge(rig_now_ms() - begun, 50);
    rig_close();
}
END_TEST

START_TEST(leaves_the_descriptor_as_it_found_it)
{
    int fd = pipe_to_stdin();

    (void)rig_add(INPUT_STDIN);
    rig_open();
    ck_assert_int_eq(fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0);
    rig_close();
    ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFL), 0);
    (void)close(fd);
}
END_TEST

START_TEST(reads_a_file_it_was_redirected_from)
{
    FILE *f = tmpfile();

    ck_assert_ptr_nonnull(f);
    (void)fputs("one\ntwo\n", f);
    (void)fflush(f);
    rewind(f);
    ck_assert_int_eq(dup2(fileno(f), STDIN_FILENO), STDIN_FILENO);
    (void)rig_add(INPUT_STDIN);
    rig_open();
    RIG_WAIT(inputs_done(rig.in));
    ck_assert_uint_eq(rig.n_frames, 2);
    ck_frame(1, "two", 0);
    rig_close();
    (void)fclose(f);
}
END_TEST

START_TEST(is_done_at_once_without_an_input)
{
    int fd = open("/dev/null", O_RDONLY);

    ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    (void)rig_add(INPUT_STDIN);
    rig_open();
    RIG_WAIT(inputs_done(rig.in));
    ck_assert_uint_eq(rig.n_frames, 0);
    (void)close(fd);
    rig_close();
}
END_TEST

UNIT_MAIN("stdin", reads_a_pipe_as_it_fills_and_is_done_when_it_closes, leaves_the_descriptor_as_it_found_it,
    reads_a_file_it_was_redirected_from, is_done_at_once_without_an_input)
